output "name" {
  description = "The cluster's name."
  value       = aws_ecs_cluster.this.name
}

output "arn" {
  description = "The cluster's ARN. Its capacity providers are in place when it gets here."
  value       = aws_ecs_cluster.this.arn

  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

output "mesh_security_group_id" {
  description = "Id of the security group whose members may talk to each other, or null."
  value       = one(aws_security_group.mesh[*].id)

  depends_on = [aws_security_group_rule.mesh]
}

output "execute_command_log_group_name" {
  description = "Name of the log group of `aws ecs execute-command`, or null."
  value       = one(aws_cloudwatch_log_group.execute_command[*].name)
}
