use super::*;
use crate::provider::ErrorKind;
use crate::utility::kind::AnyResource;
use crate::utility::tests::{Tried, object, text};
use crate::value::Type;

fn number(value: i64) -> Value {
    Value::number(value)
}

fn keepers(value: &str) -> (&'static str, Value) {
    ("keepers", Value::map(Type::String, [("a", Value::string(value))]))
}

/// Creates one, finds it unchanged, and has it replaced for other keepers.
async fn kept(kind: &'static dyn AnyResource, given: &Value) -> Value {
    let tried = Tried::new(kind);
    let (name, first) = keepers("1");
    let given = given.clone().with(name, first);
    let made = tried.create(&given).await;
    assert_eq!(tried.read(&made).await, made);
    assert_eq!(tried.replan(&made, &given), Vec::<String>::new());
    let (name, second) = keepers("2");
    assert_eq!(tried.replan(&made, &given.with(name, second)), ["replace keepers"]);
    made
}

/// Imports one; the configuration given fits it.
async fn imported(kind: &'static dyn AnyResource, id: &str, given: &Value) -> Value {
    let tried = Tried::new(kind);
    let value = tried.import(id).await.unwrap();
    assert_eq!(tried.replan(&value, given), Vec::<String>::new());
    assert!(value.get("keepers").is_null());
    value
}

#[tokio::test]
async fn an_id_is_told_in_four_notations() {
    let given = object([("byte_length", number(2)), ("prefix", Value::string("p-"))]);
    let made = kept(&ID, &given).await;
    assert_eq!(text(&made, "hex").len(), 6);
    let imported = imported(&ID, "p-,AP8", &given).await;
    assert_eq!(text(&imported, "id"), "AP8");
    assert_eq!(text(&imported, "b64_url"), "p-AP8");
    assert_eq!(text(&imported, "b64_std"), "p-AP8=");
    assert_eq!(text(&imported, "hex"), "p-00ff");
    assert_eq!(text(&imported, "dec"), "p-255");
}

#[tokio::test]
async fn an_integer_is_within_its_range_and_follows_its_seed() {
    let given = object([("min", number(3)), ("max", number(4))]);
    let made = kept(&INTEGER, &given).await;
    assert!([number(3), number(4)].contains(&made.get("result")));
    let seeded =
        object([("min", number(0)), ("max", number(1_000_000_000)), ("seed", Value::string("s"))]);
    let tried = Tried::new(&INTEGER);
    let (first, second) = (tried.create(&seeded).await, tried.create(&seeded).await);
    assert_eq!(first, second);
    let wrong = object([("min", number(3)), ("max", number(2))]);
    assert_eq!(tried.problems(&wrong), ["max: must not be lower than `min`, 3"]);
    let value = imported(&INTEGER, "4,3,4", &given).await;
    assert_eq!((value.get("result"), text(&value, "id")), (number(4), "4".to_string()));
    for wrong in ["4,3", "4,3,4,seed,more"] {
        assert_eq!(tried.import(wrong).await.unwrap_err().kind, ErrorKind::Refused);
    }
}

#[tokio::test]
async fn a_string_has_what_is_asked_for() {
    let given = object([
        ("length", number(12)),
        ("upper", Value::Bool(false)),
        ("min_numeric", number(5)),
        ("min_special", number(6)),
        ("override_special", Value::string("!é")),
    ]);
    let made = kept(&STRING, &given).await;
    let result = text(&made, "result");
    assert_eq!(result, text(&made, "id"));
    assert_eq!(result.chars().count(), 12);
    assert!(result.chars().filter(char::is_ascii_digit).count() >= 5, "{result}");
    assert!(result.chars().filter(|it| "!é".contains(*it)).count() >= 6, "{result}");
    assert!(!result.chars().any(|it| it.is_ascii_uppercase()), "{result}");
    assert_eq!(made.get("number"), Value::Bool(true));
    let value = imported(&STRING, "Abc1", &object([("length", number(4))])).await;
    assert_eq!(text(&value, "result"), "Abc1");
}

#[test]
fn a_string_that_cannot_be_is_refused() {
    let tried = Tried::new(&STRING);
    let short = object([("length", number(3)), ("min_lower", number(4))]);
    let problem = "length: must be at least 4, the sum of what the `min_` arguments ask";
    assert_eq!(tried.problems(&short), [problem]);
    let no = Value::Bool(false);
    let names = ["lower", "number", "special", "upper"];
    let none =
        names.iter().fold(object([("length", number(3))]), |it, name| it.with(name, no.clone()));
    assert_eq!(
        tried.problems(&none),
        ["special: one of `lower`, `numeric`, `special` and `upper` must be true"]
    );
    let both = object([("number", no.clone()), ("numeric", Value::Bool(true))]);
    assert_eq!(tried.problems(&both), ["number: differs from `numeric`"]);
    let old = object([("length", number(3)), ("number", no)]);
    assert_eq!(tried.plan(&old).get("numeric"), Value::Bool(false));
}

