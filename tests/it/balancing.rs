//! The life of the load balancing types, on both worlds.

use terrace::plan::Action;
use terrace::value::Value;

use crate::support::engine::Engine;
use crate::support::moto::Moto;
use crate::support::stack::{
    Network, block, flag, id, id_text, name, number, on_both_worlds, on_sandbox, text, texts,
    two_zones,
};
use crate::support::terrace::Terrace;

/// A change for which an object is replaced, and the fields because of which it is.
async fn replaced(aws: &Engine, kind: &str, was: &Value, fields: &[(&str, Value)], why: &[&str]) {
    let (action, because) = aws.planned(kind, was, fields);
    assert_eq!(action, Action::DestroyThenCreate, "{kind}");
    assert_eq!(because, why, "{kind}");
}

async fn load_balancers(aws: &Engine) {
    let network = two_zones(aws).await;
    let subnets = || ("subnets", texts(network.subnets.iter().map(String::as_str)));
    let groups = || ("security_groups", texts([network.group.as_str()]));
    let named = || ("name", text("web"));
    let settings = [
        ("client_keep_alive", number(7200)),
        ("desync_mitigation_mode", text("strictest")),
        ("drop_invalid_header_fields", flag(true)),
        ("enable_http2", flag(false)),
        ("enable_tls_version_and_cipher_suite_headers", flag(true)),
        ("enable_waf_fail_open", flag(true)),
        ("enable_xff_client_port", flag(true)),
        ("enable_zonal_shift", flag(true)),
        ("idle_timeout", number(120)),
        ("preserve_host_header", flag(true)),
        ("xff_header_processing_mode", text("preserve")),
        ("tags", name("a")),
    ];
    let fullest = [&[subnets(), groups(), named()][..], &settings[..]].concat();
    let balancer = aws.create("aws_lb", &fullest).await;
    assert!(balancer.get("dns_name").as_str().is_some());
    assert_eq!(balancer.get("vpc_id"), text(&network.vpc));
    aws.import("aws_lb", &id_text(&balancer), &balancer).await;

    let plain = [subnets(), groups(), named()];
    let balancer = aws.change("aws_lb", &balancer, &plain).await;
    let defaults =
        [("idle_timeout", number(60)), ("enable_http2", flag(true)), ("tags", Value::NULL)];
    for (field, default) in defaults.into_iter().filter(|(_, it)| !it.is_null()) {
        assert_eq!(balancer.get(field), default, "{field}");
    }
    for (field, value, why) in [
        ("name", text("other"), "name"),
        ("internal", flag(true), "internal"),
        ("load_balancer_type", text("network"), "load_balancer_type"),
    ] {
        let fields = [subnets(), groups(), named()].into_iter().filter(|(name, _)| *name != field);
        let fields: Vec<_> = fields.chain([(field, value)]).collect();
        replaced(aws, "aws_lb", &balancer, &fields, &[why]).await;
    }
    let third = network.subnet(aws, "c", "10.0.3.0/24").await;
    let all = texts(network.subnets.iter().map(String::as_str).chain([id_text(&third).as_str()]));
    let balancer = aws.change("aws_lb", &balancer, &[("subnets", all), groups(), named()]).await;
    assert_eq!(balancer.get("subnet_mapping").items().unwrap().len(), 3);
    let balancer = aws.change("aws_lb", &balancer, &plain).await;
    aws.delete("aws_lb", &balancer).await;
    aws.delete("aws_subnet", &third).await;
    network.delete(aws).await;
}

async fn network_load_balancers(aws: &Engine) {
    let network = two_zones(aws).await;
    let of_type = || ("load_balancer_type", text("network"));
    let internal = || ("internal", flag(true));
    let [first, second] = &network.subnets[..] else { panic!("two subnets") };
    let both = || ("subnets", texts([first.as_str(), second.as_str()]));
    let fields = [of_type(), internal(), both(), ("name_prefix", text("flow-"))];
    let crossing = ("enable_cross_zone_load_balancing", flag(true));
    let policy = ("dns_record_client_routing_policy", text("availability_zone_affinity"));
    // what only application load balancers have is kept as written, as the provider does
    let ignored = || ("idle_timeout", number(90));
    let fullest = [&fields[..], &[crossing, policy, ignored()]].concat();
    let balancer = aws.create("aws_lb", &fullest).await;
    assert!(balancer.get("name").as_str().unwrap().starts_with("flow-"));
    let balancer = aws.change("aws_lb", &balancer, &fields).await;
    assert_eq!(balancer.get("enable_cross_zone_load_balancing"), flag(false));
    let one = [of_type(), internal(), ("subnets", texts([first.as_str()]))];
    replaced(aws, "aws_lb", &balancer, &one, &["subnets"]).await;
    let grouped = [of_type(), internal(), both(), ("security_groups", texts([&*network.group]))];
    replaced(aws, "aws_lb", &balancer, &grouped, &["security_groups"]).await;
    aws.delete("aws_lb", &balancer).await;
    network.delete(aws).await;
}

