//! Security group rules: one document for each peer of a permission, as AWS numbers them.

use serde_json::{Value, json};

use super::describe::{edit, find};
use super::kinds::{RULE, SECURITY_GROUP};
use super::network::new_id;
use super::tags::specified;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{ACCOUNT, Answer, Read, Scope, copy, edit_list};

/// The fields that make two rules the same.
const IDENTITY: &[&str] = &[
    "ipProtocol",
    "fromPort",
    "toPort",
    "cidrIpv4",
    "cidrIpv6",
    "prefixListId",
    "referencedGroupInfo",
];

/// Adds a rule to a group and returns it as AWS shows it.
pub fn add(scope: &mut Scope<'_>, group: &str, egress: bool, rule: Value, tags: Value) -> Value {
    let id = new_id(RULE);
    let mut document = json!({
        "securityGroupRuleId": id, "groupId": group, "groupOwnerId": ACCOUNT, "isEgress": egress,
        "securityGroupRuleArn": scope.arn("ec2", &format!("security-group-rule/{id}")),
    });
    copy(&rule, &mut document, IDENTITY);
    copy(&rule, &mut document, &["description"]);
    document["tagSet"] = tags;
    scope.documents.put(RULE.table, &id, document.clone());
    document
}

/// Shows a rule within a permission that has its protocol and ports.
pub fn add_to_permission(permission: &mut Value, rule: &Value) {
    let (list, mut peer) = if let Some(range) = rule.text("cidrIpv4") {
        ("ipRanges", json!({"cidrIp": range}))
    } else if let Some(range) = rule.text("cidrIpv6") {
        ("ipv6Ranges", json!({"cidrIpv6": range}))
    } else if let Some(prefix_list) = rule.text("prefixListId") {
        ("prefixListIds", json!({"prefixListId": prefix_list}))
    } else {
        ("groups", rule["referencedGroupInfo"].clone())
    };
    copy(rule, &mut peer, &["description"]);
    edit_list(permission, list, |peers| peers.push(peer));
}

/// The rules a request asks for: each peer of each permission.
fn asked(scope: &Scope<'_>) -> Result<Vec<Value>, Fault> {
    let input = scope.input;
    if input.text("CidrIp").is_some() || input.text("SourceSecurityGroupName").is_some() {
        let message = "The sandbox takes rules as IpPermissions only";
        return Err(Fault::new("Unsupported", message));
    }
    let mut rules = Vec::new();
    for permission in input.list("IpPermissions") {
        let base = protocol_and_ports(permission)?;
        let peers = [
            ("IpRanges", "CidrIp", "cidrIpv4"),
            ("Ipv6Ranges", "CidrIpv6", "cidrIpv6"),
            ("PrefixListIds", "PrefixListId", "prefixListId"),
            ("Groups", "GroupId", "referencedGroupInfo"),
        ];
        for (list, name, field) in peers {
            for peer in permission.list(list) {
                let mut rule = base.clone();
                rule[field] = peer_value(scope, field, peer.required(name)?)?;
                if let Some(description) = peer.text("Description") {
                    rule["description"] = json!(description);
                }
                rules.push(rule);
            }
        }
    }
    if rules.is_empty() {
        let message = "The request must contain the parameter ipPermissions with a peer";
        return Err(Fault::new("MissingParameter", message));
    }
    Ok(rules)
}

fn peer_value(scope: &Scope<'_>, field: &str, text: &str) -> Result<Value, Fault> {
    match field {
        "cidrIpv4" | "cidrIpv6" => {
            let range = text.parse::<ipnet::IpNet>().ok();
            let range = range.filter(|it| (it.addr().is_ipv4()) == (field == "cidrIpv4"));
            let range = range.ok_or_else(|| {
                let message = format!("CIDR block {text} is malformed");
                Fault::new("InvalidParameterValue", message)
            })?;
            Ok(json!(range.trunc().to_string()))
        }
        "referencedGroupInfo" => {
            find(scope.documents, SECURITY_GROUP, text)?;
            Ok(json!({"groupId": text, "userId": ACCOUNT}))
        }
        _ => Ok(json!(text)),
    }
}

