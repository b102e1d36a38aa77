//! Asks a server for its certificates.

use hyper::Uri;

use crate::provider::Result;
use crate::utility::refused;
use crate::utility::wire::{self, Trust, Wire};

/// Where a server is, and whether proxies may stand before it.
pub(super) fn place(url: &str) -> Result<(Uri, bool)> {
    let wrong = || refused("`url` must be a URL such as `https://host` or `tls://host:443`");
    let parsed = url::Url::parse(url).map_err(|_| wrong())?;
    let host = parsed.host_str().filter(|it| !it.is_empty()).ok_or_else(wrong)?;
    let port = match (parsed.scheme(), parsed.port()) {
        ("https", port) => port.unwrap_or(443),
        ("tls", Some(port)) => port,
        ("tls", None) => return Err(refused("`url` names no port")),
        _ => return Err(wrong()),
    };
    let uri = format!("https://{host}:{port}/").parse().map_err(|_| wrong())?;
    Ok((uri, parsed.scheme() == "https"))
}

/// The certificates that a server shows, its own first.
pub(super) async fn certificates(url: &str, verify: bool) -> Result<Vec<Vec<u8>>> {
    let (uri, proxied) = place(url)?;
    let failed =
        |error: String| refused(format!("the certificates of {url} cannot be had: {error}"));
    let trust = if verify { Trust::System } else { Trust::Anyone };
    let wire = if proxied { Wire::proxied() } else { Wire::direct() };
    let stream = wire.secure(&uri, wire::tls(&trust, None)?).await.map_err(|it| failed(it.text))?;
    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
    Ok(shown.iter().map(|it| it.as_ref().to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_where_a_server_is() {
        let at =
            |url: &str| place(url).map(|it| (it.0.authority().unwrap().to_string(), it.1)).ok();
        assert_eq!(at("https://a.b/c:1?d"), Some(("a.b:443".into(), true)));
        assert_eq!(at("https://u:p@a.b:8443"), Some(("a.b:8443".into(), true)));
        assert_eq!(at("tls://[::1]:443/"), Some(("[::1]:443".into(), false)));
        for wrong in ["a.b", "http://a.b", "tls://a.b", "https://", "https://a:b"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
