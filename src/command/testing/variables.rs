//! The variables of a run: those of the command, over them the file's, over them its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::command::arguments::VariableArguments;
use crate::diagnostic::Diagnostics;
use crate::language::config::{Attribute, Module, Variable};
use crate::language::evaluate::evaluate;
use crate::language::inputs::{InputArgument, InputSource, InputValue, finish_inputs, read_inputs};
use crate::language::load::{Disk, Files as _};
use crate::language::module::{Run, TestFile};
use crate::language::scope::Scope;
use crate::value::Value;

use super::scope::TestScope;

/// What variables are made from.
pub(super) struct Given<'a> {
    /// The root of the configuration under test.
    pub(super) main: &'a Module,
    /// The variables of the modules that runs name.
    pub(super) others: BTreeMap<String, Variable>,
    /// What the command line says.
    pub(super) arguments: &'a VariableArguments,
    /// The folder of tests, whose files of values count too.
    pub(super) directory: &'a Path,
    /// The working folder.
    pub(super) folder: &'a Path,
}

/// The variables of a run.
pub(super) struct Variables {
    /// Those of the module, converted and marked.
    pub(super) module: BTreeMap<String, Value>,
    /// All that have a name, whether or not the module has them.
    pub(super) all: BTreeMap<String, Value>,
}

impl Given<'_> {
    /// The values that the environment, files of values and the command line give; and what is to be
    /// told of them.
    pub(super) fn values(&self, module: &Module) -> (BTreeMap<String, InputValue>, Diagnostics) {
        let mut known = module.clone();
        known.folder = PathBuf::from(".");
        for (name, variable) in self.main.variables.iter().chain(&self.others) {
            known.variables.entry(name.clone()).or_insert_with(|| variable.clone());
        }
        let mut given: Vec<InputArgument> =
            self.files().into_iter().map(InputArgument::File).collect();
        given.extend(self.arguments.given());
        // What is not Unicode cannot be meant for us.
        let text = |it: std::ffi::OsString| it.into_string().ok();
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?)));
        read_inputs(&known, &Disk, environment, &given)
    }

    /// The files of values in the folder of tests.
    fn files(&self) -> Vec<PathBuf> {
        let names = Disk.list(self.directory).unwrap_or_default();
        let fixed =
            |name: &String| ["terraform.tfvars", "terraform.tfvars.json"].contains(&&**name);
        let automatic =
            |name: &String| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
        let (mut first, rest): (Vec<String>, Vec<String>) = names.into_iter().partition(fixed);
        let mut rest: Vec<String> = rest.into_iter().filter(automatic).collect();
        first.sort();
        rest.sort();
        first.into_iter().chain(rest).map(|name| self.directory.join(name)).collect()
    }

    /// The variables of a run of a module.
    pub(super) fn of_run(
        &self,
        module: &Module,
        file: &TestFile,
        run: &Run,
        runs: &BTreeMap<String, Value>,
    ) -> Result<Variables, Diagnostics> {
        let (mut inputs, problems) = self.values(module);
        if problems.has_errors() {
            return Err(problems);
        }
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        for (name, variable) in module.variables.iter().chain(&self.main.variables) {
            all.extend(variable.default.clone().map(|value| (name.clone(), value)));
        }
        all.extend(inputs.iter().map(|(name, it)| (name.clone(), it.value.clone())));
        let mut diagnostics = Diagnostics::new();
        // As with OpenTofu, what the command and the module say is what expressions see.
        let mut seen = all.clone();
        for given in [&file.variables, &run.variables] {
            // What the run gives itself need not make sense in the file.
            let hidden = |name: &String| {
                std::ptr::eq(given, &file.variables) && run.variables.contains_key(name)
            };
            let values = {
                let scope = TestScope { variables: &seen, runs, module: None, folder: self.folder };
                let wanted = given.iter().filter(|(name, _)| !hidden(name));
                diagnostics.take(evaluated(wanted, &scope))
            };
            for (name, value) in values {
                seen.entry(name.clone()).or_insert_with(|| value.clone());
                all.insert(name.clone(), value.clone());
                let Some(attribute) = given.get(&name) else { continue };
                let source = InputSource::File(file.path.clone());
                let span = attribute.value.span.clone();
                inputs.insert(name, InputValue { value, source, span });
            }
        }
        inputs.retain(|name, _| module.variables.contains_key(name));
        let finished = diagnostics.take(finish_inputs(module, &inputs));
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        Ok(Variables { module: finished, all })
    }
}

fn evaluated<'a>(
    given: impl Iterator<Item = (&'a String, &'a Attribute)>,
    scope: &dyn Scope,
) -> (Vec<(String, Value)>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut values = Vec::new();
    for (name, attribute) in given {
        let value = diagnostics.take(evaluate(&attribute.value, scope));
        values.push((name.clone(), value));
    }
    (values, diagnostics)
}
