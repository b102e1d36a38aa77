//! What happens around every call to AWS: it is journaled before it is sent, held back by its token
//! bucket, and made again as [`retry`] says.
//!
//! The SDK's retry loop is kept but decides nothing: after each try this interceptor leaves a retry
//! configuration that either ends the loop or repeats the call after the pause decided here.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef, Error,
    FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::{Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::{ErrorKind as RetryErrorKind, RetryConfig};
use tokio::time::Instant;

use crate::aws::answer::{error_in, request_id};
use crate::aws::bucket::Buckets;
use crate::aws::error::{find_cause, without_answer};
use crate::aws::operation::mutates;
use crate::aws::retry::{self, Decision, Failure, Tries};
use crate::provider::{ErrorKind, ProviderError, Step};

tokio::task_local! {
    static STEP: Step;
}

/// Runs calls as a step of an apply: only there can calls change something.
pub async fn in_step<T>(step: &Step, calls: impl Future<Output = T>) -> T {
    STEP.scope(step.clone(), calls).await
}

/// The interceptor of the clients of one service.
#[derive(Debug)]
pub struct Calls {
    /// The service as in `ecs:CreateService`.
    pub service: &'static str,
    /// The token buckets of the region.
    pub buckets: Arc<Buckets>,
    /// The most times a call is repeated for errors that are not in the error table.
    pub most: u32,
}

/// One call, from the first try to the last.
#[derive(Debug)]
struct Call {
    operation: String,
    mutates: bool,
    tries: Mutex<Trying>,
}

#[derive(Clone, Copy, Debug)]
struct Trying {
    /// When its bucket gives it a token, once it has asked.
    slot: Option<Instant>,
    /// When it was first sent.
    begun: Option<Instant>,
    /// How many times it was sent.
    sent: u32,
    /// Whether this try was sent.
    on_its_way: bool,
}

impl Storable for Call {
    type Storer = StoreReplace<Call>;
}

/// The bucket has no token for this call yet.
#[derive(Debug)]
struct Held(Instant);

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("held back until AWS takes more calls")
    }
}

impl std::error::Error for Held {}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "terrace"
    }

    fn modify_before_retry_loop(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = config.load::<Metadata>().map_or("", Metadata::name);
        let operation = format!("{}:{name}", self.service);
        let mutates = mutates(&operation);
        if mutates && STEP.try_with(|_| ()).is_err() {
            return Err(outside(&operation).into());
        }
        let tries = Trying { slot: None, begun: None, sent: 0, on_its_way: false };
        config.interceptor_state().store_put(Call { operation, mutates, tries: Mutex::new(tries) });
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = config.load::<Call>() else { return Ok(()) };
        let mut tries = call.lock();
        let slot = *tries.slot.get_or_insert_with(|| self.buckets.reserve(&call.operation));
        if slot > Instant::now() {
            return Err(Held(slot).into());
        }
        tries.slot = None;
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = config.load::<Call>() else { return Ok(()) };
        if call.mutates {
            let journaled = STEP.try_with(|step| step.recorder.before(&call.operation));
            journaled
                .map_err(|_| outside(&call.operation))?
                .map_err(|error| ProviderError { operation: call.operation.clone(), ..error })?;
        }
        tell(|step| step.recorder.sent());
        let mut tries = call.lock();
        tries.begun.get_or_insert_with(Instant::now);
        tries.sent += 1;
        tries.on_its_way = true;
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = config.load::<Call>() else { return Ok(()) };
        let was_sent = std::mem::take(&mut call.lock().on_its_way);
        if was_sent {
            tell(|step| step.recorder.answered());
        }
        let (decision, error) = match context.output_or_error() {
            Some(Err(error)) => self.failed(call, was_sent, error, context),
            _ => {
                self.succeeded(call, context);
                (Decision::Stop, None)
            }
        };
        if let Decision::Again(pause, _) = decision {
            tell(|step| step.recorder.pausing(pause));
        }
        let tried = config.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        config.interceptor_state().store_put(as_configuration(&decision, tried));
        error.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Calls {
    fn succeeded(&self, call: &Call, context: &FinalizerInterceptorContextRef<'_>) {
        self.buckets.succeeded(&call.operation);
        if call.mutates {
            let id = context.response().and_then(request_id).unwrap_or_default();
            tell(|step| step.recorder.after(&call.operation, Ok(&id)));
        }
    }

    /// What to do about a try that failed, and the error to report in place of the SDK's.
    fn failed(
        &self,
        call: &Call,
        was_sent: bool,
        error: &OrchestratorError<Error>,
        context: &FinalizerInterceptorContextRef<'_>,
    ) -> (Decision, Option<ProviderError>) {
        if let Some(Held(until)) = find_cause::<Held>(error) {
            return (self.hold(call, *until), None);
        }
        if let Some(own) = find_cause::<ProviderError>(error) {
            return (Decision::Stop, Some(own.clone()));
        }
        let (failure, told) = self.judge(call, was_sent, error, context);
        if was_sent && call.mutates {
            let outcome = told.as_ref().map_or_else(|| code_of(&failure), |it| it.message.as_str());
            tell(|step| step.recorder.after(&call.operation, Err(outcome)));
        }
        let Some(failure) = failure else { return (Decision::Stop, told) };
        let decision = retry::decide(&call.operation, call.tries(self.most), &failure);
        if let Decision::Again(_, why) = &decision
            && !why.is_empty()
        {
            tell(|step| step.recorder.waiting(why));
        }
        (decision, told)
    }

    /// What the failure was; and in our words where AWS did not answer with an error.
    fn judge(
        &self,
        call: &Call,
        was_sent: bool,
        error: &OrchestratorError<Error>,
        context: &FinalizerInterceptorContextRef<'_>,
    ) -> (Option<Failure>, Option<ProviderError>) {
        if let (true, Some(answer)) = (error.is_operation_error(), context.response()) {
            let (read, status) = (error_in(answer), answer.status().as_u16());
            if retry::throttles(&read.code, status) {
                self.buckets.throttled(&call.operation);
            }
            let (code, message) = (read.code, read.message);
            return (Some(Failure::Answered { code, message, status }), None);
        }
        let told = without_answer(&call.operation, was_sent, error);
        let failure = match told.kind {
            ErrorKind::Unreachable if was_sent => Some(Failure::Unreached),
            ErrorKind::Unknown => Some(Failure::Lost),
            _ => None,
        };
        (failure, Some(self.honest(call, told)))
    }

    /// A read that got no answer leaves nothing unknown.
    fn honest(&self, call: &Call, told: ProviderError) -> ProviderError {
        match told.kind {
            ErrorKind::Unknown if !call.mutates => {
                ProviderError { kind: ErrorKind::Unreachable, ..told }
            }
            _ => told,
        }
    }

    fn hold(&self, call: &Call, until: Instant) -> Decision {
        let pause = until.saturating_duration_since(Instant::now());
        if pause > Duration::from_secs(2) {
            let rate = self.buckets.rate(&call.operation);
            let why = format!("AWS takes {rate:.1} calls of {} a second", call.operation);
            tell(|step| step.recorder.waiting(&why));
        }
        Decision::Again(pause, String::new())
    }
}

impl Call {
    fn lock(&self) -> std::sync::MutexGuard<'_, Trying> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tries(&self, most: u32) -> Tries {
        let tries = self.lock();
        let elapsed = tries.begun.map(|begun| begun.elapsed()).unwrap_or_default();
        Tries { sent: tries.sent, elapsed, most }
    }
}

