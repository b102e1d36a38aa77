data "aws_region" "current" {}

locals {
  # Memory in MiB that Fargate offers with so many CPU units.
  sizes = {
    "256"   = [512, 1024, 2048]
    "512"   = range(1024, 4096 + 1, 1024)
    "1024"  = range(2048, 8192 + 1, 1024)
    "2048"  = range(4096, 16384 + 1, 1024)
    "4096"  = range(8192, 30720 + 1, 1024)
    "8192"  = range(16384, 61440 + 1, 4096)
    "16384" = range(32768, 122880 + 1, 8192)
  }

  log_options = {
    awslogs-group  = aws_cloudwatch_log_group.this.name
    awslogs-region = data.aws_region.current.region
  }

  main_container = {
    name      = var.name
    image     = var.image
    essential = true
    command   = var.command

    environment = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]
    secrets     = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]

    portMappings = [
      for port in var.container_port[*] : { name = "main", containerPort = port, hostPort = port, protocol = "tcp" }
    ]

    healthCheck = var.health_check == null ? null : {
      command     = ["CMD-SHELL", var.health_check.command]
      interval    = var.health_check.interval
      timeout     = var.health_check.timeout
      retries     = var.health_check.retries
      startPeriod = var.health_check.start_period
    }

    dependsOn = [for name in keys(var.sidecars) : { containerName = name, condition = "START" }]

    linuxParameters = { initProcessEnabled = var.enable_execute_command }

    logConfiguration = {
      logDriver = "awslogs"
      options   = merge(local.log_options, { awslogs-stream-prefix = var.name })
    }
  }

  sidecars = [
    for name, sidecar in var.sidecars : {
      name        = name
      image       = sidecar.image
      cpu         = sidecar.cpu
      memory      = sidecar.memory
      essential   = sidecar.essential
      command     = sidecar.command
      environment = [for key, value in sidecar.environment : { name = key, value = value }]

      logConfiguration = {
        logDriver = "awslogs"
        options   = merge(local.log_options, { awslogs-stream-prefix = name })
      }
    }
  ]

  # ECS takes a null for a mistake, so what is not set is left out.
  containers = [
    for container in concat([local.main_container], local.sidecars) :
    { for key, value in container : key => value if value != null }
  ]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_in_days

  tags = var.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode(local.containers)

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  dynamic "ephemeral_storage" {
    for_each = var.ephemeral_storage_gib[*]

    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = contains(local.sizes[var.cpu], var.memory)
      error_message = "With ${var.cpu} CPU units Fargate offers ${join(", ", local.sizes[var.cpu])} MiB of memory, not ${var.memory}."
    }
  }
}

resource "aws_ecs_service" "this" {
  name                   = var.name
  cluster                = var.cluster_arn
  task_definition        = aws_ecs_task_definition.this.arn
  desired_count          = var.desired_count
  launch_type            = length(var.capacity_provider_strategy) == 0 ? "FARGATE" : null
  enable_execute_command = var.enable_execute_command
  propagate_tags         = "SERVICE"
  wait_for_steady_state  = var.wait_for_steady_state

  enable_ecs_managed_tags            = var.enable_ecs_managed_tags
  health_check_grace_period_seconds  = try(var.load_balancer.grace_period, null)
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = concat([aws_security_group.this.id], var.security_group_ids)
    assign_public_ip = var.assign_public_ip
  }

  dynamic "capacity_provider_strategy" {
    for_each = var.capacity_provider_strategy
    iterator = strategy

    content {
      capacity_provider = strategy.key
      weight            = strategy.value.weight
      base              = strategy.value.base
    }
  }

  dynamic "load_balancer" {
    for_each = var.load_balancer[*]

    content {
      target_group_arn = load_balancer.value.target_group_arn
      container_name   = var.name
      container_port   = var.container_port
    }
  }

  timeouts {
    create = var.timeout
    update = var.timeout
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = var.load_balancer == null || var.container_port != null
      error_message = "A service behind a load balancer needs container_port."
    }
  }

  # Without these, the first tasks cannot start or cannot be reached; and they must outlive the last.
  depends_on = [
    aws_iam_role_policy_attachment.execution,
    aws_iam_role_policy.task,
    aws_iam_role_policy.execute_command,
    aws_vpc_security_group_ingress_rule.load_balancer,
    aws_vpc_security_group_ingress_rule.other,
    aws_vpc_security_group_egress_rule.all,
  ]
}
