//! `aws_iam_policy_document`: writes policies, without any call.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::DataSource;
use crate::provider::{ErrorKind, ProviderError, Result};
use crate::schema;
use crate::schema::Check;
use crate::value::{Path, Step};

/// The version in which variables have no other spelling.
const OLD: &str = "2008-10-17";

schema! {
    /// A policy as IAM and other services take it, in JSON.
    pub struct PolicyDocument {
        /// A number that stands for the document.
        #[read_only] id: Option<String>,
        /// The document, indented.
        #[read_only] json: Option<String>,
        /// The document, without white space.
        #[read_only] minified_json: Option<String>,
        /// Not used.
        #[deprecated("use `override_policy_documents` instead")]
        #[check(Check::OneOf(&[""]))] override_json: Option<String>,
        /// Documents merged over this one: their statements replace those of the same `sid`.
        #[check(Check::Json)] override_policy_documents: Vec<Option<String>>,
        /// The id of the document.
        policy_id: Option<String>,
        /// Not used.
        #[deprecated("use `source_policy_documents` instead")]
        #[check(Check::OneOf(&[""]))] source_json: Option<String>,
        /// Documents that this one is merged over.
        #[check(Check::Json)] source_policy_documents: Vec<Option<String>>,
        /// What is allowed or denied.
        statement: Vec<StatementBlock>,
        /// The version of the policy language.
        #[default("2012-10-17")] #[one_of(&["2008-10-17", "2012-10-17"])] version: String,
    }

    /// What is allowed or denied.
    pub struct StatementBlock {
        /// The actions.
        actions: BTreeSet<String>,
        /// When it applies; all must be met.
        condition: BTreeSet<Condition>,
        /// Whether it allows or denies.
        #[default("Allow")] #[one_of(&["Allow", "Deny"])] effect: String,
        /// All actions but these.
        not_actions: BTreeSet<String>,
        /// All principals but these.
        not_principals: BTreeSet<Principals>,
        /// All resources but these.
        not_resources: BTreeSet<String>,
        /// Who.
        principals: BTreeSet<Principals>,
        /// The resources.
        resources: BTreeSet<String>,
        /// The id of the statement.
        sid: Option<String>,
    }

    /// A condition.
    pub struct Condition {
        /// The operator, such as `StringEquals`.
        test: String,
        /// The key, such as `aws:SourceArn`.
        variable: String,
        /// The values; one must fit.
        #[required] values: Vec<String>,
    }

    /// Principals of one kind.
    pub struct Principals {
        /// The kind: `AWS`, `Service`, `Federated`, `CanonicalUser` or `*`.
        #[name("type")] kind: String,
        /// The principals.
        #[required] identifiers: BTreeSet<String>,
    }
}

impl DataSource for PolicyDocument {
    const TYPE: &'static str = "aws_iam_policy_document";
    const GLOBAL: bool = true;
    const OFFLINE: bool = true;

    fn compute(self) -> Result<Self> {
        let mut merged = Document::default();
        let mut sids = BTreeSet::new();
        for (at, source) in self.source_policy_documents.iter().enumerate() {
            let Some(text) = source else { continue };
            let source = parse(text, "source_policy_documents", at)?;
            for sid in source.statements.iter().map(|it| &it.sid).filter(|sid| !sid.is_empty()) {
                if !sids.insert(sid.clone()) {
                    let text = format!("two source documents have a statement `{sid}`");
                    return Err(wrong(text, "source_policy_documents", at));
                }
            }
            merged.merge(source);
        }
        merged.merge(self.own()?);
        for (at, text) in self.override_policy_documents.iter().enumerate() {
            let Some(text) = text else { continue };
            merged.merge(parse(text, "override_policy_documents", at)?);
        }
        let document = merged.to_json();
        let pretty = as_go_writes(&format!("{document:#}"));
        Ok(PolicyDocument {
            id: Some(crc32fast::hash(pretty.as_bytes()).to_string()),
            minified_json: Some(as_go_writes(&document.to_string())),
            json: Some(pretty),
            ..self
        })
    }
}

fn wrong(text: String, field: &str, at: usize) -> ProviderError {
    let path = Path(vec![Step::Attribute(field.to_string()), Step::Index(at)]);
    ProviderError::new(ErrorKind::Refused, text).at(path)
}

fn parse(text: &str, field: &str, at: usize) -> Result<Document> {
    Document::parse(text).map_err(|why| wrong(format!("not a policy document: {why}"), field, at))
}

impl PolicyDocument {
    /// The document of the statements written here.
    fn own(&self) -> Result<Document> {
        let mut sids = BTreeSet::new();
        let mut statements = Vec::new();
        for (at, block) in self.statement.iter().enumerate() {
            let sid = block.sid.clone().unwrap_or_default();
            if !sid.is_empty() && !sids.insert(sid.clone()) {
                return Err(wrong(format!("there are two statements `{sid}`"), "statement", at));
            }
            let statement = block.statement(sid, &self.version);
            statements.push(statement.map_err(|why| wrong(why, "statement", at))?);
        }
        let id = self.policy_id.clone().unwrap_or_default();
        Ok(Document { version: self.version.clone(), id, statements })
    }
}

