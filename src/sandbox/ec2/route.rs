//! Route tables, their routes and associations.

use serde_json::{Value, json};

use super::describe::{edit, find};
use super::kinds::{INTERNET_GATEWAY, NAT_GATEWAY, ROUTE_TABLE, SUBNET, VPC};
use super::network::{dependency, new_id};
use super::range;
use super::tags::specified;
use crate::sandbox::documents::Documents;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope, edit_list, hexadecimal};

/// Whether a table is the main one of its VPC.
pub fn is_main(table: &Value) -> bool {
    table.list("associationSet").iter().any(|it| it.flag("main") == Some(true))
}

/// Adds the main table of a new VPC.
pub fn add_main_table(scope: &mut Scope<'_>, vpc: &str) {
    let id = new_id(ROUTE_TABLE);
    let mut table = table_document(scope, &id, vpc);
    table["associationSet"] = json!([association(&id, json!({"main": true}))]);
    scope.documents.put(ROUTE_TABLE.table, &id, table);
}

/// Adds the way to the internet that the default VPC has.
pub fn add_default_route(scope: &mut Scope<'_>, vpc: &str, gateway: &str) {
    let main = scope.documents.all(ROUTE_TABLE.table).find(|it| it["vpcId"] == vpc);
    let Some(id) = main.and_then(|it| it.text("routeTableId")).map(str::to_owned) else { return };
    let route = json!({
        "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway, "origin": "CreateRoute",
        "state": "active",
    });
    if let Some(table) = scope.documents.edit(ROUTE_TABLE.table, &id) {
        edit_list(table, "routeSet", |routes| routes.push(route));
    }
}

fn table_document(scope: &Scope<'_>, id: &str, vpc: &str) -> Value {
    let ranges = scope.documents.get(VPC.table, vpc).map(range::ranges).unwrap_or_default();
    let local: Vec<_> = ranges.iter().map(|range| local_route(&range.to_string())).collect();
    json!({
        "routeTableId": id, "vpcId": vpc, "ownerId": ACCOUNT, "routeSet": local,
        "associationSet": [], "propagatingVgwSet": [], "tagSet": [],
    })
}

/// The field that shows a range as the destination of a route.
fn destination_field(range: &str) -> &'static str {
    if range.contains(':') { "destinationIpv6CidrBlock" } else { "destinationCidrBlock" }
}

fn local_route(range: &str) -> Value {
    let field = destination_field(range);
    json!({field: range, "gatewayId": "local", "origin": "CreateRouteTable", "state": "active"})
}

/// Gives all tables of a VPC a local route to a new range of it.
pub fn add_local_routes(scope: &mut Scope<'_>, vpc: &str, range: &str) {
    let route = local_route(range);
    for_tables(scope, vpc, |routes| routes.push(route.clone()));
}

/// Takes the local route to a range from all tables of a VPC.
pub fn remove_local_routes(scope: &mut Scope<'_>, vpc: &str, range: &str) {
    let field = destination_field(range);
    for_tables(scope, vpc, |routes| routes.retain(|it| it[field] != range));
}

fn for_tables(scope: &mut Scope<'_>, vpc: &str, mut change: impl FnMut(&mut Vec<Value>)) {
    let rows = scope.documents.rows(ROUTE_TABLE.table).filter(|(_, it)| it["vpcId"] == vpc);
    let ids: Vec<_> = rows.map(|(id, _)| id.clone()).collect();
    for id in ids {
        if let Some(table) = scope.documents.edit(ROUTE_TABLE.table, &id) {
            edit_list(table, "routeSet", &mut change);
        }
    }
}

fn association(table: &str, end: Value) -> Value {
    let mut association = json!({
        "routeTableAssociationId": format!("rtbassoc-0{}", hexadecimal(16)),
        "routeTableId": table, "main": false, "associationState": {"state": "associated"},
    });
    for (name, value) in end.as_object().into_iter().flatten() {
        association[name] = value.clone();
    }
    association
}

/// `CreateRouteTable`
pub fn create_table(scope: &mut Scope<'_>) -> Answer {
    let vpc = scope.input.required("VpcId")?;
    find(scope.documents, VPC, vpc)?;
    let id = new_id(ROUTE_TABLE);
    let mut table = table_document(scope, &id, vpc);
    table["tagSet"] = specified(scope.input, ROUTE_TABLE);
    scope.documents.put(ROUTE_TABLE.table, &id, table.clone());
    Ok(json!({"routeTable": table, "clientToken": scope.input.text("ClientToken")}))
}

/// `DeleteRouteTable`: refused while associated.
pub fn delete_table(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("RouteTableId")?;
    if !find(scope.documents, ROUTE_TABLE, id)?.list("associationSet").is_empty() {
        return Err(dependency("routeTable", id));
    }
    scope.documents.remove(ROUTE_TABLE.table, id);
    Ok(json!({"return": true}))
}

