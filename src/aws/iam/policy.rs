//! `aws_iam_policy`

use std::time::Duration;

use aws_sdk_iam::types;
use futures::future::try_join_all;

use super::{GONE, document, found, name, overview, tags};
use crate::aws::client::Aws;
use crate::aws::json::{same_policy, tell_policy};
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{TOKEN_TAG, Tagging, Tags, iam_tags};
use crate::provider::{Result, Step};
use crate::schema;
use crate::schema::Check;

schema! {
    /// A managed policy.
    pub struct Policy {
        /// Milliseconds between the call that makes a new version and the one that makes it the
        /// default version; without it one call does both.
        #[config_only] #[check(Check::Between(0, i64::MAX))] delay_after_policy_creation_in_ms: Option<i64>,
        /// What the policy is for.
        #[force_new] #[check(Check::Length(0, 1000))] description: Option<String>,
        /// Name of the policy.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 128))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] #[check(Check::Length(1, 102))] name_prefix: Option<String>,
        /// Path of the policy.
        #[default("/")] #[force_new] path: String,
        /// The policy document.
        #[check(Check::Json)] #[equivalent(same_policy)] #[told(tell_policy)] policy: String,
        /// Tags of the policy.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the policy.
        #[read_only] arn: Option<String>,
        /// How many identities have the policy.
        #[read_only] attachment_count: Option<i64>,
        /// ARN of the policy.
        #[read_only] id: Option<String>,
        /// Stable id of the policy.
        #[read_only] policy_id: Option<String>,
    }
}

/// The most versions that a policy can have (IAM quota).
const MOST_VERSIONS: usize = 5;

impl Resource for Policy {
    const TYPE: &'static str = "aws_iam_policy";
    const GLOBAL: bool = true;
    const TAGGING: Option<Tagging> = Some(Tagging::IamPolicy);
    const IMPORT: &'static str = "POLICY-ARN";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), &step.token);
        let call = aws.iam.create_policy().policy_name(name).path(&self.path);
        let call = call
            .policy_document(&self.policy)
            .set_description(self.description.clone())
            .set_tags(Some(iam_tags(self.tags_all.clone())?));
        let made = call.send().await?;
        made.policy.and_then(|it| it.arn).ok_or_else(|| missing("Arn"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), token);
        let account = &aws.account().await?.id;
        let arn = format!("arn:{}:iam::{account}:policy{}{name}", aws.partition(), self.path);
        let policy = get(aws, &arn).await?;
        let ours =
            policy.filter(|it| tags(it.tags()).get(TOKEN_TAG).map(String::as_str) == Some(token));
        Ok(ours.and_then(|it| it.arn))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let arns = objects.iter().filter_map(|it| it.id.clone()).collect();
        let shown = overview::policies(aws, &arns).await?;
        let reads = objects.into_iter().map(|policy| {
            let arn = policy.id.clone().unwrap_or_default();
            let shown = shown.get(&arn);
            async move {
                // Only this call tells the tags.
                let Some(found) = get(aws, &arn).await? else { return Ok(None) };
                let version = found.default_version_id.as_deref().unwrap_or_default();
                let document = match shown.and_then(|it| in_version(it, version)) {
                    Some(document) => document.to_string(),
                    None => get_version(aws, &arn, version).await?,
                };
                Ok(Some(policy.merged(&found, &document)))
            }
        });
        try_join_all(reads).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if same_policy(&self.policy.as_str().into(), &was.policy.as_str().into()) {
            return Ok(());
        }
        let arn = was.id.clone().unwrap_or_default();
        make_room(aws, &arn).await?;
        let create = aws.iam.create_policy_version().policy_arn(&arn);
        let create = create.policy_document(&self.policy);
        // Zero counts as none, as in the AWS provider.
        let delay = self.delay_after_policy_creation_in_ms.and_then(|it| u64::try_from(it).ok());
        let delay = delay.filter(|it| *it > 0).map(Duration::from_millis);
        let made = create.set_as_default(delay.is_none()).send().await?;
        let Some(delay) = delay else { return Ok(()) };
        let version = made.policy_version.and_then(|it| it.version_id);
        let version = version.ok_or_else(|| missing("VersionId"))?;
        tokio::time::sleep(delay).await;
        aws.iam.set_default_policy_version().policy_arn(arn).version_id(version).send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let arn = self.id.clone().unwrap_or_default();
        for version in versions(aws, &arn).await?.iter().filter(|it| !it.is_default_version) {
            drop_version(aws, &arn, version).await?;
        }
        gone_is_fine(aws.iam.delete_policy().policy_arn(arn).send().await, &[GONE])
    }
}

async fn get(aws: &Aws, arn: &str) -> Result<Option<types::Policy>> {
    Ok(found(aws.iam.get_policy().policy_arn(arn).send().await)?.and_then(|it| it.policy))
}

/// The encoded document of a version.
async fn get_version(aws: &Aws, arn: &str, version: &str) -> Result<String> {
    let call = aws.iam.get_policy_version().policy_arn(arn).version_id(version);
    let version = call.send().await?.policy_version;
    version.and_then(|it| it.document).ok_or_else(|| missing("Document"))
}

/// The encoded document of a version, if the details have it.
fn in_version<'a>(policy: &'a types::ManagedPolicyDetail, version: &str) -> Option<&'a str> {
    let mut versions = policy.policy_version_list().iter();
    versions.find(|it| it.version_id() == Some(version))?.document()
}

async fn versions(aws: &Aws, arn: &str) -> Result<Vec<types::PolicyVersion>> {
    let listed = found(aws.iam.list_policy_versions().policy_arn(arn).send().await)?;
    Ok(listed.and_then(|it| it.versions).unwrap_or_default())
}

async fn drop_version(aws: &Aws, arn: &str, version: &types::PolicyVersion) -> Result {
    let call = aws.iam.delete_policy_version().policy_arn(arn);
    gone_is_fine(call.set_version_id(version.version_id.clone()).send().await, &[GONE])
}

/// The number in a version's id; it tells the older of two that were made in the same second.
fn number(version: &types::PolicyVersion) -> Option<u64> {
    version.version_id()?.strip_prefix('v')?.parse().ok()
}

/// Removes the oldest version when there is no room for one more.
async fn make_room(aws: &Aws, arn: &str) -> Result {
    let mut all = versions(aws, arn).await?;
    if all.len() < MOST_VERSIONS {
        return Ok(());
    }
    all.retain(|it| !it.is_default_version);
    let oldest = all.iter().min_by_key(|it| number(it));
    match oldest {
        Some(oldest) => drop_version(aws, arn, oldest).await,
        None => Ok(()),
    }
}

impl Policy {
    fn merged(self, it: &types::Policy, encoded: &str) -> Policy {
        Policy {
            description: it.description.clone().or(self.description),
            name: it.policy_name.clone(),
            path: it.path.clone().unwrap_or_else(|| "/".into()),
            policy: document(encoded),
            tags_all: tags(it.tags()),
            arn: it.arn.clone(),
            attachment_count: it.attachment_count.map(i64::from),
            id: it.arn.clone(),
            policy_id: it.policy_id.clone(),
            ..self
        }
    }
}