impl StatementBlock {
    fn statement(&self, sid: String, version: &str) -> std::result::Result<Statement, String> {
        let words = |set: &BTreeSet<String>| {
            let list: Vec<Json> = set.iter().rev().map(|it| Json::from(it.as_str())).collect();
            one_or_many(list)
        };
        let texts = |set: &BTreeSet<String>| -> std::result::Result<Option<Json>, String> {
            let list = set.iter().rev().map(|it| Ok(Json::from(variables(it, version)?)));
            Ok(one_or_many(list.collect::<std::result::Result<_, String>>()?))
        };
        let who = |set: &BTreeSet<Principals>| -> std::result::Result<Vec<Principal>, String> {
            set.iter().map(|it| it.principal(version)).collect()
        };
        let conditions = self.condition.iter().map(|it| {
            let values = it.values.iter().map(|value| variables(value, version));
            Ok((
                it.test.clone(),
                it.variable.clone(),
                values.collect::<std::result::Result<_, String>>()?,
            ))
        });
        Ok(Statement {
            sid,
            effect: self.effect.clone(),
            actions: words(&self.actions),
            not_actions: words(&self.not_actions),
            resources: texts(&self.resources)?,
            not_resources: texts(&self.not_resources)?,
            principals: who(&self.principals)?,
            not_principals: who(&self.not_principals)?,
            conditions: conditions.collect::<std::result::Result<_, String>>()?,
        })
    }
}

impl Principals {
    fn principal(&self, version: &str) -> std::result::Result<Principal, String> {
        let list = self.identifiers.iter().rev().map(|it| variables(it, version));
        let list: Vec<String> = list.collect::<std::result::Result<_, _>>()?;
        let single = list.len() == 1;
        Ok(Principal { kind: self.kind.clone(), identifiers: list, single })
    }
}

/// `&{…}` is how configurations write the `${…}` of policies.
fn variables(text: &str, version: &str) -> std::result::Result<String, String> {
    if version == OLD && text.contains("&{") {
        return Err(format!("`&{{` in `{text}` needs the version 2012-10-17"));
    }
    Ok(text.replace("&{", "${"))
}

fn one_or_many(mut list: Vec<Json>) -> Option<Json> {
    match list.len() {
        0 => None,
        1 => list.pop(),
        _ => Some(Json::Array(list)),
    }
}

/// A policy document as it is merged and written.
#[derive(Clone, Debug, Default)]
struct Document {
    version: String,
    id: String,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, Default)]
struct Statement {
    sid: String,
    effect: String,
    actions: Option<Json>,
    not_actions: Option<Json>,
    resources: Option<Json>,
    not_resources: Option<Json>,
    principals: Vec<Principal>,
    not_principals: Vec<Principal>,
    conditions: Vec<(String, String, Vec<String>)>,
}

#[derive(Clone, Debug)]
struct Principal {
    kind: String,
    identifiers: Vec<String>,
    /// Written as a string when it is the only one of its kind.
    single: bool,
}

impl Document {
    fn parse(text: &str) -> std::result::Result<Document, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Json::Object(fields) = json else { return Err("it is not an object".into()) };
        let statements = match member(&fields, "Statement") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(items)) => {
                items.iter().map(Statement::parse).collect::<std::result::Result<_, _>>()?
            }
            Some(_) => return Err("`Statement` is not a list".into()),
        };
        Ok(Document {
            version: text_of(&fields, "Version")?,
            id: text_of(&fields, "Id")?,
            statements,
        })
    }

    /// Takes over what another document says; statements of the same `Sid` are replaced.
    fn merge(&mut self, other: Document) {
        if !other.id.is_empty() {
            self.id = other.id;
        }
        self.version = std::mem::take(&mut self.version).max(other.version);
        for statement in other.statements {
            let same = |it: &&mut Statement| !it.sid.is_empty() && it.sid == statement.sid;
            match self.statements.iter_mut().find(same) {
                Some(old) => *old = statement,
                None => self.statements.push(statement),
            }
        }
    }

    fn to_json(&self) -> Json {
        let mut fields = Map::new();
        put_text(&mut fields, "Version", &self.version);
        put_text(&mut fields, "Id", &self.id);
        if !self.statements.is_empty() {
            let statements = self.statements.iter().map(Statement::to_json).collect();
            fields.insert("Statement".into(), Json::Array(statements));
        }
        Json::Object(fields)
    }
}

impl Statement {
    fn parse(json: &Json) -> std::result::Result<Statement, String> {
        let Json::Object(fields) = json else { return Err("a statement is not an object".into()) };
        let any = |name| member(fields, name).filter(|it| !it.is_null()).cloned();
        let who = |name| any(name).map_or(Ok(Vec::new()), |it| Principal::parse(&it));
        Ok(Statement {
            sid: text_of(fields, "Sid")?,
            effect: text_of(fields, "Effect")?,
            actions: any("Action"),
            not_actions: any("NotAction"),
            resources: any("Resource"),
            not_resources: any("NotResource"),
            principals: who("Principal")?,
            not_principals: who("NotPrincipal")?,
            conditions: any("Condition").map_or(Ok(Vec::new()), |it| parse_conditions(&it))?,
        })
    }

