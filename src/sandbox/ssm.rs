//! SSM: the parameters of an account, and some that AWS publishes.

use serde_json::{Value, json};

use super::fault::Fault;
use super::published;
use super::scope::{Answer, Read, Scope, epoch};

/// Parameters, by name.
pub const PARAMETER: &str = "ssm-parameter";

/// Answers an SSM call.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Answer {
    match operation {
        "PutParameter" => put(scope),
        "GetParameter" => get(scope),
        "GetParameters" => get_several(scope),
        "DeleteParameter" => {
            let name = scope.input.required("Name")?;
            scope.documents.remove(PARAMETER, name).map(|_| json!({})).ok_or_else(not_found)
        }
        _ => {
            let message = format!("The sandbox does not have the SSM operation {operation}");
            Err(Fault::new("UnsupportedOperationException", message))
        }
    }
}

fn not_found() -> Fault {
    Fault::new("ParameterNotFound", "The parameter was not found.")
}

fn put(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = input.required("Name")?;
    let before = scope.documents.get(PARAMETER, name);
    if before.is_some() && input.flag("Overwrite") != Some(true) {
        let message = "The parameter already exists. To overwrite this value, set the overwrite \
                       option in the request to true.";
        return Err(Fault::new("ParameterAlreadyExists", message));
    }
    let version = before.and_then(|it| it.number("Version")).unwrap_or(0) + 1;
    let kind = input.text("Type").or(before.and_then(|it| it.text("Type"))).unwrap_or("String");
    let parameter = json!({
        "Name": name, "Type": kind, "Value": input.required("Value")?, "Version": version,
        "LastModifiedDate": epoch(), "ARN": arn(scope, name),
        "DataType": input.text("DataType").unwrap_or("text"),
    });
    scope.documents.put(PARAMETER, name, parameter);
    Ok(json!({"Version": version, "Tier": "Standard"}))
}

fn arn(scope: &Scope<'_>, name: &str) -> String {
    scope.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/')))
}

/// A parameter of the account, by name or ARN.
fn named<'a>(scope: &'a Scope<'_>, name: &str) -> Option<&'a Value> {
    let Some(path) = name.strip_prefix(&scope.arn("ssm", "parameter")) else {
        return scope.documents.get(PARAMETER, name);
    };
    let bare = path.strip_prefix('/').unwrap_or(path);
    [path, bare].into_iter().find_map(|it| scope.documents.get(PARAMETER, it))
}

/// A parameter of the account, or of AWS; secret ones are unreadable unless decrypted.
fn find(scope: &Scope<'_>, name: &str) -> Option<Value> {
    let own = named(scope, name).cloned();
    let mut parameter = own.or_else(|| published::parameter(scope, name))?;
    if parameter["Type"] == "SecureString" && scope.input.flag("WithDecryption") != Some(true) {
        parameter["Value"] = json!("encrypted");
    }
    Some(parameter)
}

fn get(scope: &mut Scope<'_>) -> Answer {
    let name = scope.input.required("Name")?;
    find(scope, name).map(|it| json!({"Parameter": it})).ok_or_else(not_found)
}

fn get_several(scope: &mut Scope<'_>) -> Answer {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in scope.input.texts("Names") {
        match find(scope, name) {
            Some(parameter) => found.push(parameter),
            None => missing.push(name),
        }
    }
    Ok(json!({"Parameters": found, "InvalidParameters": missing}))
}
