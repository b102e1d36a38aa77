//! `aws_iam_role_policy_attachment`

use std::collections::{BTreeMap, BTreeSet};

use super::GONE;
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine};
use crate::provider::{ErrorKind, ProviderError, Recovery, Result, Step};
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

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let call = aws.iam.attach_role_policy().role_name(&self.role);
        call.policy_arn(&self.policy_arn).send().await?;
        Ok(format!("{}/{}", self.role, self.policy_arn))
    }

    /// One list for each role.
    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let roles: BTreeSet<String> = objects.iter().map(|it| it.role.clone()).collect();
        let mut attached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for role in roles {
            let pages = aws.iam.list_attached_role_policies().role_name(&role).into_paginator();
            let found: std::result::Result<Vec<_>, _> = pages.items().send().collect().await;
            match found {
                Ok(found) => {
                    let arns = found.into_iter().filter_map(|it| it.policy_arn).collect();
                    attached.insert(role, arns);
                }
                Err(error) => gone_is_fine(Err::<(), _>(error), &[GONE])?,
            }
        }
        let there =
            |it: &Self| attached.get(&it.role).is_some_and(|all| all.contains(&it.policy_arn));
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