async fn target_groups(aws: &Engine) {
    let network = two_zones(aws).await;
    let kind = "aws_lb_target_group";
    let fields = || {
        [
            ("name", text("web")),
            ("port", number(80)),
            ("protocol", text("HTTP")),
            ("vpc_id", text(&network.vpc)),
            ("target_type", text("ip")),
        ]
    };
    let bare = aws.create(kind, &fields()).await;
    aws.delete(kind, &bare).await;
    let check = |path: &str| {
        let check = [("path", text(path)), ("matcher", text("200-299")), ("interval", number(10))];
        ("health_check", block(check))
    };
    let sticky = [("type", text("lb_cookie")), ("cookie_duration", number(600))];
    let settings = [
        check("/health"),
        ("deregistration_delay", text("30")),
        ("load_balancing_algorithm_type", text("least_outstanding_requests")),
        ("slow_start", number(60)),
        ("stickiness", block(sticky)),
        ("tags", name("a")),
    ];
    let group = aws.create(kind, &[&fields()[..], &settings[..]].concat()).await;
    aws.import(kind, &id_text(&group), &group).await;
    let application = [
        ("type", text("app_cookie")),
        ("cookie_name", text("session")),
        ("cookie_duration", number(60)),
    ];
    let changed = [check("/alive"), ("stickiness", block(application)), ("slow_start", number(0))];
    let group = aws.change(kind, &group, &[&fields()[..], &changed[..]].concat()).await;
    assert_eq!(group.get("deregistration_delay"), text("300"), "back to the default");
    let algorithm = group.get("load_balancing_algorithm_type");
    assert_eq!(algorithm, text("least_outstanding_requests"), "kept, as the provider does");
    for (field, value) in [("port", number(81)), ("protocol", text("HTTPS"))] {
        let others = fields().into_iter().filter(|(name, _)| *name != field);
        let fields: Vec<_> = others.chain([(field, value)]).collect();
        replaced(aws, kind, &group, &fields, &[field]).await;
    }
    aws.delete(kind, &group).await;
    let function = [("name", text("function")), ("target_type", text("lambda"))];
    let several = [("lambda_multi_value_headers_enabled", flag(true))];
    let group = aws.create(kind, &[&function[..], &several[..]].concat()).await;
    let group = aws.change(kind, &group, &function).await;
    aws.delete(kind, &group).await;
    passed_over(aws, &network).await;
    network.delete(aws).await;
}

/// What groups of functions do not have may be written, and changes nothing.
async fn passed_over(aws: &Engine, network: &Network) {
    let kind = "aws_lb_target_group";
    let written = |port: i64, protocol: &str| {
        vec![
            ("name", text("function")),
            ("target_type", text("lambda")),
            ("port", number(port)),
            ("protocol", text(protocol)),
            ("protocol_version", text("HTTP1")),
            ("vpc_id", text(&network.vpc)),
            ("stickiness", block([("type", text("lb_cookie"))])),
            (
                "target_failover",
                block([
                    ("on_deregistration", text("rebalance")),
                    ("on_unhealthy", text("rebalance")),
                ]),
            ),
            (
                "health_check",
                block([
                    ("path", text("/")),
                    ("port", text(&port.to_string())),
                    ("protocol", text(protocol)),
                ]),
            ),
        ]
    };
    let group = aws.create(kind, &written(80, "HTTP")).await;
    let (action, because) = aws.planned(kind, &group, &written(81, "HTTPS"));
    assert_eq!((action, because), (Action::Nothing, Vec::new()));
    let over_tcp =
        [("target_type", text("lambda")), ("health_check", block([("protocol", text("TCP"))]))];
    assert!(aws.refused(kind, &over_tcp)[0].contains("TCP"));
    aws.delete(kind, &group).await;
    let version = [
        ("port", number(80)),
        ("protocol", text("TCP")),
        ("protocol_version", text("HTTP1")),
        ("vpc_id", text(&network.vpc)),
    ];
    let group = aws.create(kind, &version).await;
    aws.delete(kind, &group).await;
}

