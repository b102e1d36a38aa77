//! The worlds themselves.

use crate::support::moto::Moto;
use crate::support::terrace::Terrace;

#[tokio::test]
async fn each_test_has_a_moto_account_of_its_own() {
    let (one, two) = (Moto::shared().account().await, Moto::shared().account().await);
    assert_ne!(one.id, two.id);
    let (here, there) =
        (aws_sdk_ec2::Client::new(&one.sdk()), aws_sdk_ec2::Client::new(&two.sdk()));
    let made = here.create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap();
    let id = made.vpc.unwrap().vpc_id.unwrap();
    let seen = |answer: aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput| {
        answer.vpcs.unwrap().into_iter().any(|vpc| vpc.vpc_id.as_ref() == Some(&id))
    };
    assert!(seen(here.describe_vpcs().send().await.unwrap()));
    assert!(!seen(there.describe_vpcs().send().await.unwrap()));
}

#[tokio::test]
async fn a_sandbox_is_reached_behind_the_programs_back() {
    let terrace = Terrace::sandbox(&[]);
    let ec2 = aws_sdk_ec2::Client::new(&terrace.sdk());
    let made = ec2.create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap();
    let id = made.vpc.unwrap().vpc_id.unwrap();
    assert_eq!(terrace.left_behind(), [format!("aws_vpc {id}")]);
    ec2.delete_vpc().vpc_id(&id).send().await.unwrap();
    assert!(terrace.left_behind().is_empty());
}
