//! What reads answered before the last change, to answer it once more when a read is stale.

use std::collections::HashMap;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use crate::sandbox::call::Call;

/// A service in a region, the scope within which a change makes reads stale.
type Place = (String, String);

/// The answers to reads, each with the number of changes its place had seen by then.
#[derive(Debug, Default)]
pub struct Memory {
    changes: HashMap<Place, u64>,
    answers: HashMap<(Place, Vec<u8>), (u64, HttpResponse)>,
}

impl Memory {
    /// Notes that a change went out.
    pub fn change(&mut self, call: &Call) {
        *self.changes.entry(place(call)).or_default() += 1;
    }

    /// Notes what a read answered.
    pub fn learn(&mut self, call: &Call, question: Vec<u8>, answer: &HttpResponse) {
        let place = place(call);
        let seen = self.changes.get(&place).copied().unwrap_or_default();
        if let Some(answer) = copy(answer) {
            self.answers.insert((place, question), (seen, answer));
        }
    }

    /// What the same read answered just before the last change, if it was asked then.
    pub fn recall(&self, call: &Call, question: &[u8]) -> Option<HttpResponse> {
        let place = place(call);
        let now = self.changes.get(&place).copied().unwrap_or_default();
        let (seen, answer) = self.answers.get(&(place, question.to_vec()))?;
        if seen + 1 == now { copy(answer) } else { None }
    }
}

/// What tells one read from another.
pub fn question(request: &HttpRequest) -> Vec<u8> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let mut question = format!("{} {} {target} ", request.method(), request.uri()).into_bytes();
    question.extend_from_slice(request.body().bytes().unwrap_or_default());
    question
}

fn place(call: &Call) -> Place {
    (call.service.clone(), call.region.clone())
}

fn copy(answer: &HttpResponse) -> Option<HttpResponse> {
    let body = SdkBody::from(answer.body().bytes()?.to_vec());
    let mut copy = HttpResponse::new(answer.status(), body);
    for (name, value) in answer.headers() {
        copy.headers_mut().insert(name.to_owned(), value.to_owned());
    }
    Some(copy)
}
