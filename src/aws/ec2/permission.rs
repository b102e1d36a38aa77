//! The rules of security groups as AWS keeps them, one by one, and the calls about them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroupRule, TagSpecification,
    UserIdGroupPair,
};

use super::{PAGE, filter, protocol};
use crate::aws::client::Aws;
use crate::provider::Result;

/// The code for a rule that the group does not have.
const NO_RULE: &str = "InvalidPermission.NotFound";

/// The code for a group that can have no more rules.
const FULL: &str = "RulesPerSecurityGroupLimitExceeded";

/// Which way traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

/// A protocol in its normal form, and its ports where it has any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ports {
    pub(super) protocol: String,
    range: Option<(i64, i64)>,
}

/// The other end of the traffic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
    /// A security group by its id, which is the same in all accounts.
    Group(String),
}

/// A rule: AWS keeps no two with the same ports and the same other end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Permission {
    pub(super) ports: Ports,
    pub(super) peer: Peer,
    pub(super) description: String,
    /// The account of the group at the other end, when it is told.
    pub(super) owner: Option<String>,
}

impl Ports {
    /// The protocol and its ports.
    pub(super) fn new(protocol: &str, from: i64, to: i64) -> Ports {
        let protocol = protocol::normal(protocol);
        let range = protocol::has_ports(&protocol).then_some((from, to));
        Ports { protocol, range }
    }

    /// The first port as the AWS provider stores it: 0 for protocols without ports.
    pub(super) fn from(&self) -> i64 {
        self.range.unwrap_or_default().0
    }

    /// The last port.
    pub(super) fn to(&self) -> i64 {
        self.range.unwrap_or_default().1
    }

    fn told(protocol: Option<&str>, from: Option<i32>, to: Option<i32>) -> Ports {
        let port = |it: Option<i32>| it.unwrap_or(-1).into();
        Ports::new(protocol.unwrap_or(protocol::ALL), port(from), port(to))
    }
}

impl Peer {
    /// A group written as `sg-1` or, in another account, as `account/sg-1`; and the account.
    pub(super) fn group(text: &str) -> (Peer, Option<String>) {
        match text.split_once('/') {
            Some((owner, id)) => (Peer::Group(id.to_string()), Some(owner.to_string())),
            None => (Peer::Group(text.to_string()), None),
        }
    }
}

impl Permission {
    /// A rule without a description.
    pub(super) fn new(ports: &Ports, (peer, owner): (Peer, Option<String>)) -> Permission {
        Permission { ports: ports.clone(), peer, description: String::new(), owner }
    }

    /// The same with a description.
    pub(super) fn described(self, description: &str) -> Permission {
        Permission { description: description.to_string(), ..self }
    }

    /// Whether it is the same rule, whatever its description.
    pub(super) fn is(&self, other: &Permission) -> bool {
        self.ports == other.ports && self.peer == other.peer
    }

    /// The rules that AWS tells together.
    pub(super) fn told(it: &IpPermission) -> Vec<Permission> {
        let ports = Ports::told(it.ip_protocol(), it.from_port, it.to_port);
        let one = |peer: Option<Peer>, owner: Option<&str>, description: Option<&str>| {
            let permission = Permission::new(&ports, (peer?, owner.map(str::to_string)));
            Some(permission.described(description.unwrap_or_default()))
        };
        let ipv4 = it
            .ip_ranges()
            .iter()
            .map(|it| one(it.cidr_ip.clone().map(Peer::Ipv4), None, it.description()));
        let ipv6 = it
            .ipv6_ranges()
            .iter()
            .map(|it| one(it.cidr_ipv6.clone().map(Peer::Ipv6), None, it.description()));
        let lists = it
            .prefix_list_ids()
            .iter()
            .map(|it| one(it.prefix_list_id.clone().map(Peer::PrefixList), None, it.description()));
        let groups = it
            .user_id_group_pairs()
            .iter()
            .map(|it| one(it.group_id.clone().map(Peer::Group), it.user_id(), it.description()));
        ipv4.chain(ipv6).chain(lists).chain(groups).flatten().collect()
    }