#[tokio::test]
async fn a_password_has_a_hash_and_no_id() {
    let given = object([("length", number(16))]);
    let made = kept(&PASSWORD, &given).await;
    assert_eq!(text(&made, "id"), "none");
    let hash = text(&made, "bcrypt_hash");
    assert!(hash.starts_with("$2a$10$"), "{hash}");
    assert!(bcrypt::verify(text(&made, "result"), &hash).unwrap());
    let value = imported(&PASSWORD, "secret", &object([("length", number(6))])).await;
    assert_eq!(text(&value, "result"), "secret");
    let secret = ["bcrypt_hash", "result"];
    let kind: &dyn crate::provider::ResourceType = &PASSWORD;
    let fields = &kind.schema().fields;
    let sensitive: Vec<_> = fields.iter().filter(|it| it.sensitive).map(|it| it.name).collect();
    assert_eq!(sensitive, secret);
}

#[tokio::test]
async fn equal_plans_get_values_of_their_own() {
    let given = object([("length", number(16))]);
    let kind: &'static dyn AnyResource = &PASSWORD;
    let planned = Tried::new(kind).plan(&given);
    let ids = [kind.create(&planned).await.unwrap(), kind.create(&planned).await.unwrap()];
    let objects = ids.map(|id| planned.known().with("id", Value::string(id)));
    let found = kind.read(objects.to_vec()).await.unwrap();
    let results: Vec<_> =
        found.iter().map(|it| text(&it.as_ref().unwrap().value, "result")).collect();
    assert_ne!(results[0], results[1]);
    // What nobody has kept is gone.
    let again = kind.read(vec![objects[0].clone()]).await.unwrap().remove(0).unwrap();
    assert!(matches!(again.status, crate::provider::Status::Failed(_)), "{again:?}");
}

#[tokio::test]
async fn a_pet_has_a_prefix_and_words() {
    let given = object([("length", number(3)), ("prefix", Value::string("web"))]);
    let made = kept(&PET, &given).await;
    let name = text(&made, "id");
    assert!(name.starts_with("web-") && name.split('-').count() == 4, "{name}");
    assert_eq!(text(&Tried::new(&PET).create(&object([])).await, "id").split('-').count(), 2);
    assert!(Tried::new(&PET).import("web-fine-cat").await.is_err());
}

#[tokio::test]
async fn a_shuffle_keeps_its_texts() {
    let texts = |all: &[&str]| Value::list(Type::String, all.iter().map(Value::string));
    let given = object([("input", texts(&["a", "b", "c"])), ("result_count", number(5))]);
    let made = kept(&SHUFFLE, &given).await;
    let result = made.get("result");
    let result = result.items().unwrap();
    assert_eq!(result.len(), 5);
    let mut first = result[..3].to_vec();
    first.sort();
    assert_eq!(Value::list(Type::String, first), texts(&["a", "b", "c"]));
    let none = Tried::new(&SHUFFLE).create(&object([("input", texts(&[]))])).await;
    assert_eq!(none.get("result"), texts(&[]));
}

#[tokio::test]
async fn a_uuid_is_imported_as_it_is() {
    let made = kept(&UUID, &object([])).await;
    assert_eq!(text(&made, "result").len(), 36);
    let id = "aabbccdd-eeff-0011-2233-445566778899";
    assert_eq!(text(&imported(&UUID, id, &object([])).await, "result"), id);
    assert!(Tried::new(&UUID).import("aabbccdd").await.is_err());
    assert!(Tried::new(&UUID).import(&id.replace('-', "")).await.is_err());
}

#[tokio::test]
async fn a_uuid_has_its_version() {
    for (kind, version) in [(&UUID4 as &'static dyn AnyResource, '4'), (&UUID7, '7')] {
        let made = kept(kind, &object([])).await;
        assert_eq!(text(&made, "result").chars().nth(14), Some(version));
        assert_eq!(text(&made, "id"), text(&made, "result"));
        let id = "aabbccdd-eeff-0011-2233-445566778899";
        let short = id.replace('-', "").to_uppercase();
        assert_eq!(text(&imported(kind, &short, &object([])).await, "result"), id);
        assert!(Tried::new(kind).import("aabbccdd").await.is_err());
    }
    let (first, second) = (kept(&UUID7, &object([])).await, kept(&UUID7, &object([])).await);
    assert!(text(&first, "id")[..13] <= text(&second, "id")[..13]);
}

#[tokio::test]
async fn bytes_are_secret_and_need_no_id() {
    let made = kept(&BYTES, &object([("length", number(3))])).await;
    assert_eq!(text(&made, "hex").len(), 6);
    let value = imported(&BYTES, "AAH/", &object([("length", number(3))])).await;
    assert_eq!((text(&value, "hex"), text(&value, "base64")), ("0001ff".into(), "AAH/".into()));
}

#[tokio::test]
async fn keepers_of_bytes_are_kept_as_they_are() {
    let given = object([("length", number(3))]);
    let made = Tried::new(&BYTES).create(&given).await;
    let null = Value::map(Type::String, [("b", Value::Null(Type::String))]);
    let replaced = Tried::new(&BYTES).replan(&made, &given.with("keepers", null));
    assert_eq!(replaced.first().map(String::as_str), Some("replace keepers"));
}

#[test]
fn keepers_that_are_null_are_no_keepers() {
    let (_, kept) = keepers("1");
    let more =
        Value::map(Type::String, [("a", Value::string("1")), ("b", Value::Null(Type::String))]);
    assert!(same_entries(&kept, &more) && same_entries(&more, &kept));
    assert!(!same_entries(&kept, &keepers("2").1));
}
