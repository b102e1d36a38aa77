locals {
  https = var.certificate_arn != null
  ports = local.https ? [80, 443] : [80]

  ingress = {
    for pair in setproduct(local.ports, var.ingress_cidr_blocks) : "${pair[0]} from ${pair[1]}" => {
      port = pair[0]
      cidr = pair[1]
    }
  }

  # Rules and default actions belong to the listener that serves, not to the one that redirects.
  listener_arn = one(concat(aws_lb_listener.https[*].arn, local.https ? [] : [aws_lb_listener.http.arn]))
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-alb-"
  description = "Load balancer ${var.name}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-alb" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = local.ingress

  security_group_id = aws_security_group.this.id
  description       = "Clients"
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = each.value.cidr

  tags = merge(var.tags, { Name = each.key })
}

resource "aws_vpc_security_group_egress_rule" "targets" {
  security_group_id = aws_security_group.this.id
  description       = "Targets and their health checks"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"

  tags = var.tags
}

resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = var.internal
  security_groups            = [aws_security_group.this.id]
  subnets                    = var.subnet_ids
  idle_timeout               = var.idle_timeout
  drop_invalid_header_fields = true
  enable_deletion_protection = var.enable_deletion_protection

  dynamic "access_logs" {
    for_each = var.access_logs[*]

    content {
      enabled = true
      bucket  = access_logs.value.bucket
      prefix  = access_logs.value.prefix
    }
  }

  tags = var.tags

  depends_on = [aws_vpc_security_group_egress_rule.targets]
}

resource "aws_lb_target_group" "this" {
  for_each = var.target_groups

  # A new group must exist beside the old one while the listener moves over, so its name cannot be fixed.
  name_prefix          = substr("${each.key}-", 0, 6)
  target_type          = "ip"
  vpc_id               = var.vpc_id
  port                 = each.value.port
  protocol             = each.value.protocol
  protocol_version     = each.value.protocol_version
  deregistration_delay = each.value.deregistration_delay
  slow_start           = each.value.slow_start

  health_check {
    protocol            = each.value.protocol
    path                = each.value.health_check.path
    matcher             = each.value.health_check.matcher
    interval            = each.value.health_check.interval
    timeout             = each.value.health_check.timeout
    healthy_threshold   = each.value.health_check.healthy_threshold
    unhealthy_threshold = each.value.health_check.unhealthy_threshold
  }

  dynamic "stickiness" {
    for_each = each.value.stickiness[*]

    content {
      type            = stickiness.value.cookie_name == null ? "lb_cookie" : "app_cookie"
      cookie_name     = stickiness.value.cookie_name
      cookie_duration = stickiness.value.cookie_duration
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = local.https ? "redirect" : var.default_target_group == null ? "fixed-response" : "forward"
    target_group_arn = local.https || var.default_target_group == null ? null : aws_lb_target_group.this[var.default_target_group].arn

    dynamic "redirect" {
      for_each = local.https ? ["443"] : []

      content {
        protocol    = "HTTPS"
        port        = redirect.value
        status_code = "HTTP_301"
      }
    }

    dynamic "fixed_response" {
      for_each = !local.https && var.default_target_group == null ? ["404"] : []

      content {
        status_code  = fixed_response.value
        content_type = "text/plain"
        message_body = "Not found"
      }
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = var.default_target_group == null ? true : contains(keys(var.target_groups), var.default_target_group)
      error_message = "The default target group must be one of: ${join(", ", keys(var.target_groups))}."
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.https ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.certificate_arn
  ssl_policy        = var.ssl_policy

  default_action {
    type             = var.default_target_group == null ? "fixed-response" : "forward"
    target_group_arn = var.default_target_group == null ? null : aws_lb_target_group.this[var.default_target_group].arn

    dynamic "fixed_response" {
      for_each = var.default_target_group == null ? ["404"] : []

      content {
        status_code  = fixed_response.value
        content_type = "text/plain"
        message_body = "Not found"
      }
    }
  }

  tags = var.tags
}

resource "aws_lb_listener_rule" "this" {
  for_each = var.rules

  listener_arn = local.listener_arn
  priority     = each.value.priority

  action {
    type             = each.value.target_group == null ? "fixed-response" : "forward"
    target_group_arn = each.value.target_group == null ? null : aws_lb_target_group.this[each.value.target_group].arn

    dynamic "fixed_response" {
      for_each = each.value.fixed_response[*]

      content {
        status_code  = fixed_response.value.status_code
        content_type = fixed_response.value.content_type
        message_body = fixed_response.value.message_body
      }
    }
  }

  dynamic "condition" {
    for_each = length(each.value.path_patterns) > 0 ? [each.value.path_patterns] : []

    content {
      path_pattern {
        values = condition.value
      }
    }
  }

  dynamic "condition" {
    for_each = length(each.value.host_headers) > 0 ? [each.value.host_headers] : []

    content {
      host_header {
        values = condition.value
      }
    }
  }

  dynamic "condition" {
    for_each = length(each.value.source_ips) > 0 ? [each.value.source_ips] : []

    content {
      source_ip {
        values = condition.value
      }
    }
  }

  dynamic "condition" {
    for_each = each.value.http_headers

    content {
      http_header {
        http_header_name = condition.key
        values           = condition.value
      }
    }
  }

  tags = merge(var.tags, { Name = each.key })

  lifecycle {
    precondition {
      condition     = each.value.target_group == null ? true : contains(keys(var.target_groups), each.value.target_group)
      error_message = "The target group of the rule \"${each.key}\" must be one of: ${join(", ", keys(var.target_groups))}."
    }
  }
}
