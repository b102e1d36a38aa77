use std::collections::BTreeSet;

use super::inline::{normal, permissions, told, validate};
use super::{Rule, SecurityGroup, check_name, check_prefix, prefix_of};
use crate::aws::ec2::permission::{Peer, Permission, Ports};
use crate::aws::resource::{Proposal, Resource as _};
use crate::schema::FieldType as _;
use crate::value::{Type, Value};

fn rule(port: i64, ranges: &[&str]) -> Rule {
    Rule {
        from_port: port,
        to_port: port,
        protocol: "tcp".into(),
        cidr_blocks: ranges.iter().map(|it| (*it).to_string()).collect(),
        ..Rule::blank()
    }
}

fn kept(port: i64, range: &str) -> Permission {
    Permission::new(&Ports::new("tcp", port, port), (Peer::Ipv4(range.into()), None))
}

#[test]
fn rules_stay_as_written_while_aws_keeps_all_of_them() {
    let written =
        BTreeSet::from([rule(80, &["11.0.0.0/8", "10.0.0.0/8"]), rule(443, &["10.0.0.0/8"])]);
    let mut aws = permissions(&written, "sg-1");
    aws.reverse();
    assert_eq!(told(&written, &aws, "sg-1", "1"), written);
}

#[test]
fn what_was_taken_away_or_added_shows() {
    let written = BTreeSet::from([rule(80, &["11.0.0.0/8", "10.0.0.0/8"])]);
    let aws = [kept(80, "10.0.0.0/8"), kept(22, "0.0.0.0/0")];
    let now = told(&written, &aws, "sg-1", "1");
    assert_eq!(now, BTreeSet::from([rule(80, &["10.0.0.0/8"]), rule(22, &["0.0.0.0/0"])]));
}

#[test]
fn groups_are_told_by_account_when_it_is_another() {
    let pair = |id: &str, owner: &str| {
        let peer = (Peer::Group(id.into()), Some(owner.to_string()));
        Permission::new(&Ports::new("-1", 0, 0), peer)
    };
    let aws = [pair("sg-1", "1"), pair("sg-2", "1"), pair("sg-3", "2")];
    let now = told(&BTreeSet::new(), &aws, "sg-1", "1");
    let [only] = now.iter().collect::<Vec<_>>()[..] else { panic!("one rule, found {now:?}") };
    assert!(only.itself && only.protocol == "-1" && only.from_port == 0);
    assert!(only.security_groups.iter().eq(["2/sg-3", "sg-2"]));
}

#[test]
fn protocols_are_planned_as_aws_tells_them() {
    let one = Value::object([("protocol", Value::string("6"))]);
    let rules = normal(Value::set(one.ty(), [one.clone()]), &Value::NULL);
    assert_eq!(rules.items().unwrap()[0].get("protocol"), Value::string("tcp"));
    let unknown = Value::unknown(Type::set(Type::Any));
    assert_eq!(normal(unknown.clone(), &Value::NULL), unknown);
}

#[test]
fn the_order_of_ranges_does_not_matter() {
    let set = |ranges: &[&str]| BTreeSet::from([rule(80, ranges)]).encode();
    let before = set(&["10.0.0.0/8", "11.0.0.0/8"]);
    assert_eq!(normal(set(&["11.0.0.0/8", "10.0.0.0/8"]), &before), before);
    let other = set(&["11.0.0.0/8", "12.0.0.0/8"]);
    assert_eq!(normal(other.clone(), &before), other);
}

#[test]
fn ports_that_aws_would_ignore_are_refused() {
    let wrong = |protocol: &str, from: i64, to: i64| {
        let rule = Value::object([
            ("protocol", Value::string(protocol)),
            ("from_port", Value::number(from)),
            ("to_port", Value::number(to)),
        ]);
        validate("ingress", &Value::tuple([rule])).len()
    };
    assert_eq!(wrong("-1", 0, 0), 0);
    assert_eq!(wrong("all", 0, 65535), 1);
    assert_eq!(wrong("tcp", 443, 80), 1);
    assert_eq!(wrong("icmp", 8, 0), 0);
}

#[test]
fn made_up_names_tell_their_prefix() {
    let token = "0123456789abcdef0123456789abcdef";
    let named = |name: Option<&str>, prefix: Option<&str>| {
        let text = |it: Option<&str>| it.map(str::to_string);
        let group =
            SecurityGroup { name: text(name), name_prefix: text(prefix), ..SecurityGroup::blank() };
        group.made_name(token)
    };
    assert_eq!(named(Some("web"), None), "web");
    assert_eq!(named(None, Some("web-")), "web-0123456789abcdef0123456789");
    assert_eq!(prefix_of(&named(None, Some("web-"))), "web-");
    assert_eq!(prefix_of(&named(None, None)), "terraform-");
    assert_eq!(prefix_of("web"), "");
}

#[test]
fn a_new_group_without_rules_lets_nothing_out() {
    let value = SecurityGroup::blank().encode();
    let unknown = Value::unknown(value.get("egress").ty());
    let planned = |prior: Option<&Value>| {
        let mut proposal = Proposal {
            prior,
            configuration: &Value::NULL,
            value: value.clone().with("egress", unknown.clone()),
            replace: Vec::new(),
        };
        SecurityGroup::plan(&mut proposal).unwrap();
        proposal.value.get("egress")
    };
    assert_eq!(planned(None).items(), Some(&[][..]));
    assert_eq!(planned(Some(&value)), unknown);
}

#[test]
fn names_are_those_that_ec2_takes() {
    let name = |it: &str| check_name(&Value::string(it));
    assert!(name("web (blue)").is_ok() && name("sgx").is_ok() && name("").is_ok());
    assert!(name("sg-web").unwrap_err().contains("sg-"));
    assert!(name("default").is_err());
    assert!(name("web?").unwrap_err().contains('?'));
    assert!(name(&"x".repeat(255)).is_ok() && name(&"x".repeat(256)).is_err());
    assert!(check_prefix(&Value::string("x".repeat(229))).is_ok());
    assert!(check_prefix(&Value::string("x".repeat(230))).is_err());
}
