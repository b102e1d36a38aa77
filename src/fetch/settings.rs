//! Hosts and their credentials, as the environment and the command line configuration of Terraform
//! or OpenTofu give them.

mod helper;
mod syntax;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::fetch::error::Result;
use crate::fetch::registry::MIRROR;
use helper::Helper;
use syntax::{items, parse, under};

/// What is known about hosts.
#[derive(Debug, Default)]
pub(super) struct Settings {
    environment: BTreeMap<String, String>,
    /// The addresses of services, by host and service.
    services: BTreeMap<(String, String), String>,
    /// Tokens by host.
    tokens: BTreeMap<String, String>,
    /// Whom to ask for other tokens.
    helper: Option<Helper>,
}

impl Settings {
    /// Reads the configuration of the command line, and the tokens that `login` saved. What cannot be
    /// read is told with `say` and left out, as most of it is of no importance here.
    pub(super) fn read(environment: BTreeMap<String, String>, say: &dyn Fn(&str)) -> Settings {
        let mut settings = Settings { environment, ..Settings::default() };
        let home = settings.variable("HOME").map(PathBuf::from).unwrap_or_default();
        settings.saved_tokens(&home);
        if let Some(mirror) = settings.variable(MIRROR).filter(|it| !Path::new(it).is_dir()) {
            say(&format!("Warning: {MIRROR} names {mirror}, which is no folder."));
        }
        for path in settings.files(&home, say) {
            if let Err(problem) = settings.file(&path, &home) {
                say(&format!("Warning: {} is left out: {problem}.", path.display()));
            }
        }
        settings
    }

    /// The files: the one that the environment names, or else those at the usual places.
    fn files(&self, home: &Path, say: &dyn Fn(&str)) -> Vec<PathBuf> {
        let names = ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"];
        if let Some((name, path)) = names.iter().find_map(|it| Some((it, self.variable(it)?))) {
            let path = PathBuf::from(path);
            if path.exists() {
                return vec![path];
            }
            say(&format!("Warning: there is no file {}, which {name} names.", path.display()));
            return Vec::new();
        }
        let elsewhere = self.variable("XDG_CONFIG_HOME").map(|it| Path::new(it).join("opentofu"));
        let usual = [".tofurc", ".terraformrc"].map(|name| home.join(name));
        let elsewhere_too = elsewhere.iter().map(|it| it.join("tofurc"));
        let first = usual.into_iter().chain(elsewhere_too).find(|it| it.is_file());
        let folder = home.join(".terraform.d");
        let folder = if folder.exists() { folder } else { elsewhere.unwrap_or(folder) };
        first.into_iter().chain(configuration_files(&folder)).collect()
    }

    fn saved_tokens(&mut self, home: &Path) {
        let text = fs::read_to_string(home.join(".terraform.d/credentials.tfrc.json"));
        let json = text.ok().and_then(|it| serde_json::from_str::<Json>(&it).ok());
        json.iter().for_each(|json| self.credentials(json));
    }

    fn credentials(&mut self, json: &Json) {
        for (host, body) in blocks(json, "credentials") {
            let token = under(body, "token").into_iter().find_map(Json::as_str);
            self.tokens.extend(token.map(|it| (host.to_lowercase(), it.to_string())));
        }
    }

    fn file(&mut self, path: &Path, home: &Path) -> std::result::Result<(), String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let json = parse(&text)?;
        self.credentials(&json);
        for (host, body) in blocks(&json, "host") {
            for (service, address) in under(body, "services").into_iter().flat_map(items) {
                if let Some(address) = address.as_str() {
                    let key = (host.to_lowercase(), service.to_string());
                    self.services.insert(key, address.to_string());
                }
            }
        }
        for (name, body) in blocks(&json, "credentials_helper") {
            let arguments = under(body, "args").into_iter().filter_map(Json::as_array).flatten();
            let arguments = arguments.filter_map(Json::as_str).map(str::to_string).collect();
            self.helper = Some(Helper::new(home, name, arguments));
        }
        Ok(())
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
    /// the configuration, or what the helper says.
    pub(super) fn token(&self, host: &str) -> Result<Option<String>> {
        let plain = host.replace('.', "_");
        let names = [plain.replace('-', "__"), plain, host.to_string()];
        let found = names.iter().find_map(|it| self.variable(&format!("TF_TOKEN_{it}")));
        match (found.or_else(|| self.tokens.get(host).map(String::as_str)), &self.helper) {
            (Some(token), _) => Ok(Some(token.to_string())),
            (None, Some(helper)) => helper.token(host),
            (None, None) => Ok(None),
        }
    }
}

