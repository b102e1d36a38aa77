output "name" {
  description = "The repository's name."
  value       = aws_ecr_repository.this.name
}

output "arn" {
  description = "The repository's ARN."
  value       = aws_ecr_repository.this.arn
}

output "url" {
  description = "What image names start with: the registry and the repository, without a tag."
  value       = aws_ecr_repository.this.repository_url
}
