use super::*;
use crate::schema::FieldType as _;

fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
    items.into_iter().map(str::to_string).collect()
}

fn statement() -> StatementBlock {
    StatementBlock { effect: "Allow".into(), ..StatementBlock::blank() }
}

fn document(statement: Vec<StatementBlock>) -> PolicyDocument {
    PolicyDocument { version: "2012-10-17".into(), statement, ..PolicyDocument::blank() }
}

fn json(document: PolicyDocument) -> String {
    document.compute().unwrap().json.unwrap()
}

fn principals(kind: &str, identifiers: BTreeSet<String>) -> Principals {
    Principals { kind: kind.into(), identifiers }
}

#[test]
fn a_trust_policy_is_written_as_the_provider_writes_it() {
    let trust = StatementBlock {
        actions: set(["sts:AssumeRole"]),
        principals: BTreeSet::from([principals("Service", set(["ecs-tasks.amazonaws.com"]))]),
        ..statement()
    };
    let done = document(vec![trust]).compute().unwrap();
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Principal": {
        "Service": "ecs-tasks.amazonaws.com"
      }
    }
  ]
}"#;
    assert_eq!(done.json.as_deref(), Some(expected));
    assert_eq!(
        done.minified_json.as_deref(),
        Some(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}"#
        )
    );
    assert_eq!(done.id, Some(crc32fast::hash(expected.as_bytes()).to_string()));
}

#[test]
fn lists_are_in_reverse_order_and_conditions_by_name() {
    let condition = |test: &str, variable: &str, values: &[&str]| Condition {
        test: test.into(),
        variable: variable.into(),
        values: values.iter().map(|it| it.to_string()).collect(),
    };
    let block = StatementBlock {
        sid: Some("Read".into()),
        actions: set(["s3:GetObject", "s3:ListBucket"]),
        resources: set(["arn:aws:s3:::b/home/&{aws:username}", "arn:aws:s3:::b"]),
        condition: BTreeSet::from([
            condition("StringLike", "s3:prefix", &["z", "a"]),
            condition("Bool", "aws:SecureTransport", &["true"]),
        ]),
        ..statement()
    };
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": [
        "s3:ListBucket",
        "s3:GetObject"
      ],
      "Resource": [
        "arn:aws:s3:::b/home/${aws:username}",
        "arn:aws:s3:::b"
      ],
      "Condition": {
        "Bool": {
          "aws:SecureTransport": "true"
        },
        "StringLike": {
          "s3:prefix": [
            "z",
            "a"
          ]
        }
      }
    }
  ]
}"#;
    assert_eq!(json(document(vec![block])), expected);
}

#[test]
fn anybody_is_a_star_unless_it_is_anybody_of_aws() {
    let who = |kind: &str| {
        let principals = BTreeSet::from([principals(kind, set(["*"]))]);
        let written = document(vec![StatementBlock { principals, ..statement() }]);
        let text = json(written);
        let json: Json = serde_json::from_str(&text).unwrap();
        json["Statement"][0]["Principal"].clone()
    };
    assert_eq!(who("*"), serde_json::json!("*"));
    assert_eq!(who("AWS"), serde_json::json!({"AWS": "*"}));
}

#[test]
fn documents_are_merged_by_sid() {
    let source = r#"{"Version":"2008-10-17","Id":"one","Statement":[
        {"Sid":"A","Effect":"Allow","Action":["b","a"],"Resource":"*"},
        {"Effect":"Deny","NotAction":"x","Resource":["*"],
         "Principal":{"AWS":["1","2"]},"Condition":{"Bool":{"k":true}}}]}"#;
    let over = r#"{"Statement":[{"Sid":"A","Effect":"Deny","Action":"c","Resource":"*"}]}"#;
    let own = StatementBlock { sid: Some("B".into()), actions: set(["own"]), ..statement() };
    let merged = PolicyDocument {
        source_policy_documents: vec![Some(source.into()), None],
        override_policy_documents: vec![Some(over.into())],
        ..document(vec![own])
    };
    let done: Json = serde_json::from_str(&json(merged)).unwrap();
    assert_eq!(
        done,
        serde_json::json!({"Version":"2012-10-17","Id":"one","Statement":[
            {"Sid":"A","Effect":"Deny","Action":"c","Resource":"*"},
            {"Effect":"Deny","NotAction":"x","Resource":["*"],"Principal":{"AWS":["2","1"]},
             "Condition":{"Bool":{"k":"true"}}},
            {"Sid":"B","Effect":"Allow","Action":"own"}]})
    );
}

#[test]
fn what_html_would_take_amiss_is_escaped() {
    let block = StatementBlock { resources: set(["a<b>&"]), ..statement() };
    assert!(json(document(vec![block])).contains(r#""a\u003cb\u003e\u0026""#));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let twice = StatementBlock { sid: Some("A".into()), ..statement() };
    let error = document(vec![twice.clone(), twice]).compute().unwrap_err();
    assert_eq!(error.path.unwrap().to_string(), "statement[1]");
    let bad = PolicyDocument {
        source_policy_documents: vec![Some(r#"{"Statement":{}}"#.into())],
        ..document(vec![])
    };
    let error = bad.compute().unwrap_err();
    assert!(error.message.contains("`Statement` is not a list"), "{}", error.message);
    let old = PolicyDocument {
        version: OLD.into(),
        ..document(vec![StatementBlock { resources: set(["&{x}"]), ..statement() }])
    };
    assert!(old.compute().unwrap_err().message.contains("2012-10-17"));
}

#[test]
fn a_document_without_statements_is_its_version() {
    assert_eq!(json(document(vec![])), "{\n  \"Version\": \"2012-10-17\"\n}");
}
