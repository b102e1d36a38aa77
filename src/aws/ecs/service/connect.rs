//! Service Connect.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ecs::types::{
    LogConfiguration, LogDriver, Secret as SdkSecret, ServiceConnectAccessLogConfiguration,
    ServiceConnectAccessLoggingFormat, ServiceConnectClientAlias, ServiceConnectConfiguration,
    ServiceConnectIncludeQueryParameters, ServiceConnectService,
    ServiceConnectTestTrafficHeaderMatchRules, ServiceConnectTestTrafficHeaderRules,
    ServiceConnectTestTrafficRules, ServiceConnectTlsCertificateAuthority,
    ServiceConnectTlsConfiguration, TimeoutConfiguration,
};

use crate::provider::Result;
use crate::schema;
use crate::schema::{Check, One};

schema! {
    /// Service Connect.
    pub struct Connect {
        /// How requests are logged.
        access_log_configuration: One<AccessLogs>,
        /// Whether it is on.
        enabled: bool,
        /// How the proxy logs.
        log_configuration: One<Logs>,
        /// Name or ARN of the namespace.
        #[computed] namespace: Option<String>,
        /// What is offered to others.
        service: Vec<Offer>,
    }

    /// How requests are logged.
    pub struct AccessLogs {
        /// `JSON` or `TEXT`.
        #[one_of(&["JSON", "TEXT"])] format: String,
        /// `ENABLED` or `DISABLED`.
        #[computed] #[one_of(&["ENABLED", "DISABLED"])] include_query_parameters: Option<String>,
    }

    /// How the proxy logs.
    pub struct Logs {
        /// The driver.
        log_driver: String,
        /// Its options.
        #[computed] options: BTreeMap<String, String>,
        /// Its options that are secrets.
        secret_option: Vec<SecretOption>,
    }

    /// An option that is a secret.
    pub struct SecretOption {
        /// Its name.
        name: String,
        /// ARN of the secret or parameter.
        value_from: String,
    }

    /// What is offered to others.
    pub struct Offer {
        /// What clients call it.
        client_alias: One<Alias>,
        /// Its name in Cloud Map.
        #[computed] discovery_name: Option<String>,
        /// Port on which the proxy listens.
        #[check(Check::Between(0, 65535))] ingress_port_override: Option<i64>,
        /// Name of the port mapping.
        port_name: String,
        /// When requests have taken too long.
        timeout: One<Timeout>,
        /// Encryption.
        tls: One<Encryption>,
    }

    /// What clients call it.
    pub struct Alias {
        /// The name.
        #[computed] dns_name: Option<String>,
        /// The port.
        #[check(Check::Between(0, 65535))] port: i64,
        /// Which requests are tests.
        #[max_items(1)] test_traffic_rules: Vec<TestTraffic>,
    }

    /// Which requests are tests.
    pub struct TestTraffic {
        /// Those with a header.
        header: One<TestHeader>,
    }

    /// A header of tests.
    pub struct TestHeader {
        /// Its name.
        name: String,
        /// Its value.
        #[required] value: One<TestValue>,
    }

    /// The value of a header of tests.
    pub struct TestValue {
        /// The whole value.
        exact: String,
    }

    /// When requests have taken too long.
    pub struct Timeout {
        /// Seconds that a connection may be idle; 0 for ever.
        #[check(Check::Between(0, 2147483647))] idle_timeout_seconds: Option<i64>,
        /// Seconds that a request may take; 0 for ever.
        #[check(Check::Between(0, 2147483647))] per_request_timeout_seconds: Option<i64>,
    }

    /// Encryption.
    pub struct Encryption {
        /// Who issues certificates.
        #[required] issuer_cert_authority: One<Authority>,
        /// KMS key.
        kms_key: Option<String>,
        /// ARN of the role that asks for certificates.
        #[check(Check::Arn)] role_arn: Option<String>,
    }

    /// Who issues certificates.
    pub struct Authority {
        /// ARN of the authority.
        #[check(Check::Arn)] aws_pca_authority_arn: String,
    }
}

/// No Service Connect.
pub(super) fn unconnected() -> ServiceConnectConfiguration {
    ServiceConnectConfiguration::builder().enabled(false).build()
}

fn text(it: &Option<String>) -> Option<String> {
    it.clone().filter(|it| !it.is_empty())
}

fn whole(it: Option<i64>) -> Option<i32> {
    it.and_then(|it| i32::try_from(it).ok())
}

pub(super) fn connect_to_sdk(it: &Connect) -> Result<ServiceConnectConfiguration> {
    let access = it.access_log_configuration.get().map(|it| {
        let query = it.include_query_parameters.as_deref();
        ServiceConnectAccessLogConfiguration::builder()
            .format(ServiceConnectAccessLoggingFormat::from(it.format.as_str()))
            .set_include_query_parameters(query.map(ServiceConnectIncludeQueryParameters::from))
            .build()
    });
    let offers = it.service.iter().map(offer_to_sdk).collect::<Result<Vec<_>>>()?;
    let made = ServiceConnectConfiguration::builder()
        .set_access_log_configuration(access.transpose()?)
        .enabled(it.enabled)
        .set_log_configuration(it.log_configuration.get().map(logs_to_sdk).transpose()?)
        .set_namespace(text(&it.namespace))
        .set_services((!offers.is_empty()).then_some(offers));
    Ok(made.build())
}

