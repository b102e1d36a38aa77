use aws_sdk_iam::types::{EntityType, PolicyUsageType, Tag};

use super::*;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}"#;
const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Sid":"a~b c"}]}"#;
const OF_AWS: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

fn iam(ground: &Ground) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&sdk(ground.sandbox.http_client()))
}

fn iam_reopened(ground: &Ground) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&sdk(ground.reopened().http_client()))
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

/// A document as AWS shows it: nothing but letters, digits and `-_.~` stands as it is.
fn encoded(document: &str) -> String {
    let as_it_is = |it: char| it.is_ascii_alphanumeric() || "-_.~".contains(it);
    let encode = |it: char| {
        if as_it_is(it) { it.to_string() } else { format!("%{:02X}", u32::from(it)) }
    };
    document.chars().map(encode).collect()
}

async fn make_role(iam: &aws_sdk_iam::Client, name: &str) {
    let create = iam.create_role().role_name(name).assume_role_policy_document(TRUST);
    create.send().await.unwrap();
}

async fn make_policy(iam: &aws_sdk_iam::Client, name: &str) -> String {
    let create = iam.create_policy().policy_name(name).policy_document(ALLOW);
    create.send().await.unwrap().policy.unwrap().arn.unwrap()
}

#[tokio::test]
async fn policies_of_aws_can_be_attached() {
    let ground = Ground::new();
    let iam = iam(&ground);
    make_role(&iam, "task").await;
    for _ in 0..2 {
        iam.attach_role_policy().role_name("task").policy_arn(OF_AWS).send().await.unwrap();
    }
    let attached = iam.list_attached_role_policies().role_name("task").send().await.unwrap();
    let arns: Vec<_> = attached.attached_policies().iter().map(|it| it.policy_arn()).collect();
    assert_eq!(arns, [Some(OF_AWS)]);
    let policy = iam.get_policy().policy_arn(OF_AWS).send().await.unwrap().policy.unwrap();
    assert_eq!((policy.path(), policy.attachment_count()), (Some("/service-role/"), Some(1)));
    let misplaced = "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy";
    let attach = iam.attach_role_policy().role_name("task").policy_arn(misplaced).send().await;
    assert_eq!(code(attach), "NoSuchEntity");
    let own = ground.sandbox.contents().unwrap().into_iter().filter(|item| !item.made_by_aws);
    let kinds: Vec<_> = own.map(|item| item.kind).collect();
    assert_eq!(kinds, ["aws_iam_role"]);
}

#[tokio::test]
async fn roles_are_shown_as_they_were_made_and_changed() {
    let ground = Ground::new();
    let iam = iam(&ground);
    let bound = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let create = iam.create_role().role_name("task").assume_role_policy_document(TRUST);
    let create = create.description("a & b").max_session_duration(7200).path("/app/");
    create.permissions_boundary(bound).tags(tag("A", "50% <a>")).send().await.unwrap();
    iam.tag_role().role_name("task").tags(tag("B", "")).send().await.unwrap();
    for iam in [&iam, &iam_reopened(&ground)] {
        let role = iam.get_role().role_name("task").send().await.unwrap().role.unwrap();
        assert_eq!(role.arn(), "arn:aws:iam::123456789012:role/app/task");
        assert_eq!(role.description(), Some("a & b"));
        assert_eq!(role.max_session_duration(), Some(7200));
        assert_eq!(role.tags(), [tag("A", "50% <a>"), tag("B", "")]);
        let boundary = role.permissions_boundary().and_then(|it| it.permissions_boundary_arn());
        assert_eq!(boundary, Some(bound));
        assert_eq!(role.assume_role_policy_document(), Some(encoded(TRUST).as_str()));
    }
    let update = iam.update_role().role_name("task").description("").max_session_duration(3600);
    update.send().await.unwrap();
    iam.untag_role().role_name("task").tag_keys("A").send().await.unwrap();
    iam.delete_role_permissions_boundary().role_name("task").send().await.unwrap();
    let role = iam.get_role().role_name("task").send().await.unwrap().role.unwrap();
    assert_eq!((role.description(), role.max_session_duration()), (None, Some(3600)));
    assert_eq!((role.tags(), role.permissions_boundary()), (&[tag("B", "")][..], None));
    let put = iam.put_role_permissions_boundary().role_name("task");
    put.permissions_boundary(bound).send().await.unwrap();
    let listed = iam.list_roles().path_prefix("/app/").send().await.unwrap();
    let role = &listed.roles()[0];
    assert_eq!((role.max_session_duration(), role.permissions_boundary()), (Some(3600), None));
    assert_eq!(iam.list_roles().path_prefix("/b/").send().await.unwrap().roles(), []);
}

