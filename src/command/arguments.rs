//! What can be typed: Terraform's commands and flags.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, FromArgMatches, Parser, Subcommand};

use crate::language::inputs::InputArgument;

mod form;
mod init;
mod show;
mod state;
mod telling;
mod test;
mod workspace;

pub use form::Form;
pub use init::{BackendArguments, GetArguments, InitArguments};
pub use show::{
    GraphArguments, GraphType, HostArguments, OutputArguments, ProvidersArguments,
    ProvidersCommand, ShowArguments, VersionArguments,
};
pub use state::{ForceUnlockArguments, StateAccess, StateCommand, TaintArguments};
pub use telling::TellingArguments;
pub use test::TestArguments;
pub use workspace::WorkspaceCommand;

/// Provisions ECS and EKS stacks from Terraform-language configurations.
///
/// Flags may be written with one dash or two: `-auto-approve` and `--auto-approve` are the same.
#[derive(Debug, Parser)]
#[command(name = "terrace", version, disable_version_flag = true, max_term_width = 100)]
// A later flag counts instead of an earlier one, of which some come from the environment.
#[command(args_override_self = true)]
pub struct Arguments {
    /// Work in this folder instead of the current one.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub chdir: Option<PathBuf>,
    /// Write no colours. The environment variable NO_COLOR does the same.
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Write what the command tells to this file in JSON, besides what is printed.
    #[arg(long, global = true, value_name = "FILE")]
    pub json_into: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub telling: TellingArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetch the modules that are in no local folder, and record where the state is kept. Without such
    /// modules no command needs it.
    ///
    /// Modules of registries, git repositories and archives are kept in `.terrace/modules`; their
    /// versions and hashes go into `.terrace.lock.json`, which belongs into version control. Providers
    /// are part of terrace.
    Init(InitArguments),
    /// Fetch modules as `init` does, and do nothing else.
    Get(GetArguments),
    /// Find mistakes in the configuration without looking at state or AWS.
    Validate(ValidateArguments),
    /// Show what apply would do.
    ///
    /// Reads the state, looks how its objects are now, and compares them with the configuration.
    /// No object is changed; what an interrupted run left open is settled.
    Plan(PlanArguments),
    /// Do what the plan says: create, change and destroy objects.
    ///
    /// Without a saved plan it makes one, shows it, and asks. With one it does just that, unless the
    /// state has moved on since.
    Apply(ApplyArguments),
    /// Destroy everything that state has.
    Destroy(ApplyArguments),
    /// Bring state to what is there, changing nothing else. Better: `apply -refresh-only`.
    Refresh(RefreshArguments),
    /// Show the state, or a saved plan.
    Show(ShowArguments),
    /// Show the outputs of the last apply.
    Output(OutputArguments),
    /// Look into the state and change what it knows.
    #[command(subcommand)]
    State(StateCommand),
    /// Mark an object as not working, so that the next apply replaces it. Better: `apply -replace`.
    Taint(TaintArguments),
    /// Take back that an object does not work.
    Untaint(TaintArguments),
    /// Bring an existing object into state.
    Import(ImportArguments),
    /// Print the dependencies in the DOT language, for Graphviz.
    Graph(GraphArguments),
    /// Remove a lock that its holder left behind.
    ForceUnlock(ForceUnlockArguments),
    /// Write configuration files in their canonical form.
    ///
    /// Changes the files in place, and lists those that it changed. JSON files are left alone.
    Fmt(FmtArguments),
    /// Evaluate expressions, line by line, against the configuration and its state.
    ///
    /// Nothing is changed. `exit` or the end of the input ends it.
    Console(ConsoleArguments),
    /// Show what the language has.
    #[command(subcommand)]
    Metadata(MetadataCommand),
    /// Show the providers of the configuration, or the schemas of those that terrace has.
    Providers(ProvidersArguments),
    /// Show the version.
    Version(VersionArguments),
    /// Run the tests of a module: its `*.tftest.hcl` and `*.tftest.json` files, here and in `tests/`.
    ///
    /// Each `run` block plans or applies the module and checks what comes of it; in the end all that
    /// was made is destroyed. With -sandbox every file gets an AWS of its own, inside terrace, that
    /// is thrown away afterwards: nothing outside is touched. The state of the stack is never used.
    Test(TestArguments),
    /// Keep several states of the same configuration apart, and choose between them.
    ///
    /// Each workspace has a state of its own; `terraform.workspace` is its name. OpenTofu and
    /// Terraform see the same workspaces, and the same one in use. The environment variable
    /// TF_WORKSPACE says for one command which one to use.
    #[command(subcommand, alias = "env")]
    Workspace(WorkspaceCommand),
    /// Say how to give terrace a token for a host.
    Login(HostArguments),
    /// Say how to take the token for a host away.
    Logout(HostArguments),
    /// Look into the sandbox of this folder, or empty it.
    #[command(subcommand)]
    Sandbox(SandboxCommand),
}

