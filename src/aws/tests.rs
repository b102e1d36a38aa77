use super::*;
use crate::aws::testing::{Answer, Fake};
use crate::provider::ErrorKind;

const CALLER: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
    <Arn>arn:aws:iam::111111111111:user/a</Arn><UserId>U</UserId><Account>111111111111</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";

fn block() -> Value {
    SCHEMA
        .null_object()
        .with("skip_credentials_validation", Value::Bool(false))
        .with("skip_region_validation", Value::Bool(false))
        .with("skip_requesting_account_id", Value::Bool(false))
}

fn strings(items: &[&str]) -> Value {
    Value::set(crate::value::Type::String, items.iter().map(|it| Value::string(it)))
}

#[test]
fn the_schema_of_every_type_is_sound() {
    let provider = Fake::default().provider();
    let all = provider.resources().iter().map(|it| (it.name(), it.schema()));
    let data = provider.data_sources().iter().map(|it| (it.name(), it.schema()));
    for (name, schema) in all.chain(data).chain([("provider", provider.schema())]) {
        check(name, schema);
        assert!(!schema.doc.is_empty(), "{name} is not described");
    }
}

fn check(name: &str, schema: &Schema) {
    for field in &schema.fields {
        let at = format!("{name}.{}", field.name);
        assert!(!field.doc.is_empty(), "{at} is not described");
        assert!(!(field.required && (field.computed || field.default.is_some())), "{at}");
        assert!(!(field.required && field.read_only), "{at}");
        for named in
            [field.conflicts_with, field.exactly_one_of, field.at_least_one_of, field.required_with]
        {
            for other in named {
                // names with dots lead elsewhere from the top
                let there = other.contains('.') || schema.field(other).is_some();
                assert!(there, "{at} names `{other}`, which is not there");
            }
        }
        if let Some(block) = field.shape.block() {
            check(&at, block);
        }
    }
}

#[test]
fn types_have_the_names_of_the_provider_once() {
    let provider = Fake::default().provider();
    let names: Vec<&str> = provider.resources().iter().map(|it| it.name()).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    assert!(names.iter().all(|name| provider.resource(name).is_some_and(|it| it.name() == *name)));
    let data: Vec<&str> = provider.data_sources().iter().map(|it| it.name()).collect();
    assert!(data.is_sorted_by(|a, b| a < b), "{data:?}");
    assert!(provider.data_source("aws_region").is_some());
}

#[test]
fn the_region_comes_from_the_block_and_is_checked() {
    let provider = Fake::default().provider();
    let region = |name: &str| {
        let made = provider.configure(&block().with("region", Value::string(name)));
        made.map(|it| it.region().to_string())
    };
    assert_eq!(region("eu-central-1").unwrap(), "eu-central-1");
    let wrong = region("frankfurt").map(drop).unwrap_err();
    assert_eq!(wrong.0[0].summary, "Invalid AWS region");
    let any = block()
        .with("region", Value::string("mars"))
        .with("skip_region_validation", Value::Bool(true));
    assert_eq!(provider.configure(&any).ok().unwrap().region(), "mars");
}

#[tokio::test]
async fn other_accounts_than_those_allowed_are_refused() {
    let fake = Fake::new([Answer::ok(CALLER)]);
    let verify = async |name: &str, id: &str| {
        let block = block().with(name, strings(&[id]));
        let connection = fake.provider().configure(&block).ok().unwrap();
        connection.verify().await
    };
    assert!(verify("allowed_account_ids", "111111111111").await.is_ok());
    assert!(verify("forbidden_account_ids", "222222222222").await.is_ok());
    for (name, id) in
        [("allowed_account_ids", "222222222222"), ("forbidden_account_ids", "111111111111")]
    {
        let error = verify(name, id).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Credentials);
        assert!(error.message.contains("111111111111"), "{}", error.message);
    }
}

#[test]
fn an_account_that_may_not_be_asked_for_cannot_be_checked() {
    let block = block()
        .with("allowed_account_ids", strings(&["111111111111"]))
        .with("skip_requesting_account_id", Value::Bool(true));
    let error = Fake::default().provider().configure(&block).err().unwrap();
    assert_eq!(error.0[0].summary, "Account cannot be checked");
}

#[tokio::test]
async fn bad_credentials_are_told_as_such() {
    let answer = Answer::query_error(403, "InvalidClientTokenId", "The security token is invalid.");
    let connection = Fake::new([answer]).provider().configure(&block()).ok().unwrap();
    let error = connection.verify().await.unwrap_err();
    assert_eq!(
        (error.kind, error.operation.as_str()),
        (ErrorKind::Credentials, "sts:GetCallerIdentity")
    );
    assert!(error.hint.contains("AWS_PROFILE"));
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_told_as_such() {
    let environment =
        Environment { credentials: None, sandbox: false, ..Fake::default().environment() };
    let block = block()
        .with("profile", Value::string("nobody"))
        .with(
            "shared_config_files",
            Value::list(crate::value::Type::String, [Value::string("/dev/null")]),
        )
        .with(
            "shared_credentials_files",
            Value::list(crate::value::Type::String, [Value::string("/dev/null")]),
        );
    let connection = AwsProvider::new(environment).configure(&block).ok().unwrap();
    let error = connection.verify().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Credentials, "{error:?}");
    assert!(error.message.contains("nobody"), "{}", error.message);
}

#[tokio::test]
async fn calls_go_to_the_region_of_the_object() {
    let answer = "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>";
    let fake = Fake::new([Answer::ok(answer)]);
    let connection = fake.provider().configure(&block()).ok().unwrap();
    let source = data::DATA_SOURCES.iter().find(|it| it.name() == "aws_subnets").unwrap();
    let asked = source.schema().null_object().with("region", Value::string("eu-west-3"));
    let read = connection.read_data("aws_subnets", &asked).await.unwrap();
    assert_eq!(read.get("region"), Value::string("eu-west-3"));
    assert_eq!(read.get("id"), Value::string("eu-west-3"));
    assert!(fake.requests()[0].contains("eu-west-3"), "{:?}", fake.requests());
}