    /// One rule as AWS tells it.
    pub(super) fn of(it: &SecurityGroupRule) -> Option<Permission> {
        let ports = Ports::told(it.ip_protocol(), it.from_port, it.to_port);
        let group = it.referenced_group_info.as_ref();
        let ipv4 = it.cidr_ipv4.clone().map(Peer::Ipv4);
        let ipv6 = || it.cidr_ipv6.clone().map(Peer::Ipv6);
        let list = || it.prefix_list_id.clone().map(Peer::PrefixList);
        let id = || group.and_then(|it| it.group_id.clone()).map(Peer::Group);
        let peer = ipv4.or_else(ipv6).or_else(list).or_else(id)?;
        let owner = group.and_then(|it| it.user_id.clone());
        let permission = Permission::new(&ports, (peer, owner));
        Some(permission.described(it.description().unwrap_or_default()))
    }
}

/// Rules as calls take them: those of the same ports together.
pub(super) fn sent(permissions: &[Permission]) -> Vec<IpPermission> {
    let mut by_ports: BTreeMap<&Ports, Vec<&Permission>> = BTreeMap::new();
    for it in permissions {
        by_ports.entry(&it.ports).or_default().push(it);
    }
    by_ports.into_iter().map(|(ports, all)| together(ports, &all)).collect()
}

fn together(ports: &Ports, all: &[&Permission]) -> IpPermission {
    let port = |it: i64| i32::try_from(it).ok();
    let call = IpPermission::builder()
        .ip_protocol(&ports.protocol)
        .set_from_port(ports.range.and_then(|(from, _)| port(from)))
        .set_to_port(ports.range.and_then(|(_, to)| port(to)));
    let call = all.iter().fold(call, |call, it| {
        let why = Some(it.description.clone()).filter(|it| !it.is_empty());
        match &it.peer {
            Peer::Ipv4(range) => {
                call.ip_ranges(IpRange::builder().cidr_ip(range).set_description(why).build())
            }
            Peer::Ipv6(range) => {
                let range = Ipv6Range::builder().cidr_ipv6(range).set_description(why);
                call.ipv6_ranges(range.build())
            }
            Peer::PrefixList(list) => {
                let list = PrefixListId::builder().prefix_list_id(list).set_description(why);
                call.prefix_list_ids(list.build())
            }
            Peer::Group(id) => {
                let pair = UserIdGroupPair::builder().group_id(id).set_description(why);
                call.user_id_group_pairs(pair.set_user_id(it.owner.clone()).build())
            }
        }
    });
    call.build()
}

/// Adds rules to a group: all of them or none. Gives the rules as AWS tells them.
pub(super) async fn authorize(
    aws: &Aws,
    group: &str,
    direction: Direction,
    permissions: &[Permission],
    tags: Option<Vec<TagSpecification>>,
) -> Result<Vec<SecurityGroupRule>> {
    let sent = Some(sent(permissions));
    let made = match direction {
        Direction::Ingress => {
            let call = aws.ec2.authorize_security_group_ingress().group_id(group);
            let call = call.set_ip_permissions(sent).set_tag_specifications(tags);
            call.send().await?.security_group_rules
        }
        Direction::Egress => {
            let call = aws.ec2.authorize_security_group_egress().group_id(group);
            let call = call.set_ip_permissions(sent).set_tag_specifications(tags);
            call.send().await?.security_group_rules
        }
    };
    Ok(made.unwrap_or_default())
}

/// Takes rules away from a group; those that are gone already are fine.
pub(super) async fn revoke(
    aws: &Aws,
    group: &str,
    direction: Direction,
    permissions: &[Permission],
) -> Result {
    let answer = revoke_all(aws, group, direction, permissions).await;
    match answer {
        // AWS takes all away or none, so those that are left are asked for again.
        Err(error) if error.code.as_deref() == Some(NO_RULE) => {
            let told = rules_of(aws, [group]).await?;
            let told = told.iter().filter(|it| it.group_id() == Some(group) && goes(it, direction));
            let left: Vec<Permission> = told
                .filter_map(Permission::of)
                .filter(|it| permissions.iter().any(|gone| gone.is(it)))
                .collect();
            if left.is_empty() {
                return Ok(());
            }
            revoke_all(aws, group, direction, &left).await
        }
        answer => answer,
    }
}

async fn revoke_all(
    aws: &Aws,
    group: &str,
    direction: Direction,
    permissions: &[Permission],
) -> Result {
    // A rule is found by its ports and its other end alone.
    let bare: Vec<Permission> = permissions.iter().map(|it| it.clone().described("")).collect();
    let sent = Some(sent(&bare));
    match direction {
        Direction::Ingress => {
            let call = aws.ec2.revoke_security_group_ingress().group_id(group);
            call.set_ip_permissions(sent).send().await?;
        }
        Direction::Egress => {
            let call = aws.ec2.revoke_security_group_egress().group_id(group);
            call.set_ip_permissions(sent).send().await?;
        }
    }
    Ok(())
}

