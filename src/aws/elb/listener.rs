//! `aws_lb_listener`

use aws_sdk_elasticloadbalancingv2::types::{
    self, AdvertiseTrustStoreCaNamesEnum, Certificate, ListenerAttribute,
    MutualAuthenticationAttributes, ProtocolEnum,
};

use super::action::{Action, from_sdk, incomplete, to_sdk};
use super::attributes::{self, Attribute, Attributes};
use super::described::{self, Described};
use super::{ours, sdk_tags};
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{Tagging, Tags};
use crate::provider::{Phase, Result, Step};
use crate::schema;
use crate::schema::{Check, One};
use crate::value::{Path, Value};

schema! {
    /// A port on which a load balancer listens.
    pub struct Listener {
        /// ALPN policy of TLS listeners.
        #[one_of(&["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"])]
        alpn_policy: Option<String>,
        /// ARN of the default certificate.
        #[check(Check::Arn)] certificate_arn: Option<String>,
        /// What is done with requests that no rule takes.
        #[required] default_action: Vec<Action>,
        /// ARN of the load balancer.
        #[force_new] #[check(Check::Arn)] load_balancer_arn: String,
        /// Whether clients show certificates.
        #[computed] mutual_authentication: One<MutualAuthentication>,
        /// The port.
        #[check(Check::Between(1, 65535))] port: Option<i64>,
        /// The protocol.
        #[computed] #[one_of(&["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP"])]
        protocol: Option<String>,
        /// Header that passes the client's certificate on.
        #[computed] routing_http_request_x_amzn_mtls_clientcert_header_name: Option<String>,
        /// Header that passes the issuer of the client's certificate on.
        #[computed] routing_http_request_x_amzn_mtls_clientcert_issuer_header_name: Option<String>,
        /// Header that passes the leaf of the client's certificate on.
        #[computed] routing_http_request_x_amzn_mtls_clientcert_leaf_header_name: Option<String>,
        /// Header that passes the serial number of the client's certificate on.
        #[computed]
        routing_http_request_x_amzn_mtls_clientcert_serial_number_header_name: Option<String>,
        /// Header that passes the subject of the client's certificate on.
        #[computed] routing_http_request_x_amzn_mtls_clientcert_subject_header_name: Option<String>,
        /// Header that passes the validity of the client's certificate on.
        #[computed] routing_http_request_x_amzn_mtls_clientcert_validity_header_name: Option<String>,
        /// Header that passes the cipher suite on.
        #[computed] routing_http_request_x_amzn_tls_cipher_suite_header_name: Option<String>,
        /// Header that passes the TLS version on.
        #[computed] routing_http_request_x_amzn_tls_version_header_name: Option<String>,
        /// Value of `Access-Control-Allow-Credentials`.
        #[computed]
        routing_http_response_access_control_allow_credentials_header_value: Option<String>,
        /// Value of `Access-Control-Allow-Headers`.
        #[computed] routing_http_response_access_control_allow_headers_header_value: Option<String>,
        /// Value of `Access-Control-Allow-Methods`.
        #[computed] routing_http_response_access_control_allow_methods_header_value: Option<String>,
        /// Value of `Access-Control-Allow-Origin`.
        #[computed] routing_http_response_access_control_allow_origin_header_value: Option<String>,
        /// Value of `Access-Control-Expose-Headers`.
        #[computed] routing_http_response_access_control_expose_headers_header_value: Option<String>,
        /// Value of `Access-Control-Max-Age`.
        #[computed] routing_http_response_access_control_max_age_header_value: Option<String>,
        /// Value of `Content-Security-Policy`.
        #[computed] routing_http_response_content_security_policy_header_value: Option<String>,
        /// Whether answers have a header `Server`.
        #[computed] routing_http_response_server_enabled: Option<bool>,
        /// Value of `Strict-Transport-Security`.
        #[computed] routing_http_response_strict_transport_security_header_value: Option<String>,
        /// Value of `X-Content-Type-Options`.
        #[computed] routing_http_response_x_content_type_options_header_value: Option<String>,
        /// Value of `X-Frame-Options`.
        #[computed] routing_http_response_x_frame_options_header_value: Option<String>,
        /// Security policy of TLS.
        #[computed] ssl_policy: Option<String>,
        /// Tags of the listener.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// Seconds that a TCP connection may be idle.
        #[computed] #[check(Check::Between(60, 6000))] tcp_idle_timeout_seconds: Option<i64>,
        /// ARN of the listener.
        #[read_only] arn: Option<String>,
        /// ARN of the listener.
        #[read_only] id: Option<String>,
    }

    /// Whether clients show certificates.
    pub struct MutualAuthentication {
        /// `on` or `off`: whether clients are told the certificate authorities.
        #[computed] #[one_of(&["on", "off"])] advertise_trust_store_ca_names: Option<String>,
        /// Whether expired certificates are taken.
        #[default(false)] ignore_client_certificate_expiry: bool,
        /// `off`, `passthrough` or `verify`.
        #[one_of(&["off", "passthrough", "verify"])] mode: String,
        /// ARN of the trust store.
        #[check(Check::Arn)] trust_store_arn: Option<String>,
    }
}

