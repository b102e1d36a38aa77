//! STS: who is calling.

use serde_json::json;

use super::fault::Fault;
use super::scope::{ACCOUNT, Answer, Read, Scope, hexadecimal};

/// Answers an STS call.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Answer {
    match operation {
        "GetCallerIdentity" => Ok(json!({
            "Account": ACCOUNT, "UserId": "AIDASANDBOXSANDBOX000",
            "Arn": format!("arn:aws:iam::{ACCOUNT}:user/sandbox"),
        })),
        "AssumeRole" => assume_role(scope),
        _ => {
            let message = format!("The sandbox does not have the STS action {operation}");
            Err(Fault::new("InvalidAction", message))
        }
    }
}

/// `AssumeRole`: any role can be assumed; what it does stays in the one account there is.
fn assume_role(scope: &mut Scope<'_>) -> Answer {
    let role = scope.input.required("RoleArn")?;
    let session = scope.input.required("RoleSessionName")?;
    let name = role.rsplit('/').next().unwrap_or_default();
    let key = hexadecimal(16).to_uppercase();
    Ok(json!({
        "Credentials": {
            "AccessKeyId": format!("ASIA{key}"), "SecretAccessKey": hexadecimal(30),
            "SessionToken": hexadecimal(30), "Expiration": "2099-01-01T00:00:00Z",
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROASANDBOX0000000000:{session}"),
            "Arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"),
        },
    }))
}