/// The parameters that say where a route leads to, and the fields that show it.
const DESTINATIONS: &[(&str, &str)] = &[
    ("DestinationCidrBlock", "destinationCidrBlock"),
    ("DestinationIpv6CidrBlock", "destinationIpv6CidrBlock"),
    ("DestinationPrefixListId", "destinationPrefixListId"),
];

/// The parameters that say by which way, and the fields that show it.
const TARGETS: &[(&str, &str)] = &[
    ("GatewayId", "gatewayId"),
    ("NatGatewayId", "natGatewayId"),
    ("NetworkInterfaceId", "networkInterfaceId"),
    ("InstanceId", "instanceId"),
    ("TransitGatewayId", "transitGatewayId"),
    ("VpcPeeringConnectionId", "vpcPeeringConnectionId"),
    ("EgressOnlyInternetGatewayId", "egressOnlyInternetGatewayId"),
    ("LocalGatewayId", "localGatewayId"),
    ("CarrierGatewayId", "carrierGatewayId"),
    ("CoreNetworkArn", "coreNetworkArn"),
];

/// The one of several parameters that is given.
fn one_of<'a>(
    input: &'a Value,
    names: &[(&str, &'static str)],
    what: &str,
) -> Result<(&'static str, &'a str), Fault> {
    let mut given = names.iter().filter_map(|(name, field)| Some((*field, input.text(name)?)));
    match (given.next(), given.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Fault::new("MissingParameter", format!("The request needs a {what}"))),
        _ => Err(Fault::new("InvalidParameterCombination", format!("More than one {what}"))),
    }
}

/// The range of a destination as AWS keeps it, with its host bits cleared.
fn destination(input: &Value) -> Result<(&'static str, String), Fault> {
    let (field, text) = one_of(input, DESTINATIONS, "destination")?;
    if field == "destinationPrefixListId" {
        return Ok((field, text.to_owned()));
    }
    let range = text.parse::<ipnet::IpNet>().map_err(|_| {
        let message = format!("Value ({text}) for parameter {field} is invalid.");
        Fault::new("InvalidParameterValue", message)
    })?;
    Ok((field, range.trunc().to_string()))
}

/// Where the route of a request goes, if that exists.
fn target<'a>(scope: &Scope<'a>) -> Result<(&'static str, &'a str), Fault> {
    let (field, id) = one_of(scope.input, TARGETS, "target")?;
    match field {
        "gatewayId" if id.starts_with("igw-") => {
            find(scope.documents, INTERNET_GATEWAY, id)?;
        }
        "natGatewayId" => {
            let gateway = scope.documents.get(NAT_GATEWAY.table, id);
            if !gateway.is_some_and(|it| it["state"] == "pending" || it["state"] == "available") {
                let message = format!("The natGateway ID '{id}' does not exist");
                return Err(Fault::new("InvalidNatGatewayID.NotFound", message));
            }
        }
        _ => {}
    }
    Ok((field, id))
}

/// `CreateRoute`
pub fn create(scope: &mut Scope<'_>) -> Answer {
    let (field, range) = destination(scope.input)?;
    let (way, id) = target(scope)?;
    let table = edit(scope.documents, ROUTE_TABLE, scope.input.required("RouteTableId")?)?;
    let existing = table.list("routeSet").iter().find(|it| it[field] == range);
    if existing.is_some_and(|it| it[way] == id) {
        return Ok(json!({"return": true}));
    }
    if existing.is_some() {
        let message = format!("The route identified by {range} already exists.");
        return Err(Fault::new("RouteAlreadyExists", message));
    }
    let route = json!({field: range, way: id, "origin": "CreateRoute", "state": "active"});
    edit_list(table, "routeSet", |routes| routes.push(route));
    Ok(json!({"return": true}))
}

fn no_route(range: &str, table: &str) -> Fault {
    let message = format!("no route with destination-cidr-block {range} in route table {table}");
    Fault::new("InvalidRoute.NotFound", message)
}

/// `ReplaceRoute`
pub fn replace(scope: &mut Scope<'_>) -> Answer {
    let (field, range) = destination(scope.input)?;
    let (way, id) = target(scope)?;
    let table_id = scope.input.required("RouteTableId")?;
    let table = edit(scope.documents, ROUTE_TABLE, table_id)?;
    let route = json!({field: range, way: id, "origin": "CreateRoute", "state": "active"});
    edit_list(table, "routeSet", |routes| {
        let old = routes.iter_mut().find(|it| it[field] == range);
        *old.ok_or_else(|| no_route(&range, table_id))? = route;
        Ok(json!({"return": true}))
    })
}

