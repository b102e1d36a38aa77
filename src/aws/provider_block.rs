//! The arguments of the `provider "aws"` block, as in the AWS provider 6.x.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::tags::Tags;
use crate::duration;
use crate::schema;
use crate::schema::{Check, DecodeError, Field, FieldType, One, Schema, Secret, Shape};
use crate::value::Value;

/// A duration such as `1h30m`.
const DURATION: Check =
    Check::Pattern(r"^([0-9]+(\.[0-9]+)?(h|m|s))+$", "a duration such as `15m`, `1h` or `1h30m`");

/// The name of a session of an assumed role.
const SESSION: Check =
    Check::Pattern(r"^[\w+=,.@\-]{2,64}$", "2 to 64 letters, digits or characters of `+=,.@-_`");

schema! {
    /// How terrace reaches AWS, and what it does to every object there.
    pub struct ProviderBlock {
        /// The access key. Better not written here: see `profile`.
        #[required_with(&["secret_key"])] access_key: Option<Secret<String>>,
        /// The accounts that may be touched; credentials of any other are refused.
        #[conflicts_with(&["forbidden_account_ids"])] allowed_account_ids: BTreeSet<String>,
        /// The role to assume with the credentials found; several are assumed one after the other.
        assume_role: Vec<AssumeRole>,
        /// The role to assume with a token of OpenID Connect.
        assume_role_with_web_identity: One<AssumeRoleWithWebIdentity>,
        /// A file with certificates that are trusted besides those of the system. Also
        /// `AWS_CA_BUNDLE`.
        custom_ca_bundle: Option<String>,
        /// Tags for every object that can have tags.
        default_tags: One<DefaultTags>,
        /// Where the metadata of EC2 instances are. Also `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
        ec2_metadata_service_endpoint: Option<String>,
        /// The protocol of the metadata endpoint. Also `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`.
        #[one_of(&["IPv4", "IPv6"])] ec2_metadata_service_endpoint_mode: Option<String>,
        /// Where services are, other than where AWS has them. Also `AWS_ENDPOINT_URL` and
        /// `AWS_ENDPOINT_URL_<SERVICE>`.
        endpoints: Endpoints,
        /// The accounts that may not be touched.
        #[conflicts_with(&["allowed_account_ids"])] forbidden_account_ids: BTreeSet<String>,
        /// The proxy for HTTP. Also `HTTP_PROXY`.
        http_proxy: Option<String>,
        /// The proxy for HTTPS. Also `HTTPS_PROXY`.
        https_proxy: Option<String>,
        /// Tags that are not managed here.
        ignore_tags: One<IgnoreTags>,
        /// Whether any certificate is trusted.
        #[unsupported("terrace always checks certificates; name yours in `custom_ca_bundle`")]
        insecure: Option<bool>,
        /// The most times a call is made again after an error that may pass. Also
        /// `AWS_MAX_ATTEMPTS`, which counts the first time too. 25 when not given.
        #[check(Check::Between(0, 1000))] max_retries: Option<i64>,
        /// Hosts that are reached without proxy, separated by commas. Also `NO_PROXY`.
        no_proxy: Option<String>,
        /// The profile of the shared configuration files. Also `AWS_PROFILE`.
        profile: Option<String>,
        /// The region. Also `AWS_REGION`, `AWS_DEFAULT_REGION` and the profile.
        region: Option<String>,
        /// Whether throttling answers slow down later calls (`adaptive`, as when not given) or only
        /// delay the same one (`standard`). Also `AWS_RETRY_MODE`.
        #[one_of(&["standard", "adaptive"])] retry_mode: Option<String>,
        /// How S3 is called; terrace makes no calls to S3.
        #[one_of(&["legacy", "regional"])] s3_us_east_1_regional_endpoint: Option<String>,
        /// How S3 is called; terrace makes no calls to S3.
        s3_use_path_style: Option<bool>,
        /// The secret key. Better not written here: see `profile`.
        #[required_with(&["access_key"])] secret_key: Option<Secret<String>>,
        /// The configuration files. Also `AWS_CONFIG_FILE`.
        shared_config_files: Vec<String>,
        /// The credentials files. Also `AWS_SHARED_CREDENTIALS_FILE`.
        shared_credentials_files: Vec<String>,
        /// Whether credentials are used without asking STS about them first.
        #[default(false)] skip_credentials_validation: bool,
        /// Whether the metadata of EC2 instances are not asked for credentials.
        skip_metadata_api_check: Option<String>,
        /// Whether any region is taken, even one that does not look like one.
        #[default(false)] skip_region_validation: bool,
        /// Whether STS is not asked for the account; ARNs made here then have none.
        #[default(false)] skip_requesting_account_id: bool,
        /// The region of calls to STS.
        sts_region: Option<String>,
        /// What to do about tags that the tag policy of the organization asks for.
        #[unsupported("terrace does not check tag policies yet")]
        tag_policy_compliance: Option<String>,
        /// The session token of temporary credentials.
        token: Option<Secret<String>>,
        /// The quota of retries: each throttled call draws 5 and each lost one 10. Unlimited when
        /// not given.
        #[check(Check::Between(0, 1_000_000))] token_bucket_rate_limiter_capacity: Option<i64>,
        /// Whether endpoints with both IPv4 and IPv6 are used. Also `AWS_USE_DUALSTACK_ENDPOINT`.
        use_dualstack_endpoint: Option<bool>,
        /// Whether FIPS endpoints are used. Also `AWS_USE_FIPS_ENDPOINT`.
        use_fips_endpoint: Option<bool>,
    }

    /// A role to assume.
    pub struct AssumeRole {
        /// How long the credentials are good for: 15 minutes to 12 hours.
        #[check(DURATION)] duration: Option<String>,
        /// What the role's trust policy asks for besides the caller.
        #[check(Check::Length(2, 1224))] external_id: Option<String>,
        /// A policy that restricts the session further.
        #[check(Check::Json)] policy: Option<String>,
        /// Managed policies that restrict the session further.
        #[check(Check::Arn)] policy_arns: BTreeSet<String>,
        /// The role.
        #[check(Check::Arn)] role_arn: Option<String>,
        /// The name of the session.
        #[check(SESSION)] session_name: Option<String>,
        /// Who assumes the role, for the audit log.
        #[check(SESSION)] source_identity: Option<String>,
        /// Tags of the session.
        tags: Tags,
        /// Tags of the session that sessions assumed from it get too.
        transitive_tag_keys: BTreeSet<String>,
    }

    /// A role to assume with a token of OpenID Connect.
    pub struct AssumeRoleWithWebIdentity {
        /// How long the credentials are good for: 15 minutes to 12 hours.
        #[check(DURATION)] duration: Option<String>,
        /// A policy that restricts the session further.
        #[check(Check::Json)] policy: Option<String>,
        /// Managed policies that restrict the session further.
        #[check(Check::Arn)] policy_arns: BTreeSet<String>,
        /// The role. Also `AWS_ROLE_ARN`.
        #[check(Check::Arn)] role_arn: Option<String>,
        /// The name of the session. Also `AWS_ROLE_SESSION_NAME`.
        #[check(SESSION)] session_name: Option<String>,
        /// The token.
        #[conflicts_with(&["web_identity_token_file"])]
        web_identity_token: Option<Secret<String>>,
        /// The file that holds the token. Also `AWS_WEB_IDENTITY_TOKEN_FILE`.
        #[conflicts_with(&["web_identity_token"])]
        web_identity_token_file: Option<String>,
    }

    /// Tags for every object.
    pub struct DefaultTags {
        /// The tags.
        tags: Tags,
    }

    /// Tags that are not managed here.
    pub struct IgnoreTags {
        /// Keys of such tags.
        keys: BTreeSet<String>,
        /// How the keys of such tags begin.
        key_prefixes: BTreeSet<String>,
    }
}

