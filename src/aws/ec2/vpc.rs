//! `aws_vpc`

mod read;

use aws_sdk_ec2::types::{ResourceType, Tenancy, VpcTenancy};

use super::{MOST_VALUES, carries, flag, given, made_by, sent, tag_specs, wants};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, gone_is_fine, missing, unknown_string};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Result, Status, Step};
use crate::schema;
use crate::schema::Check;
use crate::value::{Path, Value};

schema! {
    /// A virtual private cloud: a network of its own in a region.
    #[version = 1]
    pub struct Vpc {
        /// IPv4 range, `/16` to `/28`. Needed unless an IPAM pool gives one.
        #[computed] #[force_new] #[check(Check::Cidr)] #[conflicts_with(&["ipv4_netmask_length"])]
        cidr_block: Option<String>,
        /// Whether instances run on shared (`default`) or on `dedicated` hardware. Can be changed
        /// from dedicated to default without replacing the network.
        #[default("default")] #[one_of(&["default", "dedicated"])] instance_tenancy: String,
        /// IPAM pool that gives the IPv4 range.
        #[force_new] ipv4_ipam_pool_id: Option<String>,
        /// Prefix length of the range that the IPAM pool gives.
        #[force_new] #[check(Check::Between(16, 28))] #[conflicts_with(&["cidr_block"])]
        #[required_with(&["ipv4_ipam_pool_id"])] ipv4_netmask_length: Option<i64>,
        /// IPv6 range out of the IPAM pool.
        #[computed] #[check(Check::Cidr)] #[required_with(&["ipv6_ipam_pool_id"])]
        #[conflicts_with(&["ipv6_netmask_length", "assign_generated_ipv6_cidr_block"])]
        ipv6_cidr_block: Option<String>,
        /// IPAM pool that gives the IPv6 range.
        #[conflicts_with(&["assign_generated_ipv6_cidr_block"])] ipv6_ipam_pool_id: Option<String>,
        /// Prefix length of the IPv6 range that the IPAM pool gives.
        #[check(Check::Custom(nibble))] #[conflicts_with(&["ipv6_cidr_block"])]
        #[required_with(&["ipv6_ipam_pool_id"])] ipv6_netmask_length: Option<i64>,
        /// Zones from which the IPv6 range is advertised.
        #[computed] #[required_with(&["assign_generated_ipv6_cidr_block"])]
        ipv6_cidr_block_network_border_group: Option<String>,
        /// Whether the VPC resolves names through Amazon's DNS server.
        #[default(true)] enable_dns_support: bool,
        /// Whether instances with public addresses get public names.
        #[computed] enable_dns_hostnames: Option<bool>,
        /// Whether CloudWatch gets metrics of address usage.
        #[computed] enable_network_address_usage_metrics: Option<bool>,
        /// Whether AWS gives the VPC an IPv6 range of its own, a `/56`.
        #[conflicts_with(&["ipv6_ipam_pool_id"])] assign_generated_ipv6_cidr_block: Option<bool>,
        /// Tags of the VPC.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the VPC.
        #[read_only] arn: Option<String>,
        /// Network ACL that AWS makes with the VPC.
        #[read_only] default_network_acl_id: Option<String>,
        /// Route table that AWS makes with the VPC.
        #[read_only] default_route_table_id: Option<String>,
        /// Security group that AWS makes with the VPC.
        #[read_only] default_security_group_id: Option<String>,
        /// DHCP options of the VPC.
        #[read_only] dhcp_options_id: Option<String>,
        /// Association of the IPv6 range.
        #[read_only] ipv6_association_id: Option<String>,
        /// Route table of subnets that are associated with none.
        #[read_only] main_route_table_id: Option<String>,
        /// Account that owns the VPC.
        #[read_only] owner_id: Option<String>,
        /// Id of the VPC.
        #[read_only] id: Option<String>,
        #[hidden] waiting: Option<String>,
    }
}