#[tokio::test]
async fn what_iam_refuses_is_refused() {
    let ground = Ground::new();
    let iam = iam(&ground);
    make_role(&iam, "task").await;
    let policy = make_policy(&iam, "own").await;
    let create = |name: &str, document: &str| {
        iam.create_role().role_name(name).assume_role_policy_document(document).send()
    };
    assert_eq!(code(create("TASK", TRUST).await), "EntityAlreadyExists");
    assert_eq!(code(create("a b", TRUST).await), "ValidationError");
    assert_eq!(code(create("b", "{").await), "MalformedPolicyDocument");
    assert_eq!(code(create("b", ALLOW).await), "MalformedPolicyDocument");
    let padding = format!("{TRUST:<3000}");
    create("padded", &padding).await.unwrap();
    let long = TRUST.replace("ecs-tasks", &"x".repeat(2048));
    assert_eq!(code(create("b", &long).await), "LimitExceeded");
    let short = iam.update_role().role_name("task").max_session_duration(60).send().await;
    assert_eq!(code(short), "ValidationError");
    let put = |document: String| {
        let put = iam.put_role_policy().role_name("task").policy_name("inline");
        put.policy_document(document).send()
    };
    assert_eq!(code(put(TRUST.into()).await), "MalformedPolicyDocument");
    assert_eq!(code(put(ALLOW.replace("s3", &"x".repeat(10_240))).await), "LimitExceeded");
    let none = iam.list_role_policies().role_name("task").send().await.unwrap();
    assert!(none.policy_names().is_empty(), "what is refused leaves nothing");
    let create = iam.create_policy().policy_name("OWN").policy_document(ALLOW).path("/x/");
    assert_eq!(code(create.send().await), "EntityAlreadyExists");
    iam.attach_role_policy().role_name("task").policy_arn(&policy).send().await.unwrap();
    assert_eq!(code(iam.delete_role().role_name("task").send().await), "DeleteConflict");
    assert_eq!(code(iam.delete_policy().policy_arn(&policy).send().await), "DeleteConflict");
    iam.detach_role_policy().role_name("task").policy_arn(&policy).send().await.unwrap();
    let again = iam.detach_role_policy().role_name("task").policy_arn(&policy).send().await;
    assert_eq!(code(again), "NoSuchEntity");
    put(ALLOW.into()).await.unwrap();
    assert_eq!(code(iam.delete_role().role_name("task").send().await), "DeleteConflict");
    iam.delete_role_policy().role_name("task").policy_name("inline").send().await.unwrap();
    iam.delete_role().role_name("task").send().await.unwrap();
    assert_eq!(code(iam.delete_role().role_name("task").send().await), "NoSuchEntity");
}

#[tokio::test]
async fn policies_are_shown_as_they_were_made() {
    let ground = Ground::new();
    let iam = iam(&ground);
    let create = iam.create_policy().policy_name("own").policy_document(ALLOW).path("/x/");
    let made = create.description("a & b").tags(tag("A", "<a> & b")).send().await.unwrap();
    let arn = made.policy.unwrap().arn.unwrap();
    for iam in [&iam, &iam_reopened(&ground)] {
        let policy = iam.get_policy().policy_arn(&arn).send().await.unwrap().policy.unwrap();
        assert_eq!((policy.description(), policy.path()), (Some("a & b"), Some("/x/")));
        assert_eq!(policy.tags(), [tag("A", "<a> & b")]);
        let version = iam.get_policy_version().policy_arn(&arn).version_id("v1");
        let version = version.send().await.unwrap().policy_version.unwrap();
        assert_eq!(version.document(), Some(encoded(ALLOW).as_str()));
    }
    iam.untag_policy().policy_arn(&arn).tag_keys("A").send().await.unwrap();
    iam.tag_policy().policy_arn(&arn).tags(tag("B", "b")).send().await.unwrap();
    let tags = iam.list_policy_tags().policy_arn(&arn).send().await.unwrap();
    assert_eq!(tags.tags(), [tag("B", "b")]);
    make_role(&iam, "task").await;
    let put = iam.put_role_permissions_boundary().role_name("task").permissions_boundary(&arn);
    put.send().await.unwrap();
    let users = iam.list_entities_for_policy().policy_arn(&arn);
    let bounded = users.clone().policy_usage_filter(PolicyUsageType::PermissionsBoundary);
    assert_eq!(bounded.send().await.unwrap().policy_roles()[0].role_name(), Some("task"));
    let attached = users.policy_usage_filter(PolicyUsageType::PermissionsPolicy);
    assert_eq!(attached.send().await.unwrap().policy_roles(), []);
}

