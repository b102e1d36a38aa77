//! `-trace=FILE`: one JSON line for each AWS call, the measure of call counts.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::time::Instant;

use super::call::Call;
use super::fault::buffered;

/// Writes what is called into a file; cheap to clone.
#[derive(Clone, Debug)]
pub struct Trace {
    file: Arc<Mutex<File>>,
}

/// One line of a trace.
#[derive(Debug, Serialize)]
struct Line<'a> {
    service: &'a str,
    operation: &'a str,
    region: &'a str,
    /// RFC 3339 with milliseconds, UTC.
    start: String,
    duration_ms: u64,
    attempt: Option<u32>,
    /// The HTTP status, unless no answer came.
    status: Option<u16>,
    /// `ok`, the error code, or `connection error`.
    outcome: String,
}

impl Trace {
    /// Starts a trace in a new file, replacing an older one.
    pub fn create(path: &Path) -> std::io::Result<Trace> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path)?;
        Ok(Trace { file: Arc::new(Mutex::new(file)) })
    }

    /// The same client, with each call written to the trace.
    pub fn wrap(&self, inner: SharedHttpClient) -> SharedHttpClient {
        let trace = self.clone();
        http_client_fn(move |settings, components| {
            trace.over(inner.http_connector(settings, components))
        })
    }

    fn over(&self, inner: SharedHttpConnector) -> SharedHttpConnector {
        SharedHttpConnector::new(TracedConnector { inner, trace: self.clone() })
    }

    fn write(&self, line: &Line<'_>) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text)
    }
}

#[derive(Debug)]
struct TracedConnector {
    inner: SharedHttpConnector,
    trace: Trace,
}

impl HttpConnector for TracedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, trace) = (self.inner.clone(), self.trace.clone());
        HttpConnectorFuture::new(async move {
            let call = Call::of(&request);
            let (start, clock) = (OffsetDateTime::now_utc(), Instant::now());
            let answer = match inner.call(request).await {
                Ok(answer) if !answer.status().is_success() => buffered(answer).await,
                answer => answer,
            };
            let line = Line {
                service: &call.service,
                operation: &call.operation,
                region: &call.region,
                start: timestamp(start),
                duration_ms: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
                attempt: call.attempt,
                status: answer.as_ref().ok().map(|answer| answer.status().as_u16()),
                outcome: outcome(&answer),
            };
            // An unwritten trace would give a wrong count: better no answer than a silent gap.
            trace.write(&line).map_err(|error| ConnectorError::other(error.into(), None))?;
            answer
        })
    }
}

fn timestamp(moment: OffsetDateTime) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    moment.format(format).unwrap_or_else(|_| moment.unix_timestamp().to_string())
}

fn outcome(answer: &Result<HttpResponse, ConnectorError>) -> String {
    match answer {
        Err(_) => "connection error".to_owned(),
        Ok(answer) if answer.status().is_success() => "ok".to_owned(),
        Ok(answer) => error_code(answer).unwrap_or_else(|| answer.status().as_u16().to_string()),
    }
}

/// The error code of an answer, whichever protocol it is in.
pub fn error_code(answer: &HttpResponse) -> Option<String> {
    if let Some(code) = answer.headers().get("x-amzn-errortype") {
        return Some(bare_code(code));
    }
    let body = std::str::from_utf8(answer.body().bytes()?).ok()?;
    if let Some((_, rest)) = body.split_once("<Code>") {
        return rest.split_once("</Code>").map(|(code, _)| code.to_owned());
    }
    let document: serde_json::Value = serde_json::from_str(body).ok()?;
    let code = document.get("__type").or_else(|| document.get("code"))?;
    code.as_str().map(bare_code)
}

/// `com.amazonaws.ecs#ClientException:http://…` is `ClientException`.
fn bare_code(code: &str) -> String {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::call::Protocol;
    use super::super::call::tests::request;
    use super::super::fake::scripted;
    use super::super::fault::{Fault, answer};
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_call_is_a_json_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.jsonl");
        let trace = Trace::create(&path).unwrap();
        let connector = trace.over(scripted(|call, _| match call.operation.as_str() {
            "CreateVpc" => Ok(answer(200, "text/xml", String::new())),
            "CreateCluster" => Ok(Fault::new("ClientException", "no").answer(call)),
            _ => Err(ConnectorError::io("reset".into())),
        }));
        connector.call(request("ec2", "CreateVpc", Protocol::Ec2)).await.unwrap();
        connector.call(request("ecs", "CreateCluster", Protocol::Json)).await.unwrap();
        connector.call(request("iam", "GetRole", Protocol::Query)).await.unwrap_err();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let outcomes: Vec<_> = lines.iter().map(|line| line["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["ok", "ClientException", "connection error"]);
        assert_eq!(lines[0]["service"], "ec2");
        assert_eq!(lines[0]["operation"], "CreateVpc");
        assert_eq!(lines[0]["region"], "eu-west-1");
        assert_eq!(lines[0]["attempt"], 2);
        assert_eq!(lines[0]["status"], 200);
        assert_eq!(lines[2]["status"], serde_json::Value::Null);
        assert!(lines[0]["start"].as_str().unwrap().ends_with('Z'));
        assert_eq!(lines[0]["duration_ms"], 0);
    }

    #[test]
    fn error_codes_are_found_in_every_protocol() {
        let call = Call::of(&request("ec2", "CreateVpc", Protocol::Ec2));
        let mut xml = Fault::new("InvalidVpcID.NotFound", "gone").answer(&call);
        xml.headers_mut().remove("x-amzn-errortype");
        assert_eq!(error_code(&xml).as_deref(), Some("InvalidVpcID.NotFound"));
        let body = r#"{"__type":"com.amazonaws.ecs#ClusterNotFoundException"}"#.to_owned();
        let json = answer(400, "application/json", body);
        assert_eq!(error_code(&json).as_deref(), Some("ClusterNotFoundException"));
    }
}
