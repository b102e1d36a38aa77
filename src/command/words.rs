//! The words of the command line, made such that the parser takes them: flags as programs written in
//! Go read them, and those that the environment adds.

use std::any::TypeId;

use clap::{Arg, ArgAction, CommandFactory as _};

use crate::command::arguments::Arguments;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The variable of the environment whose flags all commands get; with `_` and a command's name, one.
const ENVIRONMENT: &str = "TF_CLI_ARGS";

/// The words for the parser.
pub(super) fn prepared(
    typed: impl Iterator<Item = String>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<String>, Diagnostics> {
    let words = with_environment(typed.collect(), environment)?;
    Ok(version(with_double_dashes(words)))
}

/// The command that words name.
struct Named {
    command: clap::Command,
    /// Its name, and before that the names of those it belongs to.
    names: Vec<String>,
    /// Where the words after its name begin.
    after: usize,
}

fn named(words: &[String]) -> Named {
    let mut named = Named { command: Arguments::command(), names: Vec::new(), after: 1 };
    let mut is_value = false;
    for (at, word) in words.iter().enumerate().skip(1) {
        if word.starts_with('-') || is_value {
            is_value = !is_value && matches!(word.trim_start_matches('-'), "chdir" | "json-into");
            continue;
        }
        let Some(command) = named.command.find_subcommand(word).cloned() else { break };
        named.command = command;
        named.names.push(word.clone());
        named.after = at + 1;
    }
    named
}

/// Adds the flags of the environment behind the name of the command, so that what is typed counts
/// instead: first those of this command, then those of all.
fn with_environment(
    mut words: Vec<String>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<String>, Diagnostics> {
    let Named { names, after, .. } = named(&words);
    if names.is_empty() {
        return Ok(words);
    }
    let own = format!("{ENVIRONMENT}_{}", names.join("_").replace('-', "_"));
    for variable in [ENVIRONMENT, &own] {
        let Some(text) = environment(variable) else { continue };
        let added = shlex::split(&text).ok_or_else(|| {
            let detail = format!("A quotation in the environment variable {variable} has no end.");
            Diagnostic::error("Invalid flags in the environment", detail)
        })?;
        words.splice(after..after, added);
    }
    Ok(words)
}

/// Wherever the flag that asks for the version stands, only that is told.
fn version(words: Vec<String>) -> Vec<String> {
    let has = |flag: &str| words.iter().take_while(|it| *it != "--").any(|it| it == flag);
    if !has("-v") && !has("--version") {
        return words;
    }
    let json = has("--json").then(|| "--json".to_string());
    let program = words.first().cloned();
    program.into_iter().chain(["version".to_string()]).chain(json).collect()
}

/// Turns single dashes into the double dashes that the parser wants, `-flag=true` of a flag without a
/// value into the flag and `-flag=false` into nothing, and what else Go takes for true and false.
pub(super) fn with_double_dashes(words: Vec<String>) -> Vec<String> {
    let command = named(&words).command;
    let all = Arguments::command();
    let flag = |name: &str| {
        let mut flags = command.get_arguments().chain(all.get_arguments());
        flags.find(|it| is_named(it, name)).cloned()
    };
    let mut only_values = false;
    let fix = |word: String| {
        only_values |= word == "--";
        let letter = |c: char| c.is_ascii_alphabetic();
        let bare = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
        let bare = bare.filter(|bare| bare.len() > 1 && bare.starts_with(letter));
        let Some(bare) = bare.filter(|_| !only_values) else { return Some(word) };
        let truth = bare.split_once('=').and_then(|(name, said)| {
            let flag =
                flag(name).filter(|it| it.get_value_parser().type_id() == TypeId::of::<bool>());
            Some((name, flag?, truth(said)?))
        });
        match truth {
            Some((_, flag, false)) if matches!(flag.get_action(), ArgAction::SetTrue) => None,
            Some((name, flag, true)) if matches!(flag.get_action(), ArgAction::SetTrue) => {
                Some(format!("--{name}"))
            }
            Some((name, _, truth)) => Some(format!("--{name}={truth}")),
            None => Some(format!("--{bare}")),
        }
    };
    words.into_iter().filter_map(fix).collect()
}

fn is_named(flag: &Arg, name: &str) -> bool {
    flag.get_long() == Some(name) || flag.get_all_aliases().is_some_and(|all| all.contains(&name))
}

/// What Go takes for true and false.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser as _;

    use super::*;
    use crate::command::arguments::Command;
    use crate::language::inputs::InputArgument;

    fn words(line: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let typed = line.split(' ').map(str::to_string);
        let variable = |name: &str| {
            let found = environment.iter().find(|(it, _)| *it == name);
            found.map(|(_, value)| value.to_string())
        };
        prepared(typed, &variable).unwrap()
    }

    #[test]
    fn the_parser_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn one_dash_is_as_good_as_two() {
        for line in [
            "terrace -chdir=examples/x apply -sandbox -auto-approve -var a=b -lock=false",
            "terrace --chdir examples/x apply --sandbox --auto-approve --var a=b --lock=F",
            "terrace -chdir=examples/x apply -sandbox=1 -json=0 -force -var=a=b -lock=0",
        ] {
            let arguments = Arguments::try_parse_from(words(line, &[])).unwrap();
            assert_eq!(arguments.chdir, Some(PathBuf::from("examples/x")));
            let Command::Apply(apply) = arguments.command else { panic!("not apply") };
            assert!(apply.auto_approve && apply.stack.world.sandbox && !apply.json);
            assert!(!apply.stack.state.locking.lock);
            assert_eq!(apply.stack.variables.given(), [InputArgument::Variable("a=b".into())]);
        }
    }

    #[test]
    fn the_environment_adds_flags_behind_the_command() {
        let environment = [
            ("TF_CLI_ARGS", "-no-color -parallelism=3"),
            ("TF_CLI_ARGS_plan", "-var 'a=b c' -parallelism=4"),
            ("TF_CLI_ARGS_state_list", "-id=\"x y\""),
            ("TF_CLI_ARGS_force_unlock", "-force"),
        ];
        let found = words("terrace -chdir=x plan -parallelism=5", &environment);
        let wanted = [
            "terrace",
            "--chdir=x",
            "plan",
            "--var",
            "a=b c",
            "--parallelism=4",
            "--no-color",
            "--parallelism=3",
            "--parallelism=5",
        ];
        assert_eq!(found, wanted);
        let Command::Plan(plan) = Arguments::try_parse_from(found).unwrap().command else {
            panic!("not plan")
        };
        assert_eq!(plan.options.parallelism, 5);
        let found = words("terrace state list", &environment);
        assert_eq!(found[3..], ["--id=x y", "--no-color", "--parallelism=3"]);
        let found = words("terrace force-unlock 1", &environment);
        assert_eq!(found[2..], ["--force", "--no-color", "--parallelism=3", "1"]);
        let open = |_: &str| Some("'a".to_string());
        assert!(prepared(["terrace".into(), "plan".into()].into_iter(), &open).is_err());
    }

    #[test]
    fn the_version_is_told_wherever_it_is_asked_for() {
        for line in ["terrace -version", "terrace --version", "terrace -v", "terrace plan -version"]
        {
            assert_eq!(words(line, &[]), ["terrace", "version"]);
        }
        assert_eq!(words("terrace -version -json", &[]), ["terrace", "version", "--json"]);
    }
}
