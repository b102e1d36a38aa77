//! What an answer of AWS says before the SDK has made a typed error of it.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

/// The code and message of an error answer, in any of AWS's protocols (JSON, query and EC2 query).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorAnswer {
    /// The error code, without namespace; empty when the answer has none.
    pub code: String,
    /// The message; empty when the answer has none.
    pub message: String,
}

/// Reads the error out of an answer.
pub fn error_in(answer: &HttpResponse) -> ErrorAnswer {
    let header = answer.headers().get("x-amzn-errortype").map(bare_code);
    let body = std::str::from_utf8(answer.body().bytes().unwrap_or_default()).unwrap_or_default();
    let read = if body.trim_start().starts_with('<') { from_xml(body) } else { from_json(body) };
    ErrorAnswer { code: header.filter(|it| !it.is_empty()).unwrap_or(read.code), ..read }
}

/// The request id of an answer.
pub fn request_id(answer: &HttpResponse) -> Option<String> {
    let names = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
    let header = names.iter().find_map(|name| answer.headers().get(*name));
    header.map(str::to_string).or_else(|| {
        let body = std::str::from_utf8(answer.body().bytes()?).ok()?;
        between(body, "<RequestId>", "</RequestId>")
            .or_else(|| between(body, "<requestId>", "</requestId>"))
            .or_else(|| between(body, "<RequestID>", "</RequestID>"))
            .map(str::to_string)
    })
}

fn from_json(body: &str) -> ErrorAnswer {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| body.get(name)?.as_str());
        found.unwrap_or_default().to_string()
    };
    ErrorAnswer {
        code: bare_code(&text(&["__type", "code", "Code"])),
        message: text(&["message", "Message", "errorMessage"]),
    }
}

fn from_xml(body: &str) -> ErrorAnswer {
    let text = |start, end| between(body, start, end).map(unescape).unwrap_or_default();
    ErrorAnswer { code: text("<Code>", "</Code>"), message: text("<Message>", "</Message>") }
}

/// `com.amazonaws.ecs#ClientException:http://…` is `ClientException`.
fn bare_code(text: &str) -> String {
    let text = text.split(':').next().unwrap_or_default();
    text.rsplit('#').next().unwrap_or_default().to_string()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(it, _)| it.trim())
}

fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&apos;", "'").replace("&#39;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(headers: &[(&'static str, &'static str)], body: &'static str) -> HttpResponse {
        let mut answer = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            answer.headers_mut().insert(*name, *value);
        }
        answer
    }

    #[test]
    fn errors_of_all_protocols_are_read() {
        let json = r#"{"__type":"com.amazonaws.ecs#ClientException","message":"No."}"#;
        let rest = r#"{"message":"No."}"#;
        let ec2 = "<?xml version=\"1.0\"?><Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>\
                   <Message>No &quot;vpc-1&quot;</Message></Error></Errors><RequestID>r-1</RequestID></Response>";
        let query = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code>\
                     <Message>No.</Message></Error><RequestId>r-2</RequestId></ErrorResponse>";
        let of = |headers: &[_], body| {
            let read = error_in(&answer(headers, body));
            (read.code, read.message)
        };
        let pair = |code: &str, message: &str| (code.to_string(), message.to_string());
        assert_eq!(of(&[], json), pair("ClientException", "No."));
        let header = [("x-amzn-errortype", "ResourceInUseException:http://internal/")];
        assert_eq!(of(&header, rest), pair("ResourceInUseException", "No."));
        assert_eq!(of(&[], ec2), pair("InvalidVpcID.NotFound", "No \"vpc-1\""));
        assert_eq!(of(&[], query), pair("NoSuchEntity", "No."));
        assert_eq!(of(&[], "<html>Bad gateway</html>"), pair("", ""));
        assert_eq!(request_id(&answer(&[], ec2)).as_deref(), Some("r-1"));
        assert_eq!(
            request_id(&answer(&[("x-amzn-requestid", "r-3")], json)).as_deref(),
            Some("r-3")
        );
    }
}
