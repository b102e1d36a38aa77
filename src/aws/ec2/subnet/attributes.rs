//! Changes the attributes of a subnet: one call for each, as AWS asks for.

use aws_sdk_ec2::operation::modify_subnet_attribute::builders::ModifySubnetAttributeFluentBuilder;
use aws_sdk_ec2::types::HostnameType;

use super::Subnet;
use crate::aws::client::Aws;
use crate::aws::ec2::{flag, given, sent};
use crate::aws::resource::gone_is_fine;
use crate::provider::Result;

/// Brings a subnet from `was` to `now`. What needs the IPv6 range is switched off before it goes
/// and on after it came.
pub(super) async fn update(now: &Subnet, aws: &Aws, was: &Subnet) -> Result {
    let assign = now.assign_ipv6_address_on_creation;
    let assigns = assign != was.assign_ipv6_address_on_creation;
    if assigns && !assign {
        modify(aws, was).assign_ipv6_address_on_creation(flag(false)).send().await?;
    }
    if was.enable_dns64 && !now.enable_dns64 {
        modify(aws, was).enable_dns64(flag(false)).send().await?;
    }
    range(now, aws, was).await?;
    if assigns && assign {
        modify(aws, was).assign_ipv6_address_on_creation(flag(true)).send().await?;
    }
    if now.enable_dns64 && !was.enable_dns64 {
        modify(aws, was).enable_dns64(flag(true)).send().await?;
    }
    names(now, aws, was).await?;
    outpost(now, aws, was).await?;
    if now.map_public_ip_on_launch != was.map_public_ip_on_launch {
        let public = flag(now.map_public_ip_on_launch);
        modify(aws, was).map_public_ip_on_launch(public).send().await?;
    }
    Ok(())
}

fn modify(aws: &Aws, was: &Subnet) -> ModifySubnetAttributeFluentBuilder {
    aws.ec2.modify_subnet_attribute().set_subnet_id(was.id.clone())
}

async fn range(now: &Subnet, aws: &Aws, was: &Subnet) -> Result {
    // An unknown range was not asked for; an empty one was, by the plan.
    let Some(wanted) = now.ipv6_cidr_block.as_deref() else { return Ok(()) };
    if wanted == given(&was.ipv6_cidr_block).unwrap_or_default()
        || wanted.is_empty() && now.range_is_decided()
    {
        return Ok(());
    }
    if let Some(association) = given(&was.ipv6_cidr_block_association_id) {
        let call = aws.ec2.disassociate_subnet_cidr_block().association_id(association);
        gone_is_fine(call.send().await, &["InvalidSubnetCidrBlockAssociationID.NotFound"])?;
    }
    if !wanted.is_empty() {
        let call = aws.ec2.associate_subnet_cidr_block().set_subnet_id(was.id.clone());
        call.ipv6_cidr_block(wanted).send().await?;
    }
    Ok(())
}

async fn names(now: &Subnet, aws: &Aws, was: &Subnet) -> Result {
    let ipv6 = now.enable_resource_name_dns_aaaa_record_on_launch;
    if ipv6 != was.enable_resource_name_dns_aaaa_record_on_launch {
        let call = modify(aws, was).enable_resource_name_dns_aaaa_record_on_launch(flag(ipv6));
        call.send().await?;
    }
    let ipv4 = now.enable_resource_name_dns_a_record_on_launch;
    if ipv4 != was.enable_resource_name_dns_a_record_on_launch {
        let call = modify(aws, was).enable_resource_name_dns_a_record_on_launch(flag(ipv4));
        call.send().await?;
    }
    let kind = &now.private_dns_hostname_type_on_launch;
    if let Some(kind) = given(kind)
        && Some(kind) != given(&was.private_dns_hostname_type_on_launch)
    {
        let call = modify(aws, was).private_dns_hostname_type_on_launch(HostnameType::from(kind));
        call.send().await?;
    }
    Ok(())
}

async fn outpost(now: &Subnet, aws: &Aws, was: &Subnet) -> Result {
    let maps = now.map_customer_owned_ip_on_launch.unwrap_or_default();
    let pool = given(&now.customer_owned_ipv4_pool);
    if maps != was.map_customer_owned_ip_on_launch.unwrap_or_default()
        || pool != given(&was.customer_owned_ipv4_pool)
    {
        // The one pair that AWS takes in one call.
        let call = modify(aws, was).map_customer_owned_ip_on_launch(flag(maps));
        call.set_customer_owned_ipv4_pool(sent(&now.customer_owned_ipv4_pool)).send().await?;
    }
    let index = now.enable_lni_at_device_index.unwrap_or_default();
    if index != was.enable_lni_at_device_index.unwrap_or_default() {
        let call = match i32::try_from(index) {
            Ok(index) if index > 0 => modify(aws, was).enable_lni_at_device_index(index),
            _ => modify(aws, was).disable_lni_at_device_index(flag(true)),
        };
        call.send().await?;
    }
    Ok(())
}
