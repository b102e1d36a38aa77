//! How deployments of a service replace tasks.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_ecs::types::{
    CanaryConfiguration, DeploymentAlarms, DeploymentCircuitBreaker, DeploymentConfiguration,
    DeploymentLifecycleHook, DeploymentLifecycleHookStage, DeploymentStrategy, LinearConfiguration,
};
use aws_smithy_types::{Document, Number as DocumentNumber};
use serde_json::Value as Json;

use super::Service;
use crate::aws::json::same_json;
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::schema;
use crate::schema::{Check, One};
use crate::value::{Number, Value};

schema! {
    /// Alarms that roll a deployment back.
    pub struct Alarms {
        /// Names of the alarms.
        #[required] alarm_names: BTreeSet<String>,
        /// Whether they are on.
        enable: bool,
        /// Whether they roll back.
        rollback: bool,
    }

    /// Stops deployments that fail.
    pub struct CircuitBreaker {
        /// Whether it is on.
        enable: bool,
        /// Whether it rolls back.
        rollback: bool,
    }

    /// How deployments replace tasks.
    pub struct Deployment {
        /// Minutes that old tasks stay after traffic has moved.
        #[computed] #[check(Check::Custom(is_minutes))] bake_time_in_minutes: Option<String>,
        /// With `CANARY`: the share that moves first.
        #[computed] canary_configuration: One<Canary>,
        /// Functions that are asked during a deployment.
        lifecycle_hook: BTreeSet<Hook>,
        /// With `LINEAR`: the share that moves in each step.
        #[computed] linear_configuration: One<Linear>,
        /// `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`.
        #[computed] #[one_of(&["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"])]
        strategy: Option<String>,
    }

    /// The share that moves first.
    pub struct Canary {
        /// Minutes until the rest moves.
        #[computed] #[check(Check::Custom(is_minutes))] canary_bake_time_in_minutes: Option<String>,
        /// Percent.
        #[computed] canary_percent: Option<Number>,
    }

    /// The share that moves in each step.
    pub struct Linear {
        /// Minutes between steps.
        #[computed] #[check(Check::Custom(is_minutes))] step_bake_time_in_minutes: Option<String>,
        /// Percent.
        #[computed] step_percent: Option<Number>,
    }

    /// A function that is asked during a deployment.
    pub struct Hook {
        /// What it is told, as JSON.
        #[check(Check::Json)] #[equivalent(same_json)] hook_details: Option<String>,
        /// ARN of the function.
        #[check(Check::Arn)] hook_target_arn: String,
        /// When it is asked.
        #[required]
        #[one_of(&[
            "RECONCILE_SERVICE", "PRE_SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT",
            "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT",
            "POST_PRODUCTION_TRAFFIC_SHIFT",
        ])]
        lifecycle_stages: Vec<String>,
        /// ARN of the role that may invoke it.
        #[check(Check::Arn)] role_arn: String,
    }
}

/// The planned deployment, without the shares of another strategy.
pub(super) fn planned(deployments: &Value) -> Option<Value> {
    let Value::List(ty, items) = deployments else { return None };
    let cleared = items.iter().map(|it| {
        let strategy = it.get("strategy");
        let Some(strategy) = strategy.as_str() else { return it.clone() };
        let shares = [("CANARY", "canary_configuration"), ("LINEAR", "linear_configuration")];
        shares.iter().filter(|(of, _)| *of != strategy).fold(it.clone(), |it, (_, name)| {
            let Value::List(ty, _) = it.get(name) else { return it };
            it.with(name, Value::list(ty, []))
        })
    });
    Some(Value::list(ty.clone(), cleared))
}

fn is_minutes(value: &Value) -> std::result::Result<(), String> {
    let minutes = value.as_str().and_then(|it| it.parse::<u16>().ok());
    match minutes.filter(|it| *it <= 1440) {
        Some(_) => Ok(()),
        None => Err("must be minutes from 0 to 1440".to_string()),
    }
}

fn minutes(it: Option<&String>) -> Option<i32> {
    it.and_then(|it| it.parse().ok())
}

