//! The life of the network types, on both worlds.

use terrace::plan::Action;
use terrace::value::Value;

use crate::support::engine::Engine;
use crate::support::moto::Moto;
use crate::support::stack::on_both_worlds;
use crate::support::terrace::Terrace;

fn text(it: &str) -> Value {
    Value::string(it)
}

fn texts<const N: usize>(items: [&str; N]) -> Value {
    Value::tuple(items.map(text))
}

fn number(it: i64) -> Value {
    Value::number(it)
}

fn name(it: &str) -> Value {
    Value::object([("Name", text(it))])
}

fn id(object: &Value) -> Value {
    object.get("id")
}

fn id_text(object: &Value) -> String {
    object.get("id").as_str().unwrap().to_string()
}

/// A VPC with a subnet, for what lives in one.
async fn network(aws: &Engine) -> (Value, Value) {
    let vpc = aws.create("aws_vpc", &[("cidr_block", text("10.0.0.0/16"))]).await;
    let range = ("cidr_block", text("10.0.1.0/24"));
    let subnet = aws.create("aws_subnet", &[("vpc_id", id(&vpc)), range]).await;
    (vpc, subnet)
}

async fn vpcs_and_subnets(aws: &Engine) {
    let range = || ("cidr_block", text("10.0.0.0/16"));
    let named = ("enable_dns_hostnames", Value::Bool(true));
    let vpc = aws.create("aws_vpc", &[range(), named, ("tags", name("a"))]).await;
    for made in ["default_network_acl_id", "default_security_group_id", "main_route_table_id"] {
        assert!(vpc.get(made).as_str().is_some(), "{made}");
    }
    aws.import("aws_vpc", &id_text(&vpc), &vpc).await;
    let off = |name: &'static str| (name, Value::Bool(false));
    let without = [range(), off("enable_dns_hostnames"), off("enable_dns_support")];
    let vpc = aws.change("aws_vpc", &vpc, &without).await;
    let (action, because) = aws.planned("aws_vpc", &vpc, &[("cidr_block", text("10.1.0.0/16"))]);
    assert_eq!((action, because), (Action::DestroyThenCreate, vec!["cidr_block".to_string()]));

    let fields = || [("vpc_id", id(&vpc)), ("cidr_block", text("10.0.1.0/24"))];
    let public = [("map_public_ip_on_launch", Value::Bool(true)), ("tags", name("a"))];
    let subnet = aws.create("aws_subnet", &[&fields()[..], &public[..]].concat()).await;
    aws.import("aws_subnet", &id_text(&subnet), &subnet).await;
    let subnet = aws.change("aws_subnet", &subnet, &fields()).await;
    assert_eq!(subnet.get("map_public_ip_on_launch"), Value::Bool(false));
    aws.delete("aws_subnet", &subnet).await;
    aws.delete("aws_vpc", &vpc).await;
}

async fn gateways(aws: &Engine) {
    let (vpc, subnet) = network(aws).await;
    let attached = [("vpc_id", id(&vpc)), ("tags", name("a"))];
    let gateway = aws.create("aws_internet_gateway", &attached).await;
    aws.import("aws_internet_gateway", &id_text(&gateway), &gateway).await;
    let address = aws.create("aws_eip", &[("domain", text("vpc")), ("tags", name("a"))]).await;
    aws.import("aws_eip", &id_text(&address), &address).await;
    let fields = |tag: &str| {
        [("subnet_id", id(&subnet)), ("allocation_id", id(&address)), ("tags", name(tag))]
    };
    let nat = aws.create("aws_nat_gateway", &fields("a")).await;
    assert_eq!(nat.get("public_ip"), address.get("public_ip"));
    aws.import("aws_nat_gateway", &id_text(&nat), &nat).await;
    let nat = aws.change("aws_nat_gateway", &nat, &fields("b")).await;
    aws.delete("aws_nat_gateway", &nat).await;
    aws.delete("aws_eip", &address).await;
    aws.delete("aws_internet_gateway", &gateway).await;
    aws.delete("aws_subnet", &subnet).await;
    aws.delete("aws_vpc", &vpc).await;
}

