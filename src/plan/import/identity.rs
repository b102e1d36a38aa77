//! The attributes that identify an object, in place of its import id.

use crate::provider::{Identity, ResourceType};
use crate::value::{Fields, Type, Value, convert};

/// The import id of the object that attributes identify; nothing when one of them is empty. The error
/// is a sentence.
pub(super) fn import_id(
    kind: Option<&dyn ResourceType>,
    fields: &Fields,
) -> Result<Option<String>, String> {
    let mut given: Vec<(&str, String)> = Vec::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        given.push((name, text(name, value)?));
    }
    if given.iter().any(|(name, _)| *name == "account_id") {
        let text = "terrace imports from the account of the provider, so leave `account_id` out.";
        return Err(text.to_string());
    }
    let region = take(&mut given, "region");
    let regional = kind.is_none_or(|it| it.schema().field("region").is_some());
    if region.is_some() && !regional {
        return Err("Objects of this type are in no region, so leave `region` out.".to_string());
    }
    let identity = match kind {
        Some(kind) => kind.identity().ok_or("Objects of this type have only an import id.")?,
        None => Identity::default(),
    };
    let id = match (identity.parts, given.as_slice()) {
        ([], [(_, only)]) => only.clone(),
        ([], []) => return Err("The identity has no attribute.".to_string()),
        ([], _) => return Err("Objects of this type are identified by one attribute.".to_string()),
        _ => joined(&identity, &mut given)?,
    };
    let place = region.map(|it| format!("@{it}")).unwrap_or_default();
    Ok(Some(id).filter(|it| !it.is_empty()).map(|id| format!("{id}{place}")))
}

fn text(name: &str, value: &Value) -> Result<String, String> {
    let text = convert(value, &Type::String).ok();
    let text = text.as_ref().and_then(Value::as_str).map(str::to_string);
    text.ok_or_else(|| format!("`{name}` is {}, not a string.", value.ty()))
}

fn take(given: &mut Vec<(&str, String)>, name: &str) -> Option<String> {
    let at = given.iter().position(|(it, _)| *it == name)?;
    Some(given.remove(at).1)
}

fn joined(identity: &Identity, given: &mut Vec<(&str, String)>) -> Result<String, String> {
    let mut parts = Vec::new();
    for names in identity.parts {
        let found: Vec<String> = names.iter().filter_map(|name| take(given, name)).collect();
        let [one] = found.as_slice() else {
            return Err(match (*names, found.is_empty()) {
                ([name], _) => format!("The identity lacks `{name}`."),
                (names, true) => format!("The identity lacks one of `{}`.", names.join("`, `")),
                (names, false) => {
                    format!("The identity has more than one of `{}`.", names.join("`, `"))
                }
            });
        };
        parts.push(one.clone());
    }
    match given.first() {
        Some((name, _)) => Err(format!("An identity of this type has no attribute `{name}`.")),
        None if parts.iter().any(String::is_empty) => Ok(String::new()),
        None => Ok(parts.join(identity.separator)),
    }
}
