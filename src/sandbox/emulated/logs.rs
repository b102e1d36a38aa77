//! Mends of winterbaume's log groups.

use serde_json::{Value, json};

use crate::sandbox::scope::{Answer, Read, Scope, page};

/// See [`super::mend`].
pub fn mend(scope: &mut Scope<'_>, operation: &str) -> Option<Answer> {
    // winterbaume knows a prefix only, and answers all groups at once.
    (operation == "DescribeLogGroups").then(|| Ok(describe_groups(scope)))
}

/// `DescribeLogGroups`, by prefix, pattern or identifiers, in pages of 50
fn describe_groups(scope: &Scope<'_>) -> Value {
    let input = scope.input;
    let prefix = input.text("logGroupNamePrefix").unwrap_or_default();
    let pattern = input.text("logGroupNamePattern").unwrap_or_default().to_lowercase();
    let identifiers = input.texts("logGroupIdentifiers");
    let asked = |name: &str, arn: &str| {
        let named = identifiers.iter().any(|it| *it == name || it.trim_end_matches(":*") == arn);
        name.starts_with(prefix)
            && name.to_lowercase().contains(&pattern)
            && (identifiers.is_empty() || named)
    };
    let groups = scope.documents.rows("logs.log_groups").filter_map(|(name, it)| {
        let arn = it.text("arn").unwrap_or_default().trim_end_matches(":*");
        asked(name, arn).then(|| group(name, arn, it))
    });
    let size = input.number("limit").and_then(|size| usize::try_from(size).ok()).unwrap_or(50);
    let (found, next) = page(groups.collect(), input.text("nextToken"), size.min(50));
    json!({"logGroups": found, "nextToken": next})
}

fn group(name: &str, arn: &str, group: &Value) -> Value {
    json!({
        "logGroupName": name, "arn": format!("{arn}:*"), "logGroupArn": arn,
        "creationTime": group["creation_time"], "retentionInDays": group["retention_in_days"],
        "kmsKeyId": group["kms_key_id"], "metricFilterCount": 0, "storedBytes": 0,
        "logGroupClass": group.text("log_group_class").unwrap_or("STANDARD"),
        "deletionProtectionEnabled": group["deletion_protection_enabled"],
    })
}
