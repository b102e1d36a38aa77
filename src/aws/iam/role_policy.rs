//! `aws_iam_role_policy`

use aws_sdk_iam::types::RoleDetail;
use futures::future::try_join_all;

use super::{GONE, document, inline_of, name, overview};
use crate::aws::client::Aws;
use crate::aws::json::{same_policy, tell_policy};
use crate::aws::resource::{Resource, gone_is_fine};
use crate::provider::{ErrorKind, Identity, ProviderError, Recovery, Result, Step};
use crate::schema;
use crate::schema::Check;
use crate::schema::FieldType as _;

schema! {
    /// A policy that is part of a role.
    pub struct RolePolicy {
        /// Name of the policy.
        #[computed] #[force_new] #[conflicts_with(&["name_prefix"])] #[check(Check::Length(1, 128))]
        name: Option<String>,
        /// Start of a name that is made up.
        #[computed] #[force_new] name_prefix: Option<String>,
        /// The policy document.
        #[check(Check::Json)] #[equivalent(same_policy)] #[told(tell_policy)] policy: String,
        /// Name of the role.
        #[force_new] role: String,
        /// Role and policy: `role:policy`.
        #[read_only] id: Option<String>,
    }
}

impl Resource for RolePolicy {
    const TYPE: &'static str = "aws_iam_role_policy";
    const GLOBAL: bool = true;
    const RECOVERY: Recovery = Recovery::Repeat;
    const IMPORT: &'static str = "ROLE-NAME:POLICY-NAME";
    const IDENTITY: Identity = Identity { separator: ":", parts: &[&["role"], &["name"]] };

    async fn create(&self, aws: &Aws, step: &Step) -> Result<String> {
        let name = name(self.name.as_ref(), self.name_prefix.as_ref(), &step.token);
        self.put(aws, &name).await?;
        Ok(format!("{}:{name}", self.role))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let roles = objects.iter().map(|it| it.role.clone()).collect();
        let shown = overview::details(aws, &roles).await?;
        let reads = objects.into_iter().map(|it| {
            let name = it.own_name();
            let shown = shown.get(&it.role).and_then(|role| in_role(role, &name));
            async move {
                let document = match shown {
                    Some(document) => Some(document),
                    None => inline_of(aws, &it.role, &name).await?,
                };
                Ok(document.map(|policy| RolePolicy { name: Some(name), policy, ..it }))
            }
        });
        try_join_all(reads).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if same_policy(&self.policy.as_str().into(), &was.policy.as_str().into()) {
            return Ok(());
        }
        self.put(aws, &was.own_name()).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.iam.delete_role_policy().role_name(&self.role).policy_name(self.own_name());
        gone_is_fine(call.send().await, &[GONE])
    }

    fn import(id: &str) -> Result<Self> {
        let Some((role, name)) = id.split_once(':') else {
            let message = format!("`{id}` is not of the form ROLE-NAME:POLICY-NAME");
            return Err(ProviderError::new(ErrorKind::Refused, message));
        };
        let (role, name) = (role.to_string(), Some(name.to_string()));
        Ok(RolePolicy { role, name, id: Some(id.to_string()), ..RolePolicy::blank() })
    }
}

/// The document of a policy inside a role.
fn in_role(role: &RoleDetail, name: &str) -> Option<String> {
    let mut policies = role.role_policy_list().iter();
    let policy = policies.find(|it| it.policy_name() == Some(name))?;
    policy.policy_document().map(document)
}

impl RolePolicy {
    /// The name as the id has it.
    fn own_name(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        id.split_once(':').map(|(_, name)| name.to_string()).unwrap_or_default()
    }

    async fn put(&self, aws: &Aws, name: &str) -> Result {
        let call = aws.iam.put_role_policy().role_name(&self.role).policy_name(name);
        call.policy_document(&self.policy).send().await?;
        Ok(())
    }
}
