//! What tests of resource types build on: values, a network, and both worlds.

use terrace::value::Value;

use super::engine::Engine;
use super::moto::REGION;

pub fn text(it: &str) -> Value {
    Value::string(it)
}

pub fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Value {
    Value::tuple(items.into_iter().map(text))
}

pub fn number(it: i64) -> Value {
    Value::number(it)
}

pub fn flag(it: bool) -> Value {
    Value::Bool(it)
}

/// The one block of its kind.
pub fn block<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::tuple([Value::object(fields)])
}

/// Tags with a name.
pub fn name(it: &str) -> Value {
    Value::object([("Name", text(it))])
}

pub fn id(object: &Value) -> Value {
    object.get("id")
}

pub fn id_text(object: &Value) -> String {
    object.get("id").as_str().expect("an id").to_string()
}

/// A network in two zones, with a way to the internet.
pub struct Network {
    pub vpc: String,
    pub subnets: Vec<String>,
    pub group: String,
    /// All of it, with the types, in the order of making.
    objects: Vec<(&'static str, Value)>,
}

/// A VPC with an internet gateway, a subnet in each of two zones, and a security group.
pub async fn two_zones(aws: &Engine) -> Network {
    let vpc = aws.create("aws_vpc", &[("cidr_block", text("10.0.0.0/16"))]).await;
    let of = || ("vpc_id", id(&vpc));
    let gateway = aws.create("aws_internet_gateway", &[of()]).await;
    let group = aws.create("aws_security_group", &[of(), ("name", text("inside"))]).await;
    let mut network = Network {
        vpc: id_text(&vpc),
        subnets: Vec::new(),
        group: id_text(&group),
        objects: vec![("aws_vpc", vpc.clone()), ("aws_internet_gateway", gateway)],
    };
    for (zone, range) in [("a", "10.0.1.0/24"), ("b", "10.0.2.0/24")] {
        let subnet = network.subnet(aws, zone, range).await;
        network.subnets.push(id_text(&subnet));
        network.objects.push(("aws_subnet", subnet));
    }
    network.objects.push(("aws_security_group", group));
    network
}

impl Network {
    /// Another subnet.
    pub async fn subnet(&self, aws: &Engine, zone: &str, range: &str) -> Value {
        let zone = ("availability_zone", text(&format!("{REGION}{zone}")));
        aws.create("aws_subnet", &[("vpc_id", text(&self.vpc)), zone, ("cidr_block", text(range))])
            .await
    }

    /// Deletes the network, the last made first.
    pub async fn delete(self, aws: &Engine) {
        for (kind, object) in self.objects.iter().rev() {
            aws.delete(kind, object).await;
        }
    }
}

/// Runs each test, a function of an engine, on the sandbox, which it has to leave empty.
macro_rules! on_sandbox {
    ($module:ident: $($what:ident),* $(,)?) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test]
                async fn $what() {
                    let stack = Terrace::sandbox(&[]);
                    super::$what(&Engine::new(&stack.sdk()).await).await;
                    assert!(stack.left_behind().is_empty(), "{:?}", stack.left_behind());
                }
            )*
        }
    };
}
pub(crate) use on_sandbox;

/// Runs each test, a function of an engine, on the sandbox, which it has to leave empty, and on moto.
macro_rules! on_both_worlds {
    ($($what:ident),* $(,)?) => {
        crate::support::stack::on_sandbox!(sandbox: $($what),*);

        mod moto {
            use super::*;
            $(
                #[tokio::test]
                async fn $what() {
                    let account = Moto::shared().account().await;
                    super::$what(&Engine::new(&account.sdk()).await).await;
                }
            )*
        }
    };
}
pub(crate) use on_both_worlds;
