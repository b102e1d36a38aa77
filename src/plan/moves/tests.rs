use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::language::load::{Memory, load};
use crate::state::Object;

/// The configuration of a root module, and of a module in `./m` with one resource in it.
fn configuration(root: &str) -> Configuration {
    let module = "resource \"terraform_data\" \"in\" {}\n".to_string();
    let files = [("main.tf", root.to_string()), ("m/main.tf", module)];
    let files = files.map(|(path, text)| (PathBuf::from(path), text));
    let (configuration, problems) = load(Path::new("."), &Memory(BTreeMap::from(files)));
    assert!(problems.is_empty(), "{problems:?}");
    configuration.unwrap()
}

fn state(addresses: &[&str]) -> State {
    let mut state = State::default();
    for address in addresses {
        state.set(&address.parse().unwrap(), None, "p", Object::default());
    }
    state
}

/// Where the objects of a state are after moving.
fn after(root: &str, before: &[&str]) -> Vec<String> {
    let configuration = configuration(root);
    let moves =
        moved(&state(before), &configuration, &statements(&configuration), &Providers(Vec::new()));
    moves.state.resources.keys().map(ToString::to_string).collect()
}

const A: &str = "terraform_data.a";

fn resource(name: &str, inside: &str) -> String {
    format!("resource \"terraform_data\" \"{name}\" {{\n{inside}\n}}\n")
}

fn call(name: &str, inside: &str) -> String {
    format!("module \"{name}\" {{\n  source = \"./m\"\n{inside}\n}}\n")
}

fn block(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to = {to}\n}}\n")
}

#[test]
fn count_that_comes_or_goes_moves_the_first() {
    let counted = resource("a", "  count = 2");
    assert_eq!(after(&counted, &[A]), ["terraform_data.a[0]"]);
    assert_eq!(after(&counted, &[A, "terraform_data.a[0]"]), [A, "terraform_data.a[0]"]);
    let single = resource("a", "");
    let two = ["terraform_data.a[0]", "terraform_data.a[1]"];
    assert_eq!(after(&single, &two), [A, "terraform_data.a[1]"]);
    let each = resource("a", "  for_each = toset([\"x\"])");
    assert_eq!(after(&each, &[A]), [A]);
    assert_eq!(after("", &[A]), [A]);
}

#[test]
fn modules_that_gain_or_lose_count_move_as_a_whole() {
    let (single, first) = ("module.m.terraform_data.in", "module.m[0].terraform_data.in");
    assert_eq!(after(&call("m", "  count = 1"), &[single]), [first]);
    assert_eq!(after(&call("m", ""), &[first]), [single]);
    let other = "module.m[1].terraform_data.in";
    assert_eq!(after(&call("m", ""), &[first, other]), [single, other]);
}

#[test]
fn what_a_statement_names_is_not_implied() {
    let text = resource("a", "  count = 2") + &block("terraform_data.a", "terraform_data.a[1]");
    assert_eq!(after(&text, &[A]), ["terraform_data.a[1]"]);
}

#[test]
fn chains_are_followed_from_wherever_an_object_is() {
    let text = block("terraform_data.b", "terraform_data.c")
        + &block("terraform_data.a", "terraform_data.b")
        + &resource("c", "");
    for before in [A, "terraform_data.b", "terraform_data.c"] {
        assert_eq!(after(&text, &[before]), ["terraform_data.c"], "{before}");
    }
    let configuration = configuration(&text);
    let moves =
        moved(&state(&[A]), &configuration, &statements(&configuration), &Providers(Vec::new()));
    assert_eq!(moves.steps.len(), 2);
    let origins: Vec<_> =
        moves.origins.iter().map(|(to, from)| format!("{from} -> {to}")).collect();
    assert_eq!(origins, ["terraform_data.a -> terraform_data.c"]);
}

#[test]
fn what_is_there_already_stays() {
    let text = block("terraform_data.a", "terraform_data.b") + &resource("b", "");
    let configuration = configuration(&text);
    let before = state(&[A, "terraform_data.b"]);
    let moves = moved(&before, &configuration, &statements(&configuration), &Providers(Vec::new()));
    assert_eq!(moves.state, before);
    assert_eq!(moves.blocked.len(), 1);
}

#[test]
fn keys_of_instances_change_or_stay() {
    let each = resource("a", "  for_each = toset([\"x\", \"y\"])")
        + &block("terraform_data.a[0]", "terraform_data.a[\"x\"]")
        + &block("terraform_data.a[1]", "terraform_data.a[\"y\"]");
    let before = ["terraform_data.a[0]", "terraform_data.a[1]"];
    assert_eq!(after(&each, &before), ["terraform_data.a[\"x\"]", "terraform_data.a[\"y\"]"]);
    let renamed = resource("b", "  count = 2") + &block("terraform_data.a", "terraform_data.b");
    assert_eq!(after(&renamed, &before), ["terraform_data.b[0]", "terraform_data.b[1]"]);
}

