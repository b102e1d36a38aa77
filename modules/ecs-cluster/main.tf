resource "aws_cloudwatch_log_group" "execute_command" {
  count = var.execute_command_logging ? 1 : 0

  name              = "/ecs/${var.name}/execute-command"
  retention_in_days = var.log_retention_in_days

  tags = var.tags
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }

  dynamic "configuration" {
    for_each = aws_cloudwatch_log_group.execute_command

    content {
      execute_command_configuration {
        logging = "OVERRIDE"

        log_configuration {
          cloud_watch_log_group_name = configuration.value.name
        }
      }
    }
  }

  tags = var.tags
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = var.capacity_providers

  dynamic "default_capacity_provider_strategy" {
    for_each = var.default_capacity_provider_strategy
    iterator = strategy

    content {
      capacity_provider = strategy.key
      weight            = strategy.value.weight
      base              = strategy.value.base
    }
  }

  lifecycle {
    precondition {
      condition     = length(setsubtract(keys(var.default_capacity_provider_strategy), var.capacity_providers)) == 0
      error_message = "The default strategy names capacity that the cluster does not have."
    }
  }
}

# Whoever is in this group may talk to whoever else is.
resource "aws_security_group" "mesh" {
  count = var.create_mesh_security_group ? 1 : 0

  name_prefix = "${var.name}-mesh-"
  description = "Services of ${var.name} that talk to each other"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-mesh" })

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = var.vpc_id != null
      error_message = "A mesh security group needs vpc_id."
    }
  }
}

resource "aws_security_group_rule" "mesh" {
  for_each = var.create_mesh_security_group ? toset(["ingress", "egress"]) : toset([])

  security_group_id = one(aws_security_group.mesh[*].id)
  type              = each.key
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  self              = true
}
