//! VPCs and subnets, and what AWS makes along with them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use serde_json::{Value, json};

use super::describe::{edit, find};
use super::kinds::{INTERNET_GATEWAY, NAT_GATEWAY, NETWORK_ACL, ROUTE_TABLE, SECURITY_GROUP};
use super::kinds::{Kind, RULE, SUBNET, VPC};
use super::tags::specified;
use super::{range, route, security, zones};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope, hexadecimal};

/// A fresh id of a kind.
pub fn new_id(kind: &Kind) -> String {
    format!("{}-0{}", kind.prefix, hexadecimal(16))
}

/// Refuses to delete what is still used.
pub fn dependency(what: &str, id: &str) -> Fault {
    let message = format!("The {what} '{id}' has dependencies and cannot be deleted.");
    Fault::new("DependencyViolation", message)
}

/// The marker of objects that AWS made; not shown by any call.
pub const DEFAULT: &str = "~default";

/// Makes the default VPC that each region of an account has from the start.
pub fn ensure_defaults(scope: &mut Scope<'_>) {
    if scope.documents.get("meta", "ec2").is_some() {
        return;
    }
    scope.documents.put("meta", "ec2", json!({}));
    let range = Ipv4Net::new_assert(Ipv4Addr::new(172, 31, 0, 0), 16);
    let vpc = add_vpc(scope, range, "default", json!([]));
    let gateway = new_id(INTERNET_GATEWAY);
    let attached = json!([{"vpcId": vpc, "state": "available"}]);
    let document = json!({
        "internetGatewayId": gateway, "attachmentSet": attached, "ownerId": ACCOUNT, "tagSet": [],
        DEFAULT: true,
    });
    scope.documents.put(INTERNET_GATEWAY.table, &gateway, document);
    if let Some(document) = scope.documents.edit(VPC.table, &vpc) {
        document["isDefault"] = json!(true);
        document[HOSTNAMES] = json!(true);
    }
    for (index, zone) in zones(scope.region).into_iter().enumerate() {
        let third = u8::try_from(index * 16).unwrap_or_default();
        let range = Ipv4Net::new_assert(Ipv4Addr::new(172, 31, third, 0), 20);
        let subnet = subnet_document(scope, &vpc, Some(range), zone, true);
        scope.documents.put(
            SUBNET.table,
            subnet.text("subnetId").unwrap_or_default(),
            subnet.clone(),
        );
    }
    route::add_default_route(scope, &vpc, &gateway);
}

/// DNS settings of a VPC; only DescribeVpcAttribute shows them.
const HOSTNAMES: &str = "~enableDnsHostnames";
const SUPPORT: &str = "~enableDnsSupport";
const METRICS: &str = "~enableNetworkAddressUsageMetrics";

/// Adds a VPC with its main route table, default security group and network ACL.
fn add_vpc(scope: &mut Scope<'_>, range: Ipv4Net, tenancy: &str, tags: Value) -> String {
    let id = new_id(VPC);
    let association = range::association("vpc", &range.into(), scope.region);
    let range = range.to_string();
    let document = json!({
        "vpcId": id, "ownerId": ACCOUNT, "state": "available", "cidrBlock": range,
        "cidrBlockAssociationSet": [association], "dhcpOptionsId": "dopt-0a1b2c3d4e5f60718",
        "instanceTenancy": tenancy, "isDefault": false, "tagSet": tags,
        HOSTNAMES: false, SUPPORT: true, METRICS: false,
    });
    scope.documents.put(VPC.table, &id, document);
    route::add_main_table(scope, &id);
    security::add_group(scope, &id, "default", "default VPC security group", json!([]));
    add_network_acl(scope, &id);
    id
}

fn add_network_acl(scope: &mut Scope<'_>, vpc: &str) {
    let id = new_id(NETWORK_ACL);
    let entry = |number: u32, action: &str, egress: bool| {
        json!({
            "ruleNumber": number, "protocol": "-1", "ruleAction": action, "egress": egress,
            "cidrBlock": "0.0.0.0/0",
        })
    };
    let entries = [(100, "allow", true), (32767, "deny", true), (100, "allow", false)];
    let mut entries: Vec<_> = entries.map(|(n, action, egress)| entry(n, action, egress)).into();
    entries.push(entry(32767, "deny", false));
    let document = json!({
        "networkAclId": id, "vpcId": vpc, "ownerId": ACCOUNT, "default": true, "entrySet": entries,
        "associationSet": [], "tagSet": [],
    });
    scope.documents.put(NETWORK_ACL.table, &id, document);
}

