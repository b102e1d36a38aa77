//! `aws_eip`

use aws_sdk_ec2::types::{self, AddressAttribute, AddressAttributeName, DomainType, ResourceType};

use super::{
    MOST_VALUES, arn, carries, filter, given, ids, made_by, sent, tag_specs, tags, text, wants,
};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, align, gone_is_fine, missing, unknown_string};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Step};
use crate::schema;

schema! {
    /// A public IPv4 address that stays the same.
    pub struct Eip {
        /// What the address is for: always `vpc`.
        #[computed] #[force_new] #[one_of(&["vpc", "standard"])] domain: Option<String>,
        /// An address out of a pool of your own.
        #[force_new] address: Option<String>,
        /// Instance that has the address.
        #[computed] instance: Option<String>,
        /// Network interface that has the address.
        #[computed] network_interface: Option<String>,
        /// Which private address of the interface it belongs to; the primary one when not given.
        associate_with_private_ip: Option<String>,
        /// Pool of customer-owned addresses of an Outpost.
        customer_owned_ipv4_pool: Option<String>,
        /// IPAM pool that gives the address.
        #[computed] #[force_new] ipam_pool_id: Option<String>,
        /// Zones from which the address is advertised.
        #[computed] #[force_new] network_border_group: Option<String>,
        /// Pool that gives the address, or `amazon`.
        #[computed] #[force_new] public_ipv4_pool: Option<String>,
        /// Tags of the address.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// Id of the address, as other resources take it.
        #[read_only] allocation_id: Option<String>,
        /// ARN of the address.
        #[read_only] arn: Option<String>,
        /// Association with an instance or network interface.
        #[read_only] association_id: Option<String>,
        /// Carrier address (Wavelength).
        #[read_only] carrier_ip: Option<String>,
        /// Customer-owned address (Outposts).
        #[read_only] customer_owned_ip: Option<String>,
        /// Name of the private address.
        #[read_only] private_dns: Option<String>,
        /// Private address it belongs to.
        #[read_only] private_ip: Option<String>,
        /// Name that the address resolves to.
        #[read_only] ptr_record: Option<String>,
        /// Name of the public address.
        #[read_only] public_dns: Option<String>,
        /// The address.
        #[read_only] public_ip: Option<String>,
        /// Id of the address.
        #[read_only] id: Option<String>,
    }
}

impl Resource for Eip {
    const TYPE: &'static str = "aws_eip";
    const BATCH: usize = MOST_VALUES;
    const TAGGING: Option<Tagging> = Some(Tagging::Ec2);
    const TIMEOUTS: &'static [(Phase, u64)] = &[(Phase::Update, 5), (Phase::Delete, 3)];
    const IMPORT: &'static str = "ALLOCATION-ID";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let call = aws
            .ec2
            .allocate_address()
            .set_domain(given(&self.domain).map(DomainType::from))
            .set_address(sent(&self.address))
            .set_customer_owned_ipv4_pool(sent(&self.customer_owned_ipv4_pool))
            .set_ipam_pool_id(sent(&self.ipam_pool_id))
            .set_network_border_group(sent(&self.network_border_group))
            .set_public_ipv4_pool(sent(&self.public_ipv4_pool))
            .set_tag_specifications(tag_specs(ResourceType::ElasticIp, &self.tags_all));
        call.send().await?.allocation_id.ok_or_else(|| missing("allocationId"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let told = aws.ec2.describe_addresses().filters(made_by(token)).send().await?;
        let mut found = told.addresses.unwrap_or_default().into_iter();
        Ok(found.find(|it| carries(it.tags.as_deref(), token)).and_then(|it| it.allocation_id))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let known = filter("allocation-id", ids(&objects, |it| it.id.as_deref()));
        let told = aws.ec2.describe_addresses().filters(known).send().await?;
        let found = told.addresses.unwrap_or_default();
        let records = records(aws, &found).await?;
        let account = &aws.account().await?.id;
        let merge = |prior: Self, it: &types::Address| {
            let record = records.iter().find(|record| record.allocation_id == it.allocation_id);
            Some(prior.merged(aws, account, it, record))
        };
        Ok(align(objects, &found, |one| one.id.clone(), |it| it.allocation_id.clone(), merge))
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let moved = wants(&self.instance, &was.instance)
            || wants(&self.network_interface, &was.network_interface)
            || wants(&self.associate_with_private_ip, &was.private_ip);
        if !moved {
            return Ok(());
        }
        was.disassociate(aws).await?;
        if given(&self.instance).is_none() && given(&self.network_interface).is_none() {
            return Ok(());
        }
        let call = aws.ec2.associate_address().set_allocation_id(was.id.clone());
        call.set_instance_id(sent(&self.instance))
            .set_network_interface_id(sent(&self.network_interface))
            .set_private_ip_address(sent(&self.associate_with_private_ip))
            .send()
            .await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        self.disassociate(aws).await?;
        let call = aws.ec2.release_address().set_allocation_id(self.id.clone());
        let call = call.set_network_border_group(sent(&self.network_border_group));
        gone_is_fine(call.send().await, &["InvalidAllocationID.NotFound"])
    }

    /// What follows from whom the address belongs to is unknown when that changes.
    fn plan(proposal: &mut Proposal<'_>) -> Result {
        let owners = ["instance", "network_interface", "associate_with_private_ip"];
        if proposal.prior.is_none() || !owners.iter().any(|name| proposal.changes(name)) {
            return Ok(());
        }
        for name in ["association_id", "private_ip", "private_dns"] {
            proposal.set(name, unknown_string());
        }
        for name in ["instance", "network_interface"] {
            if proposal.configuration.get(name).is_null() {
                proposal.set(name, unknown_string());
            }
        }
        Ok(())
    }
}

/// The names that addresses resolve to: one call for all of them.
async fn records(aws: &Aws, found: &[types::Address]) -> Result<Vec<AddressAttribute>> {
    let known: Vec<String> = found.iter().filter_map(|it| it.allocation_id.clone()).collect();
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let call = aws.ec2.describe_addresses_attribute().set_allocation_ids(Some(known));
    let call = call.attribute(AddressAttributeName::DomainName);
    let pages = call.into_paginator().items().send();
    Ok(pages.collect::<std::result::Result<_, _>>().await?)
}

/// The name of a public address (the VPC guide, "DNS attributes for your VPC").
fn public_name(region: &str, suffix: &str, address: &str) -> String {
    let dashed = address.replace('.', "-");
    match region {
        "us-east-1" => format!("ec2-{dashed}.compute-1.{suffix}"),
        region => format!("ec2-{dashed}.{region}.compute.{suffix}"),
    }
}

/// The name of a private address.
fn private_name(region: &str, address: &str) -> String {
    let dashed = address.replace('.', "-");
    match region {
        "us-east-1" => format!("ip-{dashed}.ec2.internal"),
        region => format!("ip-{dashed}.{region}.compute.internal"),
    }
}

impl Eip {
    async fn disassociate(&self, aws: &Aws) -> Result {
        let Some(association) = given(&self.association_id) else { return Ok(()) };
        let call = aws.ec2.disassociate_address().association_id(association);
        gone_is_fine(call.send().await, &["InvalidAssociationID.NotFound"])
    }

