//! Policy documents: whether IAM would take them, and how it shows them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::over_limit;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::Read;

/// What RFC 3986 says may not stand as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const TRUST_SIZE: usize = 2048;
const MANAGED_SIZE: usize = 6144;

/// A document as IAM shows it.
pub fn encoded(document: &str) -> String {
    utf8_percent_encode(document, ENCODED).to_string()
}

/// How many characters of an encoded document count: white space does not.
pub fn size(encoded: &str) -> usize {
    let document = percent_decode_str(encoded).decode_utf8_lossy();
    document.chars().filter(|it| !it.is_whitespace()).count()
}

/// The encoded document, if it says who may take on a role.
pub fn trust(document: &str) -> Result<String, Fault> {
    for statement in statements(document)? {
        required(&statement, "Principal", "Missing required field Principal")?;
        prohibited(&statement, "Resource", "Has prohibited field Resource")?;
    }
    fitting(document, TRUST_SIZE, "ACLSizePerRole")
}

/// The encoded document, if it says what an identity may do.
pub fn permissions(document: &str) -> Result<String, Fault> {
    for statement in statements(document)? {
        required(&statement, "Resource", "Policy statement must contain resources.")?;
        let message = "Policy document should not specify a principal.";
        prohibited(&statement, "Principal", message)?;
    }
    Ok(encoded(document))
}

/// The encoded document, if it can be that of a managed policy.
pub fn managed(document: &str) -> Result<String, Fault> {
    permissions(document)?;
    fitting(document, MANAGED_SIZE, "PolicySize")
}

fn malformed(message: &str) -> Fault {
    Fault::new("MalformedPolicyDocument", message)
}

fn fitting(document: &str, most: usize, quota: &str) -> Result<String, Fault> {
    let encoded = encoded(document);
    match size(&encoded) > most {
        true => Err(over_limit(format!("Cannot exceed quota for {quota}: {most}"))),
        false => Ok(encoded),
    }
}

/// The statements of a document of either kind.
fn statements(document: &str) -> Result<Vec<Value>, Fault> {
    let policy: Value = serde_json::from_str(document)
        .map_err(|_| malformed("This policy contains invalid Json"))?;
    if !matches!(policy.text("Version"), None | Some("2012-10-17" | "2008-10-17")) {
        return Err(malformed("The policy must contain a valid version string"));
    }
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement @ Value::Object(_)) => vec![statement.clone()],
        _ => return Err(malformed("Syntax errors in policy.")),
    };
    for statement in &statements {
        required(statement, "Action", "Policy statement must contain actions.")?;
        if !matches!(statement.text("Effect"), Some("Allow" | "Deny")) {
            return Err(malformed("Syntax errors in policy."));
        }
    }
    Ok(statements)
}

fn has(statement: &Value, field: &str) -> bool {
    statement.get(field).or(statement.get(format!("Not{field}"))).is_some()
}

fn required(statement: &Value, field: &str, message: &str) -> Result<(), Fault> {
    if has(statement, field) { Ok(()) } else { Err(malformed(message)) }
}

fn prohibited(statement: &Value, field: &str, message: &str) -> Result<(), Fault> {
    if has(statement, field) { Err(malformed(message)) } else { Ok(()) }
}
