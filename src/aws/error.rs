//! What the SDK's errors mean for the engine.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;

use crate::aws::answer::request_id;
use crate::aws::operation::mutates;
use crate::aws::retry;
use crate::provider::{ErrorKind, ProviderError};

/// Codes that say that the credentials are no good, as opposed to what they may do.
const CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// What to do when there are no usable credentials.
pub(crate) const CREDENTIALS_HINT: &str = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
     AWS_SECRET_ACCESS_KEY, or `profile` in the provider block; or sign in with `aws sso login`; or \
     try it out without an account: `-sandbox`";

impl<E> From<SdkError<E, HttpResponse>> for ProviderError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> ProviderError {
        let operation = operation_of::<E>();
        if let SdkError::ServiceError(told) = &error {
            return answered(operation, told.err(), told.raw());
        }
        if let Some(own) = find_cause::<ProviderError>(&error) {
            return own.clone();
        }
        without_answer(&operation, !matches!(error, SdkError::ConstructionFailure(_)), &error)
    }
}

impl From<BuildError> for ProviderError {
    fn from(error: BuildError) -> ProviderError {
        ProviderError::new(ErrorKind::Internal, in_words(&error))
    }
}

/// An error that AWS answered with.
fn answered(
    operation: String,
    error: &impl ProvideErrorMetadata,
    answer: &HttpResponse,
) -> ProviderError {
    let status = answer.status().as_u16();
    let code = error.code().unwrap_or_default().to_string();
    let message = match error.message() {
        Some(message) if !message.is_empty() => message.to_string(),
        _ if code.is_empty() => format!("AWS answered with HTTP status {status}"),
        _ => code.clone(),
    };
    let kind = kind_of(&operation, &code, status);
    let hint = match kind {
        ErrorKind::Credentials => CREDENTIALS_HINT,
        _ if denies(&code) => "the credentials in use lack a permission for this call",
        _ => retry::advice(&operation, &code, &message),
    };
    ProviderError {
        operation,
        request_id: request_id(answer),
        code: (!code.is_empty()).then_some(code),
        ..ProviderError::new(kind, message).hint(hint)
    }
}

fn kind_of(operation: &str, code: &str, status: u16) -> ErrorKind {
    if not_found(code) {
        ErrorKind::NotFound
    } else if CREDENTIALS.contains(&code) {
        ErrorKind::Credentials
    } else if status >= 500 && mutates(operation) && !retry::throttles(code, status) {
        ErrorKind::Unknown
    } else {
        ErrorKind::Refused
    }
}

/// Whether an error code says that the object asked for is not there.
fn not_found(code: &str) -> bool {
    code.contains("NotFound") || code.starts_with("NoSuch")
}

/// Whether an error code says that the caller may not do this.
pub(crate) fn denies(code: &str) -> bool {
    code.starts_with("AccessDenied") || code == "UnauthorizedOperation"
}

/// An error where AWS did not answer. What `was_sent` may have taken effect.
pub(crate) fn without_answer(
    operation: &str,
    was_sent: bool,
    error: &(dyn Error + 'static),
) -> ProviderError {
    let made = if let Some(why) = lacks_credentials(error) {
        let message = format!("there are no usable AWS credentials: {why}");
        ProviderError::new(ErrorKind::Credentials, message).hint(CREDENTIALS_HINT)
    } else if was_sent && !never_connected(error) {
        let message = format!("no answer came to {operation}: {}", in_words(error));
        ProviderError::new(ErrorKind::Unknown, message)
    } else if was_sent {
        let message = format!("AWS cannot be reached: {}", in_words(error));
        ProviderError::new(ErrorKind::Unreachable, message).hint(unreachable_hint())
    } else {
        ProviderError::new(
            ErrorKind::Refused,
            format!("{operation} was not sent: {}", in_words(error)),
        )
    };
    ProviderError { operation: operation.to_string(), ..made }
}

/// Where to look when nobody answers.
fn unreachable_hint() -> String {
    match std::env::var("AWS_ENDPOINT_URL") {
        Ok(url) if !url.is_empty() => {
            format!("is anything listening at {url}? AWS_ENDPOINT_URL names it")
        }
        _ => "check the network, the region, and AWS_ENDPOINT_URL if it is set".to_string(),
    }
}

/// Whether the connection was never made, so that the call was certainly not executed. The SDK's
/// HTTP client tells it only in the words of the causes.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let refused = |io: &std::io::Error| {
        matches!(io.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
    };
    let user = find_cause::<ConnectorError>(error).is_some_and(ConnectorError::is_user);
    user || causes(error).any(|cause| {
        let words = cause.to_string();
        let connecting = ["client error (Connect)", "dns error", "HTTP connect timeout"];
        connecting.iter().any(|it| words.starts_with(it))
            || cause.downcast_ref::<std::io::Error>().is_some_and(refused)
    })
}