impl Resource for Vpc {
    const TYPE: &'static str = "aws_vpc";
    const BATCH: usize = MOST_VALUES;
    const TAGGING: Option<Tagging> = Some(Tagging::Ec2);
    const IMPORT: &'static str = "VPC-ID";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let generated = self.assign_generated_ipv6_cidr_block.filter(|it| *it);
        let call = aws
            .ec2
            .create_vpc()
            .instance_tenancy(Tenancy::from(self.instance_tenancy.as_str()))
            .set_amazon_provided_ipv6_cidr_block(generated)
            .set_cidr_block(sent(&self.cidr_block))
            .set_ipv4_ipam_pool_id(sent(&self.ipv4_ipam_pool_id))
            .set_ipv4_netmask_length(length(self.ipv4_netmask_length))
            .set_ipv6_cidr_block(sent(&self.ipv6_cidr_block))
            .set_ipv6_cidr_block_network_border_group(self.border_group())
            .set_ipv6_ipam_pool_id(sent(&self.ipv6_ipam_pool_id))
            .set_ipv6_netmask_length(length(self.ipv6_netmask_length))
            .set_tag_specifications(tag_specs(ResourceType::Vpc, &self.tags_all));
        call.send().await?.vpc.and_then(|it| it.vpc_id).ok_or_else(|| missing("vpcId"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let told = aws.ec2.describe_vpcs().filters(made_by(token)).send().await?;
        let mut found = told.vpcs.unwrap_or_default().into_iter();
        Ok(found.find(|it| carries(it.tags.as_deref(), token)).and_then(|it| it.vpc_id))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        read::read(aws, objects).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        self.update_names(aws, was).await?;
        let modify = || aws.ec2.modify_vpc_attribute().set_vpc_id(was.id.clone());
        if let Some(on) = self.enable_network_address_usage_metrics
            && on != was.enable_network_address_usage_metrics.unwrap_or_default()
        {
            modify().enable_network_address_usage_metrics(flag(on)).send().await?;
        }
        if self.instance_tenancy != was.instance_tenancy {
            let tenancy = VpcTenancy::from(self.instance_tenancy.as_str());
            let call = aws.ec2.modify_vpc_tenancy().set_vpc_id(was.id.clone());
            call.instance_tenancy(tenancy).send().await?;
        }
        self.update_ipv6(aws, was).await
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.ec2.delete_vpc().set_vpc_id(self.id.clone());
        gone_is_fine(call.send().await, &["InvalidVpcID.NotFound"])
    }

    fn status(&self) -> Status {
        self.waiting.clone().map_or(Status::Ready, Status::Pending)
    }

    fn plan(proposal: &mut Proposal<'_>) -> Result {
        if proposal.changes("instance_tenancy") {
            let tenancy = |it: &Value| it.get("instance_tenancy").as_str() == Some("dedicated");
            let loosened = proposal.prior.is_some_and(tenancy)
                && proposal.value.get("instance_tenancy").as_str() == Some("default");
            if !loosened {
                proposal.replace_because("instance_tenancy");
            }
        }
        let ipv6 = ["assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id"];
        if ipv6.iter().any(|name| really_changes(proposal, name)) {
            proposal.set("ipv6_association_id", unknown_string());
            for name in ["ipv6_cidr_block", "ipv6_cidr_block_network_border_group"] {
                if proposal.configuration.get(name).is_null() {
                    proposal.set(name, unknown_string());
                }
            }
        }
        Ok(())
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let range = configuration.get("cidr_block");
        let at = |why: String| vec![(Path::attribute("cidr_block"), why)];
        if range.is_null() && configuration.get("ipv4_ipam_pool_id").is_null() {
            return at("A VPC needs an IPv4 range, or an IPAM pool that gives one.".to_string());
        }
        let net = range.as_str().and_then(|it| it.parse::<ipnet::Ipv4Net>().ok());
        match net.map(|it| it.prefix_len()) {
            Some(length) if !(16..=28).contains(&length) => {
                at(format!("The IPv4 range of a VPC is a /16 to a /28, not a /{length}."))
            }
            _ => Vec::new(),
        }
    }
}

/// IPAM gives IPv6 ranges with prefixes of whole hexadecimal digits.
pub(super) fn nibble(length: &Value) -> std::result::Result<(), String> {
    match length.as_number().and_then(|it| it.as_i64()) {
        Some(length) if length % 4 == 0 && (44..=64).contains(&length) => Ok(()),
        _ => Err("the prefix length must be 44, 48, 52, 56, 60 or 64".to_string()),
    }
}

/// Whether a field changes by more than from one absent value to another.
fn really_changes(proposal: &Proposal<'_>, name: &str) -> bool {
    let absent =
        |it: &Value| it.is_null() || it.as_str() == Some("") || it.as_bool() == Some(false);
    let was = proposal.prior.map_or(Value::NULL, |it| it.get(name));
    proposal.changes(name) && !(absent(&was) && absent(&proposal.value.get(name)))
}

fn length(netmask: Option<i64>) -> Option<i32> {
    netmask.filter(|it| *it != 0).and_then(|it| i32::try_from(it).ok())
}

impl Vpc {
    /// The border group, which can be asked for only with a generated range.
    fn border_group(&self) -> Option<String> {
        let generated = self.assign_generated_ipv6_cidr_block == Some(true);
        sent(&self.ipv6_cidr_block_network_border_group).filter(|_| generated)
    }

