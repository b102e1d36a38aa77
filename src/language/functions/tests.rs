use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use ::time::macros::datetime;

use super::*;
use crate::value::json::{from_json, to_json};
use crate::value::{Marks, Type};

/// Renders a template as its own text with the names of the variables.
fn echo(source: Arc<Source>, names: &Fields) -> Result<Value, String> {
    let names: Vec<&str> = names.keys().map(String::as_str).collect();
    Ok(Value::from(format!("{}: {}", source.text.trim_end(), names.join(" "))))
}

fn context(pure: bool) -> CallContext<'static> {
    CallContext {
        folder: Path::new("tests/cases/expressions"),
        pure,
        plan_time: Some(datetime!(2026-01-02 03:04:05.6 UTC)),
        console: true,
        depth: 0,
        render: &echo,
    }
}

fn invoke(name: &str, arguments: Vec<Value>) -> Result<Value, FunctionError> {
    call(name, arguments, &context(false))
}

/// `name [arguments]` where the arguments are JSON.
fn invoke_line(line: &str) -> Result<Value, FunctionError> {
    let (name, arguments) = line.split_once(' ').unwrap();
    let arguments: serde_json::Value = serde_json::from_str(arguments).unwrap();
    invoke(name, from_json(&arguments).items().unwrap().to_vec())
}

fn lines(table: &str) -> impl Iterator<Item = (&str, &str)> {
    table.lines().filter(|line| !line.is_empty()).map(|line| line.split_once(" => ").unwrap())
}

