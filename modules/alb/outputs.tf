output "arn" {
  description = "The load balancer's ARN."
  value       = aws_lb.this.arn
}

output "dns_name" {
  description = "The load balancer's DNS name."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Id of the hosted zone of the DNS name, for Route 53 alias records."
  value       = aws_lb.this.zone_id
}

output "url" {
  description = "Where the load balancer answers, as long as no DNS name of your own points to it."
  value       = "${local.https ? "https" : "http"}://${aws_lb.this.dns_name}"
}

output "security_group_id" {
  description = "Id of the security group that requests to the targets come from."
  value       = aws_security_group.this.id
}

output "listener_arn" {
  description = "ARN of the listener that serves: for HTTPS if there is a certificate, else for HTTP."
  value       = local.listener_arn
}

output "target_group_arns" {
  description = "ARNs of the target groups by name. Each is in use by a listener when it gets here, as an ECS service needs."
  value       = { for name, group in aws_lb_target_group.this : name => group.arn }

  depends_on = [aws_lb_listener.http, aws_lb_listener.https, aws_lb_listener_rule.this]
}
