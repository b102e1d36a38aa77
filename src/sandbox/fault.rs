//! Error answers as AWS writes them, in the protocol of the call.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::json;

use super::call::{Call, Protocol};

/// An error of the AWS API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// The error code, such as `InvalidVpcID.NotFound`.
    pub code: String,
    /// What AWS says about it.
    pub message: String,
}

impl Fault {
    /// A refusal of the request itself (HTTP 400).
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault { status: 400, code: code.into(), message: message.into() }
    }

    /// The same fault with another HTTP status.
    pub fn with_status(self, status: u16) -> Fault {
        Fault { status, ..self }
    }

    /// What the service answers when a token bucket is empty.
    pub fn throttled(call: &Call) -> Fault {
        let (status, code) = match (call.service.as_str(), call.protocol) {
            ("ec2", _) => (503, "RequestLimitExceeded"),
            ("iam" | "sts" | "autoscaling", _) => (400, "Throttling"),
            ("elasticloadbalancing", _) => (400, "Throttling"),
            ("eks", _) => (429, "TooManyRequestsException"),
            _ => (400, "ThrottlingException"),
        };
        Fault::new(code, "Rate exceeded").with_status(status)
    }

    /// The HTTP answer that carries this fault.
    pub fn answer(&self, call: &Call) -> HttpResponse {
        let (kind, body) = match call.protocol {
            Protocol::Ec2 => ("text/xml", self.ec2()),
            Protocol::Query => ("text/xml", self.query()),
            Protocol::Json => ("application/x-amz-json-1.1", self.json()),
            Protocol::RestJson => ("application/json", self.json()),
        };
        let mut response = answer(self.status, kind, body);
        response.headers_mut().insert("x-amzn-errortype", self.code.clone());
        response
    }

    fn ec2(&self) -> String {
        let (code, message) = (escape(&self.code), escape(&self.message));
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>\
             </Errors><RequestID>{}</RequestID></Response>",
            request_id()
        )
    }

    fn query(&self) -> String {
        let (code, message) = (escape(&self.code), escape(&self.message));
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
            request_id()
        )
    }

    fn json(&self) -> String {
        json!({"__type": self.code, "message": self.message}).to_string()
    }
}

/// An HTTP answer with a body and a request id.
pub fn answer(status: u16, content_type: &'static str, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(status_code(status), SdkBody::from(body));
    response.headers_mut().insert("content-type", content_type);
    response.headers_mut().insert("x-amzn-requestid", request_id());
    response
}

#[expect(clippy::expect_used, reason = "the sandbox's statuses are constants between 100 and 999")]
fn status_code(status: u16) -> StatusCode {
    StatusCode::try_from(status).expect("a three-digit HTTP status")
}

/// The same answer with its body in memory, whatever it was streamed from.
pub async fn buffered(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    if answer.body().bytes().is_none() {
        let body = ByteStream::new(answer.take_body()).collect().await;
        let body = body.map_err(|error| ConnectorError::io(error.into()))?;
        *answer.body_mut() = SdkBody::from(body.into_bytes());
    }
    Ok(answer)
}

/// A fresh request id, as AWS puts in every answer.
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Text as it stands inside an XML element.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
