//! The expressions of `tests/cases/expressions` mean here what they mean in OpenTofu.

use std::path::PathBuf;

use super::tests::{cases_folder, show};

/// Where this language differs on purpose: the file, the expression, what it shows here (none where it
/// is an error), and why.
const DIFFERENT: &[(&str, &str, Option<&str>, &str)] = &[
    (
        "ephemeral.txt",
        "{ hunter2 = 1 }[var.token]",
        Some("(ephemeral value)"),
        "What an ephemeral key chooses tells of the key.",
    ),
    (
        "network.txt",
        "cidrsubnet(\"10.0.0.0/16\", -1, 0)",
        None,
        "A subnet cannot be larger than its network.",
    ),
    (
        "network.txt",
        "cidrsubnet(\"10.0.0.0/16\", 8, -1)",
        None,
        "There is no subnet before the first one.",
    ),
    (
        "network.txt",
        "cidrcontains(\"::ffff:10.0.0.0/104\", \"10.0.0.1\")",
        None,
        "An IPv6 network does not contain IPv4 addresses, however it is mapped.",
    ),
    (
        "sensitive.txt",
        "[sensitive(1)] == null",
        Some("false"),
        "That something is not null says nothing of what is inside.",
    ),
    (
        "splat_index.txt",
        "[[1, 2], [3, 4]].0.1",
        Some("2"),
        "It is clear what is meant; OpenTofu takes `.0.1` for a malformed number.",
    ),
    (
        "unknown.txt",
        "[var.string, \"b\"] == [\"a\", \"c\"]",
        Some("false"),
        "The second elements differ, whatever the first one turns out to be.",
    ),
];

/// One expression with what it should show; none where there must be an error.
struct Case {
    line: usize,
    expression: String,
    expected: Option<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let lines: Vec<&str> = text.lines().collect();
    let is_expression = |line: &str| line.starts_with("> ") || line == ">";
    let begins =
        |at: usize| lines.get(at).is_none_or(|line| is_expression(line) || line.starts_with("# "));
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let first = at;
        while lines.get(at).is_some_and(|line| is_expression(line)) {
            at += 1;
        }
        if at == first {
            at += 1;
            continue;
        }
        let parts = lines[first..at].iter().map(|line| line.get(2..).unwrap_or_default());
        let mut expression = parts.collect::<Vec<_>>().join("\n");
        if at - first > 1 {
            expression.push('\n');
        }
        let result = at;
        while at < lines.len() && !(lines[at].is_empty() && begins(at + 1)) {
            at += 1;
        }
        let expected = lines[result..at].join("\n");
        let expected = (!expected.starts_with('!')).then_some(expected);
        found.push(Case { line: first + 1, expression, expected });
    }
    found
}

/// What `type` says is printed without quotes.
fn as_type(expression: &str, shown: String) -> String {
    if !expression.starts_with("type(") {
        return shown;
    }
    let heredoc = shown.strip_prefix("<<EOT\n").and_then(|it| it.strip_suffix("\nEOT"));
    heredoc.map_or_else(|| shown.trim_matches('"').to_string(), str::to_string)
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cases_folder()).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "txt"));
    files.sort();
    files
}

#[test]
fn expressions_mean_what_they_mean_in_opentofu() {
    let (mut count, mut wrong, mut unused) = (0, Vec::new(), DIFFERENT.to_vec());
    for path in files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for mut case in cases(&std::fs::read_to_string(&path).unwrap()) {
            count += 1;
            let different = |it: &&(&str, &str, Option<&str>, &str)| {
                (it.0, it.1) == (name.as_str(), case.expression.as_str())
            };
            if let Some(&(file, expression, shows, _)) = DIFFERENT.iter().find(different) {
                case.expected = shows.map(str::to_string);
                unused.retain(|it| (it.0, it.1) != (file, expression));
            }
            let shown = show(&case.expression).map(|it| as_type(&case.expression, it));
            if shown.as_ref().ok() != case.expected.as_ref() {
                wrong.push(format!(
                    "{name}:{}: {}\n  expected {}\n  found    {}",
                    case.line,
                    case.expression,
                    case.expected.as_deref().unwrap_or("an error"),
                    shown.unwrap_or_else(|problems| format!("{problems:?}")),
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 4000 && unused.is_empty(), "{count} cases; not there any more: {unused:?}");
}
