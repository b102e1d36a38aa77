//! `aws_iam_role`

use aws_sdk_iam::types;
use futures::future::try_join_all;

use super::{GONE, document, name, tags};
use crate::aws::client::Aws;
use crate::aws::json::same_policy;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{TOKEN_TAG, Tagging, Tags, iam_tags};
use crate::provider::{Result, Step};
use crate::schema;
use crate::schema::Check;

schema! {
    /// An identity that services and users can take on.
    pub struct Role {
        /// Policy that says who may take the role on.
        #[check(Check::Json)] #[equivalent(same_policy)] assume_role_policy: String,
        /// What the role is for.
        #[check(Check::Length(0, 1000))] description: Option<String>,
        /// Whether deleting the role detaches its policies first.
        #[default(false)] #[config_only] force_detach_policies: bool,
        /// Inline policies; all others are not managed.
        #[unsupported("use aws_iam_role_policy")] inline_policy: Vec<InlinePolicy>,
        /// ARNs of attached policies.
        #[unsupported("use aws_iam_role_policy_attachment")]
        managed_policy_arns: std::collections::BTreeSet<String>,
        /// Longest session, in seconds.
        #[default(3600)] #[check(Check::Between(3600, 43200))] max_session_duration: i64,
        /// Name of the role.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 64))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] #[check(Check::Length(1, 38))] name_prefix: Option<String>,
        /// Path of the role.
        #[default("/")] #[force_new] path: String,
        /// ARN of the policy that bounds the role's permissions.
        #[check(Check::Arn)] permissions_boundary: Option<String>,
        /// Tags of the role.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the role.
        #[read_only] arn: Option<String>,
        /// When the role was made.
        #[read_only] create_date: Option<String>,
        /// Name of the role.
        #[read_only] id: Option<String>,
        /// Stable id of the role.
        #[read_only] unique_id: Option<String>,
    }

    /// An inline policy of a role.
    pub struct InlinePolicy {
        /// Name of the policy.
        name: Option<String>,
        /// The policy document.
        policy: Option<String>,
    }
}

impl Resource for Role {
    const TYPE: &'static str = "aws_iam_role";
    const GLOBAL: bool = true;
    const TAGGING: Option<Tagging> = Some(Tagging::IamRole);
    const IMPORT: &'static str = "ROLE-NAME";

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), &step.token);
        let call = aws.iam.create_role().role_name(&name).path(&self.path);
        let duration = i32::try_from(self.max_session_duration).ok();
        let call = call
            .assume_role_policy_document(&self.assume_role_policy)
            .set_description(self.description.clone())
            .set_max_session_duration(duration)
            .set_permissions_boundary(self.permissions_boundary.clone())
            .set_tags(Some(iam_tags(self.tags_all.clone())?));
        let made = call.send().await?;
        made.role.map(|it| it.role_name).ok_or_else(|| missing("Role"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), token);
        let found = get(aws, &name).await?;
        let ours =
            found.filter(|it| tags(it.tags()).get(TOKEN_TAG).map(String::as_str) == Some(token));
        Ok(ours.map(|it| it.role_name))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let reads = objects.into_iter().map(|role| async move {
            let found = get(aws, role.id.as_deref().unwrap_or_default()).await?;
            Ok(found.map(|it| role.merged(it)))
        });
        try_join_all(reads).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let name = was.id.clone();
        if !same_document(&self.assume_role_policy, &was.assume_role_policy) {
            let call = aws.iam.update_assume_role_policy().set_role_name(name.clone());
            call.policy_document(&self.assume_role_policy).send().await?;
        }
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        if text(&self.description) != text(&was.description)
            || self.max_session_duration != was.max_session_duration
        {
            let duration = i32::try_from(self.max_session_duration).ok();
            let call = aws.iam.update_role().set_role_name(name.clone());
            let call = call.description(text(&self.description));
            call.set_max_session_duration(duration).send().await?;
        }
        if text(&self.permissions_boundary) != text(&was.permissions_boundary) {
            self.bound(aws, name).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let name = self.id.clone().unwrap_or_default();
        if self.force_detach_policies {
            detach(aws, &name).await?;
        }
        gone_is_fine(aws.iam.delete_role().role_name(name).send().await, &[GONE])
    }
}

fn same_document(one: &str, other: &str) -> bool {
    same_policy(&one.into(), &other.into())
}

async fn get(aws: &Aws, name: &str) -> Result<Option<types::Role>> {
    match aws.iam.get_role().role_name(name).send().await {
        Ok(found) => Ok(found.role),
        Err(error) => gone_is_fine(Err::<(), _>(error), &[GONE]).map(|()| None),
    }
}

/// Takes every policy off a role.
async fn detach(aws: &Aws, name: &str) -> Result {
    let attached = aws.iam.list_attached_role_policies().role_name(name).send().await;
    let Ok(attached) = attached else { return gone_is_fine(attached, &[GONE]) };
    for policy in attached.attached_policies() {
        let call = aws.iam.detach_role_policy().role_name(name);
        let call = call.set_policy_arn(policy.policy_arn.clone());
        gone_is_fine(call.send().await, &[GONE])?;
    }
    let inline = aws.iam.list_role_policies().role_name(name).send().await?;
    for policy in inline.policy_names() {
        let call = aws.iam.delete_role_policy().role_name(name).policy_name(policy);
        gone_is_fine(call.send().await, &[GONE])?;
    }
    Ok(())
}

impl Role {
    async fn bound(&self, aws: &Aws, name: Option<String>) -> Result {
        match &self.permissions_boundary {
            Some(arn) => {
                let call = aws.iam.put_role_permissions_boundary().set_role_name(name);
                call.permissions_boundary(arn).send().await?;
            }
            None => {
                aws.iam.delete_role_permissions_boundary().set_role_name(name).send().await?;
            }
        }
        Ok(())
    }

    fn merged(self, it: types::Role) -> Role {
        let boundary = it.permissions_boundary.as_ref();
        Role {
            assume_role_policy: it.assume_role_policy_document().map(document).unwrap_or_default(),
            description: it.description.clone(),
            max_session_duration: it.max_session_duration.map_or(3600, i64::from),
            name: Some(it.role_name.clone()),
            path: it.path.clone(),
            permissions_boundary: boundary.and_then(|it| it.permissions_boundary_arn.clone()),
            tags_all: tags(it.tags()),
            arn: Some(it.arn.clone()),
            create_date: Some(it.create_date.to_string()),
            id: Some(it.role_name.clone()),
            unique_id: Some(it.role_id.clone()),
            ..self
        }
    }
}