/// The blocks of a kind with one label, which is a key.
fn blocks<'j>(json: &'j Json, kind: &str) -> Vec<(&'j String, &'j Json)> {
    under(json, kind).into_iter().flat_map(items).collect()
}

/// The files of a folder for the configuration, in the order of their names.
fn configuration_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path());
    let wanted = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".tfrc") || name.ends_with(".tfrc.json")
    };
    let mut files: Vec<PathBuf> = entries.filter(wanted).collect();
    files.sort();
    files
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
        let settings = Settings::read(BTreeMap::from([home, token]), &|it| panic!("{it}"));
        assert_eq!(settings.service("a.io", "modules.v1"), Some("http://a/v1/"));
        let token = |host: &str| settings.token(host).unwrap();
        assert_eq!(token("a.io").as_deref(), Some("file"));
        assert_eq!(token("b-c.io").as_deref(), Some("environment"));
        assert_eq!((token("c.io"), settings.service("b.io", "modules.v1")), (None, None));
    }

    #[test]
    fn all_usual_places_and_forms_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("xdg/opentofu")).unwrap();
        fs::create_dir_all(at(".terraform.d")).unwrap();
        fs::write(at("xdg/opentofu/tofurc"), "credentials \"x.io\" {\n token = \"xdg\"\n}\n")
            .unwrap();
        let json = r#"{"credentials": {"j.io": {"token": "json"}}, "host": {"j.io": {"services": {"a": "b"}}}}"#;
        fs::write(at(".terraform.d/a.tfrc.json"), json).unwrap();
        fs::write(at(".terraform.d/b.tfrc"), "host \"B.io\" {\n services { m.v1 = \"u\" }\n}\n")
            .unwrap();
        fs::write(at(".terraform.d/c.tfrc"), "host {\n").unwrap();
        let path = |name: &str| at(name).display().to_string();
        let mut environment = BTreeMap::from([
            ("HOME".to_string(), path("")),
            ("XDG_CONFIG_HOME".to_string(), path("xdg")),
        ]);
        let told = std::cell::RefCell::new(Vec::new());
        let say = |text: &str| told.borrow_mut().push(text.to_string());
        let settings = Settings::read(environment.clone(), &say);
        let token = |host: &str| settings.token(host).unwrap();
        assert_eq!((token("x.io"), token("j.io")), (Some("xdg".into()), Some("json".into())));
        assert_eq!(
            (settings.service("j.io", "a"), settings.service("b.io", "m.v1")),
            (Some("b"), Some("u"))
        );
        assert!(told.borrow()[0].contains("c.tfrc is left out: line 2:"), "{told:?}");
        environment.insert("TF_CLI_CONFIG_FILE".into(), path("nowhere"));
        let settings = Settings::read(environment, &say);
        assert_eq!(settings.token("x.io").unwrap(), None);
        assert!(told.borrow()[1].contains("nowhere, which TF_CLI_CONFIG_FILE names"), "{told:?}");
    }

    #[test]
    fn a_helper_is_asked_for_tokens() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at(".terraform.d/plugins")).unwrap();
        let text = "credentials_helper \"mine\" {\n  args = [\"-x\"]\n}\n";
        fs::write(at(".tofurc"), text).unwrap();
        let program = at(".terraform.d/plugins/terraform-credentials-mine");
        let script = "#!/bin/sh\ncase \"$3\" in\n  a.io) echo '{\"token\": \"'$1$2'\"}' ;;\n  \
                      b.io) echo '{}' ;;\n  *) echo broken >&2; exit 1 ;;\nesac\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let home = ("HOME".to_string(), folder.path().display().to_string());
        let settings = Settings::read(BTreeMap::from([home]), &|it| panic!("{it}"));
        assert_eq!(settings.token("a.io").unwrap().as_deref(), Some("-xget"));
        assert_eq!(settings.token("b.io").unwrap(), None);
        assert!(settings.token("c.io").unwrap_err().to_string().contains("broken"));
    }
}
