provider "aws" {
  region = "eu-west-1"
}

variables {
  name = "test"
}

run "spot_is_spread" {
  command = plan

  variables {
    default_capacity_provider_strategy = {
      FARGATE      = { base = 1 }
      FARGATE_SPOT = { weight = 3 }
    }
  }

  assert {
    condition = {
      for item in aws_ecs_cluster_capacity_providers.this.default_capacity_provider_strategy :
      item.capacity_provider => [item.base, item.weight]
    } == { FARGATE = [1, 1], FARGATE_SPOT = [0, 3] }
    error_message = "The strategy is not as given."
  }

  assert {
    condition     = output.mesh_security_group_id == null
    error_message = "There is a security group that nobody asked for."
  }
}

run "the_strategy_uses_what_is_there" {
  command = plan

  variables {
    capacity_providers = ["FARGATE_SPOT"]
  }

  expect_failures = [aws_ecs_cluster_capacity_providers.this]
}

run "insights_have_three_levels" {
  command = plan

  variables {
    container_insights = "some"
  }

  expect_failures = [var.container_insights]
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
  variables {
    vpc_id                     = run.network.id
    create_mesh_security_group = true
  }

  assert {
    condition     = endswith(output.arn, ":cluster/test") && output.name == "test"
    error_message = "The cluster has another name."
  }

  assert {
    condition     = aws_security_group.mesh[0].vpc_id == run.network.id && output.mesh_security_group_id == aws_security_group.mesh[0].id
    error_message = "The security group is not in the network."
  }

  assert {
    condition     = keys(aws_security_group_rule.mesh) == ["egress", "ingress"]
    error_message = "The members of the group cannot talk to each other."
  }

  assert {
    condition     = output.execute_command_log_group_name == "/ecs/test/execute-command"
    error_message = "What is typed is not kept."
  }
}
