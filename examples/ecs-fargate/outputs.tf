output "url" {
  description = "Where the service answers."
  value       = module.load_balancer.url
}

output "repositories" {
  description = "Where to push images, by name."
  value       = { for name, repository in module.repository : name => repository.url }
}

output "cluster" {
  description = "The cluster's name."
  value       = module.cluster.name
}

output "service" {
  description = "The service, what it runs and where it logs."
  value = {
    name            = module.web.name
    task_definition = module.web.task_definition_arn
    log_group       = module.web.log_group_name
  }
}

output "network" {
  description = "The network's parts."
  value = {
    vpc                = module.vpc.id
    availability_zones = module.vpc.availability_zones
    private_subnets    = module.vpc.private_subnet_ids
    public_subnets     = module.vpc.public_subnet_ids
    nat_addresses      = module.vpc.nat_public_ips
  }
}

output "network_plan" {
  description = "Which zone has which ranges."
  value = join("\n", [
    for zone in module.vpc.availability_zones : format(
      "%-12s %-16s %s", zone, module.vpc.private_subnet_cidr_blocks[zone], module.vpc.public_subnet_cidr_blocks[zone],
    )
  ])
}
