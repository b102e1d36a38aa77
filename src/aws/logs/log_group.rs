//! `aws_cloudwatch_log_group`

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatchlogs::operation::describe_log_groups::builders;
use aws_sdk_cloudwatchlogs::types::{self, LogGroupClass};
use futures::future::try_join_all;

use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, gone_is_fine};
use crate::aws::tags::{TOKEN_TAG, Tagging, Tags};
use crate::provider::{ProviderError, Result, Step};
use crate::schema;
use crate::schema::Check;
use crate::value::{Number, Value};

schema! {
    /// A group of log streams.
    pub struct LogGroup {
        /// ARN of the KMS key that encrypts the logs.
        #[check(Check::Arn)] kms_key_id: Option<String>,
        /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
        #[computed] #[force_new] #[one_of(&["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"])]
        log_group_class: Option<String>,
        /// Whether deletion is refused. Once true, only an explicit false ends it.
        #[computed] deletion_protection_enabled: Option<bool>,
        /// Name of the group.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 512))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] name_prefix: Option<String>,
        /// Days that logs are kept; 0 is for ever. Of the class `DELIVERY` it is always 2.
        #[default(0)] #[check(Check::Custom(retention))] retention_in_days: i64,
        /// Whether the group is left when it is no longer managed.
        #[default(false)] #[config_only] skip_destroy: bool,
        /// Tags of the group.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the group, without `:*`.
        #[read_only] arn: Option<String>,
        /// Name of the group.
        #[read_only] id: Option<String>,
    }
}