/// A load balancer with two target groups, for listeners and rules.
struct Front {
    network: Network,
    balancer: Value,
    groups: [Value; 2],
}

async fn front(aws: &Engine) -> Front {
    let network = two_zones(aws).await;
    let subnets = ("subnets", texts(network.subnets.iter().map(String::as_str)));
    let groups = ("security_groups", texts([network.group.as_str()]));
    let balancer = aws.create("aws_lb", &[("name", text("web")), subnets, groups]).await;
    let fields = |name: &str| {
        [
            ("name", text(name)),
            ("port", number(80)),
            ("protocol", text("HTTP")),
            ("vpc_id", text(&network.vpc)),
        ]
    };
    let blue = aws.create("aws_lb_target_group", &fields("blue")).await;
    let green = aws.create("aws_lb_target_group", &fields("green")).await;
    Front { network, balancer, groups: [blue, green] }
}

impl Front {
    async fn delete(self, aws: &Engine) {
        aws.delete("aws_lb", &self.balancer).await;
        for group in &self.groups {
            aws.delete("aws_lb_target_group", group).await;
        }
        self.network.delete(aws).await;
    }

    fn forward(&self) -> Value {
        Value::object([("type", text("forward")), ("target_group_arn", id(&self.groups[0]))])
    }

    fn weighted(&self) -> Value {
        let group = |at: usize, weight: i64| {
            Value::object([("arn", id(&self.groups[at])), ("weight", number(weight))])
        };
        let groups = Value::tuple([group(0, 90), group(1, 10)]);
        let sticky = block([("duration", number(600)), ("enabled", flag(true))]);
        let forward = block([("target_group", groups), ("stickiness", sticky)]);
        Value::object([("type", text("forward")), ("forward", forward)])
    }
}

fn actions<const N: usize>(actions: [Value; N]) -> Value {
    Value::tuple(actions)
}

fn redirect() -> Value {
    let to =
        [("port", text("443")), ("protocol", text("HTTPS")), ("status_code", text("HTTP_301"))];
    Value::object([("type", text("redirect")), ("redirect", block(to))])
}

fn fixed(body: &str) -> Value {
    let answer = [
        ("content_type", text("text/plain")),
        ("message_body", text(body)),
        ("status_code", text("404")),
    ];
    Value::object([("type", text("fixed-response")), ("fixed_response", block(answer))])
}

