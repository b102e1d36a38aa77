locals {
  prefixes = sort(keys(var.keep_tagged))

  tagged_rules = [
    for number, prefix in local.prefixes : {
      rulePriority = number + 1
      description  = "Keep the last ${var.keep_tagged[prefix]} images tagged ${prefix}*"
      selection = {
        tagStatus     = "tagged"
        tagPrefixList = [prefix]
        countType     = "imageCountMoreThan"
        countNumber   = var.keep_tagged[prefix]
      }
      action = { type = "expire" }
    }
  ]

  untagged_rules = [
    for days in var.untagged_days[*] : {
      rulePriority = length(local.prefixes) + 1
      description  = "Delete untagged images after ${days} ${days == 1 ? "day" : "days"}"
      selection = {
        tagStatus   = "untagged"
        countType   = "sinceImagePushed"
        countUnit   = "days"
        countNumber = days
      }
      action = { type = "expire" }
    }
  ]

  rules = concat(local.tagged_rules, local.untagged_rules)
}

resource "aws_ecr_repository" "this" {
  name                 = var.name
  image_tag_mutability = var.image_tag_mutability
  force_delete         = var.force_delete

  image_scanning_configuration {
    scan_on_push = var.scan_on_push
  }

  encryption_configuration {
    encryption_type = var.kms_key_arn == null ? "AES256" : "KMS"
    kms_key         = var.kms_key_arn
  }

  tags = var.tags
}

resource "aws_ecr_lifecycle_policy" "this" {
  count = length(local.rules) > 0 ? 1 : 0

  repository = aws_ecr_repository.this.name
  policy     = jsonencode({ rules = local.rules })
}
