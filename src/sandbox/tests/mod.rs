//! The sandbox, asked through the SDK.

mod balancing;
mod containers;
mod everything;
mod identity;
mod network;
mod others;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tempfile::TempDir;

use super::Sandbox;

/// A sandbox in a folder of its own.
struct Ground {
    folder: TempDir,
    sandbox: Sandbox,
}

impl Ground {
    fn new() -> Ground {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(folder.path()).unwrap();
        Ground { folder, sandbox }
    }

    /// The same sandbox as another process would see it.
    fn reopened(&self) -> Sandbox {
        Sandbox::open(self.folder.path()).unwrap()
    }

    fn ec2(&self) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&sdk(self.sandbox.http_client()))
    }

    fn ecs(&self) -> aws_sdk_ecs::Client {
        aws_sdk_ecs::Client::new(&sdk(self.sandbox.http_client()))
    }

    fn elb(&self) -> aws_sdk_elasticloadbalancingv2::Client {
        aws_sdk_elasticloadbalancingv2::Client::new(&sdk(self.sandbox.http_client()))
    }
}

fn sdk(client: SharedHttpClient) -> SdkConfig {
    sdk_in("eu-west-1", client)
}

fn sdk_in(region: &'static str, client: SharedHttpClient) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(Sandbox::credentials()))
        .http_client(client)
        .build()
}

/// The error code of a call that has to fail.
fn code<T: std::fmt::Debug, E, R>(result: Result<T, aws_sdk_ec2::error::SdkError<E, R>>) -> String
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    R: std::fmt::Debug,
{
    let error = result.unwrap_err();
    error.as_service_error().and_then(|it| it.code()).unwrap_or("no code").to_owned()
}

fn named(kind: ResourceType, name: &str) -> TagSpecification {
    let tag = Tag::builder().key("Name").value(name).build();
    TagSpecification::builder().resource_type(kind).tags(tag).build()
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// A VPC with two subnets in two zones and an internet gateway.
struct Network {
    vpc: String,
    subnets: Vec<String>,
    gateway: String,
}

async fn network(ec2: &aws_sdk_ec2::Client) -> Network {
    let made = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    let vpc = made.vpc.unwrap().vpc_id.unwrap();
    let mut subnets = Vec::new();
    for (index, zone) in ["eu-west-1a", "eu-west-1b"].into_iter().enumerate() {
        let call = ec2.create_subnet().vpc_id(&vpc).availability_zone(zone);
        let made = call.cidr_block(format!("10.0.{index}.0/24")).send().await.unwrap();
        subnets.push(made.subnet.unwrap().subnet_id.unwrap());
    }
    let made = ec2.create_internet_gateway().send().await.unwrap();
    let gateway = made.internet_gateway.unwrap().internet_gateway_id.unwrap();
    let call = ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc);
    call.send().await.unwrap();
    Network { vpc, subnets, gateway }
}
