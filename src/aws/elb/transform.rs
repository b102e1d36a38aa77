//! What listener rules make of requests before targets get them.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    HostHeaderRewriteConfig, RewriteConfig, RuleTransform, TransformTypeEnum, UrlRewriteConfig,
};

use crate::schema;
use crate::schema::{Check, One};
use crate::value::{Path, Step, Value};

schema! {
    /// What becomes of requests.
    pub struct Transform {
        /// Another host, with `host-header-rewrite`.
        host_header_rewrite_config: One<Rewriting>,
        /// `host-header-rewrite` or `url-rewrite`.
        #[name("type")] #[one_of(&["host-header-rewrite", "url-rewrite"])] kind: String,
        /// Another path and query, with `url-rewrite`.
        url_rewrite_config: One<Rewriting>,
    }

    /// What is written anew.
    pub struct Rewriting {
        /// What is replaced.
        rewrite: One<Rewrite>,
    }

    /// What is replaced.
    pub struct Rewrite {
        /// Regular expression of what is replaced.
        #[check(Check::Length(1, 1024))] regex: String,
        /// What it is replaced with, in which `$1` stands for the first group.
        #[check(Check::Length(0, 1024))] replace: String,
    }
}

/// What is wrong with transforms: those without the block of their type, or with that of another.
pub(super) fn wrong(transforms: &Value) -> Vec<(Path, String)> {
    let all = transforms.items().unwrap_or_default().iter().enumerate();
    let found = all.filter_map(|(at, it)| {
        let mut path = Path::attribute("transform");
        path.push(Step::Index(at));
        Some((path, misplaced(it)?))
    });
    found.collect()
}

fn misplaced(transform: &Value) -> Option<String> {
    let kind = transform.get("type");
    let kind = kind.as_str()?;
    let (own, other) = match kind {
        "url-rewrite" => ("url_rewrite_config", "host_header_rewrite_config"),
        _ => ("host_header_rewrite_config", "url_rewrite_config"),
    };
    let absent = |name: &str| transform.get(name).items().is_none_or(<[Value]>::is_empty);
    if transform.get(own).is_known() && absent(own) {
        return Some(format!("a transform of type `{kind}` needs a block `{own}`"));
    }
    (!absent(other)).then(|| format!("a transform of type `{kind}` has no block `{other}`"))
}

/// Transforms as the service takes them; none rather than an empty list.
pub(super) fn to_sdk(all: &BTreeSet<Transform>) -> Option<Vec<RuleTransform>> {
    let made = all.iter().map(|it| {
        let host = it
            .host_header_rewrite_config
            .get()
            .map(|it| HostHeaderRewriteConfig::builder().set_rewrites(Some(rewrites(it))).build());
        let url = it.url_rewrite_config.get();
        let url =
            url.map(|it| UrlRewriteConfig::builder().set_rewrites(Some(rewrites(it))).build());
        RuleTransform::builder()
            .r#type(TransformTypeEnum::from(it.kind.as_str()))
            .set_host_header_rewrite_config(host)
            .set_url_rewrite_config(url)
            .build()
    });
    (!all.is_empty()).then(|| made.collect())
}

fn rewrites(it: &Rewriting) -> Vec<RewriteConfig> {
    let made = it
        .rewrite
        .get()
        .map(|it| RewriteConfig::builder().regex(&it.regex).replace(&it.replace).build());
    made.into_iter().collect()
}

/// A transform as it is told.
pub(super) fn from_sdk(it: &RuleTransform) -> Transform {
    let host = it.host_header_rewrite_config.as_ref().map(|it| told(it.rewrites()));
    let url = it.url_rewrite_config.as_ref().map(|it| told(it.rewrites()));
    Transform {
        host_header_rewrite_config: One(host),
        kind: it.r#type.as_ref().map_or("", TransformTypeEnum::as_str).to_string(),
        url_rewrite_config: One(url),
    }
}

fn told(rewrites: &[RewriteConfig]) -> Rewriting {
    let first = rewrites.first().map(|it| Rewrite {
        regex: it.regex.clone().unwrap_or_default(),
        replace: it.replace.clone().unwrap_or_default(),
    });
    Rewriting { rewrite: One(first) }
}
