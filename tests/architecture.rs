//! Rules of the code's shape: layers, lengths, and that nothing is forgotten.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Modules in layer order: each uses its own layer and those above it.
const LAYERS: &[&[&str]] = &[
    &["value", "address", "diagnostic", "duration"],
    &["schema"],
    &["provider"],
    &["language"],
    &["fetch"],
    &["graph", "state"],
    &["plan", "rules"],
    &["refresh", "apply"],
    &["ui"],
    &["command"],
];

/// Modules that hang on `provider` and what is above it; only `command` names them.
const BESIDE: &[&str] = &["aws", "utility", "sandbox"];

/// The product's files with their text: without comments, strings and tests.
static PRODUCT: LazyLock<Vec<(PathBuf, String)>> = LazyLock::new(|| {
    let text = |path: &PathBuf| without_tests(blanked(&fs::read_to_string(path).unwrap()));
    product_files().into_iter().map(|path| (path.clone(), text(&path))).collect()
});

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
    let mut rest = text;
    let mut blank = String::with_capacity(text.len());
    while let Some(first) = rest.chars().next() {
        let raw_name = blank.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let length = if first == 'r' && raw_name { 0 } else { literal(rest) };
        if length == 0 {
            blank.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            blank.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    blank
}

/// The length of the comment, string or character a text starts with; 0 if it starts otherwise.
fn literal(text: &str) -> usize {
    let until = |from: usize, end: &str| {
        text[from..].find(end).map_or(text.len(), |at| from + at + end.len())
    };
    match text.as_bytes() {
        [b'/', b'/', ..] => text.find('\n').unwrap_or(text.len()),
        [b'/', b'*', ..] => until(2, "*/"),
        [b'r', b'"', ..] => until(2, "\""),
        [b'r', b'#', ..] => {
            let marks = text[1..].bytes().take_while(|byte| *byte == b'#').count();
            match text.as_bytes().get(1 + marks) {
                Some(b'"') => until(marks + 2, &format!("\"{}", "#".repeat(marks))),
                _ => 0,
            }
        }
        [b'"', ..] => quoted(text, 1, b'"'),
        [b'\'', b'\\', ..] => quoted(text, 1, b'\''),
        [b'\'', ..] => {
            let mut characters = text[1..].char_indices().skip(1);
            characters.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 2)
        }
        _ => 0,
    }
}

/// The end of a text in quotes, past escapes.
fn quoted(text: &str, start: usize, quote: u8) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
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
    let attribute = "#[cfg(test)]";
    let mut from = 0;
    while let Some(start) = text[from..].find(attribute).map(|at| from + at) {
        from = start + attribute.len();
        if let Some(end) = block_end(&text, from) {
            text.replace_range(start..=end, "");
            from = start;
        }
    }
    text
}

/// The top-level module a file belongs to; none for `lib.rs` and `main.rs`.
fn module_of(path: &Path) -> Option<String> {
    let name = path.strip_prefix("src").unwrap().components().next().unwrap();
    let name = name.as_os_str().to_str().unwrap().trim_end_matches(".rs");
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// The modules of this crate that a text names.
fn used_modules(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, path) in text.match_indices("crate::") {
        let rest = &text[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(group) => used.extend(first_names(group)),
            None => used.extend(word(rest)),
        }
    }
    used
}

/// The word a text starts with.
fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The first names of the paths in a group of imports, up to its end.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut expected, mut names) = (1, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => expected = true,
            _ if expected && !c.is_whitespace() => {
                names.extend(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn modules_depend_downwards() {
    let mut wrong = Vec::new();
    let modules: BTreeSet<_> = PRODUCT.iter().filter_map(|(path, _)| module_of(path)).collect();
    for (path, text) in PRODUCT.iter() {
        let Some(user) = module_of(path) else { continue };
        for used in used_modules(text) {
            if modules.contains(&used) && user != used && !may_use(&user, &used) {
                wrong.push(format!("{}: {user} may not use {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    for module in PRODUCT.iter().filter_map(|(path, _)| module_of(path)) {
        let known = rank(&module).is_some() || BESIDE.contains(&module.as_str());
        assert!(known, "give `{module}` a layer in tests/architecture.rs and in src/lib.rs");
    }
}

/// The number of lines of each function, with its place.
fn functions(path: &Path, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, head) in text.match_indices("fn ") {
        let own_word = !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let Some(name) = word(&text[start + head.len()..]).filter(|_| own_word) else { continue };
        if let Some(body) = body_start(text, start) {
            let end = block_end(text, body).unwrap_or(text.len() - 1);
            let lines = text[start..=end].matches('\n').count() + 1;
            found.push((lines, format!("{} {name}", path.display())));
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
    let lengths = PRODUCT.iter().flat_map(|(path, text)| functions(path, text)).collect();
    within("function", lengths, 8, 30, 80);
}

#[test]
fn files_are_short() {
    let lines = |(path, text): &(PathBuf, String)| {
        (text.matches('\n').count() + 1, path.display().to_string())
    };
    within("file", PRODUCT.iter().map(lines).collect(), 180, 450, 700);
}

/// A file of a resource type is worth nothing unless its folder's registry names the type.
#[test]
fn every_resource_type_is_registered() {
    let mut forgotten = Vec::new();
    for (path, text) in PRODUCT.iter().filter(|(path, _)| path.starts_with("src/aws")) {
        let folder = path.parent().unwrap().join("mod.rs");
        let Some((_, registry)) = PRODUCT.iter().find(|(path, _)| *path == folder) else {
            continue;
        };
        let names = |name: &str| {
            let mut words = registry.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.any(|word| word == name)
        };
        for head in ["impl Resource for ", "impl DataSource for "] {
            for (at, _) in text.match_indices(head) {
                let name = word(&text[at + head.len()..]).unwrap_or_default();
                if *path != folder && !names(&name) {
                    forgotten.push(format!("{}: {name}", path.display()));
                }
            }
        }
    }
    assert!(forgotten.is_empty(), "not in their folder's registry: {forgotten:#?}");
}

#[test]
fn text_is_read_as_the_compiler_reads_it() {
    let text = r##"let a = "x { \" }"; // { fn b() {
        let c = '{'; let d: &'static str = r#"fn "e" {"#; /* } */"##;
    let blank = blanked(text);
    assert_eq!(blank.len(), text.len());
    assert!(!blank.contains(['{', '}', '"']), "{blank}");
    assert!(blank.contains("let d: &'static str ="));
    let used = used_modules("use crate::{value::{self, Type}, schema};\ncrate::plan::run()");
    assert_eq!(used.into_iter().collect::<Vec<_>>(), ["plan", "schema", "value"]);
    let tested = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}".to_owned();
    assert_eq!(without_tests(tested), "fn a() {}\n\nfn c() {}");
}
