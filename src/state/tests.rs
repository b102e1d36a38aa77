use std::collections::BTreeSet;
use std::path::Path as FilePath;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::memory::Disk;
use super::*;
use crate::address::Mode;

fn address(text: &str) -> InstanceAddress {
    text.parse().unwrap()
}

fn object(id: &str) -> Object {
    let mut attributes = Map::new();
    attributes.insert("id".into(), id.into());
    Object { attributes, ..Object::default() }
}

fn begun(step: &str, place: Place, action: Action, deposes: Option<&str>) -> Record {
    let mut planned = Object::default();
    planned.attributes.insert("name".into(), "planned".into());
    Record::Begun(Box::new(Begun {
        step: step.into(),
        place,
        action,
        kind: "fake".into(),
        provider: PROVIDER.into(),
        token: format!("token-{step}"),
        deposes: deposes.map(str::to_string),
        object: StoredObject(planned),
    }))
}

fn done(step: &str, place: Place, id: &str) -> Record {
    let provider = PROVIDER.to_string();
    Record::Done(Done { step: step.into(), place, provider, object: StoredObject(object(id)) })
}

const PROVIDER: &str = r#"provider["registry.terraform.io/hashicorp/aws"]"#;

const FILE: &str = r#"{
  "version": 4,
  "terraform_version": "1.12.0",
  "serial": 7,
  "lineage": "9e1d",
  "outputs": {
    "password": { "value": "x", "type": "string", "sensitive": true, "deprecated": "old" },
    "ports": { "value": [80, 8.5], "type": ["list", "number"] }
  },
  "resources": [
    {
      "mode": "data", "type": "aws_region", "name": "here",
      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
      "instances": [{ "schema_version": 0, "attributes": { "id": "eu-west-1" },
        "sensitive_attributes": [] }]
    },
    {
      "mode": "managed", "type": "aws_subnet", "name": "b",
      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"].west",
      "instances": [
        { "index_key": 0, "status": "tainted", "schema_version": 1,
          "attributes": { "id": "subnet-0", "tags": { "a": "1" } },
          "sensitive_attributes": [[{ "type": "get_attr", "value": "tags" },
            { "type": "index", "value": { "value": "a", "type": "string" } }]],
          "private": "eyJ4IjoxfQ==", "dependencies": ["aws_vpc.main", "module.a.aws_vpc.x"],
          "create_before_destroy": true, "skip_destroy": true },
        { "index_key": 0, "deposed": "0011aabb", "schema_version": 1,
          "attributes": { "id": "subnet-old" }, "sensitive_attributes": [] },
        { "index_key": 1, "schema_version": 1, "attributes": { "id": "subnet-1" },
          "sensitive_attributes": [], "identity": { "id": "subnet-1" },
          "identity_schema_version": 0 }
      ]
    },
    {
      "module": "module.a[\"x.y\"]", "mode": "managed", "type": "aws_vpc", "name": "x",
      "instances": [{ "index_key": "k\"1",
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"].all[\"eu\"]",
        "schema_version": 1, "attributes": { "id": "vpc-1" }, "sensitive_attributes": [] }]
    }
  ],
  "check_results": null,
  "future": { "kept": true }
}"#;

fn parsed(text: &str) -> Result<State, StateError> {
    parse(text.as_bytes(), FilePath::new("terraform.tfstate")).map(Option::unwrap)
}

