//! The world of the sandbox: routes each call to its service and keeps what it changes.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::call::Call;
use super::documents::Documents;
use super::fault::{Fault, answer};
use super::log::Log;
use super::scope::{Answer, Read, Scope};
use super::weather::STALE;
use super::{SandboxError, ec2, ecr, ecs, elb, iam, logs, ssm, sts, wire};

/// Everything in the sandbox, over all regions.
#[derive(Debug)]
pub struct World {
    folder: PathBuf,
    regions: Mutex<HashMap<String, Region>>,
}

#[derive(Debug)]
struct Region {
    documents: Documents,
    log: Log,
    /// Whether the log was read before.
    read: bool,
}

/// The file of a region's log.
pub fn log_path(folder: &std::path::Path, region: &str) -> PathBuf {
    folder.join(format!("{region}.jsonl"))
}

impl World {
    /// The world kept in a folder, which is made if there is none.
    pub fn open(folder: PathBuf) -> Result<World, SandboxError> {
        std::fs::create_dir_all(&folder)
            .map_err(|source| SandboxError::Folder { folder: folder.clone(), source })?;
        Ok(World { folder, regions: Mutex::default() })
    }

    fn answer(&self, request: HttpRequest) -> Result<HttpResponse, SandboxError> {
        let mut call = Call::of(&request);
        if call.service == "iam" {
            call.region = "us-east-1".into();
        }
        if !is_region(&call.region) {
            let message = format!("'{}' is not a region", call.region);
            return Ok(Fault::new("InvalidRegion", message).answer(&call));
        }
        let unreadable = |source| SandboxError::Folder { folder: self.folder.clone(), source };
        let lock = File::create(self.folder.join("lock")).map_err(unreadable)?;
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        lock.lock().map_err(unreadable)?;
        let region = regions.entry(call.region.clone()).or_insert_with(|| {
            let log = Log::new(log_path(&self.folder, &call.region));
            Region { documents: Documents::default(), log, read: false }
        });
        region.catch_up()?;
        region.answer(&call, &request)
    }
}

/// Region names become file names, so nothing else may pass.
fn is_region(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

impl Region {
    fn catch_up(&mut self) -> Result<(), SandboxError> {
        self.log.catch_up(&mut self.documents).map_err(SandboxError::Log)?;
        if !std::mem::replace(&mut self.read, true) {
            self.log.compact(&self.documents).map_err(SandboxError::Log)?;
        }
        Ok(())
    }

    fn answer(&mut self, call: &Call, request: &HttpRequest) -> Result<HttpResponse, SandboxError> {
        let input = match wire::input(call, request.body().bytes().unwrap_or_default()) {
            Ok(input) => input,
            Err(fault) => return Ok(fault.answer(call)),
        };
        let Some(service) = service(&call.service) else {
            let message = format!("The sandbox does not have the service {}", call.service);
            return Ok(Fault::new("UnknownService", message).answer(call));
        };
        if request.headers().get(STALE).is_some() && !call.is_mutating() {
            let mut past = self.documents.past();
            let mut scope = Scope { region: &call.region, input: &input, documents: &mut past };
            return Ok(written(call, service(&mut scope, &call.operation)));
        }
        let documents = &mut self.documents;
        let mut scope = Scope { region: &call.region, input: &input, documents };
        let answer = once(&mut scope, call, service);
        if answer.is_err() {
            self.documents.roll_back();
        }
        self.save()?;
        Ok(written(call, answer))
    }

    /// Writes the changes of a call before it is answered. What cannot be written is taken back.
    fn save(&mut self) -> Result<(), SandboxError> {
        let changes = self.documents.changes();
        let written = if changes.is_empty() { Ok(()) } else { self.log.append(&changes) };
        match written {
            Ok(()) => self.documents.commit(),
            Err(_) => self.documents.roll_back(),
        }
        written.map_err(SandboxError::Log)
    }
}

type Service = fn(&mut Scope<'_>, &str) -> Answer;

fn service(name: &str) -> Option<Service> {
    match name {
        "ec2" => Some(ec2::answer),
        "ecr" => Some(ecr::answer),
        "ecs" => Some(ecs::answer),
        "elasticloadbalancing" => Some(elb::answer),
        "iam" => Some(iam::answer),
        "logs" => Some(logs::answer),
        "ssm" => Some(ssm::answer),
        "sts" => Some(sts::answer),
        _ => None,
    }
}

/// Answers a call; one with a client token that was answered before gets the same answer.
fn once(scope: &mut Scope<'_>, call: &Call, service: Service) -> Answer {
    let token = scope.input.text("ClientToken").or(scope.input.text("clientToken"));
    let Some(token) = token.filter(|_| call.is_mutating()) else {
        return service(scope, &call.operation);
    };
    let key = format!("{}:{}:{token}", call.service, call.operation);
    let digest = Sha256::digest(scope.input.to_string());
    let fingerprint: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    if let Some(before) = scope.documents.get("client-token", &key) {
        if before["fingerprint"] == fingerprint {
            return Ok(before["answer"].clone());
        }
        return Err(mismatch(call));
    }
    let answer = service(scope, &call.operation)?;
    let record = json!({"fingerprint": fingerprint, "answer": answer});
    scope.documents.put("client-token", &key, record);
    Ok(answer)
}

/// An answer in the protocol of the call.
fn written(call: &Call, result: Answer) -> HttpResponse {
    match result {
        Ok(result) => {
            let (kind, body) = wire::output(call, &result);
            answer(200, kind, body)
        }
        Err(fault) => fault.answer(call),
    }
}

/// What services say to a token that was used for something else.
fn mismatch(call: &Call) -> Fault {
    match call.service.as_str() {
        "ecs" => Fault::new("InvalidParameterException", "Creation of service was not idempotent."),
        _ => Fault::new(
            "IdempotentParameterMismatch",
            "The request uses the same client token as a previous, but non-identical request.",
        ),
    }
}

impl HttpConnector for World {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.answer(request).map_err(|error| ConnectorError::user(error.into()));
        HttpConnectorFuture::ready(answer)
    }
}
