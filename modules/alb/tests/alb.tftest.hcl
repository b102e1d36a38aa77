provider "aws" {
  region = "eu-west-1"
}

variables {
  name          = "test"
  vpc_id        = "vpc-0123456789abcdef0"
  subnet_ids    = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  target_groups = { web = { port = 8080 } }
}

run "unmatched_requests_are_not_found" {
  command = plan

  assert {
    condition     = aws_lb_listener.http.default_action[0].fixed_response[0].status_code == "404"
    error_message = "The answer is not 404."
  }

  assert {
    condition     = length(aws_lb_listener.https) == 0
    error_message = "There is HTTPS without a certificate."
  }
}

run "http_redirects_to_https" {
  command = plan

  variables {
    certificate_arn      = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    default_target_group = "web"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "HTTP does not redirect."
  }

  assert {
    condition     = aws_lb_listener.https[0].default_action[0].type == "forward"
    error_message = "HTTPS does not reach the targets."
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.clients) == ["443 from 0.0.0.0/0", "80 from 0.0.0.0/0"]
    error_message = "Not both ports are open."
  }
}

run "one_subnet_is_not_enough" {
  command = plan

  variables {
    subnet_ids = ["subnet-0123456789abcdef0"]
  }

  expect_failures = [var.subnet_ids]
}

run "rules_differ_in_priority" {
  command = plan

  variables {
    rules = {
      one = { priority = 1, path_patterns = ["/one"], target_group = "web" }
      two = { priority = 1, path_patterns = ["/two"], target_group = "web" }
    }
  }

  expect_failures = [var.rules]
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

run "load_balancer" {
  variables {
    vpc_id               = run.network.id
    subnet_ids           = run.network.public_subnet_ids
    default_target_group = "web"
    rules = {
      robots = {
        priority       = 10
        path_patterns  = ["/robots.txt"]
        fixed_response = { status_code = 200 }
      }
    }
  }

  assert {
    condition     = output.url == "http://${output.dns_name}" && output.dns_name != ""
    error_message = "The URL is not that of the load balancer."
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].target_group_arn == output.target_group_arns["web"]
    error_message = "The listener does not forward to the target group."
  }

  assert {
    condition     = aws_lb_listener_rule.this["robots"].listener_arn == output.listener_arn
    error_message = "The rule is on another listener."
  }

  assert {
    condition     = aws_lb.this.security_groups == toset([output.security_group_id])
    error_message = "The load balancer is in another security group."
  }
}
