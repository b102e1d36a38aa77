//! `aws_caller_identity`

use super::DataSource;
use crate::aws::client::Aws;
use crate::aws::tags::TagPolicy;
use crate::provider::Result;
use crate::schema;

schema! {
    /// Whose credentials are in use.
    pub struct CallerIdentity {
        /// The account.
        #[read_only] account_id: Option<String>,
        /// The ARN of the caller.
        #[read_only] arn: Option<String>,
        /// The account.
        #[read_only] id: Option<String>,
        /// The unique id of the caller.
        #[read_only] user_id: Option<String>,
    }
}

impl DataSource for CallerIdentity {
    const TYPE: &'static str = "aws_caller_identity";
    const GLOBAL: bool = true;

    async fn read(self, aws: &Aws, _tags: &TagPolicy) -> Result<Self> {
        let caller = aws.caller().await?;
        Ok(CallerIdentity {
            id: Some(caller.id.clone()),
            account_id: Some(caller.id),
            arn: Some(caller.arn),
            user_id: Some(caller.user_id),
        })
    }
}
