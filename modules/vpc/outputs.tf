output "id" {
  description = "The VPC's id."
  value       = aws_vpc.this.id
}

output "arn" {
  description = "The VPC's ARN."
  value       = aws_vpc.this.arn
}

output "cidr_block" {
  description = "The VPC's IPv4 range."
  value       = aws_vpc.this.cidr_block
}

output "availability_zones" {
  description = "Names of the availability zones in use, in order."
  value       = local.zones
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, in the order of the zones. They can reach the internet."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]

  depends_on = [aws_route.public_internet, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, in the order of the zones. They can reach the internet if there is a NAT gateway."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]

  depends_on = [aws_route.private_nat, aws_route_table_association.private]
}

output "public_subnet_cidr_blocks" {
  description = "IPv4 ranges of the public subnets by zone."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block }
}

output "private_subnet_cidr_blocks" {
  description = "IPv4 ranges of the private subnets by zone."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block }
}

output "public_route_table_id" {
  description = "Id of the route table that the public subnets share."
  value       = aws_route_table.public.id
}

output "private_route_table_ids" {
  description = "Ids of the private subnets' route tables by zone."
  value       = { for zone, table in aws_route_table.private : zone => table.id }
}

output "nat_public_ips" {
  description = "Public addresses from which the private subnets reach the internet."
  value       = values(aws_eip.nat)[*].public_ip
}
