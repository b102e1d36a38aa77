//! The providers that ask servers, which speak TLS and stand behind a proxy.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::support::terrace::Terrace;

const KEYS: &str = r#"
resource "tls_private_key" "all" {
  for_each    = toset(["ca", "server", "client"])
  algorithm   = each.key == "ca" ? "RSA" : "ECDSA"
  ecdsa_curve = "P384"
}

resource "tls_self_signed_cert" "ca" {
  private_key_pem       = tls_private_key.all["ca"].private_key_pem
  validity_period_hours = 48
  is_ca_certificate     = true
  allowed_uses          = ["cert_signing"]
  subject {
    common_name = "ca"
  }
}

resource "tls_cert_request" "all" {
  for_each        = toset(["server", "client"])
  private_key_pem = tls_private_key.all[each.key].private_key_pem
  dns_names       = ["example.test"]
}

resource "tls_locally_signed_cert" "all" {
  for_each              = tls_cert_request.all
  cert_request_pem      = each.value.cert_request_pem
  ca_private_key_pem    = tls_private_key.all["ca"].private_key_pem
  ca_cert_pem           = tls_self_signed_cert.ca.cert_pem
  validity_period_hours = 24
  allowed_uses          = ["${each.key}_auth", "digital_signature"]
}

resource "local_sensitive_file" "keys" {
  for_each = tls_private_key.all
  filename = "${each.key}.key"
  content  = each.value.private_key_pem_pkcs8
}

resource "local_file" "certificates" {
  for_each = tls_locally_signed_cert.all
  filename = "${each.key}.pem"
  content  = each.value.cert_pem
}

resource "local_file" "ca" {
  filename = "ca.pem"
  content  = tls_self_signed_cert.ca.cert_pem
}
"#;

const ASKING: &str = r#"
variable "port" {}

data "http" "plain" {
  url = "http://example.test/plain"
}

data "http" "known" {
  url             = "https://example.test:${var.port}/known"
  ca_cert_pem     = file("ca.pem")
  client_cert_pem = file("client.pem")
  client_key_pem  = file("client.key")
}

data "tls_certificate" "server" {
  url          = "https://example.test:${var.port}"
  verify_chain = false
}

output "plain" { value = data.http.plain.response_body }
output "known" { value = data.http.known.response_body }
output "type" { value = data.http.known.response_headers["Content-Type"] }
output "issuers" { value = join(" ", data.tls_certificate.server.certificates[*].issuer) }
"#;

/// The first line of what is asked, after all headers have come.
fn first_line(stream: impl std::io::Read) -> String {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let first = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    first
}

fn answer(stream: &mut impl std::io::Write, body: &str) {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}");
    // Those who only want to see the certificate are gone.
    write!(stream, "{head}\r\nConnection: close\r\n\r\n{body}").ok();
}

/// A server whose files are in this stack's folder, which says whether the authority there knows
/// its client.
fn server(stack: &Terrace) -> u16 {
    let certificates = |name: &str| {
        let all = CertificateDer::pem_file_iter(stack.path(name)).unwrap();
        all.map(Result::unwrap).collect::<Vec<_>>()
    };
    let provider = Arc::new(default_provider());
    let mut roots = RootCertStore::empty();
    certificates("ca.pem").into_iter().for_each(|it| roots.add(it).unwrap());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let key = PrivateKeyDer::from_pem_file(stack.path("server.key")).unwrap();
    let settings = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.allow_unauthenticated().build().unwrap())
        .with_single_cert(certificates("server.pem"), key)
        .unwrap();
    let settings = Arc::new(settings);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let connection = ServerConnection::new(settings.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, socket.unwrap());
            let mut head = String::new();
            let mut reader = BufReader::new(&mut stream);
            while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
            let known = stream.conn.peer_certificates().is_some();
            answer(&mut stream, if known { "known" } else { "stranger" });
        }
    });
    port
}

