use super::*;
use crate::aws::provider_block::ProviderBlock;
use crate::aws::testing::{Answer, Fake, step};
use crate::provider::{Connection as _, ErrorKind, ProviderError};
use crate::schema;

schema! {
    /// A role with little to it.
    pub struct Role {
        #[force_new] name: String,
        #[config_only] password: Option<String>,
        settings: Vec<Setting>,
        tags: Tags,
        #[computed] tags_all: Tags,
        #[read_only] id: Option<String>,
    }

    /// A setting.
    pub struct Setting {
        key: String,
        #[config_only] secret: Option<String>,
    }
}

impl Resource for Role {
    const TYPE: &'static str = "test_role";
    const TAGGING: Option<tags::Tagging> = Some(tags::Tagging::IamRole);
    const TIMEOUTS: &'static [(Phase, u64)] = &[(Phase::Create, 5)];

    async fn create(&self, aws: &Aws, _: &Step) -> Result<String> {
        let call = aws.iam.create_role().role_name(&self.name).assume_role_policy_document("{}");
        let call = call.set_tags(Some(tags::iam_tags(self.tags_all.clone())?));
        Ok(call.send().await?.role.map(|it| it.role_name).unwrap_or_default())
    }

    async fn read(_: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let told = |role: Role| Role {
            password: None,
            settings: role.settings.into_iter().map(|it| Setting { secret: None, ..it }).collect(),
            tags_all: Tags::from([("terrace:step".into(), "t".into()), ("a".into(), "b".into())]),
            ..role
        };
        Ok(objects.into_iter().map(|role| (role.name != "gone").then(|| told(role))).collect())
    }

    async fn delete(&self, _: &Aws) -> Result {
        Ok(())
    }

    async fn find(&self, _: &Aws, token: &str) -> Result<Option<String>> {
        Ok((self.name == "ours").then(|| format!("found by {token}")))
    }
}

static ROLE: Kind<Role> = Kind::new();

fn role(name: &str) -> Value {
    ROLE.schema().null_object().with("name", Value::string(name))
}

#[test]
fn every_type_gets_its_region_and_timeouts() {
    let schema = ROLE.schema();
    assert!(schema.field("region").is_some_and(|it| it.computed && it.force_new));
    let timeouts = schema.field("timeouts").unwrap();
    assert_eq!(timeouts.shape.block().unwrap().fields[0].name, "create");
    assert_eq!(ROLE.timeout(Phase::Create), Duration::from_secs(300));
    assert_eq!(ROLE.timeout(Phase::Delete), Duration::from_secs(1200));
}

#[tokio::test]
async fn what_aws_never_tells_is_kept_at_any_depth() {
    let setting = |secret: &str| {
        Value::object([("key", Value::string("k")), ("secret", Value::string(secret))])
    };
    let Shape::List(ty) = &ROLE.schema().field("settings").unwrap().shape else { unreachable!() };
    let prior = role("x")
        .with("password", Value::string("p"))
        .with("settings", Value::list(ty.ty(), [setting("s"), setting("t")]));
    let aws = Fake::default().aws().await;
    let read =
        ROLE.read(&aws, &TagPolicy::default(), vec![prior.clone(), role("gone")]).await.unwrap();
    let now = &read[0].as_ref().unwrap().value;
    assert_eq!(now.get("password"), Value::string("p"));
    assert_eq!(now.get("settings"), prior.get("settings"));
    assert_eq!(now.get("region"), Value::string("us-east-1"));
    assert_eq!(now.get("tags_all").fields().unwrap().len(), 1);
    assert!(read[1].is_none());
}

#[tokio::test]
async fn an_object_that_exists_is_adopted_only_if_it_is_ours() {
    let exists =
        Answer::query_error(409, "EntityAlreadyExists", "Role with name x already exists.");
    let create = async |name: &str| -> Result<String> {
        let (aws, (step, _)) = (Fake::new([exists.clone()]).aws().await, step(false));
        let planned = role(name);
        crate::aws::calls::in_step(&step, ROLE.create(&aws, &TagPolicy::default(), &planned, &step))
            .await
    };
    assert_eq!(create("ours").await.unwrap(), "found by 0123456789abcdef0123456789abcdef");
    let error: ProviderError = create("theirs").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("already exists") && error.hint.contains("import"));
}

#[tokio::test]
async fn the_token_is_among_the_tags_of_what_is_created() {
    let fake = Fake::new([Answer::query_error(400, "InvalidInput", "no")]);
    let (aws, (step, _)) = (fake.aws().await, step(false));
    let planned = role("x");
    let _ = crate::aws::calls::in_step(
        &step,
        ROLE.create(&aws, &TagPolicy::default(), &planned, &step),
    )
    .await;
    assert!(
        fake.requests()[0].contains("Tags.member.1.Key=terrace%3Astep"),
        "{:?}",
        fake.requests()
    );
}

#[test]
fn an_import_id_may_name_the_region() {
    let import = |id: &str| {
        let value = ROLE.import(id, "us-east-1").unwrap();
        assert_eq!(value.ty(), ROLE.schema().ty());
        let text = |name: &str| value.get(name).as_str().unwrap().to_string();
        (text("id"), text("region"))
    };
    let pair = |id: &str, region: &str| (id.to_string(), region.to_string());
    assert_eq!(import("a"), pair("a", "us-east-1"));
    assert_eq!(import("a@eu-west-1"), pair("a", "eu-west-1"));
    assert_eq!(import("me@example"), pair("me@example", "us-east-1"));
}

#[test]
fn another_region_of_the_provider_replaces() {
    let plan = |prior: Option<&Value>, configured: Value| {
        let configuration = role("x").with("region", configured.clone());
        let value = match configured.is_null() {
            true => prior.cloned().unwrap_or_else(|| role("x")),
            false => configuration.clone(),
        };
        let mut proposal =
            Proposal { prior, configuration: &configuration, value, replace: Vec::new() };
        ROLE.plan(&TagPolicy::default(), Some("us-east-1"), &mut proposal).unwrap();
        (proposal.value.get("region"), proposal.replace)
    };
    let region = Value::string("us-east-1");
    assert_eq!(plan(None, Value::NULL), (region.clone(), vec![]));
    let here = role("x").with("region", region.clone());
    assert_eq!(plan(Some(&here), Value::NULL), (region.clone(), vec![]));
    let there = role("x").with("region", Value::string("eu-west-1"));
    assert_eq!(plan(Some(&there), Value::NULL), (region, vec![Path::attribute("region")]));
    let named = Value::string("eu-west-1");
    assert_eq!(plan(Some(&there), named.clone()), (named, vec![]));
}

#[tokio::test]
async fn types_that_are_not_there_are_a_defect() {
    let connection = Fake::default().connection(ProviderBlock::blank());
    let error = connection.read("test_role", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Internal);
}
