//! `aws_lb_listener_rule`

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{self, RulePriorityPair};

use super::action::{Action, from_sdk, incomplete, to_sdk};
use super::attributes::Attributes;
use super::condition::{self, Condition};
use super::described::{self, Described};
use super::transform::{self, Transform};
use super::{ours, sdk_tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{ProviderError, Result, Step};
use crate::schema;
use crate::schema::Check;
use crate::value::{Path, Value};

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
        /// What becomes of requests before targets get them.
        #[max_items(2)] transform: BTreeSet<Transform>,
        /// ARN of the rule.
        #[read_only] arn: Option<String>,
        /// ARN of the rule.
        #[read_only] id: Option<String>,
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
        let transforms = self.transform != was.transform;
        if self.action == was.action && self.condition == was.condition && !transforms {
            return Ok(());
        }
        let call = aws.elb.modify_rule().set_rule_arn(was.id.clone());
        let call = call
            .set_conditions(Some(condition::to_sdk(&self.condition)))
            .set_actions(Some(to_sdk(&self.action)));
        let wanted = transform::to_sdk(&self.transform).filter(|_| transforms);
        let reset = (transforms && wanted.is_none()).then_some(true);
        call.set_transforms(wanted).set_reset_transforms(reset).send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.elb.delete_rule().set_rule_arn(self.id.clone());
        gone_is_fine(call.send().await, Self::GONE)
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let mut wrong = incomplete(configuration, "action");
        wrong.extend(condition::wrong(&configuration.get("condition")));
        wrong.extend(transform::wrong(&configuration.get("transform")));
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
            condition: it.conditions().iter().map(condition::from_sdk).collect(),
            listener_arn: listener_of(it.rule_arn.as_deref().unwrap_or_default()),
            priority: it.priority.as_ref().and_then(|it| it.parse().ok()),
            tags_all: tags,
            transform: it.transforms().iter().map(transform::from_sdk).collect(),
            arn: it.rule_arn.clone(),
            id: it.rule_arn.clone(),
            ..self
        })
    }
}

fn is_taken(error: &ProviderError) -> bool {
    error.code.as_deref().is_some_and(|code| code.starts_with("PriorityInUse"))
}

impl ListenerRule {
    async fn create_at(&self, aws: &Aws, priority: i64) -> Result<String> {
        let call = aws.elb.create_rule().listener_arn(&self.listener_arn);
        let call = call
            .set_priority(i32::try_from(priority).ok())
            .set_conditions(Some(condition::to_sdk(&self.condition)))
            .set_actions(Some(to_sdk(&self.action)))
            .set_transforms(transform::to_sdk(&self.transform))
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
