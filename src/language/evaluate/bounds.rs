//! Tests: nothing goes on forever or uses up the memory.

use super::tests::show;

/// What is wrong with an expression, in a few words for each problem.
fn problems(text: &str) -> Vec<(String, String)> {
    let problems = show(text).expect_err(text);
    problems.into_iter().map(|it| (it.summary, it.detail)).collect()
}

/// A text of some length, as it is written.
fn text(length: usize) -> String {
    format!("\"{}\"", "a".repeat(length))
}

#[test]
fn loops_in_loops_come_to_an_end() {
    let long = text(10_000);
    for text in [
        format!(
            "[for a in range(1024) : [for b in range(1024) : [for c in range(1024) : {long}]]]"
        ),
        format!("{{for a in range(1024) : a => {{for b in range(1024) : b => [{long}]}}}}"),
        format!("length([for a in range(1024) : [for b in range(1024) : {long}]])"),
        format!(
            "\"%{{for a in range(1024)}}%{{for b in range(1024)}}{}%{{endfor}}%{{endfor}}\"",
            "a".repeat(10_000)
        ),
    ] {
        let found = problems(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "Value too large", "{text:.200}");
    }
}

#[test]
fn what_loops_make_only_for_a_while_does_not_count() {
    let text =
        "sum([for a in range(1000) : length([for b in range(1000) : \"abcdefghijklmnop\"])])";
    assert_eq!(show(text).unwrap(), "1000000");
}

#[test]
fn texts_are_not_made_too_long() {
    for text in [
        format!("replace({}, \"a\", {})", text(200_000), text(1000)),
        format!("replace({}, \"/.*/\", \"{}\")", text(200_000), "$0".repeat(1000)),
        format!("replace({}, \"/a/\", {})", text(20_000), text(200_000)),
        format!("join({}, [for a in range(1000) : \"b\"])", text(200_000)),
        format!("indent(10000, \"{}\")", "\\n".repeat(20_000)),
        format!("format(\"{}\", \"x\")", "%1000000[1]s".repeat(200)),
    ] {
        let found = problems(&text);
        let (summary, detail) = &found[0];
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(summary == "Error in function call" && detail.contains("MiB"), "{found:?}");
    }
}

#[test]
fn written_values_that_share_much_are_measured() {
    let long = text(10_000);
    let many = "b, ".repeat(40_000);
    for text in [
        format!("jsonencode([for b in [{long}] : [{many}]])"),
        format!("[for b in [{long}] : length([{many}])]"),
    ] {
        match problems(&text).as_slice() {
            [(summary, _)] => assert_eq!(summary, "Value too large", "{text:.100}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn numbers_stay_in_range() {
    for (text, summary) in [
        ("1e99999 * 1e99999 * 1e99999 * 1e99999", "Operation failed"),
        ("1 / 1e99999 / 1e99999 / 1e99999 / 1e99999", "Operation failed"),
        ("1e100000000", "Invalid number"),
        ("pow(10, 100000000)", "Error in function call"),
        ("tonumber(\"1e999999999\")", "Invalid function argument"),
        (
            "parseint(join(\"\", [for a in range(1024) : \"9999999999999999999999999999999999999999\
          999999999999999999999999999999999999999999999999999999999999999\"]), 10)",
            "Invalid function argument",
        ),
        ("range(0, 1e9)", "Error in function call"),
        ("format(\"%1000000000s\", \"a\")", "Error in function call"),
        ("setproduct(range(1024), range(1024), range(1024))", "Error in function call"),
    ] {
        assert_eq!(problems(text)[0].0, summary, "{text}");
    }
    // as in OpenTofu
    assert_eq!(show("length(tostring(1e999))").unwrap(), "1000");
    assert_eq!(show("1e-999 * 1e999").unwrap(), "1");
    assert_eq!(show("length(tostring(1e5000))").unwrap(), "5001");
}

#[test]
fn try_expands_its_last_argument_first() {
    for (text, value) in [
        ("try([1, 2]...)", "1"),
        ("try({ a = 1 }.b, [5]...)", "5"),
        ("try(1, [2]...)", "1"),
        ("can([1]...)", "true"),
        ("can({ a = 1 }.b, []...)", "false"),
        ("try(tonumber(\"a\"), toset([\"b\"])...)", "\"b\""),
    ] {
        assert_eq!(show(text).unwrap(), value, "{text}");
    }
    for (text, summary) in [
        ("try([{ a = 1 }.b, 5]...)", "Unsupported attribute"),
        ("try(1, [tonumber(\"a\")]...)", "Invalid function argument"),
        ("try(1, null...)", "Invalid expanding argument value"),
        ("try({ a = 1 }.b, \"x\"...)", "Invalid expanding argument value"),
        ("try([]...)", "Error in function call"),
        ("can([1, 2]...)", "Too many function arguments"),
    ] {
        assert_eq!(problems(text)[0].0, summary, "{text}");
    }
}
