//! The formats in `state/`: what terrace writes follows their schemas, and the description names all
//! there is.

use std::path::Path as FilePath;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::json;

use super::*;

const DESCRIPTION: &str = include_str!("../../state/README.md");
const STATE: &str = include_str!("../../state/state.schema.json");
const JOURNAL: &str = include_str!("../../state/journal.schema.json");
const OPENTOFU: &str = include_str!("../../tests/cases/state/opentofu.tfstate");

/// Both schemas; the journal's refers to the other by its file name.
fn compiled(name: &str) -> (Schemas, SchemaIndex) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    for (file, text) in [("state.schema.json", STATE), ("journal.schema.json", JOURNAL)] {
        let schema = serde_json::from_str(text).unwrap();
        compiler.add_resource(&format!("file:///{file}"), schema).unwrap();
    }
    let index = compiler.compile(&format!("file:///{name}"), &mut schemas).unwrap();
    (schemas, index)
}

fn problem(schema: &(Schemas, SchemaIndex), json: &Json) -> Option<String> {
    schema.0.validate(json, schema.1).err().map(|error| format!("{error:#}\n{json:#}"))
}

fn place(deposed: Option<&str>) -> Place {
    let address = r#"module.m["k"].aws_subnet.b[0]"#.parse().unwrap();
    Place { address, deposed: deposed.map(str::to_string) }
}

fn object() -> StoredObject {
    let instance = json!({
        "status": "tainted", "creating": true, "schema_version": 1,
        "attributes": { "id": "subnet-1", "tags": { "a": "1" }, "arn": null },
        "sensitive_attributes": [[{ "type": "get_attr", "value": "tags" },
            { "type": "index", "value": { "value": "a", "type": "string" } }]],
        "private": "e30=", "dependencies": ["aws_vpc.main"], "create_before_destroy": true,
    });
    serde_json::from_value(instance).unwrap()
}

/// The kinds of record; a new one does not compile until it is here, and in `records`.
fn number(record: &Record) -> usize {
    match record {
        Record::Run(_) => 0,
        Record::Begun(_) => 1,
        Record::Call { .. } => 2,
        Record::Called(_) => 3,
        Record::Made { .. } => 4,
        Record::Done(_) => 5,
        Record::Failed(_) => 6,
        Record::Deleted { .. } => 7,
        Record::Dropped { .. } => 8,
        Record::Set(_) => 9,
        Record::Deposed { .. } => 10,
        Record::Removed(_) => 11,
        Record::Moved { .. } => 12,
        Record::Outputs(_) => 13,
        Record::Checks(_) => 14,
        Record::Compacting(_) => 15,
        Record::Finished { .. } => 16,
    }
}

/// One of each kind or more, each member present at least once and absent where it may be.
fn records() -> Vec<Record> {
    let step = || "7".to_string();
    let provider = || r#"provider["registry.terraform.io/hashicorp/aws"]"#.to_string();
    let operation = || "ec2:CreateSubnet".to_string();
    let begun = |action, deposes: Option<&str>| {
        Record::Begun(Box::new(Begun {
            step: step(),
            place: place(None),
            action,
            kind: "aws_subnet".into(),
            provider: provider(),
            token: "t".into(),
            deposes: deposes.map(str::to_string),
            object: object(),
        }))
    };
    let called = |outcome| Record::Called(Called { step: step(), operation: operation(), outcome });
    let failed =
        |object| Record::Failed(Failed { step: step(), error: "no".into(), tainted: true, object });
    let done = |step, deposed| Done {
        step,
        place: place(deposed),
        provider: provider(),
        object: object(),
    };
    let address = || place(None).address;
    let output = OutputValue::new(&Value::from("x"), true);
    vec![
        Record::Run(Run {
            run: "r".into(),
            version: "0.1.0".into(),
            started: "2026-01-02T03:04:05Z".into(),
            lineage: "l".into(),
            serial: 3,
        }),
        begun(Action::Create, None),
        begun(Action::Update, Some("0011aabb")),
        begun(Action::Delete, None),
        Record::Call { step: step(), operation: operation() },
        called(Outcome::Ok("request".into())),
        called(Outcome::Error("reset".into())),
        Record::Made { step: step(), id: "subnet-1".into() },
        Record::Done(done(step(), Some("0011aabb"))),
        failed(None),
        failed(Some(object())),
        Record::Deleted { step: step() },
        Record::Dropped { step: step(), reason: "nothing was sent".into() },
        Record::Set(done(String::new(), None)),
        Record::Deposed { address: address(), key: "0011aabb".into() },
        Record::Removed(place(None)),
        Record::Moved { from: address(), to: address(), becomes: None },
        Record::Moved {
            from: address(),
            to: address(),
            becomes: Some(Box::new(done(String::new(), None))),
        },
        Record::Outputs([("o".to_string(), output)].into()),
        Record::Checks(
            json!([{ "object_kind": "check", "config_addr": "check.c", "status": "fail",
            "objects": [{ "object_addr": "check.c", "status": "fail", "failure_messages": ["no"] }] }]),
        ),
        Record::Compacting(Compacting { serial: 4, digest: "ab".repeat(32) }),
        Record::Finished { run: "r".into() },
    ]
}

