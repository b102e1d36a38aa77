//! Reading EC2 objects: ids, filters and pages, the same for all kinds.

use serde_json::{Value, json};

use super::kinds::{Kind, NAT_GATEWAY};
use super::nat;
use crate::sandbox::documents::Documents;
use crate::sandbox::fault::Fault;
use crate::sandbox::scope::{Answer, Read, Scope, page};

/// AWS answers at most this many objects at once.
const LARGEST_PAGE: usize = 1000;

/// Answers the Describe call of a kind.
pub fn describe(scope: &mut Scope<'_>, kind: &Kind) -> Answer {
    if kind.table == NAT_GATEWAY.table {
        nat::settle(scope);
    }
    let documents = scope.documents.all(kind.table).cloned().collect();
    select(scope.input, kind, documents)
}

/// Picks from documents what the ids, filters and page of a request ask for.
pub fn select(input: &Value, kind: &Kind, documents: Vec<Value>) -> Answer {
    let ids = input.texts(kind.ids);
    let missing =
        ids.iter().find(|id| !documents.iter().any(|it| it.text(kind.id_field()) == Some(id)));
    if let Some(id) = missing {
        return Err(not_found(kind, id));
    }
    let filters = filters(input, kind)?;
    let found = documents
        .into_iter()
        .filter(|it| ids.is_empty() || it.text(kind.id_field()).is_some_and(|id| ids.contains(&id)))
        .filter(|it| filters.iter().all(|filter| filter.fits(it)))
        .collect();
    let size = input.number("MaxResults").and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE);
    let (items, next) = page(found, input.text("NextToken"), size);
    Ok(json!({ kind.set: items, "nextToken": next }))
}

/// The error for an object that does not exist.
pub fn not_found(kind: &Kind, id: &str) -> Fault {
    let name = kind.table.replace('-', " ");
    Fault::new(kind.missing, format!("The {name} ID '{id}' does not exist"))
}

/// The object of an id, or the kind's error.
pub fn find<'a>(documents: &'a Documents, kind: &Kind, id: &str) -> Result<&'a Value, Fault> {
    documents.get(kind.table, id).ok_or_else(|| not_found(kind, id))
}

/// The object of an id, to change it.
pub fn edit<'a>(
    documents: &'a mut Documents,
    kind: &Kind,
    id: &str,
) -> Result<&'a mut Value, Fault> {
    documents.edit(kind.table, id).ok_or_else(|| not_found(kind, id))
}

/// One filter of a request: a field and the values it may have, with wildcards.
struct Filter<'a> {
    field: Field<'a>,
    values: Vec<&'a str>,
}

enum Field<'a> {
    Path(&'static str),
    TagKey,
    Tag(&'a str),
}

fn filters<'a>(input: &'a Value, kind: &Kind) -> Result<Vec<Filter<'a>>, Fault> {
    let filter = |filter: &'a Value| {
        let name = filter.required("Name")?;
        let values = filter.texts("Value");
        if values.len() > 200 {
            let message = "The maximum number of filter values specified on a single call is 200";
            return Err(Fault::new("FilterLimitExceeded", message));
        }
        Ok(Filter { field: field(name, kind)?, values })
    };
    input.list("Filter").iter().map(filter).collect()
}

fn field<'a>(name: &'a str, kind: &Kind) -> Result<Field<'a>, Fault> {
    if let Some(key) = name.strip_prefix("tag:") {
        return Ok(Field::Tag(key));
    }
    if name == "tag-key" {
        return Ok(Field::TagKey);
    }
    let known = kind.filters.iter().find(|(filter, _)| *filter == name);
    known.map(|(_, path)| Field::Path(path)).ok_or_else(|| {
        Fault::new("InvalidParameterValue", format!("The filter '{name}' is invalid"))
    })
}

impl Filter<'_> {
    fn fits(&self, document: &Value) -> bool {
        let values = match self.field {
            Field::Path(path) => values_at(document, path),
            Field::TagKey => values_at(document, "tagSet.key"),
            Field::Tag(key) => {
                let tags = document.list("tagSet").iter();
                let tags = tags.filter(|tag| tag["key"] == key);
                tags.filter_map(|tag| tag["value"].as_str().map(str::to_owned)).collect()
            }
        };
        self.values.iter().any(|pattern| values.iter().any(|value| matches(pattern, value)))
    }
}

/// All values a dotted path leads to, through lists.
fn values_at(document: &Value, path: &str) -> Vec<String> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let value = &document[name];
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let mut found = Vec::new();
    for value in values {
        match value {
            Value::Null => {}
            Value::String(text) => found.push(text.clone()),
            Value::Object(_) => found.extend(values_at(value, rest)),
            other => found.push(other.to_string()),
        }
    }
    found
}

/// Whether a value fits a pattern with `*` and `?`.
fn matches(pattern: &str, value: &str) -> bool {
    match pattern.chars().next() {
        None => value.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            value.char_indices().any(|(at, _)| matches(rest, &value[at..])) || matches(rest, "")
        }
        Some(first) => value
            .chars()
            .next()
            .filter(|it| first == '?' || *it == first)
            .is_some_and(|it| matches(&pattern[first.len_utf8()..], &value[it.len_utf8()..])),
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{SUBNET, VPC};
    use super::*;

    fn select_ids(input: Value) -> Result<Vec<String>, Fault> {
        let documents = vec![
            json!({"vpcId": "vpc-1", "isDefault": true, "tagSet": [{"key": "Name", "value": "web"}]}),
            json!({"vpcId": "vpc-2", "isDefault": false, "tagSet": []}),
            json!({"vpcId": "vpc-3", "isDefault": false, "tagSet": [{"key": "Name", "value": "db"}]}),
        ];
        let answer = select(&input, VPC, documents)?;
        Ok(answer["vpcSet"].as_array().unwrap().iter().map(|it| it["vpcId"].to_string()).collect())
    }

    #[test]
    fn filters_narrow_by_field_and_tag() {
        let filter =
            |name: &str, value: &str| json!({"Filter": [{"Name": name, "Value": [value]}]});
        assert_eq!(select_ids(filter("is-default", "false")).unwrap(), ["\"vpc-2\"", "\"vpc-3\""]);
        assert_eq!(select_ids(filter("tag:Name", "w*")).unwrap(), ["\"vpc-1\""]);
        assert_eq!(select_ids(filter("tag-key", "Nam?")).unwrap(), ["\"vpc-1\"", "\"vpc-3\""]);
        let fault = select_ids(filter("colour", "red")).unwrap_err();
        assert_eq!(fault.code, "InvalidParameterValue");
    }

    #[test]
    fn an_unknown_id_is_an_error_and_pages_follow_one_another() {
        let fault = select_ids(json!({"VpcId": ["vpc-9"]})).unwrap_err();
        assert_eq!(fault.to_string(), "InvalidVpcID.NotFound: The vpc ID 'vpc-9' does not exist");
        assert_eq!(not_found(SUBNET, "x").code, "InvalidSubnetID.NotFound");
        assert_eq!(select_ids(json!({"MaxResults": "2"})).unwrap().len(), 2);
        assert_eq!(
            select_ids(json!({"MaxResults": "2", "NextToken": "2"})).unwrap(),
            ["\"vpc-3\""]
        );
    }
}
