//! An AWS that says what it is told to, for tests.

#![allow(unreachable_pub, reason = "what tests share is public to them")]

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use tokio::time::Instant;

use crate::aws::AwsProvider;
use crate::aws::client::Aws;
use crate::aws::connection::AwsConnection;
use crate::aws::environment::Environment;
use crate::aws::provider_block::ProviderBlock;
use crate::provider::{ErrorKind, ProviderError, Recorder, Result, Step};
use crate::schema::FieldType as _;

/// What comes of a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A status and a body.
    Body(u16, String),
    /// No answer.
    Broken(std::io::ErrorKind),
}

impl Answer {
    /// An answer with a body.
    pub fn ok(body: &str) -> Answer {
        Answer::Body(200, body.to_string())
    }

    /// An error of EC2.
    pub fn ec2_error(status: u16, code: &str, message: &str) -> Answer {
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let body = format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>");
        Answer::Body(status, body)
    }

    /// An error of IAM, STS or Elastic Load Balancing.
    pub fn query_error(status: u16, code: &str, message: &str) -> Answer {
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        Answer::Body(status, format!("<ErrorResponse>{error}</ErrorResponse>"))
    }
}

/// Gives the answers one after the other, the last one for ever, and notes the requests.
#[derive(Clone, Debug, Default)]
pub struct Fake {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Fake {
    /// One that answers so.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Fake {
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        Fake { answers, requests: Arc::default() }
    }

    /// What was sent: host and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    /// When requests came, in whole seconds after the first.
    pub fn seconds(&self) -> Vec<u64> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|(at, _)| (*at - requests[0].0).as_secs()).collect()
    }

    /// Surroundings in which this answers all requests.
    pub fn environment(&self) -> Environment {
        let connector = SharedHttpConnector::new(self.clone());
        Environment {
            http_client: Some(http_client_fn(move |_, _| connector.clone())),
            credentials: Some(Credentials::new("AKID", "secret", None, None, "test")),
            region: Some("us-east-1".into()),
            ..Environment::default()
        }
    }

    /// A connection to this.
    pub fn connection(&self, block: ProviderBlock) -> AwsConnection {
        AwsConnection::new(block, self.environment(), "us-east-1".into())
    }

    /// Clients of this.
    pub async fn aws(&self) -> Arc<Aws> {
        self.connection(ProviderBlock::blank()).aws("").await.unwrap()
    }

    /// The provider, with this behind it.
    pub fn provider(&self) -> AwsProvider {
        AwsProvider::new(self.environment())
    }
}

impl HttpConnector for Fake {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let text = format!("{} {body}", request.uri());
        self.requests.lock().unwrap().push((Instant::now(), text));
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.len() {
            1 => answers.front().cloned(),
            _ => answers.pop_front(),
        };
        HttpConnectorFuture::ready(match answer.expect("an answer") {
            Answer::Body(status, body) => {
                Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
            }
            Answer::Broken(kind) => Err(ConnectorError::io(std::io::Error::from(kind).into())),
        })
    }
}

/// Notes what is journaled; and refuses when it is told to.
#[derive(Debug, Default)]
pub struct Notes {
    /// What was said.
    pub said: Mutex<Vec<String>>,
    /// Whether nothing can be journaled.
    pub full: bool,
    /// How long the pauses were in which nothing was on its way.
    pub pauses: Mutex<Vec<Duration>>,
    on_their_way: AtomicUsize,
}

impl Notes {
    /// What was said.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    fn say(&self, text: String) {
        self.said.lock().unwrap().push(text);
    }
}

impl Recorder for Notes {
    fn before(&self, operation: &str) -> Result {
        if self.full {
            return Err(ProviderError::new(ErrorKind::Journal, "the disk is full"));
        }
        self.say(format!("before {operation}"));
        Ok(())
    }

    fn after(&self, operation: &str, outcome: std::result::Result<&str, &str>) {
        self.say(match outcome {
            Ok(_) => format!("made {operation}"),
            Err(why) => format!("failed {operation}: {why}"),
        });
    }

    fn waiting(&self, why: &str) {
        self.say(why.to_string());
    }

    fn sent(&self) {
        self.on_their_way.fetch_add(1, Ordering::SeqCst);
    }

    fn answered(&self) {
        self.on_their_way.fetch_sub(1, Ordering::SeqCst);
    }

    fn pausing(&self, pause: Duration) {
        if self.on_their_way.load(Ordering::SeqCst) == 0 {
            self.pauses.lock().unwrap().push(pause);
        }
    }
}

/// A step whose notes are kept.
pub fn step(full: bool) -> (Step, Arc<Notes>) {
    let notes = Arc::new(Notes { full, ..Notes::default() });
    let token = "0123456789abcdef0123456789abcdef".to_string();
    (Step { address: "aws_vpc.a".into(), token, recorder: notes.clone() }, notes)
}

/// Every operation that the types call, read off their source.
pub fn called() -> BTreeSet<String> {
    let clients = "ec2|ecs|ecr|elb|iam|logs|ssm|sts";
    let call =
        regex::Regex::new(&format!(r"\b(?:aws|self)\s*\.({clients})\s*\.([a-z][a-z0-9_]*)\(\)"))
            .unwrap();
    let mut files = vec![std::path::PathBuf::from("src/aws")];
    let mut found = BTreeSet::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|it| it.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        found.extend(call.captures_iter(&text).map(|it| operation(&it[1], &it[2])));
    }
    found
}

/// `("elb", "create_rule")` is `elasticloadbalancing:CreateRule`.
fn operation(client: &str, method: &str) -> String {
    let upper = |word: &str| word[..1].to_uppercase() + &word[1..];
    let service = if client == "elb" { "elasticloadbalancing" } else { client };
    format!("{service}:{}", method.split('_').map(upper).collect::<String>())
}
