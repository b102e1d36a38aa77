//! The life of the container types, on both worlds.

use terrace::plan::Action;
use terrace::value::Value;

use crate::support::engine::Engine;
use crate::support::moto::Moto;
use crate::support::stack::{
    Network, block, flag, id, name, number, on_both_worlds, on_sandbox, text, texts, two_zones,
};
use crate::support::terrace::Terrace;

const ROLE: &str = "arn:aws:iam::123456789012:role/tasks";

/// A change for which an object is replaced, and the fields because of which it is.
async fn replaced(aws: &Engine, kind: &str, was: &Value, fields: &[(&str, Value)], why: &[&str]) {
    let (action, because) = aws.planned(kind, was, fields);
    assert_eq!(action, Action::DestroyThenCreate, "{kind}");
    assert_eq!(because, why, "{kind}");
}

async fn clusters(aws: &Engine) {
    let kind = "aws_ecs_cluster";
    let named = || ("name", text("main"));
    let setting = |value: &str| {
        ("setting", block([("name", text("containerInsights")), ("value", text(value))]))
    };
    let logs = block([("cloud_watch_log_group_name", text("commands"))]);
    let command = block([("logging", text("OVERRIDE")), ("log_configuration", logs)]);
    let configured = ("configuration", block([("execute_command_configuration", command)]));
    let fullest = [named(), setting("enabled"), configured, ("tags", name("a"))];
    let cluster = aws.create(kind, &fullest).await;
    aws.import(kind, "main", &cluster).await;
    let cluster = aws.change(kind, &cluster, &[named(), setting("disabled")]).await;
    replaced(aws, kind, &cluster, &[("name", text("other"))], &["name"]).await;

    let providers = "aws_ecs_cluster_capacity_providers";
    let share = |name: &str, weight: i64| {
        Value::object([("capacity_provider", text(name)), ("weight", number(weight))])
    };
    let fields = |names: &[&str], shares: Vec<Value>| {
        [
            ("cluster_name", text("main")),
            ("capacity_providers", texts(names.iter().copied())),
            ("default_capacity_provider_strategy", Value::tuple(shares)),
        ]
    };
    let both = fields(&["FARGATE", "FARGATE_SPOT"], vec![share("FARGATE_SPOT", 100)]);
    let attached = aws.create(providers, &both).await;
    aws.import(providers, "main", &attached).await;
    let attached = aws.change(providers, &attached, &fields(&["FARGATE"], Vec::new())).await;
    aws.delete(providers, &attached).await;
    aws.delete(kind, &cluster).await;
}

/// moto keeps no namespace of a cluster.
async fn namespaces(aws: &Engine) {
    let kind = "aws_ecs_cluster";
    let named = [("name", text("main"))];
    let namespace = "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-1";
    let defaults = ("service_connect_defaults", block([("namespace", text(namespace))]));
    let cluster = aws.create(kind, &[&named[..], &[defaults]].concat()).await;
    let cluster = aws.change(kind, &cluster, &named).await;
    assert_eq!(cluster.get("service_connect_defaults").items(), Some(&[][..]));
    aws.delete(kind, &cluster).await;
}

fn web(image: &str) -> Value {
    text(&format!(
        r#"[{{"name":"web","image":"{image}","portMappings":[{{"containerPort":80,"name":"http"}}],
            "environment":[{{"name":"B","value":"2"}},{{"name":"A","value":"1"}}]}}]"#
    ))
}

fn fargate(image: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("family", text("web")),
        ("container_definitions", web(image)),
        ("requires_compatibilities", texts(["FARGATE"])),
        ("network_mode", text("awsvpc")),
        ("cpu", text("256")),
        ("memory", text("512")),
    ]
}

