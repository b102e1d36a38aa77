use super::*;
use crate::provider::Status;
use crate::utility::kind::AnyResource;
use crate::utility::tests::{Tried, object, text};

fn number(value: i64) -> Value {
    Value::number(value)
}

fn string(text: &str) -> Value {
    Value::string(text)
}

fn triggers(value: &str) -> Value {
    Value::map(Type::String, [("a", string(value))])
}

#[tokio::test]
async fn a_static_time_is_that_of_its_creation_or_one_given() {
    let tried = Tried::new(&STATIC);
    let none = object([("triggers", triggers("1"))]);
    assert!(!tried.plan(&none).get("unix").is_known());
    let made = tried.create(&none).await;
    assert!((whole(&made, "unix") - now().unix_timestamp()).abs() < 60);
    assert_eq!(text(&made, "id"), text(&made, "rfc3339"));
    assert_eq!(tried.replan(&made, &none), Vec::<String>::new());
    let others = none.with("triggers", triggers("2"));
    assert_eq!(tried.replan(&made, &others), ["replace triggers"]);
    let given = object([("rfc3339", string("2020-02-12T06:36:13+01:00"))]);
    let planned = tried.plan(&given);
    assert_eq!((whole(&planned, "hour"), whole(&planned, "unix")), (6, 1_581_485_773));
    let value = tried.import("2020-02-12T06:36:13Z").await.unwrap();
    assert_eq!((whole(&value, "month"), whole(&value, "second")), (2, 13));
    let same = object([("rfc3339", string("2020-02-12T06:36:13Z"))]);
    assert_eq!(tried.replan(&value, &same), Vec::<String>::new());
    assert!(tried.import("yesterday").await.is_err());
}

#[tokio::test]
async fn an_offset_changes_in_place() {
    let tried = Tried::new(&OFFSET);
    let base = ("base_rfc3339", string("2020-01-31T10:00:00Z"));
    let given = object([base.clone(), ("offset_months", number(1)), ("offset_hours", number(2))]);
    let made = tried.create(&given).await;
    assert_eq!(text(&made, "rfc3339"), "2020-03-02T12:00:00Z");
    assert_eq!(text(&made, "id"), "2020-01-31T10:00:00Z");
    assert_eq!(tried.replan(&made, &given), Vec::<String>::new());
    let other = object([base, ("offset_days", number(-1))]);
    assert_eq!(tried.replan(&made, &other), ["update"]);
    assert_eq!(text(&tried.plan_from(&made, &other), "rfc3339"), "2020-01-30T10:00:00Z");
    let open = object([("offset_days", number(7))]);
    assert!(!tried.plan(&open).get("rfc3339").is_known());
    let made = tried.create(&open).await;
    assert_eq!(tried.replan(&made, &open), Vec::<String>::new());
    let value = tried.import("2020-02-29T00:00:00Z,1,,,,,5").await.unwrap();
    assert_eq!(text(&value, "rfc3339"), "2021-03-01T00:00:05Z");
    assert!(tried.import("2020-02-29T00:00:00Z,,,,,,").await.is_err());
    assert!(tried.import("2020-02-29T00:00:00Z").await.is_err());
}

#[tokio::test]
async fn a_rotating_time_is_gone_when_its_time_has_come() {
    let tried = Tried::new(&ROTATING);
    let given = object([("rotation_days", number(30))]);
    let made = tried.create(&given).await;
    let days = whole(&made, "unix") - parse(&text(&made, "rfc3339")).unwrap().unix_timestamp();
    assert_eq!(days, 30 * 86_400);
    assert_eq!(tried.read(&made).await, made);
    assert_eq!(tried.replan(&made, &given), Vec::<String>::new());
    let sooner = object([("rotation_days", number(10))]);
    assert_eq!(tried.replan(&made, &sooner), ["update"]);
    let planned = tried.plan_from(&made, &sooner);
    assert_eq!(whole(&made, "unix") - whole(&planned, "unix"), 20 * 86_400);
    let past = object([
        ("rfc3339", string("2020-01-01T00:00:00Z")),
        ("rotation_rfc3339", string("2020-02-01T00:00:00Z")),
    ]);
    let made = tried.create(&past).await;
    assert_eq!((whole(&made, "month"), whole(&made, "year")), (2, 2020));
    assert_eq!(tried.look(&made).await, None);
    let value = ROTATING.import("2020-01-01T00:00:00Z,1,,,,").unwrap();
    assert_eq!(text(&value, "rotation_rfc3339"), "2021-01-01T00:00:00Z");
    let value = ROTATING.import("2020-01-01T00:00:00Z,2099-01-01T00:00:00Z").unwrap();
    assert_eq!(whole(&value, "year"), 2099);
}

#[tokio::test]
async fn a_pause_is_not_over_before_its_end() {
    let tried = Tried::new(&SLEEP);
    let kind: &'static dyn AnyResource = &SLEEP;
    let planned = tried.plan(&object([("create_duration", string("1.5h"))]));
    let id = kind.create(&planned).await.unwrap();
    let left = parse(&id).unwrap() - now();
    assert!((5398..=5401).contains(&left.whole_seconds()), "{left}");
    let object_made = planned.known().with("id", Value::string(&id));
    for _ in 0..2 {
        let found = kind.read(vec![object_made.clone()]).await.unwrap().remove(0).unwrap();
        assert!(matches!(found.status, Status::Pending(_)), "{found:?}");
    }
    let over = object_made.with("id", string("2020-01-01T00:00:00Z"));
    let found = kind.read(vec![over.clone()]).await.unwrap().remove(0).unwrap();
    assert_eq!(found.status, Status::Ready);
    let longer = object([("create_duration", string("2h"))]);
    assert_eq!(tried.replan(&over, &longer), ["update"]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_may_come_before_the_destruction() {
    let tried = Tried::new(&SLEEP);
    let given = object([("destroy_duration", string("90s")), ("triggers", triggers("1"))]);
    let made = tried.create(&given).await;
    let started = tokio::time::Instant::now();
    tried.delete(&made).await;
    assert_eq!(started.elapsed().as_secs(), 90);
    let value = tried.import("30s,").await.unwrap();
    let given = object([("create_duration", string("30s"))]);
    assert_eq!(tried.replan(&value, &given), Vec::<String>::new());
    for wrong in ["", ",", "30s", "x,"] {
        assert!(tried.import(wrong).await.is_err(), "{wrong}");
    }
}
