# A web service on Fargate behind a load balancer, in a network of its own.

locals {
  name       = "${var.project}-${var.environment}"
  production = var.environment == "prod"

  tags = { Example = "ecs-fargate" }

  # The first task keeps running when spare capacity runs out.
  strategy = {
    FARGATE      = { base = 1, weight = 1 }
    FARGATE_SPOT = { base = 0, weight = 3 }
  }

  environment = merge(
    {
      ENVIRONMENT = var.environment
      LOG_LEVEL   = local.production ? "warn" : "debug"
      LISTEN      = format(":%d", var.container_port)
    },
    var.extra_environment,
  )
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

module "vpc" {
  source = "../../modules/vpc"

  name                    = local.name
  cidr_block              = var.vpc_cidr
  availability_zone_count = 3
  single_nat_gateway      = !local.production
  tags                    = local.tags
}

module "repository" {
  source   = "../../modules/ecr"
  for_each = toset(["web"])

  name         = "${local.name}/${each.key}"
  keep_tagged  = { v = local.production ? 50 : 10, "pr-" = 5 }
  force_delete = !local.production
  tags         = local.tags
}

module "load_balancer" {
  source = "../../modules/alb"

  name                = local.name
  vpc_id              = module.vpc.id
  subnet_ids          = module.vpc.public_subnet_ids
  ingress_cidr_blocks = var.allowed_cidr_blocks
  certificate_arn     = var.certificate_arn

  target_groups = {
    web = { port = var.container_port, health_check = { path = "/", matcher = "200" } }
  }
  default_target_group = "web"

  rules = {
    robots = {
      priority      = 10
      path_patterns = ["/robots.txt"]

      fixed_response = {
        status_code  = 200
        message_body = "User-agent: *\nDisallow: ${local.production ? "" : "/"}\n"
      }
    }

    web = {
      priority      = 20
      path_patterns = ["/web", "/web/*"]
      target_group  = "web"
    }
  }

  enable_deletion_protection = local.production
  tags                       = local.tags
}

module "cluster" {
  source = "../../modules/ecs-cluster"

  name                       = local.name
  vpc_id                     = module.vpc.id
  create_mesh_security_group = true

  default_capacity_provider_strategy = local.strategy

  tags = local.tags
}

# For whoever operates the stack from inside the network.
resource "aws_security_group" "operators" {
  name        = "${local.name}-operators"
  description = "Ports of the tasks that are open inside the VPC"
  vpc_id      = module.vpc.id

  dynamic "ingress" {
    for_each = var.operator_ports

    content {
      description = ingress.key
      protocol    = "tcp"
      from_port   = ingress.value
      to_port     = ingress.value
      cidr_blocks = [module.vpc.cidr_block]
    }
  }

  egress {
    description = "Answers stay inside the VPC"
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = [module.vpc.cidr_block]
  }

  tags = merge(local.tags, { Name = "${local.name}-operators" })
}

data "aws_iam_policy_document" "parameters" {
  statement {
    sid       = "ReadOwnParameters"
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    resources = ["arn:${data.aws_partition.current.partition}:ssm:${var.region}:${data.aws_caller_identity.current.account_id}:parameter/${local.name}/*"]
  }

  statement {
    sid       = "ListBuckets"
    effect    = "Deny"
    actions   = ["s3:ListAllMyBuckets"]
    resources = ["*"]
  }
}

module "web" {
  source = "../../modules/ecs-service"

  name        = "${local.name}-web"
  cluster_arn = module.cluster.arn
  vpc_id      = module.vpc.id
  subnet_ids  = module.vpc.private_subnet_ids

  image          = var.container_image
  cpu            = var.size.cpu
  memory         = var.size.memory
  container_port = var.container_port
  environment    = local.environment
  policies       = { parameters = data.aws_iam_policy_document.parameters.json }

  health_check = {
    command = "curl -fsS http://localhost:${var.container_port}/ || exit 1"
  }

  desired_count          = var.desired_count
  enable_execute_command = var.enable_execute_command
  wait_for_steady_state  = var.wait_for_steady_state

  capacity_provider_strategy = var.use_spot ? local.strategy : {}

  load_balancer = {
    target_group_arn  = module.load_balancer.target_group_arns["web"]
    security_group_id = module.load_balancer.security_group_id
  }

  security_group_ids = [module.cluster.mesh_security_group_id, aws_security_group.operators.id]
  tags               = local.tags
}
