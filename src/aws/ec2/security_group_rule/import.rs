//! The import id of a rule: `sg-…_ingress_tcp_80_80_0.0.0.0/0`.

use super::SecurityGroupRule;
use crate::aws::ec2::protocol;
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::schema::FieldType as _;
use crate::value::Value;

/// The rule that an import id means.
pub(super) fn parse(id: &str) -> Result<SecurityGroupRule> {
    read(id).map_err(|why| {
        let hint = "Write SECURITY-GROUP-ID_TYPE_PROTOCOL_FROM-PORT_TO-PORT_SOURCE[_SOURCE...], such \
                    as `sg-1234_ingress_tcp_80_80_10.0.0.0/8`.";
        let message = format!("`{id}` does not name a rule: {why}");
        ProviderError::new(ErrorKind::Refused, message).hint(hint)
    })
}

fn read(id: &str) -> std::result::Result<SecurityGroupRule, String> {
    let parts: Vec<&str> = id.split('_').collect();
    let [group, kind, protocol, from, to, peers @ ..] = parts.as_slice() else {
        return Err("it has too few parts".to_string());
    };
    if !group.starts_with("sg-") {
        return Err(format!("`{group}` is no security group"));
    }
    if !["ingress", "egress"].contains(kind) {
        return Err(format!("`{kind}` is neither ingress nor egress"));
    }
    protocol::check(&Value::string(protocol))?;
    let protocol = protocol::normal(protocol);
    let (from_port, to_port) = ports(&protocol, from, to)?;
    let rule = SecurityGroupRule {
        security_group_id: (*group).to_string(),
        kind: (*kind).to_string(),
        protocol,
        from_port,
        to_port,
        ..SecurityGroupRule::blank()
    };
    if peers.is_empty() {
        return Err("it has no source".to_string());
    }
    let rule = peers.iter().try_fold(rule, with_peer)?;
    Ok(SecurityGroupRule { id: Some(rule.made_id()), ..rule })
}

fn ports(protocol: &str, from: &str, to: &str) -> std::result::Result<(i64, i64), String> {
    let port = |text: &str| {
        text.parse::<i64>().map_err(|_| format!("`{text}` is no port, ICMP type or ICMP code"))
    };
    let (from, to) = (port(from)?, port(to)?);
    match protocol {
        protocol::ALL => Ok((0, 0)),
        "icmp" | "icmpv6" => Ok((from, to)),
        _ if from > to => Err(format!("port {from} is behind port {to}")),
        _ => Ok((from, to)),
    }
}

fn with_peer(
    mut rule: SecurityGroupRule,
    peer: &&str,
) -> std::result::Result<SecurityGroupRule, String> {
    let to = |list: &mut Option<Vec<String>>| {
        list.get_or_insert_default().push((*peer).to_string());
    };
    match *peer {
        "self" => rule.itself = true,
        it if it.contains("sg-") => rule.source_security_group_id = Some(it.to_string()),
        it if it.contains(':') => to(&mut rule.ipv6_cidr_blocks),
        it if it.contains("pl-") => to(&mut rule.prefix_list_ids),
        it if it.contains('.') => to(&mut rule.cidr_blocks),
        it => return Err(format!("`{it}` is no range, prefix list, security group or `self`")),
    }
    Ok(rule)
}
