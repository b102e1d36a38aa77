//! Names and passwords of hosts in the file `.netrc`, as curl and git take them.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::fetch::http::Header;

/// The header for an address that names no user, when the file knows its host.
pub(super) fn headers(url: &Url) -> Vec<Header> {
    if !url.username().is_empty() {
        return Vec::new();
    }
    let named = std::env::var_os("NETRC").map(PathBuf::from);
    let own = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".netrc"));
    let text = named.or_else(own).and_then(|path| std::fs::read_to_string(path).ok());
    let host = url.host_str().unwrap_or_default();
    let basic = text.and_then(|text| login(&text, host)).map(|it| STANDARD.encode(it));
    basic.map(|it| ("authorization".to_string(), format!("Basic {it}"))).into_iter().collect()
}

/// `name:password` of a host, or of the `default` that comes after all hosts.
fn login(text: &str, host: &str) -> Option<String> {
    let lines = text.lines().filter(|it| !it.trim_start().starts_with('#'));
    let mut words = lines.flat_map(str::split_whitespace);
    let (mut ours, mut name, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if ours => break,
            "machine" => ours = words.next() == Some(host),
            "default" => ours = true,
            "login" if ours => name = words.next(),
            "password" if ours => password = words.next(),
            "login" | "password" => {
                words.next();
            }
            _ => {}
        }
    }
    Some(format!("{}:{}", name?, password.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_their_own_names() {
        let text = "machine a.io login x password y\n# machine b.io login no\n\
                    machine b.io\n  login z\n  password w\ndefault login d password e\n";
        assert_eq!(login(text, "a.io").as_deref(), Some("x:y"));
        assert_eq!(login(text, "b.io").as_deref(), Some("z:w"));
        assert_eq!(login(text, "c.io").as_deref(), Some("d:e"));
        assert_eq!(login("machine a.io login x", "b.io"), None);
    }
}
