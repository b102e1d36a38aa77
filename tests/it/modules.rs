//! `modules/` and `examples/`: they load, and they are described.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use terrace::diagnostic::Diagnostics;
use terrace::language::config::{Configuration, Module};
use terrace::language::load::{Disk, Files, Memory, load};

/// The folders in a folder of the repository, in order.
fn folders(name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    assert!(!found.is_empty(), "{name} is empty");
    found
}

fn loaded(folder: &Path, files: &dyn Files) -> Configuration {
    let (configuration, diagnostics) = load(folder, files);
    assert!(diagnostics.is_empty(), "{}: {}", folder.display(), told(&diagnostics));
    configuration.unwrap()
}

fn told(diagnostics: &Diagnostics) -> String {
    let lines = diagnostics.0.iter().map(|it| {
        let place = it.span.as_ref().map(|span| span.text()).unwrap_or_default();
        format!("\n{}: {} ({place})", it.summary, it.detail)
    });
    lines.collect()
}

fn root(configuration: &Configuration) -> &Module {
    configuration.modules.first_key_value().unwrap().1
}

#[test]
fn each_loads_without_a_remark() {
    for folder in folders("modules").iter().chain(&folders("examples")) {
        assert!(!root(&loaded(folder, &Disk)).outputs.is_empty(), "{}", folder.display());
    }
}

#[test]
fn examples_need_no_input() {
    for folder in folders("examples") {
        let configuration = loaded(&folder, &Disk);
        let needed = root(&configuration).variables.iter().filter(|(_, it)| it.default.is_none());
        let needed: Vec<&String> = needed.map(|(name, _)| name).collect();
        assert!(needed.is_empty(), "{}: {needed:?}", folder.display());
    }
}

#[test]
fn every_input_and_output_is_described() {
    let mut missing = Vec::new();
    for folder in folders("modules").iter().chain(&folders("examples")) {
        let configuration = loaded(folder, &Disk);
        let module = root(&configuration);
        let inputs = module.variables.iter().map(|(name, it)| (name, &it.description, it.typed));
        let outputs = module.outputs.iter().map(|(name, it)| (name, &it.description, true));
        let wrong = inputs.chain(outputs).filter(|(_, text, typed)| {
            !typed || !text.ends_with('.') || !text.starts_with(|first: char| first.is_uppercase())
        });
        missing.extend(wrong.map(|(name, ..)| format!("{}: {name}", folder.display())));
    }
    assert!(missing.is_empty(), "no type, or no sentence that describes it: {missing:#?}");
}

/// The text of the first code block in HCL.
fn snippet(readme: &str) -> Option<&str> {
    let (_, rest) = readme.split_once("```hcl\n")?;
    rest.split_once("```").map(|(code, _)| code)
}

#[test]
fn what_the_descriptions_show_is_one_stack() {
    let mut files = BTreeMap::new();
    for folder in folders("modules") {
        let name = folder.file_name().unwrap().to_str().unwrap().to_string();
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.starts_with(&format!("# {name}\n")), "{name}");
        let code = snippet(&readme).unwrap_or_else(|| panic!("{name}: no example"));
        assert!(code.contains(&format!("source = \"../../modules/{name}\"")), "{name}");
        files.insert(PathBuf::from(format!("examples/all/{name}.tf")), code.to_string());
        for file in Disk.list(&folder).unwrap().iter().filter(|file| file.ends_with(".tf")) {
            let text = Disk.read(&folder.join(file)).unwrap();
            files.insert(Path::new("modules").join(&name).join(file), text);
        }
    }
    let configuration = loaded(Path::new("examples/all"), &Memory(files));
    assert_eq!(configuration.modules.len(), 1 + folders("modules").len());
}
