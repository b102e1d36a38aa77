use super::*;
use crate::sandbox::weather::Weather;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}"#;

fn iam(ground: &Ground) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&sdk(ground.sandbox.http_client()))
}

#[tokio::test]
async fn policies_of_aws_can_be_attached() {
    let ground = Ground::new();
    let iam = iam(&ground);
    let create = iam.create_role().role_name("task").assume_role_policy_document(TRUST);
    create.send().await.unwrap();
    let arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
    iam.attach_role_policy().role_name("task").policy_arn(arn).send().await.unwrap();
    let attached = iam.list_attached_role_policies().role_name("task").send().await.unwrap();
    assert_eq!(attached.attached_policies()[0].policy_arn(), Some(arn));
    let policy = iam.get_policy().policy_arn(arn).send().await.unwrap().policy.unwrap();
    assert_eq!(policy.path(), Some("/service-role/"));
    let conflict = iam.delete_role().role_name("task").send().await;
    assert_eq!(code(conflict), "DeleteConflict");
    let own = ground.sandbox.contents().unwrap().into_iter().filter(|item| !item.made_by_aws);
    let kinds: Vec<_> = own.map(|item| item.kind).collect();
    assert_eq!(kinds, ["aws_iam_role"]);
}

#[tokio::test]
async fn roles_are_shown_as_they_were_made_and_changed() {
    let ground = Ground::new();
    let iam = iam(&ground);
    let tag = |key| aws_sdk_iam::types::Tag::builder().key(key).value("50% <a>").build().unwrap();
    let bound = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let create = iam.create_role().role_name("task").assume_role_policy_document(TRUST);
    let create = create.description("a & b").max_session_duration(7200).tags(tag("A"));
    create.permissions_boundary(bound).send().await.unwrap();
    iam.tag_role().role_name("task").tags(tag("B")).send().await.unwrap();
    let there = aws_sdk_iam::Client::new(&sdk(ground.reopened().http_client()));
    for iam in [&iam, &there] {
        let role = iam.get_role().role_name("task").send().await.unwrap().role.unwrap();
        assert_eq!(role.description(), Some("a & b"));
        assert_eq!(role.max_session_duration(), Some(7200));
        assert_eq!(role.tags(), [tag("A"), tag("B")]);
        let boundary = role.permissions_boundary().and_then(|it| it.permissions_boundary_arn());
        assert_eq!(boundary, Some(bound));
        let document = role.assume_role_policy_document().unwrap();
        let decoded = percent_encoding::percent_decode_str(document).decode_utf8().unwrap();
        assert_eq!(decoded, TRUST);
    }
    let update = iam.update_role().role_name("task").description("c").max_session_duration(3600);
    update.send().await.unwrap();
    iam.untag_role().role_name("task").tag_keys("A").send().await.unwrap();
    iam.delete_role_permissions_boundary().role_name("task").send().await.unwrap();
    let role = iam.get_role().role_name("task").send().await.unwrap().role.unwrap();
    assert_eq!((role.description(), role.max_session_duration()), (Some("c"), Some(3600)));
    assert_eq!(role.tags(), [tag("B")]);
    assert_eq!(role.permissions_boundary(), None);
    iam.put_role_permissions_boundary()
        .role_name("task")
        .permissions_boundary(bound)
        .send()
        .await
        .unwrap();
    let again = iam.create_role().role_name("task").assume_role_policy_document(TRUST);
    let again = again.permissions_boundary("arn:aws:iam::aws:policy/Other").send().await;
    assert_eq!(code(again), "EntityAlreadyExists");
    let role = iam.get_role().role_name("task").send().await.unwrap().role.unwrap();
    let boundary = role.permissions_boundary().and_then(|it| it.permissions_boundary_arn());
    assert_eq!(boundary, Some(bound));
}

#[tokio::test]
async fn policies_are_shown_as_they_were_made() {
    let ground = Ground::new();
    let iam = iam(&ground);
    let tag = aws_sdk_iam::types::Tag::builder().key("A").value("<a> & b").build().unwrap();
    let create = iam.create_policy().policy_name("own").policy_document(TRUST).path("/x/");
    let made = create.description("a & b").tags(tag.clone()).send().await.unwrap();
    let arn = made.policy.unwrap().arn.unwrap();
    let there = aws_sdk_iam::Client::new(&sdk(ground.reopened().http_client()));
    for iam in [&iam, &there] {
        let policy = iam.get_policy().policy_arn(&arn).send().await.unwrap().policy.unwrap();
        assert_eq!((policy.description(), policy.path()), (Some("a & b"), Some("/x/")));
        assert_eq!(policy.tags(), std::slice::from_ref(&tag));
        let version = iam.get_policy_version().policy_arn(&arn).version_id("v1");
        let version = version.send().await.unwrap().policy_version.unwrap();
        assert_eq!(version.document(), Some(TRUST));
    }
}

#[tokio::test]
async fn account_details_show_roles_and_policies_whole() {
    let ground = Ground::new();
    let iam = iam(&ground);
    let tag = aws_sdk_iam::types::Tag::builder().key("Team").value("web").build().unwrap();
    let create = iam.create_role().role_name("task").assume_role_policy_document(TRUST);
    create.tags(tag.clone()).send().await.unwrap();
    let put = iam.put_role_policy().role_name("task").policy_name("own").policy_document(TRUST);
    put.send().await.unwrap();
    iam.create_policy().policy_name("shared").policy_document(TRUST).send().await.unwrap();
    let role = aws_sdk_iam::types::EntityType::Role;
    let answer = iam.get_account_authorization_details().filter(role).send().await.unwrap();
    assert!(answer.policies().is_empty());
    let role = &answer.role_detail_list()[0];
    assert_eq!(role.tags(), [tag]);
    let document = role.role_policy_list()[0].policy_document().unwrap();
    let decoded = percent_encoding::percent_decode_str(document).decode_utf8().unwrap();
    assert_eq!(decoded, TRUST);
    let local = aws_sdk_iam::types::EntityType::LocalManagedPolicy;
    let answer = iam.get_account_authorization_details().filter(local).send().await.unwrap();
    assert_eq!(answer.policies()[0].policy_name(), Some("shared"));
    assert_eq!(answer.policies()[0].policy_version_list().len(), 1);
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
