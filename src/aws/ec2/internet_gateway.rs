//! `aws_internet_gateway`

use aws_sdk_ec2::types::{self, AttachmentStatus, ResourceType};

use super::{
    MOST_VALUES, PAGE, arn, carries, filter, given, ids, made_by, tag_specs, tags, text, wants,
};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, align, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Status, Step};
use crate::schema;

schema! {
    /// The way between a VPC and the internet.
    pub struct InternetGateway {
        /// VPC that the gateway is attached to.
        #[computed] vpc_id: Option<String>,
        /// Tags of the gateway.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the gateway.
        #[read_only] arn: Option<String>,
        /// Account that owns the gateway.
        #[read_only] owner_id: Option<String>,
        /// Id of the gateway.
        #[read_only] id: Option<String>,
        #[hidden] waiting: Option<String>,
    }
}

impl Resource for InternetGateway {
    const TYPE: &'static str = "aws_internet_gateway";
    const BATCH: usize = MOST_VALUES;
    const TAGGING: Option<Tagging> = Some(Tagging::Ec2);
    const TIMEOUTS: &'static [(Phase, u64)] =
        &[(Phase::Create, 20), (Phase::Update, 20), (Phase::Delete, 20)];
    const IMPORT: &'static str = "GATEWAY-ID";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let specs = tag_specs(ResourceType::InternetGateway, &self.tags_all);
        let made = aws.ec2.create_internet_gateway().set_tag_specifications(specs).send().await?;
        let id = made.internet_gateway.and_then(|it| it.internet_gateway_id);
        id.ok_or_else(|| missing("internetGatewayId"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let call = aws.ec2.describe_internet_gateways().filters(made_by(token));
        let mut found = call.send().await?.internet_gateways.unwrap_or_default().into_iter();
        let ours = found.find(|it| carries(it.tags.as_deref(), token));
        Ok(ours.and_then(|it| it.internet_gateway_id))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let known = filter("internet-gateway-id", ids(&objects, |it| it.id.as_deref()));
        let call = aws.ec2.describe_internet_gateways().filters(known);
        let pages = call.into_paginator().page_size(PAGE).items();
        let found: Vec<types::InternetGateway> =
            pages.send().collect::<std::result::Result<_, _>>().await?;
        let account = &aws.account().await?.id;
        let merge = |prior: Self, it: &types::InternetGateway| Some(prior.merged(aws, account, it));
        Ok(align(objects, &found, |one| one.id.clone(), |it| it.internet_gateway_id.clone(), merge))
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if !wants(&self.vpc_id, &was.vpc_id) {
            return Ok(());
        }
        was.detach(aws).await?;
        let call = aws.ec2.attach_internet_gateway().set_internet_gateway_id(was.id.clone());
        call.set_vpc_id(self.vpc_id.clone()).send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        self.detach(aws).await?;
        let call = aws.ec2.delete_internet_gateway().set_internet_gateway_id(self.id.clone());
        gone_is_fine(call.send().await, &["InvalidInternetGatewayID.NotFound"])
    }

    fn status(&self) -> Status {
        self.waiting.clone().map_or(Status::Ready, Status::Pending)
    }
}

impl InternetGateway {
    async fn detach(&self, aws: &Aws) -> Result {
        let Some(vpc) = given(&self.vpc_id) else { return Ok(()) };
        let call = aws.ec2.detach_internet_gateway().set_internet_gateway_id(self.id.clone());
        let gone = ["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"];
        gone_is_fine(call.vpc_id(vpc).send().await, &gone)
    }

    fn merged(self, aws: &Aws, account: &str, it: &types::InternetGateway) -> Self {
        let owner = it.owner_id.as_deref().unwrap_or(account);
        let id = it.internet_gateway_id.as_deref().unwrap_or_default();
        let attachment = it.attachments().first();
        let moving = |it: &types::InternetGatewayAttachment| match it.state {
            Some(AttachmentStatus::Attaching) => Some("the gateway to be attached".to_string()),
            Some(AttachmentStatus::Detaching) => Some("the gateway to be detached".to_string()),
            _ => None,
        };
        InternetGateway {
            vpc_id: text(attachment.and_then(|it| it.vpc_id.as_deref())),
            tags_all: tags(it.tags.as_deref()),
            arn: arn(aws, owner, &format!("internet-gateway/{id}")),
            owner_id: Some(owner.to_string()),
            waiting: attachment.and_then(moving),
            ..self
        }
    }
}
