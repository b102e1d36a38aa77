use std::io::{Read as _, Write as _};
use std::sync::Arc;

use aws_lc_rs::signature;
use p224::ecdsa::signature::hazmat::PrehashVerifier as _;
use p224::ecdsa::{Signature, VerifyingKey};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::name::Name;
use x509_cert::request::CertReq;

use super::certificate::{from_pem as certificate, identifier};
use super::key::{Curve, PrivateKey};
use super::name::{Subject, display};
use super::pem::{from_pem, labelled};
use super::public::PublicKey;
use crate::provider::ResourceType;
use crate::schema::FieldType as _;
use crate::utility::tests::{Tried, object, text};
use crate::value::{Type, Value};

fn string(text: &str) -> Value {
    Value::string(text)
}

fn list(texts: &[&str]) -> Value {
    Value::list(Type::String, texts.iter().map(Value::string))
}

fn subject(fields: &[(&str, Value)]) -> Value {
    let nothing = Subject { ..Subject::blank() }.encode();
    let subject = fields.iter().fold(nothing, |it, (name, value)| it.with(name, value.clone()));
    Value::list(Subject::shape().ty(), [subject])
}

async fn key(more: &[(&str, Value)]) -> Value {
    let given = more.iter().fold(object([]), |it, (name, value)| it.with(name, value.clone()));
    let tried = Tried::new(&super::PRIVATE_KEY);
    let made = tried.create(&given).await;
    assert_eq!(tried.replan(&made, &given), Vec::<String>::new());
    assert_eq!(tried.read(&made).await, made);
    made
}

async fn ec_key() -> Value {
    key(&[("algorithm", string("ECDSA")), ("ecdsa_curve", string("P256"))]).await
}

/// A certificate's or request's signature fits the public key of its signer.
fn verify(pem: &str, label: &str, signer: &PublicKey) {
    let der = labelled(pem, label).unwrap();
    let (content, signed) = match label {
        "CERTIFICATE" => {
            let whole = Certificate::from_der(&der).unwrap();
            (whole.tbs_certificate.to_der().unwrap(), whole.signature)
        }
        _ => {
            let whole = CertReq::from_der(&der).unwrap();
            (whole.info.to_der().unwrap(), whole.signature)
        }
    };
    let curve = signer
        .0
        .algorithm
        .parameters
        .as_ref()
        .and_then(|it| it.decode_as::<ObjectIdentifier>().ok());
    let key = signer.0.subject_public_key.raw_bytes();
    if curve == Some(Curve::P224.oid()) {
        let key = VerifyingKey::from_sec1_bytes(key).unwrap();
        let signature = Signature::from_der(signed.raw_bytes()).unwrap();
        return key.verify_prehash(&Sha256::digest(&content), &signature).unwrap();
    }
    let algorithm: &dyn signature::VerificationAlgorithm = match (signer.algorithm(), curve) {
        ("RSA", _) => &signature::RSA_PKCS1_2048_8192_SHA256,
        ("ED25519", _) => &signature::ED25519,
        (_, Some(curve)) => match Curve::of(curve).unwrap() {
            Curve::P224 => unreachable!("verified above"),
            Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1,
            Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1,
            Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1,
        },
        (_, None) => panic!("no curve"),
    };
    let key = signature::UnparsedPublicKey::new(algorithm, key);
    key.verify(&content, signed.raw_bytes()).unwrap();
}

#[tokio::test]
async fn keys_of_all_kinds_are_told_in_all_formats() {
    let curve = |name: &str| vec![("algorithm", string("ECDSA")), ("ecdsa_curve", string(name))];
    let kinds = [
        (vec![("algorithm", string("RSA"))], "RSA PRIVATE KEY", "ssh-rsa "),
        (curve("P224"), "EC PRIVATE KEY", ""),
        (curve("P256"), "EC PRIVATE KEY", "ecdsa-sha2-nistp256 "),
        (curve("P384"), "EC PRIVATE KEY", "ecdsa-sha2-nistp384 "),
        (curve("P521"), "EC PRIVATE KEY", "ecdsa-sha2-nistp521 "),
        (vec![("algorithm", string("ED25519"))], "PRIVATE KEY", "ssh-ed25519 "),
    ];
    for (given, label, name) in kinds {
        let made = key(&given).await;
        assert_eq!(from_pem(&text(&made, "private_key_pem")).unwrap().0, label);
        assert!(text(&made, "public_key_openssh").starts_with(name));
        let formats = ["private_key_pem", "private_key_pem_pkcs8", "private_key_openssh"];
        for format in formats {
            if text(&made, format).is_empty() {
                assert!(format == "private_key_openssh" && name.is_empty());
                assert!(text(&made, "public_key_openssh").is_empty());
                assert!(text(&made, "public_key_fingerprint_md5").is_empty());
                continue;
            }
            let argument = if format == "private_key_openssh" { format } else { "private_key_pem" };
            let given = object([(argument, made.get(format))]);
            let read = Tried::data(&super::PUBLIC_KEY, &given).await;
            let told = [
                "id",
                "public_key_fingerprint_md5",
                "public_key_fingerprint_sha256",
                "public_key_openssh",
                "public_key_pem",
            ];
            for name in told {
                assert_eq!(read.get(name), made.get(name), "{name} of {format}");
            }
            assert_eq!(text(&read, "algorithm"), text(&made, "algorithm"));
        }
    }
    let other = object([("algorithm", string("ED25519")), ("rsa_bits", Value::number(4096_i64))]);
    let made = key(&[("algorithm", string("ED25519"))]).await;
    assert_eq!(Tried::new(&super::PRIVATE_KEY).replan(&made, &other), ["replace rsa_bits"]);
}

