//! Attributes, which are pairs of texts with defaults that depend on the kind of object.

use serde_json::{Value, json};

use super::{edit, find, invalid};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope};

type Defaults = &'static [(&'static str, &'static str)];

/// Source: "Load balancer attributes" of the ELB user guides.
const APPLICATION: Defaults = &[
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
    ("client_keep_alive.seconds", "3600"),
    ("connection_logs.s3.bucket", ""),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("health_check_logs.s3.bucket", ""),
    ("health_check_logs.s3.enabled", "false"),
    ("health_check_logs.s3.prefix", ""),
    ("idle_timeout.timeout_seconds", "60"),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("load_balancing.cross_zone.enabled", "true"),
    ("routing.http.desync_mitigation_mode", "defensive"),
    ("routing.http.drop_invalid_header_fields.enabled", "false"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];

const NETWORK: Defaults = &[
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("load_balancing.cross_zone.enabled", "false"),
    ("secondary_ips.auto_assigned.per_subnet", "0"),
    ("zonal_shift.config.enabled", "false"),
];

const GATEWAY: Defaults =
    &[("deletion_protection.enabled", "false"), ("load_balancing.cross_zone.enabled", "false")];

/// Source: "Target group attributes" of the ELB user guides.
const HTTP_GROUP: Defaults = &[
    ("deregistration_delay.timeout_seconds", "300"),
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.app_cookie.cookie_name", ""),
    ("stickiness.app_cookie.duration_seconds", "86400"),
    ("stickiness.enabled", "false"),
    ("stickiness.lb_cookie.duration_seconds", "86400"),
    ("stickiness.type", "lb_cookie"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
];

const TCP_GROUP: Defaults = &[
    ("deregistration_delay.connection_termination.enabled", "false"),
    ("deregistration_delay.timeout_seconds", "300"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("preserve_client_ip.enabled", "false"),
    ("proxy_protocol_v2.enabled", "false"),
    ("stickiness.enabled", "false"),
    ("stickiness.type", "source_ip"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ("target_health_state.unhealthy.connection_termination.enabled", "true"),
    ("target_health_state.unhealthy.draining_interval_seconds", "0"),
];

/// What groups of UDP do not have.
const UNHEALTHY: &str = "target_health_state.unhealthy.";

const GENEVE_GROUP: Defaults = &[
    ("deregistration_delay.timeout_seconds", "300"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("stickiness.enabled", "false"),
    ("stickiness.type", "source_ip_dest_ip_proto"),
    ("target_failover.on_deregistration", "no_rebalance"),
    ("target_failover.on_unhealthy", "no_rebalance"),
];

const LAMBDA_GROUP: Defaults = &[("lambda.multi_value_headers.enabled", "false")];

/// Source: "Listener attributes" of the ELB user guides.
const HTTP_LISTENER: Defaults = &[
    ("routing.http.response.access_control_allow_credentials.header_value", ""),
    ("routing.http.response.access_control_allow_headers.header_value", ""),
    ("routing.http.response.access_control_allow_methods.header_value", ""),
    ("routing.http.response.access_control_allow_origin.header_value", ""),
    ("routing.http.response.access_control_expose_headers.header_value", ""),
    ("routing.http.response.access_control_max_age.header_value", ""),
    ("routing.http.response.content_security_policy.header_value", ""),
    ("routing.http.response.server.enabled", "true"),
    ("routing.http.response.strict_transport_security.header_value", ""),
    ("routing.http.response.x_content_type_options.header_value", ""),
    ("routing.http.response.x_frame_options.header_value", ""),
];

/// What an HTTPS listener has beside them.
const HTTPS_LISTENER: Defaults = &[
    ("routing.http.request.x_amzn_mtls_clientcert.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_issuer.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_subject.header_name", ""),
    ("routing.http.request.x_amzn_mtls_clientcert_validity.header_name", ""),
    ("routing.http.request.x_amzn_tls_cipher_suite.header_name", ""),
    ("routing.http.request.x_amzn_tls_version.header_name", ""),
];

const TCP_LISTENER: Defaults = &[("tcp.idle_timeout.seconds", "350")];

/// The defaults of an object, told by its fields.
fn defaults(document: &Value) -> Vec<(&'static str, &'static str)> {
    let sets: &[Defaults] = match (document.text("Type"), document.text("Protocol")) {
        (Some("application"), _) => &[APPLICATION],
        (Some("network"), _) => &[NETWORK],
        (Some(_), _) => &[GATEWAY],
        (None, protocol) if document.get("ListenerArn").is_some() => match protocol {
            Some("HTTP") => &[HTTP_LISTENER],
            Some("HTTPS") => &[HTTP_LISTENER, HTTPS_LISTENER],
            Some("TCP") | None => &[TCP_LISTENER],
            _ => &[],
        },
        (None, Some("HTTP" | "HTTPS")) => &[HTTP_GROUP],
        (None, Some("GENEVE")) => &[GENEVE_GROUP],
        (None, Some(_)) => &[TCP_GROUP],
        (None, None) => &[LAMBDA_GROUP],
    };
    let udp = matches!(document.text("Protocol"), Some("UDP" | "TCP_UDP"));
    let all = sets.iter().flat_map(|set| set.iter().copied());
    all.filter(|(key, _)| !(udp && key.starts_with(UNHEALTHY))).collect()
}

/// All attributes of an object, set or not.
fn shown(document: &Value) -> Value {
    let set = &document["~attributes"];
    let pair = |(key, default): (&str, &str)| {
        let value = set.get(key).and_then(Value::as_str).unwrap_or(default);
        json!({"Key": key, "Value": value})
    };
    json!({"Attributes": defaults(document).into_iter().map(pair).collect::<Vec<_>>()})
}

fn describe(scope: &Scope<'_>, name: &str) -> Answer {
    Ok(shown(find(scope, scope.input.required(name)?)?))
}

fn modify(scope: &mut Scope<'_>, name: &str) -> Answer {
    let input = scope.input;
    let arn = input.required(name)?;
    let known = defaults(find(scope, arn)?);
    let document = edit(scope, arn)?;
    for attribute in input.list("Attributes") {
        let key = attribute.required("Key")?;
        check(&known, key)?;
        let value = attribute.get("Value").and_then(Value::as_str).unwrap_or_default();
        document["~attributes"][key] = json!(value);
    }
    consistent(&shown(document))?;
    Ok(shown(document))
}

fn check(known: &[(&str, &str)], key: &str) -> Result<(), Fault> {
    match known.iter().any(|(name, _)| *name == key) {
        true => Ok(()),
        false => Err(invalid(format!("Attribute key '{key}' is not recognized"))),
    }
}

/// What ELB refuses of attributes that belong together.
fn consistent(shown: &Value) -> Result<(), Fault> {
    let value = |key: &str| {
        let found = shown.list("Attributes").iter().find(|it| it["Key"] == key);
        found.and_then(|it| it.text("Value"))
    };
    let on = |key: &str| value(key) == Some("true");
    let refused = |message: &str| Err(Fault::new("InvalidConfigurationRequest", message));
    for logs in ["access_logs", "connection_logs", "health_check_logs"] {
        if on(&format!("{logs}.s3.enabled")) && value(&format!("{logs}.s3.bucket")).is_none() {
            return refused("The value of the S3 bucket attribute cannot be empty");
        }
    }
    let (leaving, unhealthy) =
        (value("target_failover.on_deregistration"), value("target_failover.on_unhealthy"));
    if leaving != unhealthy {
        return refused("The target failover attributes must have the same value");
    }
    let named = value("stickiness.app_cookie.cookie_name").is_some();
    if value("stickiness.type") == Some("app_cookie") && on("stickiness.enabled") && !named {
        let message = "You must set an application cookie name to enable stickiness of type \
                       'app_cookie'";
        return refused(message);
    }
    Ok(())
}

/// Whether deletion protection is on.
pub fn is_protected(balancer: &Value) -> bool {
    balancer["~attributes"]["deletion_protection.enabled"] == "true"
}

/// `DescribeLoadBalancerAttributes`
pub fn of_balancer(scope: &mut Scope<'_>) -> Answer {
    describe(scope, "LoadBalancerArn")
}

/// `ModifyLoadBalancerAttributes`
pub fn modify_balancer(scope: &mut Scope<'_>) -> Answer {
    modify(scope, "LoadBalancerArn")
}

/// `DescribeTargetGroupAttributes`
pub fn of_target_group(scope: &mut Scope<'_>) -> Answer {
    describe(scope, "TargetGroupArn")
}

/// `ModifyTargetGroupAttributes`
pub fn modify_target_group(scope: &mut Scope<'_>) -> Answer {
    modify(scope, "TargetGroupArn")
}

/// `DescribeListenerAttributes`
pub fn of_listener(scope: &mut Scope<'_>) -> Answer {
    describe(scope, "ListenerArn")
}

/// `ModifyListenerAttributes`
pub fn modify_listener(scope: &mut Scope<'_>) -> Answer {
    modify(scope, "ListenerArn")
}
