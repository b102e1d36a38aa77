//! Internet gateways, elastic addresses and NAT gateways.

use serde_json::{Value, json};

use super::describe::{edit, find, not_found};
use super::kinds::{ADDRESS, INTERNET_GATEWAY, NAT_GATEWAY, SUBNET, VPC};
use super::network::{dependency, new_id, private_address, refuse};
use super::tags::specified;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope, edit_list, hexadecimal, now};

/// `CreateInternetGateway`
pub fn create_internet_gateway(scope: &mut Scope<'_>) -> Answer {
    let id = new_id(INTERNET_GATEWAY);
    let tags = specified(scope.input, INTERNET_GATEWAY);
    let document = json!({
        "internetGatewayId": id, "attachmentSet": [], "ownerId": ACCOUNT, "tagSet": tags,
    });
    scope.documents.put(INTERNET_GATEWAY.table, &id, document.clone());
    Ok(json!({"internetGateway": document}))
}

/// `DeleteInternetGateway`: refused while attached.
pub fn delete_internet_gateway(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("InternetGatewayId")?;
    if !find(scope.documents, INTERNET_GATEWAY, id)?.list("attachmentSet").is_empty() {
        return Err(dependency("internetGateway", id));
    }
    scope.documents.remove(INTERNET_GATEWAY.table, id);
    Ok(json!({"return": true}))
}

/// `AttachInternetGateway`: a gateway has one VPC, a VPC one gateway.
pub fn attach(scope: &mut Scope<'_>) -> Answer {
    let (id, vpc) = (scope.input.required("InternetGatewayId")?, scope.input.required("VpcId")?);
    find(scope.documents, VPC, vpc)?;
    let has_gateway = scope.documents.all(INTERNET_GATEWAY.table).any(|it| is_attached(it, vpc));
    let gateway = edit(scope.documents, INTERNET_GATEWAY, id)?;
    if !gateway.list("attachmentSet").is_empty() {
        let message = format!("resource {id} is already attached to network {vpc}");
        return Err(Fault::new("Resource.AlreadyAssociated", message));
    }
    if has_gateway {
        let message = format!("Network {vpc} already has an internet gateway attached");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    gateway["attachmentSet"] = json!([{"vpcId": vpc, "state": "available"}]);
    Ok(json!({"return": true}))
}

fn is_attached(gateway: &Value, vpc: &str) -> bool {
    gateway.list("attachmentSet").iter().any(|it| it["vpcId"] == vpc)
}

/// `DetachInternetGateway`: refused while public addresses of the VPC need it.
pub fn detach(scope: &mut Scope<'_>) -> Answer {
    let (id, vpc) = (scope.input.required("InternetGatewayId")?, scope.input.required("VpcId")?);
    if !is_attached(find(scope.documents, INTERNET_GATEWAY, id)?, vpc) {
        let message = format!("resource {id} is not attached to network {vpc}");
        return Err(Fault::new("Gateway.NotAttached", message));
    }
    let public = |it: &&Value| it["vpcId"] == vpc && it["connectivityType"] == "public";
    let gateways = scope.documents.all(NAT_GATEWAY.table);
    let mapped = gateways.filter(public).any(|it| it["state"] != "deleted");
    if mapped || crate::sandbox::users::public_in_vpc(scope.documents, vpc) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public \
             address(es) before detaching the gateway."
        );
        return Err(Fault::new("DependencyViolation", message));
    }
    let gateway = edit(scope.documents, INTERNET_GATEWAY, id)?;
    edit_list(gateway, "attachmentSet", |list| list.retain(|it| it["vpcId"] != vpc));
    Ok(json!({"return": true}))
}

/// `AllocateAddress`
pub fn allocate_address(scope: &mut Scope<'_>) -> Answer {
    for name in ["CustomerOwnedIpv4Pool", "IpamPoolId", "Address"] {
        refuse(scope.input, name)?;
    }
    let id = new_id(ADDRESS);
    let border = scope.input.text("NetworkBorderGroup").unwrap_or(scope.region);
    let document = json!({
        "allocationId": id, "publicIp": public_address(scope), "domain": "vpc",
        "publicIpv4Pool": scope.input.text("PublicIpv4Pool").unwrap_or("amazon"),
        "networkBorderGroup": border, "tagSet": specified(scope.input, ADDRESS),
    });
    scope.documents.put(ADDRESS.table, &id, document.clone());
    Ok(document)
}

/// An address of the range set aside for benchmarks that no other allocation has.
fn public_address(scope: &Scope<'_>) -> String {
    let taken: Vec<_> =
        scope.documents.all(ADDRESS.table).filter_map(|it| it.text("publicIp")).collect();
    let candidates = (1..=u16::MAX).map(|n| format!("198.18.{}.{}", n >> 8, n & 255));
    candidates.into_iter().find(|it| !taken.contains(&it.as_str())).unwrap_or_default()
}

/// `ReleaseAddress`: refused while in use.
pub fn release_address(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("AllocationId")?;
    if let Some(association) = find(scope.documents, ADDRESS, id)?.text("associationId") {
        let message = format!("Address {id} is in use by {association}.");
        return Err(Fault::new("InvalidIPAddress.InUse", message));
    }
    scope.documents.remove(ADDRESS.table, id);
    Ok(json!({"return": true}))
}

