//! Tags of EC2 objects.

use serde_json::{Value, json};

use super::describe::edit;
use super::kinds::{KINDS, Kind, kind_of};
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, add_tags, edit_list};

const NAMES: (&str, &str) = ("key", "value");

/// The tags a create call gives to objects of a kind.
pub fn specified(input: &Value, kind: &Kind) -> Value {
    let mut tags = Vec::new();
    for specification in input.list("TagSpecification") {
        if specification.text("ResourceType") == Some(kind.table) {
            add_tags(&mut tags, specification.list("Tag"), NAMES);
        }
    }
    Value::Array(tags)
}

fn kind_by_id(id: &str) -> Result<&'static Kind, Fault> {
    kind_of(id).ok_or_else(|| Fault::new("InvalidID", format!("The ID '{id}' is not valid")))
}

/// `CreateTags`
pub fn create(scope: &mut Scope<'_>) -> Answer {
    for id in scope.input.texts("ResourceId") {
        let document = edit(scope.documents, kind_by_id(id)?, id)?;
        edit_list(document, "tagSet", |tags| add_tags(tags, scope.input.list("Tag"), NAMES));
    }
    Ok(json!({"return": true}))
}

/// `DeleteTags`: a tag named with a value is only taken away if it has that value.
pub fn delete(scope: &mut Scope<'_>) -> Answer {
    for id in scope.input.texts("ResourceId") {
        let document = edit(scope.documents, kind_by_id(id)?, id)?;
        let named = scope.input.list("Tag");
        let doomed = |tag: &Value| {
            named.iter().any(|it| {
                it["Key"] == tag["key"]
                    && (it.get("Value").is_none() || it["Value"] == tag["value"])
            })
        };
        edit_list(document, "tagSet", |tags| tags.retain(|tag| !named.is_empty() && !doomed(tag)));
    }
    Ok(json!({"return": true}))
}

/// `DescribeTags`, by resource id, resource type and key.
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let mut found = Vec::new();
    for kind in KINDS {
        for (id, document) in scope.documents.rows(kind.table) {
            for tag in document.list("tagSet") {
                let (key, value) = (&tag["key"], &tag["value"]);
                let table = kind.table;
                found.push(
                    json!({"resourceId": id, "resourceType": table, "key": key, "value": value}),
                );
            }
        }
    }
    super::describe::select(scope.input, &TAGS, found)
}

const TAGS: Kind = Kind {
    table: "tag",
    prefix: "",
    describe: "DescribeTags",
    ids: "",
    set: "tagSet",
    missing: "",
    filters: &[
        ("resource-id", "resourceId"),
        ("resource-type", "resourceType"),
        ("key", "key"),
        ("value", "value"),
    ],
};
