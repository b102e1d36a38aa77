use super::*;

fn memory(files: &[(&str, &str)]) -> Memory {
    Memory(files.iter().map(|(path, text)| (PathBuf::from(path), text.to_string())).collect())
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let (_, diagnostics) = load(Path::new("."), &memory(files));
    diagnostics
        .into_iter()
        .map(|it| {
            let at = it.span.map(|span| format!("{span} ")).unwrap_or_default();
            format!("{at}{}: {}", it.summary, it.detail)
        })
        .collect()
}

#[test]
fn the_example_loads_without_a_word() {
    let (configuration, diagnostics) = load(Path::new("examples/ecs-fargate"), &Disk);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let configuration = configuration.unwrap();
    let vpc = configuration.module(&ModulePath(vec!["vpc".into()])).unwrap();
    assert_eq!(vpc.folder, Path::new("modules/vpc"));
    assert!(vpc.resources.len() > 5);
    assert!(configuration.sources.iter().any(|it| it.path == Path::new("modules/vpc/main.tf")));
}

#[test]
fn modules_are_found_below_and_beside() {
    let (configuration, diagnostics) = load(
        Path::new("stacks/a"),
        &memory(&[
            ("stacks/a/main.tf", "module \"m\" { source = \"../../m\" }\n"),
            ("m/main.tf", "module \"n\" { source = \"./n\" }\nmodule \"o\" { source = \"./n\" }\n"),
            ("m/n/b.tf", "locals { b = 1 }\n"),
            ("m/n/a.tf", "locals { a = 1 }\n"),
        ]),
    );
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let configuration = configuration.unwrap();
    let shown: Vec<_> = configuration
        .modules
        .iter()
        .map(|(path, module)| format!("{path} in {}", module.folder.display()))
        .collect();
    assert_eq!(
        shown,
        [" in stacks/a", "module.m in m", "module.m.module.n in m/n", "module.m.module.o in m/n"]
    );
    let files: Vec<_> =
        configuration.sources.iter().map(|it| it.path.display().to_string()).collect();
    assert_eq!(files, ["stacks/a/main.tf", "m/main.tf", "m/n/a.tf", "m/n/b.tf"]);
    let n = configuration.module(&ModulePath(vec!["m".into(), "n".into()])).unwrap();
    assert_eq!(n.locals.keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn every_file_reports_its_own_errors() {
    assert_eq!(
        problems(&[("a.tf", "locals {\n"), ("b.tf", "x {}\n"), ("c.tf", "locals { a = var.x }\n")]),
        [
            "a.tf:1:8 Unclosed block: Nothing closes this `{`.",
            "b.tf:1:1 Unsupported block type: There are no `x` blocks in a configuration.",
        ]
    );
}

#[test]
fn what_cannot_be_loaded_is_said() {
    let call = |source: &str| format!("module \"m\" {{ source = \"{source}\" }}\n");
    for (files, problem) in [
        (vec![], "No configuration: There is no folder `.`."),
        (
            vec![("main.tf", call("terraform-aws-modules/vpc/aws").leak() as &str)],
            "main.tf:1:23 Module not fetched: The source of module.m, \
             `terraform-aws-modules/vpc/aws`, has not been fetched.",
        ),
        (
            vec![("main.tf", call("./nowhere").leak())],
            "main.tf:1:23 Unreadable module: There is no folder `nowhere`.",
        ),
        (
            vec![
                ("main.tf", call("./a").leak()),
                ("a/main.tf", call("../a/../b").leak()),
                ("b/main.tf", call("../a").leak()),
            ],
            "b/main.tf:1:23 Module cycle: This module would contain itself: a → b → a.",
        ),
        (
            vec![("main.tf.json", "{")],
            "main.tf.json:1:2 Invalid JSON: A name in quotes is expected here.",
        ),
        (
            vec![("main.tf", ""), ("main_override.tf", "locals {\n  a = 1\n}\n")],
            "main_override.tf:2:3 Nothing to override: There is no local value `a` that this could override.",
        ),
    ] {
        assert_eq!(problems(&files), [problem]);
    }
}

#[test]
fn a_folder_without_configuration_files_is_an_empty_module() {
    let call = "module \"m\" {\n  source = \"./m\"\n}\n";
    for files in [&[("x.txt", "")][..], &[("main.tf", call), ("m/x.txt", "")]] {
        assert_eq!(problems(files), [""; 0]);
    }
}

#[test]
fn a_tofu_file_stands_instead_of_its_namesake() {
    let files = memory(&[("a.tf", "locals { a = 1 }\n"), ("a.tofu", "locals { b = 1 }\n")]);
    let (configuration, _) = load(Path::new("."), &files);
    let root = configuration.unwrap().module(&ModulePath::default()).unwrap().clone();
    assert_eq!(root.locals.keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn paths_are_normalised() {
    for (path, normal) in [
        ("./a/../b", "b"),
        ("../a/./b/..", "../a"),
        ("a/..", "."),
        ("../..", "../.."),
        ("/a/../..", "/"),
    ] {
        assert_eq!(normalise(Path::new(path)), Path::new(normal), "{path}");
    }
}