/// Protocol and ports as AWS keeps them: known numbers by name, all ports as -1.
fn protocol_and_ports(permission: &Value) -> Result<Value, Fault> {
    let protocol = permission.required("IpProtocol")?.to_lowercase();
    let protocol = match protocol.as_str() {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        "all" => "-1",
        other => other,
    };
    if protocol == "-1" {
        return Ok(json!({"ipProtocol": "-1", "fromPort": -1, "toPort": -1}));
    }
    let (from, to) = (permission.number("FromPort"), permission.number("ToPort"));
    let needs_ports = matches!(protocol, "tcp" | "udp");
    let in_range = |port: Option<i64>| port.is_some_and(|port| (0..=65535).contains(&port));
    if needs_ports && (!in_range(from) || !in_range(to) || from > to) {
        let message = format!("Invalid value for portRange. From {from:?} to {to:?} is no range.");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let (from, to) = (from.unwrap_or(-1), to.unwrap_or(-1));
    Ok(json!({"ipProtocol": protocol, "fromPort": from, "toPort": to}))
}

fn is_same(a: &Value, b: &Value) -> bool {
    IDENTITY.iter().all(|field| a[*field] == b[*field])
}

fn matching(scope: &Scope<'_>, group: &str, egress: bool, rule: &Value) -> Option<String> {
    let rows = scope.documents.rows(RULE.table);
    let mut found = rows.filter(|(_, it)| {
        it["groupId"] == group && it.flag("isEgress") == Some(egress) && is_same(it, rule)
    });
    found.next().map(|(id, _)| id.clone())
}

/// A rule in the words of AWS's errors.
fn in_words(rule: &Value) -> String {
    let names = ["cidrIpv4", "cidrIpv6", "prefixListId"];
    let peer = names.iter().find_map(|name| rule.text(name));
    let peer = peer.or(rule["referencedGroupInfo"].text("groupId")).unwrap_or_default();
    let protocol = rule.text("ipProtocol").unwrap_or_default().to_uppercase();
    let (from, to) = (&rule["fromPort"], &rule["toPort"]);
    format!("\"peer: {peer}, {protocol}, from port: {from}, to port: {to}, ALLOW\"")
}

fn authorize(scope: &mut Scope<'_>, egress: bool) -> Answer {
    let group = scope.input.required("GroupId")?;
    find(scope.documents, SECURITY_GROUP, group)?;
    let tags = specified(scope.input, RULE);
    let mut made = Vec::new();
    for rule in asked(scope)? {
        if matching(scope, group, egress, &rule).is_some() {
            let message = format!("the specified rule {} already exists", in_words(&rule));
            return Err(Fault::new("InvalidPermission.Duplicate", message));
        }
        made.push(add(scope, group, egress, rule, tags.clone()));
    }
    Ok(json!({"return": true, "securityGroupRuleSet": made}))
}

/// `AuthorizeSecurityGroupIngress`
pub fn authorize_ingress(scope: &mut Scope<'_>) -> Answer {
    authorize(scope, false)
}

/// `AuthorizeSecurityGroupEgress`
pub fn authorize_egress(scope: &mut Scope<'_>) -> Answer {
    authorize(scope, true)
}

fn revoke(scope: &mut Scope<'_>, egress: bool) -> Answer {
    let group = scope.input.required("GroupId")?;
    find(scope.documents, SECURITY_GROUP, group)?;
    let ids = scope.input.texts("SecurityGroupRuleId");
    let mut doomed: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    for id in &doomed {
        let rule = find(scope.documents, RULE, id)?;
        if rule["groupId"] != group || rule.flag("isEgress") != Some(egress) {
            let message = format!("The security group rule ID '{id}' does not exist");
            return Err(Fault::new(RULE.missing, message));
        }
    }
    if ids.is_empty() {
        for rule in asked(scope)? {
            doomed.push(matching(scope, group, egress, &rule).ok_or_else(|| {
                let message = "The specified rule does not exist in this security group.";
                Fault::new("InvalidPermission.NotFound", message)
            })?);
        }
    }
    for id in doomed {
        scope.documents.remove(RULE.table, &id);
    }
    Ok(json!({"return": true}))
}

/// `RevokeSecurityGroupIngress`
pub fn revoke_ingress(scope: &mut Scope<'_>) -> Answer {
    revoke(scope, false)
}

/// `RevokeSecurityGroupEgress`
pub fn revoke_egress(scope: &mut Scope<'_>) -> Answer {
    revoke(scope, true)
}

/// `ModifySecurityGroupRules`
pub fn modify(scope: &mut Scope<'_>) -> Answer {
    let group = scope.input.required("GroupId")?;
    for update in scope.input.list("SecurityGroupRule") {
        let asked = &update["SecurityGroupRule"];
        let mut rule = protocol_and_ports(asked)?;
        let peers = [
            ("CidrIpv4", "cidrIpv4"),
            ("CidrIpv6", "cidrIpv6"),
            ("PrefixListId", "prefixListId"),
            ("ReferencedGroupId", "referencedGroupInfo"),
        ];
        for (name, field) in peers {
            if let Some(text) = asked.text(name) {
                rule[field] = peer_value(scope, field, text)?;
            }
        }
        if let Some(description) = asked.text("Description") {
            rule["description"] = json!(description);
        }
        let id = update.required("SecurityGroupRuleId")?;
        let document = edit(scope.documents, RULE, id)?;
        if document["groupId"] != group {
            let message = format!("The security group rule ID '{id}' does not exist");
            return Err(Fault::new(RULE.missing, message));
        }
        for field in IDENTITY.iter().chain(&["description"]) {
            document[*field] = rule[*field].clone();
        }
    }
    Ok(json!({"return": true}))
}

fn describe_anew(scope: &mut Scope<'_>, egress: bool) -> Answer {
    let group = scope.input.required("GroupId")?;
    find(scope.documents, SECURITY_GROUP, group)?;
    for rule in asked(scope)? {
        let id = matching(scope, group, egress, &rule).ok_or_else(|| {
            let message = "The specified rule does not exist in this security group.";
            Fault::new("InvalidPermission.NotFound", message)
        })?;
        edit(scope.documents, RULE, &id)?["description"] = rule["description"].clone();
    }
    Ok(json!({"return": true}))
}

/// `UpdateSecurityGroupRuleDescriptionsIngress`
pub fn describe_ingress_anew(scope: &mut Scope<'_>) -> Answer {
    describe_anew(scope, false)
}

/// `UpdateSecurityGroupRuleDescriptionsEgress`
pub fn describe_egress_anew(scope: &mut Scope<'_>) -> Answer {
    describe_anew(scope, true)
}
