//! The attributes of target groups.

use super::attributes::{Attribute, Attributes};
use super::target_group::TargetGroup;
use crate::schema;
use crate::schema::{Check, One};
use crate::value::Value;

schema! {
    /// How clients stick to targets.
    pub struct Stickiness {
        /// Seconds that a cookie lasts.
        #[default(86400)] #[check(Check::Between(0, 604800))] cookie_duration: i64,
        /// Name of the application's cookie.
        cookie_name: Option<String>,
        /// Whether clients stick.
        #[default(true)] enabled: bool,
        /// `lb_cookie`, `app_cookie`, `source_ip`, …
        #[name("type")]
        #[one_of(&[
            "lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto",
        ])]
        kind: String,
    }

    /// What happens to flows of targets that fail.
    pub struct Failover {
        /// When a target is deregistered: `rebalance` or `no_rebalance`.
        #[one_of(&["rebalance", "no_rebalance"])] on_deregistration: String,
        /// When a target is unhealthy; the same as when it is deregistered.
        #[one_of(&["rebalance", "no_rebalance"])] on_unhealthy: String,
    }

    /// When the group counts as healthy.
    pub struct GroupHealth {
        /// Below which DNS leaves a zone out.
        #[computed] dns_failover: One<DnsFailover>,
        /// Below which unhealthy targets get requests too.
        #[computed] unhealthy_state_routing: One<StateRouting>,
    }

    /// Below which DNS leaves a zone out.
    pub struct DnsFailover {
        /// Fewest healthy targets, or `off`.
        #[default("off")] #[check(Check::Custom(is_count))] minimum_healthy_targets_count: String,
        /// Smallest share of healthy targets, or `off`.
        #[default("off")] #[check(Check::Custom(is_share))]
        minimum_healthy_targets_percentage: String,
    }

    /// Below which unhealthy targets get requests too.
    pub struct StateRouting {
        /// Fewest healthy targets.
        #[default(1)] minimum_healthy_targets_count: i64,
        /// Smallest share of healthy targets, or `off`.
        #[default("off")] #[check(Check::Custom(is_share))]
        minimum_healthy_targets_percentage: String,
    }

    /// What happens to connections of unhealthy targets.
    pub struct HealthState {
        /// Whether they are closed.
        enable_unhealthy_connection_termination: bool,
        /// Seconds until they are closed, when they are not at once.
        #[computed] #[check(Check::Between(0, 360000))] unhealthy_draining_interval: Option<i64>,
    }
}

fn is_count(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match text == "off" || text.parse::<u32>().is_ok_and(|it| it > 0) {
        true => Ok(()),
        false => Err("must be `off` or a positive whole number".to_string()),
    }
}

fn is_share(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match text == "off" || text.parse::<u32>().is_ok_and(|it| (1..=100).contains(&it)) {
        true => Ok(()),
        false => Err("must be `off` or a whole number from 1 to 100".to_string()),
    }
}

const FLOWS: &[&str] = &["tcp", "udp"];
const TARGETS: &[&str] = &["http", "tcp", "udp"];

/// The fields that are attributes.
pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute {
        field: "connection_termination",
        key: "deregistration_delay.connection_termination.enabled",
        of: FLOWS,
    },
    Attribute {
        field: "deregistration_delay",
        key: "deregistration_delay.timeout_seconds",
        of: &["http", "tcp", "udp", "geneve"],
    },
    Attribute {
        field: "lambda_multi_value_headers_enabled",
        key: "lambda.multi_value_headers.enabled",
        of: &["lambda"],
    },
    Attribute {
        field: "load_balancing_algorithm_type",
        key: "load_balancing.algorithm.type",
        of: &["http"],
    },
    Attribute {
        field: "load_balancing_anomaly_mitigation",
        key: "load_balancing.algorithm.anomaly_mitigation",
        of: &["http"],
    },
    Attribute {
        field: "load_balancing_cross_zone_enabled",
        key: "load_balancing.cross_zone.enabled",
        of: TARGETS,
    },
    Attribute { field: "preserve_client_ip", key: "preserve_client_ip.enabled", of: FLOWS },
    Attribute { field: "proxy_protocol_v2", key: "proxy_protocol_v2.enabled", of: FLOWS },
    Attribute { field: "slow_start", key: "slow_start.duration_seconds", of: &["http"] },
];

const DNS: &str = "target_group_health.dns_failover.minimum_healthy_targets";
const ROUTING: &str = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
const TERMINATION: &str = "target_health_state.unhealthy.connection_termination.enabled";
const DRAINING: &str = "target_health_state.unhealthy.draining_interval_seconds";