/// Takes rules away from a group, by their ids.
pub(super) async fn revoke_by_id(
    aws: &Aws,
    group: &str,
    direction: Direction,
    ids: Vec<String>,
) -> Result {
    match direction {
        Direction::Ingress => {
            let call = aws.ec2.revoke_security_group_ingress().group_id(group);
            call.set_security_group_rule_ids(Some(ids)).send().await?;
        }
        Direction::Egress => {
            let call = aws.ec2.revoke_security_group_egress().group_id(group);
            call.set_security_group_rule_ids(Some(ids)).send().await?;
        }
    }
    Ok(())
}

/// Gives rules of a group other descriptions.
pub(super) async fn describe(
    aws: &Aws,
    group: &str,
    direction: Direction,
    permissions: &[Permission],
) -> Result {
    let sent = Some(sent(permissions));
    match direction {
        Direction::Ingress => {
            let call = aws.ec2.update_security_group_rule_descriptions_ingress().group_id(group);
            call.set_ip_permissions(sent).send().await?;
        }
        Direction::Egress => {
            let call = aws.ec2.update_security_group_rule_descriptions_egress().group_id(group);
            call.set_ip_permissions(sent).send().await?;
        }
    }
    Ok(())
}

/// What leads from some rules to others, with no moment in between where one of both is missing as
/// long as the group has room for both.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) added: Vec<Permission>,
    pub(super) described: Vec<Permission>,
    pub(super) removed: Vec<Permission>,
}

impl Change {
    /// The change from `was` to `now`; a rule that is given twice counts once.
    pub(super) fn between(was: &[Permission], now: &[Permission]) -> Change {
        let mut change = Change { added: Vec::new(), described: Vec::new(), removed: Vec::new() };
        for (at, it) in now.iter().enumerate() {
            if now.iter().take(at).any(|earlier| earlier.is(it)) {
                continue;
            }
            match was.iter().find(|old| old.is(it)) {
                None => change.added.push(it.clone()),
                Some(old) if old.description != it.description => {
                    change.described.push(it.clone());
                }
                Some(_) => {}
            }
        }
        let stays = |old: &&Permission| !now.iter().any(|it| it.is(old));
        change.removed = was.iter().filter(stays).cloned().collect();
        change
    }

    /// Makes the calls.
    pub(super) async fn apply(&self, aws: &Aws, group: &str, direction: Direction) -> Result {
        let full = self.add(aws, group, direction).await?;
        if !self.described.is_empty() {
            describe(aws, group, direction, &self.described).await?;
        }
        if !self.removed.is_empty() && !full {
            revoke(aws, group, direction, &self.removed).await?;
        }
        Ok(())
    }

    /// Adds what is new; and says whether there was room only without what goes, which is then gone.
    async fn add(&self, aws: &Aws, group: &str, direction: Direction) -> Result<bool> {
        if self.added.is_empty() {
            return Ok(false);
        }
        match authorize(aws, group, direction, &self.added, None).await {
            Err(error) if error.code.as_deref() == Some(FULL) && !self.removed.is_empty() => {
                revoke(aws, group, direction, &self.removed).await?;
                authorize(aws, group, direction, &self.added, None).await?;
                Ok(true)
            }
            other => other.map(|_| false),
        }
    }
}

/// All rules of some groups.
pub(super) async fn rules_of<'a>(
    aws: &Aws,
    groups: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<SecurityGroupRule>> {
    let groups: BTreeSet<&str> = groups.into_iter().collect();
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let call = aws.ec2.describe_security_group_rules().filters(filter("group-id", groups));
    let pages = call.into_paginator().page_size(PAGE).items();
    Ok(pages.send().collect::<std::result::Result<_, _>>().await?)
}

/// Whether a rule goes this way.
pub(super) fn goes(rule: &SecurityGroupRule, direction: Direction) -> bool {
    (rule.is_egress == Some(true)) == (direction == Direction::Egress)
}

#[cfg(test)]
mod tests {
    use super::{Change, Direction, Peer, Permission, Ports, goes, sent};
    use crate::aws::calls::in_step;
    use crate::aws::testing::{Answer, Fake, step};

