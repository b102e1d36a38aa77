provider "aws" {
  region = "eu-west-1"
}

variables {
  name = "team/app"
}

run "images_are_kept_by_prefix" {
  command = plan

  variables {
    keep_tagged = { v = 5, "pr-" = 2 }
  }

  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this[0].policy).rules[*].selection.countNumber == [2, 5, 14]
    error_message = "The rules do not keep 2 images of pull requests, 5 versions and untagged ones for 14 days."
  }
}

run "all_images_can_be_kept" {
  command = plan

  variables {
    keep_tagged   = {}
    untagged_days = null
  }

  assert {
    condition     = length(aws_ecr_lifecycle_policy.this) == 0
    error_message = "There is a policy that deletes images."
  }
}

run "a_day_is_the_least" {
  command = plan

  variables {
    untagged_days = 0
  }

  expect_failures = [var.untagged_days]
}

run "repository" {
  assert {
    condition     = endswith(output.url, ".dkr.ecr.eu-west-1.amazonaws.com/team/app")
    error_message = "The URL is not that of a repository in the region."
  }

  assert {
    condition     = output.arn == aws_ecr_repository.this.arn && endswith(output.arn, ":repository/team/app")
    error_message = "The ARN is not that of the repository."
  }

  assert {
    condition     = aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "Images are not scanned."
  }
}

run "tags_can_move" {
  variables {
    image_tag_mutability = "MUTABLE"
  }

  assert {
    condition     = output.arn == run.repository.arn && aws_ecr_repository.this.image_tag_mutability == "MUTABLE"
    error_message = "The repository was not changed in place."
  }
}
