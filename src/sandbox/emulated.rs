//! The services taken from winterbaume, kept as documents like the sandbox's own.
//!
//! Where winterbaume is wrong in a way the product would stumble over, the mend is here.

pub mod iam;

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::{Map, Value};
use winterbaume_core::{MockRequest, MockService, StatefulService};

use super::call::Call;
use super::documents::Documents;
use super::fault::{Fault, answer};
use super::scope::{ACCOUNT, Answer, Scope};
use super::wire;

/// One service of winterbaume.
pub trait Emulated: Send + Sync {
    /// Its signing name.
    fn name(&self) -> &'static str;
    /// Answers a request.
    fn handle(&self, request: MockRequest) -> HttpResponse;
    /// All its state in a region, as one document.
    fn snapshot(&self, region: &str) -> Result<Value, String>;
    /// Replaces its state in a region.
    fn restore(&self, region: &str, state: Value) -> Result<(), String>;
}

impl fmt::Debug for dyn Emulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

struct Keeper<S>(&'static str, S);

/// Runs a future of winterbaume, which only takes locks that nobody else holds.
///
/// Without tokio's budget, which is the budget of the task that is blocked here.
fn block_on<F: Future>(future: F) -> F::Output {
    futures::executor::block_on(tokio::task::unconstrained(future))
}

impl<S: StatefulService + MockService> Emulated for Keeper<S> {
    fn name(&self) -> &'static str {
        self.0
    }

    fn handle(&self, request: MockRequest) -> HttpResponse {
        let mock = block_on(self.1.handle(request));
        let body = String::from_utf8_lossy(&mock.body).into_owned();
        let mut response = answer(mock.status, "", body);
        for (name, value) in &mock.headers {
            if let Ok(value) = value.to_str() {
                response.headers_mut().insert(name.as_str().to_owned(), value.to_owned());
            }
        }
        response
    }

    fn snapshot(&self, region: &str) -> Result<Value, String> {
        let view = block_on(self.1.snapshot(ACCOUNT, region));
        serde_json::to_value(view).map_err(|error| error.to_string())
    }

    fn restore(&self, region: &str, state: Value) -> Result<(), String> {
        let view = serde_json::from_value(state).map_err(|error| error.to_string())?;
        block_on(self.1.restore(ACCOUNT, region, view)).map_err(|error| error.to_string())
    }
}

/// All emulated services, fresh.
pub fn services() -> Vec<Box<dyn Emulated>> {
    vec![Box::new(Keeper("iam", winterbaume_iam::IamService::new()))]
}

/// Answers what winterbaume gets wrong from the documents, or changes them beforehand.
///
/// `None` leaves the call to winterbaume.
pub fn mend(scope: &mut Scope<'_>, call: &Call) -> Option<Answer> {
    match call.service.as_str() {
        "iam" => iam::mend(scope, &call.operation),
        _ => None,
    }
}

/// Adds to the documents what winterbaume left out of a call that went well.
///
/// Returns whether there was anything to add.
pub fn complete(scope: &mut Scope<'_>, call: &Call) -> bool {
    call.service == "iam" && iam::complete(scope, &call.operation)
}

/// The request as winterbaume reads it: it takes service and region from the host name.
pub fn request(
    call: &Call,
    request: aws_smithy_runtime_api::client::orchestrator::HttpRequest,
) -> Result<MockRequest, Fault> {
    let refused = |error: &dyn fmt::Display| Fault::new("MalformedRequest", error.to_string());
    let body = request.body().bytes().unwrap_or_default().to_vec();
    let request = request.try_into_http1x().map_err(|error| refused(&error))?;
    Ok(MockRequest {
        method: request.method().as_str().to_owned(),
        uri: format!("https://{}.{}.amazonaws.com/", call.service, call.region),
        headers: request.headers().clone(),
        body: body.into(),
    })
}

/// Takes the state of a service over into the documents, table by table.
///
/// What is no table but a plain value is the only row of a table, without a name.
pub fn keep(documents: &mut Documents, service: &str, state: &Value) {
    for (field, value) in state.as_object().into_iter().flatten() {
        let table = format!("{service}.{field}");
        let rows = match value {
            Value::Object(rows) => rows.clone(),
            Value::Null => Map::new(),
            plain => Map::from_iter([(String::new(), plain.clone())]),
        };
        let gone = documents.rows(&table).filter(|(id, _)| !rows.contains_key(*id));
        let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
        for id in gone {
            documents.remove(&table, &id);
        }
        for (id, row) in rows {
            if documents.get(&table, &id) != Some(&row) {
                documents.put(&table, &id, row);
            }
        }
    }
}

/// The state of a service, put together from its documents.
pub fn kept(documents: &Documents, service: &str) -> Value {
    let prefix = format!("{service}.");
    let mut state = Map::new();
    for table in documents.tables() {
        let Some(field) = table.strip_prefix(&prefix) else { continue };
        let rows = documents.rows(table).map(|(id, row)| (id.clone(), row.clone()));
        let mut rows: Map<String, Value> = rows.collect();
        if !rows.is_empty() {
            let plain = rows.remove("");
            state.insert(field.to_owned(), plain.unwrap_or(Value::Object(rows)));
        }
    }
    Value::Object(state)
}

/// An answer in the protocol of the call.
pub fn written(call: &Call, result: Answer) -> HttpResponse {
    match result {
        Ok(result) => {
            let (kind, body) = wire::output(call, &result);
            answer(200, kind, body)
        }
        Err(fault) => fault.answer(call),
    }
}
