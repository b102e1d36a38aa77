//! What the SDK's errors mean for the engine.

use std::error::Error;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;

use crate::provider::{ErrorKind, ProviderError};

impl<E, R> From<SdkError<E, R>> for ProviderError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> ProviderError {
        let mut made = match &error {
            SdkError::ServiceError(service) => refused(service.err()),
            other => ProviderError::new(kind_without_answer(other), in_words(other)),
        };
        made.operation = operation_of::<E>();
        made
    }
}

impl From<BuildError> for ProviderError {
    fn from(error: BuildError) -> ProviderError {
        ProviderError::new(ErrorKind::Internal, in_words(&error))
    }
}

fn refused(error: &impl ProvideErrorMetadata) -> ProviderError {
    let code = error.code().unwrap_or("Unknown");
    let kind = if not_found(code) { ErrorKind::NotFound } else { ErrorKind::Refused };
    let message = error.message().unwrap_or(code);
    ProviderError { code: Some(code.to_string()), ..ProviderError::new(kind, message) }
}

/// Whether an error code says that the object asked for is not there.
fn not_found(code: &str) -> bool {
    code.contains("NotFound") || code.starts_with("NoSuch")
}

fn kind_without_answer<E, R>(error: &SdkError<E, R>) -> ErrorKind {
    match error {
        SdkError::ConstructionFailure(_) => ErrorKind::Internal,
        _ => ErrorKind::Unknown,
    }
}

/// An error and all that caused it, in one line.
pub(crate) fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        let text = it.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = it.source();
    }
    words
}

/// `ec2:CreateVpc`, read off the type of the error of that operation
/// (`aws_sdk_ec2::operation::create_vpc::CreateVpcError`).
pub(crate) fn operation_of<E>() -> String {
    let name = std::any::type_name::<E>();
    let service = name.strip_prefix("aws_sdk_").and_then(|it| it.split("::").next());
    let operation = name.rsplit("::").next().and_then(|it| it.strip_suffix("Error"));
    match (service, operation) {
        (Some(service), Some(operation)) => format!("{service}:{operation}"),
        _ => String::new(),
    }
}