/// `DescribeAddressesAttribute`: no address of the sandbox has a reverse name.
pub fn describe_addresses_attribute(scope: &mut Scope<'_>) -> Answer {
    for id in scope.input.texts("AllocationId") {
        find(scope.documents, ADDRESS, id)?;
    }
    Ok(json!({"addressSet": []}))
}

/// `CreateNatGateway`: pending until it is next looked at.
pub fn create_nat_gateway(scope: &mut Scope<'_>) -> Answer {
    for name in ["SecondaryAllocationId", "SecondaryPrivateIpAddress", "VpcId"] {
        refuse(scope.input, name)?;
    }
    let subnet = find(scope.documents, SUBNET, scope.input.required("SubnetId")?)?.clone();
    let kind = scope.input.text("ConnectivityType").unwrap_or("public");
    let id = new_id(NAT_GATEWAY);
    let taken = scope.documents.all(NAT_GATEWAY.table).count();
    let range = subnet.text("cidrBlock").unwrap_or_default();
    let asked = scope.input.text("PrivateIpAddress").map(str::to_owned);
    let mut address = json!({
        "networkInterfaceId": format!("eni-0{}", hexadecimal(16)), "isPrimary": true,
        "privateIp": asked.unwrap_or_else(|| private_address(range, taken)), "status": "succeeded",
    });
    if kind == "public" {
        take_address(scope, &mut address)?;
    }
    let document = json!({
        "natGatewayId": id, "subnetId": subnet["subnetId"], "vpcId": subnet["vpcId"],
        "state": "pending", "createTime": now(), "connectivityType": kind,
        "natGatewayAddressSet": [address], "tagSet": specified(scope.input, NAT_GATEWAY),
    });
    scope.documents.put(NAT_GATEWAY.table, &id, document.clone());
    Ok(json!({"natGateway": document, "clientToken": scope.input.text("ClientToken")}))
}

/// Ties the elastic address of the request to the address of a gateway.
fn take_address(scope: &mut Scope<'_>, address: &mut Value) -> Result<(), Fault> {
    let id = scope.input.required("AllocationId")?;
    let elastic = edit(scope.documents, ADDRESS, id)?;
    if elastic.text("associationId").is_some() {
        let message = format!("Elastic IP address [{id}] is already associated");
        return Err(Fault::new("Resource.AlreadyAssociated", message));
    }
    let association = format!("eipassoc-0{}", hexadecimal(16));
    elastic["associationId"] = json!(association);
    elastic["networkInterfaceId"] = address["networkInterfaceId"].clone();
    elastic["networkInterfaceOwnerId"] = json!(ACCOUNT);
    elastic["privateIpAddress"] = address["privateIp"].clone();
    address["allocationId"] = json!(id);
    address["publicIp"] = elastic["publicIp"].clone();
    address["associationId"] = json!(association);
    Ok(())
}

/// `DeleteNatGateway`: deleting until it is next looked at.
pub fn delete_nat_gateway(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("NatGatewayId")?;
    let gateway = edit(scope.documents, NAT_GATEWAY, id)?;
    if gateway["state"] == "deleted" {
        return Err(not_found(NAT_GATEWAY, id));
    }
    gateway["state"] = json!("deleting");
    gateway["deleteTime"] = json!(now());
    Ok(json!({"natGatewayId": id}))
}

/// Moves gateways that were pending or deleting at the last look to where they are going.
///
/// AWS takes a minute or two; here each look is a step, so that waiting costs no time but is done.
pub fn settle(scope: &mut Scope<'_>) {
    let moving = |it: &&Value| it["state"] == "pending" || it["state"] == "deleting";
    let moving: Vec<Value> =
        scope.documents.all(NAT_GATEWAY.table).filter(moving).cloned().collect();
    for gateway in moving {
        let id = gateway.text("natGatewayId").unwrap_or_default();
        let looked = gateway.flag(LOOKED).unwrap_or_default();
        let deleting = gateway["state"] == "deleting";
        if let Some(gateway) = scope.documents.edit(NAT_GATEWAY.table, id) {
            match (looked, deleting) {
                (false, _) => gateway[LOOKED] = json!(true),
                (true, false) => gateway["state"] = json!("available"),
                (true, true) => gateway["state"] = json!("deleted"),
            }
            if looked {
                gateway[LOOKED] = json!(false);
            }
        }
        if looked && deleting {
            give_addresses_back(scope, &gateway);
        }
    }
}

/// Whether a moving gateway was looked at already; not shown by any call.
const LOOKED: &str = "~looked";

fn give_addresses_back(scope: &mut Scope<'_>, gateway: &Value) {
    let ids = gateway.list("natGatewayAddressSet").iter().filter_map(|it| it.text("allocationId"));
    for id in ids {
        if let Some(Value::Object(address)) = scope.documents.edit(ADDRESS.table, id) {
            for field in [
                "associationId",
                "networkInterfaceId",
                "networkInterfaceOwnerId",
                "privateIpAddress",
            ] {
                address.remove(field);
            }
        }
    }
}
