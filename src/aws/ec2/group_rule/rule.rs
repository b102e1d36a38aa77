//! A single rule of a security group.

use aws_sdk_ec2::types::{self, SecurityGroupRuleRequest};

use crate::aws::ec2::permission::{Peer, Permission, Ports};
use crate::aws::ec2::security_group::DESCRIPTION;
use crate::aws::ec2::{given, protocol, tags};
use crate::aws::resource::{Proposal, missing};
use crate::aws::tags::Tags;
use crate::provider::Result;
use crate::schema;
use crate::schema::Check;
use crate::value::{Path, Value};

/// The arguments of which one says who is at the other end.
const PEERS: &[&str] =
    &["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];

schema! {
    /// One rule of a security group. Do not use it for groups with rules in them.
    pub struct GroupRule {
        /// Security group of the rule.
        #[force_new] security_group_id: String,
        /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all, which has no ports.
        #[check(Check::Custom(protocol::check))] #[equivalent(protocol::same)] ip_protocol: String,
        /// First port, or the ICMP type.
        #[check(Check::Between(-1, 65535))] from_port: Option<i64>,
        /// Last port, or the ICMP code.
        #[check(Check::Between(-1, 65535))] to_port: Option<i64>,
        /// IPv4 range at the other end.
        #[check(Check::Cidr)] #[exactly_one_of(PEERS)] cidr_ipv4: Option<String>,
        /// IPv6 range at the other end.
        #[check(Check::Cidr)] #[exactly_one_of(PEERS)] cidr_ipv6: Option<String>,
        /// Managed prefix list at the other end.
        #[exactly_one_of(PEERS)] prefix_list_id: Option<String>,
        /// Security group at the other end; `account/group` in another account.
        #[exactly_one_of(PEERS)] referenced_security_group_id: Option<String>,
        /// What the rule is for.
        #[check(DESCRIPTION)] description: Option<String>,
        /// Tags of the rule.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the rule.
        #[read_only] arn: Option<String>,
        /// Id of the rule.
        #[read_only] security_group_rule_id: Option<String>,
        /// Id of the rule.
        #[read_only] id: Option<String>,
    }
}

impl GroupRule {
    /// The rule as AWS keeps it.
    pub(super) fn permission(&self) -> Result<Permission> {
        let one = |text: &Option<String>, peer: fn(String) -> Peer| {
            given(text).map(|it| (peer(it.to_string()), None))
        };
        let peer = one(&self.cidr_ipv4, Peer::Ipv4)
            .or_else(|| one(&self.cidr_ipv6, Peer::Ipv6))
            .or_else(|| one(&self.prefix_list_id, Peer::PrefixList))
            .or_else(|| given(&self.referenced_security_group_id).map(Peer::group));
        let peer = peer.ok_or_else(|| missing("source or destination of the rule"))?;
        let (from, to) = (self.from_port.unwrap_or(-1), self.to_port.unwrap_or(-1));
        let permission = Permission::new(&Ports::new(&self.ip_protocol, from, to), peer);
        Ok(permission.described(given(&self.description).unwrap_or_default()))
    }

    /// The rule as the call takes it that changes it from `was`.
    pub(super) fn request(&self, was: &GroupRule) -> SecurityGroupRuleRequest {
        let port = |it: Option<i64>| it.and_then(|it| i32::try_from(it).ok());
        let text = |it: &Option<String>| given(it).map(str::to_string);
        // An empty description takes away the one there is.
        let cleared = given(&was.description).map(|_| String::new());
        SecurityGroupRuleRequest::builder()
            .ip_protocol(protocol::normal(&self.ip_protocol))
            .set_from_port(port(self.from_port))
            .set_to_port(port(self.to_port))
            .set_cidr_ipv4(text(&self.cidr_ipv4))
            .set_cidr_ipv6(text(&self.cidr_ipv6))
            .set_prefix_list_id(text(&self.prefix_list_id))
            .set_referenced_group_id(text(&self.referenced_security_group_id))
            .set_description(text(&self.description).or(cleared))
            .build()
    }

    /// The rule as it is.
    pub(super) fn merged(self, it: &types::SecurityGroupRule, arn: Option<String>) -> GroupRule {
        let told = it.ip_protocol().unwrap_or(protocol::ALL);
        let named = protocol::normal(told);
        let same_protocol = protocol::normal(&self.ip_protocol) == named;
        // Protocols without ports are told with -1; what is configured stays.
        let port = |told: Option<i32>, known: Option<i64>| match told {
            Some(-1) | None if known.is_none() => None,
            _ if same_protocol && !protocol::has_ports(&named) => known,
            told => told.map(i64::from),
        };
        let some = |it: Option<&str>| it.filter(|it| !it.is_empty()).map(str::to_string);
        GroupRule {
            security_group_id: it.group_id.clone().unwrap_or_default(),
            from_port: port(it.from_port, self.from_port),
            to_port: port(it.to_port, self.to_port),
            cidr_ipv4: some(it.cidr_ipv4()),
            cidr_ipv6: some(it.cidr_ipv6()),
            prefix_list_id: some(it.prefix_list_id()),
            referenced_security_group_id: self.referenced(it),
            description: some(it.description()),
            tags_all: tags(it.tags.as_deref()),
            arn,
            security_group_rule_id: it.security_group_rule_id.clone(),
            ip_protocol: if same_protocol { self.ip_protocol } else { named },
            ..self
        }
    }

    /// The group at the other end: by its id alone in the same account, as known, or with its account.
    fn referenced(&self, it: &types::SecurityGroupRule) -> Option<String> {
        let group = it.referenced_group_info.as_ref()?;
        let id = group.group_id()?;
        let known = given(&self.referenced_security_group_id);
        if let Some(known) = known.filter(|it| it.rsplit('/').next() == Some(id)) {
            return Some(known.to_string());
        }
        match group.user_id() {
            Some(owner) if Some(owner) != it.group_owner_id() => Some(format!("{owner}/{id}")),
            _ => Some(id.to_string()),
        }
    }
}

/// A rule cannot get another kind of other end.
pub(super) fn plan(proposal: &mut Proposal<'_>) {
    let Some(prior) = proposal.prior else { return };
    let absent = |it: Value| it.is_null() || it.as_str() == Some("");
    let turned = |name: &&&str| absent(prior.get(name)) != absent(proposal.value.get(name));
    let turned: Vec<&str> = PEERS.iter().filter(turned).copied().collect();
    for name in turned {
        proposal.replace_because(name);
    }
}

/// Ports that are missing or have no meaning.
pub(super) fn validate(configuration: &Value) -> Vec<(Path, String)> {
    let Some(protocol) = configuration.get("ip_protocol").as_str().map(protocol::normal) else {
        return Vec::new();
    };
    let names = ["from_port", "to_port"];
    let needed = ["tcp", "udp", "icmp"].contains(&protocol.as_str());
    let check = |name: &str| {
        let port = configuration.get(name);
        let number = port.as_number().and_then(|it| it.as_i64());
        if needed && port.is_null() {
            return Some(format!("Rules for {protocol} need {name}."));
        }
        let given = protocol == protocol::ALL && number.is_some_and(|it| it != -1);
        given.then(|| format!("With the protocol -1, all ports are meant: leave {name} out."))
    };
    let mut wrong: Vec<(Path, String)> =
        names.iter().filter_map(|name| Some((Path::attribute(name), check(name)?))).collect();
    let port = |name: &str| configuration.get(name).as_number().and_then(|it| it.as_i64());
    if let (Some(from), Some(to)) = (port("from_port"), port("to_port"))
        && ["tcp", "udp"].contains(&protocol.as_str())
        && from > to
    {
        let why = format!("from_port ({from}) is behind to_port ({to}).");
        wrong.push((Path::attribute("from_port"), why));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::{GroupRule, plan, types, validate};
    use crate::aws::resource::Proposal;
    use crate::schema::FieldType as _;

    fn rule() -> GroupRule {
        GroupRule {
            security_group_id: "sg-1".into(),
            ip_protocol: "6".into(),
            from_port: Some(80),
            to_port: Some(80),
            cidr_ipv4: Some("10.0.0.0/8".into()),
            ..GroupRule::blank()
        }
    }

    fn told() -> types::builders::SecurityGroupRuleBuilder {
        types::SecurityGroupRule::builder().group_id("sg-1").group_owner_id("1")
    }

    #[test]
    fn a_protocol_stays_as_it_is_written() {
        let told = told().ip_protocol("tcp").from_port(80).to_port(81).cidr_ipv4("10.0.0.0/8");
        let now = rule().merged(&told.build(), None);
        assert_eq!((now.ip_protocol.as_str(), now.to_port), ("6", Some(81)));
        assert_eq!(now.description, None);
    }

    #[test]
    fn absent_ports_stay_absent() {
        let prior =
            GroupRule { ip_protocol: "-1".into(), from_port: None, to_port: None, ..rule() };
        let told = told().ip_protocol("-1").from_port(-1).to_port(-1).cidr_ipv4("10.0.0.0/8");
        assert_eq!(prior.clone().merged(&told.build(), None).from_port, None);
        assert!(prior.permission().is_ok());
    }

    #[test]
    fn a_group_of_another_account_is_told_with_it() {
        let told = |owner: &str| {
            let group = types::ReferencedSecurityGroup::builder().group_id("sg-2").user_id(owner);
            told().referenced_group_info(group.build()).build()
        };
        let read = |owner: &str| rule().referenced(&told(owner));
        assert_eq!(read("1").as_deref(), Some("sg-2"));
        assert_eq!(read("2").as_deref(), Some("2/sg-2"));
        let known = Some("1/sg-2".to_string());
        let prior = GroupRule { referenced_security_group_id: known.clone(), ..rule() };
        assert_eq!(prior.referenced(&told("1")), known);
    }

    #[test]
    fn another_kind_of_other_end_replaces_the_rule() {
        let replaced = |now: GroupRule| {
            let (prior, value) = (rule().encode(), now.encode());
            let configuration = value.clone();
            let mut proposal = Proposal {
                prior: Some(&prior),
                configuration: &configuration,
                value,
                replace: Vec::new(),
            };
            plan(&mut proposal);
            proposal.replace.len()
        };
        assert_eq!(replaced(GroupRule { cidr_ipv4: Some("11.0.0.0/8".into()), ..rule() }), 0);
        let list = Some("pl-1".to_string());
        assert_eq!(replaced(GroupRule { cidr_ipv4: None, prefix_list_id: list, ..rule() }), 2);
    }

    #[test]
    fn ports_are_needed_or_meaningless() {
        let wrong = |protocol: &str, from: Option<i64>| {
            let value = GroupRule { ip_protocol: protocol.into(), from_port: from, ..rule() };
            validate(&value.encode()).into_iter().map(|it| it.0.to_string()).collect::<Vec<_>>()
        };
        assert!(wrong("tcp", Some(80)).is_empty());
        assert_eq!(wrong("tcp", None), ["from_port"]);
        assert_eq!(wrong("-1", None), ["to_port"]);
        assert_eq!(wrong("tcp", Some(443)), ["from_port"]);
    }
}
