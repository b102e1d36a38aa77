//! Load balancers.

use serde_json::{Value, json};

use super::{LISTENER, RULE, all_exist, attributes, edit, find, given_tags, invalid, paged};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, copy, hexadecimal, now};
use crate::sandbox::users::BALANCER;

/// Source of the hosted zone ids: "Elastic Load Balancing endpoints and quotas".
fn hosted_zone(region: &str, kind: &str) -> &'static str {
    match (region, kind) {
        ("us-east-1", "network") => "Z26RNL4JYFTOTI",
        ("us-east-1", _) => "Z35SXDOTRQ7X7K",
        ("us-west-2", "network") => "Z18D5FSROUN65G",
        ("us-west-2", _) => "Z1H1FL5HABSF5",
        ("eu-west-1", "network") => "Z2IFOLAFXWLO4F",
        ("eu-west-1", _) => "Z32O12XQLNTSW2",
        ("eu-central-1", "network") => "Z3F0SRJ5LGBH90",
        ("eu-central-1", _) => "Z215JYRZR1TBD5",
        _ => "Z000000SANDBOX",
    }
}

/// `CreateLoadBalancer`: the same name with the same settings gives the existing one.
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = input.required("Name")?;
    let kind = input.text("Type").unwrap_or("application");
    let scheme = input.text("Scheme").unwrap_or("internet-facing");
    check_name(name)?;
    let (vpc, zones) = placement(scope, kind)?;
    let groups = security_groups(scope, kind, &vpc)?;
    has_way_out(scope, scheme, &vpc)?;
    let word = match kind {
        "network" => "net",
        "gateway" => "gwy",
        _ => "app",
    };
    let digits = hexadecimal(16);
    let arn = scope.arn("elasticloadbalancing", &format!("loadbalancer/{word}/{name}/{digits}"));
    let internal = if scheme == "internal" { "internal-" } else { "" };
    let number = u32::from_str_radix(&digits[..8], 16).unwrap_or_default();
    let domain = match kind {
        "network" => format!("{name}-{digits}.elb.{}.amazonaws.com", scope.region),
        _ => format!("{internal}{name}-{number}.{}.elb.amazonaws.com", scope.region),
    };
    let mut balancer = json!({
        "LoadBalancerArn": arn, "DNSName": domain, "LoadBalancerName": name,
        "CanonicalHostedZoneId": hosted_zone(scope.region, kind), "CreatedTime": now(),
        "Scheme": scheme, "VpcId": vpc, "State": {"Code": "provisioning"}, "Type": kind,
        "AvailabilityZones": zones, "SecurityGroups": groups,
        "IpAddressType": input.text("IpAddressType").unwrap_or("ipv4"),
        "~tags": given_tags(input), "~attributes": {}, "~capacity": 0,
    });
    copy(input, &mut balancer, &["IpamPools", "CustomerOwnedIpv4Pool"]);
    if kind == "network" && !groups.is_empty() {
        balancer["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] = json!("on");
    }
    if let Some(existing) = same_name(scope, name) {
        return existing_or_duplicate(existing, &balancer);
    }
    scope.documents.put(BALANCER, &arn, balancer.clone());
    Ok(json!({"LoadBalancers": [balancer]}))
}

fn check_name(name: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let well_formed = name.len() <= 32 && name.chars().all(fits);
    if !well_formed || name.starts_with('-') || name.ends_with('-') || name.starts_with("internal-")
    {
        let message = format!("The load balancer name '{name}' is not valid");
        return Err(invalid(message));
    }
    Ok(())
}

fn same_name<'a>(scope: &'a Scope<'_>, name: &str) -> Option<&'a Value> {
    scope.documents.all(BALANCER).find(|it| it["LoadBalancerName"] == name)
}

fn existing_or_duplicate(existing: &Value, asked: &Value) -> Answer {
    let settings = [
        "Scheme",
        "Type",
        "AvailabilityZones",
        "SecurityGroups",
        "IpAddressType",
        "IpamPools",
        "~tags",
    ];
    if settings.iter().all(|name| existing[*name] == asked[*name]) {
        return Ok(json!({"LoadBalancers": [existing]}));
    }
    let name = &existing["LoadBalancerName"];
    let message =
        format!("A load balancer with the same name {name} exists, but with different settings");
    Err(Fault::new("DuplicateLoadBalancerName", message))
}