/// `DeleteRoute`
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    let (field, range) = destination(scope.input)?;
    let table_id = scope.input.required("RouteTableId")?;
    let table = edit(scope.documents, ROUTE_TABLE, table_id)?;
    edit_list(table, "routeSet", |routes| {
        let at = routes.iter().position(|it| it[field] == range);
        let at = at.ok_or_else(|| no_route(&range, table_id))?;
        if routes[at]["gatewayId"] == "local" {
            let message = format!("cannot remove local route {range} in route table {table_id}");
            return Err(Fault::new("InvalidParameterValue", message));
        }
        routes.remove(at);
        Ok(json!({"return": true}))
    })
}

/// The table and the association of an id.
fn find_association(documents: &Documents, id: &str) -> Result<(String, Value), Fault> {
    let tables = documents.all(ROUTE_TABLE.table);
    let mut associations = tables.flat_map(|it| it.list("associationSet"));
    let found = associations.find(|it| it["routeTableAssociationId"] == id);
    let table = found.and_then(|it| Some((it.text("routeTableId")?.to_owned(), it.clone())));
    table.ok_or_else(|| {
        let message = format!("The association ID '{id}' does not exist");
        Fault::new("InvalidAssociationID.NotFound", message)
    })
}

/// `AssociateRouteTable`: a subnet has one association.
pub fn associate(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("RouteTableId")?;
    let ends = [("SubnetId", "subnetId"), ("GatewayId", "gatewayId")];
    let (field, end) = one_of(scope.input, &ends, "subnet or gateway")?;
    if field == "subnetId" {
        find(scope.documents, SUBNET, end)?;
    }
    let old = end_of(scope.documents, field, end);
    if let Some(old) = old {
        if old["routeTableId"] == id {
            return Ok(associated(&old));
        }
        let old = old.text("routeTableAssociationId").unwrap_or_default();
        let message = format!("the specified association for route table {id} conflicts: {old}");
        return Err(Fault::new("Resource.AlreadyAssociated", message));
    }
    let made = association(id, json!({field: end}));
    let table = edit(scope.documents, ROUTE_TABLE, id)?;
    edit_list(table, "associationSet", |list| list.push(made.clone()));
    Ok(associated(&made))
}

/// The association of a subnet or gateway, if it has one.
fn end_of(documents: &Documents, field: &str, end: &str) -> Option<Value> {
    let tables = documents.all(ROUTE_TABLE.table);
    let mut associations = tables.flat_map(|it| it.list("associationSet"));
    associations.find(|it| it[field] == end).cloned()
}

fn associated(association: &Value) -> Value {
    json!({
        "associationId": association["routeTableAssociationId"],
        "associationState": {"state": "associated"},
    })
}

/// `DisassociateRouteTable`
pub fn disassociate(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("AssociationId")?;
    let (table, association) = find_association(scope.documents, id)?;
    if association.flag("main") == Some(true) {
        let message = format!("cannot disassociate the main route table association {id}");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    take_away(scope, &table, id)?;
    Ok(json!({"return": true}))
}

fn take_away(scope: &mut Scope<'_>, table: &str, association: &str) -> Result<(), Fault> {
    let table = edit(scope.documents, ROUTE_TABLE, table)?;
    edit_list(table, "associationSet", |list| {
        list.retain(|it| it["routeTableAssociationId"] != association);
    });
    Ok(())
}

/// `ReplaceRouteTableAssociation`: moves a subnet, or the main role, to another table.
pub fn replace_association(scope: &mut Scope<'_>) -> Answer {
    let (id, to) = (scope.input.required("AssociationId")?, scope.input.required("RouteTableId")?);
    let (from, mut association) = find_association(scope.documents, id)?;
    find(scope.documents, ROUTE_TABLE, to)?;
    take_away(scope, &from, id)?;
    let fresh = format!("rtbassoc-0{}", hexadecimal(16));
    association["routeTableAssociationId"] = json!(fresh);
    association["routeTableId"] = json!(to);
    let table = edit(scope.documents, ROUTE_TABLE, to)?;
    edit_list(table, "associationSet", |list| list.push(association));
    Ok(json!({"newAssociationId": fresh, "associationState": {"state": "associated"}}))
}

/// Takes the association of a deleted subnet away.
pub fn forget_subnet(scope: &mut Scope<'_>, subnet: &str) {
    let rows = scope.documents.rows(ROUTE_TABLE.table);
    let uses = |it: &Value| it.list("associationSet").iter().any(|it| it["subnetId"] == subnet);
    let tables: Vec<_> = rows.filter(|(_, it)| uses(it)).map(|(id, _)| id.clone()).collect();
    for id in tables {
        if let Some(table) = scope.documents.edit(ROUTE_TABLE.table, &id) {
            edit_list(table, "associationSet", |list| list.retain(|it| it["subnetId"] != subnet));
        }
    }
}