/// What the service says about deployments, if anything.
pub(super) fn to_sdk(service: &Service) -> Result<Option<DeploymentConfiguration>> {
    let breaker = service.deployment_circuit_breaker.get().map(|it| {
        DeploymentCircuitBreaker::builder().enable(it.enable).rollback(it.rollback).build()
    });
    let alarms = service.alarms.get().map(|it| {
        DeploymentAlarms::builder()
            .set_alarm_names(Some(it.alarm_names.iter().cloned().collect()))
            .enable(it.enable)
            .rollback(it.rollback)
            .build()
    });
    let percent = |it: Option<i64>| it.and_then(|it| i32::try_from(it).ok());
    let mut made = DeploymentConfiguration::builder()
        .set_alarms(alarms.transpose()?)
        .set_deployment_circuit_breaker(breaker)
        .set_minimum_healthy_percent(percent(service.deployment_minimum_healthy_percent))
        .set_maximum_percent(percent(service.deployment_maximum_percent));
    if let Some(it) = service.deployment_configuration.get() {
        let hooks = it.lifecycle_hook.iter().map(hook).collect::<Result<Vec<_>>>()?;
        made = made
            .set_bake_time_in_minutes(minutes(it.bake_time_in_minutes.as_ref()))
            .set_lifecycle_hooks(Some(hooks))
            .set_strategy(it.strategy.as_deref().map(DeploymentStrategy::from));
        made = match it.strategy.as_deref() {
            Some("CANARY") => {
                made.set_canary_configuration(it.canary_configuration.get().map(canary))
            }
            Some("LINEAR") => {
                made.set_linear_configuration(it.linear_configuration.get().map(linear))
            }
            _ => made,
        };
    }
    let made = made.build();
    Ok((made != DeploymentConfiguration::builder().build()).then_some(made))
}

fn canary(it: &Canary) -> CanaryConfiguration {
    CanaryConfiguration::builder()
        .set_canary_bake_time_in_minutes(minutes(it.canary_bake_time_in_minutes.as_ref()))
        .set_canary_percent(it.canary_percent.as_ref().and_then(Number::as_f64))
        .build()
}

fn linear(it: &Linear) -> LinearConfiguration {
    LinearConfiguration::builder()
        .set_step_bake_time_in_minutes(minutes(it.step_bake_time_in_minutes.as_ref()))
        .set_step_percent(it.step_percent.as_ref().and_then(Number::as_f64))
        .build()
}

fn hook(it: &Hook) -> Result<DeploymentLifecycleHook> {
    let stages = it.lifecycle_stages.iter();
    let stages = stages.map(|it| DeploymentLifecycleHookStage::from(it.as_str())).collect();
    let details = it.hook_details.as_deref().filter(|it| !it.is_empty());
    let details = details.map(serde_json::from_str::<Json>).transpose().map_err(|error| {
        ProviderError::new(ErrorKind::Refused, format!("hook_details is not JSON: {error}"))
    })?;
    let made = DeploymentLifecycleHook::builder()
        .hook_target_arn(&it.hook_target_arn)
        .role_arn(&it.role_arn)
        .set_lifecycle_stages(Some(stages))
        .set_hook_details(details.map(document));
    Ok(made.build())
}

/// JSON as the SDK's documents.
fn document(json: Json) -> Document {
    match json {
        Json::Null => Document::Null,
        Json::Bool(it) => Document::Bool(it),
        Json::String(it) => Document::String(it),
        Json::Array(items) => Document::Array(items.into_iter().map(document).collect()),
        Json::Object(fields) => Document::Object(
            fields.into_iter().map(|(name, it)| (name, document(it))).collect::<HashMap<_, _>>(),
        ),
        Json::Number(it) => Document::Number(match (it.as_u64(), it.as_i64()) {
            (Some(it), _) => DocumentNumber::PosInt(it),
            (None, Some(it)) => DocumentNumber::NegInt(it),
            (None, None) => DocumentNumber::Float(it.as_f64().unwrap_or_default()),
        }),
    }
}