#[test]
fn results_are_what_opentofu_gives() {
    let table = r##"
upper ["straße"] => "STRAßE"
title ["ǆ of_the sea-side"] => "ǅ Of_the Sea-Side"
substr ["he\u0301llo", 0, 2] => "hé"
substr ["hello", -3, 0] => "llo"
split ["", "añ"] => ["a","ñ"]
format ["%v %v %v", 1000000, 123456, 0.00001] => "1e+06 123456 1e-05"
format ["%.3g %g %.2e", 123456, 12345678, 0.000125] => "1.23e+05 1.2345678e+07 1.25e-04"
format ["%[2]s-%05[1]d|%[3]s", 7, "b", 2.25, "a"] => ! Invalid value for "args" parameter: too many arguments; only 3 used by format string.
formatlist ["%s-%d", ["a", "b"], 3] => ["a-3","b-3"]
range [1, 2, 0.25] => [1,1.25,1.5,1.75]
pow [2, 0.5] => 1.4142135623730951
parseint ["-Zz", 62] => -3817
sum [[0.1, 0.2]] => 0.3
cidrsubnet ["fd00::/8", 100, 5] => "fd00::50:0/108"
cidrsubnets ["10.0.0.0/16", 8, 4, 8] => ["10.0.0.0/24","10.0.16.0/20","10.0.32.0/24"]
cidrhost ["10.0.01.0/24", -2] => "10.0.1.254"
timeadd ["2020-02-29T00:00:00.9+01:30", "-1h0.5s"] => "2020-02-28T23:00:00+01:30"
formatdate ["EEEE D MMMM 'o''clock' H aa ZZZ", "2020-02-29T00:00:00Z"] => "Saturday 29 February o'clock 12 am UTC"
merge [{"a": 1}, null, {"a": "x"}] => {"a":"x"}
setproduct [["a", 1], [true]] => [["a",true],["1",true]]
flatten [[[], ["a", ["b"]], null]] => ["a","b",null]
jsonencode [{"b": "<&>\u2028", "a": 1.50}] => "{\"a\":1.5,\"b\":\"\\u003c\\u0026\\u003e\\u2028\"}"
yamlencode [{"b": [{"c": []}], "a": " x\ny"}] => "\"a\": |2-\n   x\n  y\n\"b\":\n- \"c\": []\n"
base64gunzip ["H4sIAAAAAAAA/8pIzcnJBwAAAP//AQAA//+GphA2BQAAAA=="] => "hello"
textdecodebase64 ["/v8AYQDx", "UTF-16"] => "añ"
regexall ["(?P<k>\\w)=(?P<v>\\d)?", "a=1 b="] => [{"k":"a","v":"1"},{"k":"b","v":null}]
replace ["a.b", "/(\\w)\\.(?P<x>\\w)/", "${x}.$1"] => "b.a"
templatestring ["hi", {"b": 1, "a": 2}] => "hi: a b"
templatefile ["files/hello.txt", {"a": 2}] => "Hello, world!: a"
fileset ["files", "deep/**/o?e.{txt,md}"] => ["deep/one.txt"]
plantimestamp [] => "2026-01-02T03:04:05Z"
"##;
    for (line, expected) in lines(table) {
        let found = match invoke_line(line) {
            Ok(value) => to_json(&value).unwrap().to_string(),
            Err(error) => format!("! {}", error.message),
        };
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn documents_have_limits() {
    let told = |name: &str, text: &str| invoke(name, vec![Value::from(text)]).unwrap_err().message;
    let deep = told("yamldecode", &format!("{}x", "- ".repeat(10_000)));
    assert!(deep.ends_with("the document is nested too deeply."), "{deep}");
    assert!(told("yamldecode", &"[".repeat(10_000)).contains("recursion limit"));
    assert!(told("jsondecode", &"[".repeat(10_000)).contains("recursion limit"));
    let repeated = |name: char| format!("{}*{name}", format!("*{name},").repeat(9));
    let mut laughs = "a: &a x\n".to_string();
    for (before, name) in ('a'..='l').zip('b'..='m') {
        laughs.push_str(&format!("{name}: &{name} [{}]\n", repeated(before)));
    }
    let aliases = told("yamldecode", &laughs);
    assert!(aliases.ends_with("document contains excessive aliasing."), "{aliases}");
    let huge = told("jsondecode", "[1e1000000000]");
    assert!(huge.ends_with("the number 1e+1000000000 is out of range."), "{huge}");
}

#[test]
fn a_product_has_limits() {
    let hundred = || Value::tuple((0..100).map(Value::from));
    let product = |more: Value| invoke("setproduct", vec![hundred(), hundred(), hundred(), more]);
    let one = Value::tuple([Value::from("a")]);
    assert_eq!(product(one).unwrap().items().map(<[Value]>::len), Some(1_000_000));
    let told =
        "Call to function \"setproduct\" failed: there would be more than 1000000 combinations.";
    assert_eq!(product(hundred()).unwrap_err().message, told);
    let many = vec![hundred(); 40];
    assert_eq!(invoke("setproduct", many).unwrap_err().message, told);
    assert_eq!(product(Value::tuple([])).unwrap().items(), Some([].as_slice()));
}

#[test]
fn the_widest_formats_work() {
    for (line, length) in [
        (r#"format ["%1000000d", 1]"#, 1_000_000),
        (r#"format ["%-1000000s", "a"]"#, 1_000_000),
        (r#"format ["%.1000000f", 1]"#, 1_000_002),
        (r#"format ["%.1000000e", 1]"#, 1_000_006),
        (r#"format ["%.1000000g", 1]"#, 1),
        (r#"indent [10000, "a\nb"]"#, 10_003),
    ] {
        let value = invoke_line(line).unwrap();
        assert_eq!(value.as_str().map(str::len), Some(length), "{line}");
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let table = r##"
upper [] => Function "upper" expects 1 argument(s). Missing value for "str".
upper ["a", "b"] => Function "upper" expects only 1 argument(s).
uper ["a"] => There is no function named "uper". Did you mean "upper"?
completelyelse [] => There is no function named "completelyelse".
upper [null] => Invalid value for "str" parameter: argument must not be null.
upper [["a"]] => Invalid value for "str" parameter: string required, but have tuple.
format ["%d", 1.5] => Call to function "format" failed: unsupported value for "%d" at 0: an integer is required.
format ["a%s%z", 1, 2] => Call to function "format" failed: unsupported format verb 'z' in "%z" at offset 3.
format ["%", 1] => Call to function "format" failed: invalid format string starting at offset 1.
format ["%é", 1] => Call to function "format" failed: unrecognized format character 'é' at offset 1.
format ["%1000001d", 1] => Call to function "format" failed: width or precision at offset 0 is more than 1000000.
format ["a%.1000001f", 1] => Call to function "format" failed: width or precision at offset 1 is more than 1000000.
format ["%99999999999999999999s", "a"] => Call to function "format" failed: width or precision at offset 0 is more than 1000000.
indent [10001, "a"] => Invalid value for "spaces" parameter: the number of spaces must not be over 10000.
range [1025] => Call to function "range" failed: more than 1024 values were generated; either decrease the difference between start and end or use a smaller step.
formatlist ["%s-%s", ["a", "b"], ["x"]] => Invalid value for "args" parameter: argument 2 has length 1, which is inconsistent with argument 1 of length 2.
cidrhost ["10.0.0.0/30", 5] => Call to function "cidrhost" failed: prefix of 30 does not accommodate a host numbered 5.
cidrsubnet ["10.0.0.0/16", 20, 1] => Call to function "cidrsubnet" failed: insufficient address space to extend prefix of 16 by 20.
cidrsubnet ["10.0.0.300/16", 8, 3] => Call to function "cidrsubnet" failed: invalid CIDR expression: invalid CIDR address: 10.0.0.300/16.
cidrsubnets ["0.0.0.0/0", 1, 1, 1] => Invalid value for "newbits" parameter: not enough remaining address space for a subnet with a prefix of 1 bits after 128.0.0.0/1.
timeadd ["2017-11-22", "1h"] => Call to function "timeadd" failed: not a valid RFC3339 timestamp: missing required time introducer 'T'.
timeadd ["2017-12-32T00:00:00Z", "1h"] => Call to function "timeadd" failed: not a valid RFC3339 timestamp: day out of range.
timeadd ["2017-12-22T00:00:00", "1h"] => Call to function "timeadd" failed: not a valid RFC3339 timestamp: end of string before UTC offset.
timeadd ["2017-12-22T00:00:00Z", "1d"] => Call to function "timeadd" failed: time: unknown unit "d" in duration "1d".
formatdate ["YYY", "2017-12-22T00:00:00Z"] => Invalid value for "format" parameter: invalid date format verb "YYY": year must either be "YY" or "YYYY".
tonumber ["abc"] => Invalid value for "v" parameter: cannot convert "abc" to number; given string must be a decimal representation of a number.
tomap [["a"]] => Invalid value for "v" parameter: cannot convert tuple to map of any single type.
regex ["(a)(?P<x>b)", "ab"] => Invalid value for "pattern" parameter: invalid regexp pattern: cannot mix both named and unnamed capture groups.
regex ["(", "ab"] => Invalid value for "pattern" parameter: invalid regexp pattern: unclosed group in (.
lookup [{"a": 1}, "b"] => Invalid value for "inputMap" parameter: the given object has no attribute "b".
slice [["a"], 0, 2] => Invalid value for "end_index" parameter: end index must not be greater than the length of the list.
one [["a", "b"]] => Invalid value for "list" parameter: must be a list, set, or tuple value with either zero or one elements.
base64decode ["!!"] => Call to function "base64decode" failed: failed to decode base64 data "!!".
yamldecode ["a: *x"] => Call to function "yamldecode" failed: on line 1, column 4: while parsing node, found unknown anchor.
yamldecode ["a: &x\n  b: *x"] => Call to function "yamldecode" failed: on line 2, column 6: cannot refer to an anchor from inside its own definition.
fileexists ["files"] => Call to function "fileexists" failed: "files" is a directory, not a file.
templatestring ["x", {"a b": 1}] => Invalid value for "vars" parameter: invalid template variable name "a b": must start with a letter, followed by zero or more letters, digits, and underscores.
list ["a"] => Call to function "list" failed: the "list" function is no longer available; use tolist([ ... ]) syntax to write a literal list.
"##;
    for (line, expected) in lines(table) {
        assert_eq!(invoke_line(line).unwrap_err().message, expected, "{line}");
    }
}

#[test]
fn errors_name_the_argument_that_is_to_blame() {
    let blamed = |line: &str| invoke_line(line).unwrap_err().argument;
    assert_eq!(blamed(r#"format ["x", 1]"#), Some(1));
    assert_eq!(blamed(r#"join [",", ["a"], ["b", null]]"#), Some(2));
    assert_eq!(blamed(r#"timecmp ["2017-12-22T00:00:00Z", "x"]"#), Some(1));
    assert_eq!(blamed(r#"cidrhost ["x", 1]"#), None);
}

#[test]
fn secrets_do_not_show_in_errors_and_mark_results() {
    let secret = |text: &str| Value::from(text).mark(Marks::SENSITIVE);
    for (name, arguments) in [
        ("base64decode", vec![secret("hunter2!")]),
        ("parseint", vec![secret("hunter2!"), Value::from(10)]),
        ("file", vec![secret("hunter2!")]),
        ("tonumber", vec![secret("hunter2!")]),
        ("lookup", vec![Value::object([("a", Value::from(1))]), secret("hunter2!")]),
    ] {
        let error = invoke(name, arguments).unwrap_err();
        assert!(!error.message.contains("hunter2"), "{error:?}");
    }
    let list = Value::list(Type::String, [secret("a"), Value::from("b")]);
    assert_eq!(invoke("upper", vec![secret("a")]).unwrap(), secret("A"));
    assert_eq!(invoke("element", vec![list.clone(), Value::from(1)]).unwrap(), Value::from("b"));
    assert_eq!(invoke("element", vec![list.clone(), Value::from(2)]).unwrap(), secret("a"));
    let index = Value::unknown(Type::Number);
    let marks = invoke("element", vec![list, index]).unwrap().marks();
    assert_eq!(marks, Marks::SENSITIVE, "which element it will be is not known");
}

#[test]
fn ephemeral_parts_become_null() {
    let ephemeral = Value::from("a").mark(Marks::EPHEMERAL);
    let value = Value::object([("a", ephemeral), ("b", Value::from("b"))]);
    let expected = Value::object([("a", Value::Null(Type::String)), ("b", Value::from("b"))]);
    assert_eq!(invoke("ephemeralasnull", vec![value]).unwrap(), expected);
}

#[test]
fn what_is_known_of_results_is_said() {
    let unknown = |name: &str, arguments: Vec<Value>| match invoke(name, arguments).unwrap() {
        Value::Unknown(unknown) => unknown,
        other => panic!("{other:?}"),
    };
    let string = || Value::unknown(Type::String);
    let found = unknown("format", vec![Value::from("arn:aws:%s"), string()]);
    assert_eq!((found.prefix.as_str(), found.not_null), ("arn:aws:", true));
    let found = unknown("jsonencode", vec![Value::object([("a", string())])]);
    assert_eq!(found.prefix, "{");
    assert!(unknown("upper", vec![string()]).not_null);
    assert!(!unknown("tostring", vec![Value::unknown(Type::Number)]).not_null);
    let list = Value::unknown(Type::list(Type::Number));
    assert_eq!(unknown("element", vec![list.clone(), Value::from(0)]).ty, Type::Number);
    assert_eq!(
        unknown("merge", vec![Value::unknown(Type::map(Type::Bool))]).ty,
        Type::map(Type::Bool)
    );
    assert_eq!(unknown("setunion", vec![list]).ty, Type::set(Type::Number));
    let wrong = invoke("element", vec![Value::unknown(Type::Bool), Value::from(0)]);
    assert!(wrong.is_err(), "the type is known to be wrong");
}

#[test]
fn functions_that_differ_each_time_wait_for_apply() {
    for (name, arguments) in [
        ("timestamp", vec![]),
        ("uuid", vec![]),
        ("bcrypt", vec![Value::from("a"), Value::from(4)]),
    ] {
        let planned = call(name, arguments.clone(), &context(true)).unwrap();
        assert_eq!(planned, Value::unknown_not_null(Type::String), "{name}");
        let applied = call(name, arguments, &context(false)).unwrap();
        assert!(applied.is_known(), "{name}");
    }
    let hash = invoke("bcrypt", vec![Value::from("a"), Value::from(4)]).unwrap();
    let hash = hash.as_str().unwrap();
    assert!(hash.starts_with("$2a$04$") && ::bcrypt::verify("a", hash).unwrap(), "{hash}");
}

#[test]
fn templates_do_not_call_themselves_for_ever() {
    let deep = CallContext { depth: 100, ..context(false) };
    let arguments = vec![Value::from("files/hello.txt"), Value::object::<String>([])];
    let error = call("templatefile", arguments, &deep).unwrap_err();
    assert!(error.message.contains("maximum recursion depth 100"), "{error:?}");
}

#[test]
fn the_console_alone_knows_types() {
    let arguments = || vec![Value::from(1)];
    assert_eq!(invoke("type", arguments()).unwrap(), Value::from("number"));
    let elsewhere = CallContext { console: false, ..context(false) };
    assert!(call("type", arguments(), &elsewhere).is_err());
}

#[test]
fn the_table_is_complete_and_sound() {
    let all = functions();
    let named: BTreeSet<&str> = all.iter().map(|function| function.name).collect();
    assert_eq!(named.len(), all.len());
    assert_eq!(all.len(), 124);
    assert!(find("core::upper").is_some_and(|function| function.name == "upper"));
    for function in all {
        assert!(function.description.ends_with('.'), "{}", function.name);
        let names: BTreeSet<&str> = function.parameters.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), function.parameters.len(), "{}", function.name);
    }
}