const HTTPS: &[&str] = &["HTTPS"];
const HTTP: &[&str] = &["HTTP", "HTTPS"];

macro_rules! attribute {
    (request $name:literal) => {
        attribute!(
            concat!("routing_http_request_", $name, "_header_name"),
            concat!("routing.http.request.", $name, ".header_name"),
            HTTPS
        )
    };
    (response $name:literal) => {
        attribute!(
            concat!("routing_http_response_", $name, "_header_value"),
            concat!("routing.http.response.", $name, ".header_value"),
            HTTP
        )
    };
    ($field:expr, $key:expr, $of:expr) => {
        Attribute { field: $field, key: $key, of: $of }
    };
}

const ATTRIBUTES: &[Attribute] = &[
    attribute!(request "x_amzn_mtls_clientcert"),
    attribute!(request "x_amzn_mtls_clientcert_issuer"),
    attribute!(request "x_amzn_mtls_clientcert_leaf"),
    attribute!(request "x_amzn_mtls_clientcert_serial_number"),
    attribute!(request "x_amzn_mtls_clientcert_subject"),
    attribute!(request "x_amzn_mtls_clientcert_validity"),
    attribute!(request "x_amzn_tls_cipher_suite"),
    attribute!(request "x_amzn_tls_version"),
    attribute!(response "access_control_allow_credentials"),
    attribute!(response "access_control_allow_headers"),
    attribute!(response "access_control_allow_methods"),
    attribute!(response "access_control_allow_origin"),
    attribute!(response "access_control_expose_headers"),
    attribute!(response "access_control_max_age"),
    attribute!(response "content_security_policy"),
    attribute!(response "strict_transport_security"),
    attribute!(response "x_content_type_options"),
    attribute!(response "x_frame_options"),
    attribute!(
        "routing_http_response_server_enabled",
        "routing.http.response.server.enabled",
        HTTP
    ),
    attribute!("tcp_idle_timeout_seconds", "tcp.idle_timeout.seconds", &["TCP", "GENEVE"]),
];