/// The range of a VPC or subnet, from /16 to /28, with its host bits cleared.
pub fn range_of(input: &Value, code: &str) -> Result<Ipv4Net, Fault> {
    let text = input.required("CidrBlock")?;
    let invalid = |why: &str| Fault::new(code, format!("The CIDR '{text}' is invalid{why}."));
    let range: Ipv4Net = text.parse().map_err(|_| {
        let message = format!("Value ({text}) for parameter cidrBlock is invalid.");
        Fault::new("InvalidParameterValue", message)
    })?;
    match range.prefix_len() {
        16..=28 => Ok(range.trunc()),
        _ => Err(invalid("")),
    }
}

/// `CreateVpc`, with an IPv6 range of Amazon's if asked for
pub fn create_vpc(scope: &mut Scope<'_>) -> Answer {
    for name in ["Ipv6CidrBlock", "Ipv6Pool", "Ipv4IpamPoolId", "Ipv6IpamPoolId"] {
        refuse(scope.input, name)?;
    }
    let range = range_of(scope.input, "InvalidVpc.Range")?;
    let tenancy = scope.input.text("InstanceTenancy").unwrap_or("default");
    let id = add_vpc(scope, range, tenancy, specified(scope.input, VPC));
    if scope.input.flag("AmazonProvidedIpv6CidrBlock") == Some(true) {
        let range = range::amazon_ipv6();
        let association = range::association("vpc", &range, scope.region);
        edit(scope.documents, VPC, &id)?["ipv6CidrBlockAssociationSet"] = json!([association]);
        route::add_local_routes(scope, &id, &range.to_string());
    }
    Ok(json!({"vpc": find(scope.documents, VPC, &id)?}))
}

/// Refuses a parameter the sandbox cannot honour, instead of forgetting it.
pub fn refuse(input: &Value, name: &str) -> Result<(), Fault> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if text == "false" => Ok(()),
        Some(_) => Err(Fault::new("Unsupported", format!("The sandbox does not support {name}"))),
    }
}

/// `DeleteVpc`: refused while anything but what AWS made with it is in it.
pub fn delete_vpc(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("VpcId")?;
    find(scope.documents, VPC, id)?;
    let inside = |it: &&Value| it.text("vpcId") == Some(id);
    let documents = &scope.documents;
    let attached = documents
        .all(INTERNET_GATEWAY.table)
        .any(|it| it.list("attachmentSet").iter().any(|it| it["vpcId"] == id));
    let used = attached
        || documents.all(SUBNET.table).any(|it| inside(&it))
        || documents.all(NAT_GATEWAY.table).filter(inside).any(|it| it["state"] != "deleted")
        || documents
            .all(SECURITY_GROUP.table)
            .filter(inside)
            .any(|it| it["groupName"] != "default")
        || documents.all(ROUTE_TABLE.table).filter(inside).any(|it| !route::is_main(it));
    if used {
        return Err(dependency("vpc", id));
    }
    remove_inside(scope, id);
    scope.documents.remove(VPC.table, id);
    Ok(json!({"return": true}))
}

/// Takes away what AWS made with a VPC.
fn remove_inside(scope: &mut Scope<'_>, vpc: &str) {
    let groups = ids_in(scope, SECURITY_GROUP, vpc);
    for group in &groups {
        security::remove_rules(scope, group);
    }
    for kind in [SECURITY_GROUP, ROUTE_TABLE, NETWORK_ACL] {
        for id in ids_in(scope, kind, vpc) {
            scope.documents.remove(kind.table, &id);
        }
    }
    debug_assert!(groups.iter().all(|id| scope.documents.get(RULE.table, id).is_none()));
}

fn ids_in(scope: &Scope<'_>, kind: &Kind, vpc: &str) -> Vec<String> {
    let rows = scope.documents.rows(kind.table);
    rows.filter(|(_, it)| it.text("vpcId") == Some(vpc)).map(|(id, _)| id.clone()).collect()
}

/// `DescribeVpcAttribute`
pub fn describe_vpc_attribute(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("VpcId")?;
    let name = scope.input.required("Attribute")?;
    let vpc = find(scope.documents, VPC, id)?;
    match vpc.get(format!("~{name}")) {
        Some(value) => Ok(json!({"vpcId": id, name: {"value": value}})),
        None => Err(Fault::new("InvalidParameterValue", format!("Unknown attribute {name}"))),
    }
}

