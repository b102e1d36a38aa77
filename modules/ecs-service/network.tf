resource "aws_security_group" "this" {
  name_prefix = "${var.name}-"
  description = "Tasks of ${var.name}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  count = var.load_balancer == null ? 0 : 1

  security_group_id            = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = var.container_port
  to_port                      = var.container_port
  referenced_security_group_id = var.load_balancer.security_group_id

  tags = merge(var.tags, { Name = "load-balancer" })
}

resource "aws_vpc_security_group_ingress_rule" "other" {
  for_each = var.ingress

  security_group_id            = aws_security_group.this.id
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = coalesce(each.value.port, var.container_port)
  to_port                      = coalesce(each.value.port, var.container_port)
  cidr_ipv4                    = each.value.cidr_block
  referenced_security_group_id = each.value.security_group_id

  tags = merge(var.tags, { Name = each.key })

  lifecycle {
    precondition {
      condition     = (each.value.cidr_block == null) != (each.value.security_group_id == null)
      error_message = "The ingress \"${each.key}\" must have either a CIDR block or a security group."
    }
  }
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "Anywhere"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"

  tags = merge(var.tags, { Name = "anywhere" })
}