#[test]
fn every_line_of_a_journal_follows_its_schema() {
    let schema = compiled("journal.schema.json");
    let records = records();
    let mut kinds: Vec<usize> = records.iter().map(number).collect();
    kinds.dedup();
    assert!(kinds.into_iter().eq(0..=16), "a kind of record is missing, or not in order");
    let (_, bytes) = Journal::of(records.clone()).unwrap();
    let lines: Vec<Json> = bytes
        .split_inclusive(|it| *it == b'\n')
        .map(|it| serde_json::from_slice(it).unwrap())
        .collect();
    assert_eq!(lines.len(), records.len() + 1);
    let problems: Vec<String> = lines.iter().filter_map(|line| problem(&schema, line)).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    for (line, record) in lines.iter().skip(1).zip(records) {
        let read: Record = serde_json::from_value(line["record"].clone()).unwrap();
        assert_eq!(read, record);
    }
}

#[test]
fn the_schema_of_a_journal_refuses_what_is_no_record() {
    let schema = compiled("journal.schema.json");
    let line = |record: Json| json!({ "sum": "0123456789abcdef", "record": record });
    assert_eq!(problem(&schema, &line(json!({ "deleted": { "step": "1" } }))), None);
    for wrong in [
        json!({ "terrace_journal": 2 }),
        json!({ "sum": "x", "record": { "deleted": { "step": "1" } } }),
        line(json!({})),
        line(json!({ "unheard": { "step": "1" } })),
        line(json!({ "deleted": {} })),
        line(json!({ "deleted": { "step": "1", "more": true } })),
        line(json!({ "made": { "step": "1" } })),
        line(json!({ "deleted": { "step": "1" }, "finished": { "run": "r" } })),
        line(json!({ "deposed": { "address": "a.b", "key": "short" } })),
    ] {
        assert!(problem(&schema, &wrong).is_some(), "{wrong}");
    }
}

#[test]
fn a_state_of_opentofu_is_read_and_written_by_the_schema() {
    let schema = compiled("state.schema.json");
    let theirs: Json = serde_json::from_str(OPENTOFU).unwrap();
    assert_eq!(problem(&schema, &theirs), None);
    let state = parse(OPENTOFU.as_bytes(), FilePath::new("x")).unwrap().unwrap();
    let ours: Json = serde_json::from_slice(&print(&state)).unwrap();
    assert_eq!(problem(&schema, &ours), None);
    assert_eq!(ours, theirs);
    assert_eq!(state.resources.len(), 5);
    let first = &state.resources[&r#"terraform_data.a["x"]"#.parse().unwrap()];
    let paths = &first.current.as_ref().unwrap().sensitive_paths;
    assert_eq!(paths[0].to_string(), "input.password");
}

#[test]
fn the_schema_of_a_state_refuses_what_is_none() {
    let schema = compiled("state.schema.json");
    let wrong = |change: fn(&mut Json)| {
        let mut state: Json = serde_json::from_str(OPENTOFU).unwrap();
        change(&mut state);
        assert!(problem(&schema, &state).is_some(), "{state:#}");
    };
    wrong(|state| state["version"] = 5.into());
    wrong(|state| state["serial"] = (-1).into());
    wrong(|state| state["outputs"]["o"]["type"] = "text".into());
    wrong(|state| state["resources"][0]["mode"] = "other".into());
    wrong(|state| state["resources"][0]["name"] = "a.b".into());
    wrong(|state| state["resources"][0]["instances"][0]["status"] = "fine".into());
    wrong(|state| state["resources"][0]["instances"][0]["deposed"] = "x".into());
    wrong(|state| state["check_results"][0]["status"] = "maybe".into());
}

#[test]
fn the_description_names_every_record() {
    let schema: Json = serde_json::from_str(JOURNAL).unwrap();
    let kinds = schema["$defs"]["record"]["properties"].as_object().unwrap();
    assert_eq!(kinds.len(), 17);
    let rows: Vec<&str> = DESCRIPTION.lines().filter(|line| line.starts_with("| `")).collect();
    for kind in kinds.keys() {
        let named = rows.iter().any(|row| row.contains(&format!("`{kind}`")));
        assert!(named, "state/README.md does not say what `{kind}` is");
    }
}