/// The retentions that `PutRetentionPolicy` takes (CloudWatch Logs API reference); 0 is none.
const RETENTIONS: [i64; 23] = [
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

fn retention(value: &Value) -> std::result::Result<(), String> {
    match value.as_number().and_then(Number::as_i64) {
        Some(days) if RETENTIONS.contains(&days) => Ok(()),
        _ => Err(format!("must be one of {}", RETENTIONS.map(|it| it.to_string()).join(", "))),
    }
}

/// The retention that AWS gives to groups of the class `DELIVERY`.
const DELIVERY_RETENTION: i64 = 2;

const GONE: &str = "ResourceNotFoundException";

impl Resource for LogGroup {
    const TYPE: &'static str = "aws_cloudwatch_log_group";
    const TAGGING: Option<Tagging> = Some(Tagging::Logs);
    const IMPORT: &'static str = "LOG-GROUP-NAME";
    /// `logGroupIdentifiers` takes at most 50.
    const BATCH: usize = 50;

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let name = self.wanted_name(&step.token);
        let class = self.log_group_class.as_deref().map(LogGroupClass::from);
        let call = aws.logs.create_log_group().log_group_name(&name).set_log_group_class(class);
        let tags = self.tags_all.clone().into_iter().collect();
        let call = call.set_deletion_protection_enabled(self.deletion_protection_enabled);
        call.set_kms_key_id(self.kms_key_id.clone()).set_tags(Some(tags)).send().await?;
        Ok(name)
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let name = self.wanted_name(token);
        let found = get(aws, vec![name.clone()]).await?;
        let Some(found) = found.get(&name) else { return Ok(None) };
        let tags = tags(aws, found).await?.unwrap_or_default();
        Ok((tags.get(TOKEN_TAG).map(String::as_str) == Some(token)).then_some(name))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let found = get(aws, objects.iter().filter_map(|it| it.id.clone()).collect()).await?;
        let reads = objects.into_iter().map(|group| {
            let it = group.id.as_ref().and_then(|name| found.get(name));
            async move {
                let Some(it) = it else { return Ok(None) };
                let tags = tags(aws, it).await?;
                Ok(tags.map(|tags| group.merged(it, tags)))
            }
        });
        try_join_all(reads).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let name = was.id.clone();
        if self.deletion_protection_enabled != was.deletion_protection_enabled {
            let call = aws.logs.put_log_group_deletion_protection();
            let call = call.set_log_group_identifier(name.clone());
            let on = self.deletion_protection_enabled.unwrap_or(false);
            call.deletion_protection_enabled(on).send().await?;
        }
        if self.retention_in_days != was.retention_in_days {
            match i32::try_from(self.retention_in_days).unwrap_or_default() {
                0 => {
                    let call = aws.logs.delete_retention_policy().set_log_group_name(name.clone());
                    call.send().await?;
                }
                days => {
                    let call = aws.logs.put_retention_policy().set_log_group_name(name.clone());
                    call.retention_in_days(days).send().await?;
                }
            }
        }
        if self.kms_key_id == was.kms_key_id {
            return Ok(());
        }
        match &self.kms_key_id {
            Some(key) => {
                let call = aws.logs.associate_kms_key().set_log_group_name(name);
                call.kms_key_id(key).send().await?;
            }
            None => {
                aws.logs.disassociate_kms_key().set_log_group_name(name).send().await?;
            }
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        if self.skip_destroy {
            return Ok(());
        }
        let call = aws.logs.delete_log_group().set_log_group_name(self.id.clone());
        gone_is_fine(call.send().await, &[GONE])
    }

    fn tag_target(&self) -> String {
        self.arn.clone().unwrap_or_default()
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        if proposal.value.get("log_group_class").as_str() == Some("DELIVERY") {
            proposal.set("retention_in_days", Value::number(DELIVERY_RETENTION));
        }
        Ok(())
    }
}

type Groups = BTreeMap<String, types::LogGroup>;

/// Those of the groups that exist, by name. The API reference does not say what comes of a name
/// that does not exist; should it be an error, each is looked for by itself.
async fn get(aws: &Aws, names: Vec<String>) -> Result<Groups> {
    let wanted: BTreeSet<String> = names.into_iter().collect();
    let names = wanted.iter().cloned().collect();
    let call = aws.logs.describe_log_groups().set_log_group_identifiers(Some(names));
    match pick(call, &wanted).await {
        Err(error) if error.code.as_deref() == Some(GONE) => {}
        found => return found,
    }
    let mut groups = Groups::new();
    for name in wanted {
        let call = aws.logs.describe_log_groups().log_group_name_prefix(&name);
        groups.extend(pick(call, &BTreeSet::from([name])).await?);
    }
    Ok(groups)
}

/// Goes through pages until all groups that are wanted have come.
async fn pick(
    call: builders::DescribeLogGroupsFluentBuilder,
    wanted: &BTreeSet<String>,
) -> Result<Groups> {
    let mut pages = call.into_paginator().items().send();
    let mut groups = Groups::new();
    while groups.len() < wanted.len()
        && let Some(found) = pages.try_next().await?
    {
        let name = found.log_group_name.clone().unwrap_or_default();
        if wanted.contains(&name) {
            groups.insert(name, found);
        }
    }
    Ok(groups)
}

fn arn(group: &types::LogGroup) -> Option<String> {
    let arn = group.log_group_arn.clone().or_else(|| group.arn.clone())?;
    Some(arn.trim_end_matches(":*").to_string())
}

/// The tags of a group; none when it has just gone, which not every reader sees at once.
async fn tags(aws: &Aws, group: &types::LogGroup) -> Result<Option<Tags>> {
    let call = aws.logs.list_tags_for_resource().set_resource_arn(arn(group));
    match call.send().await.map_err(ProviderError::from) {
        Ok(found) => Ok(Some(found.tags.unwrap_or_default().into_iter().collect())),
        Err(error) if error.code.as_deref() == Some(GONE) => Ok(None),
        Err(error) => Err(error),
    }
}

impl LogGroup {
    fn wanted_name(&self, token: &str) -> String {
        let prefix = self.name_prefix.as_deref().unwrap_or("terraform-");
        let made_up = || format!("{prefix}{}", token.get(..26).unwrap_or(token));
        self.name.clone().unwrap_or_else(made_up)
    }

    fn merged(self, it: &types::LogGroup, tags: Tags) -> LogGroup {
        let class = it.log_group_class.as_ref().map_or("STANDARD", LogGroupClass::as_str);
        LogGroup {
            kms_key_id: it.kms_key_id.clone(),
            deletion_protection_enabled: Some(it.deletion_protection_enabled == Some(true)),
            log_group_class: Some(class.to_string()),
            name: it.log_group_name.clone(),
            retention_in_days: it.retention_in_days.map_or(0, i64::from),
            tags_all: tags,
            arn: arn(it),
            id: it.log_group_name.clone(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Answer, Fake};
    use crate::schema::FieldType as _;

    #[tokio::test(start_paused = true)]
    async fn a_group_whose_tags_are_gone_is_gone() {
        let group = LogGroup { id: Some("a".into()), ..LogGroup::blank() };
        let told = Answer::ok(r#"{"logGroups": [{"logGroupName": "a", "logGroupArn": "arn:a"}]}"#);
        for (code, gone) in [(GONE, Some(true)), ("InvalidParameterException", None)] {
            let body = format!(r#"{{"__type": "{code}", "message": "no"}}"#);
            let fake = Fake::new([told.clone(), Answer::Body(400, body)]);
            let read = LogGroup::read(&*fake.aws().await, vec![group.clone()]).await;
            assert_eq!(read.ok().map(|it| it.iter().all(Option::is_none)), gone, "{code}");
        }
        let fake = Fake::new([told, Answer::ok(r#"{"tags": {"a": "b"}}"#)]);
        let read = LogGroup::read(&*fake.aws().await, vec![group]).await.unwrap();
        assert_eq!(read[0].as_ref().unwrap().tags_all["a"], "b");
    }
}
