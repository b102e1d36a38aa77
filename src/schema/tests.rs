use std::collections::BTreeSet;

use super::*;
use crate::schema;

schema! {
    /// A group of rules.
    #[version = 1]
    pub struct Group {
        /// What it is called.
        #[force_new] name: String,
        #[default("Managed here")] #[force_new] description: String,
        ingress: BTreeSet<Rule>,
        settings: One<Rule>,
        token: Option<Secret<String>>,
        #[read_only] arn: Option<String>,
        #[hidden] phase: Option<String>,
    }

    /// One rule of a group.
    pub struct Rule {
        from_port: i64,
        /// Rust keeps `self` for itself.
        #[name("self")] itself: Option<bool>,
    }
}

fn schema() -> Schema {
    field_type::schema_of::<Group>()
}

#[test]
fn types_and_attributes_say_what_a_field_is() {
    let schema = schema();
    assert_eq!((schema.doc, schema.version), ("A group of rules.", 1));
    let name = schema.field("name").unwrap();
    assert!(name.required && name.force_new && name.doc == "What it is called.");
    assert!(!schema.field("description").unwrap().required);
    assert_eq!(schema.field("ingress").unwrap().syntax, Syntax::Block);
    assert_eq!(schema.field("settings").unwrap().items, (0, Some(1)));
    assert!(schema.field("token").unwrap().sensitive);
    assert!(schema.field("arn").unwrap().read_only);
}

#[test]
fn what_is_encoded_decodes_to_the_same() {
    let rule = Rule { from_port: 80, itself: Some(true) };
    let group = Group {
        name: "web".into(),
        description: "d".into(),
        ingress: BTreeSet::from([rule.clone()]),
        settings: One(Some(rule)),
        token: Some(Secret("x".into())),
        arn: None,
        phase: None,
    };
    let value = group.encode();
    assert_eq!(value.get("settings").items().unwrap()[0].get("self"), Value::Bool(true));
    assert_eq!(value.ty(), schema().ty());
    assert_eq!(Group::decode(&value).unwrap(), group);
}

#[test]
fn a_mismatch_names_the_field() {
    let value = Group::blank()
        .encode()
        .with("settings", Value::tuple([Value::object([("from_port", Value::string("x"))])]));
    let error = Group::decode(&value).unwrap_err();
    assert_eq!(error.path, "settings.from_port");
}

#[test]
fn hidden_fields_are_neither_in_the_schema_nor_in_values() {
    let group = Group { phase: Some("pending".into()), ..Group::blank() };
    assert!(schema().field("phase").is_none());
    assert!(!group.encode().fields().unwrap().contains_key("phase"));
    assert_eq!(Group::decode(&group.encode()).unwrap().phase, None);
}