    fn rule(port: i64, range: &str, description: &str) -> Permission {
        let ports = Ports::new("tcp", port, port);
        Permission::new(&ports, (Peer::Ipv4(range.into()), None)).described(description)
    }

    #[test]
    fn what_is_sent_is_told_again() {
        let list = Peer::PrefixList("pl-1".into());
        let all = Ports::new("all", 0, 0);
        let rules = [
            rule(80, "10.0.0.0/8", "office"),
            rule(80, "11.0.0.0/8", ""),
            Permission::new(&all, Peer::group("123456789012/sg-1")),
            Permission::new(&all, (list, None)),
        ];
        let sent = sent(&rules);
        assert_eq!(sent.len(), 2);
        let all = sent.iter().find(|it| it.ip_protocol() == Some("-1")).unwrap();
        assert_eq!((all.from_port, all.to_port), (None, None));
        let told: Vec<Permission> = sent.iter().flat_map(Permission::told).collect();
        assert!(rules.iter().all(|it| told.contains(it)) && told.len() == rules.len());
    }

    #[test]
    fn a_change_of_a_description_is_no_new_rule() {
        let was = [rule(80, "10.0.0.0/8", "old"), rule(22, "10.0.0.0/8", "")];
        let now = [rule(80, "10.0.0.0/8", "new"), rule(443, "10.0.0.0/8", "")];
        let now = [now[0].clone(), now[1].clone(), now[1].clone()];
        let change = Change::between(&was, &now);
        assert_eq!(change.added, [rule(443, "10.0.0.0/8", "")]);
        assert_eq!(change.described, [rule(80, "10.0.0.0/8", "new")]);
        assert_eq!(change.removed, [rule(22, "10.0.0.0/8", "")]);
    }

    /// The calls that a change takes when they get these answers, and whether it succeeds.
    async fn calls(change: &Change, answers: &[Answer]) -> (Vec<String>, bool) {
        let fake = Fake::new(answers.to_vec());
        let (aws, (step, _)) = (fake.aws().await, step(false));
        let changed = in_step(&step, change.apply(&aws, "sg-1", Direction::Ingress)).await;
        let operation = |request: &String| {
            let (_, rest) = request.split_once("Action=").unwrap();
            rest.split("SecurityGroup").next().unwrap().to_string()
        };
        (fake.requests().iter().map(operation).collect(), changed.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn rules_go_first_only_where_there_is_no_room_for_new_ones() {
        let (was, now) = ([rule(22, "10.0.0.0/8", "")], [rule(443, "10.0.0.0/8", "")]);
        let change = Change::between(&was, &now);
        let good = |name: &str| {
            let name = format!("{name}SecurityGroupIngressResponse");
            Answer::ok(&format!("<{name}><return>true</return></{name}>"))
        };
        let (added, removed) = (good("Authorize"), good("Revoke"));
        let message = "The maximum number of rules per security group has been reached.";
        let full = Answer::ec2_error(400, "RulesPerSecurityGroupLimitExceeded", message);
        let room = calls(&change, &[added.clone(), removed.clone()]).await;
        assert_eq!(room, (strings(&["Authorize", "Revoke"]), true));
        let none = calls(&change, &[full.clone(), removed, added]).await;
        assert_eq!(none, (strings(&["Authorize", "Revoke", "Authorize"]), true));
        let more = Change::between(&[], &now);
        assert_eq!(calls(&more, &[full]).await, (strings(&["Authorize"]), false));
    }

    fn strings(all: &[&str]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn protocols_without_ports_compare_without_them() {
        assert_eq!(Ports::new("-1", 0, 65535), Ports::told(Some("-1"), Some(-1), Some(-1)));
        assert_eq!(Ports::new("50", 0, 0), Ports::told(Some("50"), None, None));
        assert_ne!(Ports::new("tcp", 0, 0), Ports::new("tcp", 0, 65535));
        let icmp = Ports::told(Some("icmp"), Some(-1), Some(-1));
        assert_eq!((icmp.from(), icmp.to()), (-1, -1));
    }

    #[test]
    fn rules_go_one_way() {
        let rule = aws_sdk_ec2::types::SecurityGroupRule::builder().is_egress(true).build();
        assert!(goes(&rule, Direction::Egress) && !goes(&rule, Direction::Ingress));
    }
}
