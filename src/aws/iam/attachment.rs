//! `aws_iam_role_policy_attachment`

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::RoleDetail;
use futures::future::try_join_all;

use super::{GONE, attached_to, overview};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine};
use crate::provider::{ErrorKind, Identity, ProviderError, Recovery, Result, Step};
use crate::schema;
use crate::schema::Check;

schema! {
    /// A managed policy on a role.
    pub struct RolePolicyAttachment {
        /// ARN of the policy.
        #[force_new] #[check(Check::Arn)] policy_arn: String,
        /// Name of the role.
        #[force_new] role: String,
        /// Role and policy: `role/arn`.
        #[read_only] id: Option<String>,
    }
}

impl Resource for RolePolicyAttachment {
    const TYPE: &'static str = "aws_iam_role_policy_attachment";
    const GLOBAL: bool = true;
    const RECOVERY: Recovery = Recovery::Repeat;
    const IMPORT: &'static str = "ROLE-NAME/POLICY-ARN";
    const IDENTITY: Identity = Identity { separator: "/", parts: &[&["role"], &["policy_arn"]] };

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let call = aws.iam.attach_role_policy().role_name(&self.role);
        call.policy_arn(&self.policy_arn).send().await?;
        Ok(format!("{}/{}", self.role, self.policy_arn))
    }

    /// One list for each role that the overview does not show with the policy.
    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let roles = |objects: &[Self]| objects.iter().map(|it| it.role.clone()).collect();
        let shown = overview::details(aws, &roles(&objects)).await?;
        let is_shown = |it: &Self| {
            let role = shown.get(&it.role).map(RoleDetail::attached_managed_policies);
            let mut arns = role.unwrap_or_default().iter().map(|it| it.policy_arn());
            arns.any(|arn| arn == Some(&it.policy_arn))
        };
        let others: Vec<Self> = objects.iter().filter(|it| !is_shown(it)).cloned().collect();
        let listed = attached(aws, roles(&others)).await?;
        let is_listed =
            |it: &Self| listed.get(&it.role).is_some_and(|all| all.contains(&it.policy_arn));
        let there = |it: &Self| is_shown(it) || is_listed(it);
        Ok(objects.into_iter().map(|it| Some(it).filter(there)).collect())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.iam.detach_role_policy().role_name(&self.role).policy_arn(&self.policy_arn);
        gone_is_fine(call.send().await, &[GONE])
    }

    fn import(id: &str) -> Result<Self> {
        let Some((role, arn)) = id.split_once('/') else {
            let message = format!("`{id}` is not of the form ROLE-NAME/POLICY-ARN");
            return Err(ProviderError::new(ErrorKind::Refused, message));
        };
        let (role, policy_arn) = (role.to_string(), arn.to_string());
        Ok(RolePolicyAttachment { role, policy_arn, id: Some(id.into()) })
    }
}

/// The ARNs of the policies on each of these roles.
async fn attached(
    aws: &Aws,
    roles: BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let lists = roles.into_iter().map(|role| async move {
        let arns = attached_to(aws, &role).await?.unwrap_or_default();
        Result::Ok((role, arns))
    });
    Ok(try_join_all(lists).await?.into_iter().collect())
}
