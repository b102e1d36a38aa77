//! Address ranges of VPCs and subnets beyond the first: more IPv4, and IPv6.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_json::{Value, json};

use super::describe::{edit, find};
use super::kinds::{Kind, SUBNET, VPC};
use super::network::{range_of, refuse};
use super::route;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, edit_list, hexadecimal};

/// The lists of ranges of VPCs and subnets, and the fields of the ranges in them.
const LISTS: [(&str, &str, &str); 2] = [
    ("cidrBlockAssociationSet", "cidrBlock", "cidrBlockState"),
    ("ipv6CidrBlockAssociationSet", "ipv6CidrBlock", "ipv6CidrBlockState"),
];

/// An association of a VPC or subnet with a range.
pub fn association(prefix: &str, range: &IpNet, region: &str) -> Value {
    let id = format!("{prefix}-cidr-assoc-0{}", hexadecimal(16));
    let state = json!({"state": "associated"});
    match range {
        IpNet::V4(range) => {
            json!({"associationId": id, "cidrBlock": range.to_string(), "cidrBlockState": state})
        }
        IpNet::V6(range) => {
            let mut association = json!({
                "associationId": id, "ipv6CidrBlock": range.to_string(),
                "ipv6CidrBlockState": state, "ipSource": "amazon",
                "ipv6AddressAttribute": "public",
            });
            if prefix == "vpc" {
                association["networkBorderGroup"] = json!(region);
                association["ipv6Pool"] = json!("Amazon");
            }
            association
        }
    }
}

/// The ranges of a VPC or subnet.
pub fn ranges(document: &Value) -> Vec<IpNet> {
    let of_list = |(list, field, _): (&'static str, &'static str, _)| {
        let texts = document.list(list).iter().filter_map(move |it| it.text(field));
        texts.filter_map(|text| text.parse().ok())
    };
    LISTS.into_iter().flat_map(of_list).collect()
}

/// A /56 as Amazon gives them out, from the block set aside for documentation.
pub fn amazon_ipv6() -> IpNet {
    let digits = hexadecimal(6);
    let text = format!("2001:db8:{}:{}00::/56", &digits[..4], &digits[4..]);
    text.parse::<Ipv6Net>().unwrap_or_default().trunc().into()
}

/// The IPv6 range of a subnet, which has to be in its VPC and free.
pub fn subnet_ipv6(scope: &Scope<'_>, vpc: &str) -> Result<Option<IpNet>, Fault> {
    let Some(text) = scope.input.text("Ipv6CidrBlock") else { return Ok(None) };
    let invalid = |code: &str| Fault::new(code, format!("The IPv6 CIDR '{text}' is invalid."));
    let range: Ipv6Net = text.parse().map_err(|_| invalid("InvalidParameterValue"))?;
    if !matches!(range.prefix_len(), 44 | 48 | 52 | 56 | 60 | 64) {
        return Err(invalid("InvalidParameterValue"));
    }
    let range = IpNet::from(range.trunc());
    if !ranges(find(scope.documents, VPC, vpc)?).iter().any(|it| it.contains(&range)) {
        return Err(invalid("InvalidSubnet.Range"));
    }
    let overlaps = |it: &Value| it["vpcId"] == vpc && overlap(it, &range);
    if scope.documents.all(SUBNET.table).any(overlaps) {
        let message = format!("The CIDR '{range}' conflicts with another subnet");
        return Err(Fault::new("InvalidSubnet.Conflict", message));
    }
    Ok(Some(range))
}

fn overlap(document: &Value, range: &IpNet) -> bool {
    ranges(document).iter().any(|it| it.contains(range) || range.contains(it))
}

/// `AssociateVpcCidrBlock`: another IPv4 range, or one of Amazon's IPv6 ranges.
pub fn associate_vpc(scope: &mut Scope<'_>) -> Answer {
    for name in ["Ipv4IpamPoolId", "Ipv6IpamPoolId", "Ipv6Pool", "Ipv6CidrBlock"] {
        refuse(scope.input, name)?;
    }
    let vpc = scope.input.required("VpcId")?;
    let existing = ranges(find(scope.documents, VPC, vpc)?);
    let ipv6 = scope.input.flag("AmazonProvidedIpv6CidrBlock") == Some(true);
    let range = match ipv6 {
        true => amazon_ipv6(),
        false => IpNet::from(range_of(scope.input, "InvalidVpc.Range")?),
    };
    if existing.iter().any(|it| it.contains(&range) || range.contains(it)) {
        let message = format!("The CIDR '{range}' conflicts with another range of the VPC");
        return Err(Fault::new("InvalidVpc.Range", message));
    }
    let made = association("vpc", &range, scope.region);
    let (list, answered) = match ipv6 {
        true => (LISTS[1].0, "ipv6CidrBlockAssociation"),
        false => (LISTS[0].0, "cidrBlockAssociation"),
    };
    let document = edit(scope.documents, VPC, vpc)?;
    edit_list(document, list, |items| items.push(made.clone()));
    route::add_local_routes(scope, vpc, &range.to_string());
    Ok(json!({"vpcId": vpc, answered: in_state(made, "associating")}))
}

