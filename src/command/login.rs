//! `terrace login` and `terrace logout`

use crate::command::Exit;
use crate::command::arguments::HostArguments;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Says how to give a token: terrace keeps none itself.
pub(super) fn login(arguments: &HostArguments) -> Result<Exit, Diagnostics> {
    let host = arguments.host.as_deref().unwrap_or("app.terraform.io");
    let variable = host.replace('.', "_").replace('-', "__");
    let detail = format!("terrace does not log in to {host} by itself.");
    let hint = format!(
        "Set TF_TOKEN_{variable} to a token of {host}, or write a `credentials` block into \
         ~/.tofurc; tokens that `tofu login` or `terraform login` saved are used as well."
    );
    Err(Diagnostic::error("Login is not supported", detail).hint(hint).into())
}

/// Says where a token may be.
pub(super) fn logout(arguments: &HostArguments) -> Result<Exit, Diagnostics> {
    let host = arguments.host.as_deref().unwrap_or("app.terraform.io");
    let detail = format!("terrace keeps no token for {host} itself.");
    let hint = "Tokens are in ~/.terraform.d/credentials.tfrc.json, in `credentials` blocks of \
                ~/.tofurc and ~/.terraformrc, and in variables TF_TOKEN_… of the environment.";
    Err(Diagnostic::error("Logout is not supported", detail).hint(hint).into())
}