/// Services by the name of their endpoint, with their other names.
const CALLED: &[&[&str]] = &[
    &["ec2"],
    &["ecr"],
    &["ecs"],
    &["elbv2", "elasticloadbalancingv2"],
    &["iam"],
    &["logs", "cloudwatchlog", "cloudwatchlogs"],
    &["ssm"],
    &["sts"],
];

/// Services whose endpoint may be given although terrace never calls them.
const NOT_CALLED: &[&str] = &[
    "accessanalyzer",
    "account",
    "acm",
    "acmpca",
    "amp",
    "amplify",
    "apigateway",
    "apigatewayv2",
    "appautoscaling",
    "appconfig",
    "applicationautoscaling",
    "appmesh",
    "apprunner",
    "appsync",
    "athena",
    "autoscaling",
    "backup",
    "batch",
    "bedrock",
    "budgets",
    "ce",
    "cloud9",
    "cloudcontrol",
    "cloudformation",
    "cloudfront",
    "cloudhsmv2",
    "cloudtrail",
    "cloudwatch",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codedeploy",
    "codepipeline",
    "cognitoidentity",
    "cognitoidp",
    "cognitoidentityprovider",
    "config",
    "configservice",
    "databrew",
    "datasync",
    "dax",
    "deploy",
    "directconnect",
    "dlm",
    "dms",
    "docdb",
    "ds",
    "dynamodb",
    "ecrpublic",
    "efs",
    "eks",
    "elasticache",
    "elasticbeanstalk",
    "elasticsearch",
    "elb",
    "elasticloadbalancing",
    "emr",
    "emrserverless",
    "es",
    "eventbridge",
    "events",
    "firehose",
    "fis",
    "fsx",
    "glacier",
    "glue",
    "grafana",
    "guardduty",
    "imagebuilder",
    "inspector2",
    "iot",
    "kafka",
    "kendra",
    "keyspaces",
    "kinesis",
    "kinesisanalyticsv2",
    "kms",
    "lakeformation",
    "lambda",
    "lightsail",
    "macie2",
    "memorydb",
    "mq",
    "mwaa",
    "neptune",
    "networkfirewall",
    "opensearch",
    "organizations",
    "pinpoint",
    "pipes",
    "qldb",
    "quicksight",
    "ram",
    "rds",
    "redshift",
    "redshiftdata",
    "resourcegroups",
    "resourcegroupstaggingapi",
    "resourcegroupstagging",
    "route53",
    "route53domains",
    "route53resolver",
    "s3",
    "s3api",
    "s3control",
    "sagemaker",
    "scheduler",
    "schemas",
    "secretsmanager",
    "securityhub",
    "serverlessrepo",
    "servicecatalog",
    "servicediscovery",
    "servicequotas",
    "ses",
    "sesv2",
    "sfn",
    "shield",
    "signer",
    "sns",
    "sqs",
    "sso",
    "ssoadmin",
    "stepfunctions",
    "swf",
    "synthetics",
    "timestreamwrite",
    "transfer",
    "waf",
    "wafregional",
    "wafv2",
    "xray",
];

