//! Elastic Load Balancing v2: load balancers, target groups, listeners and rules.

pub mod action;
pub mod attributes;
pub mod balancer;
pub mod listener;
pub mod rule;
pub mod target;

use serde_json::{Value, json};

pub use self::target::balancers as balancers_of;
use super::fault::Fault;
use super::scope::{Answer, Read, Scope, add_tags, edit_list, page};
use super::users::BALANCER;

/// The tables beside [`BALANCER`].
pub const TARGET_GROUP: &str = "target-group";
/// Listeners.
pub const LISTENER: &str = "listener";
/// Listener rules, the default ones included.
pub const RULE: &str = "listener-rule";

/// Answers an ELBv2 call.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Answer {
    let handler = match operation {
        "CreateLoadBalancer" => balancer::create,
        "DescribeLoadBalancers" => balancer::describe,
        "DeleteLoadBalancer" => balancer::delete,
        "SetSecurityGroups" => balancer::set_security_groups,
        "SetSubnets" => balancer::set_subnets,
        "SetIpAddressType" => balancer::set_ip_address_type,
        "DescribeCapacityReservation" => balancer::describe_capacity,
        "ModifyCapacityReservation" => balancer::modify_capacity,
        "ModifyIpPools" => balancer::modify_pools,
        "DescribeLoadBalancerAttributes" => attributes::of_balancer,
        "ModifyLoadBalancerAttributes" => attributes::modify_balancer,
        "DescribeTargetGroupAttributes" => attributes::of_target_group,
        "ModifyTargetGroupAttributes" => attributes::modify_target_group,
        "DescribeListenerAttributes" => attributes::of_listener,
        "ModifyListenerAttributes" => attributes::modify_listener,
        "CreateTargetGroup" => target::create,
        "DescribeTargetGroups" => target::describe,
        "ModifyTargetGroup" => target::modify,
        "DeleteTargetGroup" => target::delete,
        "RegisterTargets" => target::register,
        "DeregisterTargets" => target::deregister,
        "DescribeTargetHealth" => target::health,
        "CreateListener" => listener::create,
        "DescribeListeners" => listener::describe,
        "ModifyListener" => listener::modify,
        "DeleteListener" => listener::delete,
        "AddListenerCertificates" => listener::add_certificates,
        "RemoveListenerCertificates" => listener::remove_certificates,
        "DescribeListenerCertificates" => listener::describe_certificates,
        "CreateRule" => rule::create,
        "DescribeRules" => rule::describe,
        "ModifyRule" => rule::modify,
        "DeleteRule" => rule::delete,
        "SetRulePriorities" => rule::set_priorities,
        "AddTags" => change_tags,
        "RemoveTags" => change_tags,
        "DescribeTags" => describe_tags,
        _ => {
            let message = format!("The sandbox does not have the ELBv2 action {operation}");
            return Err(Fault::new("InvalidAction", message));
        }
    };
    handler(scope)
}

/// The table of an ARN, and the error if nothing has it.
fn table_of(arn: &str) -> (&'static str, &'static str) {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.split('/').next() {
        Some("targetgroup") => (TARGET_GROUP, "TargetGroupNotFound"),
        Some("listener") => (LISTENER, "ListenerNotFound"),
        Some("listener-rule") => (RULE, "RuleNotFound"),
        _ => (BALANCER, "LoadBalancerNotFound"),
    }
}

fn missing(arn: &str) -> Fault {
    let (table, code) = table_of(arn);
    Fault::new(code, format!("One or more {}s not found: '{arn}'", table.replace('-', " ")))
}

/// The object of an ARN.
fn find<'a>(scope: &'a Scope<'_>, arn: &str) -> Result<&'a Value, Fault> {
    scope.documents.get(table_of(arn).0, arn).ok_or_else(|| missing(arn))
}

/// The object of an ARN, to change it.
fn edit<'a>(scope: &'a mut Scope<'_>, arn: &str) -> Result<&'a mut Value, Fault> {
    scope.documents.edit(table_of(arn).0, arn).ok_or_else(|| missing(arn))
}

/// Refuses what AWS's validation refuses.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("ValidationError", message)
}

/// A page of documents as `PageSize` and `Marker` ask for it.
fn paged(scope: &Scope<'_>, name: &str, documents: Vec<Value>) -> Value {
    let size = scope.input.number("PageSize").and_then(|size| usize::try_from(size).ok());
    let (items, next) = page(documents, scope.input.text("Marker"), size.unwrap_or(400));
    json!({name: items, "NextMarker": next})
}

/// Checks that each asked-for ARN exists.
fn all_exist(scope: &Scope<'_>, arns: &[&str]) -> Result<(), Fault> {
    arns.iter().try_for_each(|arn| find(scope, arn).map(|_| ()))
}

const TAG_NAMES: (&str, &str) = ("Key", "Value");

/// The tags of a create call.
fn given_tags(input: &Value) -> Value {
    let mut tags = Vec::new();
    add_tags(&mut tags, input.list("Tags"), TAG_NAMES);
    Value::Array(tags)
}

/// `AddTags` and `RemoveTags`: the one has tags, the other keys.
fn change_tags(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let keys = input.texts("TagKeys");
    for arn in input.texts("ResourceArns") {
        edit_list(edit(scope, arn)?, "~tags", |tags| {
            add_tags(tags, input.list("Tags"), TAG_NAMES);
            tags.retain(|tag| !tag.text("Key").is_some_and(|key| keys.contains(&key)));
        });
    }
    Ok(json!({}))
}

/// `DescribeTags`, of 20 objects at most.
fn describe_tags(scope: &mut Scope<'_>) -> Answer {
    let arns = scope.input.texts("ResourceArns");
    if arns.len() > 20 {
        return Err(invalid("Tags of at most 20 resources can be described in a call"));
    }
    let tags = arns.iter().map(|arn| {
        let tags = &find(scope, arn)?["~tags"];
        Ok(json!({"ResourceArn": arn, "Tags": tags}))
    });
    let tags: Result<Vec<_>, Fault> = tags.collect();
    Ok(json!({"TagDescriptions": tags?}))
}