    fn to_json(&self) -> Json {
        let mut fields = Map::new();
        put_text(&mut fields, "Sid", &self.sid);
        put_text(&mut fields, "Effect", &self.effect);
        let lists = [
            ("Action", self.actions.clone()),
            ("NotAction", self.not_actions.clone()),
            ("Resource", self.resources.clone()),
            ("NotResource", self.not_resources.clone()),
            ("Principal", principals_to_json(&self.principals)),
            ("NotPrincipal", principals_to_json(&self.not_principals)),
            ("Condition", conditions_to_json(&self.conditions)),
        ];
        for (name, list) in lists {
            fields.extend(list.map(|list| (name.to_string(), list)));
        }
        Json::Object(fields)
    }
}

impl Principal {
    fn parse(json: &Json) -> std::result::Result<Vec<Principal>, String> {
        let one = |kind: &str, identifiers, single| Principal {
            kind: kind.to_string(),
            identifiers,
            single,
        };
        match json {
            Json::String(_) => Ok(vec![one("*", vec!["*".to_string()], false)]),
            Json::Object(fields) => fields
                .iter()
                .map(|(kind, it)| match it {
                    Json::String(it) => Ok(one(kind, vec![it.clone()], true)),
                    _ => {
                        let mut list = strings(it, kind)?;
                        list.sort();
                        list.reverse();
                        Ok(one(kind, list, false))
                    }
                })
                .collect(),
            _ => Err("a principal is neither a string nor an object".into()),
        }
    }
}

fn strings(json: &Json, what: &str) -> std::result::Result<Vec<String>, String> {
    let text = |it: &Json| match it {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(it.to_string()),
        _ => None,
    };
    let list = match json {
        Json::Array(items) => items.iter().map(text).collect(),
        one => text(one).map(|it| vec![it]),
    };
    list.ok_or_else(|| format!("`{what}` is neither a string nor a list of strings"))
}

fn parse_conditions(
    json: &Json,
) -> std::result::Result<Vec<(String, String, Vec<String>)>, String> {
    let Json::Object(tests) = json else { return Err("`Condition` is not an object".into()) };
    let mut conditions = Vec::new();
    for (test, variables) in tests {
        let Json::Object(variables) = variables else {
            return Err(format!("the condition `{test}` is not an object"));
        };
        for (variable, values) in variables {
            conditions.push((test.clone(), variable.clone(), strings(values, variable)?));
        }
    }
    Ok(conditions)
}

/// `{"*": "*"}` is written `"*"`; roles refuse any other mixture of the two.
fn principals_to_json(principals: &[Principal]) -> Option<Json> {
    match principals {
        [] => return None,
        [only] if only.kind == "*" && only.identifiers == ["*"] => return Some(json!("*")),
        _ => {}
    }
    let mut kinds: BTreeMap<&str, (Vec<Json>, bool)> = BTreeMap::new();
    for principal in principals {
        let (list, single) = kinds.entry(&principal.kind).or_insert((Vec::new(), true));
        list.extend(principal.identifiers.iter().map(|it| Json::from(it.as_str())));
        *single = *single && principal.single && list.len() == 1;
    }
    let written = kinds.into_iter().map(|(kind, (mut list, single))| match list.pop() {
        Some(only) if single => (kind.to_string(), only),
        last => (kind.to_string(), Json::Array(list.into_iter().chain(last).collect())),
    });
    Some(Json::Object(written.collect()))
}

fn conditions_to_json(conditions: &[(String, String, Vec<String>)]) -> Option<Json> {
    let mut tests: BTreeMap<&str, BTreeMap<&str, Vec<Json>>> = BTreeMap::new();
    for (test, variable, values) in conditions {
        let list = tests.entry(test).or_default().entry(variable).or_default();
        list.extend(values.iter().map(|it| Json::from(it.as_str())));
    }
    let flat = |list: Vec<Json>| match list.as_slice() {
        [only] => only.clone(),
        _ => Json::Array(list),
    };
    let written = tests.into_iter().map(|(test, variables)| {
        let variables = variables.into_iter().map(|(name, list)| (name.to_string(), flat(list)));
        (test.to_string(), Json::Object(variables.collect()))
    });
    (!conditions.is_empty()).then(|| Json::Object(written.collect()))
}

/// A member of an object, upper or lower case alike.
fn member<'a>(fields: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    let alike = || fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    fields.get(name).or_else(|| alike().map(|(_, it)| it))
}

fn text_of(fields: &Map<String, Json>, name: &str) -> std::result::Result<String, String> {
    match member(fields, name) {
        None | Some(Json::Null) => Ok(String::new()),
        Some(Json::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{name}` is not a string")),
    }
}

fn put_text(fields: &mut Map<String, Json>, name: &str, text: &str) {
    if !text.is_empty() {
        fields.insert(name.to_string(), Json::from(text));
    }
}

/// The escapes by which the documents of the AWS provider differ from plain JSON.
fn as_go_writes(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests;
