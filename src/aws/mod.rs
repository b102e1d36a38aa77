//! The AWS provider: names, shapes and defaults of the AWS provider 6.x.

pub mod client;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod elb;
pub mod error;
pub mod iam;
pub mod logs;
pub mod resource;
pub mod tags;

use resource::AnyResource;

/// All resource types, service by service.
pub fn resources() -> impl Iterator<Item = &'static dyn AnyResource> {
    let services: [&'static [&'static dyn AnyResource]; 6] = [
        ec2::RESOURCES,
        iam::RESOURCES,
        ecs::RESOURCES,
        ecr::RESOURCES,
        elb::RESOURCES,
        logs::RESOURCES,
    ];
    services.into_iter().flatten().copied()
}