/// `ModifyVpcAttribute`: one attribute a call.
pub fn modify_vpc_attribute(scope: &mut Scope<'_>) -> Answer {
    let vpc = edit(scope.documents, VPC, scope.input.required("VpcId")?)?;
    let names = [
        ("EnableDnsHostnames", HOSTNAMES),
        ("EnableDnsSupport", SUPPORT),
        ("EnableNetworkAddressUsageMetrics", METRICS),
    ];
    let given: Vec<_> = names
        .into_iter()
        .filter_map(|(name, field)| Some((field, scope.input.get(name)?.flag("Value")?)))
        .collect();
    let [(field, value)] = given[..] else {
        let message = "Exactly one attribute can be modified in a call";
        return Err(Fault::new("InvalidParameterCombination", message));
    };
    vpc[field] = json!(value);
    Ok(json!({"return": true}))
}

/// `ModifyVpcTenancy`: to the default only.
pub fn modify_vpc_tenancy(scope: &mut Scope<'_>) -> Answer {
    if scope.input.required("InstanceTenancy")? != "default" {
        let message = "The tenancy of a VPC can only be changed to default";
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let vpc = edit(scope.documents, VPC, scope.input.required("VpcId")?)?;
    vpc["instanceTenancy"] = json!("default");
    Ok(json!({"return": true}))
}

/// `CreateSubnet`: inside the VPC's range, overlapping no other subnet.
pub fn create_subnet(scope: &mut Scope<'_>) -> Answer {
    for name in ["OutpostArn", "Ipv4IpamPoolId", "Ipv6IpamPoolId"] {
        refuse(scope.input, name)?;
    }
    let vpc = scope.input.required("VpcId")?;
    let native = scope.input.flag("Ipv6Native") == Some(true);
    let range = match native {
        true => no_ipv4(scope.input).map(|()| None)?,
        false => Some(subnet_ipv4(scope, vpc)?),
    };
    let ipv6 = range::subnet_ipv6(scope, vpc)?;
    let zone = zone_of(scope)?;
    let mut subnet = subnet_document(scope, vpc, range, zone, false);
    if native {
        subnet["ipv6Native"] = json!(true);
        subnet["assignIpv6AddressOnCreation"] = json!(true);
        subnet["privateDnsNameOptionsOnLaunch"]["hostnameType"] = json!("resource-name");
    }
    subnet["tagSet"] = specified(scope.input, SUBNET);
    if let Some(range) = ipv6 {
        let association = range::association("subnet", &range, scope.region);
        subnet["ipv6CidrBlockAssociationSet"] = json!([association]);
    }
    let id = subnet.text("subnetId").unwrap_or_default().to_owned();
    scope.documents.put(SUBNET.table, &id, subnet.clone());
    Ok(json!({"subnet": subnet}))
}

/// A subnet that has IPv6 addresses only has an IPv6 range, and no other.
fn no_ipv4(input: &Value) -> Result<(), Fault> {
    input.required("Ipv6CidrBlock")?;
    match input.text("CidrBlock") {
        None => Ok(()),
        Some(_) => {
            let message = "An IPv4 CIDR block cannot be specified for an IPv6-only subnet";
            Err(Fault::new("InvalidParameterCombination", message))
        }
    }
}

/// The IPv4 range of a subnet, which has to be in its VPC and free.
fn subnet_ipv4(scope: &Scope<'_>, vpc: &str) -> Result<Ipv4Net, Fault> {
    let whole = range::ranges(find(scope.documents, VPC, vpc)?);
    let range = range_of(scope.input, "InvalidSubnet.Range")?;
    if !whole.iter().any(|whole| whole.contains(&IpNet::from(range))) {
        return Err(Fault::new("InvalidSubnet.Range", format!("The CIDR '{range}' is invalid.")));
    }
    let overlaps =
        scope.documents.all(SUBNET.table).filter(|it| it.text("vpcId") == Some(vpc)).any(|it| {
            it.text("cidrBlock")
                .and_then(|it| it.parse::<Ipv4Net>().ok())
                .is_some_and(|it| it.contains(&range) || range.contains(&it))
        });
    if overlaps {
        let message = format!("The CIDR '{range}' conflicts with another subnet");
        return Err(Fault::new("InvalidSubnet.Conflict", message));
    }
    Ok(range)
}

/// The zone asked for by name or id, or the first.
fn zone_of(scope: &Scope<'_>) -> Result<(String, String), Fault> {
    let (name, id) = (scope.input.text("AvailabilityZone"), scope.input.text("AvailabilityZoneId"));
    let fits = |(zone, zone_id): &(String, String)| {
        name.is_none_or(|name| name == zone) && id.is_none_or(|id| id == zone_id)
    };
    zones(scope.region).into_iter().find(fits).ok_or_else(|| {
        let asked = name.or(id).unwrap_or_default();
        let message = format!("Value ({asked}) for parameter availabilityZone is invalid.");
        Fault::new("InvalidParameterValue", message)
    })
}

fn subnet_document(
    scope: &Scope<'_>,
    vpc: &str,
    range: Option<Ipv4Net>,
    (zone, zone_id): (String, String),
    default: bool,
) -> Value {
    let id = new_id(SUBNET);
    let free = range.map_or(0, |range| (1_u64 << (32 - range.prefix_len())) - 5);
    let names = json!({
        "hostnameType": "ip-name", "enableResourceNameDnsARecord": false,
        "enableResourceNameDnsAAAARecord": false,
    });
    let mut subnet = json!({
        "subnetId": id, "subnetArn": scope.arn("ec2", &format!("subnet/{id}")), "vpcId": vpc,
        "ownerId": ACCOUNT, "state": "available", "availabilityZone": zone,
        "availabilityZoneId": zone_id, "availableIpAddressCount": free, "defaultForAz": default,
        "mapPublicIpOnLaunch": default, "assignIpv6AddressOnCreation": false, "enableDns64": false,
        "ipv6Native": false, "ipv6CidrBlockAssociationSet": [],
        "mapCustomerOwnedIpOnLaunch": false, "privateDnsNameOptionsOnLaunch": names, "tagSet": [],
    });
    if let Some(range) = range {
        subnet["cidrBlock"] = json!(range.to_string());
    }
    subnet
}

/// `ModifySubnetAttribute`: one attribute a call.
pub fn modify_subnet_attribute(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let subnet = edit(scope.documents, SUBNET, input.required("SubnetId")?)?;
    let attributes = [
        ("MapPublicIpOnLaunch", "mapPublicIpOnLaunch"),
        ("EnableDns64", "enableDns64"),
        ("AssignIpv6AddressOnCreation", "assignIpv6AddressOnCreation"),
    ];
    let options = [
        ("EnableResourceNameDnsARecordOnLaunch", "enableResourceNameDnsARecord"),
        ("EnableResourceNameDnsAAAARecordOnLaunch", "enableResourceNameDnsAAAARecord"),
    ];
    let given = |name: &str| input.get(name).and_then(|it| it.flag("Value"));
    let names = input.text("PrivateDnsHostnameTypeOnLaunch");
    if subnet["ipv6Native"] == true && names == Some("ip-name") {
        let message = "Hosts in an IPv6-only subnet can only be named by resource";
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let mut changed = 0;
    for (name, field) in attributes {
        if let Some(value) = given(name) {
            subnet[field] = json!(value);
            changed += 1;
        }
    }
    for (name, field) in options {
        if let Some(value) = given(name) {
            subnet["privateDnsNameOptionsOnLaunch"][field] = json!(value);
            changed += 1;
        }
    }
    if let Some(value) = names {
        subnet["privateDnsNameOptionsOnLaunch"]["hostnameType"] = json!(value);
        changed += 1;
    }
    match changed {
        1 => Ok(json!({"return": true})),
        0 => {
            Err(Fault::new("MissingParameter", "No attribute the sandbox knows is to be modified"))
        }
        _ => {
            let message = "Exactly one attribute can be modified in a call";
            Err(Fault::new("InvalidParameterCombination", message))
        }
    }
}

/// `DeleteSubnet`: refused while something has an address in it.
pub fn delete_subnet(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("SubnetId")?;
    find(scope.documents, SUBNET, id)?;
    let gateways = scope.documents.all(NAT_GATEWAY.table);
    let used = gateways.filter(|it| it["subnetId"] == id).any(|it| it["state"] != "deleted");
    if used || crate::sandbox::users::of_subnet(scope.documents, id) {
        return Err(dependency("subnet", id));
    }
    route::forget_subnet(scope, id);
    scope.documents.remove(SUBNET.table, id);
    Ok(json!({"return": true}))
}

/// An address in a subnet's range that nothing else has, as good as any.
pub fn private_address(range: &str, taken: usize) -> String {
    let start = range.parse::<IpNet>().map(|range| range.network());
    let offset = 4 + u32::try_from(taken).unwrap_or_default();
    match start {
        Ok(IpAddr::V4(start)) => Ipv4Addr::from(u32::from(start) + offset).to_string(),
        _ => String::new(),
    }
}