async fn routes(aws: &Engine) {
    let (vpc, subnet) = network(aws).await;
    let gateway = aws.create("aws_internet_gateway", &[("vpc_id", id(&vpc))]).await;
    let private = [("connectivity_type", text("private")), ("subnet_id", id(&subnet))];
    let nat = aws.create("aws_nat_gateway", &private).await;
    let table = tables(aws, &vpc, &gateway, &nat).await;

    let to = || ("destination_cidr_block", text("0.0.0.0/0"));
    let of = || ("route_table_id", id(&table));
    let route = aws.create("aws_route", &[of(), to(), ("nat_gateway_id", id(&nat))]).await;
    aws.import("aws_route", &format!("{}_0.0.0.0/0", id_text(&table)), &route).await;
    let through = ("gateway_id", id(&gateway));
    let route = aws.change("aws_route", &route, &[of(), to(), through]).await;
    assert_eq!(route.get("nat_gateway_id"), text(""));

    let other = aws.create("aws_route_table", &[("vpc_id", id(&vpc))]).await;
    let with = || ("subnet_id", id(&subnet));
    let association = aws.create("aws_route_table_association", &[of(), with()]).await;
    let both = format!("{}/{}", id_text(&subnet), id_text(&table));
    aws.import("aws_route_table_association", &both, &association).await;
    let of_other = ("route_table_id", id(&other));
    let association =
        aws.change("aws_route_table_association", &association, &[of_other, with()]).await;
    for (kind, object) in [
        ("aws_route_table_association", &association),
        ("aws_route", &route),
        ("aws_route_table", &table),
        ("aws_route_table", &other),
        ("aws_nat_gateway", &nat),
        ("aws_internet_gateway", &gateway),
        ("aws_subnet", &subnet),
        ("aws_vpc", &vpc),
    ] {
        aws.delete(kind, object).await;
    }
}

/// A route table with routes in it that are changed and taken away.
async fn tables(aws: &Engine, vpc: &Value, gateway: &Value, nat: &Value) -> Value {
    let of = || ("vpc_id", id(vpc));
    let route = |to: &str, kind: &'static str, via: &Value| {
        Value::object([("cidr_block", text(to)), (kind, id(via))])
    };
    let one = Value::tuple([route("0.0.0.0/0", "gateway_id", gateway)]);
    let table = aws.create("aws_route_table", &[of(), ("route", one)]).await;
    aws.import("aws_route_table", &id_text(&table), &table).await;
    let two = Value::tuple([
        route("0.0.0.0/0", "nat_gateway_id", nat),
        route("10.9.0.0/16", "gateway_id", gateway),
    ]);
    let table = aws.change("aws_route_table", &table, &[of(), ("route", two)]).await;
    assert_eq!(table.get("route").items().unwrap().len(), 2);
    aws.change("aws_route_table", &table, &[of(), ("route", texts([]))]).await
}

/// A rule inside a security group.
fn inside(port: i64, protocol: &str, ranges: Value) -> Value {
    Value::object([
        ("from_port", number(port)),
        ("to_port", number(port)),
        ("protocol", text(protocol)),
        ("cidr_blocks", ranges),
    ])
}