fn outside(operation: &str) -> ProviderError {
    let message = format!("{operation} was to be called outside of a step");
    ProviderError {
        operation: operation.to_string(),
        ..ProviderError::new(ErrorKind::Internal, message)
    }
}

fn tell(say: impl FnOnce(&Step)) {
    // outside of a step there is nobody to tell
    let _ = STEP.try_with(say);
}

fn code_of(failure: &Option<Failure>) -> &str {
    match failure {
        Some(Failure::Answered { code, .. }) => code,
        _ => "no answer",
    }
}

/// The retry configuration with which the SDK's loop does what was decided after `tried` tries.
fn as_configuration(decision: &Decision, tried: u32) -> RetryConfig {
    let last = RetryConfig::standard().with_max_attempts(tried);
    match decision {
        Decision::Stop => last,
        Decision::Again(pause, _) => last.with_max_attempts(tried + 1).with_max_backoff(*pause),
    }
}

/// Lets the SDK's retry loop go on after every failure, as long as its configuration lets it.
#[derive(Debug)]
pub struct EveryFailure;

impl ClassifyRetry for EveryFailure {
    /// The delay is longer than any, so that the longest of the configuration counts. Only what AWS
    /// could not do at the moment draws on the quota of retries.
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let answer = context.response().filter(|_| error.is_operation_error());
        let kind = match answer.map(|it| (it.status().as_u16(), error_in(it))) {
            Some((status, it)) if retry::throttles(&it.code, status) => {
                RetryErrorKind::ThrottlingError
            }
            Some((500.., _)) => RetryErrorKind::TransientError,
            None if find_cause::<Held>(error).is_none() => RetryErrorKind::TransientError,
            _ => RetryErrorKind::ClientError,
        };
        RetryAction::retryable_error_with_explicit_delay(kind, Duration::from_secs(24 * 3600))
    }

    fn name(&self) -> &'static str {
        "every failure"
    }

    /// The last word.
    fn priority(&self) -> RetryClassifierPriority {
        let last = RetryClassifierPriority::transient_error_classifier();
        (0..50).fold(last, |last, _| RetryClassifierPriority::run_after(last))
    }
}

#[cfg(test)]
mod tests;