async fn task_definitions(aws: &Engine) {
    let kind = "aws_ecs_task_definition";
    let roles = [("execution_role_arn", text(ROLE)), ("task_role_arn", text(ROLE))];
    let platform =
        block([("cpu_architecture", text("ARM64")), ("operating_system_family", text("LINUX"))]);
    let settings = [
        ("runtime_platform", platform),
        ("ephemeral_storage", block([("size_in_gib", number(30))])),
        ("tags", name("a")),
    ];
    let fullest = [&fargate("nginx:1")[..], &roles, &settings].concat();
    let first = aws.create(kind, &fullest).await;
    assert_eq!((id(&first), first.get("revision")), (text("web"), number(1)));
    // the text is AWS's, with its defaults, and means the same
    let other = first.clone().with("container_definitions", Value::NULL);
    let imported = aws.import(kind, first.get("arn").as_str().unwrap(), &other).await;
    assert_eq!(aws.planned(kind, &imported, &fullest), (Action::Nothing, Vec::new()));
    let tagged = [&fargate("nginx:1")[..], &roles, &settings[..2], &[("tags", name("b"))]].concat();
    let first = aws.change(kind, &first, &tagged).await;
    replaced(
        aws,
        kind,
        &first,
        &fargate("nginx:2"),
        &[
            "container_definitions",
            "ephemeral_storage",
            "execution_role_arn",
            "runtime_platform",
            "task_role_arn",
        ],
    )
    .await;
    let second = aws.create(kind, &fargate("nginx:2")).await;
    assert_eq!(second.get("revision"), number(2));
    aws.delete(kind, &first).await;
    aws.delete(kind, &second).await;
}

/// What services need: a cluster, a task definition and a network.
struct Ground {
    network: Network,
    cluster: Value,
    definition: Value,
}

async fn ground(aws: &Engine) -> Ground {
    let network = two_zones(aws).await;
    let cluster = aws.create("aws_ecs_cluster", &[("name", text("main"))]).await;
    let definition = aws.create("aws_ecs_task_definition", &fargate("nginx:1")).await;
    Ground { network, cluster, definition }
}

impl Ground {
    async fn delete(self, aws: &Engine) {
        aws.delete("aws_ecs_task_definition", &self.definition).await;
        aws.delete("aws_ecs_cluster", &self.cluster).await;
        self.network.delete(aws).await;
    }

    /// A service of two tasks on Fargate.
    fn service(&self, definition: &Value) -> Vec<(&'static str, Value)> {
        let subnets = texts(self.network.subnets.iter().map(String::as_str));
        let groups = texts([self.network.group.as_str()]);
        let network = block([("subnets", subnets), ("security_groups", groups)]);
        vec![
            ("name", text("web")),
            ("cluster", id(&self.cluster)),
            ("task_definition", definition.get("arn")),
            ("desired_count", number(2)),
            ("launch_type", text("FARGATE")),
            ("network_configuration", network),
            ("wait_for_steady_state", flag(true)),
        ]
    }
}

const SERVICE: &str = "aws_ecs_service";