/// A proxy that finds all hosts on this machine, and what it was asked.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://user:secret@{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let told = asked.clone();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let line = first_line(socket.try_clone().unwrap());
            told.lock().unwrap().push(line.clone());
            match line.strip_prefix("CONNECT example.test:") {
                Some(rest) => tunnel(socket, rest.split_once(' ').unwrap().0.parse().unwrap()),
                None => answer(&mut socket, "by proxy"),
            }
        }
    });
    (address, asked)
}

fn tunnel(mut client: TcpStream, port: u16) {
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        std::io::copy(&mut from, &mut to).ok();
        to.shutdown(std::net::Shutdown::Write).ok();
    });
    thread::spawn(move || {
        std::io::copy(&mut server, &mut client).ok();
        client.shutdown(std::net::Shutdown::Both).ok();
    });
}

#[test]
fn servers_are_asked_by_proxies_and_know_who_asks() {
    let mut stack = Terrace::sandbox(&[("main.tf", KEYS)]);
    stack.ok(&["apply", "-auto-approve"]);
    let port = format!("port={}", server(&stack));
    let (address, asked) = proxy();
    for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
        stack.set(name, &address);
    }
    std::fs::remove_file(stack.path("terraform.tfstate")).unwrap();
    stack.write("main.tf", ASKING);
    stack.ok(&["apply", "-auto-approve", "-var", &port]);
    let output = |name: &str| stack.ok(&["output", "-raw", name]).stdout.trim().to_string();
    let all = ["plain", "known", "type", "issuers"].map(output);
    assert_eq!(all, ["by proxy", "known", "text/plain", "CN=ca"]);
    let asked = asked.lock().unwrap().clone();
    assert!(asked.contains(&"GET http://example.test/plain HTTP/1.1".to_string()), "{asked:?}");
    assert_eq!(asked.iter().filter(|it| it.starts_with("CONNECT example.test:")).count(), 2);
    stack.write("main.tf", &ASKING.replace("file(\"ca.pem\")", "file(\"client.pem\")"));
    let told = stack.fails(&["plan", "-var", &port]);
    assert!(told.contains("certificate"), "{told}");
    stack.write("main.tf", &ASKING.replace("verify_chain = false", "verify_chain = true"));
    let told = stack.fails(&["plan", "-var", &port]);
    assert!(told.contains("cannot be had"), "{told}");
}

#[test]
fn the_provider_tls_has_a_proxy_of_its_own() {
    let mut stack = Terrace::sandbox(&[("main.tf", KEYS)]);
    stack.ok(&["apply", "-auto-approve"]);
    let port = server(&stack);
    let (address, asked) = proxy();
    let address = address.replace("user:secret@", "");
    stack.set("HTTPS_PROXY", "http://127.0.0.1:9");
    std::fs::remove_file(stack.path("terraform.tfstate")).unwrap();
    let asking = |proxy: &str| {
        format!(
            "provider \"tls\" {{\n  proxy {{\n    {proxy}\n  }}\n}}\n\n\
             data \"tls_certificate\" \"server\" {{\n  url          = \"https://example.test:{port}\"\n  \
             verify_chain = false\n}}\n\n\
             output \"issuers\" {{\n  value = data.tls_certificate.server.certificates[*].issuer\n}}\n"
        )
    };
    stack.write("main.tf", &asking(&format!("url      = {address:?}\n    username = \"me\"")));
    stack.ok(&["apply", "-auto-approve"]);
    assert_eq!(stack.ok(&["output", "-json", "issuers"]).stdout.trim(), "[\"CN=ca\"]");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked, [format!("CONNECT example.test:{port} HTTP/1.1")]);
    for (proxy, part) in [
        ("from_env = true", "by the proxy 127.0.0.1"),
        ("from_env = false", "the certificates of example.test cannot be had"),
        ("url = \"ftp://a\"", "`url` must be a URL"),
        ("username = \"me\"", "With `username`, `url` must be given too"),
        ("url      = \"http://a\"\n    from_env = true", "cannot be given together"),
    ] {
        stack.write("main.tf", &asking(proxy));
        let told = stack.fails(&["plan"]);
        assert!(told.contains(part), "{proxy}: {told}");
        assert_eq!(told.contains("by the proxy"), proxy == "from_env = true", "{told}");
    }
}
