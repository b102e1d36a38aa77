//! Runs the built program in a folder of its own, with a clean environment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use tempfile::TempDir;
use terrace::sandbox::Sandbox;

use super::moto::{Account, Moto, REGION};

/// Which AWS the program talks to.
#[derive(Clone, Debug)]
pub enum World {
    /// The one inside the program, kept in the stack's folder.
    Sandbox,
    /// An account of the moto server.
    Moto(Account),
}

/// A stack's folder and the AWS it is applied to.
#[derive(Debug)]
pub struct Terrace {
    root: TempDir,
    /// The stack's folder: the root, or a folder in it.
    stack: PathBuf,
    world: World,
    environment: BTreeMap<String, String>,
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    /// An account of the moto server that nothing else uses.
    pub async fn moto() -> World {
        World::Moto(Moto::shared().account().await)
    }
}

impl Terrace {
    /// A stack of these files, on a sandbox of its own.
    pub fn sandbox(files: &[(&str, &str)]) -> Terrace {
        Terrace::new(World::Sandbox, files)
    }

    /// A copy of one of the repository's examples with the modules, on an AWS of its own.
    pub fn example(name: &str, world: World) -> Terrace {
        let mut terrace = Terrace::new(world, &[]);
        for folder in [Path::new("modules"), &Path::new("examples").join(name)] {
            copy_configuration(folder, &terrace.root.path().join(folder));
        }
        fs::create_dir(terrace.root.path().join("state")).expect("a folder can be made");
        terrace.stack = terrace.root.path().join("examples").join(name);
        terrace.set("TF_VAR_region", REGION);
        terrace
    }

    /// A stack of these files.
    pub fn new(world: World, files: &[(&str, &str)]) -> Terrace {
        let root = tempfile::tempdir().expect("a temporary folder");
        let stack = root.path().to_owned();
        let terrace = Terrace { root, stack, world, environment: BTreeMap::new() };
        for (path, text) in files {
            terrace.write(path, text);
        }
        terrace
    }

    /// The stack's folder.
    pub fn folder(&self) -> &Path {
        &self.stack
    }

    /// A path in the stack's folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    /// Writes a file of the stack.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// Reads a file of the stack.
    pub fn read(&self, path: &str) -> String {
        let path = self.path(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Sets a variable of the program's environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.into(), value.into());
    }

    /// The program with arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command.args(arguments).current_dir(self.folder()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder()).env("NO_COLOR", "1").env("AWS_REGION", REGION);
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        match &self.world {
            World::Sandbox => command.env("TERRACE_SANDBOX", "1"),
            World::Moto(account) => command
                .env("AWS_ENDPOINT_URL", &account.endpoint)
                .env("AWS_ACCESS_KEY_ID", &account.access_key)
                .env("AWS_SECRET_ACCESS_KEY", &account.secret_key)
                .env("AWS_SESSION_TOKEN", &account.session_token),
        };
        command.envs(&self.environment);
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().expect("the program starts");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs the program, which has to succeed.
    pub fn ok(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    /// Runs the program, which has to fail with code 1; returns what it said.
    pub fn fails(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, Some(1), "{arguments:?}\n{}\n{}", run.stdout, run.stderr);
        run.stderr
    }

    /// Starts the program and leaves it running, to be killed for example.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program starts")
    }

    /// The sandbox of the stack.
    pub fn world(&self) -> Sandbox {
        Sandbox::open(&self.path(".terrace/sandbox")).expect("the sandbox opens")
    }

    /// What users made in the sandbox and is still there, as `kind id`.
    pub fn left_behind(&self) -> Vec<String> {
        let contents = self.world().contents().expect("the sandbox is readable");
        let own = contents.into_iter().filter(|item| !item.made_by_aws);
        own.map(|item| format!("{} {}", item.kind, item.id)).collect()
    }

    /// The stack's AWS as the SDK's clients take it, for changes behind the program's back.
    pub fn sdk(&self) -> SdkConfig {
        let credentials = SharedCredentialsProvider::new(Sandbox::credentials());
        match &self.world {
            World::Moto(account) => account.sdk(),
            World::Sandbox => SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(REGION))
                .credentials_provider(credentials)
                .http_client(self.world().http_client())
                .build(),
        }
    }
}

/// Copies what a folder and the folders in it have in files that are not hidden.
fn copy_configuration(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder of the repository") {
        let entry = entry.expect("a folder of the repository");
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() {
            copy_configuration(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}

/// Replacements that make output the same in each run: ids, account numbers and times.
pub fn filters() -> Vec<(&'static str, &'static str)> {
    vec![
        (r"\b([a-z]{2,12})-[0-9a-f]{17}\b", "$1-ID"),
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
        (r"\b\d{12}\b", "ACCOUNT"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        (r"\b\d+(\.\d+)?(ms|s)\b", "DURATION"),
        (r"/[0-9a-f]{16}\b", "/ID"),
    ]
}
