use super::*;
use crate::sandbox::weather::Weather;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}"#;

fn iam(ground: &Ground) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&sdk(ground.sandbox.http_client()))
}

#[tokio::test]
async fn log_groups_are_found_by_identifier_and_come_in_pages() {
    let ground = Ground::new();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk(ground.sandbox.http_client()));
    for number in 0..60 {
        let name = format!("/app/{number:02}");
        logs.create_log_group().log_group_name(name).send().await.unwrap();
    }
    let first = logs.describe_log_groups().log_group_name_prefix("/app").send().await.unwrap();
    assert_eq!(first.log_groups().len(), 50);
    let call = logs.describe_log_groups().log_group_name_prefix("/app");
    let rest = call.next_token(first.next_token().unwrap()).send().await.unwrap();
    assert_eq!(rest.log_groups().len(), 10);
    assert_eq!(rest.next_token(), None);
    let call = logs.describe_log_groups().log_group_identifiers("/app/07");
    let found = call.send().await.unwrap();
    let names: Vec<_> = found.log_groups().iter().filter_map(|it| it.log_group_name()).collect();
    assert_eq!(names, ["/app/07"]);
}

#[tokio::test]
async fn repositories_are_refused_and_completed_as_ecr_does() {
    use aws_sdk_ecr::types::{
        EncryptionConfiguration, EncryptionType, ImageTagMutability,
        ImageTagMutabilityExclusionFilter, ImageTagMutabilityExclusionFilterType,
    };
    let ground = Ground::new();
    let ecr = aws_sdk_ecr::Client::new(&sdk(ground.sandbox.http_client()));
    let create = |name: &str| ecr.create_repository().repository_name(name);
    for name in ["Web", "a", "web/", "a//b", "-web"] {
        assert_eq!(code(create(name).send().await), "InvalidParameterException", "{name}");
    }
    let kms = EncryptionConfiguration::builder().encryption_type(EncryptionType::Kms);
    let made = create("team/web").encryption_configuration(kms.build().unwrap()).send().await;
    let encryption = made.unwrap().repository.unwrap().encryption_configuration.unwrap();
    assert!(encryption.kms_key().unwrap().starts_with("arn:aws:kms:eu-west-1:"));
    assert_eq!(code(create("team/web").send().await), "RepositoryAlreadyExistsException");
    let put = |mutability| {
        ecr.put_image_tag_mutability().repository_name("team/web").image_tag_mutability(mutability)
    };
    let filter = |pattern: &str| {
        let kind = ImageTagMutabilityExclusionFilterType::Wildcard;
        let filter = ImageTagMutabilityExclusionFilter::builder().filter_type(kind);
        filter.filter(pattern).build().unwrap()
    };
    let with = || put(ImageTagMutability::ImmutableWithExclusion);
    let without = put(ImageTagMutability::Immutable);
    for call in [
        with(),
        with().image_tag_mutability_exclusion_filters(filter("*-*-*")),
        without.image_tag_mutability_exclusion_filters(filter("*")),
    ] {
        assert_eq!(code(call.send().await), "InvalidParameterException");
    }
    with().image_tag_mutability_exclusion_filters(filter("dev-*")).send().await.unwrap();
    let missing = ecr.describe_repositories().repository_names("team/web");
    let missing = missing.repository_names("team/gone").send().await.unwrap_err();
    let message = missing.as_service_error().and_then(|it| it.message()).unwrap().to_owned();
    assert!(message.contains("'team/gone'"), "{message}");
    let many = (0..101).map(|it| format!("web-{it}")).collect();
    let many = ecr.describe_repositories().set_repository_names(Some(many)).send().await;
    assert_eq!(code(many), "InvalidParameterException");
}

#[tokio::test]
async fn a_caller_has_the_account_of_the_sandbox() {
    let ground = Ground::new();
    let sts = aws_sdk_sts::Client::new(&sdk(ground.sandbox.http_client()));
    let identity = sts.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some(Sandbox::account()));
}

#[tokio::test]
async fn two_processes_share_one_sandbox() {
    let ground = Ground::new();
    let other = ground.reopened();
    let there = aws_sdk_ec2::Client::new(&sdk(other.http_client()));
    let network = network(&ground.ec2()).await;
    let seen = there.describe_subnets().filters(filter("vpc-id", &network.vpc)).send().await;
    assert_eq!(seen.unwrap().subnets().len(), 2);
    there.delete_subnet().subnet_id(&network.subnets[0]).send().await.unwrap();
    let call = ground.ec2().describe_subnets().filters(filter("vpc-id", &network.vpc));
    assert_eq!(call.send().await.unwrap().subnets().len(), 1);
    let iam_here = iam(&ground);
    let iam_there = aws_sdk_iam::Client::new(&sdk(other.http_client()));
    let create = iam_here.create_role().role_name("task").assume_role_policy_document(TRUST);
    create.send().await.unwrap();
    iam_there.get_role().role_name("task").send().await.unwrap();
    iam_there.delete_role().role_name("task").send().await.unwrap();
    assert_eq!(code(iam_here.get_role().role_name("task").send().await), "NoSuchEntity");
}

#[tokio::test]
async fn a_reset_sandbox_is_empty_for_those_who_have_it_open() {
    let ground = Ground::new();
    let network = network(&ground.ec2()).await;
    let create = iam(&ground).create_role().role_name("task").assume_role_policy_document(TRUST);
    create.send().await.unwrap();
    Sandbox::reset(ground.folder.path()).unwrap();
    assert!(ground.sandbox.contents().unwrap().is_empty());
    let gone = ground.ec2().describe_vpcs().vpc_ids(&network.vpc).send().await;
    assert_eq!(code(gone), "InvalidVpcID.NotFound");
    assert_eq!(code(iam(&ground).get_role().role_name("task").send().await), "NoSuchEntity");
}

#[tokio::test]
async fn what_was_just_made_may_not_be_seen_yet() {
    let ground = Ground::new();
    let weather = Weather::parse("seed=1,stale=1").unwrap();
    let ec2 = aws_sdk_ec2::Client::new(&sdk(weather.wrap(ground.sandbox.http_client())));
    let made = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    let id = made.vpc.unwrap().vpc_id.unwrap();
    let mut seen = Vec::new();
    for _ in 0..5 {
        let answer = ec2.describe_vpcs().filters(filter("vpc-id", &id)).send().await.unwrap();
        seen.push(answer.vpcs().len());
    }
    assert_eq!((seen[0], seen[4]), (0, 1), "{seen:?}");
}

#[tokio::test]
async fn what_the_sandbox_lacks_is_said() {
    let ground = Ground::new();
    let ec2 = ground.ec2();
    let call = ec2.describe_instances().send().await.unwrap_err();
    let error = call.as_service_error().unwrap();
    assert_eq!(error.code(), Some("InvalidAction"));
    let message = "The sandbox does not have the EC2 action DescribeInstances";
    assert_eq!(error.message(), Some(message));
    let pool = ec2.create_vpc().cidr_block("10.0.0.0/16").ipv4_ipam_pool_id("ipam-pool-1");
    assert_eq!(code(pool.send().await), "Unsupported");
}
