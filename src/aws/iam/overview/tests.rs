use super::*;
use crate::aws::iam::role_policy::RolePolicy;
use crate::aws::provider_block::ProviderBlock;
use crate::aws::testing::{Answer, Fake};
use crate::provider::Connection as _;
use crate::schema::FieldType as _;

/// How many pages of details and of roles are worth it.
fn pages(counts: &[(&str, usize)]) -> (usize, usize) {
    let overview = Overview::worth(counts);
    (overview.details.most, overview.roles.most)
}

#[test]
fn pages_are_read_as_far_as_they_save_calls() {
    let (role, inside) = ("aws_iam_role", "aws_iam_role_policy");
    assert_eq!(pages(&[]), (0, 0));
    assert_eq!(pages(&[("aws_vpc", 100)]), (0, 0));
    assert_eq!(pages(&[(role, 1), (inside, 1)]), (0, 0));
    assert_eq!(pages(&[(role, 1), (inside, 2)]), (1, 0));
    let all = [(role, 2), (inside, 1), ("aws_iam_policy", 1)];
    assert_eq!(pages(&all), (1, 1));
    assert_eq!(pages(&[(role, 300), ("aws_iam_role_policy_attachment", 600)]), (91, 31));
}

fn policy(role: &str) -> crate::value::Value {
    let id = Some(format!("{role}:p"));
    RolePolicy { role: role.into(), id, ..RolePolicy::blank() }.encode()
}

const DETAILS: &str = "<GetAccountAuthorizationDetailsResponse>\
    <GetAccountAuthorizationDetailsResult><IsTruncated>true</IsTruncated><Marker>m</Marker>\
    <RoleDetailList><member><RoleName>a</RoleName><RolePolicyList><member>\
    <PolicyName>p</PolicyName><PolicyDocument>%7B%22a%22%3A1%7D</PolicyDocument>\
    </member></RolePolicyList></member></RoleDetailList>\
    </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>";

const SINGLE: &str = "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>x</RoleName>\
    <PolicyName>p</PolicyName><PolicyDocument>%7B%22single%22%3A1%7D</PolicyDocument>\
    </GetRolePolicyResult></GetRolePolicyResponse>";

/// What is read of three policies in roles, and the actions called for.
async fn look(first: Answer) -> (Vec<String>, Vec<String>) {
    let fake = Fake::new([first, Answer::ok(SINGLE)]);
    let connection = fake.connection(ProviderBlock::blank());
    let look = connection.look(&[(RolePolicy::TYPE, 3)]);
    let objects = ["a", "b", "c"].map(policy).to_vec();
    let found = look.read(RolePolicy::TYPE, objects).await.unwrap();
    let document = |it: Option<crate::provider::Observed>| {
        it.unwrap().value.get("policy").as_str().unwrap().to_string()
    };
    let action = |request: &String| {
        let (_, rest) = request.split_once("Action=").unwrap();
        rest.split('&').next().unwrap().to_string()
    };
    (found.into_iter().map(document).collect(), fake.requests().iter().map(action).collect())
}

#[tokio::test]
async fn what_the_pages_do_not_show_is_asked_for_by_name() {
    let (found, actions) = look(Answer::ok(DETAILS)).await;
    assert_eq!(found, [r#"{"a":1}"#, r#"{"single":1}"#, r#"{"single":1}"#]);
    let by_name = "GetRolePolicy";
    assert_eq!(actions, ["GetAccountAuthorizationDetails", by_name, by_name]);
}

#[tokio::test]
async fn those_who_may_not_see_all_roles_ask_for_each() {
    let (found, actions) = look(Answer::query_error(403, "AccessDenied", "not allowed")).await;
    assert_eq!(found, [r#"{"single":1}"#; 3]);
    assert_eq!(actions.len(), 4, "{actions:?}");
}

#[tokio::test]
async fn by_itself_each_policy_is_asked_for() {
    let fake = Fake::new([Answer::ok(SINGLE)]);
    let connection = fake.connection(ProviderBlock::blank());
    let objects = ["a", "b", "c"].map(policy).to_vec();
    connection.read(RolePolicy::TYPE, objects).await.unwrap();
    assert!(fake.requests().iter().all(|it| it.contains("Action=GetRolePolicy")));
}