async fn services(aws: &Engine) {
    let ground = ground(aws).await;
    let fields = ground.service(&ground.definition);
    let with = |more: &[(&'static str, Value)]| [&fields[..], more].concat();
    let service = aws.create(SERVICE, &with(&[("tags", name("a"))])).await;
    // the cluster is named by the id; moto leaves out the percentages
    let open = ["cluster", "deployment_maximum_percent", "deployment_minimum_healthy_percent"];
    let told = open.iter().fold(service.clone(), |it, field| it.with(field, Value::NULL));
    aws.import(SERVICE, "main/web", &told).await;
    let service = aws.change(SERVICE, &service, &with(&[("tags", name("b"))])).await;
    let mut fewer = fields.clone();
    fewer[3] = ("desired_count", number(1));
    let service = aws.change(SERVICE, &service, &fewer).await;
    for (at, field, value) in [(0, "name", text("other")), (4, "launch_type", text("EC2"))] {
        let mut other = fewer.clone();
        other[at] = (field, value);
        replaced(aws, SERVICE, &service, &other, &[field]).await;
    }
    aws.delete(SERVICE, &service).await;
    ground.delete(aws).await;
}

/// moto leaves the old task definition in the deployment, and its answers have no deployment
/// configuration, no strategy of capacity providers and no switch for commands.
async fn rollouts(aws: &Engine) {
    let ground = ground(aws).await;
    let fields = ground.service(&ground.definition);
    let service = aws.create(SERVICE, &fields).await;
    let next = aws.create("aws_ecs_task_definition", &fargate("nginx:2")).await;
    let service = aws.change(SERVICE, &service, &ground.service(&next)).await;
    assert_eq!(service.get("task_definition"), next.get("arn"));
    aws.delete("aws_ecs_task_definition", &ground.definition).await;

    let breaker = |rollback: bool| {
        let breaker = block([("enable", flag(true)), ("rollback", flag(rollback))]);
        ("deployment_circuit_breaker", breaker)
    };
    let alarms = block([
        ("alarm_names", texts(["errors"])),
        ("enable", flag(true)),
        ("rollback", flag(false)),
    ]);
    let hook = block([
        ("hook_target_arn", text("arn:aws:lambda:eu-west-1:123456789012:function:check")),
        ("role_arn", text(ROLE)),
        ("lifecycle_stages", texts(["PRE_SCALE_UP", "POST_SCALE_UP"])),
        ("hook_details", text(r#"{"b": 1, "a": [true, null, -1.5]}"#)),
    ]);
    let rolling = block([("strategy", text("ROLLING")), ("lifecycle_hook", hook)]);
    let settings = [
        breaker(true),
        ("alarms", alarms),
        ("deployment_configuration", rolling),
        ("deployment_maximum_percent", number(150)),
        ("deployment_minimum_healthy_percent", number(50)),
        ("enable_execute_command", flag(true)),
        ("enable_ecs_managed_tags", flag(true)),
        ("propagate_tags", text("SERVICE")),
        ("availability_zone_rebalancing", text("DISABLED")),
        ("sigint_rollback", flag(true)),
    ];
    let with = |more: &[(&'static str, Value)]| [&ground.service(&next)[..], more].concat();
    let service = aws.change(SERVICE, &service, &with(&settings)).await;
    let service = aws.change(SERVICE, &service, &with(&[breaker(false)])).await;
    assert_eq!(service.get("deployment_maximum_percent"), number(200), "back to the default");
    assert_eq!(service.get("alarms").items().unwrap().len(), 1, "no block, no change");

    let canary =
        block([("canary_percent", number(10)), ("canary_bake_time_in_minutes", text("3"))]);
    let shifting = |strategy: &str, more: (&'static str, Value)| {
        let fields = [("strategy", text(strategy)), ("bake_time_in_minutes", text("5")), more];
        [("deployment_configuration", block(fields))]
    };
    let canary = shifting("CANARY", ("canary_configuration", canary));
    let service = aws.change(SERVICE, &service, &with(&canary)).await;
    let linear = block([("step_percent", number(25))]);
    let linear = shifting("LINEAR", ("linear_configuration", linear));
    let service = aws.change(SERVICE, &service, &with(&linear)).await;

    let redeployed = |why: &str| {
        let triggers = Value::object([("why", text(why))]);
        [("force_new_deployment", flag(true)), ("triggers", triggers)]
    };
    let service = aws.change(SERVICE, &service, &with(&redeployed("one"))).await;
    let service = aws.change(SERVICE, &service, &with(&redeployed("two"))).await;
    let ignored = with(&redeployed("three")[1..]);
    let (action, _) = aws.planned(SERVICE, &service, &with(&redeployed("two")));
    assert_eq!(action, Action::Nothing);
    let service = aws.change(SERVICE, &service, &ignored).await;
    let kept = service.get("triggers").fields().unwrap()["why"].clone();
    assert_eq!(kept, text("two"), "triggers count only with `force_new_deployment`");
    aws.delete(SERVICE, &service).await;
    aws.delete("aws_ecs_task_definition", &next).await;
    aws.delete("aws_ecs_cluster", &ground.cluster).await;
    ground.network.delete(aws).await;
}

/// moto has no Service Connect, no volumes of services and no VPC Lattice.
async fn connected_services(aws: &Engine) {
    let ground = ground(aws).await;
    let alias = block([("port", number(80)), ("dns_name", text("web.internal"))]);
    let timeout = block([("idle_timeout_seconds", number(60))]);
    let offer =
        Value::object([("port_name", text("http")), ("client_alias", alias), ("timeout", timeout)]);
    let options = Value::object([("awslogs-group", text("proxy"))]);
    let logs = block([("log_driver", text("awslogs")), ("options", options)]);
    let connect = block([
        ("enabled", flag(true)),
        ("namespace", text("internal")),
        ("log_configuration", logs),
        ("access_log_configuration", block([("format", text("JSON"))])),
        ("service", Value::tuple([offer])),
    ]);
    let tagged = block([("resource_type", text("volume")), ("tags", name("data"))]);
    let disk = block([
        ("role_arn", text(ROLE)),
        ("size_in_gb", number(20)),
        ("volume_type", text("gp3")),
        ("throughput", number(200)),
        ("tag_specifications", tagged),
    ]);
    let volume = block([("name", text("data")), ("managed_ebs_volume", disk)]);
    let lattice = block([
        ("role_arn", text(ROLE)),
        ("target_group_arn", text("arn:aws:vpc-lattice:eu-west-1:123456789012:targetgroup/tg-1")),
        ("port_name", text("http")),
    ]);
    let settings = [
        ("service_connect_configuration", connect),
        ("volume_configuration", volume),
        ("vpc_lattice_configurations", lattice),
    ];
    let plain = ground.service(&ground.definition);
    let service = aws.create(SERVICE, &[&plain[..], &settings].concat()).await;
    let service = aws.change(SERVICE, &service, &plain).await;
    assert_eq!(service.get("volume_configuration").items(), Some(&[][..]));
    aws.delete(SERVICE, &service).await;
    ground.delete(aws).await;
}

/// moto forgets strategies of capacity providers, and where tasks are placed.
async fn placed_services(aws: &Engine) {
    let cluster = aws.create("aws_ecs_cluster", &[("name", text("main"))]).await;
    let container = r#"[{"name":"job","image":"job:1","memory":"64"}]"#;
    let volume = |name: &str, kind: &'static str, volume: Value| {
        Value::object([("name", text(name)), (kind, volume)])
    };
    let docker = block([
        ("scope", text("shared")),
        ("autoprovision", flag(true)),
        ("driver", text("local")),
        ("labels", Value::object([("team", text("a"))])),
    ]);
    let efs = block([
        ("file_system_id", text("fs-1")),
        ("transit_encryption", text("ENABLED")),
        ("authorization_config", block([("iam", text("ENABLED"))])),
    ]);
    let access = block([
        ("credentials_parameter", text("arn:aws:ssm:eu-west-1:123456789012:parameter/fsx")),
        ("domain", text("example.com")),
    ]);
    let fsx = block([
        ("file_system_id", text("fs-2")),
        ("root_directory", text("\\data")),
        ("authorization_config", access),
    ]);
    let s3files = block([
        ("file_system_arn", text("arn:aws:s3files:eu-west-1:123456789012:file-system/fs-3")),
        ("transit_encryption_port", number(2999)),
    ]);
    let volumes = Value::tuple([
        volume("s3files", "s3files_volume_configuration", s3files),
        volume("docker", "docker_volume_configuration", docker),
        volume("efs", "efs_volume_configuration", efs),
        volume("fsx", "fsx_windows_file_server_volume_configuration", fsx),
        volume("host", "host_path", text("/data")),
    ]);
    let near = block([("type", text("memberOf")), ("expression", text("attribute:a == b"))]);
    let proxy = block([
        ("container_name", text("job")),
        ("properties", Value::object([("AppPorts", text("80"))])),
    ]);
    let fields = [
        ("family", text("job")),
        ("container_definitions", text(container)),
        ("cpu", text("1 vCPU")),
        ("memory", text("2 GB")),
        ("enable_fault_injection", flag(true)),
        ("ipc_mode", text("task")),
        ("pid_mode", text("task")),
        ("placement_constraints", near),
        ("proxy_configuration", proxy),
        ("volume", volumes),
    ];
    let definition = aws.read_back("aws_ecs_task_definition", &fields).await;
    assert_eq!(definition.get("network_mode"), text("bridge"));
    assert_eq!(definition.get("cpu"), text("1 vCPU"), "as written, though ECS says 1024");

    let share = |weight: i64| {
        let share = [("capacity_provider", text("FARGATE")), ("weight", number(weight))];
        ("capacity_provider_strategy", block(share))
    };
    let spread = Value::tuple([
        Value::object([("type", text("spread")), ("field", text("host"))]),
        Value::object([("type", text("binpack")), ("field", text("memory"))]),
    ]);
    let daemon = [
        ("name", text("agent")),
        ("cluster", text("main")),
        ("task_definition", text("job")),
        ("scheduling_strategy", text("DAEMON")),
    ];
    let agent = aws.create(SERVICE, &daemon).await;
    let constrained = [("placement_constraints", block([("type", text("distinctInstance"))]))];
    let agent = aws.change(SERVICE, &agent, &[&daemon[..], &constrained].concat()).await;
    aws.delete(SERVICE, &agent).await;
    let replica = [
        ("name", text("job")),
        ("cluster", text("main")),
        ("task_definition", text("job:1")),
        ("ordered_placement_strategy", spread),
    ];
    let job = aws.read_back(SERVICE, &replica).await;
    assert_eq!(job.get("desired_count"), number(0), "the provider's default");
    aws.delete(SERVICE, &job).await;
    aws.delete("aws_ecs_task_definition", &definition).await;

    let network = two_zones(aws).await;
    let definition = aws.create("aws_ecs_task_definition", &fargate("nginx:1")).await;
    let ground = Ground { network, cluster, definition };
    let mut fields = ground.service(&ground.definition);
    fields[4] = share(1);
    let service = aws.create(SERVICE, &fields).await;
    fields[4] = share(2);
    replaced(aws, SERVICE, &service, &fields, &["capacity_provider_strategy"]).await;
    fields.push(("force_new_deployment", flag(true)));
    let service = aws.change(SERVICE, &service, &fields).await;
    aws.delete(SERVICE, &service).await;
    ground.delete(aws).await;
}

on_sandbox!(only_sandbox: namespaces, rollouts, connected_services, placed_services);

on_both_worlds!(clusters, task_definitions, services);

/// A service whose image is in a repository that does not exist, after one that runs.
const FAILING: &str = r#"
variable "image" { type = string }

resource "aws_vpc" "a" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.a.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_ecs_cluster" "a" { name = "main" }
resource "aws_ecs_task_definition" "a" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions    = jsonencode([{ name = "web", image = var.image }])
}
resource "aws_ecs_service" "a" {
  name                  = "web"
  cluster               = aws_ecs_cluster.a.arn
  task_definition       = aws_ecs_task_definition.a.arn
  desired_count         = 1
  launch_type           = "FARGATE"
  wait_for_steady_state = true
  network_configuration { subnets = [aws_subnet.a.id] }
  deployment_circuit_breaker {
    enable   = true
    rollback = ROLLBACK
  }
}
"#;

const GOOD: &str = "-var=image=nginx:1";
const BAD: &str = "-var=image=123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1";

#[test]
fn a_failed_deployment_tells_why_tasks_stopped() {
    let stack = Terrace::sandbox(&[("main.tf", &FAILING.replace("ROLLBACK", "false"))]);
    let said = stack.fails(&["apply", "-auto-approve", BAD]);
    assert!(said.contains("the deployment failed: ECS deployment circuit breaker"), "{said}");
    assert!(said.contains("CannotPullContainerError"), "{said}");
    stack.ok(&["destroy", "-auto-approve", BAD]);
    assert!(stack.left_behind().is_empty());
}

#[test]
fn a_deployment_that_was_rolled_back_is_an_error() {
    let stack = Terrace::sandbox(&[("main.tf", &FAILING.replace("ROLLBACK", "true"))]);
    stack.ok(&["apply", "-auto-approve", GOOD]);
    let said = stack.fails(&["apply", "-auto-approve", BAD]);
    assert!(said.contains("CannotPullContainerError"), "{said}");
    assert!(said.contains("rolled back") || said.contains("the deployment failed"), "{said}");
    stack.ok(&["destroy", "-auto-approve", GOOD]);
}

#[test]
fn a_new_revision_is_deployed_before_the_old_one_is_retired() {
    let stack = Terrace::sandbox(&[("main.tf", &FAILING.replace("ROLLBACK", "false"))]);
    stack.ok(&["apply", "-auto-approve", GOOD]);
    stack.ok(&["apply", "-auto-approve", "-trace=trace.jsonl", "-var=image=nginx:2"]);
    let trace = stack.read("trace.jsonl");
    let place = |operation: &str| {
        trace.find(&format!("\"{operation}\"")).unwrap_or_else(|| panic!("{operation}: {trace}"))
    };
    assert!(place("RegisterTaskDefinition") < place("UpdateService"));
    assert!(place("UpdateService") < place("DeregisterTaskDefinition"));
    let kept =
        FAILING.replace("ROLLBACK", "false").replace("cpu  ", "skip_destroy = true\n  cpu  ");
    stack.write("main.tf", &kept);
    stack.ok(&["apply", "-auto-approve", "-var=image=nginx:2"]);
    stack.ok(&["apply", "-auto-approve", "-trace=kept.jsonl", "-var=image=nginx:3"]);
    assert!(!stack.read("kept.jsonl").contains("DeregisterTaskDefinition"));
}

/// What AWS answers for a name that somebody else has taken, and with the same settings.
const TAKEN: &str = r#"
resource "aws_vpc" "a" { cidr_block = "10.0.0.0/16" }
resource "aws_ecs_cluster" "a" { name = "main" }
resource "aws_lb_target_group" "a" {
  name        = "web"
  port        = 80
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.a.id
}
"#;

#[tokio::test]
async fn what_somebody_else_made_is_neither_taken_over_nor_touched() {
    let stack = Terrace::sandbox(&[("main.tf", TAKEN)]);
    stack.ok(&["apply", "-auto-approve", "-target=aws_vpc.a"]);
    let sdk = stack.sdk();
    let ecs = aws_sdk_ecs::Client::new(&sdk);
    ecs.create_cluster().cluster_name("main").send().await.unwrap();
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&sdk);
    let world = stack.left_behind();
    let vpc = world.iter().find_map(|it| it.strip_prefix("aws_vpc ")).expect("a VPC");
    let group = elb.create_target_group().name("web").vpc_id(vpc).port(80);
    let group = group.protocol("HTTP".into()).target_type("ip".into());
    group.health_check_enabled(true).send().await.unwrap();
    let before = stack.left_behind();
    let said = stack.fails(&["apply", "-auto-approve"]);
    assert!(said.contains("cluster/main exists already"), "{said}");
    assert!(said.contains("terrace import 'aws_ecs_cluster.a' main"), "{said}");
    assert!(said.contains("DuplicateTargetGroupName"), "{said}");
    assert_eq!(stack.left_behind(), before);
    assert_eq!(stack.ok(&["state", "list"]).stdout.trim(), "aws_vpc.a");
    stack.ok(&["destroy", "-auto-approve"]);
    assert_eq!(stack.left_behind().len(), before.len() - 1, "all but the VPC");
}

const TAGGED: &str = r#"
provider "aws" {
  default_tags { tags = { team = "a", started = "first" } }
  ignore_tags {
    keys         = ["started"]
    key_prefixes = ["k8s.io/"]
  }
}
resource "aws_ecs_cluster" "a" {
  name = "main"
  tags = { Name = "main", "k8s.io/role" = "web" }
}
"#;

#[tokio::test]
async fn default_tags_that_are_ignored_settle() {
    let stack = Terrace::sandbox(&[("main.tf", TAGGED)]);
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["plan", "-detailed-exitcode"]);
    let ecs = aws_sdk_ecs::Client::new(&stack.sdk());
    let all = || ecs.describe_clusters().clusters("main").include("TAGS".into());
    let cluster = all().send().await.unwrap().clusters.unwrap().remove(0);
    let tag = |key: &str, value: &str| aws_sdk_ecs::types::Tag::builder().key(key).value(value);
    let has = |tag: aws_sdk_ecs::types::builders::TagBuilder| cluster.tags().contains(&tag.build());
    assert!(has(tag("started", "first")) && has(tag("k8s.io/role", "web")), "{cluster:?}");
    let arn = cluster.cluster_arn().unwrap();
    let other = ecs.tag_resource().resource_arn(arn).tags(tag("started", "later").build());
    other.tags(tag("k8s.io/role", "db").build()).send().await.unwrap();
    stack.ok(&["plan", "-detailed-exitcode"]);
}
