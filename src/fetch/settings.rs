//! Hosts and their credentials, as the environment and the command line configuration of Terraform
//! or OpenTofu give them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Source;
use crate::fetch::error::{FetchError, Result};
use crate::language::config::{Block, Expression};
use crate::language::module::constant;
use crate::language::parse::parse_file;
use crate::value::Value;

/// What is known about hosts.
#[derive(Debug, Default)]
pub(super) struct Settings {
    environment: BTreeMap<String, String>,
    /// The addresses of services, by host and service.
    services: BTreeMap<(String, String), String>,
    /// Tokens by host.
    tokens: BTreeMap<String, String>,
}

impl Settings {
    /// Reads the configuration of the command line: the file that `TF_CLI_CONFIG_FILE` names, or
    /// `.tofurc` or `.terraformrc` in the home folder; and the tokens that `login` saved.
    pub(super) fn read(environment: BTreeMap<String, String>) -> Result<Settings> {
        let mut settings = Settings { environment, ..Settings::default() };
        let home = settings.environment.get("HOME").map(PathBuf::from).unwrap_or_default();
        let named = settings.environment.get("TF_CLI_CONFIG_FILE").filter(|it| !it.is_empty());
        let automatic = [".tofurc", ".terraformrc"].map(|name| home.join(name));
        let file = match named {
            Some(path) => Some(PathBuf::from(path)),
            None => automatic.into_iter().find(|it| it.is_file()),
        };
        settings.saved_tokens(&home);
        if let Some(path) = file {
            settings.file(&path)?;
        }
        Ok(settings)
    }

    fn saved_tokens(&mut self, home: &Path) {
        let text = fs::read_to_string(home.join(".terraform.d/credentials.tfrc.json"));
        let json = text.ok().and_then(|it| serde_json::from_str::<serde_json::Value>(&it).ok());
        let hosts = json.as_ref().and_then(|it| it.get("credentials")?.as_object());
        for (host, credentials) in hosts.into_iter().flatten() {
            if let Some(token) = credentials.get("token").and_then(serde_json::Value::as_str) {
                self.tokens.insert(host.clone(), token.to_string());
            }
        }
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).map_err(|error| FetchError::file(path, &error))?;
        let (body, problems) = parse_file(Arc::new(Source { path: path.to_path_buf(), text }));
        if let Some(problem) = problems.0.iter().find(|it| it.is_error()) {
            let detail = format!("{}: {}", path.display(), problem.detail.trim_end_matches('.'));
            return Err(FetchError::new(detail).titled("Invalid command line configuration"));
        }
        for block in &body.blocks {
            let Some((host, _)) = block.labels.first() else { continue };
            match block.kind.as_str() {
                "host" => self.host(&host.to_lowercase(), block),
                "credentials" => {
                    if let Some(token) = text_of(argument(block, "token")) {
                        self.tokens.insert(host.to_lowercase(), token);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn host(&mut self, host: &str, block: &Block) {
        let services = argument(block, "services").and_then(|it| constant(it, "`services`").0);
        for (service, address) in services.as_ref().and_then(Value::fields).into_iter().flatten() {
            if let Some(address) = address.as_str() {
                let key = (host.to_string(), service.to_string());
                self.services.insert(key, address.to_string());
            }
        }
    }

    /// A variable of the environment that is not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|it| !it.is_empty())
    }

    /// The address of a service, when the configuration says it.
    pub(super) fn service(&self, host: &str, service: &str) -> Option<&str> {
        self.services.get(&(host.to_string(), service.to_string())).map(String::as_str)
    }

    /// The token for a host: `TF_TOKEN_app_example_com`, where `-` may be written as `__`, or that of
    /// the configuration.
    pub(super) fn token(&self, host: &str) -> Option<&str> {
        let plain = host.replace('.', "_");
        let names = [plain.replace('-', "__"), plain, host.to_string()];
        let found = names.iter().find_map(|it| self.variable(&format!("TF_TOKEN_{it}")));
        found.or_else(|| self.tokens.get(host).map(String::as_str))
    }
}

fn argument<'b>(block: &'b Block, name: &str) -> Option<&'b Expression> {
    block.body.attributes.get(name).map(|it| &it.value)
}

fn text_of(expression: Option<&Expression>) -> Option<String> {
    constant(expression?, "a token").0?.as_str().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_tokens_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let text = "host \"A.io\" {\n  services = { \"modules.v1\" = \"http://a/v1/\" }\n}\n\
                    credentials \"a.io\" {\n  token = \"file\"\n}\nplugin_cache_dir = \"x\"\n";
        fs::write(folder.path().join(".tofurc"), text).unwrap();
        let home = ("HOME".to_string(), folder.path().display().to_string());
        let token = ("TF_TOKEN_b__c_io".to_string(), "environment".to_string());
        let settings = Settings::read(BTreeMap::from([home, token])).unwrap();
        assert_eq!(settings.service("a.io", "modules.v1"), Some("http://a/v1/"));
        assert_eq!(settings.token("a.io"), Some("file"));
        assert_eq!(settings.token("b-c.io"), Some("environment"));
        assert_eq!((settings.token("c.io"), settings.service("b.io", "modules.v1")), (None, None));
    }
}
