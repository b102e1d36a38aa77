//! `aws_lb_listener_rule`

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    self, HostHeaderConditionConfig, HttpHeaderConditionConfig, HttpRequestMethodConditionConfig,
    PathPatternConditionConfig, QueryStringConditionConfig, QueryStringKeyValuePair, RuleCondition,
    RulePriorityPair, SourceIpConditionConfig,
};

use super::action::{Action, from_sdk, incomplete, to_sdk};
use super::attributes::Attributes;
use super::described::{self, Described};
use super::{ours, sdk_tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{ProviderError, Result, Step};
use crate::schema;
use crate::schema::{Check, One};
use crate::value::{Path, Step as PathStep, Value};

schema! {
    /// What a listener does with some requests.
    pub struct ListenerRule {
        /// What is done with the requests.
        #[required] action: Vec<Action>,
        /// Which requests.
        #[required] condition: BTreeSet<Condition>,
        /// ARN of the listener.
        #[force_new] #[check(Check::Arn)] listener_arn: String,
        /// Place among the rules, the lowest first; after all others when not given.
        #[computed] #[check(Check::Between(1, 50000))] priority: Option<i64>,
        /// Tags of the rule.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the rule.
        #[read_only] arn: Option<String>,
        /// ARN of the rule.
        #[read_only] id: Option<String>,
    }

    /// Which requests.
    pub struct Condition {
        /// By host.
        host_header: One<Values>,
        /// By a header.
        http_header: One<Header>,
        /// By method.
        http_request_method: One<Values>,
        /// By path.
        path_pattern: One<Values>,
        /// By query.
        query_string: BTreeSet<Pair>,
        /// By source address.
        source_ip: One<Values>,
    }

    /// Values, any of which will do.
    pub struct Values {
        /// The values.
        #[required] values: BTreeSet<String>,
    }

    /// Values of a header.
    pub struct Header {
        /// Name of the header.
        http_header_name: String,
        /// The values.
        #[required] values: BTreeSet<String>,
    }

    /// A pair of the query.
    pub struct Pair {
        /// The key.
        key: Option<String>,
        /// The value.
        value: String,
    }
}

/// How often another priority is tried when somebody else took the next one.
const TRIES: usize = 20;

impl Resource for ListenerRule {
    const TYPE: &'static str = "aws_lb_listener_rule";
    const TAGGING: Option<Tagging> = Some(Tagging::Elb);
    const IMPORT: &'static str = "RULE-ARN";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        if let Some(priority) = self.priority {
            return self.create_at(aws, priority).await;
        }
        let mut tries = 0;
        loop {
            let made = self.create_at(aws, self.next_priority(aws).await?).await;
            tries += 1;
            match made {
                Err(error) if is_taken(&error) && tries < TRIES => {}
                other => return other,
            }
        }
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        match self.neighbours(aws).await {
            Ok(found) => {
                let own = found.into_iter().filter(|it| it.is_default != Some(true));
                ours(aws, own.filter_map(|it| it.rule_arn).collect(), token).await
            }
            Err(error) => {
                let gone = ["ListenerNotFound", "ListenerNotFoundException"];
                gone_is_fine(Err::<(), _>(error), &gone).map(|()| None)
            }
        }
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        described::read(aws, objects).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if let (Some(priority), true) = (self.priority, self.priority != was.priority) {
            let pair = RulePriorityPair::builder().set_rule_arn(was.id.clone());
            let pair = pair.set_priority(i32::try_from(priority).ok()).build();
            aws.elb.set_rule_priorities().rule_priorities(pair).send().await?;
        }
        if self.action == was.action && self.condition == was.condition {
            return Ok(());
        }
        let call = aws.elb.modify_rule().set_rule_arn(was.id.clone());
        let call = call
            .set_conditions(Some(conditions(&self.condition)))
            .set_actions(Some(to_sdk(&self.action)));
        call.send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.elb.delete_rule().set_rule_arn(self.id.clone());
        gone_is_fine(call.send().await, Self::GONE)
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let mut wrong = incomplete(configuration, "action");
        wrong.extend(mixed(&configuration.get("condition")));
        wrong
    }
}

impl Described for ListenerRule {
    type Found = types::Rule;
    const GONE: &'static [&'static str] = &["RuleNotFound", "RuleNotFoundException"];

    async fn describe(aws: &Aws, arns: Vec<String>) -> Result<Vec<types::Rule>> {
        let call = aws.elb.describe_rules().set_rule_arns(Some(arns));
        let found = call.into_paginator().items().send();
        Ok(found.collect::<std::result::Result<Vec<_>, _>>().await?)
    }

    fn arn_of(found: &types::Rule) -> Option<&String> {
        found.rule_arn.as_ref()
    }

    fn own_arn(&self) -> Option<&String> {
        self.id.as_ref()
    }

    fn merged(self, it: &types::Rule, tags: Tags, _told: &Attributes) -> Result<ListenerRule> {
        Ok(ListenerRule {
            action: from_sdk(it.actions(), &self.action),
            condition: it.conditions().iter().map(known).collect(),
            listener_arn: listener_of(it.rule_arn.as_deref().unwrap_or_default()),
            priority: it.priority.as_ref().and_then(|it| it.parse().ok()),
            tags_all: tags,
            arn: it.rule_arn.clone(),
            id: it.rule_arn.clone(),
            ..self
        })
    }
}

fn is_taken(error: &ProviderError) -> bool {
    error.code.as_deref().is_some_and(|code| code.starts_with("PriorityInUse"))
}