/// The endpoints given, by service. The first of several names of a service counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoints(BTreeMap<String, String>);

impl Endpoints {
    /// The endpoint of a service, if one is given.
    pub fn of(&self, service: &str) -> Option<&str> {
        let names = CALLED.iter().find(|names| names.contains(&service))?;
        names.iter().find_map(|name| self.0.get(*name)).map(String::as_str)
    }

    fn schema() -> Schema {
        let called =
            CALLED.iter().copied().flatten().map(|name| (*name, "The URL of the service."));
        let others =
            NOT_CALLED.iter().map(|name| (*name, "Has no effect: terrace never calls it."));
        let mut fields: Vec<Field> = called
            .chain(others)
            .map(|(name, doc)| Field::new::<Option<String>>(name).doc(doc).check(URL))
            .collect();
        fields.sort_by_key(|field| field.name);
        Schema { doc: "Where services are.", version: 0, fields }
    }
}

const URL: Check = Check::Pattern(r"^(https?://.+)?$", "a URL such as `http://localhost:5000`");

impl FieldType for Endpoints {
    const REQUIRED: bool = false;

    fn shape() -> Shape {
        Shape::Set(Box::new(Shape::Object(Endpoints::schema())))
    }

    fn blank() -> Self {
        Endpoints::default()
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let blocks = value.items().unwrap_or_default().iter();
        let given = blocks.flat_map(|block| block.fields().into_iter().flatten());
        let urls = given.filter_map(|(name, url)| Some((name.clone(), url.as_str()?.to_string())));
        Ok(Endpoints(urls.filter(|(_, url)| !url.is_empty()).collect()))
    }

    fn encode(&self) -> Value {
        let block = Endpoints::schema().null_object();
        let block = self.0.iter().fold(block, |it, (name, url)| it.with(name, Value::string(url)));
        let blocks = if self.0.is_empty() { vec![] } else { vec![block] };
        let ty = Endpoints::schema().ty();
        Value::set(ty, blocks)
    }
}

/// The whole seconds of a duration such as `1h30m`, if it has any.
pub fn seconds(duration: &str) -> Option<u64> {
    duration::parse(duration).map(|it| it.as_secs()).filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_known_by_all_names_of_a_service() {
        let given = |name: &str| {
            let block = Endpoints::schema().null_object().with(name, Value::string("http://e"));
            Endpoints::decode(&Value::set(Endpoints::schema().ty(), [block])).unwrap()
        };
        assert_eq!(given("elasticloadbalancingv2").of("elbv2"), Some("http://e"));
        assert_eq!(given("logs").of("logs"), Some("http://e"));
        assert_eq!(given("s3").of("ec2"), None);
        let twice = Endpoints::decode(&given("ec2").encode()).unwrap();
        assert_eq!(twice, given("ec2"));
    }

    #[test]
    fn no_service_is_listed_twice() {
        let schema = Endpoints::schema();
        let names: BTreeSet<&str> = schema.fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), schema.fields.len());
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(seconds("1h30m"), Some(5400));
        assert_eq!(seconds("900s"), Some(900));
        assert_eq!(seconds("0.5h"), Some(1800));
        assert_eq!((seconds("1d"), seconds("x"), seconds("")), (None, None, None));
    }
}
