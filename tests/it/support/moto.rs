//! moto, the second AWS of the tests: a real server over HTTP, made and started when first needed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

const REQUIREMENTS: &str = include_str!("moto-requirements.txt");
const SERVER: &str = include_str!("moto_server.py");

/// The region of tests that do not need a certain one.
pub const REGION: &str = "eu-west-1";

/// The server of this test process.
pub struct Moto {
    endpoint: String,
    /// Holds the pipe that keeps the server alive.
    _server: Child,
}

/// An account of its own for one test.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: String,
    pub endpoint: String,
    pub access_key: String,
    pub secret_key: String,
    pub session_token: String,
}

impl Moto {
    /// The server, started at the first call.
    pub fn shared() -> &'static Moto {
        static MOTO: OnceLock<Moto> = OnceLock::new();
        MOTO.get_or_init(Moto::start)
    }

    fn start() -> Moto {
        let python = environment().join("bin/python");
        let mut server = Command::new(&python)
            .args(["-c", SERVER])
            // without it, services never get tasks
            .env("MOTO_ECS_SERVICE_RUNNING", "2")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start moto with {}: {error}", python.display()));
        let mut port = String::new();
        let mut output = BufReader::new(server.stdout.take().expect("a pipe"));
        output.read_line(&mut port).expect("moto's port");
        let port: u16 = port.trim().parse().unwrap_or_else(|_| {
            panic!("moto did not start; try: {} -m moto.server", python.display())
        });
        Moto { endpoint: format!("http://127.0.0.1:{port}"), _server: server }
    }

    /// A new account, which nothing else in this process uses.
    ///
    /// moto tells accounts by access key, and gives out keys for the account of an assumed role.
    pub async fn account(&self) -> Account {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let id = format!("{:012}", NUMBER.fetch_add(1, Ordering::SeqCst));
        let anyone = Credentials::new("AKIATESTS", "tests", None, None, "tests");
        let sts = aws_sdk_sts::Client::new(&config(&self.endpoint, anyone));
        let role = format!("arn:aws:iam::{id}:role/tests");
        let answer = sts.assume_role().role_arn(role).role_session_name("tests").send().await;
        let keys = answer.expect("moto assumes any role").credentials.expect("credentials");
        Account {
            id,
            endpoint: self.endpoint.clone(),
            access_key: keys.access_key_id,
            secret_key: keys.secret_access_key,
            session_token: keys.session_token,
        }
    }
}

impl Account {
    /// The account as the SDK's clients take it.
    pub fn sdk(&self) -> SdkConfig {
        let (key, secret) = (&self.access_key, &self.secret_key);
        let token = Some(self.session_token.clone());
        config(&self.endpoint, Credentials::new(key, secret, token, None, "tests"))
    }
}

fn config(endpoint: &str, credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// The Python environment with moto in it, made once and shared by all test runs.
fn environment() -> PathBuf {
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(tests).expect("the target folder can be written");
    let lock = File::create(tests.join("moto.lock")).expect("the lock file can be written");
    lock.lock().expect("the lock file can be locked");
    let folder = tests.join("moto");
    let stamp = folder.join("pins.txt");
    if fs::read_to_string(&stamp).is_ok_and(|pins| pins == REQUIREMENTS) {
        return folder;
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the old environment can be removed");
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).expect("the environment can be written");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(folder.join("bin/python")).args(pip).arg("-r").arg(&requirements));
    fs::write(&stamp, REQUIREMENTS).expect("the environment can be written");
    folder
}

fn run(command: &mut Command) {
    let needs = "the tests need Python 3 with venv, and packages from PyPI for moto";
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {needs}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed; {needs}\n{errors}");
}