async fn groups(aws: &Engine) {
    let (vpc, subnet) = network(aws).await;
    let of = || ("vpc_id", id(&vpc));
    let bare = aws.create("aws_security_group", &[of(), ("name_prefix", text("bare-"))]).await;
    assert_eq!(bare.get("egress").items(), Some(&[][..]), "nothing goes out of a new group");
    let web = |ranges: Value| {
        let own = inside(443, "tcp", texts(["10.0.0.0/8"])).with("self", Value::Bool(true));
        ("ingress", Value::tuple([inside(80, "6", ranges), own]))
    };
    let all = ("egress", Value::tuple([inside(0, "-1", texts(["0.0.0.0/0"]))]));
    let named = || ("name", text("web"));
    let both = texts(["11.0.0.0/8", "10.0.0.0/8"]);
    let group = aws.create("aws_security_group", &[of(), named(), web(both), all]).await;
    let turned = texts(["10.0.0.0/8", "11.0.0.0/8"]);
    let (action, _) = aws.planned("aws_security_group", &group, &[of(), named(), web(turned)]);
    assert_eq!(action, Action::Nothing, "the order of ranges and what is not configured");
    let fewer = [of(), named(), web(texts(["12.0.0.0/8"])), ("egress", texts([]))];
    let group = aws.change("aws_security_group", &group, &fewer).await;
    single_rules(aws, &bare, &group).await;
    grouped_rules(aws, &bare, &group).await;
    aws.delete("aws_security_group", &group).await;
    aws.delete("aws_security_group", &bare).await;
    aws.delete("aws_subnet", &subnet).await;
    aws.delete("aws_vpc", &vpc).await;
}

async fn single_rules(aws: &Engine, bare: &Value, group: &Value) {
    let (ingress, egress) =
        ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule");
    let rule = |port: i64, why: Value, tag: &str| {
        [
            ("security_group_id", id(bare)),
            ("ip_protocol", text("tcp")),
            ("from_port", number(port)),
            ("to_port", number(port)),
            ("cidr_ipv4", text("10.0.0.0/8")),
            ("description", why),
            ("tags", name(tag)),
        ]
    };
    let clients = aws.create(ingress, &rule(443, text("Clients"), "a")).await;
    aws.import(ingress, &id_text(&clients), &clients).await;
    let clients = aws.change(ingress, &clients, &rule(444, Value::NULL, "b")).await;
    assert!(clients.get("description").is_null());
    let all = |(peer, it): (&'static str, Value)| {
        [("security_group_id", id(bare)), ("ip_protocol", text("-1")), (peer, it)]
    };
    let out = aws.create(egress, &all(("referenced_security_group_id", id(group)))).await;
    let (action, because) = aws.planned(egress, &out, &all(("cidr_ipv6", text("::/0"))));
    assert_eq!(action, Action::DestroyThenCreate);
    assert_eq!(because, ["cidr_ipv6", "referenced_security_group_id"]);
    aws.delete(egress, &out).await;
    aws.delete(ingress, &clients).await;
}

async fn grouped_rules(aws: &Engine, bare: &Value, group: &Value) {
    let kind = "aws_security_group_rule";
    let rule = |way: &str, protocol: &str, port: i64, peer: (&'static str, Value)| {
        [
            ("security_group_id", id(bare)),
            ("type", text(way)),
            ("protocol", text(protocol)),
            ("from_port", number(port)),
            ("to_port", number(port)),
            peer,
        ]
    };
    let ranges = || ("cidr_blocks", texts(["10.0.0.0/8", "12.0.0.0/8"]));
    let why = |it: &str| [("description", text(it))];
    let first = [&rule("ingress", "tcp", 80, ranges())[..], &why("a")[..]].concat();
    let web = aws.create(kind, &first).await;
    let import = format!("{}_ingress_tcp_80_80_10.0.0.0/8_12.0.0.0/8", id_text(bare));
    aws.import(kind, &import, &web).await;
    let second = [&rule("ingress", "6", 80, ranges())[..], &why("b")[..]].concat();
    let web = aws.change(kind, &web, &second).await;
    let own = aws.create(kind, &rule("egress", "-1", 0, ("self", Value::Bool(true)))).await;
    let peer = ("source_security_group_id", id(group));
    let names = aws.create(kind, &rule("ingress", "udp", 53, peer)).await;
    assert!(names.get("security_group_rule_id").as_str().is_some());
    for object in [&web, &own, &names] {
        aws.delete(kind, object).await;
    }
}

on_both_worlds!(vpcs_and_subnets, gateways, routes, groups);
