//! `aws_ecr_lifecycle_policy`

use futures::future::try_join_all;

use super::GONE;
use crate::aws::client::Aws;
use crate::aws::json::same_json;
use crate::aws::resource::{Resource, gone_is_fine};
use crate::provider::{Recovery, Result, Step};
use crate::schema;
use crate::schema::{Check, FieldType as _};

schema! {
    /// Rules by which images of a repository expire.
    pub struct LifecyclePolicy {
        /// The policy document.
        #[force_new] #[check(Check::Json)] #[equivalent(same_json)] policy: String,
        /// Name of the repository.
        #[force_new] repository: String,
        /// Name of the repository.
        #[read_only] id: Option<String>,
        /// Account of the registry.
        #[read_only] registry_id: Option<String>,
    }
}

impl Resource for LifecyclePolicy {
    const TYPE: &'static str = "aws_ecr_lifecycle_policy";
    const RECOVERY: Recovery = Recovery::Repeat;
    const IMPORT: &'static str = "REPOSITORY-NAME";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let call = aws.ecr.put_lifecycle_policy().repository_name(&self.repository);
        call.lifecycle_policy_text(&self.policy).send().await?;
        Ok(self.repository.clone())
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let reads = objects.into_iter().map(|policy| async move {
            let call = aws.ecr.get_lifecycle_policy().set_repository_name(policy.id.clone());
            match call.send().await {
                Ok(found) => Ok(Some(LifecyclePolicy {
                    policy: found.lifecycle_policy_text.unwrap_or_default(),
                    repository: found.repository_name.unwrap_or_default(),
                    registry_id: found.registry_id,
                    ..policy
                })),
                Err(error) => {
                    let gone = [GONE, "LifecyclePolicyNotFoundException"];
                    gone_is_fine(Err::<(), _>(error), &gone).map(|()| None)
                }
            }
        });
        try_join_all(reads).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.ecr.delete_lifecycle_policy().set_repository_name(self.id.clone());
        gone_is_fine(call.send().await, &[GONE, "LifecyclePolicyNotFoundException"])
    }

    fn import(id: &str) -> Result<Self> {
        let name = id.to_string();
        Ok(LifecyclePolicy { repository: name.clone(), id: Some(name), ..Self::blank() })
    }
}
