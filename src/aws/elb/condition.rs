//! The conditions of listener rules.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    HostHeaderConditionConfig, HttpHeaderConditionConfig, HttpRequestMethodConditionConfig,
    PathPatternConditionConfig, QueryStringConditionConfig, QueryStringKeyValuePair, RuleCondition,
    SourceIpConditionConfig,
};

use crate::schema;
use crate::schema::One;
use crate::value::{Path, Step, Value};

schema! {
    /// Which requests.
    pub struct Condition {
        /// By host.
        host_header: One<Patterns>,
        /// By a header.
        http_header: One<Header>,
        /// By method.
        http_request_method: One<Values>,
        /// By path.
        path_pattern: One<Patterns>,
        /// By query.
        query_string: BTreeSet<Pair>,
        /// By source address.
        source_ip: One<Values>,
    }

    /// Values, any of which will do.
    pub struct Values {
        /// The values.
        #[required] values: BTreeSet<String>,
    }

    /// Values or regular expressions, any of which will do.
    pub struct Patterns {
        /// Regular expressions.
        regex_values: BTreeSet<String>,
        /// Values, in which `*` and `?` stand for others.
        values: BTreeSet<String>,
    }

    /// Values of a header.
    pub struct Header {
        /// Name of the header.
        http_header_name: String,
        /// Regular expressions.
        regex_values: BTreeSet<String>,
        /// Values, in which `*` and `?` stand for others.
        values: BTreeSet<String>,
    }

    /// A pair of the query.
    pub struct Pair {
        /// The key.
        key: Option<String>,
        /// The value.
        value: String,
    }
}

/// The blocks that hold patterns.
const PATTERNS: [&str; 3] = ["host_header", "http_header", "path_pattern"];

/// What is wrong with conditions: those about several things, or about nothing.
pub(super) fn wrong(conditions: &Value) -> Vec<(Path, String)> {
    let all = conditions.items().unwrap_or_default().iter().enumerate();
    let found = all.filter(|(_, it)| it.is_known()).filter_map(|(at, it)| {
        let mut path = Path::attribute("condition");
        path.push(Step::Index(at));
        Some((path, mixed(it).or_else(|| empty(it))?))
    });
    found.collect()
}

fn is_absent(it: &Value) -> bool {
    it.is_null() || it.items().is_some_and(<[Value]>::is_empty)
}

/// The API wants one condition for each thing.
fn mixed(condition: &Value) -> Option<String> {
    let given = condition.fields()?.values().filter(|it| !is_absent(it)).count();
    let message = "a condition is about exactly one thing, such as `path_pattern`; write one \
                   `condition` block for each";
    (given != 1).then(|| message.to_string())
}

fn empty(condition: &Value) -> Option<String> {
    let is_empty = |name: &&str| {
        let block = condition.get(name).items().and_then(<[Value]>::first).cloned();
        block.is_some_and(|it| {
            it.is_known() && ["values", "regex_values"].iter().all(|of| is_absent(&it.get(of)))
        })
    };
    let name = PATTERNS.into_iter().find(|name| is_empty(name))?;
    Some(format!("`{name}` needs `values` or `regex_values`"))
}

/// Conditions as the service takes them.
pub(super) fn to_sdk(all: &BTreeSet<Condition>) -> Vec<RuleCondition> {
    all.iter().flat_map(condition).collect()
}

fn list(values: &BTreeSet<String>) -> Option<Vec<String>> {
    (!values.is_empty()).then(|| values.iter().cloned().collect())
}

fn of(field: &str) -> aws_sdk_elasticloadbalancingv2::types::builders::RuleConditionBuilder {
    RuleCondition::builder().field(field)
}

/// The API has one condition for each field.
fn condition(it: &Condition) -> Vec<RuleCondition> {
    let host = it.host_header.get().map(|it| {
        let config = HostHeaderConditionConfig::builder().set_values(list(&it.values));
        let config = config.set_regex_values(list(&it.regex_values)).build();
        of("host-header").host_header_config(config).build()
    });
    let header = it.http_header.get().map(|it| {
        let config = HttpHeaderConditionConfig::builder().http_header_name(&it.http_header_name);
        let config = config.set_values(list(&it.values)).set_regex_values(list(&it.regex_values));
        of("http-header").http_header_config(config.build()).build()
    });
    let method = it.http_request_method.get().map(|it| {
        let config =
            HttpRequestMethodConditionConfig::builder().set_values(list(&it.values)).build();
        of("http-request-method").http_request_method_config(config).build()
    });
    let path = it.path_pattern.get().map(|it| {
        let config = PathPatternConditionConfig::builder().set_values(list(&it.values));
        let config = config.set_regex_values(list(&it.regex_values)).build();
        of("path-pattern").path_pattern_config(config).build()
    });
    let source = it.source_ip.get().map(|it| {
        let config = SourceIpConditionConfig::builder().set_values(list(&it.values)).build();
        of("source-ip").source_ip_config(config).build()
    });
    let pairs = it.query_string.iter().map(|pair| {
        QueryStringKeyValuePair::builder().set_key(pair.key.clone()).value(&pair.value).build()
    });
    let query = (!it.query_string.is_empty()).then(|| {
        let config =
            QueryStringConditionConfig::builder().set_values(Some(pairs.collect())).build();
        of("query-string").query_string_config(config).build()
    });
    [host, header, method, path, source, query].into_iter().flatten().collect()
}

fn set(values: &[String]) -> BTreeSet<String> {
    values.iter().cloned().collect()
}

fn values(values: Option<&[String]>) -> One<Values> {
    One(values.filter(|it| !it.is_empty()).map(|it| Values { values: set(it) }))
}

fn patterns(values: &[String], regex_values: &[String]) -> Option<Patterns> {
    let told = Patterns { regex_values: set(regex_values), values: set(values) };
    (!values.is_empty() || !regex_values.is_empty()).then_some(told)
}

/// A condition as it is told.
pub(super) fn from_sdk(it: &RuleCondition) -> Condition {
    let host = it.host_header_config.as_ref();
    let path = it.path_pattern_config.as_ref();
    let method =
        it.http_request_method_config.as_ref().map(HttpRequestMethodConditionConfig::values);
    let source = it.source_ip_config.as_ref().map(SourceIpConditionConfig::values);
    let header = it.http_header_config.as_ref().map(|it| Header {
        http_header_name: it.http_header_name.clone().unwrap_or_default(),
        regex_values: set(it.regex_values()),
        values: set(it.values()),
    });
    let pairs = it.query_string_config.as_ref().map(QueryStringConditionConfig::values);
    let pairs = pairs
        .unwrap_or_default()
        .iter()
        .map(|pair| Pair { key: pair.key.clone(), value: pair.value.clone().unwrap_or_default() });
    Condition {
        host_header: One(host.and_then(|it| patterns(it.values(), it.regex_values()))),
        http_header: One(header),
        http_request_method: values(method),
        path_pattern: One(path.and_then(|it| patterns(it.values(), it.regex_values()))),
        query_string: pairs.collect(),
        source_ip: values(source),
    }
}