#[tokio::test]
async fn versions_go_on_counting_in_another_process() {
    let ground = Ground::new();
    let arn = make_policy(&iam(&ground), "own").await;
    let mut ids = Vec::new();
    for _ in 2..=5 {
        let iam = iam_reopened(&ground);
        let version = iam.create_policy_version().policy_arn(&arn).policy_document(ALLOW);
        let made = version.set_as_default(true).send().await.unwrap();
        ids.push(made.policy_version.unwrap().version_id.unwrap());
    }
    assert_eq!(ids, ["v2", "v3", "v4", "v5"]);
    let iam = iam_reopened(&ground);
    let sixth = || iam.create_policy_version().policy_arn(&arn).policy_document(ALLOW);
    assert_eq!(code(sixth().send().await), "LimitExceeded");
    let delete = |id: &str| iam.delete_policy_version().policy_arn(&arn).version_id(id).send();
    assert_eq!(code(delete("v5").await), "DeleteConflict");
    delete("v4").await.unwrap();
    assert_eq!(code(delete("v4").await), "NoSuchEntity");
    let made = sixth().send().await.unwrap().policy_version.unwrap();
    assert_eq!((made.version_id(), made.is_default_version()), (Some("v6"), false));
    let policy = iam.get_policy().policy_arn(&arn).send().await.unwrap().policy.unwrap();
    assert_eq!(policy.default_version_id(), Some("v5"));
    let listed = iam.list_policy_versions().policy_arn(&arn).send().await.unwrap();
    let ids: Vec<_> = listed.versions().iter().filter_map(|it| it.version_id()).collect();
    assert_eq!(ids, ["v6", "v5", "v3", "v2", "v1"]);
    assert_eq!(code(iam.delete_policy().policy_arn(&arn).send().await), "DeleteConflict");
}

#[tokio::test]
async fn account_details_show_all_but_what_the_reference_leaves_out() {
    let ground = Ground::new();
    let iam = iam(&ground);
    let create = iam.create_role().role_name("task").assume_role_policy_document(TRUST);
    create.tags(tag("Team", "web")).send().await.unwrap();
    let put = iam.put_role_policy().role_name("task").policy_name("own").policy_document(ALLOW);
    put.send().await.unwrap();
    iam.attach_role_policy().role_name("task").policy_arn(OF_AWS).send().await.unwrap();
    let create = iam.create_policy().policy_name("shared").policy_document(ALLOW);
    create.tags(tag("Team", "web")).description("d").send().await.unwrap();
    let ask = |filter| iam.get_account_authorization_details().filter(filter).send();
    let answer = ask(EntityType::Role).await.unwrap();
    assert!(answer.policies().is_empty());
    let role = &answer.role_detail_list()[0];
    assert_eq!(role.tags(), [tag("Team", "web")]);
    let inline = role.role_policy_list()[0].policy_document();
    assert_eq!(inline, Some(encoded(ALLOW).as_str()));
    assert_eq!(role.attached_managed_policies()[0].policy_arn(), Some(OF_AWS));
    let answer = ask(EntityType::LocalManagedPolicy).await.unwrap();
    let policy = &answer.policies()[0];
    assert_eq!((policy.policy_name(), policy.description()), (Some("shared"), Some("d")));
    assert_eq!(policy.policy_version_list()[0].document(), Some(encoded(ALLOW).as_str()));
    let answer = ask(EntityType::AwsManagedPolicy).await.unwrap();
    assert_eq!(answer.policies()[0].arn(), Some(OF_AWS));
}

#[tokio::test]
async fn account_details_come_in_pages() {
    let ground = Ground::new();
    let iam = iam(&ground);
    for number in 0..5 {
        make_role(&iam, &format!("role-{number}")).await;
    }
    make_policy(&iam, "own").await;
    let (mut marker, mut pages, mut roles, mut policies) = (None, 0, 0, 0);
    loop {
        let ask = iam.get_account_authorization_details().max_items(2).set_marker(marker);
        let answer = ask.send().await.unwrap();
        roles += answer.role_detail_list().len();
        policies += answer.policies().len();
        pages += 1;
        assert_eq!(answer.is_truncated(), answer.marker().is_some());
        marker = answer.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!((pages, roles, policies), (3, 5, 1));
    let none = iam.get_account_authorization_details().max_items(0).send().await;
    assert_eq!(code(none), "ValidationError");
}
