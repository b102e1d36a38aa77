//! Internet gateways and elastic addresses.

use serde_json::{Value, json};

use super::describe::{edit, find};
use super::kinds::{ADDRESS, INTERNET_GATEWAY, NAT_GATEWAY, VPC};
use super::network::{dependency, new_id, refuse};
use super::tags::specified;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope, edit_list};

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

/// `DisassociateAddress`: only NAT gateways hold addresses here, and theirs cannot be taken away.
pub fn disassociate_address(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("AssociationId")?;
    let mut held = scope.documents.all(ADDRESS.table);
    if held.any(|it| it.text("associationId") == Some(id)) {
        let message = "You do not have permission to access the specified resource.";
        return Err(Fault::new("AuthFailure", message));
    }
    let message = format!("The association ID '{id}' does not exist");
    Err(Fault::new("InvalidAssociationID.NotFound", message))
}

/// `DescribeAddressesAttribute`: no address of the sandbox has a reverse name.
pub fn describe_addresses_attribute(scope: &mut Scope<'_>) -> Answer {
    for id in scope.input.texts("AllocationId") {
        find(scope.documents, ADDRESS, id)?;
    }
    Ok(json!({"addressSet": []}))
}
