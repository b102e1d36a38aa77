//! `aws_ssm_parameter`

use aws_sdk_ssm::types::ParameterType;

use super::DataSource;
use crate::aws::client::Aws;
use crate::aws::resource::missing;
use crate::aws::tags::TagPolicy;
use crate::provider::Result;
use crate::schema;
use crate::schema::Secret;

schema! {
    /// A parameter of the Systems Manager Parameter Store.
    pub struct SsmParameter {
        /// The ARN.
        #[read_only] arn: Option<String>,
        /// The name.
        #[read_only] id: Option<String>,
        /// The value, shown openly; null for a `SecureString`.
        #[read_only] insecure_value: Option<String>,
        /// The name, or the ARN.
        name: String,
        /// The type: `String`, `StringList` or `SecureString`.
        #[read_only] #[name("type")] kind: Option<String>,
        /// The value.
        #[read_only] value: Option<Secret<String>>,
        /// The version of the value.
        #[read_only] version: Option<i64>,
        /// Whether the value of a `SecureString` is decrypted.
        #[default(true)] with_decryption: bool,
    }
}

impl DataSource for SsmParameter {
    const TYPE: &'static str = "aws_ssm_parameter";

    async fn read(self, aws: &Aws, _tags: &TagPolicy) -> Result<Self> {
        let call = aws.ssm.get_parameter().name(&self.name).with_decryption(self.with_decryption);
        let found = call.send().await?.parameter.ok_or_else(|| missing("Parameter"))?;
        let secret = found.r#type == Some(ParameterType::SecureString);
        Ok(SsmParameter {
            arn: found.arn,
            id: found.name,
            insecure_value: found.value.clone().filter(|_| !secret),
            kind: found.r#type.map(|it| it.as_str().to_string()),
            value: found.value.map(Secret),
            version: Some(found.version),
            ..self
        })
    }
}
