//! Data sources of `check` blocks: what goes wrong with them is a warning, and the check fails.

use std::collections::BTreeSet;

use super::Source;
use crate::address::InstanceAddress;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language::body;
use crate::plan::checks::Checked;
use crate::plan::evaluation::Evaluation;
use crate::plan::providers::instance_provider;
use crate::plan::walk::Planner;
use crate::plan::{Change, CheckResult, CheckStatus, Reason};
use crate::value::{Type, Value};

impl Planner<'_> {
    /// Reads now, and plans to read again when anything changes until the end of apply.
    pub(super) async fn read_scoped(
        &mut self,
        source: &Source<'_>,
        configuration: Value,
    ) -> Option<Value> {
        self.connection(&source.provider)?;
        let told = std::mem::take(&mut self.diagnostics);
        let read = self.read_now(source, &source.provider, &configuration).await;
        let problems = std::mem::replace(&mut self.diagnostics, told);
        let problems = unread(self.evaluation, &source.address, problems);
        self.diagnostics.extend(problems);
        let again = match self.changing.is_empty() {
            true => None,
            false => self.defer(source, configuration, Reason::CheckNested),
        };
        read.or(again).or(Some(Value::unknown(Type::Any)))
    }

    /// Plans to read the data sources of checks that fail, though nothing else may change: apply looks
    /// whether they hold by then.
    pub(in crate::plan) fn look_again(&mut self) {
        let failed = |it: &&CheckResult| it.kind == "check" && it.status == CheckStatus::Fail;
        let failing: BTreeSet<String> =
            self.checks.iter().filter(failed).map(|it| it.address.clone()).collect();
        let evaluation = self.evaluation;
        for module in evaluation.configuration.modules.values() {
            let sources: Vec<_> =
                module.checks.iter().filter(|(_, it)| it.source.is_some()).collect();
            if failing.is_empty() || sources.is_empty() {
                continue;
            }
            for instance in evaluation.module_instances(&module.path) {
                for (name, check) in &sources {
                    let address = Checked::value("check", &instance, name).address;
                    if let Some(source) =
                        check.source.as_ref().filter(|_| failing.contains(&address))
                    {
                        self.read_again(Evaluation::address(&instance, source).instance(None));
                    }
                }
            }
        }
    }

    /// Plans to read a data source when all else is done, if that is not planned yet and it can be.
    fn read_again(&mut self, address: InstanceAddress) {
        let evaluation = self.evaluation;
        let Some(resource) = evaluation.resource(&address.resource) else { return };
        // What is wrong with it has been told when it was read.
        let Ok(provider) = instance_provider(evaluation, &address, resource) else { return };
        let kind = self.request.providers.data(&provider.source, &resource.name.kind);
        let Ok(kind) = kind else { return };
        if self.changes_of(&address.resource).next().is_some() {
            return;
        }
        let scope = evaluation.scope(&address.resource.module);
        let (configuration, problems) = body::decode(&resource.body, kind.schema(), &scope);
        if !problems.has_errors() {
            let source = Source { address, resource, kind, provider };
            self.defer(&source, configuration, Reason::CheckNested);
        }
    }
}

/// What is to be told when a data source could not be read: errors, unless a `check` block asked,
/// which fails for it.
pub fn unread(
    evaluation: &Evaluation,
    address: &InstanceAddress,
    problems: Diagnostics,
) -> Diagnostics {
    let check = evaluation.resource(&address.resource).and_then(|it| it.check.as_deref());
    let Some(check) = check.filter(|_| problems.has_errors()) else { return problems };
    let module = &address.resource.module;
    evaluation.note_failure(&Checked::value("check", module, check).address, reasons(&problems));
    let milder = |it: Diagnostic| Diagnostic { severity: Severity::Warning, ..it };
    Diagnostics::from_iter(problems.into_iter().map(milder))
}

fn reasons(problems: &Diagnostics) -> String {
    let errors = problems.0.iter().filter(|it| it.is_error());
    let reasons: Vec<String> = errors.map(|it| format!("{}: {}", it.summary, it.detail)).collect();
    reasons.join("\n")
}

/// Fails the checks that failed while planning because of a data source that is not read again.
pub(in crate::plan) fn carry_failures(
    evaluation: &Evaluation,
    changes: &[Change],
    checks: &[crate::plan::CheckResult],
) {
    for module in evaluation.configuration.modules.values().filter(|it| !it.checks.is_empty()) {
        for instance in evaluation.module_instances(&module.path) {
            for (name, check) in &module.checks {
                let Some(source) = &check.source else { continue };
                let source = Evaluation::address(&instance, source).instance(None);
                let again = changes.iter().any(|it| it.address == source);
                let address = Checked::value("check", &instance, name).address;
                let failed = checks.iter().find(|it| it.address == address);
                let known = evaluation.instance(&source).is_some();
                if let Some(failed) = failed.filter(|_| !again && !known) {
                    evaluation.note_failure(&address, failed.problems.join("\n"));
                }
            }
        }
    }
}