/// An association as the call that changes it shows it.
fn in_state(mut association: Value, state: &str) -> Value {
    for (_, _, field) in LISTS {
        if association.get(field).is_some() {
            association[field] = json!({"state": state});
        }
    }
    association
}

/// `DisassociateVpcCidrBlock`: refused while subnets are in the range, and for the first one.
pub fn disassociate_vpc(scope: &mut Scope<'_>) -> Answer {
    let (vpc, gone) = take_away(scope, VPC)?;
    let text = gone.text("cidrBlock").or(gone.text("ipv6CidrBlock"));
    let whole: Option<IpNet> = text.and_then(|text| text.parse().ok());
    let within = |it: &IpNet| whole.is_some_and(|whole| whole.contains(it));
    let inside = |it: &Value| it["vpcId"] == *vpc && ranges_of_subnet(it).iter().any(within);
    if scope.documents.all(SUBNET.table).any(inside) {
        let message = "The VPC CIDR block has subnets in it and cannot be disassociated";
        return Err(Fault::new("InvalidCidrBlock.InUse", message));
    }
    if let Some(range) = whole {
        route::remove_local_routes(scope, &vpc, &range.to_string());
    }
    let answered = match gone.get("cidrBlock") {
        Some(_) => "cidrBlockAssociation",
        None => "ipv6CidrBlockAssociation",
    };
    Ok(json!({"vpcId": vpc, answered: in_state(gone, "disassociating")}))
}

/// A subnet's ranges; its IPv4 range is no association.
pub fn ranges_of_subnet(subnet: &Value) -> Vec<IpNet> {
    let mut found = ranges(subnet);
    found.extend(
        subnet.text("cidrBlock").and_then(|it| it.parse::<Ipv4Net>().ok()).map(IpNet::from),
    );
    found
}

/// Takes the association of a request away from the object that has it.
fn take_away(scope: &mut Scope<'_>, kind: &Kind) -> Result<(String, Value), Fault> {
    let id = scope.input.required("AssociationId")?;
    let missing = || {
        let message = format!("The association ID '{id}' does not exist");
        Fault::new("InvalidCidrBlockAssociationID.NotFound", message)
    };
    let has = |it: &Value, list: &str| it.list(list).iter().any(|it| it["associationId"] == id);
    let mut rows = scope.documents.rows(kind.table);
    let owner = rows.find(|(_, it)| LISTS.iter().any(|(list, ..)| has(it, list)));
    let owner = owner.map(|(owner, _)| owner.clone()).ok_or_else(missing)?;
    drop(rows);
    let document = edit(scope.documents, kind, &owner)?;
    let main = document["cidrBlock"].clone();
    let mut gone = None;
    for (list, ..) in LISTS {
        edit_list(document, list, |items| {
            if let Some(at) = items.iter().position(|it| it["associationId"] == id) {
                gone = Some(items.remove(at));
            }
        });
    }
    let gone = gone.ok_or_else(missing)?;
    if gone.get("cidrBlock") == Some(&main) {
        let message = "The primary CIDR block of a VPC cannot be disassociated";
        return Err(Fault::new("OperationNotPermitted", message));
    }
    Ok((owner, gone))
}

/// `AssociateSubnetCidrBlock`: an IPv6 range.
pub fn associate_subnet(scope: &mut Scope<'_>) -> Answer {
    refuse(scope.input, "Ipv6IpamPoolId")?;
    let subnet = scope.input.required("SubnetId")?;
    let vpc = find(scope.documents, SUBNET, subnet)?.text("vpcId").unwrap_or_default().to_owned();
    scope.input.required("Ipv6CidrBlock")?;
    let Some(range) = subnet_ipv6(scope, &vpc)? else { return Ok(json!({})) };
    let made = association("subnet", &range, scope.region);
    let document = edit(scope.documents, SUBNET, subnet)?;
    edit_list(document, LISTS[1].0, |items| items.push(made.clone()));
    let made = in_state(made, "associating");
    Ok(json!({"subnetId": subnet, "ipv6CidrBlockAssociation": made}))
}

/// `DisassociateSubnetCidrBlock`
pub fn disassociate_subnet(scope: &mut Scope<'_>) -> Answer {
    let (subnet, gone) = take_away(scope, SUBNET)?;
    let gone = in_state(gone, "disassociating");
    Ok(json!({"subnetId": subnet, "ipv6CidrBlockAssociation": gone}))
}
