//! Provisioners: what runs once an object is made, or before it is destroyed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use crate::address::InstanceAddress;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::body;
use crate::language::config::{Moment, Provisioner, Resource};
use crate::language::scope::Scope;
use crate::plan::evaluation::Evaluation;
use crate::plan::walk::Planner;
use crate::plan::{Action, Change};
use crate::schema;
use crate::schema::{Schema, schema_of};
use crate::value::{Fields, Marks, Value};

schema! {
    /// Runs a command where terrace runs.
    pub struct LocalExec {
        /// The command, for the interpreter.
        command: String,
        /// Variables of its environment besides those of terrace.
        environment: Option<BTreeMap<String, String>>,
        /// The program that gets the command as its last argument, and its first arguments.
        interpreter: Option<Vec<String>>,
        /// Whether the command itself is not shown.
        quiet: Option<bool>,
        /// The folder that it runs in.
        working_dir: Option<String>,
    }

    /// Copies files to another machine.
    pub struct FileCopy {
        /// A text that becomes the file.
        #[exactly_one_of(&["content", "source"])] content: Option<String>,
        /// Where the files go.
        destination: String,
        /// A file or folder.
        source: Option<String>,
    }

    /// Runs commands on another machine.
    pub struct RemoteExec {
        /// Commands.
        #[exactly_one_of(&["inline", "script", "scripts"])] inline: Option<Vec<String>>,
        /// A file with commands.
        script: Option<String>,
        /// Files with commands.
        scripts: Option<Vec<String>>,
    }

    /// How another machine is reached.
    pub struct Connected {
        agent: Option<bool>,
        agent_identity: Option<String>,
        bastion_certificate: Option<String>,
        bastion_host: Option<String>,
        bastion_host_key: Option<String>,
        bastion_password: Option<String>,
        bastion_port: Option<i64>,
        bastion_private_key: Option<String>,
        bastion_user: Option<String>,
        cacert: Option<String>,
        certificate: Option<String>,
        host: String,
        host_key: Option<String>,
        https: Option<bool>,
        insecure: Option<bool>,
        password: Option<String>,
        port: Option<i64>,
        private_key: Option<String>,
        proxy_host: Option<String>,
        proxy_port: Option<i64>,
        proxy_scheme: Option<String>,
        proxy_user_name: Option<String>,
        proxy_user_password: Option<String>,
        script_path: Option<String>,
        target_platform: Option<String>,
        timeout: Option<String>,
        #[name("type")] kind: Option<String>,
        use_ntlm: Option<bool>,
        user: Option<String>,
    }
}

static LOCAL: LazyLock<Schema> = LazyLock::new(schema_of::<LocalExec>);
static FILE: LazyLock<Schema> = LazyLock::new(schema_of::<FileCopy>);
static REMOTE: LazyLock<Schema> = LazyLock::new(schema_of::<RemoteExec>);
static CONNECTION: LazyLock<Schema> = LazyLock::new(schema_of::<Connected>);

/// A command to run where terrace runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalCommand {
    /// The program and its arguments, the command last.
    pub words: Vec<String>,
    /// What is added to its environment.
    pub environment: BTreeMap<String, String>,
    /// The folder that it runs in, if not that of terrace.
    pub folder: Option<PathBuf>,
    /// Whether the command itself is not shown.
    pub quiet: bool,
    /// Why neither it nor what it says is shown: what it has is `sensitive` or `ephemeral`.
    pub hidden: Option<&'static str>,
}

fn schema(kind: &str) -> &'static Schema {
    match kind {
        "file" => &FILE,
        "remote-exec" => &REMOTE,
        _ => &LOCAL,
    }
}

/// The provisioners of an instance for a moment, in order: of its resource or, when the configuration
/// has that no more, of the `removed` block that speaks of it.
pub fn provisioners(
    evaluation: &Evaluation,
    address: &InstanceAddress,
    when: Moment,
) -> Vec<Arc<Provisioner>> {
    let mut all = match evaluation.resource(&address.resource) {
        Some(resource) => resource.provisioners.clone(),
        None => evaluation.removals().provisioners(address),
    };
    all.retain(|it| it.when == when);
    all
}

/// What a provisioner is to run for an object; unknown where values are not known yet.
fn arguments(
    evaluation: &Evaluation,
    address: &InstanceAddress,
    provisioner: &Provisioner,
    own: &Value,
) -> (Value, Diagnostics) {
    let scope = evaluation.scope(&address.resource.module);
    let scope = match provisioner.when {
        Moment::Create => {
            let expansion = evaluation.resource_expansion(&address.resource);
            scope.repeated(&expansion, address.key.as_ref())
        }
        Moment::Destroy => scope.keyed(address.key.as_ref()),
    };
    decode(provisioner, &scope.with_self(own.clone()))
}