    fn merged(
        self,
        aws: &Aws,
        account: &str,
        it: &types::Address,
        record: Option<&AddressAttribute>,
    ) -> Self {
        let id = it.allocation_id.as_deref().unwrap_or_default();
        let of_ipam = it.public_ipv4_pool.clone().filter(|it| it.starts_with("ipam-pool-"));
        let public = |address: &str| public_name(&aws.region, aws.dns_suffix(), address);
        let record = record.and_then(|it| it.ptr_record.as_deref());
        Eip {
            domain: it.domain.as_ref().map(|it| it.as_str().to_string()),
            instance: text(it.instance_id.as_deref()),
            network_interface: text(it.network_interface_id.as_deref()),
            customer_owned_ipv4_pool: text(it.customer_owned_ipv4_pool.as_deref()),
            ipam_pool_id: of_ipam.or(self.ipam_pool_id),
            network_border_group: text(it.network_border_group.as_deref()),
            public_ipv4_pool: text(it.public_ipv4_pool.as_deref()),
            tags_all: tags(it.tags.as_deref()),
            allocation_id: it.allocation_id.clone(),
            arn: arn(aws, account, &format!("elastic-ip/{id}")),
            association_id: text(it.association_id.as_deref()),
            carrier_ip: text(it.carrier_ip.as_deref()),
            customer_owned_ip: text(it.customer_owned_ip.as_deref()),
            private_dns: it.private_ip_address.as_deref().map(|it| private_name(&aws.region, it)),
            private_ip: text(it.private_ip_address.as_deref()),
            ptr_record: text(record.map(|it| it.trim_end_matches('.'))),
            public_dns: it.public_ip.as_deref().map(public),
            public_ip: text(it.public_ip.as_deref()),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{private_name, public_name};

    #[test]
    fn names_follow_the_region() {
        let name = |region| public_name(region, "amazonaws.com", "52.1.2.3");
        assert_eq!(name("us-east-1"), "ec2-52-1-2-3.compute-1.amazonaws.com");
        assert_eq!(name("eu-west-1"), "ec2-52-1-2-3.eu-west-1.compute.amazonaws.com");
        assert_eq!(private_name("us-east-1", "10.0.0.4"), "ip-10-0-0-4.ec2.internal");
        assert_eq!(private_name("eu-west-1", "10.0.0.4"), "ip-10-0-0-4.eu-west-1.compute.internal");
    }
}