/// Why the SDK found nobody to sign the call, when that was it.
fn lacks_credentials(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(why) = find_cause::<CredentialsError>(error) {
        let nowhere = matches!(why, CredentialsError::CredentialsNotLoaded(_));
        let found = why.source().map_or_else(|| "nothing gives any".to_string(), in_words);
        return Some(if nowhere { found } else { in_words(why) });
    }
    causes(error).map(ToString::to_string).find(|words| words.contains("no identity resolver"))
}

/// An error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// The outermost cause of type `T`.
pub(crate) fn find_cause<'a, T: Error + 'static>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// An error and all that caused it, in one line.
pub(crate) fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in causes(error).map(ToString::to_string) {
        if !words.iter().any(|said| said.contains(&cause)) {
            words.push(cause);
        }
    }
    words.join(": ")
}

/// The names that calls are known by where they differ from those of the SDK's crates.
const SERVICES: &[(&str, &str)] =
    &[("elasticloadbalancingv2", "elasticloadbalancing"), ("cloudwatchlogs", "logs")];

/// `ec2:CreateVpc`, read off the type of the error of that operation
/// (`aws_sdk_ec2::operation::create_vpc::CreateVpcError`).
fn operation_of<E>() -> String {
    let name = std::any::type_name::<E>();
    let service = name.strip_prefix("aws_sdk_").and_then(|it| it.split("::").next());
    let operation = name.rsplit("::").next().and_then(|it| it.strip_suffix("Error"));
    let (Some(service), Some(operation)) = (service, operation) else { return String::new() };
    let known = SERVICES.iter().find(|(package, _)| *package == service);
    format!("{}:{operation}", known.map_or(service, |(_, name)| name))
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn told(code: &str, message: &str, status: u16) -> ProviderError {
        let meta = ErrorMetadata::builder().code(code).message(message).build();
        let error = aws_sdk_ec2::operation::create_vpc::CreateVpcError::generic(meta);
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        answer.headers_mut().insert("x-amzn-requestid", "r-1");
        SdkError::service_error(error, answer).into()
    }

    #[test]
    fn an_answer_keeps_its_code_message_and_request_id() {
        let error = told("VpcLimitExceeded", "The maximum number of VPCs has been reached.", 400);
        assert_eq!(error.operation, "ec2:CreateVpc");
        assert_eq!(error.code.as_deref(), Some("VpcLimitExceeded"));
        assert_eq!(error.message, "The maximum number of VPCs has been reached.");
        assert_eq!(error.request_id.as_deref(), Some("r-1"));
        assert!(error.kind == ErrorKind::Refused && error.hint.contains("quota"));
    }

    #[test]
    fn the_code_and_status_say_how_to_take_it() {
        for (code, status, kind) in [
            ("InvalidVpcID.NotFound", 400, ErrorKind::NotFound),
            ("NoSuchEntity", 404, ErrorKind::NotFound),
            ("UnauthorizedOperation", 403, ErrorKind::Refused),
            ("AuthFailure", 401, ErrorKind::Credentials),
            ("RequestLimitExceeded", 503, ErrorKind::Refused),
            ("InternalError", 500, ErrorKind::Unknown),
            ("", 502, ErrorKind::Unknown),
        ] {
            assert_eq!(told(code, "", status).kind, kind, "{code}");
        }
        assert_eq!(told("", "", 502).message, "AWS answered with HTTP status 502");
    }

    #[test]
    fn the_operation_is_named_as_in_policies() {
        type Elb = aws_sdk_elasticloadbalancingv2::operation::create_rule::CreateRuleError;
        type Logs = aws_sdk_cloudwatchlogs::operation::create_log_group::CreateLogGroupError;
        assert_eq!(operation_of::<Elb>(), "elasticloadbalancing:CreateRule");
        assert_eq!(operation_of::<Logs>(), "logs:CreateLogGroup");
    }

    #[test]
    fn what_could_not_be_connected_was_not_executed() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let of = |error: std::io::Error, sent| {
            without_answer("ec2:CreateVpc", sent, &ConnectorError::io(error.into())).kind
        };
        assert_eq!(of(refused, true), ErrorKind::Unreachable);
        assert_eq!(of(reset, true), ErrorKind::Unknown);
        let missing = CredentialsError::not_loaded("no providers");
        let error = without_answer("ec2:CreateVpc", false, &missing);
        assert_eq!(error.kind, ErrorKind::Credentials);
        assert!(error.message.contains("no providers"), "{}", error.message);
    }
}
