use std::io::ErrorKind::{ConnectionRefused, ConnectionReset};

use futures::future::join_all;

use super::*;
use crate::aws::testing::{Answer, Fake, step};

const VPC: &str = "<CreateVpcResponse><requestId>r</requestId><vpc><vpcId>vpc-1</vpcId></vpc>\
                   </CreateVpcResponse>";
const VPCS: &str = "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>";
const ROLE: &str = "<CreateRoleResponse><CreateRoleResult><Role><Path>/</Path><RoleName>x</RoleName>\
    <RoleId>A</RoleId><Arn>arn:aws:iam::1:role/x</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>\
    </Role></CreateRoleResult></CreateRoleResponse>";

/// Creates a VPC in a step: what came of it, and what was noted.
async fn create_vpc(fake: &Fake, full: bool) -> (Result<String, ProviderError>, Vec<String>) {
    let aws = fake.aws().await;
    let (step, notes) = step(full);
    let call = aws.ec2.create_vpc().cidr_block("10.0.0.0/16").send();
    let made = in_step(&step, call).await.map_err(ProviderError::from);
    let id = made.map(|made| made.vpc.and_then(|it| it.vpc_id).unwrap_or_default());
    (id, notes.said())
}

#[tokio::test(start_paused = true)]
async fn a_call_is_journaled_before_it_is_sent_and_its_outcome_after() {
    let fake = Fake::new([Answer::ok(VPC)]);
    let (made, notes) = create_vpc(&fake, false).await;
    assert_eq!(made.unwrap(), "vpc-1");
    assert_eq!(notes, ["before ec2:CreateVpc", "made ec2:CreateVpc"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_journaled_is_not_sent() {
    let fake = Fake::new([Answer::ok(VPC)]);
    let (made, notes) = create_vpc(&fake, true).await;
    let error = made.unwrap_err();
    assert_eq!((error.kind, error.operation.as_str()), (ErrorKind::Journal, "ec2:CreateVpc"));
    assert_eq!(error.message, "the disk is full");
    assert!(fake.requests().is_empty() && notes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_changes_outside_of_a_step() {
    let fake = Fake::new([Answer::ok(VPC)]);
    let aws = fake.aws().await;
    let error: ProviderError = aws.ec2.create_vpc().send().await.unwrap_err().into();
    assert_eq!((error.kind, error.operation.as_str()), (ErrorKind::Internal, "ec2:CreateVpc"));
    assert!(fake.requests().is_empty());
    let read = Fake::new([Answer::ok(VPCS)]);
    assert!(read.aws().await.ec2.describe_vpcs().send().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_are_made_again_and_journaled_again() {
    let throttled = Answer::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded.");
    let fake = Fake::new([throttled.clone(), throttled, Answer::ok(VPC)]);
    let (made, notes) = create_vpc(&fake, false).await;
    assert_eq!(made.unwrap(), "vpc-1");
    let before = notes.iter().filter(|it| *it == "before ec2:CreateVpc").count();
    assert_eq!((before, fake.requests().len()), (3, 3));
    assert!(notes.contains(&"failed ec2:CreateVpc: RequestLimitExceeded".to_string()));
    assert!(notes.iter().any(|it| it.contains("takes no more calls")), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_came_leaves_a_create_unknown() {
    let server = Answer::ec2_error(500, "InternalError", "An internal error has occurred");
    for answer in [Answer::Broken(ConnectionReset), server] {
        let fake = Fake::new([answer]);
        let (made, notes) = create_vpc(&fake, false).await;
        let error = made.unwrap_err();
        assert_eq!((error.kind, error.operation.as_str()), (ErrorKind::Unknown, "ec2:CreateVpc"));
        assert_eq!(fake.requests().len(), 1);
        assert_eq!(notes.len(), 2, "{notes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_made_again_until_an_answer_comes() {
    let lost = Answer::Broken(ConnectionReset);
    let fake = Fake::new([lost.clone(), lost.clone(), Answer::ok(VPCS)]);
    assert!(fake.aws().await.ec2.describe_vpcs().send().await.is_ok());
    let fake = Fake::new([lost]);
    let error = fake.aws().await.ec2.describe_vpcs().send().await.unwrap_err();
    let error = ProviderError::from(error);
    assert_eq!((error.kind, fake.requests().len()), (ErrorKind::Unreachable, 6), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_not_there_is_given_up_soon() {
    let fake = Fake::new([Answer::Broken(ConnectionRefused)]);
    let (made, _) = create_vpc(&fake, false).await;
    let error = made.unwrap_err();
    assert_eq!((error.kind, fake.requests().len()), (ErrorKind::Unreachable, 3));
    assert!(error.hint.contains("AWS_ENDPOINT_URL"));
}

#[tokio::test(start_paused = true)]
async fn the_error_table_is_followed_and_says_why() {
    let lag = Answer::query_error(400, "MalformedPolicyDocument", "Invalid principal in policy: x");
    let fake = Fake::new([lag.clone(), lag.clone(), lag, Answer::ok(ROLE)]);
    let aws = fake.aws().await;
    let (step, notes) = step(false);
    let call = aws.iam.create_role().role_name("x").assume_role_policy_document("{}").send();
    assert!(in_step(&step, call).await.is_ok());
    assert_eq!(fake.seconds(), [0, 2, 3, 4]);
    let waits = notes.said().into_iter().filter(|it| it.starts_with("waiting for the principal"));
    assert_eq!(waits.count(), 3);
    let pauses: Vec<u64> = notes.pauses.lock().unwrap().iter().map(Duration::as_secs).collect();
    assert_eq!(pauses, [2, 1, 1], "who waits needs no slot");
}

#[tokio::test(start_paused = true)]
async fn the_error_table_gives_up_when_its_budget_is_used_up() {
    let lag = Answer::query_error(400, "MalformedPolicyDocument", "Invalid principal in policy: x");
    let fake = Fake::new([lag]);
    let aws = fake.aws().await;
    let (step, _) = step(false);
    let call = aws.iam.create_role().role_name("x").assume_role_policy_document("{}").send();
    let error = ProviderError::from(in_step(&step, call).await.unwrap_err());
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.code.as_deref(), Some("MalformedPolicyDocument"));
    let last = fake.seconds().pop().unwrap();
    assert!((110..=120).contains(&last), "{last}");
}

#[tokio::test(start_paused = true)]
async fn calls_wait_for_their_bucket_before_they_are_sent() {
    let fake = Fake::new([Answer::ok(r#"{"taskDefinition":{}}"#)]);
    let aws = fake.aws().await;
    let (step, notes) = step(false);
    let register = || aws.ecs.register_task_definition().family("x").send();
    in_step(&step, join_all((0..25).map(|_| register()))).await;
    let seconds = fake.seconds();
    assert_eq!(seconds[..20], [0; 20]);
    assert_eq!(seconds[20..], [1, 2, 3, 4, 5]);
    assert!(notes.said().iter().any(|it| it.contains("takes 1.0 calls")), "{:?}", notes.said());
}