/// Conditions that are about several things, or about nothing; the API wants one each.
fn mixed(conditions: &Value) -> Vec<(Path, String)> {
    let wrong = conditions.items().unwrap_or_default().iter().enumerate().filter_map(|(at, it)| {
        let fields = it.fields()?;
        let absent = |it: &&Value| it.is_null() || it.items().is_some_and(<[Value]>::is_empty);
        let given = fields.values().filter(|it| !absent(it)).count();
        let mut path = Path::attribute("condition");
        path.push(PathStep::Index(at));
        let message = "a condition is about exactly one thing, such as `path_pattern`; write one \
                       `condition` block for each";
        (given != 1 && it.is_known()).then(|| (path, message.to_string()))
    });
    wrong.collect()
}

fn conditions(all: &BTreeSet<Condition>) -> Vec<RuleCondition> {
    all.iter().flat_map(condition).collect()
}

/// The API has one condition for each field.
fn condition(it: &Condition) -> Vec<RuleCondition> {
    let list = |values: &BTreeSet<String>| Some(values.iter().cloned().collect::<Vec<_>>());
    let of = |field: &str| RuleCondition::builder().field(field);
    let host = it.host_header.get().map(|it| {
        let config = HostHeaderConditionConfig::builder().set_values(list(&it.values)).build();
        of("host-header").host_header_config(config).build()
    });
    let header = it.http_header.get().map(|it| {
        let config = HttpHeaderConditionConfig::builder().http_header_name(&it.http_header_name);
        of("http-header").http_header_config(config.set_values(list(&it.values)).build()).build()
    });
    let method = it.http_request_method.get().map(|it| {
        let config =
            HttpRequestMethodConditionConfig::builder().set_values(list(&it.values)).build();
        of("http-request-method").http_request_method_config(config).build()
    });
    let path = it.path_pattern.get().map(|it| {
        let config = PathPatternConditionConfig::builder().set_values(list(&it.values)).build();
        of("path-pattern").path_pattern_config(config).build()
    });
    let source = it.source_ip.get().map(|it| {
        let config = SourceIpConditionConfig::builder().set_values(list(&it.values)).build();
        of("source-ip").source_ip_config(config).build()
    });
    let pairs = it.query_string.iter().map(|pair| {
        QueryStringKeyValuePair::builder().set_key(pair.key.clone()).value(&pair.value).build()
    });
    let query = (!it.query_string.is_empty()).then(|| {
        let config =
            QueryStringConditionConfig::builder().set_values(Some(pairs.collect())).build();
        of("query-string").query_string_config(config).build()
    });
    [host, header, method, path, source, query].into_iter().flatten().collect()
}

fn known(it: &RuleCondition) -> Condition {
    let values = |values: &[String]| -> One<Values> {
        One((!values.is_empty()).then(|| Values { values: values.iter().cloned().collect() }))
    };
    let host = it.host_header_config.as_ref().map(HostHeaderConditionConfig::values);
    let method =
        it.http_request_method_config.as_ref().map(HttpRequestMethodConditionConfig::values);
    let path = it.path_pattern_config.as_ref().map(PathPatternConditionConfig::values);
    let source = it.source_ip_config.as_ref().map(SourceIpConditionConfig::values);
    let header = it.http_header_config.as_ref().map(|it| Header {
        http_header_name: it.http_header_name.clone().unwrap_or_default(),
        values: it.values().iter().cloned().collect(),
    });
    let pairs = it.query_string_config.as_ref().map(QueryStringConditionConfig::values);
    let pairs = pairs
        .unwrap_or_default()
        .iter()
        .map(|pair| Pair { key: pair.key.clone(), value: pair.value.clone().unwrap_or_default() });
    Condition {
        host_header: values(host.unwrap_or_default()),
        http_header: One(header),
        http_request_method: values(method.unwrap_or_default()),
        path_pattern: values(path.unwrap_or_default()),
        query_string: pairs.collect(),
        source_ip: values(source.unwrap_or_default()),
    }
}

impl ListenerRule {
    async fn create_at(&self, aws: &Aws, priority: i64) -> Result<String> {
        let call = aws.elb.create_rule().listener_arn(&self.listener_arn);
        let call = call
            .set_priority(i32::try_from(priority).ok())
            .set_conditions(Some(conditions(&self.condition)))
            .set_actions(Some(to_sdk(&self.action)))
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        let arn = made.rules().first().and_then(|it| it.rule_arn.clone());
        arn.ok_or_else(|| missing("RuleArn"))
    }

    /// All rules of the listener.
    async fn neighbours(&self, aws: &Aws) -> Result<Vec<types::Rule>> {
        let call = aws.elb.describe_rules().listener_arn(&self.listener_arn);
        let found = call.into_paginator().items().send();
        Ok(found.collect::<std::result::Result<Vec<_>, _>>().await?)
    }

    async fn next_priority(&self, aws: &Aws) -> Result<i64> {
        let found = self.neighbours(aws).await?;
        let taken = found.iter().filter_map(|it| it.priority.as_ref()?.parse::<i64>().ok());
        Ok(taken.max().unwrap_or(0) + 1)
    }
}

/// `…:listener-rule/app/name/lb/listener/rule` is a rule of `…:listener/app/name/lb/listener`.
fn listener_of(rule: &str) -> String {
    let listener = rule.replacen(":listener-rule/", ":listener/", 1);
    listener.rsplit_once('/').map(|(listener, _)| listener.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_of_a_rule_names_its_listener() {
        let rule = "arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/web/50/f2/9683";
        let listener = "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/web/50/f2";
        assert_eq!(listener_of(rule), listener);
    }
}
