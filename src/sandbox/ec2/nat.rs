//! NAT gateways and their addresses.

use serde_json::{Value, json};

use super::describe::{edit, find, not_found};
use super::kinds::{ADDRESS, NAT_GATEWAY, SUBNET};
use super::network::{new_id, private_address, refuse};
use super::tags::specified;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope, edit_list, hexadecimal, now};

/// `CreateNatGateway`: pending until it is next looked at.
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    for name in ["VpcId", "AvailabilityZoneAddress"] {
        refuse(input, name)?;
    }
    if input.text("AvailabilityMode").is_some_and(|mode| mode != "zonal") {
        return Err(Fault::new("Unsupported", "The sandbox has zonal NAT gateways only"));
    }
    let subnet = find(scope.documents, SUBNET, input.required("SubnetId")?)?.clone();
    let kind = input.text("ConnectivityType").unwrap_or("public");
    let id = new_id(NAT_GATEWAY);
    let interface = format!("eni-0{}", hexadecimal(16));
    let mut document = json!({
        "natGatewayId": id, "subnetId": subnet["subnetId"], "vpcId": subnet["vpcId"],
        "state": "pending", "createTime": now(), "connectivityType": kind,
        "availabilityMode": "zonal", "natGatewayAddressSet": [],
        "tagSet": specified(input, NAT_GATEWAY), "~interface": interface,
    });
    let elastic = match kind {
        "public" => Some(input.required("AllocationId")?),
        _ => None,
    };
    add_address(scope, &mut document, elastic, input.text("PrivateIpAddress"))?;
    let private = input.texts("SecondaryPrivateIpAddress");
    add_addresses(scope, &mut document, "SecondaryAllocationId", &private)?;
    add_count(scope, &mut document, "SecondaryPrivateIpAddressCount")?;
    scope.documents.put(NAT_GATEWAY.table, &id, document.clone());
    Ok(json!({"natGateway": document, "clientToken": input.text("ClientToken")}))
}

/// Gives a gateway an address: private, and public if an elastic address is named.
fn add_address(
    scope: &mut Scope<'_>,
    gateway: &mut Value,
    elastic: Option<&str>,
    private: Option<&str>,
) -> Result<(), Fault> {
    let private = match private {
        Some(private) => private.to_owned(),
        None => free_address(scope, gateway),
    };
    let mut address = json!({
        "networkInterfaceId": gateway["~interface"], "privateIp": private, "status": "succeeded",
        "isPrimary": gateway.list("natGatewayAddressSet").is_empty(),
    });
    if let Some(id) = elastic {
        take_address(scope, &mut address, id)?;
    }
    edit_list(gateway, "natGatewayAddressSet", |list| list.push(address));
    Ok(())
}

/// A private address in the gateway's subnet that no gateway has.
fn free_address(scope: &Scope<'_>, gateway: &Value) -> String {
    let subnet = scope.documents.get(SUBNET.table, gateway.text("subnetId").unwrap_or_default());
    let range = subnet.and_then(|it| it.text("cidrBlock")).unwrap_or_default();
    let gateways = scope.documents.all(NAT_GATEWAY.table).chain([gateway]);
    let taken: Vec<_> = gateways
        .flat_map(|it| it.list("natGatewayAddressSet"))
        .filter_map(|it| it.text("privateIp"))
        .collect();
    let candidates = (0..).map(|n| private_address(range, n));
    candidates.into_iter().find(|it| !taken.contains(&it.as_str())).unwrap_or_default()
}

/// Adds an address for each elastic address of a parameter, or each private one.
fn add_addresses(
    scope: &mut Scope<'_>,
    gateway: &mut Value,
    elastic: &str,
    private: &[&str],
) -> Result<(), Fault> {
    let elastic = scope.input.texts(elastic);
    for index in 0..elastic.len().max(private.len()) {
        let (elastic, private) = (elastic.get(index).copied(), private.get(index).copied());
        add_address(scope, gateway, elastic, private)?;
    }
    Ok(())
}

fn add_count(scope: &mut Scope<'_>, gateway: &mut Value, parameter: &str) -> Result<(), Fault> {
    let count = scope.input.number(parameter).unwrap_or_default();
    (0..count).try_for_each(|_| add_address(scope, gateway, None, None))
}

/// Ties an elastic address to the address of a gateway.
fn take_address(scope: &mut Scope<'_>, address: &mut Value, id: &str) -> Result<(), Fault> {
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

/// Changes the addresses of the gateway a request names.
fn change(
    scope: &mut Scope<'_>,
    change: impl FnOnce(&mut Scope<'_>, &mut Value) -> Result<(), Fault>,
) -> Answer {
    let id = scope.input.required("NatGatewayId")?;
    let mut gateway = find(scope.documents, NAT_GATEWAY, id)?.clone();
    change(scope, &mut gateway)?;
    let addresses = gateway["natGatewayAddressSet"].clone();
    scope.documents.put(NAT_GATEWAY.table, id, gateway);
    Ok(json!({"natGatewayId": id, "natGatewayAddressSet": addresses}))
}

/// `AssociateNatGatewayAddress`
pub fn associate(scope: &mut Scope<'_>) -> Answer {
    let private = scope.input.texts("PrivateIpAddress");
    change(scope, |scope, gateway| add_addresses(scope, gateway, "AllocationId", &private))
}

/// `AssignPrivateNatGatewayAddress`
pub fn assign(scope: &mut Scope<'_>) -> Answer {
    let private = scope.input.texts("PrivateIpAddress");
    change(scope, |scope, gateway| {
        add_addresses(scope, gateway, "", &private)?;
        add_count(scope, gateway, "PrivateIpAddressCount")
    })
}

/// Takes the addresses away whose field is in a parameter's list; the first one stays.
fn take_away(scope: &mut Scope<'_>, parameter: &str, field: &str) -> Answer {
    let named = scope.input.texts(parameter);
    change(scope, |scope, gateway| {
        let is_named = |it: &Value| it.text(field).is_some_and(|text| named.contains(&text));
        let (gone, kept): (Vec<_>, Vec<_>) =
            gateway.list("natGatewayAddressSet").iter().cloned().partition(is_named);
        if gone.iter().any(|it| it.flag("isPrimary") == Some(true)) {
            let message = "The primary address of a NAT gateway cannot be taken away";
            return Err(Fault::new("InvalidParameterValue", message));
        }
        gone.iter().for_each(|address| give_back(scope, address));
        gateway["natGatewayAddressSet"] = Value::Array(kept);
        Ok(())
    })
}

/// `DisassociateNatGatewayAddress`
pub fn disassociate(scope: &mut Scope<'_>) -> Answer {
    take_away(scope, "AssociationId", "associationId")
}

/// `UnassignPrivateNatGatewayAddress`
pub fn unassign(scope: &mut Scope<'_>) -> Answer {
    take_away(scope, "PrivateIpAddress", "privateIp")
}

/// `DeleteNatGateway`: deleting until it is next looked at.
pub fn delete(scope: &mut Scope<'_>) -> Answer {
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
    for address in gateway.list("natGatewayAddressSet") {
        give_back(scope, address);
    }
}

/// Frees the elastic address of an address of a gateway.
fn give_back(scope: &mut Scope<'_>, address: &Value) {
    if let Some(id) = address.text("allocationId")
        && let Some(Value::Object(address)) = scope.documents.edit(ADDRESS.table, id)
    {
        for field in
            ["associationId", "networkInterfaceId", "networkInterfaceOwnerId", "privateIpAddress"]
        {
            address.remove(field);
        }
    }
}