impl Resource for Listener {
    const TYPE: &'static str = "aws_lb_listener";
    const TAGGING: Option<Tagging> = Some(Tagging::Elb);
    const TIMEOUTS: &'static [(Phase, u64)] = &[(Phase::Create, 5), (Phase::Update, 5)];
    const IMPORT: &'static str = "LISTENER-ARN";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let call = aws.elb.create_listener().load_balancer_arn(&self.load_balancer_arn);
        let call = call
            .set_port(self.port.and_then(|it| i32::try_from(it).ok()))
            .set_protocol(self.wanted_protocol())
            .set_ssl_policy(self.ssl_policy.clone())
            .set_alpn_policy(self.alpn_policy.clone().map(|it| vec![it]))
            .set_certificates(self.certificates())
            .set_mutual_authentication(self.mutual_authentication.get().map(mutual_to_sdk))
            .set_default_actions(Some(to_sdk(&self.default_action)))
            .set_tags(sdk_tags(&self.tags_all));
        let made = call.send().await?;
        let arn = made.listeners().first().and_then(|it| it.listener_arn.clone());
        arn.ok_or_else(|| missing("ListenerArn"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let call = aws.elb.describe_listeners().load_balancer_arn(&self.load_balancer_arn);
        let found = call.into_paginator().items().send();
        match found.collect::<std::result::Result<Vec<_>, _>>().await {
            Ok(found) => {
                let arns = found.into_iter().filter_map(|it| it.listener_arn);
                ours(aws, arns.collect(), token).await
            }
            Err(error) => {
                let gone = ["LoadBalancerNotFound", "LoadBalancerNotFoundException"];
                gone_is_fine(Err::<(), _>(error), &gone).map(|()| None)
            }
        }
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        described::read(aws, objects).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if self.differs(was) {
            let call = aws.elb.modify_listener().set_listener_arn(was.id.clone());
            let mut call = call
                .set_port(self.port.and_then(|it| i32::try_from(it).ok()))
                .set_protocol(self.wanted_protocol())
                .set_ssl_policy(self.ssl_policy.clone().filter(|it| !it.is_empty()))
                .set_alpn_policy(self.alpn_policy.clone().map(|it| vec![it]))
                .set_certificates(self.certificates())
                .set_default_actions(Some(to_sdk(&self.default_action)));
            if self.mutual_authentication != was.mutual_authentication {
                let mutual = self.mutual_authentication.get().map(mutual_to_sdk);
                call = call.set_mutual_authentication(mutual);
            }
            call.send().await?;
        }
        let changed = attributes::changed(self.attributes_wanted(), &was.attributes_wanted());
        if changed.is_empty() {
            return Ok(());
        }
        let changed = changed
            .iter()
            .map(|(key, value)| ListenerAttribute::builder().key(key).value(value).build());
        let call = aws.elb.modify_listener_attributes().set_listener_arn(was.id.clone());
        call.set_attributes(Some(changed.collect())).send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.elb.delete_listener().set_listener_arn(self.id.clone());
        gone_is_fine(call.send().await, Self::GONE)
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        incomplete(configuration, "default_action")
    }
}

impl Described for Listener {
    type Found = types::Listener;
    const GONE: &'static [&'static str] = &["ListenerNotFound", "ListenerNotFoundException"];

    async fn describe(aws: &Aws, arns: Vec<String>) -> Result<Vec<types::Listener>> {
        let call = aws.elb.describe_listeners().set_listener_arns(Some(arns));
        let found = call.into_paginator().items().send();
        Ok(found.collect::<std::result::Result<Vec<_>, _>>().await?)
    }

    fn arn_of(found: &types::Listener) -> Option<&String> {
        found.listener_arn.as_ref()
    }

    fn own_arn(&self) -> Option<&String> {
        self.id.as_ref()
    }

    /// Listeners for TLS have no attributes; AWS refuses to describe them.
    async fn attributes(&self, aws: &Aws, found: &types::Listener) -> Result<Attributes> {
        if found.protocol == Some(ProtocolEnum::Tls) {
            return Ok(Attributes::new());
        }
        let call = aws.elb.describe_listener_attributes();
        let answer = call.set_listener_arn(found.listener_arn.clone()).send().await?;
        Ok(attributes::answered(answer.attributes(), |it| it.key(), |it| it.value()))
    }

