//! `aws_security_group_rule`

mod import;

use aws_sdk_ec2::types;

use super::permission::{self, Direction, Peer, Permission, Ports};
use super::security_group::DESCRIPTION;
use super::security_group::inline::wrong_ports;
use super::{MOST_VALUES, given, protocol};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, gone_is_fine};
use crate::provider::{Phase, Recovery, Result, Step};
use crate::schema;
use crate::schema::Check;
use crate::value::{Path, Value};

const PEERS: &[&str] =
    &["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "self", "source_security_group_id"];

schema! {
    /// Rules of a security group for one range of ports. `aws_vpc_security_group_ingress_rule` and
    /// its sibling are newer and can have tags. Do not use it for groups with rules in them.
    #[version = 2]
    pub struct SecurityGroupRule {
        /// Security group of the rules.
        #[force_new] security_group_id: String,
        /// `ingress` for incoming, `egress` for outgoing traffic.
        #[name("type")] #[force_new] #[one_of(&["ingress", "egress"])] kind: String,
        /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
        #[force_new] #[check(Check::Custom(protocol::check))] #[equivalent(protocol::same)]
        protocol: String,
        /// First port, or the ICMP type.
        #[force_new] #[check(Check::Between(-1, 65535))] from_port: i64,
        /// Last port, or the ICMP code.
        #[force_new] #[check(Check::Between(-1, 65535))] to_port: i64,
        /// IPv4 ranges.
        #[force_new] #[check(Check::Cidr)] #[at_least_one_of(PEERS)]
        #[conflicts_with(&["source_security_group_id", "self"])] #[equivalent(same_items)]
        cidr_blocks: Option<Vec<String>>,
        /// IPv6 ranges.
        #[force_new] #[check(Check::Cidr)] #[at_least_one_of(PEERS)]
        #[conflicts_with(&["source_security_group_id", "self"])] #[equivalent(same_items)]
        ipv6_cidr_blocks: Option<Vec<String>>,
        /// Managed prefix lists.
        #[force_new] #[at_least_one_of(PEERS)] #[equivalent(same_items)]
        prefix_list_ids: Option<Vec<String>>,
        /// Whether members of the group itself are meant.
        #[name("self")] #[default(false)] #[force_new] #[at_least_one_of(PEERS)]
        #[conflicts_with(&["cidr_blocks", "ipv6_cidr_blocks", "source_security_group_id"])]
        itself: bool,
        /// A security group; `account/group` in another account.
        #[force_new] #[at_least_one_of(PEERS)]
        #[conflicts_with(&["cidr_blocks", "ipv6_cidr_blocks", "self"])]
        source_security_group_id: Option<String>,
        /// What the rules are for.
        #[check(DESCRIPTION)] description: Option<String>,
        /// Id of the rule, when it is only one.
        #[read_only] security_group_rule_id: Option<String>,
        /// Id, made of all that the rules are.
        #[read_only] id: Option<String>,
    }
}

impl Resource for SecurityGroupRule {
    const TYPE: &'static str = "aws_security_group_rule";
    const BATCH: usize = MOST_VALUES;
    const RECOVERY: Recovery = Recovery::Find;
    const TIMEOUTS: &'static [(Phase, u64)] = &[(Phase::Create, 5)];
    const IMPORT: &'static str =
        "SECURITY-GROUP-ID_TYPE_PROTOCOL_FROM-PORT_TO-PORT_SOURCE[_SOURCE...]";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let rules = self.permissions();
        permission::authorize(aws, self.group(), self.direction(), &rules, None).await?;
        Ok(self.made_id())
    }

    /// The rules are ours when all of them are there, descriptions included: AWS adds all or none.
    async fn find(&self, aws: &Aws, _token: &str) -> Result<Option<String>> {
        let told = permission::rules_of(aws, [self.group()]).await?;
        let ours = self.permissions();
        let found = self.found(&told);
        let same = found.iter().filter(|it| {
            let it = Permission::of(it);
            ours.iter().any(|ours| it.as_ref().is_some_and(|it| it.description == ours.description))
        });
        Ok((same.count() == ours.len()).then(|| self.made_id()))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let told = permission::rules_of(aws, objects.iter().map(|it| it.group())).await?;
        Ok(objects.into_iter().map(|prior| prior.merged(&told)).collect())
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if given(&self.description) == given(&was.description) {
            return Ok(());
        }
        permission::describe(aws, self.group(), self.direction(), &self.permissions()).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let ours = self.permissions();
        let revoked = permission::revoke(aws, self.group(), self.direction(), &ours).await;
        gone_is_fine(revoked, &["InvalidGroup.NotFound"])
    }

    fn import(id: &str) -> Result<Self> {
        import::parse(id)
    }

    /// With all protocols there are no ports, whatever is configured.
    fn plan(proposal: &mut Proposal<'_>) -> Result {
        let Some(given) = proposal.value.get("protocol").as_str().map(protocol::normal) else {
            return Ok(());
        };
        if given == protocol::ALL {
            proposal.set("from_port", Value::number(0_i64));
            proposal.set("to_port", Value::number(0_i64));
        }
        proposal.set("protocol", Value::string(given));
        Ok(())
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let all = configuration.get("protocol").as_str().map(protocol::normal);
        if all.as_deref() == Some(protocol::ALL) {
            return Vec::new();
        }
        let wrong = wrong_ports(configuration);
        wrong.map(|why| (Path::attribute("from_port"), why)).into_iter().collect()
    }
}

