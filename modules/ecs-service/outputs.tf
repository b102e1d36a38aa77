output "name" {
  description = "The service's name."
  value       = aws_ecs_service.this.name
}

output "arn" {
  description = "The service's ARN."
  value       = aws_ecs_service.this.id
}

output "task_definition_arn" {
  description = "ARN of the revision of the task definition that the service runs."
  value       = aws_ecs_task_definition.this.arn
}

output "security_group_id" {
  description = "Id of the security group that the tasks' own requests come from."
  value       = aws_security_group.this.id
}

output "task_role" {
  description = "Name and ARN of the role that the containers have."
  value = {
    name = aws_iam_role.task.name
    arn  = aws_iam_role.task.arn
  }
}

output "execution_role_arn" {
  description = "ARN of the role that starts tasks."
  value       = aws_iam_role.execution.arn
}

output "log_group_name" {
  description = "Name of the log group of all containers."
  value       = aws_cloudwatch_log_group.this.name
}
