//! `aws_availability_zones`

use std::collections::BTreeSet;

use super::{DataSource, Filter, ec2_filter, ec2_filters};
use crate::aws::client::Aws;
use crate::aws::tags::TagPolicy;
use crate::provider::Result;
use crate::schema;

schema! {
    /// The availability zones of a region.
    pub struct AvailabilityZones {
        /// Whether zones that the account has not opted in to are listed too.
        all_availability_zones: Option<bool>,
        /// Names of zones to leave out.
        exclude_names: BTreeSet<String>,
        /// Ids of zones to leave out.
        exclude_zone_ids: BTreeSet<String>,
        /// Conditions, as of `DescribeAvailabilityZones`.
        filter: BTreeSet<Filter>,
        /// The groups of the zones found.
        #[read_only] group_names: BTreeSet<String>,
        /// The region.
        #[read_only] id: Option<String>,
        /// The names of the zones found, such as `eu-central-1a`, in order.
        #[read_only] names: Vec<String>,
        /// The state zones must have.
        #[one_of(&["available", "information", "impaired", "unavailable", "constrained"])]
        state: Option<String>,
        /// The ids of the zones found, such as `euc1-az2`, in the order of `names`.
        #[read_only] zone_ids: Vec<String>,
    }
}

impl DataSource for AvailabilityZones {
    const TYPE: &'static str = "aws_availability_zones";

    async fn read(self, aws: &Aws, _tags: &TagPolicy) -> Result<Self> {
        let mut filters = ec2_filters(&self.filter);
        filters.extend(self.state.clone().map(|state| ec2_filter("state", [state])));
        let call = aws.ec2.describe_availability_zones();
        let call = call.set_all_availability_zones(self.all_availability_zones);
        let answer = call.set_filters((!filters.is_empty()).then_some(filters)).send().await?;
        let mut zones = answer.availability_zones.unwrap_or_default();
        zones.sort_by(|a, b| a.zone_name.cmp(&b.zone_name));
        zones.retain(|zone| {
            let out = |names: &BTreeSet<String>, it: &Option<String>| {
                it.as_ref().is_some_and(|it| names.contains(it))
            };
            !out(&self.exclude_names, &zone.zone_name)
                && !out(&self.exclude_zone_ids, &zone.zone_id)
        });
        Ok(AvailabilityZones {
            group_names: zones.iter().filter_map(|zone| zone.group_name.clone()).collect(),
            names: zones.iter().filter_map(|zone| zone.zone_name.clone()).collect(),
            zone_ids: zones.iter().filter_map(|zone| zone.zone_id.clone()).collect(),
            id: Some(aws.region.clone()),
            ..self
        })
    }
}
