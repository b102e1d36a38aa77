//! The worlds themselves.

use terrace::state::{
    Action, Begun, Object, Options, Place, Record, StateError, Store, StoredObject, World,
};

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

#[test]
fn a_state_with_objects_belongs_to_one_world() {
    let mut stack = Terrace::sandbox(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    let refused = |stack: &Terrace, arguments: &[&str], what_to_do: &str| {
        let before = stack.read("terraform.tfstate");
        let said = stack.fails(arguments);
        assert!(said.contains("State of another world") && said.contains(what_to_do), "{said}");
        assert_eq!(stack.read("terraform.tfstate"), before);
    };
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["plan", "-out=saved"]);
    stack.set("TERRACE_SANDBOX", "0");
    for command in ["plan", "apply", "destroy", "refresh"] {
        refused(&stack, &[command], "add `-sandbox`");
    }
    assert_eq!(stack.ok(&["state", "list"]).stdout, "terraform_data.a\n");
    stack.ok(&["apply", "saved"]);
    stack.ok(&["destroy", "-auto-approve", "-sandbox"]);

    stack.ok(&["apply", "-auto-approve"]);
    let state: serde_json::Value = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    assert!(!state["lineage"].as_str().unwrap().starts_with("sandbox-"), "{state}");
    refused(&stack, &["plan", "-sandbox"], "leave out `-sandbox`");
    stack.ok(&["destroy", "-auto-approve"]);
    stack.ok(&["apply", "-auto-approve", "-sandbox"]);
}

#[test]
fn an_interrupted_first_run_belongs_to_its_world() {
    let stack = Terrace::sandbox(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    let path = stack.path("terraform.tfstate");
    let sandbox = || Options { world: Some(World::Sandbox), ..Options::write(&path, "test") };
    let aws = || Options { world: Some(World::Aws), ..sandbox() };
    let place = Place::current(&"terraform_data.a".parse().unwrap());
    let begun = Record::Begun(Box::new(Begun {
        step: "run:0:make".into(),
        place,
        action: Action::Create,
        kind: "terraform_data".into(),
        provider: r#"provider["terraform.io/builtin/terraform"]"#.into(),
        token: "0123456789abcdef0123456789abcdef".into(),
        deposes: None,
        object: StoredObject(Object::default()),
    }));
    let store = Store::open(&sandbox()).unwrap();
    store.begin_run().unwrap();
    store.append(begun).unwrap();
    drop(store);
    let error = Store::open(&aws()).err().unwrap();
    assert!(matches!(error, StateError::World { .. }), "{error}");
    drop(Store::open(&sandbox()).unwrap());
}
