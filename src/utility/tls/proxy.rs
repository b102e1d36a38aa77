//! The proxy that the provider `tls` is configured with.

use url::Url;

use crate::provider::Result;
use crate::schema;
use crate::schema::{Check, Secret};
use crate::utility::refused;
use crate::utility::wire::Wire;
use crate::value::Value;

/// The port of SOCKS proxies that name none.
const SOCKS: u16 = 1080;

schema! {
    /// How the provider reaches servers.
    pub struct TlsProvider {
        /// The proxy for servers that are asked by HTTPS.
        #[max_items(1)] proxy: Vec<Proxy>,
    }

    /// A proxy.
    pub struct Proxy {
        /// Whether the proxies of the environment are used; they are when nothing is given.
        #[conflicts_with(&["url", "username", "password"])] from_env: Option<bool>,
        /// The password for the proxy.
        #[required_with(&["username"])] password: Option<Secret<String>>,
        /// Where the proxy is: `http`, `https` and `socks5` are spoken with it.
        #[check(Check::Custom(address))] #[conflicts_with(&["from_env"])] url: Option<String>,
        /// Who asks the proxy.
        #[required_with(&["url"])] username: Option<String>,
    }
}

/// Whether a value is the address of a proxy. What is wrong is told without it, as it may hold secrets.
fn address(value: &Value) -> std::result::Result<(), String> {
    value.as_str().map_or(Ok(()), |text| parsed(text).map(drop).map_err(str::to_string))
}

fn parsed(text: &str) -> std::result::Result<Url, &'static str> {
    let usable = |it: &Url| {
        let known = ["http", "https", "socks5"].contains(&it.scheme());
        known && it.host_str().is_some_and(|host| !host.is_empty())
    };
    let wrong = "must be a URL such as `http://host:port`, `https://host` or `socks5://host`";
    Url::parse(text).ok().filter(usable).ok_or(wrong)
}

impl TlsProvider {
    /// The way to servers on the web.
    pub(super) fn way(&self) -> Result<Wire> {
        match self.proxy.first() {
            Some(Proxy { url: Some(url), username, password, .. }) => {
                let password = password.as_ref().map(|it| it.0.as_str());
                Wire::by(&full(url, username.as_deref(), password)?)
            }
            Some(Proxy { from_env: Some(false), .. }) => Ok(Wire::direct()),
            _ => Ok(Wire::proxied()),
        }
    }
}

/// The address of a proxy with who asks it.
fn full(url: &str, username: Option<&str>, password: Option<&str>) -> Result<Url> {
    let wrong = |()| refused("the address of the proxy can have no user");
    let mut url = parsed(url).map_err(|wrong| refused(format!("`url` {wrong}")))?;
    if url.scheme() == "socks5" && url.port().is_none() {
        url.set_port(Some(SOCKS)).map_err(wrong)?;
    }
    if let Some(username) = username {
        url.set_username(username).map_err(wrong)?;
        url.set_password(password).map_err(wrong)?;
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::schema::validate::validate;
    use crate::schema::{FieldType as _, schema_of};
    use crate::utility::tls::fetch::certificates;

    fn provider(fields: &[(&str, Value)]) -> Value {
        let proxy = schema_of::<Proxy>();
        let given = fields
            .iter()
            .fold(proxy.null_object(), |it, (name, value)| it.with(name, value.clone()));
        Value::object([("proxy", Value::list(proxy.ty(), [given]))])
    }

    #[test]
    fn arguments_must_fit_each_other() {
        let text = |it: &str| Value::string(it);
        let problems = |fields: &[(&str, Value)]| {
            let found = validate(&schema_of::<TlsProvider>(), &provider(fields));
            found.into_iter().map(|it| it.message).collect::<Vec<_>>().join(" ")
        };
        let url = ("url", text("http://a:1"));
        let user = ("username", text("me"));
        let password = ("password", text("secret"));
        for good in
            [&[][..], std::slice::from_ref(&url), &[url.clone(), user.clone(), password.clone()]]
        {
            assert_eq!(problems(good), "", "{good:?}");
        }
        assert!(problems(&[url.clone(), ("from_env", Value::from(true))]).contains("together"));
        assert!(problems(&[user]).contains("With `username`, `url` must be given"));
        assert!(problems(&[url, password]).contains("With `password`, `username` must be given"));
        for wrong in ["a.b:1", "ftp://u:secret@a", "socks4://a", "http://"] {
            let told = problems(&[("url", text(wrong))]);
            assert!(told.contains("`url` must be a URL") && !told.contains("secret"), "{told}");
        }
    }

    #[test]
    fn addresses_are_completed() {
        let full = |url, user, password| full(url, user, password).unwrap().to_string();
        assert_eq!(full("socks5://a", None, None), "socks5://a:1080");
        assert_eq!(full("http://a:3128", Some("m:e"), Some("p@")), "http://m%3Ae:p%40@a:3128/");
        assert_eq!(full("https://x:y@a", None, None), "https://x:y@a/");
        assert_eq!(full("https://x:y@a", Some("z"), None), "https://z@a/");
    }

    #[tokio::test]
    async fn certificates_are_asked_for_by_the_proxy_even_of_this_machine() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = std::thread::spawn(move || {
            let asked = |_| {
                let (mut socket, _) = listener.accept().unwrap();
                let lines = BufReader::new(socket.try_clone().unwrap()).lines();
                let lines: Vec<_> =
                    lines.map_while(|it| it.ok().filter(|it| !it.is_empty())).collect();
                socket.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").unwrap();
                lines
            };
            (0..2).flat_map(asked).collect::<Vec<String>>()
        });
        let url = ("url", Value::string(format!("http://127.0.0.1:{port}")));
        let who = [("username", Value::string("me")), ("password", Value::string("secret"))];
        let given = provider(&[&[url][..], &who].concat());
        let way = TlsProvider::decode(&given).unwrap().way().unwrap();
        let failed = certificates("https://localhost:1/", false, way).await.unwrap_err().message;
        assert!(
            failed.contains("by the proxy 127.0.0.1") && !failed.contains("secret"),
            "{failed}"
        );
        let lines = proxy.join().unwrap();
        let asked = lines.iter().filter(|it| *it == "CONNECT localhost:1 HTTP/1.1");
        assert_eq!(asked.count(), 2, "{lines:?}");
        let basic = lines.iter().filter(|it| it.ends_with("Basic bWU6c2VjcmV0"));
        assert_eq!(basic.count(), 2, "{lines:?}");
    }

    #[tokio::test]
    async fn the_environment_can_be_left_out() {
        let given = provider(&[("from_env", Value::from(false))]);
        let way = TlsProvider::decode(&given).unwrap().way().unwrap();
        let failed = certificates("https://localhost:1/", false, way).await.unwrap_err().message;
        assert!(!failed.contains("proxy"), "{failed}");
    }
}
