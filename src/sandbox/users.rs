//! Who uses a network object from another service, which is why AWS refuses to delete it.

use serde_json::Value;

use super::documents::Documents;
use super::scope::Read;

/// The table of load balancers.
pub const BALANCER: &str = "load-balancer";
/// The table of ECS services.
pub const SERVICE: &str = "ecs-service";

/// Whether a load balancer or a running service has addresses in a subnet.
pub fn of_subnet(documents: &Documents, subnet: &str) -> bool {
    let balanced =
        |it: &Value| it.list("AvailabilityZones").iter().any(|it| it["SubnetId"] == subnet);
    documents.all(BALANCER).any(balanced)
        || services(documents).any(|it| it.texts("subnets").contains(&subnet))
}

/// Whether a load balancer or a running service has a security group.
pub fn of_security_group(documents: &Documents, group: &str) -> bool {
    documents.all(BALANCER).any(|it| it.texts("SecurityGroups").contains(&group))
        || services(documents).any(|it| it.texts("securityGroups").contains(&group))
}

/// Whether a load balancer faces the internet from a VPC.
pub fn public_in_vpc(documents: &Documents, vpc: &str) -> bool {
    documents.all(BALANCER).any(|it| it["VpcId"] == vpc && it["Scheme"] == "internet-facing")
}

/// The network settings of services that still have tasks.
fn services(documents: &Documents) -> impl Iterator<Item = &Value> {
    let with_tasks = |it: &&Value| {
        it["status"] != "INACTIVE"
            && it.number("runningCount").unwrap_or(0) + it.number("pendingCount").unwrap_or(0) > 0
    };
    let services = documents.all(SERVICE).filter(with_tasks);
    services.map(|it| &it["networkConfiguration"]["awsvpcConfiguration"])
}