/// Input variables.
#[derive(Clone, Debug)]
pub struct VariableArguments {
    /// The values and files, in the order of the command line: later ones count.
    given: Vec<InputArgument>,
    /// Whether `-input=false` was not said.
    input: bool,
}

impl Default for VariableArguments {
    fn default() -> VariableArguments {
        VariableArguments { given: Vec::new(), input: true }
    }
}

/// The flags by themselves, for their help: the parser forgets in which order two flags were given.
#[derive(Debug, Args)]
struct VariableFlags {
    /// Set an input variable: `-var name=value`. Can be repeated.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    var: Vec<String>,
    /// Set the input variables of a file. Can be repeated.
    #[arg(long = "var-file", value_name = "FILE")]
    var_file: Vec<PathBuf>,
    /// Ask for variables that are not set, and for approval. `-input=false` never asks.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    input: bool,
}

impl Args for VariableArguments {
    fn augment_args(command: clap::Command) -> clap::Command {
        VariableFlags::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        VariableFlags::augment_args_for_update(command)
    }
}

impl FromArgMatches for VariableArguments {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<VariableArguments, clap::Error> {
        let places = |flag| matches.indices_of(flag).into_iter().flatten();
        let VariableFlags { var, var_file, input } = VariableFlags::from_arg_matches(matches)?;
        let variables = places("var").zip(var.into_iter().map(InputArgument::Variable));
        let files = places("var_file").zip(var_file.into_iter().map(InputArgument::File));
        let given: BTreeMap<usize, InputArgument> = variables.chain(files).collect();
        Ok(VariableArguments { given: given.into_values().collect(), input })
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = VariableArguments::from_arg_matches(matches)?;
        Ok(())
    }
}

impl VariableArguments {
    /// The values and files, in the order in which they count.
    pub fn given(&self) -> Vec<InputArgument> {
        self.given.clone()
    }

    /// Whether questions may be asked: neither `-input=false` nor `TF_INPUT=false` forbids it.
    pub fn may_ask(&self) -> bool {
        let forbidden = |it: String| ["0", "false"].contains(&it.to_lowercase().as_str());
        self.input && !std::env::var("TF_INPUT").is_ok_and(forbidden)
    }
}

/// Where the state is, and its lock.
#[derive(Clone, Debug, Default, Args)]
pub struct StateArguments {
    /// Use this state file instead of the one the configuration names.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Write the state to this file, and leave the one it is read from as it is.
    #[arg(long, value_name = "FILE")]
    pub state_out: Option<PathBuf>,
    /// Keep the state as it was in this file, rather than in one named `….backup`; `-` keeps none.
    #[arg(long, value_name = "FILE")]
    pub backup: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub locking: LockArguments,
}

/// The lock of the state.
#[derive(Clone, Debug, Args)]
pub struct LockArguments {
    /// Lock the state. `-lock=false` is for emergencies.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub lock: bool,
    /// How long to wait for somebody else's lock.
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    pub lock_timeout: String,
}

impl Default for LockArguments {
    fn default() -> LockArguments {
        LockArguments { lock: true, lock_timeout: "0s".into() }
    }
}

/// Which AWS, and what to record of it.
#[derive(Clone, Debug, Default, Args)]
pub struct WorldArguments {
    /// Use the AWS inside terrace instead of the real one; it is kept in `.terrace/sandbox`.
    /// The environment variable TERRACE_SANDBOX=1 does the same.
    #[arg(long)]
    pub sandbox: bool,
    /// Write every AWS call to this file, one JSON object per line.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
}

/// What all commands take that work with a stack and its world.
#[derive(Clone, Debug, Default, Args)]
pub struct StackArguments {
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub state: StateArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub world: WorldArguments,
    /// Which deprecated variables and outputs of modules to warn of: `module:all`, `module:local`
    /// for those of modules in local folders, or `module:none`.
    #[arg(long, value_name = "WHICH", default_value = "module:all")]
    pub deprecation: Deprecation,
}

/// What is shown of a plan and of how it goes.
#[derive(Clone, Debug, Default, Args)]
pub struct ViewArguments {
    /// Accepted for scripts: objects that are looked at are not listed anyway.
    #[arg(long)]
    pub concise: bool,
    /// Show what is sensitive.
    #[arg(long)]
    pub show_sensitive: bool,
}

