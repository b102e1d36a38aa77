use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::{block_around, format, left_open};
use crate::diagnostic::Source;
use crate::language::parse::syntax_problems;

/// What `tofu fmt` of OpenTofu 1.12.6 makes of each input.
#[test]
fn files_get_their_canonical_form() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/fmt");
    let mut count = 0;
    for case in fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let read = |name: &str| fs::read_to_string(case.join(name)).unwrap();
        let (input, expected) = (read("input.tf"), read("expected.tf"));
        assert_eq!(format(&input), expected, "{}", case.display());
        assert_eq!(format(&expected), expected, "{} again", case.display());
        count += 1;
    }
    assert!(count >= 10, "{count} cases");
}

#[test]
fn line_ends_and_edges_stay_as_they_are() {
    let cases = [
        ("", ""),
        ("  ", "  "),
        ("a=1", "a = 1"),
        ("a=1\n  ", "a = 1\n  "),
        ("\u{feff} a=1\n", "a = 1\n"),
        ("a=1 # b\r\nbb=2# c\r\n\r\n", "a  = 1 # b\r\nbb = 2 # c\r\n\r\n"),
        ("a=<<E\r\n x \r\n E\r\nbb=1\r\n", "a  = <<E\r\n x \r\n E\r\nbb = 1\r\n"),
        ("\ta\t=\t1\n", "a = 1\n"),
    ];
    for (input, expected) in cases {
        assert_eq!(format(input), expected, "{input:?}");
    }
}

/// `tofu fmt` takes the template away and leaves two lines that no longer belong together.
#[test]
fn a_comment_inside_of_a_template_does_not_part_its_expression() {
    let text = "a = \"${ x + # first\n  y\n}\"\n";
    assert_eq!(format(text), "a = (x + # first\ny)\n");
}

#[test]
fn what_is_open_is_counted() {
    for (text, open) in [
        ("a(", 1),
        ("{[(", 3),
        ("{ \"}\" # }\n", 1),
        ("\"${a(\"", 1),
        ("a)", 0),
        ("(]", 0),
        ("<<E\n", 1),
        ("<<E\n(\nE\n", 0),
    ] {
        assert_eq!(left_open(text), open, "{text}");
    }
}

#[test]
fn the_block_around_a_place_is_found() {
    let text = "a = {\n}\nfoo \"b\" c {\n  d {\n    e = 1\n  }\n}\n\nf {\n  g = (\n";
    let around = |what: &str| block_around(text, text.find(what).unwrap());
    assert_eq!(around("e = 1").as_deref(), Some("foo \"b\" \"c\""));
    assert_eq!(around("\"b\"").as_deref(), Some("foo \"b\" \"c\""));
    assert_eq!(around("g =").as_deref(), Some("f"));
    for outside in ["a =", "foo", "\nf {", "f {"] {
        assert_eq!(around(outside), None, "{outside}");
    }
    assert_eq!(block_around(text, 7), None);
}

fn blank() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["", "", " ", "  ", "\t"]).prop_map(str::to_string)
}

/// Joins words with blanks of random length.
fn spaced(words: Vec<String>) -> BoxedStrategy<String> {
    let count = words.len();
    proptest::collection::vec(blank(), count)
        .prop_map(move |blanks| {
            words.iter().zip(blanks).map(|(word, blank)| format!("{word}{blank}")).collect()
        })
        .boxed()
}

/// Each line of a list of lines moved and followed by something.
fn lines(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| it.to_string()).collect()
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "1",
        "-2.5",
        "var.a",
        "x[0]",
        "x[*].y",
        "\"text  here\"",
        "\"${a}-${b}\"",
        "true",
        "[]",
        "{}",
        "!x",
        "a::b()",
    ]);
    leaf.prop_map(str::to_string).prop_recursive(3, 24, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        let binary = (pair, proptest::sample::select(vec!["+", "-", "==", "&&", "/", "<="]));
        prop_oneof![
            binary.prop_flat_map(|((left, right), sign)| {
                spaced(vec![left, sign.to_string(), right])
            }),
            proptest::collection::vec(inner.clone(), 1..4)
                .prop_flat_map(|items| { spaced(vec!["[".into(), items.join(" ,"), "]".into()]) }),
            proptest::collection::vec(inner.clone(), 1..4).prop_flat_map(|items| {
                spaced(vec!["f(\n".into(), items.join(",\n"), "\n)".into()])
            }),
            (inner.clone(), inner.clone()).prop_flat_map(|(key, value)| {
                spaced(vec!["{\n(".into(), key, ")".into(), "=".into(), value, "\n}".into()])
            }),
            inner
                .clone()
                .prop_flat_map(|it| { spaced(lines(&["(", &it, "?", "1", ":", "2", ")"])) }),
            inner.prop_flat_map(|it| {
                spaced(lines(&["[", "for k,v in", " ", &it, ":", "-v", "if k", "]"]))
            }),
        ]
    })
}

fn body(depth: u32) -> BoxedStrategy<String> {
    let end = proptest::sample::select(vec!["\n", " # why\n", "  // why\n", "/* a */ \n", "\n\n"]);
    let name = proptest::sample::select(vec!["a", "longer_name", "in"]);
    let argument = (name, expression(), end.clone()).prop_flat_map(|(name, value, end)| {
        spaced(vec![name.into(), "=".into(), value, end.into()])
    });
    let heredoc = Just("text = <<-EOT\n   kept  as  it is ${ x }\n  EOT\n".to_string());
    let comment = Just("   # on its own\n".to_string());
    let item = if depth == 0 {
        prop_oneof![4 => argument, 1 => heredoc, 1 => comment].boxed()
    } else {
        let block = (body(depth - 1), end).prop_flat_map(|(body, end)| {
            spaced(vec![
                "block ".into(),
                "\"label\"".into(),
                "{\n".into(),
                body,
                "}".into(),
                end.into(),
            ])
        });
        prop_oneof![4 => argument, 1 => heredoc, 1 => comment, 2 => block].boxed()
    };
    // An argument may stand only once in a block.
    let item =
        (item, 0..1000_u32).prop_map(|(item, number)| match item.trim_start().chars().next() {
            Some('a' | 'l' | 'i' | 't') => format!("n{number}_{}", item.trim_start()),
            _ => item,
        });
    proptest::collection::vec(item, 0..5).prop_map(|items| items.concat()).boxed()
}

fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn formatting_again_changes_nothing_and_only_blanks_change(text in body(2)) {
        let problems = |text: &str| {
            let source = Source { path: "a.tf".into(), text: text.to_string() };
            syntax_problems(&Arc::new(source))
        };
        prop_assume!(!problems(&text).has_errors());
        let formatted = format(&text);
        prop_assert_eq!(format(&formatted), formatted.as_str());
        prop_assert_eq!(solid(&formatted), solid(&text));
        prop_assert!(!problems(&formatted).has_errors());
    }
}