/// The VPC and zones of the subnets that are asked for.
fn placement(scope: &Scope<'_>, kind: &str) -> Result<(String, Vec<Value>), Fault> {
    let mappings = scope.input.list("SubnetMappings");
    let mut wanted: Vec<(&str, Value)> =
        scope.input.texts("Subnets").into_iter().map(|id| (id, json!({}))).collect();
    for mapping in mappings {
        let mut address = json!({});
        copy(mapping, &mut address, &["AllocationId", "PrivateIPv4Address", "IPv6Address"]);
        wanted.push((mapping.required("SubnetId")?, address));
    }
    let mut vpc = String::new();
    let mut zones = Vec::new();
    for (id, address) in wanted {
        let subnet = scope.documents.get("subnet", id).ok_or_else(|| {
            Fault::new("SubnetNotFound", format!("The subnet ID '{id}' does not exist"))
        })?;
        let name = &subnet["availabilityZone"];
        if zones.iter().any(|it: &Value| it["ZoneName"] == *name) {
            let message = "A load balancer cannot be attached to multiple subnets in the same \
                           Availability Zone";
            return Err(Fault::new("InvalidConfigurationRequest", message));
        }
        let mut zone = json!({"ZoneName": name, "SubnetId": id, "LoadBalancerAddresses": []});
        if address != json!({}) {
            zone["LoadBalancerAddresses"] = json!([address]);
        }
        vpc = subnet.text("vpcId").unwrap_or_default().to_owned();
        zones.push(zone);
    }
    let needed = if kind == "application" { 2 } else { 1 };
    if zones.len() < needed {
        let message = "At least two subnets in two different Availability Zones must be specified";
        return Err(invalid(message));
    }
    zones.sort_by(|a, b| a.text("ZoneName").cmp(&b.text("ZoneName")));
    Ok((vpc, zones))
}

/// The groups asked for; an application load balancer has the VPC's default group otherwise.
fn security_groups(scope: &Scope<'_>, kind: &str, vpc: &str) -> Result<Vec<String>, Fault> {
    let mut groups: Vec<String> =
        scope.input.texts("SecurityGroups").into_iter().map(str::to_owned).collect();
    for id in &groups {
        if scope.documents.get("security-group", id).is_none() {
            let message = format!("The security group '{id}' does not exist");
            return Err(Fault::new("InvalidSecurityGroup", message));
        }
    }
    if groups.is_empty() && kind == "application" {
        let default = |it: &&Value| it["vpcId"] == vpc && it["groupName"] == "default";
        let default = scope.documents.all("security-group").find(default);
        groups.extend(default.and_then(|it| it.text("groupId")).map(str::to_owned));
    }
    Ok(groups)
}

/// A load balancer that faces the internet needs an internet gateway.
fn has_way_out(scope: &Scope<'_>, scheme: &str, vpc: &str) -> Result<(), Fault> {
    let attached = |it: &Value| it.list("attachmentSet").iter().any(|it| it["vpcId"] == vpc);
    if scheme == "internal" || scope.documents.all("internet-gateway").any(attached) {
        return Ok(());
    }
    Err(Fault::new("InvalidSubnet", format!("VPC {vpc} has no internet gateway")))
}

/// `DescribeLoadBalancers`: a new one is provisioning at the first look and active after it.
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let (arns, names) = (scope.input.texts("LoadBalancerArns"), scope.input.texts("Names"));
    all_exist(scope, &arns)?;
    if let Some(name) = names.iter().find(|name| same_name(scope, name).is_none()) {
        let message = format!("Load balancers '[{name}]' not found");
        return Err(Fault::new("LoadBalancerNotFound", message));
    }
    let asked = |it: &Value| {
        let is = |list: &[&str], name: &str| it.text(name).is_some_and(|text| list.contains(&text));
        (arns.is_empty() && names.is_empty())
            || is(&arns, "LoadBalancerArn")
            || is(&names, "LoadBalancerName")
    };
    let found: Vec<Value> = scope.documents.all(BALANCER).filter(|it| asked(it)).cloned().collect();
    for balancer in &found {
        if balancer["State"]["Code"] == "provisioning" {
            let arn = balancer.text("LoadBalancerArn").unwrap_or_default();
            edit(scope, arn)?["State"]["Code"] = json!("active");
        }
    }
    Ok(paged(scope, "LoadBalancers", found))
}

