//! Which arguments are not ordinary expressions.

/// Where a body stands, as far as it decides how its arguments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// The top of a configuration file.
    File,
    /// Ordinary arguments.
    Plain,
    /// All names are taken as they are written.
    Raw,
    /// A `variable` block.
    Variable,
    /// A `resource` or `data` block.
    Resource,
    /// A `module` block.
    Module,
    /// A `lifecycle` block.
    Lifecycle,
    /// A `check` block.
    Check,
    /// An `import` block.
    Import,
    /// The top of a file of tests.
    Tests,
    /// A `run` block.
    Run,
    /// A `mock_provider` block.
    Mock,
    /// An `override_resource`, `override_data` or `override_module` block.
    Override,
    /// A `removed` block.
    Removed,
    /// A `terraform` block.
    Terraform,
    /// A `provisioner` block.
    Provisioner,
}

impl Context {
    /// The context of a nested block.
    pub(super) fn of_block(self, kind: &str) -> Context {
        match (self, kind) {
            (Context::File, "variable") => Context::Variable,
            (Context::File, "resource" | "data" | "ephemeral") => Context::Resource,
            (Context::File, "module") => Context::Module,
            (Context::File, "check") => Context::Check,
            (Context::File, "terraform") => Context::Terraform,
            (Context::File, "language" | "moved") => Context::Raw,
            (Context::Terraform, "backend" | "cloud") => Context::Plain,
            (Context::File, "removed") => Context::Removed,
            (Context::File, "import") => Context::Import,
            (Context::Check, "data") => Context::Resource,
            (Context::Tests, "run") => Context::Run,
            (Context::Tests, "mock_provider") => Context::Mock,
            (Context::Tests | Context::Run | Context::Mock, kind)
                if kind.starts_with("override_") =>
            {
                Context::Override
            }
            (Context::Run, "plan_options") => Context::Raw,
            (Context::Run, "module") => Context::Module,
            (Context::Resource, "lifecycle") => Context::Lifecycle,
            (Context::Resource | Context::Removed, "provisioner") => Context::Provisioner,
            (Context::Raw | Context::Terraform, _) => Context::Raw,
            _ => Context::Plain,
        }
    }

    /// Whether keys in brackets are expressions also where names are not references.
    pub(super) fn has_live_keys(self) -> bool {
        matches!(self, Context::Import | Context::Resource | Context::Module)
    }

    /// Whether names in the argument are not references: types, providers, attribute paths.
    pub(super) fn is_raw(self, argument: &str) -> bool {
        // Of what stands in a variable block itself, all but the default is types and constants.
        let variable = self == Context::Variable && argument != "default";
        variable
            || matches!(
                (self, argument),
                (Context::Raw | Context::Terraform, _)
                    | (Context::Resource, "provider")
                    | (Context::Module, "providers")
                    | (Context::Import, "to" | "provider")
                    | (Context::Lifecycle, "ignore_changes")
                    | (Context::Run, "command" | "providers" | "expect_failures")
                    | (Context::Override, "target")
                    | (Context::Removed, "from")
                    | (Context::Provisioner, "when" | "on_failure")
            )
    }
}
