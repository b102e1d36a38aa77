use aws_sdk_ec2::types;

use super::{Direction, Peer, SecurityGroupRule};
use crate::aws::resource::{Proposal, Resource as _};
use crate::aws::testing::{Answer, Fake};
use crate::schema::FieldType as _;
use crate::value::Value;

fn parsed(id: &str) -> SecurityGroupRule {
    SecurityGroupRule::import(id).unwrap()
}

fn told(range: &str, description: &str) -> types::SecurityGroupRule {
    let rule = types::SecurityGroupRule::builder().group_id("sg-1").security_group_rule_id("sgr-1");
    let rule = rule.is_egress(false).ip_protocol("tcp").from_port(80).to_port(80);
    rule.cidr_ipv4(range).description(description).build()
}

#[test]
fn import_ids_name_all_that_a_rule_is() {
    let rule =
        parsed("sg-09a093729ef9382a6_ingress_tcp_8000_8001_10.0.3.0/24_2001:db8::/48_10.0.4.0/24");
    assert_eq!(rule.cidr_blocks.as_deref().unwrap(), ["10.0.3.0/24", "10.0.4.0/24"]);
    assert_eq!(rule.ipv6_cidr_blocks.as_deref().unwrap(), ["2001:db8::/48"]);
    assert_eq!((rule.from_port, rule.to_port), (8000, 8001));
    let rule = parsed("sg-1_egress_all_0_65536_sg-2");
    assert_eq!((rule.protocol.as_str(), rule.from_port, rule.to_port), ("-1", 0, 0));
    assert_eq!(rule.direction(), Direction::Egress);
    assert_eq!(rule.permissions()[0].peer, Peer::Group("sg-2".into()));
    assert!(parsed("sg-1_ingress_icmp_8_0_self").itself);
    assert_eq!(parsed("sg-1_egress_tcp_1_2_pl-34800000").prefix_list_ids.unwrap().len(), 1);
}

#[test]
fn wrong_import_ids_say_why() {
    let why = |id: &str| SecurityGroupRule::import(id).unwrap_err().message;
    assert!(why("sg-1_ingress_tcp_80_80").contains("no source"));
    assert!(why("sg-1_ingress_tcp_80").contains("too few parts"));
    assert!(why("web_ingress_tcp_80_80_self").contains("`web` is no security group"));
    assert!(why("sg-1_both_tcp_80_80_self").contains("`both` is neither"));
    assert!(why("sg-1_ingress_http_80_80_self").contains("`http` is no protocol"));
    assert!(why("sg-1_ingress_tcp_81_80_self").contains("port 81 is behind port 80"));
    assert!(why("sg-1_ingress_tcp_80_80_office").contains("`office` is no range"));
}

#[test]
fn ids_are_those_of_the_aws_provider() {
    // From the tests of the AWS provider for `SecurityGroupRuleCreateID`.
    let ingress = SecurityGroupRule {
        security_group_id: "sg-12345678".into(),
        kind: "ingress".into(),
        protocol: "tcp".into(),
        from_port: 80,
        to_port: 8000,
        cidr_blocks: Some(vec!["10.0.0.0/8".into()]),
        ..SecurityGroupRule::blank()
    };
    assert!(ingress.made_id().starts_with("sgrule-"));
    let egress = SecurityGroupRule { kind: "egress".into(), ..ingress.clone() };
    assert_ne!(ingress.made_id(), egress.made_id());
    let swapped = |a: &str, b: &str| {
        let ranges = Some(vec![a.to_string(), b.to_string()]);
        SecurityGroupRule { cidr_blocks: ranges, ..ingress.clone() }.made_id()
    };
    assert_eq!(swapped("10.0.0.0/8", "11.0.0.0/8"), swapped("11.0.0.0/8", "10.0.0.0/8"));
}

#[test]
fn a_rule_is_there_when_all_of_it_is() {
    let rule = parsed("sg-1_ingress_tcp_80_80_10.0.0.0/8_11.0.0.0/8");
    let both = [told("10.0.0.0/8", "web"), told("11.0.0.0/8", "web")];
    let now = rule.clone().merged(&both).unwrap();
    assert_eq!(now.description.as_deref(), Some("web"));
    assert_eq!(now.security_group_rule_id, None);
    assert!(rule.merged(&both[..1]).is_none());
    let one = parsed("sg-1_ingress_tcp_80_80_10.0.0.0/8").merged(&both).unwrap();
    assert_eq!(one.security_group_rule_id.as_deref(), Some("sgr-1"));
    assert!(parsed("sg-2_ingress_tcp_80_80_10.0.0.0/8").merged(&both).is_none());
    assert!(parsed("sg-1_egress_tcp_80_80_10.0.0.0/8").merged(&both).is_none());
}

#[test]
fn protocols_and_ports_are_planned_as_they_will_be() {
    let value = parsed("sg-1_ingress_6_0_65535_self").encode();
    let value = value.with("protocol", Value::string("ALL"));
    let mut proposal =
        Proposal { prior: None, configuration: &Value::NULL, value, replace: Vec::new() };
    SecurityGroupRule::plan(&mut proposal).unwrap();
    assert_eq!(proposal.value.get("protocol"), Value::string("-1"));
    assert_eq!(proposal.value.get("to_port"), Value::number(0_i64));
}

#[tokio::test(start_paused = true)]
async fn a_range_that_is_written_twice_is_one_rule() {
    let twice = parsed("sg-1_ingress_tcp_80_80_10.0.0.0/8_10.0.0.0/8");
    assert_eq!(twice.permissions().len(), 1);
    let group = "<groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>";
    let rule = "<fromPort>80</fromPort><toPort>80</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4>";
    let told = format!("<securityGroupRuleSet><item>{group}{rule}</item></securityGroupRuleSet>");
    let name = "DescribeSecurityGroupRulesResponse";
    let told = format!("<{name}>{told}</{name}>");
    let fake = Fake::new([Answer::ok(&told)]);
    let found = twice.find(&*fake.aws().await, "token").await.unwrap();
    assert_eq!(found, Some(twice.made_id()));
}