/// The arguments of a provisioner in a scope, and all that is wrong with it.
pub(super) fn decode(provisioner: &Provisioner, scope: &dyn Scope) -> (Value, Diagnostics) {
    let (value, mut problems) = body::decode(&provisioner.body, schema(&provisioner.kind), scope);
    if let Some(connection) = &provisioner.connection {
        problems.extend(body::decode(connection, &CONNECTION, scope).1);
    }
    if provisioner.kind == "local-exec" && value.get("command").as_str() == Some("") {
        let detail = "The command of a `local-exec` provisioner must not be empty.";
        let span = provisioner.body.attributes.get("command").map(|it| &it.value.span);
        let problem = Diagnostic::error("Invalid command", detail);
        problems.push(problem.at(span.unwrap_or(&provisioner.span)));
    }
    (value, problems)
}

/// What a `local-exec` provisioner runs for an object.
pub fn local_command(
    evaluation: &Evaluation,
    address: &InstanceAddress,
    provisioner: &Provisioner,
    own: &Value,
) -> Result<LocalCommand, Diagnostics> {
    if let Some(problem) = unsupported(provisioner) {
        return Err(problem.about(address).into());
    }
    let (value, mut problems) = arguments(evaluation, address, provisioner, own);
    problems.extend(evaluation.take_problems());
    if !problems.has_errors() && !value.is_wholly_known() {
        let detail = "What this provisioner is to run is not known.";
        problems.push(Diagnostic::error("Provisioner not known", detail).at(&provisioner.span));
    }
    match problems.has_errors() {
        true => Err(Diagnostics::from_iter(problems.into_iter().map(|it| it.about(address)))),
        false => Ok(LocalCommand::of(&value)),
    }
}

impl LocalCommand {
    fn of(value: &Value) -> LocalCommand {
        let (value, marks) = value.unmark_deep();
        let text = |it: &Value| it.as_str().map(str::to_string);
        let interpreter = value.get("interpreter");
        let mut words: Vec<String> =
            interpreter.items().unwrap_or_default().iter().filter_map(text).collect();
        if words.is_empty() {
            words = vec!["/bin/sh".into(), "-c".into()];
        }
        words.extend(text(&value.get("command")));
        let environment = value.get("environment");
        let none = Fields::new();
        let entries = environment.fields().unwrap_or(&none).iter();
        let environment = entries.filter_map(|(name, it)| Some((name.clone(), text(it)?)));
        LocalCommand {
            words,
            environment: environment.collect(),
            folder: text(&value.get("working_dir")).filter(|it| !it.is_empty()).map(PathBuf::from),
            quiet: value.get("quiet").as_bool() == Some(true),
            hidden: match (marks.contains(Marks::SENSITIVE), marks.contains(Marks::EPHEMERAL)) {
                (_, true) => Some("ephemeral"),
                (true, _) => Some("sensitive"),
                _ => None,
            },
        }
    }
}

/// What to tell of a provisioner that would run, and that terrace cannot run.
fn unsupported(provisioner: &Provisioner) -> Option<Diagnostic> {
    let kind = &provisioner.kind;
    (kind != "local-exec").then(|| {
        let detail = format!("terrace does not run `{kind}` provisioners, and this one would run.");
        let hint = "Let the machine do it itself when it starts, with `user_data` or its image, or \
                    use `local-exec` with `ssh` or `aws ssm send-command`.";
        Diagnostic::error("Unsupported provisioner", detail).hint(hint).at(&provisioner.span)
    })
}

/// The provisioners that a change runs, and the object that they see as `self`.
fn runs<'c>(planner: &Planner<'_>, change: &'c Change) -> Vec<(Arc<Provisioner>, &'c Value)> {
    let of = |when| provisioners(planner.evaluation, &change.address, when);
    let tainted = planner.prior.object(&change.address, None).is_some_and(|object| object.tainted);
    let makes = change.action.replaces() || change.action == Action::Create;
    // What is replaced only afterwards is deposed by then.
    let destroys = matches!(change.action, Action::Delete | Action::DestroyThenCreate)
        && change.deposed.is_none()
        && !tainted;
    let before = if destroys { of(Moment::Destroy) } else { Vec::new() };
    let after = if makes { of(Moment::Create) } else { Vec::new() };
    let before = before.into_iter().map(|it| (it, &change.before));
    before.chain(after.into_iter().map(|it| (it, &change.after))).collect()
}

impl Planner<'_> {
    /// Reports what is wrong with the provisioners that a change runs.
    pub(super) fn check_provisioners(&mut self, change: &Change) {
        if self.diagnostics.has_errors() {
            return;
        }
        for (provisioner, own) in runs(self, change) {
            let address = &change.address;
            let (_, problems) = arguments(self.evaluation, address, &provisioner, own);
            self.diagnostics.extend(problems.into_iter().map(|it| it.about(address)));
            let problem = unsupported(&provisioner).map(|it| it.about(address));
            self.diagnostics.extend(problem);
        }
        self.diagnostics.extend(self.evaluation.take_problems());
    }
}

/// What is wrong with the provisioners of a resource, run or not, as far as their text tells.
pub(super) fn static_problems(resource: &Resource) -> Diagnostics {
    let mut found = Diagnostics::new();
    for provisioner in &resource.provisioners {
        found.extend(body::static_check(&provisioner.body, schema(&provisioner.kind)));
        let connection = provisioner.connection.iter();
        connection.for_each(|it| found.extend(body::static_check(it, &CONNECTION)));
    }
    found
}