/// `DeleteLoadBalancer`, with its listeners and rules; one that is gone is no error.
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("LoadBalancerArn")?;
    let Some(balancer) = scope.documents.remove(BALANCER, arn) else { return Ok(json!({})) };
    if attributes::is_protected(&balancer) {
        let message = format!(
            "Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        );
        return Err(Fault::new("OperationNotPermitted", message));
    }
    for table in [LISTENER, RULE] {
        let rows = scope.documents.rows(table);
        let own: Vec<_> = rows
            .filter(|(_, it)| it["LoadBalancerArn"] == arn || it["~balancer"] == arn)
            .map(|(id, _)| id.clone())
            .collect();
        for id in own {
            scope.documents.remove(table, &id);
        }
    }
    Ok(json!({}))
}

/// `SetSecurityGroups`
pub fn set_security_groups(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("LoadBalancerArn")?;
    let balancer = find(scope, arn)?;
    let kind = balancer.text("Type").unwrap_or_default();
    let groups = security_groups(scope, kind, balancer.text("VpcId").unwrap_or_default())?;
    let enforce = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";
    let enforced = scope.input.text(enforce).map(str::to_owned);
    let balancer = edit(scope, arn)?;
    balancer["SecurityGroups"] = json!(groups);
    if let Some(enforced) = enforced {
        balancer[enforce] = json!(enforced);
    }
    Ok(json!({"SecurityGroupIds": groups}))
}

/// `SetSubnets`
pub fn set_subnets(scope: &mut Scope<'_>) -> Answer {
    let arn = scope.input.required("LoadBalancerArn")?;
    let kind = find(scope, arn)?.text("Type").unwrap_or_default();
    let (_, zones) = placement(scope, kind)?;
    let balancer = edit(scope, arn)?;
    balancer["AvailabilityZones"] = json!(zones);
    Ok(json!({"AvailabilityZones": zones, "IpAddressType": balancer["IpAddressType"]}))
}

/// `SetIpAddressType`
pub fn set_ip_address_type(scope: &mut Scope<'_>) -> Answer {
    let kind = json!(scope.input.required("IpAddressType")?);
    edit(scope, scope.input.required("LoadBalancerArn")?)?["IpAddressType"] = kind.clone();
    Ok(json!({"IpAddressType": kind}))
}

/// `ModifyIpPools`: other pools, or none.
pub fn modify_pools(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let balancer = edit(scope, input.required("LoadBalancerArn")?)?;
    copy(input, balancer, &["IpamPools"]);
    if input.texts("RemoveIpamPools").contains(&"ipv4") {
        balancer["IpamPools"] = Value::Null;
    }
    Ok(json!({"IpamPools": balancer["IpamPools"]}))
}

/// `ModifyCapacityReservation`: granted at once.
pub fn modify_capacity(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let units = input["MinimumLoadBalancerCapacity"].number("CapacityUnits");
    let reset = input.flag("ResetCapacityReservation") == Some(true);
    let units = match (units, reset) {
        (Some(units), false) => units,
        (None, true) => 0,
        _ => return Err(invalid("Capacity units or a reset must be specified, and not both")),
    };
    edit(scope, input.required("LoadBalancerArn")?)?["~capacity"] = json!(units);
    describe_capacity(scope)
}

/// `DescribeCapacityReservation`
pub fn describe_capacity(scope: &mut Scope<'_>) -> Answer {
    let balancer = find(scope, scope.input.required("LoadBalancerArn")?)?;
    let units = balancer.number("~capacity").filter(|units| *units > 0);
    let minimum = units.map(|units| json!({"CapacityUnits": units}));
    Ok(json!({
        "DecreaseRequestsRemaining": 3, "MinimumLoadBalancerCapacity": minimum,
        "CapacityReservationState": [],
    }))
}
