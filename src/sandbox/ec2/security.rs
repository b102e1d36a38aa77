//! Security groups.

use serde_json::{Value, json};

use super::describe::{find, not_found, select};
use super::kinds::{RULE, SECURITY_GROUP, VPC};
use super::network::{dependency, new_id};
use super::rule;
use super::tags::specified;
use crate::sandbox::documents::Documents;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope};

/// Adds a group with the rule that lets everything out, and returns its id.
pub fn add_group(
    scope: &mut Scope<'_>,
    vpc: &str,
    name: &str,
    description: &str,
    tags: Value,
) -> String {
    let id = new_id(SECURITY_GROUP);
    let document = json!({
        "groupId": id, "groupName": name, "groupDescription": description, "vpcId": vpc,
        "ownerId": ACCOUNT, "tagSet": tags,
        "securityGroupArn": scope.arn("ec2", &format!("security-group/{id}")),
    });
    scope.documents.put(SECURITY_GROUP.table, &id, document);
    let everything =
        json!({"ipProtocol": "-1", "fromPort": -1, "toPort": -1, "cidrIpv4": "0.0.0.0/0"});
    rule::add(scope, &id, true, everything, json!([]));
    if name == "default" {
        let own = json!({
            "ipProtocol": "-1", "fromPort": -1, "toPort": -1,
            "referencedGroupInfo": {"groupId": id, "userId": ACCOUNT},
        });
        rule::add(scope, &id, false, own, json!([]));
    }
    id
}

/// `CreateSecurityGroup`: names are unique in a VPC.
pub fn create_group(scope: &mut Scope<'_>) -> Answer {
    let name = scope.input.required("GroupName")?;
    let description = scope.input.required("GroupDescription")?;
    let vpc = match scope.input.text("VpcId") {
        Some(vpc) => vpc.to_owned(),
        None => default_vpc(scope.documents)?,
    };
    find(scope.documents, VPC, &vpc)?;
    let same = |it: &Value| it["vpcId"] == *vpc && it["groupName"] == name;
    if scope.documents.all(SECURITY_GROUP.table).any(same) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(Fault::new("InvalidGroup.Duplicate", message));
    }
    if name.starts_with("sg-") {
        let message = format!("Invalid value '{name}' for groupName. It must not start with 'sg-'");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let tags = specified(scope.input, SECURITY_GROUP);
    let id = add_group(scope, &vpc, name, description, tags.clone());
    let arn = scope.arn("ec2", &format!("security-group/{id}"));
    Ok(json!({"return": true, "groupId": id, "tagSet": tags, "securityGroupArn": arn}))
}

fn default_vpc(documents: &Documents) -> Result<String, Fault> {
    let vpc = documents.all(VPC.table).find(|it| it.flag("isDefault") == Some(true));
    let id = vpc.and_then(|it| it.text("vpcId")).map(str::to_owned);
    id.ok_or_else(|| Fault::new("VPCIdNotSpecified", "No default VPC for this user"))
}

/// `DeleteSecurityGroup`: refused while another group's rules or a user name it.
pub fn delete_group(scope: &mut Scope<'_>) -> Answer {
    let id = scope.input.required("GroupId")?;
    let group = scope.documents.get(SECURITY_GROUP.table, id);
    let group = group.ok_or_else(|| not_found(SECURITY_GROUP, id))?;
    if group["groupName"] == "default" {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted");
        return Err(Fault::new("CannotDelete", message));
    }
    let names = |it: &Value| it["groupId"] != id && it["referencedGroupInfo"]["groupId"] == id;
    let named = scope.documents.all(RULE.table).any(names);
    if named || crate::sandbox::users::of_security_group(scope.documents, id) {
        let message = format!("resource {id} has a dependent object");
        return Err(Fault { message, ..dependency("", id) });
    }
    remove_rules(scope, id);
    scope.documents.remove(SECURITY_GROUP.table, id);
    Ok(json!({"return": true, "groupId": id}))
}

/// Takes all rules of a group away.
pub fn remove_rules(scope: &mut Scope<'_>, group: &str) {
    let rows = scope.documents.rows(RULE.table);
    let rules: Vec<_> =
        rows.filter(|(_, it)| it["groupId"] == group).map(|(id, _)| id.clone()).collect();
    for id in rules {
        scope.documents.remove(RULE.table, &id);
    }
}

/// `DescribeSecurityGroups`: rules with the same protocol and ports are shown as one permission.
pub fn describe_groups(scope: &mut Scope<'_>) -> Answer {
    let names = scope.input.texts("GroupName");
    let groups = scope.documents.all(SECURITY_GROUP.table).filter(|it| {
        names.is_empty() || it.text("groupName").is_some_and(|name| names.contains(&name))
    });
    let groups = groups.map(|group| {
        let mut group = group.clone();
        group["ipPermissions"] = permissions(scope.documents, &group, false);
        group["ipPermissionsEgress"] = permissions(scope.documents, &group, true);
        group
    });
    let groups = groups.collect();
    select(scope.input, SECURITY_GROUP, groups)
}

fn permissions(documents: &Documents, group: &Value, egress: bool) -> Value {
    let mut permissions: Vec<Value> = Vec::new();
    let of_group =
        |it: &&Value| it["groupId"] == group["groupId"] && it.flag("isEgress") == Some(egress);
    for rule in documents.all(RULE.table).filter(of_group) {
        let same = |it: &&mut Value| {
            let ports = ["~from", "~to"].map(|name| it[name].clone());
            it["ipProtocol"] == rule["ipProtocol"]
                && ports == [rule["fromPort"].clone(), rule["toPort"].clone()]
        };
        match permissions.iter_mut().find(same) {
            Some(permission) => rule::add_to_permission(permission, rule),
            None => {
                let mut permission = json!({
                    "ipProtocol": rule["ipProtocol"], "groups": [], "ipRanges": [],
                    "ipv6Ranges": [], "prefixListIds": [],
                    "~from": rule["fromPort"], "~to": rule["toPort"],
                });
                if rule["ipProtocol"] != "-1" {
                    permission["fromPort"] = rule["fromPort"].clone();
                    permission["toPort"] = rule["toPort"].clone();
                }
                rule::add_to_permission(&mut permission, rule);
                permissions.push(permission);
            }
        }
    }
    Value::Array(permissions)
}