    /// Host names need name resolution: it is switched on before them and off after them.
    async fn update_names(&self, aws: &Aws, was: &Self) -> Result {
        let modify = || aws.ec2.modify_vpc_attribute().set_vpc_id(was.id.clone());
        let support = self.enable_dns_support;
        let before = was.enable_dns_hostnames.unwrap_or_default();
        let hostnames = self.enable_dns_hostnames.filter(|it| *it != before);
        if support && !was.enable_dns_support {
            modify().enable_dns_support(flag(true)).send().await?;
        }
        if let Some(hostnames) = hostnames {
            modify().enable_dns_hostnames(flag(hostnames)).send().await?;
        }
        if !support && was.enable_dns_support {
            modify().enable_dns_support(flag(false)).send().await?;
        }
        Ok(())
    }

    /// Exchanges the IPv6 range when another one is asked for.
    async fn update_ipv6(&self, aws: &Aws, was: &Self) -> Result {
        let generated = self.assign_generated_ipv6_cidr_block == Some(true);
        let same = generated == (was.assign_generated_ipv6_cidr_block == Some(true))
            && given(&self.ipv6_ipam_pool_id) == given(&was.ipv6_ipam_pool_id)
            && !wants(&self.ipv6_cidr_block, &was.ipv6_cidr_block)
            && !wants(&self.border_group(), &was.ipv6_cidr_block_network_border_group);
        if same {
            return Ok(());
        }
        if let Some(association) = given(&was.ipv6_association_id) {
            let call = aws.ec2.disassociate_vpc_cidr_block().association_id(association);
            gone_is_fine(call.send().await, &["InvalidVpcCidrBlockAssociationID.NotFound"])?;
        }
        let pool = sent(&self.ipv6_ipam_pool_id);
        if generated || pool.is_some() {
            let call = aws.ec2.associate_vpc_cidr_block().set_vpc_id(was.id.clone());
            let range = sent(&self.ipv6_cidr_block).filter(|_| pool.is_some());
            call.set_amazon_provided_ipv6_cidr_block(generated.then_some(true))
                .set_ipv6_cidr_block(range)
                .set_ipv6_cidr_block_network_border_group(self.border_group())
                .set_ipv6_ipam_pool_id(pool)
                .set_ipv6_netmask_length(length(self.ipv6_netmask_length))
                .send()
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
