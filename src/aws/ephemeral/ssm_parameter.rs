//! `aws_ssm_parameter`

use crate::aws::client::Aws;
use crate::aws::data::DataSource;
use crate::aws::resource::missing;
use crate::aws::tags::TagPolicy;
use crate::provider::Result;
use crate::schema;
use crate::schema::{Check, Secret};

schema! {
    /// The value of a parameter of the Systems Manager Parameter Store, for the run only.
    pub struct EphemeralParameter {
        /// The ARN.
        #[check(Check::Arn)] arn: String,
        /// The name.
        #[read_only] name: Option<String>,
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

impl DataSource for EphemeralParameter {
    const TYPE: &'static str = "aws_ssm_parameter";

    async fn read(self, aws: &Aws, _tags: &TagPolicy) -> Result<Self> {
        let call = aws.ssm.get_parameter().name(&self.arn).with_decryption(self.with_decryption);
        let found = call.send().await?.parameter.ok_or_else(|| missing("Parameter"))?;
        Ok(EphemeralParameter {
            name: found.name,
            kind: found.r#type.map(|it| it.as_str().to_string()),
            value: found.value.map(Secret),
            version: Some(found.version),
            ..self
        })
    }
}
