//! `aws_subnets`

use std::collections::BTreeSet;

use super::{DataSource, Filter, ec2_filters, tag_filters};
use crate::aws::client::Aws;
use crate::aws::tags::{TagPolicy, Tags};
use crate::provider::Result;
use crate::schema;

schema! {
    /// The subnets that fit filters and tags; all of the region when there are none.
    pub struct Subnets {
        /// Conditions, as of `DescribeSubnets`.
        filter: BTreeSet<Filter>,
        /// The region.
        #[read_only] id: Option<String>,
        /// The ids of the subnets found.
        #[read_only] ids: Vec<String>,
        /// Tags that the subnets must have.
        #[computed] tags: Tags,
    }
}

impl DataSource for Subnets {
    const TYPE: &'static str = "aws_subnets";

    async fn read(self, aws: &Aws, _tags: &TagPolicy) -> Result<Self> {
        let mut filters = tag_filters(&self.tags);
        filters.extend(ec2_filters(&self.filter));
        let call = aws.ec2.describe_subnets();
        let call = call.set_filters((!filters.is_empty()).then_some(filters));
        let pages = call.into_paginator().items().send();
        let found = pages.collect::<std::result::Result<Vec<_>, _>>().await?;
        let ids = found.into_iter().filter_map(|subnet| subnet.subnet_id);
        Ok(Subnets { ids: ids.collect(), id: Some(aws.region.clone()), ..self })
    }
}
