provider "aws" {
  region = "eu-west-1"
}

variables {
  name        = "test"
  cluster_arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/test"
  vpc_id      = "vpc-0123456789abcdef0"
  subnet_ids  = ["subnet-0123456789abcdef0"]
  image       = "public.ecr.aws/nginx/nginx:1.27"
}

run "secrets_can_be_read" {
  command = plan

  variables {
    secrets = { TOKEN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-a1b2c3:key::" }
  }

  assert {
    condition     = local.readable["secretsmanager:GetSecretValue"] == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-a1b2c3"]
    error_message = "Tasks may not read the secret they are given."
  }

  assert {
    condition     = aws_ecs_service.this.launch_type == "FARGATE"
    error_message = "Tasks do not run on Fargate by themselves."
  }
}

run "fargate_ties_memory_to_cpu" {
  command = plan

  variables {
    cpu    = 256
    memory = 4096
  }

  expect_failures = [aws_ecs_task_definition.this]
}

run "an_entry_is_a_range_or_a_group" {
  command = plan

  variables {
    container_port = 80
    ingress        = { nobody = {} }
  }

  expect_failures = [aws_vpc_security_group_ingress_rule.other]
}

run "tasks_are_whole" {
  command = plan

  variables {
    desired_count = 1.5
  }

  expect_failures = [var.desired_count]
}

run "network" {
  module {
    source = "../vpc"
  }

  variables {
    enable_nat_gateway      = false
    availability_zone_count = 2
  }
}

run "cluster" {
  module {
    source = "../ecs-cluster"
  }
}

run "service" {
  variables {
    cluster_arn    = run.cluster.arn
    vpc_id         = run.network.id
    subnet_ids     = run.network.private_subnet_ids
    container_port = 80
    environment    = { B = "2", A = "1" }
    ingress        = { inside = { cidr_block = run.network.cidr_block } }
    policies       = { list = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:ListAllMyBuckets\",\"Resource\":\"*\"}]}" }
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment == [{ name = "A", value = "1" }, { name = "B", value = "2" }]
    error_message = "The containers have another environment."
  }

  assert {
    condition     = aws_ecs_service.this.task_definition == output.task_definition_arn && aws_ecs_service.this.desired_count == 2
    error_message = "The service does not run two tasks of the task definition."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.other["inside"].from_port == 80
    error_message = "The port is not that of the container."
  }

  assert {
    condition     = output.log_group_name == "/ecs/test" && output.task_role.name == "test-task"
    error_message = "Names do not start with that of the service."
  }
}

run "another_image_is_another_revision" {
  variables {
    cluster_arn = run.cluster.arn
    vpc_id      = run.network.id
    subnet_ids  = run.network.private_subnet_ids
    image       = "public.ecr.aws/nginx/nginx:1.28"
  }

  assert {
    condition     = output.arn == run.service.arn && output.task_definition_arn != run.service.task_definition_arn
    error_message = "The service was not moved to a new revision."
  }
}