/// Whether two lists hold the same, in whatever order.
fn same_items(a: &Value, b: &Value) -> bool {
    let sorted = |it: &Value| {
        let mut items = it.items().unwrap_or_default().to_vec();
        items.sort();
        items
    };
    sorted(a) == sorted(b)
}

impl SecurityGroupRule {
    fn group(&self) -> &str {
        &self.security_group_id
    }

    fn direction(&self) -> Direction {
        if self.kind == "egress" { Direction::Egress } else { Direction::Ingress }
    }

    /// The rules as AWS keeps them: what is written twice is one rule.
    fn permissions(&self) -> Vec<Permission> {
        let all = |list: &Option<Vec<String>>| list.clone().unwrap_or_default().into_iter();
        let ipv4 = all(&self.cidr_blocks).map(|it| (Peer::Ipv4(it), None));
        let ipv6 = all(&self.ipv6_cidr_blocks).map(|it| (Peer::Ipv6(it), None));
        let lists = all(&self.prefix_list_ids).map(|it| (Peer::PrefixList(it), None));
        let itself = self.itself.then(|| (Peer::Group(self.group().to_string()), None));
        let other = given(&self.source_security_group_id).map(Peer::group);
        let other = other.filter(|it| itself.as_ref().is_none_or(|itself| itself.0 != it.0));
        let peers = ipv4.chain(ipv6).chain(lists).chain(itself).chain(other);
        let ports = Ports::new(&self.protocol, self.from_port, self.to_port);
        let description = given(&self.description).unwrap_or_default();
        let all = peers.map(|peer| Permission::new(&ports, peer).described(description));
        all.fold(Vec::new(), |mut rules: Vec<Permission>, rule| {
            if !rules.iter().any(|it| it.is(&rule)) {
                rules.push(rule);
            }
            rules
        })
    }

    /// Those of our rules that the group has.
    fn found<'a>(&self, told: &'a [types::SecurityGroupRule]) -> Vec<&'a types::SecurityGroupRule> {
        let ours = self.permissions();
        let matches = |it: &&types::SecurityGroupRule| {
            it.group_id() == Some(self.group())
                && permission::goes(it, self.direction())
                && Permission::of(it).is_some_and(|it| ours.iter().any(|ours| ours.is(&it)))
        };
        told.iter().filter(matches).collect()
    }

    /// The rules as they are, or nothing when one of them is missing.
    fn merged(self, told: &[types::SecurityGroupRule]) -> Option<Self> {
        let found = self.found(told);
        let ours = self.permissions();
        let kept: Vec<Permission> = found.iter().filter_map(|it| Permission::of(it)).collect();
        if ours.is_empty() || !ours.iter().all(|ours| kept.iter().any(|it| it.is(ours))) {
            return None;
        }
        let description = kept.into_iter().map(|it| it.description).find(|it| !it.is_empty());
        let id = match found.as_slice() {
            [only] => only.security_group_rule_id.clone(),
            _ => None,
        };
        Some(SecurityGroupRule {
            description: Some(description.unwrap_or_default()),
            security_group_rule_id: id,
            ..self
        })
    }

    /// The id, as the AWS provider makes it.
    fn made_id(&self) -> String {
        let ports = Ports::new(&self.protocol, self.from_port, self.to_port);
        let mut text = format!("{}-", self.group());
        for port in [ports.from(), ports.to()].into_iter().filter(|it| *it > 0) {
            text.push_str(&format!("{port}-"));
        }
        text.push_str(&format!("{}-{}-", ports.protocol, self.kind));
        let mut peers: Vec<Peer> = self.permissions().into_iter().map(|it| it.peer).collect();
        peers.sort();
        for peer in peers {
            text.push_str(&match peer {
                Peer::Ipv4(it) | Peer::Ipv6(it) | Peer::PrefixList(it) => format!("{it}-"),
                Peer::Group(it) => format!("{it}--"),
            });
        }
        format!("sgrule-{}", crc32fast::hash(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests;
