//! `aws_ecr_lifecycle_policy`

use futures::future::try_join_all;
use serde_json::Value as Json;

use super::GONE;
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine};
use crate::provider::{Recovery, Result, Step};
use crate::schema;
use crate::schema::{Check, FieldType as _};
use crate::value::Value;

schema! {
    /// Rules by which images of a repository expire.
    pub struct LifecyclePolicy {
        /// The policy document.
        #[force_new] #[check(Check::Json)] #[equivalent(same_rules)] policy: String,
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

/// Whether two documents have the same rules: ECR orders rules by priority, and the order of the
/// tags that a rule selects does not matter.
fn same_rules(a: &Value, b: &Value) -> bool {
    let rules =
        |it: &Value| it.as_str().and_then(|text| serde_json::from_str(text).ok()).map(sorted);
    let (one, other) = (rules(a), rules(b));
    one.is_some() && one == other
}

fn sorted(mut policy: Json) -> Json {
    let Some(rules) = policy.get_mut("rules").and_then(Json::as_array_mut) else { return policy };
    rules.sort_by_key(|rule| rule.get("rulePriority").and_then(Json::as_u64));
    for selection in rules.iter_mut().filter_map(|rule| rule.get_mut("selection")) {
        for list in ["tagPrefixList", "tagPatternList"] {
            if let Some(tags) = selection.get_mut(list).and_then(Json::as_array_mut) {
                tags.sort_by_key(Json::to_string);
            }
        }
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_the_same_in_any_order() {
        let same = |a: &str, b: &str| same_rules(&Value::string(a), &Value::string(b));
        let policy = r#"{"rules":[{"rulePriority":2,"selection":{"tagPrefixList":["b","a"]}},{"rulePriority":10}]}"#;
        let other = r#"{"rules": [{"rulePriority":10}, {"selection":{"tagPrefixList":["a","b"]},"rulePriority":2}]}"#;
        assert!(same(policy, other));
        assert!(!same(policy, &policy.replace("10", "11")));
        assert!(!same(policy, &policy.replace("\"b\",", "")));
        assert!(!same("not json", "not json"));
    }
}
