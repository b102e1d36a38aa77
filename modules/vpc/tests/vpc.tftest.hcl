provider "aws" {
  region = "eu-west-1"
}

variables {
  name                    = "test"
  cidr_block              = "10.20.0.0/16"
  availability_zone_count = 2
}

run "subnets_share_the_range" {
  command = plan

  assert {
    condition     = output.private_subnet_cidr_blocks == { eu-west-1a = "10.20.0.0/20", eu-west-1b = "10.20.16.0/20" }
    error_message = "Private subnets are not the first two of the lower half."
  }

  assert {
    condition     = output.public_subnet_cidr_blocks == { eu-west-1a = "10.20.128.0/24", eu-west-1b = "10.20.129.0/24" }
    error_message = "Public subnets are not the first two of the upper half."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2
    error_message = "There is not one NAT gateway per zone."
  }
}

run "one_nat_gateway_is_enough" {
  command = plan

  variables {
    single_nat_gateway = true
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-west-1a"]
    error_message = "There is not just one NAT gateway, in the first zone."
  }

  assert {
    condition     = keys(aws_route.private_nat) == ["eu-west-1a", "eu-west-1b"]
    error_message = "A zone has no way out."
  }
}

run "the_range_cannot_be_small" {
  command = plan

  variables {
    cidr_block = "10.20.0.0/24"
  }

  expect_failures = [var.cidr_block]
}

run "there_are_only_three_zones" {
  command = plan

  variables {
    availability_zone_count = 4
  }

  expect_failures = [aws_vpc.this]
}

run "network" {
  variables {
    single_nat_gateway = true
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : subnet.vpc_id == output.id])
    error_message = "A subnet is in another VPC."
  }

  assert {
    condition     = length(distinct(concat(output.public_subnet_ids, output.private_subnet_ids))) == 4
    error_message = "There are not four subnets."
  }

  assert {
    condition     = alltrue([for route in aws_route.private_nat : route.nat_gateway_id == aws_nat_gateway.this["eu-west-1a"].id])
    error_message = "A private subnet has another way out than the NAT gateway."
  }

  assert {
    condition     = length(output.nat_public_ips) == 1 && can(cidrhost("${output.nat_public_ips[0]}/32", 0))
    error_message = "There is no public address for what leaves."
  }
}

run "network_without_nat" {
  variables {
    enable_nat_gateway = false
  }

  assert {
    condition     = output.id == run.network.id && length(output.nat_public_ips) == 0
    error_message = "The network did not only lose its way out."
  }
}