fn logs_to_sdk(it: &Logs) -> Result<LogConfiguration> {
    let secrets = it
        .secret_option
        .iter()
        .map(|it| SdkSecret::builder().name(&it.name).value_from(&it.value_from).build());
    let secrets = secrets.collect::<std::result::Result<Vec<_>, _>>()?;
    let options: HashMap<String, String> = it.options.clone().into_iter().collect();
    let made = LogConfiguration::builder()
        .log_driver(LogDriver::from(it.log_driver.as_str()))
        .set_options((!options.is_empty()).then_some(options))
        .set_secret_options((!secrets.is_empty()).then_some(secrets));
    Ok(made.build()?)
}

fn offer_to_sdk(it: &Offer) -> Result<ServiceConnectService> {
    let aliases = it.client_alias.get().map(alias_to_sdk).transpose()?;
    let timeout = it.timeout.get().map(|it| {
        TimeoutConfiguration::builder()
            .set_idle_timeout_seconds(whole(it.idle_timeout_seconds))
            .set_per_request_timeout_seconds(whole(it.per_request_timeout_seconds))
            .build()
    });
    let tls = it.tls.get().map(|it| {
        let authority = it.issuer_cert_authority.get().map(|it| {
            ServiceConnectTlsCertificateAuthority::builder()
                .aws_pca_authority_arn(&it.aws_pca_authority_arn)
                .build()
        });
        ServiceConnectTlsConfiguration::builder()
            .set_issuer_certificate_authority(authority)
            .set_kms_key(text(&it.kms_key))
            .set_role_arn(text(&it.role_arn))
            .build()
    });
    let made = ServiceConnectService::builder()
        .set_client_aliases(aliases.map(|it| vec![it]))
        .set_discovery_name(text(&it.discovery_name))
        .set_ingress_port_override(whole(it.ingress_port_override.filter(|it| *it > 0)))
        .port_name(&it.port_name)
        .set_timeout(timeout)
        .set_tls(tls);
    Ok(made.build()?)
}

fn alias_to_sdk(it: &Alias) -> Result<ServiceConnectClientAlias> {
    let header = it.test_traffic_rules.first().and_then(|it| it.header.get());
    let header = header.map(|it| {
        let value = it.value.get().map(|it| {
            ServiceConnectTestTrafficHeaderMatchRules::builder().exact(&it.exact).build()
        });
        let made = ServiceConnectTestTrafficHeaderRules::builder().name(&it.name);
        value.transpose().and_then(|value| made.set_value(value).build())
    });
    let rules =
        header.transpose()?.map(|it| ServiceConnectTestTrafficRules::builder().header(it).build());
    let made = ServiceConnectClientAlias::builder()
        .set_dns_name(text(&it.dns_name))
        .set_port(whole(Some(it.port)))
        .set_test_traffic_rules(rules);
    Ok(made.build()?)
}

pub(super) fn connect_from(it: &ServiceConnectConfiguration) -> Connect {
    let access = it.access_log_configuration.as_ref().map(|it| {
        let query = it.include_query_parameters.as_ref();
        AccessLogs {
            format: it.format.as_str().to_string(),
            include_query_parameters: query.map(|it| it.as_str().to_string()),
        }
    });
    Connect {
        access_log_configuration: One(access),
        enabled: it.enabled,
        log_configuration: One(it.log_configuration.as_ref().map(logs_from)),
        namespace: it.namespace.clone(),
        service: it.services().iter().map(offer_from).collect(),
    }
}

fn logs_from(it: &LogConfiguration) -> Logs {
    let options = it.options.iter().flatten();
    let secrets = it
        .secret_options()
        .iter()
        .map(|it| SecretOption { name: it.name.clone(), value_from: it.value_from.clone() });
    Logs {
        log_driver: it.log_driver.as_str().to_string(),
        options: options.map(|(key, value)| (key.clone(), value.clone())).collect(),
        secret_option: secrets.collect(),
    }
}

fn offer_from(it: &ServiceConnectService) -> Offer {
    let timeout = it.timeout.as_ref().map(|it| Timeout {
        idle_timeout_seconds: it.idle_timeout_seconds.map(i64::from),
        per_request_timeout_seconds: it.per_request_timeout_seconds.map(i64::from),
    });
    let tls = it.tls.as_ref().map(|it| {
        let authority = it.issuer_certificate_authority.as_ref();
        let authority = authority.and_then(|it| it.aws_pca_authority_arn.clone());
        Encryption {
            issuer_cert_authority: One(
                authority.map(|aws_pca_authority_arn| Authority { aws_pca_authority_arn })
            ),
            kms_key: it.kms_key.clone(),
            role_arn: it.role_arn.clone(),
        }
    });
    Offer {
        client_alias: One(it.client_aliases().first().map(alias_from)),
        discovery_name: it.discovery_name.clone(),
        ingress_port_override: it.ingress_port_override.map(i64::from),
        port_name: it.port_name.clone(),
        timeout: One(timeout),
        tls: One(tls),
    }
}

fn alias_from(it: &ServiceConnectClientAlias) -> Alias {
    let rules = it.test_traffic_rules.as_ref().map(|it| {
        let header = it.header.as_ref().map(|it| TestHeader {
            name: it.name.clone(),
            value: One(it.value.as_ref().map(|it| TestValue { exact: it.exact.clone() })),
        });
        TestTraffic { header: One(header) }
    });
    Alias {
        dns_name: it.dns_name.clone(),
        port: i64::from(it.port),
        test_traffic_rules: rules.into_iter().collect(),
    }
}