#[tokio::test]
async fn keys_that_cannot_be_made_are_refused_and_those_of_others_stay() {
    let tried = Tried::new(&super::PRIVATE_KEY);
    let odd = object([("algorithm", string("RSA")), ("rsa_bits", Value::number(1000_i64))]);
    let error = tried.try_plan(&odd).unwrap_err();
    assert_eq!(error.path.unwrap().to_string(), "rsa_bits");
    let made = key(&[("algorithm", string("RSA"))]).await;
    let made = made.with("rsa_bits", Value::number(1000_i64));
    assert_eq!(tried.replan(&made, &odd), Vec::<String>::new());
    assert!(PrivateKey::from_pem("nothing").is_err());
}

#[tokio::test]
async fn keys_of_old_versions_get_the_formats_they_lack() {
    let tried = Tried::new(&super::PRIVATE_KEY);
    let made = ec_key().await;
    let lacking = ["private_key_openssh", "private_key_pem_pkcs8", "public_key_fingerprint_sha256"];
    let null = || Value::Null(Type::String);
    let old = lacking.into_iter().fold(made.clone(), |it, name| it.with(name, null()));
    let read = tried.read(&old).await;
    for name in ["private_key_pem_pkcs8", "public_key_fingerprint_sha256", "private_key_pem"] {
        assert_eq!(read.get(name), made.get(name), "{name}");
    }
    assert!(text(&read, "private_key_openssh").starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"));
    let kind: &dyn ResourceType = &super::PRIVATE_KEY;
    assert_eq!(kind.schema().version, 1);
}

#[test]
fn a_key_of_rfc_8410_has_the_public_key_given_there() {
    let pem = "-----BEGIN PRIVATE KEY-----\n\
               MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
               -----END PRIVATE KEY-----\n";
    let key = PrivateKey::from_pem(pem).unwrap();
    assert_eq!(key.pkcs8_pem().unwrap(), pem);
    let public = "-----BEGIN PUBLIC KEY-----\n\
                  MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                  -----END PUBLIC KEY-----\n";
    assert_eq!(key.public().unwrap().told().unwrap().pem.unwrap(), public);
}

#[test]
fn pem_is_read_as_others_write_it() {
    let text = "Bag Attributes\r\n-----BEGIN X-----\r\nAAEC\r\nAwQ=\r\n-----END X-----\r\nmore\n";
    assert_eq!(from_pem(text).unwrap(), ("X".to_string(), vec![0, 1, 2, 3, 4]));
    assert!(labelled(text, "Y").unwrap_err().message.contains("expected PEM of type Y, found X"));
    assert!(from_pem("-----BEGIN X-----\nAAEC\n-----END Y-----\n").is_err());
}

#[tokio::test]
async fn a_certificate_says_what_was_asked() {
    let key = ec_key().await;
    let given = object([
        ("private_key_pem", key.get("private_key_pem")),
        ("validity_period_hours", Value::number(24_i64)),
        ("allowed_uses", list(&["server_auth", "cert_signing", "decipher_only"])),
        ("is_ca_certificate", Value::Bool(true)),
        ("set_authority_key_id", Value::Bool(true)),
        ("max_path_length", Value::number(3_i64)),
        ("dns_names", list(&["a.example", "*.a.example"])),
        ("ip_addresses", list(&["10.0.0.1", "::1"])),
        ("uris", list(&["spiffe://a/b"])),
        (
            "subject",
            subject(&[
                ("common_name", string("a, \"b\"")),
                ("organization", string("Ä & Co")),
                ("country", string("DE")),
                ("street_address", list(&["x", "y"])),
            ]),
        ),
    ]);
    let tried = Tried::new(&super::SELF_SIGNED);
    let made = tried.create(&given).await;
    assert_eq!(tried.replan(&made, &given), Vec::<String>::new());
    assert_eq!(tried.read(&made).await, made);
    let pem = text(&made, "cert_pem");
    let private = PrivateKey::from_pem(&text(&key, "private_key_pem")).unwrap();
    verify(&pem, "CERTIFICATE", &private.public().unwrap());
    let read = Tried::data(&super::CERTIFICATE, &object([("content", string(&pem))])).await;
    let read = read.get("certificates").items().unwrap()[0].clone();
    let name = r#"CN=a\, \"b\",STREET=x+STREET=y,O=Ä & Co,C=DE"#;
    assert_eq!((text(&read, "subject"), text(&read, "issuer")), (name.into(), name.into()));
    assert_eq!(text(&read, "serial_number"), text(&made, "id"));
    assert_eq!(text(&read, "not_after"), text(&made, "validity_end_time"));
    assert_eq!(text(&read, "signature_algorithm"), "ECDSA-SHA256");
    assert_eq!(text(&read, "public_key_algorithm"), "ECDSA");
    assert_eq!(read.get("is_ca"), Value::Bool(true));
    let three = Value::number(3_i64);
    assert_eq!((read.get("max_path_length"), read.get("version")), (three.clone(), three));
    let told = identifier(&certificate(&pem).unwrap()).unwrap();
    assert_eq!(told, Some(private.public().unwrap().identifier().unwrap()));
}

#[tokio::test]
async fn a_certificate_is_replaced_when_it_is_due() {
    let key = ec_key().await;
    let given = object([
        ("private_key_pem", key.get("private_key_pem")),
        ("validity_period_hours", Value::number(2_i64)),
        ("early_renewal_hours", Value::number(1_i64)),
        ("allowed_uses", list(&[])),
    ]);
    let tried = Tried::new(&super::SELF_SIGNED);
    let made = tried.create(&given).await;
    assert_eq!(made.get("ready_for_renewal"), Value::Bool(false));
    let hours = |hours: i64| given.clone().with("early_renewal_hours", Value::number(hours));
    assert_eq!(tried.replan(&made, &hours(0)), ["update"]);
    assert_eq!(tried.plan_from(&made, &hours(0)).get("ready_for_renewal"), Value::Bool(false));
    assert_eq!(tried.replan(&made, &hours(2)), ["replace ready_for_renewal"]);
    let soon = time::OffsetDateTime::now_utc() + time::Duration::minutes(59);
    let soon = super::certificate::written_time(soon).unwrap();
    let found = tried.read(&made.clone().with("validity_end_time", string(&soon))).await;
    assert_eq!(found.get("ready_for_renewal"), Value::Bool(true));
    assert_eq!(tried.replan(&found, &given), ["replace ready_for_renewal"]);
    assert_eq!(tried.replan(&found, &hours(0)), ["update"]);
    assert_eq!(tried.plan_from(&found, &hours(0)).get("ready_for_renewal"), Value::Bool(false));
    let unread = made.clone().with("validity_end_time", string(&soon));
    assert_eq!(tried.replan(&unread, &given), ["replace ready_for_renewal"]);
    assert_eq!(tried.replan(&unread, &hours(0)), ["update"]);
    let always = tried.create(&hours(2)).await;
    assert_eq!(always.get("ready_for_renewal"), Value::Bool(true));
}

#[tokio::test]
async fn another_key_replaces_a_certificate_unless_its_digest_was_kept() {
    let (key, other) = (ec_key().await, ec_key().await);
    let given = object([
        ("private_key_pem", key.get("private_key_pem")),
        ("validity_period_hours", Value::number(2_i64)),
        ("allowed_uses", list(&["server_auth"])),
    ]);
    let tried = Tried::new(&super::SELF_SIGNED);
    let made = tried.create(&given).await;
    let changed = given.clone().with("private_key_pem", other.get("private_key_pem"));
    assert_eq!(tried.replan(&made, &changed), ["replace private_key_pem"]);
    let old = made.with("private_key_pem", string("2b6fb5a1b2d1f6e9b0a8f4f6c3e6a6a1a5c0e3d2"));
    assert_eq!(tried.replan(&old, &given), ["update"]);
}

#[tokio::test]
async fn requests_are_signed_with_keys_of_every_curve() {
    for curve in Curve::ALL {
        let curve = ("ecdsa_curve", string(curve.name()));
        let key = key(&[("algorithm", string("ECDSA")), curve]).await;
        let request = object([
            ("private_key_pem", key.get("private_key_pem_pkcs8")),
            ("dns_names", list(&["b.example"])),
        ]);
        let asked = Tried::new(&super::REQUEST).create(&request).await;
        let private = PrivateKey::from_pem(&text(&key, "private_key_pem")).unwrap();
        let public = private.public().unwrap();
        verify(&text(&asked, "cert_request_pem"), "CERTIFICATE REQUEST", &public);
    }
}

#[tokio::test]
async fn an_authority_signs_a_request() {
    let (ca_key, key) = (key(&[("algorithm", string("RSA"))]).await, ec_key().await);
    let request = object([
        ("private_key_pem", key.get("private_key_pem")),
        ("dns_names", list(&["b.example"])),
        ("subject", subject(&[("common_name", string("b"))])),
    ]);
    let asked = Tried::new(&super::REQUEST).create(&request).await;
    assert_eq!(text(&asked, "key_algorithm"), "ECDSA");
    let private = PrivateKey::from_pem(&text(&key, "private_key_pem")).unwrap();
    verify(&text(&asked, "cert_request_pem"), "CERTIFICATE REQUEST", &private.public().unwrap());
    let authority = object([
        ("private_key_pem", ca_key.get("private_key_pem")),
        ("validity_period_hours", Value::number(48_i64)),
        ("allowed_uses", list(&["cert_signing"])),
        ("is_ca_certificate", Value::Bool(true)),
        ("subject", subject(&[("common_name", string("ca")), ("email_address", string("a@b"))])),
    ]);
    let ca = Tried::new(&super::SELF_SIGNED).create(&authority).await;
    let given = object([
        ("ca_cert_pem", ca.get("cert_pem")),
        ("ca_private_key_pem", ca_key.get("private_key_pem")),
        ("cert_request_pem", asked.get("cert_request_pem")),
        ("validity_period_hours", Value::number(24_i64)),
        ("allowed_uses", list(&["server_auth", "digital_signature"])),
    ]);
    let tried = Tried::new(&super::LOCALLY_SIGNED);
    let made = tried.create(&given).await;
    assert_eq!(tried.replan(&made, &given), Vec::<String>::new());
    let stranger = given.clone().with("ca_private_key_pem", key.get("private_key_pem"));
    assert!(tried.try_create(&stranger).await.unwrap_err().message.contains("is not the key"));
    assert_eq!(text(&made, "ca_key_algorithm"), "RSA");
    let ca_private = PrivateKey::from_pem(&text(&ca_key, "private_key_pem")).unwrap();
    verify(&text(&made, "cert_pem"), "CERTIFICATE", &ca_private.public().unwrap());
    let der = labelled(&text(&made, "cert_pem"), "CERTIFICATE").unwrap();
    let content = certificate(&text(&made, "cert_pem")).unwrap().tbs_certificate;
    assert_eq!(display(&content.subject).unwrap(), "CN=b");
    assert_eq!(display(&content.issuer).unwrap(), "CN=ca,1.2.840.113549.1.9.1=#0c03614062");
    let chain = [der, labelled(&text(&ca, "cert_pem"), "CERTIFICATE").unwrap()];
    shown_by_a_server(&chain, &text(&key, "private_key_pem_pkcs8")).await;
}

/// A server with this chain and key shows its certificates, the root first.
async fn shown_by_a_server(chain: &[Vec<u8>], key: &str) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain: Vec<_> = chain.iter().map(|it| CertificateDer::from(it.clone())).collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(from_pem(key).unwrap().1));
    let configuration = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let configuration = Arc::new(configuration);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().unwrap();
            let mut connection = rustls::ServerConnection::new(configuration.clone()).unwrap();
            let mut stream = rustls::Stream::new(&mut connection, &mut socket);
            // The client leaves once it has seen the certificates, or does not trust them.
            let _ = stream.read(&mut [0; 1]).and_then(|_| stream.write(&[0]));
        }
    });
    let url = ("url", string(&format!("tls://localhost:{port}")));
    let open = object([url.clone(), ("verify_chain", Value::Bool(false))]);
    let read = Tried::data(&super::CERTIFICATE, &open).await;
    let shown = read.get("certificates");
    let subjects: Vec<_> = shown.items().unwrap().iter().map(|it| text(it, "subject")).collect();
    assert_eq!(subjects, ["CN=ca,1.2.840.113549.1.9.1=#0c03614062", "CN=b"]);
    let error = Tried::try_data(&super::CERTIFICATE, &object([url])).await.unwrap_err();
    assert!(error.message.contains("cannot be had"), "{error}");
    server.join().unwrap();
}

#[test]
fn nobody_has_an_empty_name() {
    assert_eq!(Subject::blank().name().unwrap(), Name::default());
    assert_eq!(display(&Name::default()).unwrap(), "");
}
