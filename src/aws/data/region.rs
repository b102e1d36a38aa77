//! `aws_region`

use super::DataSource;
use crate::aws::client::{Aws, partition_of};
use crate::aws::tags::TagPolicy;
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::schema;
use crate::value::Path;

schema! {
    /// A region: the provider's, unless arguments say which.
    pub struct Region {
        /// What people call it, such as `Europe (Frankfurt)`.
        #[read_only] description: Option<String>,
        /// The host of EC2 in it.
        #[computed] endpoint: Option<String>,
        /// The region.
        #[read_only] id: Option<String>,
        /// The region.
        #[computed] #[deprecated("use `region` instead")] name: Option<String>,
        /// The region, such as `eu-central-1`.
        #[computed] region: Option<String>,
    }
}

impl DataSource for Region {
    const TYPE: &'static str = "aws_region";

    async fn read(self, aws: &Aws, _tags: &TagPolicy) -> Result<Self> {
        let by_endpoint = self.endpoint.as_deref().map(region_of_endpoint).transpose()?;
        let given = [self.region, self.name, by_endpoint];
        let mut named = given.into_iter().flatten();
        let region = named.next().unwrap_or_else(|| aws.region.clone());
        if let Some(other) = named.find(|other| *other != region) {
            let text = format!("the arguments name two regions, {region} and {other}");
            return Err(ProviderError::new(ErrorKind::Refused, text).at(Path::attribute("region")));
        }
        Ok(Region {
            description: Some(description(&region)?.to_string()),
            endpoint: Some(endpoint(&region)),
            id: Some(region.clone()),
            name: Some(region.clone()),
            region: Some(region),
        })
    }
}

fn endpoint(region: &str) -> String {
    format!("ec2.{region}.{}", partition_of(region).dns_suffix)
}

fn region_of_endpoint(given: &str) -> Result<String> {
    let found = DESCRIPTIONS.iter().find(|(region, _)| endpoint(region) == given);
    found.map(|(region, _)| region.to_string()).ok_or_else(|| {
        let text = format!("no region has the endpoint `{given}`");
        ProviderError::new(ErrorKind::NotFound, text).at(Path::attribute("endpoint"))
    })
}

fn description(region: &str) -> Result<&'static str> {
    let found = DESCRIPTIONS.iter().find(|(name, _)| *name == region);
    found.map(|(_, description)| *description).ok_or_else(|| {
        let text = format!("there is no region `{region}`");
        ProviderError::new(ErrorKind::NotFound, text).at(Path::attribute("region"))
    })
}

/// Regions and what people call them (botocore's `partitions.json`).
const DESCRIPTIONS: &[(&str, &str)] = &[
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-east-2", "Asia Pacific (Taipei)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ap-southeast-5", "Asia Pacific (Malaysia)"),
    ("ap-southeast-6", "Asia Pacific (New Zealand)"),
    ("ap-southeast-7", "Asia Pacific (Thailand)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("cn-north-1", "China (Beijing)"),
    ("cn-northwest-1", "China (Ningxia)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("eusc-de-east-1", "EU (Germany)"),
    ("eu-isoe-west-1", "EU ISOE West"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("mx-central-1", "Mexico (Central)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-gov-east-1", "AWS GovCloud (US-East)"),
    ("us-gov-west-1", "AWS GovCloud (US-West)"),
    ("us-iso-east-1", "US ISO East"),
    ("us-iso-west-1", "US ISO WEST"),
    ("us-isob-east-1", "US ISOB East (Ohio)"),
    ("us-isof-east-1", "US ISOF EAST"),
    ("us-isof-south-1", "US ISOF SOUTH"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_found_by_their_endpoint() {
        assert_eq!(region_of_endpoint("ec2.eu-west-1.amazonaws.com").unwrap(), "eu-west-1");
        assert_eq!(region_of_endpoint("ec2.cn-north-1.amazonaws.com.cn").unwrap(), "cn-north-1");
        assert_eq!(region_of_endpoint("ec2.mars-1.x").unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(description("eu-central-1").unwrap(), "Europe (Frankfurt)");
    }
}
