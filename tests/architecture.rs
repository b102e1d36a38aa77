//! Rules of the code's shape: layers, lengths, and that nothing is forgotten.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Modules in layer order: each uses its own layer and those above it.
const LAYERS: &[&[&str]] = &[
    &["value", "address", "diagnostic"],
    &["schema"],
    &["provider"],
    &["language"],
    &["graph", "state"],
    &["plan", "rules"],
    &["refresh", "apply"],
    &["ui"],
    &["command"],
];

/// Modules that hang on `provider` and what is above it; only `command` names them.
const BESIDE: &[&str] = &["aws", "utility", "sandbox"];

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn may_use(user: &str, used: &str) -> bool {
    let provider = rank("provider").unwrap();
    match (BESIDE.contains(&user), BESIDE.contains(&used)) {
        (true, true) => user == used,
        (true, false) => rank(used).is_some_and(|rank| rank <= provider),
        (false, true) => user == "command",
        (false, false) => rank(used) <= rank(user),
    }
}

/// All Rust files under a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Files of the product: without those that only hold tests.
fn product_files() -> Vec<PathBuf> {
    let is_test = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let in_tests = path.components().any(|part| part.as_os_str() == "tests");
        in_tests || name == "tests.rs" || name.ends_with("_tests.rs")
    };
    files(Path::new("src")).into_iter().filter(|path| !is_test(path)).collect()
}

/// Rust text with comments, strings and characters blanked; line breaks stay.
fn blanked(text: &str) -> String {
    let pattern = concat!(
        r##"(?s)//[^\n]*|/\*.*?\*/|r#".*?"#|r"[^"]*"|b?"(?:\\.|[^"\\])*"|"##,
        r"b?'(?:\\(?:x..|u\{[^}]*\}|.)|[^'\\\n])'",
    );
    let pattern = Regex::new(pattern).unwrap();
    let blank = |captures: &regex::Captures<'_>| -> String {
        captures[0].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
    };
    pattern.replace_all(text, blank).into_owned()
}

/// The end of the block that opens first at or after a place; none for an item without a body.
fn block_end(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b';' if depth == 0 => return None,
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Text without what is compiled for tests only.
fn without_tests(mut text: String) -> String {
    let attribute = Regex::new(r"#\[cfg\(test\)\]\s*(pub(\([a-z]+\))?\s+)?mod\s+\w+").unwrap();
    while let Some(found) = attribute.find(&text) {
        let (start, end) = (found.start(), found.end());
        let end = block_end(&text, end).unwrap_or(end);
        text.replace_range(start..=end, "");
    }
    text
}

fn product_text(path: &Path) -> String {
    without_tests(blanked(&fs::read_to_string(path).unwrap()))
}

/// The top-level module a file belongs to; none for `lib.rs` and `main.rs`.
fn module_of(path: &Path) -> Option<String> {
    let name = path.strip_prefix("src").unwrap().components().next().unwrap();
    let name = name.as_os_str().to_str().unwrap().trim_end_matches(".rs");
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// The modules of this crate that a text names.
fn used_modules(text: &str) -> BTreeSet<String> {
    let one = Regex::new(r"\bcrate::(\w+)").unwrap();
    let many = Regex::new(r"\bcrate::\{([^;]*)\}\s*;").unwrap();
    let mut used: BTreeSet<String> =
        one.captures_iter(text).map(|found| found[1].to_owned()).collect();
    for group in many.captures_iter(text) {
        let mut depth = 0;
        let mut name = String::new();
        for c in group[1].chars().chain([',']) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    let first = name.split("::").next().unwrap().trim().to_owned();
                    used.extend(Some(first).filter(|it| !it.is_empty()));
                    name.clear();
                }
                other if depth == 0 => name.push(other),
                _ => {}
            }
        }
    }
    used
}

#[test]
fn modules_depend_downwards() {
    let mut wrong = Vec::new();
    let mut modules = BTreeSet::new();
    for path in product_files() {
        modules.extend(module_of(&path));
    }
    for path in product_files() {
        let Some(user) = module_of(&path) else { continue };
        for used in used_modules(&product_text(&path)) {
            if modules.contains(&used) && user != used && !may_use(&user, &used) {
                wrong.push(format!("{}: {user} may not use {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    for path in product_files() {
        if let Some(module) = module_of(&path) {
            let known = rank(&module).is_some() || BESIDE.contains(&module.as_str());
            assert!(known, "give `{module}` a layer in tests/architecture.rs and in src/lib.rs");
        }
    }
}

/// The number of lines of each function, with its place.
fn functions(path: &Path) -> Vec<(usize, String)> {
    let text = product_text(path);
    let head = Regex::new(r"\bfn\s+(\w+)").unwrap();
    let mut found = Vec::new();
    for captures in head.captures_iter(&text) {
        let (start, end) = (captures.get(0).unwrap().start(), captures.get(0).unwrap().end());
        if let Some(body) = body_start(&text, end) {
            let end = block_end(&text, body).unwrap_or(text.len() - 1);
            let lines = text[start..=end].matches('\n').count() + 1;
            found.push((lines, format!("{} {}", path.display(), &captures[1])));
        }
    }
    found
}

/// Where the body of a function begins, past its parameters and return type.
fn body_start(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Checks lengths against a median, a ninetieth percentile and a cap.
fn within(what: &str, mut lengths: Vec<(usize, String)>, median: usize, most: usize, cap: usize) {
    lengths.sort();
    let over: Vec<_> = lengths.iter().filter(|(length, _)| *length > cap).collect();
    assert!(over.is_empty(), "{what} over {cap} lines: {over:#?}");
    let at = |share: f64| lengths[((lengths.len() - 1) as f64 * share).round() as usize].0;
    assert!(at(0.5) <= median, "the median {what} has {} lines, not {median}", at(0.5));
    assert!(at(0.9) <= most, "a tenth of {what}s has over {most} lines: {}", at(0.9));
}

#[test]
fn functions_are_short() {
    let lengths = product_files().iter().flat_map(|path| functions(path)).collect();
    within("function", lengths, 8, 30, 80);
}

#[test]
fn files_are_short() {
    let length =
        |path: &PathBuf| (product_text(path).matches('\n').count() + 1, path.display().to_string());
    within("file", product_files().iter().map(length).collect(), 180, 450, 700);
}

/// A file of a resource type is worth nothing unless the registry knows it.
#[test]
fn every_resource_type_is_registered() {
    let implementation = Regex::new(r"\bimpl\s+(?:Resource|DataSource)\s+for\s+(\w+)").unwrap();
    let mut forgotten = Vec::new();
    for path in product_files().iter().filter(|path| path.starts_with("src/aws")) {
        let folder = path.parent().unwrap().join("mod.rs");
        if *path == folder || !folder.exists() {
            continue;
        }
        let registry = product_text(&folder);
        for found in implementation.captures_iter(&product_text(path)) {
            if !Regex::new(&format!(r"\b{}\b", &found[1])).unwrap().is_match(&registry) {
                forgotten.push(format!("{}: {}", path.display(), &found[1]));
            }
        }
    }
    assert!(forgotten.is_empty(), "not in their folder's registry: {forgotten:#?}");
}
