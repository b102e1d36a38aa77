//! `aws_partition`

use super::DataSource;
use crate::aws::client::{Aws, partition_of};
use crate::aws::tags::TagPolicy;
use crate::provider::Result;
use crate::schema;

schema! {
    /// The part of AWS where the provider works.
    pub struct Partition {
        /// The domain of its services, such as `amazonaws.com`.
        #[read_only] dns_suffix: Option<String>,
        /// The name of the partition.
        #[read_only] id: Option<String>,
        /// The name of the partition, such as `aws` or `aws-cn`.
        #[read_only] partition: Option<String>,
        /// How the names of its endpoint services begin, such as `com.amazonaws`.
        #[read_only] reverse_dns_prefix: Option<String>,
    }
}

impl DataSource for Partition {
    const TYPE: &'static str = "aws_partition";
    const GLOBAL: bool = true;

    async fn read(self, aws: &Aws, _tags: &TagPolicy) -> Result<Self> {
        let partition = partition_of(&aws.region);
        Ok(Partition {
            dns_suffix: Some(partition.dns_suffix.to_string()),
            id: Some(partition.name.to_string()),
            partition: Some(partition.name.to_string()),
            reverse_dns_prefix: Some(partition.reverse_dns_prefix.to_string()),
        })
    }
}