    fn merged(self, it: &types::Listener, tags: Tags, told: &Attributes) -> Result<Listener> {
        let certificate = it.certificates().first().and_then(|it| it.certificate_arn.clone());
        let (mutual, known) = (it.mutual_authentication.as_ref(), self.mutual_authentication.get());
        let listener = Listener {
            alpn_policy: it.alpn_policy().first().cloned(),
            certificate_arn: certificate,
            default_action: from_sdk(it.default_actions(), &self.default_action),
            load_balancer_arn: it.load_balancer_arn.clone().unwrap_or_default(),
            mutual_authentication: One(mutual.map(|it| mutual_from_sdk(it, known))),
            port: it.port.map(i64::from),
            protocol: it.protocol.as_ref().map(|it| it.as_str().to_string()),
            ssl_policy: Some(it.ssl_policy.clone().unwrap_or_default()),
            tags_all: tags,
            arn: it.listener_arn.clone(),
            id: it.listener_arn.clone(),
            ..self
        };
        attributes::told(&listener, &listener.kind(), ATTRIBUTES, told)
    }
}

impl Listener {
    /// Application load balancers listen by HTTP, or by HTTPS when there is a certificate, unless
    /// told otherwise; gateways by nothing.
    fn wanted_protocol(&self) -> Option<ProtocolEnum> {
        let default = if self.certificate_arn.is_some() { "HTTPS" } else { "HTTP" };
        let default = self.load_balancer_arn.contains(":loadbalancer/app/").then_some(default);
        let protocol = self.protocol.as_deref().filter(|it| !it.is_empty());
        protocol.or(default).map(ProtocolEnum::from)
    }

    /// The protocol, also of gateways, where AWS does not tell it.
    fn kind(&self) -> String {
        let gateway = self.load_balancer_arn.contains(":loadbalancer/gwy/");
        match self.wanted_protocol() {
            Some(protocol) => protocol.as_str().to_string(),
            None if gateway => "GENEVE".to_string(),
            None => String::new(),
        }
    }

    fn attributes_wanted(&self) -> Attributes {
        attributes::wanted(self, &self.kind(), ATTRIBUTES)
    }

    /// Whether anything differs that `ModifyListener` can change.
    fn differs(&self, was: &Self) -> bool {
        self.alpn_policy != was.alpn_policy
            || self.certificate_arn != was.certificate_arn
            || self.default_action != was.default_action
            || self.mutual_authentication != was.mutual_authentication
            || self.port != was.port
            || self.protocol != was.protocol
            || self.ssl_policy != was.ssl_policy
    }

    fn certificates(&self) -> Option<Vec<Certificate>> {
        let arn = self.certificate_arn.clone()?;
        Some(vec![Certificate::builder().certificate_arn(arn).build()])
    }
}

fn mutual_to_sdk(it: &MutualAuthentication) -> MutualAuthenticationAttributes {
    let advertise = it.advertise_trust_store_ca_names.as_deref().filter(|it| !it.is_empty());
    let verifies = it.mode == "verify";
    MutualAuthenticationAttributes::builder()
        .mode(&it.mode)
        .set_trust_store_arn(it.trust_store_arn.clone().filter(|it| !it.is_empty()))
        .set_ignore_client_certificate_expiry(
            verifies.then_some(it.ignore_client_certificate_expiry),
        )
        .set_advertise_trust_store_ca_names(
            advertise.filter(|_| verifies).map(AdvertiseTrustStoreCaNamesEnum::from),
        )
        .build()
}

/// What only counts with a trust store stays as it was while there is none.
fn mutual_from_sdk(
    it: &MutualAuthenticationAttributes,
    known: Option<&MutualAuthentication>,
) -> MutualAuthentication {
    let advertise = it.advertise_trust_store_ca_names.as_ref().map(|it| it.as_str().to_string());
    let known = known.and_then(|it| it.advertise_trust_store_ca_names.clone());
    MutualAuthentication {
        advertise_trust_store_ca_names: advertise.or(known),
        ignore_client_certificate_expiry: it.ignore_client_certificate_expiry.unwrap_or(false),
        mode: it.mode.clone().unwrap_or_else(|| "off".into()),
        trust_store_arn: it.trust_store_arn.clone(),
    }
}