/// The attributes that blocks name, of those that the kind of group has.
pub(super) fn nested(group: &TargetGroup, kind: &str) -> Attributes {
    let mut all = Attributes::new();
    let sticks = TARGETS.contains(&kind) || kind == "geneve";
    if let Some(it) = group.stickiness.get().filter(|_| sticks) {
        all.extend(sticky(it));
    }
    if let Some(it) = group.target_failover.get().filter(|_| kind == "geneve") {
        let pair = |when: &str, what: &String| (format!("target_failover.{when}"), what.clone());
        all.extend([
            pair("on_deregistration", &it.on_deregistration),
            pair("on_unhealthy", &it.on_unhealthy),
        ]);
    }
    if let Some(it) = group.target_group_health.get().filter(|_| TARGETS.contains(&kind)) {
        all.extend(healthy(it));
    }
    if let Some(it) = group.target_health_state.get().filter(|_| kind == "tcp") {
        let closes = it.enable_unhealthy_connection_termination;
        all.insert(TERMINATION.to_string(), closes.to_string());
        let interval = it.unhealthy_draining_interval.filter(|_| !closes);
        all.extend(interval.map(|it| (DRAINING.to_string(), it.to_string())));
    }
    all
}

fn sticky(it: &Stickiness) -> Attributes {
    let mut all = Attributes::from([
        ("stickiness.enabled".to_string(), it.enabled.to_string()),
        ("stickiness.type".to_string(), it.kind.clone()),
    ]);
    if matches!(it.kind.as_str(), "lb_cookie" | "app_cookie") {
        let key = format!("stickiness.{}.duration_seconds", it.kind);
        all.insert(key, it.cookie_duration.to_string());
    }
    if it.kind == "app_cookie" {
        let name = it.cookie_name.clone().unwrap_or_default();
        all.insert("stickiness.app_cookie.cookie_name".to_string(), name);
    }
    all
}

fn healthy(it: &GroupHealth) -> Attributes {
    let mut all = Attributes::new();
    if let Some(it) = it.dns_failover.get() {
        all.insert(format!("{DNS}.count"), it.minimum_healthy_targets_count.clone());
        all.insert(format!("{DNS}.percentage"), it.minimum_healthy_targets_percentage.clone());
    }
    if let Some(it) = it.unhealthy_state_routing.get() {
        all.insert(format!("{ROUTING}.count"), it.minimum_healthy_targets_count.to_string());
        all.insert(format!("{ROUTING}.percentage"), it.minimum_healthy_targets_percentage.clone());
    }
    all
}

/// Stickiness as it is; what its type does not have stays as it was written.
pub(super) fn stickiness(told: &Attributes, was: Option<&Stickiness>) -> Option<Stickiness> {
    let kind = told.get("stickiness.type")?.clone();
    let duration = told.get(&format!("stickiness.{kind}.duration_seconds"));
    let duration = duration.and_then(|it| it.parse().ok());
    let name = told.get("stickiness.app_cookie.cookie_name").filter(|it| !it.is_empty());
    let cookie = matches!(kind.as_str(), "lb_cookie" | "app_cookie");
    let written = was.filter(|_| !cookie).map(|it| it.cookie_duration);
    Some(Stickiness {
        cookie_duration: duration.or(written).unwrap_or(86400),
        cookie_name: match kind.as_str() {
            "app_cookie" => name.cloned(),
            _ => was.and_then(|it| it.cookie_name.clone()),
        },
        enabled: told.get("stickiness.enabled").is_some_and(|it| it == "true"),
        kind,
    })
}

/// What happens to flows of targets that fail, as it is.
pub(super) fn failover(told: &Attributes) -> Option<Failover> {
    Some(Failover {
        on_deregistration: told.get("target_failover.on_deregistration")?.clone(),
        on_unhealthy: told.get("target_failover.on_unhealthy")?.clone(),
    })
}

/// When the group counts as healthy, as it is.
pub(super) fn group_health(told: &Attributes) -> Option<GroupHealth> {
    let text = |key: &str, what: &str| told.get(&format!("{key}.{what}")).cloned();
    let dns = text(DNS, "count").map(|count| DnsFailover {
        minimum_healthy_targets_count: count,
        minimum_healthy_targets_percentage: text(DNS, "percentage").unwrap_or_else(|| "off".into()),
    });
    let routing = text(ROUTING, "count").map(|count| StateRouting {
        minimum_healthy_targets_count: count.parse().unwrap_or(1),
        minimum_healthy_targets_percentage: text(ROUTING, "percentage")
            .unwrap_or_else(|| "off".into()),
    });
    let any = dns.is_some() || routing.is_some();
    any.then_some(GroupHealth { dns_failover: One(dns), unhealthy_state_routing: One(routing) })
}

/// What happens to connections of unhealthy targets, as it is.
pub(super) fn health_state(told: &Attributes) -> Option<HealthState> {
    Some(HealthState {
        enable_unhealthy_connection_termination: told.get(TERMINATION)? == "true",
        unhealthy_draining_interval: told.get(DRAINING).and_then(|it| it.parse().ok()),
    })
}