/// The SDK's documents as JSON, with names in order.
fn json(it: &Document) -> Json {
    match it {
        Document::Null => Json::Null,
        Document::Bool(it) => Json::Bool(*it),
        Document::String(it) => Json::String(it.clone()),
        Document::Array(items) => items.iter().map(json).collect(),
        Document::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(key, it)| (key.clone(), json(it))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(fields.into_iter().collect())
        }
        Document::Number(DocumentNumber::PosInt(it)) => Json::from(*it),
        Document::Number(DocumentNumber::NegInt(it)) => Json::from(*it),
        Document::Number(DocumentNumber::Float(it)) => Json::from(*it),
    }
}

/// The service with what AWS tells about deployments; what it leaves out stays as it was.
pub(super) fn merged(service: Service, it: &DeploymentConfiguration) -> Service {
    let breaker = it
        .deployment_circuit_breaker
        .as_ref()
        .map(|it| CircuitBreaker { enable: it.enable, rollback: it.rollback });
    let alarms = it.alarms.as_ref().map(|it| Alarms {
        alarm_names: it.alarm_names.iter().cloned().collect(),
        enable: it.enable,
        rollback: it.rollback,
    });
    let told = it.strategy.is_some() || it.bake_time_in_minutes.is_some();
    let shape = deployment_from(it, service.deployment_configuration.get());
    let maximum = it.maximum_percent.map(i64::from);
    let minimum = it.minimum_healthy_percent.map(i64::from);
    Service {
        alarms: One(alarms),
        deployment_configuration: if told {
            One(Some(shape))
        } else {
            service.deployment_configuration
        },
        deployment_circuit_breaker: One(breaker.or(service.deployment_circuit_breaker.0)),
        deployment_maximum_percent: maximum.or(service.deployment_maximum_percent),
        deployment_minimum_healthy_percent: minimum.or(service.deployment_minimum_healthy_percent),
        ..service
    }
}

fn deployment_from(it: &DeploymentConfiguration, known: Option<&Deployment>) -> Deployment {
    let percent = |it: Option<f64>| it.and_then(|it| it.to_string().parse::<Number>().ok());
    let minutes = |it: Option<i32>| it.map(|it| it.to_string());
    let canary = it.canary_configuration.as_ref().map(|it| Canary {
        canary_bake_time_in_minutes: minutes(it.canary_bake_time_in_minutes),
        canary_percent: percent(it.canary_percent),
    });
    let linear = it.linear_configuration.as_ref().map(|it| Linear {
        step_bake_time_in_minutes: minutes(it.step_bake_time_in_minutes),
        step_percent: percent(it.step_percent),
    });
    let strategy = it.strategy.as_ref().map(|it| it.as_str().to_string());
    Deployment {
        bake_time_in_minutes: minutes(it.bake_time_in_minutes)
            .or(known.and_then(|it| it.bake_time_in_minutes.clone())),
        canary_configuration: One(canary),
        lifecycle_hook: it.lifecycle_hooks().iter().map(|it| hook_from(it, known)).collect(),
        linear_configuration: One(linear),
        strategy: strategy.or(known.and_then(|it| it.strategy.clone())),
    }
}

/// A hook; its details keep the text that they were written with.
fn hook_from(it: &DeploymentLifecycleHook, known: Option<&Deployment>) -> Hook {
    let told = it.hook_details.as_ref().map(json);
    let parsed = |text: &&String| serde_json::from_str::<Json>(text).ok();
    let mut texts = known.into_iter().flat_map(|it| &it.lifecycle_hook);
    let text = texts.find_map(|hook| hook.hook_details.as_ref().filter(|it| parsed(it) == told));
    Hook {
        hook_details: text.cloned().filter(|_| told.is_some()).or(told.map(|it| it.to_string())),
        hook_target_arn: it.hook_target_arn.clone().unwrap_or_default(),
        lifecycle_stages: it.lifecycle_stages().iter().map(|it| it.as_str().to_string()).collect(),
        role_arn: it.role_arn.clone().unwrap_or_default(),
    }
}