#[test]
fn modules_are_renamed_with_all_that_is_in_them() {
    let text = call("n", "  count = 2") + &block("module.m", "module.n");
    let before = ["module.m[0].terraform_data.in", "module.m[1].terraform_data.in"];
    let now = ["module.n[0].terraform_data.in", "module.n[1].terraform_data.in"];
    assert_eq!(after(&text, &before), now);
    let keyed = call("n", "") + &block("module.m[\"k\"]", "module.n");
    let before = "module.m[\"k\"].terraform_data.in";
    assert_eq!(after(&keyed, &[before]), ["module.n.terraform_data.in"]);
}

#[test]
fn objects_move_into_and_out_of_modules() {
    let inwards = call("m", "") + &block("terraform_data.a", "module.m.terraform_data.in");
    assert_eq!(after(&inwards, &[A]), ["module.m.terraform_data.in"]);
    let outwards = resource("a", "") + &block("module.x.terraform_data.in", "terraform_data.a");
    assert_eq!(after(&outwards, &["module.x.terraform_data.in"]), [A]);
    // a module is renamed, and then something inside of it
    let both = call("n", "")
        + &block("module.n.terraform_data.old", "module.n.terraform_data.in")
        + &block("module.m", "module.n");
    assert_eq!(after(&both, &["module.m.terraform_data.old"]), ["module.n.terraform_data.in"]);
}

#[test]
fn circles_move_nothing() {
    let text = block("terraform_data.a", "terraform_data.b")
        + &block("terraform_data.b", "terraform_data.a");
    let configuration = configuration(&text);
    assert_eq!(order(&statements(&configuration)).unwrap_err().len(), 2);
    assert_eq!(after(&text, &[A]), [A]);
}

#[test]
fn dependencies_follow_what_they_depend_on() {
    let configuration =
        configuration(&(block("terraform_data.a", "terraform_data.b") + &resource("b", "")));
    let mut before = state(&[A, "terraform_data.z"]);
    let dependant: InstanceAddress = "terraform_data.z".parse().unwrap();
    let on: InstanceAddress = A.parse().unwrap();
    let object = Object { dependencies: vec![on.resource.config()], ..Object::default() };
    before.set(&dependant, None, "p", object);
    let moves = moved(&before, &configuration, &statements(&configuration), &Providers(Vec::new()));
    let now = &moves.state.object(&dependant, None).unwrap().dependencies;
    assert_eq!(now[0].to_string(), "terraform_data.b");
}

#[test]
fn many_statements_are_followed_in_their_order() {
    let links: String = (0..300)
        .map(|at| block(&format!("terraform_data.r{at}"), &format!("terraform_data.r{}", at + 1)))
        .rev()
        .collect();
    let root = format!("{}{links}", resource("r300", ""));
    assert_eq!(after(&root, &["terraform_data.r0"]), ["terraform_data.r300"]);
    let keys: String = (0..300)
        .map(|at| block(&format!("module.m[{at}]"), &format!("module.m[\"k{at}\"]")))
        .chain([block("module.n", "module.m")])
        .collect();
    let root = format!("{}{keys}", call("m", "  for_each = toset([\"k7\"])"));
    let before = ["module.n[7].terraform_data.in", "module.n[250].terraform_data.in"];
    let moved = ["module.m[\"k250\"].terraform_data.in", "module.m[\"k7\"].terraform_data.in"];
    assert_eq!(after(&root, &before), moved);
}

#[test]
fn statements_of_a_module_are_about_each_of_its_instances() {
    let module = resource("b", "  count = 2") + &block("terraform_data.in", "terraform_data.b[1]");
    let root = call("m", "  for_each = toset([\"x\", \"y\"])") + &call("n", "");
    let files = [("main.tf", root), ("m/main.tf", module)];
    let files = files.map(|(path, text)| (PathBuf::from(path), text));
    let (configuration, problems) = load(Path::new("."), &Memory(BTreeMap::from(files)));
    assert!(problems.is_empty(), "{problems:?}");
    let configuration = configuration.unwrap();
    let before = [
        "module.l.terraform_data.in",
        "module.m[\"x\"].module.o.terraform_data.in",
        "module.m[\"x\"].terraform_data.in",
        "module.m[\"y\"].terraform_data.in",
        "module.n.terraform_data.in",
        "terraform_data.in",
    ];
    let moves =
        moved(&state(&before), &configuration, &statements(&configuration), &Providers(Vec::new()));
    let mut after: Vec<String> = moves.steps.iter().map(|(_, to)| to.to_string()).collect();
    after.sort();
    assert_eq!(
        after,
        [
            "module.m[\"x\"].terraform_data.b[1]",
            "module.m[\"y\"].terraform_data.b[1]",
            "module.n.terraform_data.b[1]",
        ]
    );
}