async fn listeners(aws: &Engine) {
    let front = front(aws).await;
    let kind = "aws_lb_listener";
    let fields = |port: i64, action: Value| {
        let of = ("load_balancer_arn", id(&front.balancer));
        [of, ("port", number(port)), ("default_action", actions([action]))]
    };
    let tagged =
        |fields: &[(&'static str, Value)], tag: &str| [fields, &[("tags", name(tag))]].concat();
    let listener = aws.create(kind, &tagged(&fields(80, front.forward()), "a")).await;
    assert_eq!(listener.get("protocol"), text("HTTP"));
    aws.import(kind, &id_text(&listener), &listener).await;
    let listener = aws.change(kind, &listener, &tagged(&fields(8080, redirect()), "b")).await;
    let listener = aws.change(kind, &listener, &fields(8080, front.weighted())).await;
    aws.import(kind, &id_text(&listener), &listener).await;
    let listener = aws.change(kind, &listener, &fields(8080, fixed("nobody here"))).await;
    let elsewhere = id_text(&front.balancer).replace("/web/", "/other/");
    let moved = [&[("load_balancer_arn", text(&elsewhere))][..], &fields(8080, redirect())[1..]];
    replaced(aws, kind, &listener, &moved.concat(), &["load_balancer_arn"]).await;
    aws.delete(kind, &listener).await;
    front.delete(aws).await;
}

fn values(name: &'static str, values: &[&str]) -> Value {
    Value::object([(name, block([("values", texts(values.iter().copied()))]))])
}

async fn listener_rules(aws: &Engine) {
    let front = front(aws).await;
    let of = ("load_balancer_arn", id(&front.balancer));
    let answer = ("default_action", actions([fixed("nobody here")]));
    let listener = aws.create("aws_lb_listener", &[of, ("port", number(80)), answer]).await;
    let kind = "aws_lb_listener_rule";
    let fields = |priority: Value, action: Value, conditions: &[Value]| {
        [
            ("listener_arn", id(&listener)),
            ("priority", priority),
            ("action", actions([action])),
            ("condition", Value::tuple(conditions.iter().cloned())),
        ]
    };
    let header = [("http_header_name", text("X-Test")), ("values", texts(["on", "yes"]))];
    let pair = |key: Value, value: &str| Value::object([("key", key), ("value", text(value))]);
    let pairs = Value::tuple([pair(text("a"), "1"), pair(Value::NULL, "b")]);
    let conditions = [
        values("host_header", &["a.example.com", "b.example.com"]),
        values("path_pattern", &["/a/*"]),
        values("http_request_method", &["GET", "HEAD"]),
        values("source_ip", &["10.0.0.0/8"]),
        Value::object([("http_header", block(header))]),
        Value::object([("query_string", pairs)]),
    ];
    let fullest = fields(number(10), front.weighted(), &conditions);
    let rule = aws.create(kind, &[&fullest[..], &[("tags", name("a"))]].concat()).await;
    aws.import(kind, &id_text(&rule), &rule).await;
    let fewer = fields(number(20), front.forward(), &conditions[..1]);
    let rule = aws.change(kind, &rule, &fewer).await;
    let last = aws.create(kind, &fields(Value::NULL, redirect(), &conditions[1..2])).await;
    assert_eq!(last.get("priority"), number(21), "after all others");
    let elsewhere = id_text(&listener).replace("/web/", "/other/");
    let moved = [&[("listener_arn", text(&elsewhere))][..], &fewer[1..]].concat();
    replaced(aws, kind, &rule, &moved, &["listener_arn"]).await;
    aws.delete(kind, &last).await;
    aws.delete(kind, &rule).await;
    aws.delete("aws_lb_listener", &listener).await;
    front.delete(aws).await;
}

on_both_worlds!(load_balancers, network_load_balancers, target_groups, listeners, listener_rules);

/// moto has no logs, no capacity and no pools of addresses.
async fn logs_capacity_and_pools(aws: &Engine) {
    let network = two_zones(aws).await;
    let subnets = ("subnets", texts(network.subnets.iter().map(String::as_str)));
    let plain = [subnets, ("name", text("web"))];
    let logs = |enabled: bool| {
        let bucket = ("bucket", text("logs"));
        block([bucket, ("prefix", text("web")), ("enabled", flag(enabled))])
    };
    let capacity = |units: i64| block([("capacity_units", number(units))]);
    let pool = |id: &str| block([("ipv4_ipam_pool_id", text(id))]);
    let with = |fields: &[(&'static str, Value)]| [&plain[..], fields].concat();
    let fullest = with(&[
        ("access_logs", logs(true)),
        ("connection_logs", logs(true)),
        ("health_check_logs", logs(false)),
        ("minimum_load_balancer_capacity", capacity(100)),
        ("ipam_pools", pool("ipam-pool-1")),
    ]);
    let balancer = aws.create("aws_lb", &fullest).await;
    let changed = with(&[
        ("access_logs", logs(false)),
        ("minimum_load_balancer_capacity", capacity(200)),
        ("ipam_pools", pool("ipam-pool-2")),
    ]);
    let balancer = aws.change("aws_lb", &balancer, &changed).await;
    let enabled = |field: &str| balancer.get(field).items().unwrap()[0].get("enabled");
    assert_eq!(enabled("access_logs"), flag(false));
    assert_eq!(enabled("connection_logs"), flag(true), "a block that is gone changes nothing");
    let balancer = aws.change("aws_lb", &balancer, &plain).await;
    assert_eq!(balancer.get("ipam_pools").items(), Some(&[][..]));
    aws.delete("aws_lb", &balancer).await;
    network.delete(aws).await;
}

/// moto forgets the addresses of load balancers.
async fn subnets_with_addresses(aws: &Engine) {
    let network = two_zones(aws).await;
    let address = aws.create("aws_eip", &[("domain", text("vpc"))]).await;
    let mapping = |at: usize, address: Option<&Value>| {
        let subnet = ("subnet_id", text(&network.subnets[at]));
        Value::object([subnet, ("allocation_id", address.map_or(Value::NULL, id))])
    };
    let fields = |mappings: Vec<Value>| {
        [
            ("name", text("flow")),
            ("load_balancer_type", text("network")),
            ("security_groups", texts([network.group.as_str()])),
            ("subnet_mapping", Value::tuple(mappings)),
        ]
    };
    let one = fields(vec![mapping(0, Some(&address))]);
    let enforced =
        |it: &str| ("enforce_security_group_inbound_rules_on_private_link_traffic", text(it));
    let balancer = aws.create("aws_lb", &[&one[..], &[enforced("off")]].concat()).await;
    aws.import("aws_lb", &id_text(&balancer), &balancer).await;
    let balancer = aws.change("aws_lb", &balancer, &[&one[..], &[enforced("on")]].concat()).await;
    let both = fields(vec![mapping(0, Some(&address)), mapping(1, None)]);
    let balancer = aws.change("aws_lb", &balancer, &both).await;
    assert_eq!(balancer.get("subnets").items().unwrap().len(), 2);
    let moved = fields(vec![mapping(0, None), mapping(1, Some(&address))]);
    replaced(aws, "aws_lb", &balancer, &moved, &["subnet_mapping"]).await;
    replaced(aws, "aws_lb", &balancer, &one, &["subnet_mapping"]).await;
    aws.delete("aws_lb", &balancer).await;
    aws.delete("aws_eip", &address).await;
    network.delete(aws).await;
}

/// moto has none of these attributes.
async fn health_of_target_groups(aws: &Engine) {
    let network = two_zones(aws).await;
    let kind = "aws_lb_target_group";
    let fields = |name: &str, protocol: &str, port: i64| {
        [
            ("name", text(name)),
            ("port", number(port)),
            ("protocol", text(protocol)),
            ("vpc_id", text(&network.vpc)),
        ]
    };
    let tcp = fields("flow", "TCP", 9000);
    let health = |count: &str| {
        let dns = block([
            ("minimum_healthy_targets_count", text(count)),
            ("minimum_healthy_targets_percentage", text("50")),
        ]);
        let routing = block([("minimum_healthy_targets_count", number(2))]);
        let both = [("dns_failover", dns), ("unhealthy_state_routing", routing)];
        ("target_group_health", block(both))
    };
    let state = block([
        ("enable_unhealthy_connection_termination", flag(false)),
        ("unhealthy_draining_interval", number(600)),
    ]);
    let settings = [
        health("2"),
        ("target_health_state", state),
        ("connection_termination", flag(true)),
        ("preserve_client_ip", text("true")),
        ("proxy_protocol_v2", flag(true)),
        ("load_balancing_cross_zone_enabled", text("true")),
        ("stickiness", block([("type", text("source_ip")), ("enabled", flag(true))])),
    ];
    let group = aws.create(kind, &[&tcp[..], &settings[..]].concat()).await;
    aws.import(kind, &id_text(&group), &group).await;
    let group = aws.change(kind, &group, &[&tcp[..], &[health("off")]].concat()).await;
    assert_eq!(group.get("proxy_protocol_v2"), flag(false), "back to the default");
    aws.delete(kind, &group).await;

    let rebalance = |it: &str| {
        let both = [("on_deregistration", text(it)), ("on_unhealthy", text(it))];
        [("target_failover", block(both))]
    };
    let geneve = fields("inspect", "GENEVE", 6081);
    let group = aws.create(kind, &[&geneve[..], &rebalance("rebalance")].concat()).await;
    let kept = rebalance("no_rebalance");
    let group = aws.change(kind, &group, &[&geneve[..], &kept].concat()).await;
    aws.delete(kind, &group).await;
    network.delete(aws).await;
}

const CERTIFICATE: &str = "arn:aws:acm:eu-west-1:123456789012:certificate/web";
const TRUST_STORE: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:truststore/clients/1";

fn oidc(secret: &str) -> Value {
    let config = block([
        ("authorization_endpoint", text("https://id.example.com/authorize")),
        ("client_id", text("web")),
        ("client_secret", text(secret)),
        ("issuer", text("https://id.example.com")),
        ("token_endpoint", text("https://id.example.com/token")),
        ("user_info_endpoint", text("https://id.example.com/user")),
        ("authentication_request_extra_params", Value::object([("prompt", text("login"))])),
    ]);
    Value::object([("type", text("authenticate-oidc")), ("authenticate_oidc", config)])
}

fn cognito() -> Value {
    let pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc";
    let config = block([
        ("user_pool_arn", text(pool)),
        ("user_pool_client_id", text("web")),
        ("user_pool_domain", text("example")),
        ("session_timeout", number(3600)),
        ("on_unauthenticated_request", text("deny")),
    ]);
    Value::object([("type", text("authenticate-cognito")), ("authenticate_cognito", config)])
}

fn tokens() -> Value {
    let claim = Value::object([
        ("format", text("string-array")),
        ("name", text("groups")),
        ("values", texts(["staff", "admins"])),
    ]);
    let config = block([
        ("issuer", text("https://id.example.com")),
        ("jwks_endpoint", text("https://id.example.com/keys")),
        ("additional_claim", Value::tuple([claim])),
    ]);
    Value::object([("type", text("jwt-validation")), ("jwt_validation", config)])
}

/// moto knows no mutual authentication and no attributes of HTTPS, and shows client secrets.
async fn secure_listeners(aws: &Engine) {
    let front = front(aws).await;
    let kind = "aws_lb_listener";
    let fields = |actions: Value| {
        [
            ("load_balancer_arn", id(&front.balancer)),
            ("port", number(443)),
            ("certificate_arn", text(CERTIFICATE)),
            ("default_action", actions),
        ]
    };
    let mutual = block([("mode", text("verify")), ("trust_store_arn", text(TRUST_STORE))]);
    let settings = [
        ("mutual_authentication", mutual),
        ("routing_http_response_server_enabled", flag(false)),
        ("routing_http_response_x_frame_options_header_value", text("DENY")),
        ("routing_http_request_x_amzn_tls_version_header_name", text("X-Tls")),
    ];
    let open = fields(actions([fixed("secure")]));
    let listener = aws.create(kind, &[&open[..], &settings[..]].concat()).await;
    assert_eq!(listener.get("protocol"), text("HTTPS"), "a certificate says so");
    aws.import(kind, &id_text(&listener), &listener).await;
    let off = [
        ("mutual_authentication", block([("mode", text("off"))])),
        ("routing_http_response_server_enabled", flag(true)),
        ("routing_http_response_x_frame_options_header_value", text("")),
    ];
    let mut listener = aws.change(kind, &listener, &[&open[..], &off[..]].concat()).await;
    for first in [oidc("secret"), oidc("other"), cognito(), tokens()] {
        let guarded = fields(actions([first, front.forward()]));
        listener = aws.change(kind, &listener, &guarded).await;
    }
    let listener = aws.change(kind, &listener, &open).await;
    let guarded = [
        ("listener_arn", id(&listener)),
        ("priority", number(1)),
        ("action", actions([oidc("secret"), front.weighted()])),
        ("condition", Value::tuple([values("path_pattern", &["/admin/*"])])),
    ];
    let rule = aws.create("aws_lb_listener_rule", &guarded).await;
    aws.delete("aws_lb_listener_rule", &rule).await;
    aws.delete(kind, &listener).await;
    front.delete(aws).await;
}

/// moto tells every listener to have a TCP idle timeout, and no gateway one.
async fn flow_listeners(aws: &Engine) {
    let network = two_zones(aws).await;
    let subnets = || ("subnets", texts(network.subnets.iter().map(String::as_str)));
    for (of_type, protocol, listens) in [
        ("network", "TCP", vec![("protocol", text("TCP")), ("port", number(9000))]),
        ("gateway", "GENEVE", Vec::new()),
    ] {
        let typed = [("load_balancer_type", text(of_type)), ("name", text(of_type))];
        let balancer = aws.create("aws_lb", &[&typed[..], &[subnets()]].concat()).await;
        let port = if protocol == "GENEVE" { 6081 } else { 9000 };
        let fields = [
            ("name", text(of_type)),
            ("port", number(port)),
            ("protocol", text(protocol)),
            ("vpc_id", text(&network.vpc)),
        ];
        let group = aws.create("aws_lb_target_group", &fields).await;
        let forward = Value::object([("type", text("forward")), ("target_group_arn", id(&group))]);
        let of = [("load_balancer_arn", id(&balancer)), ("default_action", actions([forward]))];
        let fields = |seconds: i64| {
            [&of[..], &listens, &[("tcp_idle_timeout_seconds", number(seconds))]].concat()
        };
        let listener = aws.create("aws_lb_listener", &fields(60)).await;
        let listener = aws.change("aws_lb_listener", &listener, &fields(6000)).await;
        aws.delete("aws_lb_listener", &listener).await;
        aws.delete("aws_lb", &balancer).await;
        aws.delete("aws_lb_target_group", &group).await;
    }
    network.delete(aws).await;
}

fn rewriting(of_type: &str, config: &'static str, regex: &str, replace: &str) -> Value {
    let rewrite = block([("regex", text(regex)), ("replace", text(replace))]);
    Value::object([("type", text(of_type)), (config, block([("rewrite", rewrite)]))])
}

/// moto has no regular expressions in conditions and no transforms.
async fn transforming_rules(aws: &Engine) {
    let front = front(aws).await;
    let of = ("load_balancer_arn", id(&front.balancer));
    let answer = ("default_action", actions([fixed("nobody here")]));
    let listener = aws.create("aws_lb_listener", &[of, ("port", number(80)), answer]).await;
    let kind = "aws_lb_listener_rule";
    let regex = |values: &[&str]| ("regex_values", texts(values.iter().copied()));
    let header = block([("http_header_name", text("X-Test")), regex(&["^on$"])]);
    let conditions = Value::tuple([
        Value::object([("host_header", block([regex(&["^(.+)[.]example[.]com$"])]))]),
        Value::object([("path_pattern", block([regex(&["^/a", "^/b"])]))]),
        Value::object([("http_header", header)]),
    ]);
    let plain = [
        ("listener_arn", id(&listener)),
        ("priority", number(10)),
        ("action", actions([front.forward()])),
        ("condition", conditions),
    ];
    let host = rewriting("host-header-rewrite", "host_header_rewrite_config", "^(.+)$", "in.$1");
    let url = |to: &str| rewriting("url-rewrite", "url_rewrite_config", "^/a/(.+)$", to);
    let with =
        |transforms: Vec<Value>| [&plain[..], &[("transform", Value::tuple(transforms))]].concat();
    let rule = aws.create(kind, &with(vec![host, url("/$1")])).await;
    aws.import(kind, &id_text(&rule), &rule).await;
    let rule = aws.change(kind, &rule, &with(vec![url("/b/$1")])).await;
    let rule = aws.change(kind, &rule, &plain).await;
    assert_eq!(rule.get("transform").items(), Some(&[][..]));
    aws.delete(kind, &rule).await;
    aws.delete("aws_lb_listener", &listener).await;
    front.delete(aws).await;
}

/// What actions, conditions and transforms lack is told at the block.
#[tokio::test]
async fn incomplete_actions_and_mixed_conditions_are_refused() {
    let stack = Terrace::sandbox(&[]);
    let aws = Engine::new(&stack.sdk()).await;
    let empty = Value::object([("type", text("redirect"))]);
    let mixed = Value::object([
        ("path_pattern", block([("values", texts(["/a"]))])),
        ("host_header", block([("values", texts(["a"]))])),
    ]);
    let empty_block = block([("values", texts([]))]);
    let fields = [
        ("listener_arn", text("arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/web/1/2")),
        ("action", actions([empty])),
        ("condition", Value::tuple([mixed, Value::object([("path_pattern", empty_block)])])),
        ("transform", Value::tuple([Value::object([("type", text("url-rewrite"))])])),
    ];
    let expected = [
        "action[0]: an action of type `redirect` needs a block `redirect`",
        "condition[0]: a condition is about exactly one thing, such as `path_pattern`; write one \
         `condition` block for each",
        "condition[1]: `path_pattern` needs `values` or `regex_values`",
        "transform[0]: a transform of type `url-rewrite` needs a block `url_rewrite_config`",
    ];
    assert_eq!(aws.refused("aws_lb_listener_rule", &fields), expected);
}

on_sandbox!(
    only_sandbox: logs_capacity_and_pools,
    subnets_with_addresses,
    health_of_target_groups,
    secure_listeners,
    flow_listeners,
    transforming_rules,
);