#[test]
fn a_state_file_is_read_and_written_alike() {
    let state = parsed(FILE).unwrap();
    let subnet = &state.resources[&address("aws_subnet.b[0]")];
    let current = subnet.current.as_ref().unwrap();
    assert!(current.tainted && current.create_before_destroy);
    assert_eq!(current.sensitive_paths[0].to_string(), r#"tags["a"]"#);
    assert_eq!(current.dependencies[1].to_string(), "module.a.aws_vpc.x");
    assert_eq!(subnet.deposed["0011aabb"].id(), Some("subnet-old"));
    assert!(state.resources.contains_key(&address(r#"module.a["x.y"].aws_vpc.x["k\"1"]"#)));
    assert_eq!(
        state.resources.keys().filter(|it| it.resource.resource.mode == Mode::Data).count(),
        1
    );
    let printed: Json = serde_json::from_slice(&print(&state)).unwrap();
    assert_eq!(printed, serde_json::from_str::<Json>(FILE).unwrap());
}

#[test]
fn what_is_no_state_file_is_refused_with_a_reason() {
    for (text, part) in [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ("{}", "which version"),
        (
            r#"{"version":3,"terraform_version":"0.11.1"}"#,
            "version 3, and terrace reads version 4; Terraform 0.11.1",
        ),
        (r#"{"version":5}"#, "version 5"),
        (r#"{"version":"4"}"#, "not a whole number"),
        (r#"{"encrypted_data":"x","encryption_version":"v0"}"#, "encrypted"),
        (r#"{"version":4,"resources":{}}"#, "`resources` should be an array"),
        (r#"{"version":4,"resources":[{"mode":"x"}]}"#, "unknown mode \"x\""),
        (
            r#"{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","provider":"p",
                "instances":[{"index_key":1.5}]}]}"#,
            "a.b: 1.5 is no index",
        ),
        (
            r#"{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","provider":"p",
                "instances":[{},{}]}]}"#,
            "a.b appears more than once",
        ),
    ] {
        let error = parsed(text).unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
        assert!(!error.hint().is_empty() || part == "encrypted", "{text}");
    }
    assert!(parse(b" \n", FilePath::new("x")).unwrap().is_none());
}

#[test]
fn attributes_survive_their_schema() {
    use crate::schema::{Field, Schema};
    use crate::value::{Type, Value};
    let fields = vec![
        Field::new::<Option<String>>("id"),
        Field::new::<Value>("input"),
        Field::new::<Vec<i64>>("ports"),
    ];
    let schema = Schema { fields, ..Schema::default() };
    let secret = Value::from("s").mark(Marks::SENSITIVE);
    let value = Value::object([
        ("id", Value::from("x")),
        ("input", secret),
        ("ports", Value::list(Type::Number, [Value::from(80)])),
    ]);
    let (attributes, sensitive_paths) = encode(&schema, &value);
    assert_eq!(
        Json::Object(attributes.clone()),
        json!({ "id": "x", "input": { "value": "s", "type": "string" }, "ports": [80] })
    );
    assert_eq!(sensitive_paths, [Path::attribute("input")]);
    let stored = Object { attributes, sensitive_paths, ..Object::default() };
    assert_eq!(decode(&schema, &stored).unwrap(), value);
    let mut wrong = stored;
    wrong.attributes.insert("ports".into(), json!(["x"]));
    let error = decode(&schema, &wrong).unwrap_err();
    assert!(
        error.to_string().starts_with("the stored attribute `ports` does not fit: "),
        "{error}"
    );
}

#[test]
fn made_without_done_is_known_and_unresolved() {
    let place = Place::current(&address("fake.a"));
    let mut records = vec![begun("1", place.clone(), Action::Create, None)];
    records.push(Record::Call { step: "1".into(), operation: "ec2:CreateVpc".into() });
    assert!(!fold(State::default(), &records).unresolved["1"].is_untouched());
    records.push(Record::Made { step: "1".into(), id: "vpc-1".into() });
    let folded = fold(State::default(), &records);
    let object = folded.state.object(&place.address, None).unwrap();
    assert!(object.creating && !object.tainted);
    assert_eq!(object.attributes["name"], "planned");
    assert_eq!(folded.unresolved["1"].made.as_deref(), Some("vpc-1"));
    records.push(done("1", place.clone(), "vpc-1"));
    let folded = fold(State::default(), &records);
    assert!(!folded.state.object(&place.address, None).unwrap().creating);
    assert!(folded.unresolved.is_empty());
}

#[test]
fn a_failure_after_made_taints_and_one_before_changes_nothing() {
    let place = Place::current(&address("fake.a"));
    let failed = Record::Failed(Failed {
        step: "1".into(),
        error: "no".into(),
        tainted: true,
        object: None,
    });
    let begun = begun("1", place.clone(), Action::Create, None);
    let made = Record::Made { step: "1".into(), id: "x".into() };
    let folded = fold(State::default(), [&begun, &failed]);
    assert!(folded.state.is_empty() && folded.unresolved.is_empty());
    let folded = fold(State::default(), [&begun, &made, &failed]);
    let object = folded.state.object(&place.address, None).unwrap();
    assert!(object.tainted && !object.creating);
}

/// A history that an apply could write, and after each record the ids that exist.
fn history(moves: &[(u8, u8, u8)]) -> Vec<(Record, BTreeSet<String>)> {
    let mut alive = BTreeSet::new();
    let mut known = Folded::default();
    let mut told = Vec::new();
    for (at, (what, which, how)) in moves.iter().enumerate() {
        let place = Place::current(&address(&format!("fake.a[{}]", which % 3)));
        let there = known.state.resources.get(&place.address).cloned().unwrap_or_default();
        let busy = known.unresolved.values().find(|it| it.begun.place.address == place.address);
        let record = match (busy, what % 4) {
            (None, 0) => {
                let key = deposed_key(&at.to_string());
                begun(&at.to_string(), place, Action::Create, Some(&key))
            }
            (None, _) if there.is_empty() => continue,
            (None, 1) => begun(&at.to_string(), place, Action::Update, None),
            (None, _) => {
                let deposed = there.deposed.keys().next().cloned();
                if deposed.is_none() && there.current.is_none() {
                    continue;
                }
                begun(&at.to_string(), Place { deposed, ..place }, Action::Delete, None)
            }
            (Some(pending), _) => next(pending, *how, &there, &mut alive),
        };
        known.apply(&record);
        told.push((record, alive.clone()));
    }
    told
}

fn next(pending: &Pending, how: u8, there: &Instance, alive: &mut BTreeSet<String>) -> Record {
    let Begun { step, place, action, .. } = pending.begun.clone();
    let id = format!("id-{step}");
    let failed = |tainted| {
        let step = step.clone();
        Record::Failed(Failed { step, error: "no".into(), tainted, object: None })
    };
    match (action, how % 4) {
        (_, 0) if pending.made.is_none() => {
            Record::Call { step: step.clone(), operation: "f:Call".into() }
        }
        (Action::Create, 1 | 0) if pending.made.is_some() => failed(true),
        (Action::Create, 1) => failed(false),
        (Action::Create, 2) if pending.made.is_none() => {
            alive.insert(id.clone());
            Record::Made { step, id }
        }
        (Action::Create, _) => {
            alive.insert(id.clone());
            done(&step, place, &id)
        }
        (Action::Update, 1) => failed(false),
        (Action::Update, _) => {
            let id = there.current.as_ref().and_then(Object::id).unwrap_or_default().to_string();
            done(&step, place, &id)
        }
        (Action::Delete, 1) => failed(false),
        (Action::Delete, _) => {
            let gone = there.object(place.deposed.as_deref()).and_then(Object::id);
            alive.remove(gone.unwrap_or_default());
            Record::Deleted { step }
        }
    }
}

fn ids(state: &State) -> BTreeSet<String> {
    state.objects().filter_map(|(_, _, it)| it.id().map(str::to_string)).collect()
}

proptest! {
    #[test]
    fn no_prefix_loses_an_object(moves in prop::collection::vec(any::<(u8, u8, u8)>(), 0..60)) {
        let told = history(&moves);
        let records: Vec<_> = told.iter().map(|(record, _)| record.clone()).collect();
        for (at, (_, alive)) in told.iter().enumerate() {
            let folded = fold(State::default(), &records[..=at]);
            prop_assert_eq!(&ids(&folded.state), alive);
            // Folding the same facts in again changes nothing.
            let again = fold(folded.state.clone(), &records[..=at]);
            prop_assert_eq!(ids(&again.state), ids(&folded.state));
        }
    }

    #[test]
    fn a_compacted_journal_says_the_same(moves in prop::collection::vec(any::<(u8, u8, u8)>(), 0..60)) {
        let told = history(&moves);
        let records: Vec<_> = told.into_iter().map(|(record, _)| record).collect();
        for at in 0..=records.len() {
            let folded = fold(State::default(), &records[..at]);
            let kept: Vec<_> = folded.unresolved.values().flat_map(Pending::records).collect();
            let snapshot = parse(&print(&folded.state), FilePath::new("x")).unwrap().unwrap();
            let compacted = fold(snapshot, &kept);
            prop_assert_eq!(compacted.state.resources, folded.state.resources);
            prop_assert_eq!(compacted.unresolved, folded.unresolved);
        }
    }

    #[test]
    fn a_journal_is_read_as_written(moves in prop::collection::vec(any::<(u8, u8, u8)>(), 0..30)) {
        let records: Vec<_> = history(&moves).into_iter().map(|(record, _)| record).collect();
        let (journal, bytes) = Journal::of(records).unwrap();
        prop_assert_eq!(read_journal(&bytes, FilePath::new("x")).unwrap(), journal);
    }
}

fn some_journal() -> (Journal, Vec<u8>) {
    let place = Place::current(&address(r#"module.m["k"].fake.a"#));
    Journal::of(vec![
        begun("1", place.clone(), Action::Create, None),
        Record::Made { step: "1".into(), id: "x-1".into() },
        done("1", place, "x-1"),
        Record::Outputs([("o".to_string(), OutputValue::new(&Value::from(1), true))].into()),
        Record::Moved { from: address("fake.a"), to: address("fake.b"), becomes: None },
    ])
    .unwrap()
}

#[test]
fn a_journal_cut_short_anywhere_keeps_what_was_whole() {
    let (journal, bytes) = some_journal();
    for length in 0..bytes.len() {
        let cut = read_journal(&bytes[..length], FilePath::new("x")).unwrap();
        let whole = bytes[..length].iter().filter(|byte| **byte == b'\n').count();
        let known = cut.records.len();
        assert!(known + 1 == whole || known == whole || whole == 0, "{length}");
        assert_eq!(cut.records, journal.records[..known]);
        // What is appended next can be read again, with everything before.
        let mut repaired = bytes[..cut.tail.length].to_vec();
        let mut tail = cut.tail.clone();
        repaired.extend(tail.add(&[Record::Deleted { step: "9".into() }]).unwrap());
        assert_eq!(tail.length, repaired.len());
        let read = read_journal(&repaired, FilePath::new("x")).unwrap();
        assert_eq!(read.records.len(), known + 1);
        assert_eq!(read.records[..known], journal.records[..known]);
    }
}

#[test]
fn damage_is_told_and_never_skipped() {
    let (journal, bytes) = some_journal();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        match read_journal(&damaged, FilePath::new("x")) {
            Err(StateError::Damaged { offset, .. }) => assert!(offset <= at),
            Err(error) => assert!(matches!(error, StateError::NewerJournal { .. }), "{error}"),
            // Only the end of the last line can differ without harm.
            Ok(read) => {
                assert!(at + 1 == bytes.len());
                assert_eq!(read.records, journal.records[..read.records.len()]);
            }
        }
    }
    let lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let without_one = [&lines[..2], &lines[3..]].concat().concat();
    let error = read_journal(&without_one, FilePath::new("x")).unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
}

#[test]
fn a_newer_journal_is_refused() {
    let error = read_journal(b"{\"terrace_journal\":2}\n", FilePath::new("x")).unwrap_err();
    assert!(matches!(error, StateError::NewerJournal { found: 2, .. }));
}

/// A whole command: takes facts in, compacts twice, and leaves one step unresolved.
fn command(disk: &Disk) -> Result<(), StateError> {
    let store = Store::on(Box::new(disk.clone()))?;
    let run = store.begin_run()?;
    let a = Place::current(&address("fake.a"));
    let b = Place::current(&address("fake.b"));
    for (name, place) in [("a", &a), ("b", &b)] {
        let step = format!("{run}:{name}");
        store.append(begun(&step, place.clone(), Action::Create, Some("0011aabb")))?;
        store.append(Record::Made { step, id: format!("{name}-{run}") })?;
    }
    store.append(done(&format!("{run}:a"), a, &format!("a-{run}")))?;
    store.finish()?;
    Ok(())
}

#[test]
fn a_crash_at_any_write_loses_no_fact() {
    let count = {
        let disk = Disk::new();
        command(&disk).unwrap();
        disk.operations()
    };
    assert!(count > 8);
    for crash in 0..count {
        for torn in [0, 1, 30, 1000] {
            let disk = Disk::new();
            command(&disk).unwrap();
            let before = ids(&Store::on(Box::new(disk.clone())).unwrap().state());
            assert_eq!(before.len(), 2);
            disk.crash_after(crash, torn);
            let error = command(&disk).unwrap_err();
            assert!(error.to_string().contains("cannot write"), "{error}");
            disk.restart();
            let records = read_journal(&disk.journal(), FilePath::new("j")).unwrap().records;
            let after = Store::on(Box::new(disk.clone())).unwrap().folded();
            let mut wanted = before.clone();
            let made = records.iter().filter_map(|record| match record {
                Record::Made { id, .. } => Some(id.clone()),
                _ => None,
            });
            wanted.extend(made);
            assert_eq!(ids(&after.state), wanted, "crash {crash}, torn {torn}");
            // Opening and finishing settles it without a change.
            let store = Store::on(Box::new(disk.clone())).unwrap();
            store.finish().unwrap();
            let settled = Store::on(Box::new(disk.clone())).unwrap().folded();
            assert_eq!(settled.state.resources, after.state.resources);
            assert_eq!(settled.unresolved, after.unresolved);
        }
    }
}

#[test]
fn the_serial_counts_changes_only() {
    let disk = Disk::new();
    let store = Store::on(Box::new(disk.clone())).unwrap();
    store.begin_run().unwrap();
    assert_eq!(store.finish().unwrap().serial, 0);
    assert!(disk.state().is_empty() && disk.journal().is_empty());
    let place = Place::current(&address("fake.a"));
    for serial in 1..3 {
        let store = Store::on(Box::new(disk.clone())).unwrap();
        store.begin_run().unwrap();
        let set = match done("", place.clone(), &serial.to_string()) {
            Record::Done(set) => Record::Set(set),
            other => other,
        };
        store.append(set).unwrap();
        let state = store.finish().unwrap();
        assert_eq!((state.serial, state.lineage.len()), (serial, 36));
        assert!(disk.journal().is_empty());
    }
}

#[test]
fn a_journal_of_another_state_is_refused() {
    let disk = Disk::new();
    command(&disk).unwrap();
    let (state, journal) = (disk.state(), disk.journal());
    let change = |edit: &dyn Fn(&mut State)| {
        let mut other = parse(&state, FilePath::new("s")).unwrap().unwrap();
        edit(&mut other);
        disk.set(print(&other), journal.clone());
        Store::on(Box::new(disk.clone())).err().unwrap()
    };
    let error = change(&|state| state.lineage = "other".into());
    assert!(matches!(error, StateError::Lineage { .. }), "{error}");
    let error = change(&|state| state.serial += 1);
    assert!(error.hint().contains("fake.b (b-"), "{}", error.hint());
}

#[test]
fn facts_that_cannot_be_noted_are_told() {
    let disk = Disk::new();
    let store = Store::on(Box::new(disk.clone())).unwrap();
    store.begin_run().unwrap();
    store.append(begun("1", Place::current(&address("fake.a")), Action::Create, None)).unwrap();
    disk.crash_after(0, 0);
    store.append(Record::Made { step: "1".into(), id: "vpc-9".into() }).unwrap_err();
    let error = store.finish().unwrap_err();
    assert!(error.to_string().contains("fake.a was created with id vpc-9"), "{error}");
    disk.restart();
    store.finish().unwrap();
    assert_eq!(ids(&Store::on(Box::new(disk)).unwrap().state()).len(), 1);
}

#[test]
fn pushing_follows_terraforms_rules() {
    let disk = Disk::new();
    let base = parsed(FILE).unwrap();
    let store = Store::on(Box::new(disk)).unwrap();
    store.push(base.clone(), false).unwrap();
    store.push(base.clone(), false).unwrap();
    let mut changed = base.clone();
    changed.outputs.clear();
    for (state, part) in [
        (State { lineage: "x".into(), ..base.clone() }, "lineage"),
        (State { serial: 6, ..base.clone() }, "older"),
        (changed.clone(), "differs"),
    ] {
        let error = store.push(state, false).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    store.push(State { serial: 8, ..changed.clone() }, false).unwrap();
    store.push(State { serial: 2, ..changed }, true).unwrap();
    assert_eq!(store.state().serial, 2);
}

#[test]
fn files_are_replaced_whole_and_the_last_one_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("terraform.tfstate");
    for name in ["x", "y"] {
        let store = Store::open(&Options::write(&path, "test")).unwrap();
        store.begin_run().unwrap();
        let place = Place::current(&address(&format!("fake.{name}")));
        store.append(begun(name, place.clone(), Action::Create, None)).unwrap();
        let seen = Store::open(&Options::read(&path)).unwrap().folded();
        assert!(seen.unresolved.contains_key(name), "another process reads along");
        store.append(done(name, place, name)).unwrap();
        store.finish().unwrap();
    }
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["terraform.tfstate", "terraform.tfstate.backup"]);
    let read = |name: &str| {
        let text = std::fs::read(folder.path().join(name)).unwrap();
        parse(&text, FilePath::new(name)).unwrap().unwrap()
    };
    assert_eq!(ids(&read("terraform.tfstate")).len(), 2);
    assert_eq!(ids(&read("terraform.tfstate.backup")).len(), 1);
}

#[test]
fn a_held_lock_names_its_holder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("terraform.tfstate");
    let options = Options::write(&path, "OperationTypeApply");
    let held = Store::open(&options).unwrap();
    let error = Store::open(&options).err().unwrap();
    assert!(error.to_string().contains("OperationTypeApply"), "{error}");
    let StateError::Locked { info: Some(info), .. } = error else { panic!("{error}") };
    let refused = Lock::force(&path, &info.id).unwrap_err().to_string();
    assert!(refused.contains("still running"), "{refused}");
    drop(held);
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is left behind");
    drop(Store::open(&options).unwrap());
}

#[test]
fn a_lock_left_behind_holds_nobody_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("terraform.tfstate");
    let info = LockInfo::new("OperationTypePlan", &path);
    let left = folder.path().join(".terraform.tfstate.lock.info");
    std::fs::write(&left, serde_json::to_vec(&info).unwrap()).unwrap();
    let text: Json = serde_json::from_slice(&std::fs::read(&left).unwrap()).unwrap();
    for member in ["ID", "Operation", "Info", "Who", "Version", "Created", "Path"] {
        assert!(text[member].is_string(), "{member}");
    }
    assert!(Lock::force(&path, "other").unwrap_err().to_string().contains(&info.id));
    drop(Lock::take(&path, LockInfo::new("x", &path), Duration::ZERO).unwrap());
    std::fs::write(&left, serde_json::to_vec(&info).unwrap()).unwrap();
    assert_eq!(Lock::force(&path, &info.id).unwrap(), info);
    assert!(!left.exists());
}
