//! The rules inside a security group: as configured, and as AWS keeps them.

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use crate::aws::ec2::permission::{Peer, Permission, Ports};
use crate::aws::ec2::protocol;
use crate::value::{Path, Step, Value};

impl Rule {
    fn ports(&self) -> Ports {
        Ports::new(&self.protocol, self.from_port, self.to_port)
    }

    /// The rules that AWS makes of this one in a group.
    fn permissions(&self, group: &str) -> Vec<Permission> {
        let ipv4 = self.cidr_blocks.iter().map(|it| (Peer::Ipv4(it.clone()), None));
        let ipv6 = self.ipv6_cidr_blocks.iter().map(|it| (Peer::Ipv6(it.clone()), None));
        let lists = self.prefix_list_ids.iter().map(|it| (Peer::PrefixList(it.clone()), None));
        let groups = self.security_groups.iter().map(|it| Peer::group(it));
        let itself = self.itself.then(|| (Peer::Group(group.to_string()), None));
        let peers = ipv4.chain(ipv6).chain(lists).chain(groups).chain(itself);
        let ports = self.ports();
        peers.map(|peer| Permission::new(&ports, peer).described(&self.description)).collect()
    }
}

/// The rules that AWS makes of these in a group.
pub(in crate::aws::ec2) fn permissions(rules: &BTreeSet<Rule>, group: &str) -> Vec<Permission> {
    rules.iter().flat_map(|it| it.permissions(group)).collect()
}

/// What AWS keeps, as known: a known rule stays as it is while all of it is there. All else is put
/// together by ports and description.
pub(in crate::aws::ec2) fn told(
    known: &BTreeSet<Rule>,
    told: &[Permission],
    group: &str,
    owner: &str,
) -> BTreeSet<Rule> {
    let there =
        |it: &Permission| told.iter().any(|told| told.is(it) && told.description == it.description);
    let whole = known.iter().filter(|rule| rule.permissions(group).iter().all(there));
    let mut rules: BTreeSet<Rule> = whole.cloned().collect();
    let covered = permissions(&rules, group);
    let mut rest: BTreeMap<(&Ports, &str), Rule> = BTreeMap::new();
    for it in told.iter().filter(|it| !covered.iter().any(|covered| covered.is(it))) {
        let rule = rest.entry((&it.ports, &it.description)).or_insert_with(|| empty(it));
        match &it.peer {
            Peer::Ipv4(range) => rule.cidr_blocks.push(range.clone()),
            Peer::Ipv6(range) => rule.ipv6_cidr_blocks.push(range.clone()),
            Peer::PrefixList(list) => rule.prefix_list_ids.push(list.clone()),
            Peer::Group(id) if id == group => rule.itself = true,
            Peer::Group(id) => {
                let other = it.owner.as_deref().filter(|it| *it != owner && !it.is_empty());
                let group = other.map_or_else(|| id.clone(), |owner| format!("{owner}/{id}"));
                rule.security_groups.insert(group);
            }
        }
    }
    rules.extend(rest.into_values().map(sorted));
    rules
}

fn empty(of: &Permission) -> Rule {
    Rule {
        from_port: of.ports.from(),
        to_port: of.ports.to(),
        protocol: of.ports.protocol.clone(),
        cidr_blocks: Vec::new(),
        ipv6_cidr_blocks: Vec::new(),
        prefix_list_ids: Vec::new(),
        security_groups: BTreeSet::new(),
        itself: false,
        description: of.description.clone(),
    }
}

fn sorted(mut rule: Rule) -> Rule {
    rule.cidr_blocks.sort();
    rule.ipv6_cidr_blocks.sort();
    rule.prefix_list_ids.sort();
    rule
}

/// Rules with their protocols as AWS tells them, as far as they are known; those that differ from
/// rules there are in nothing but the order of their lists as they are there.
pub(in crate::aws::ec2) fn normal(rules: Value, before: &Value) -> Value {
    let (rules, marks) = rules.unmark();
    let one = |rule: &Value| {
        let protocol = rule.get("protocol").as_str().map(protocol::normal);
        let rule = match protocol {
            Some(protocol) => rule.clone().with("protocol", Value::string(protocol)),
            None => rule.clone(),
        };
        let mut before = before.items().unwrap_or_default().iter();
        let same = before.find(|before| in_order(before) == in_order(&rule)).cloned();
        same.unwrap_or(rule)
    };
    let rules = match rules {
        Value::Set(ty, items) => Value::set(ty, items.iter().map(one)),
        Value::List(ty, items) => Value::list(ty, items.iter().map(one)),
        other => other,
    };
    rules.mark(marks)
}

/// A rule with its lists in order.
fn in_order(rule: &Value) -> Value {
    let lists = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"];
    lists.into_iter().fold(rule.clone(), |rule, name| match rule.get(name) {
        Value::List(ty, items) => {
            let mut items = items.to_vec();
            items.sort();
            rule.with(name, Value::list(ty, items))
        }
        _ => rule,
    })
}

/// Ports that AWS would ignore or refuse.
pub(in crate::aws::ec2) fn validate(name: &str, rules: &Value) -> Vec<(Path, String)> {
    let rules = rules.items().unwrap_or_default().iter().enumerate();
    let check = |(at, rule): (usize, &Value)| {
        let path = Path(vec![Step::Attribute(name.to_string()), Step::Index(at)]);
        wrong_ports(rule).map(|why| (path, why))
    };
    rules.filter_map(check).collect()
}

/// What is wrong with the `protocol`, `from_port` and `to_port` of a rule.
pub(in crate::aws::ec2) fn wrong_ports(rule: &Value) -> Option<String> {
    let port = |name: &str| rule.get(name).as_number().and_then(|it| it.as_i64());
    let (from, to) = (port("from_port")?, port("to_port")?);
    let protocol = protocol::normal(rule.get("protocol").as_str()?);
    if protocol == protocol::ALL && (from, to) != (0, 0) {
        return Some(format!(
            "With the protocol -1, all ports are meant: from_port ({from}) and to_port ({to}) must be 0."
        ));
    }
    let reversed = matches!(protocol.as_str(), "tcp" | "udp") && from > to;
    reversed.then(|| format!("from_port ({from}) is behind to_port ({to})."))
}
