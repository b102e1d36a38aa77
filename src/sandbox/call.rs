//! What an HTTP request to AWS asks for, told from the request alone.
//!
//! Weather, trace and world all look at requests through [`Call`], so that they agree on names.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Headers;

/// The wire protocol of a request, which decides how an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// EC2's form in, XML out.
    Ec2,
    /// A form in, XML out (IAM, STS, ELB, Auto Scaling).
    Query,
    /// A JSON document with the operation in `X-Amz-Target`.
    Json,
    /// JSON with the operation in the method and path (EKS).
    RestJson,
}

/// One AWS API call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service's signing name: `ec2`, `ecs`, `elasticloadbalancing`, `logs`, …
    pub service: String,
    /// The operation, such as `CreateVpc`; for REST services the method and path.
    pub operation: String,
    /// The region of the signature; `us-east-1` for global services.
    pub region: String,
    /// The access key that signed the request.
    pub access_key: String,
    /// How the request is written.
    pub protocol: Protocol,
    /// Which attempt of the SDK's retry loop this is, counted from 1, if it said so.
    pub attempt: Option<u32>,
}

/// Operations that start with one of these read without changing anything.
const READS: &[&str] = &[
    "Describe", "List", "Get", "Head", "BatchGet", "Search", "Lookup", "Simulate", "Check", "Test",
    "Assume", "Decode", "Filter", "Validate", "Preview",
];

impl Call {
    /// Reads the call out of a signed request.
    pub fn of(request: &HttpRequest) -> Call {
        let scope = Scope::of(request);
        let (operation, protocol) = operation_of(request, &scope.service);
        Call {
            service: scope.service,
            operation,
            region: scope.region,
            access_key: scope.access_key,
            protocol,
            attempt: attempt_of(request.headers()),
        }
    }

    /// Whether the call may change something.
    pub fn is_mutating(&self) -> bool {
        if self.protocol == Protocol::RestJson {
            return !self.operation.starts_with("GET ") && !self.operation.starts_with("HEAD ");
        }
        !READS.iter().any(|read| self.operation.starts_with(read))
    }
}

/// The SigV4 credential scope, or what the host name says if the request is not signed.
struct Scope {
    access_key: String,
    region: String,
    service: String,
}

impl Scope {
    fn of(request: &HttpRequest) -> Scope {
        Scope::signed(request.headers()).unwrap_or_else(|| Scope::hosted(request.uri()))
    }

    fn signed(headers: &Headers) -> Option<Scope> {
        let (_, credential) = headers.get("authorization")?.split_once("Credential=")?;
        let mut parts = credential.split([',', ' ']).next()?.split('/');
        let access_key = parts.next()?.to_owned();
        let (_date, region, service) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Scope { access_key, region: region.to_owned(), service: service.to_owned() })
    }

    fn hosted(uri: &str) -> Scope {
        let host = uri.split("//").nth(1).unwrap_or(uri).split(['/', ':', '?']).next();
        let mut labels = host.unwrap_or_default().split('.');
        let service = labels.next().unwrap_or_default().to_owned();
        let region = labels.next().filter(|label| *label != "amazonaws").unwrap_or("us-east-1");
        Scope { access_key: String::new(), region: region.to_owned(), service }
    }
}

fn operation_of(request: &HttpRequest, service: &str) -> (String, Protocol) {
    if let Some(target) = request.headers().get("x-amz-target") {
        let operation = target.rsplit('.').next().unwrap_or(target);
        return (operation.to_owned(), Protocol::Json);
    }
    let body = request.body().bytes().unwrap_or_default();
    if let Some(action) = action_of(body) {
        let protocol = if service == "ec2" { Protocol::Ec2 } else { Protocol::Query };
        return (action, protocol);
    }
    let uri = request.uri().split("//").nth(1).unwrap_or_default();
    let path = uri.find('/').map_or("/", |at| &uri[at..]);
    let path = path.split('?').next().unwrap_or_default();
    (format!("{} {path}", request.method()), Protocol::RestJson)
}

/// The `Action=` of a form; the SDKs write it first, but any place is fine.
fn action_of(body: &[u8]) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned)
}

fn attempt_of(headers: &Headers) -> Option<u32> {
    let (_, rest) = headers.get("amz-sdk-request")?.split_once("attempt=")?;
    rest.split([';', ' ']).next()?.parse().ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    /// A request as the SDK would send it.
    pub(crate) fn request(service: &str, operation: &str, protocol: Protocol) -> HttpRequest {
        let mut request = match protocol {
            Protocol::Json => HttpRequest::new(SdkBody::from("{}")),
            _ => HttpRequest::new(SdkBody::from(format!("Action={operation}&Version=1"))),
        };
        let headers = request.headers_mut();
        if protocol == Protocol::Json {
            headers.insert("x-amz-target", format!("Service.{operation}"));
        }
        let scope = format!("KEY/20260101/eu-west-1/{service}/aws4_request");
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host");
        headers.insert("authorization", signature);
        headers.insert("amz-sdk-request", "attempt=2; max=3");
        request.set_method("POST").unwrap();
        request.set_uri(format!("https://{service}.eu-west-1.amazonaws.com/")).unwrap();
        request
    }

    #[test]
    fn a_call_is_read_from_the_signature_and_the_body() {
        let call = Call::of(&request("ec2", "CreateVpc", Protocol::Ec2));
        let expected = Call {
            service: "ec2".into(),
            operation: "CreateVpc".into(),
            region: "eu-west-1".into(),
            access_key: "KEY".into(),
            protocol: Protocol::Ec2,
            attempt: Some(2),
        };
        assert_eq!(call, expected);
        assert!(call.is_mutating());
        let call = Call::of(&request("iam", "GetRole", Protocol::Query));
        assert_eq!((call.protocol, call.is_mutating()), (Protocol::Query, false));
    }

    #[test]
    fn json_calls_name_their_operation_in_a_header() {
        let call = Call::of(&request("ecs", "DescribeServices", Protocol::Json));
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("ecs", "DescribeServices"));
        assert_eq!((call.protocol, call.is_mutating()), (Protocol::Json, false));
    }

    #[test]
    fn an_unsigned_rest_request_is_told_by_host_method_and_path() {
        let mut request = HttpRequest::new(SdkBody::from("{}"));
        request.set_method("POST").unwrap();
        request.set_uri("https://eks.eu-west-1.amazonaws.com/clusters?x=1").unwrap();
        let call = Call::of(&request);
        assert_eq!((call.service.as_str(), call.region.as_str()), ("eks", "eu-west-1"));
        assert_eq!(call.operation, "POST /clusters");
        assert!(call.is_mutating());
        request.set_method("GET").unwrap();
        assert!(!Call::of(&request).is_mutating());
    }
}