/// Of which modules the deprecated variables and outputs are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Deprecation {
    /// Of all.
    #[default]
    #[value(name = "module:all")]
    All,
    /// Of those in local folders.
    #[value(name = "module:local")]
    Local,
    /// Of none.
    #[value(name = "module:none")]
    None,
}

/// What a plan is limited to.
#[derive(Clone, Debug, Default, Args)]
pub struct LimitArguments {
    /// Limit the plan to a resource or module and what it depends on. Can be repeated.
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// The same for each line of a file; lines with `#` are comments. Can be repeated.
    #[arg(long, value_name = "FILE")]
    pub target_file: Vec<PathBuf>,
    /// Leave a resource or module as it is, and what depends on it. Can be repeated.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["target", "target_file"])]
    pub exclude: Vec<String>,
    /// The same for each line of a file; lines with `#` are comments. Can be repeated.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "target_file"])]
    pub exclude_file: Vec<PathBuf>,
}

/// What to plan.
#[derive(Clone, Debug, Args)]
pub struct PlanOptions {
    /// Plan to destroy everything.
    #[arg(long, conflicts_with = "refresh_only")]
    pub destroy: bool,
    /// Only plan to bring state to what is there.
    #[arg(long)]
    pub refresh_only: bool,
    /// Look how the objects of state are now. `-refresh=false` trusts the state.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub refresh: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub limits: LimitArguments,
    /// Replace this instance, whatever the comparison says. Can be repeated.
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<String>,
    /// How many AWS calls may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
}

/// `terrace validate`
#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The folder to look at; this one when not given.
    pub folder: Option<PathBuf>,
    /// Leave out files of tests.
    #[arg(long)]
    pub no_tests: bool,
    /// Look for files of tests in this folder too.
    #[arg(long, value_name = "FOLDER", default_value = "tests")]
    pub test_directory: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub variables: VariableArguments,
}

/// `terrace plan`
#[derive(Debug, Args)]
pub struct PlanArguments {
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub options: PlanOptions,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub stack: StackArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub view: ViewArguments,
    /// Write `resource` blocks for what `import` blocks name without one to this new file.
    #[arg(long, value_name = "FILE")]
    pub generate_config_out: Option<PathBuf>,
    /// Save the plan to this file, for `terrace apply`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 0 for no changes, 1 for errors, 2 for changes.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Print JSON, one object per line.
    #[arg(long)]
    pub json: bool,
}

/// `terrace apply` and `terrace destroy`
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// A plan saved by `terrace plan -out`.
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub options: PlanOptions,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub stack: StackArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub view: ViewArguments,
    /// Succeed also when a destroy forgets objects and leaves them where they are.
    #[arg(long)]
    pub suppress_forget_errors: bool,
    /// Do not ask for approval.
    #[arg(long, alias = "force")]
    pub auto_approve: bool,
    /// Print JSON, one object per line. Needs `-auto-approve` or a saved plan.
    #[arg(long)]
    pub json: bool,
}

/// `terrace refresh`
#[derive(Debug, Args)]
pub struct RefreshArguments {
    /// Print JSON, one object per line.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub limits: LimitArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub stack: StackArguments,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub view: ViewArguments,
    /// How many AWS calls may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
}

/// `terrace import`
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Print JSON, one object per line.
    #[arg(long)]
    pub json: bool,
    /// The address of an instance that the configuration has.
    pub address: String,
    /// The id of the object; what it looks like depends on the type.
    pub id: String,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub stack: StackArguments,
    /// Accepted for scripts: one object is read with one call.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
}

/// `terrace fmt`
#[derive(Debug, Args)]
pub struct FmtArguments {
    /// Files and folders; this folder when none is given, and standard input for `-`.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only look: exit with 3 when a file is not in canonical form.
    #[arg(long, default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub check: bool,
    /// Show what is changed.
    #[arg(long, default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub diff: bool,
    /// List the files that are not in canonical form. Not with `-`.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub list: bool,
    /// Change the files. Not with `-` or `-check`.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub write: bool,
    /// Go into folders within folders.
    #[arg(long, default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub recursive: bool,
}

/// `terrace console`
#[derive(Debug, Args)]
pub struct ConsoleArguments {
    /// Make a plan first, and evaluate against what it would make.
    #[arg(long)]
    pub plan: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented at the type")]
    pub stack: StackArguments,
}

/// `terrace metadata …`
#[derive(Debug, Subcommand)]
pub enum MetadataCommand {
    /// Print the functions of the language, with their parameters and types.
    Functions {
        /// Print JSON; the only format there is.
        #[arg(long, required = true)]
        json: bool,
    },
}

/// `terrace sandbox …`
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// List what is in the sandbox of this folder.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove everything from the sandbox of this folder.
    Reset,
}
