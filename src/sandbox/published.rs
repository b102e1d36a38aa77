//! SSM parameters that AWS publishes for everybody.

use serde_json::{Value, json};

use super::scope::Scope;

/// The parameter of a name, if AWS publishes one.
pub(super) fn parameter(scope: &Scope<'_>, name: &str) -> Option<Value> {
    let value = image_id(name).or_else(|| fluent_bit(scope.region, name))?;
    let resource = format!("parameter{name}");
    Some(json!({
        "Name": name, "Type": "String", "Value": value, "Version": 1, "DataType": "text",
        "LastModifiedDate": 1_700_000_000,
        "ARN": format!("arn:aws:ssm:{}::{resource}", scope.region),
    }))
}

/// The image ids that ECS and EC2 publish; in the sandbox each name has an id of its own.
fn image_id(name: &str) -> Option<String> {
    let known = ["/aws/service/ecs/optimized-ami/", "/aws/service/ami-amazon-linux-latest/"];
    known.iter().find(|prefix| name.starts_with(**prefix))?;
    let place = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, name.as_bytes()).simple();
    let image = format!("ami-0{}", &place.to_string()[..16]);
    Some(match name.ends_with("/recommended") {
        true => json!({"image_id": image, "os": "Amazon Linux", "schema_version": 1}).to_string(),
        false => image,
    })
}

/// The image of AWS for Fluent Bit under a tag, in the region's registry.
fn fluent_bit(region: &str, name: &str) -> Option<String> {
    let tag = name.strip_prefix("/aws/service/aws-for-fluent-bit/")?;
    let version = tag.strip_prefix("init-").unwrap_or(tag);
    let windows = tag.strip_suffix("-windowsservercore");
    let known = TAGS.contains(&tag)
        || VERSIONS.contains(&version)
        || windows.is_some_and(|it| WINDOWS.contains(&it));
    let tag = if tag == "stable" { STABLE } else { tag };
    let account = ACCOUNTS.iter().find(|(it, _)| *it == region).map_or(ACCOUNT, |(_, it)| it);
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    known.then(|| format!("{account}.dkr.ecr.{region}.{domain}/aws-for-fluent-bit:{tag}"))
}

// Source of what follows: scripts/publish.sh, CHANGELOG.md, windows.versions and README.md of
// github.com/aws/aws-for-fluent-bit.

/// The account of its images in most regions.
const ACCOUNT: &str = "906394416424";

/// The accounts of its images in the other regions.
const ACCOUNTS: &[(&str, &str)] = &[
    ("cn-north-1", "128054284489"),
    ("cn-northwest-1", "128054284489"),
    ("us-gov-east-1", "161423150738"),
    ("us-gov-west-1", "161423150738"),
    ("ap-east-1", "449074385750"),
    ("me-south-1", "741863432321"),
    ("af-south-1", "928143927712"),
    ("eu-south-1", "960320637246"),
    ("ap-southeast-3", "921575906885"),
    ("me-central-1", "358001906437"),
    ("eu-south-2", "146576467002"),
    ("eu-central-2", "269912160255"),
    ("ap-south-2", "378905956269"),
    ("il-central-1", "279248816148"),
    ("ap-southeast-4", "577945010369"),
];

/// The tags that move.
const TAGS: &[&str] =
    &["latest", "stable", "init-latest", "windowsservercore-latest", "windowsservercore-stable"];

/// What the tag `stable` means.
const STABLE: &str = "2.32.2.20241008";

/// The versions for Linux.
#[rustfmt::skip]
const VERSIONS: &[&str] = &[
    "2.0.0", "2.1.0", "2.1.1", "2.2.0", "2.3.0", "2.3.1", "2.4.0", "2.5.0", "2.6.0", "2.6.1",
    "2.7.0", "2.8.0", "2.9.0", "2.10.0", "2.10.1", "2.11.0", "2.12.0", "2.13.0", "2.14.0",
    "2.15.0", "2.15.1", "2.16.0", "2.16.1", "2.17.0", "2.18.0", "2.19.0", "2.19.1", "2.19.2",
    "2.20.0", "2.21.0", "2.21.1", "2.21.2", "2.21.3", "2.21.4", "2.21.5", "2.21.6", "2.22.0",
    "2.23.0", "2.23.1", "2.23.2", "2.23.3", "2.23.4", "2.24.0", "2.25.0", "2.25.1", "2.26.0",
    "2.27.0", "2.28.0", "2.28.1", "2.28.2", "2.28.3", "2.28.4", "2.28.5", "2.29.0", "2.29.1",
    "2.30.0", "2.31.0", "2.31.1", "2.31.2", "2.31.3", "2.31.4", "2.31.5", "2.31.6", "2.31.7",
    "2.31.8", "2.31.9", "2.31.10", "2.31.11", "2.31.12", "2.31.12.20230629", "2.31.12.20230727",
    "2.31.12.20230821", "2.31.12.20230911", "2.31.12.20231002", "2.31.12.20231011", "2.32.0",
    "2.32.0.20231031", "2.32.0.20231205", "2.32.0.20240122", "2.32.0.20240304", "2.32.1",
    "2.32.2", "2.32.2.20240425", "2.32.2.20240516", "2.32.2.20240627", "2.32.2.20240724",
    "2.32.2.20240820", "2.32.2.20241003", "2.32.2.20241008", "2.32.3",
];

/// The versions for Windows.
#[rustfmt::skip]
const WINDOWS: &[&str] = &[
    "2.28.4", "2.28.5", "2.29.0", "2.29.1", "2.30.0", "2.31.0", "2.31.1", "2.31.2", "2.31.3",
    "2.31.4", "2.31.5", "2.31.6", "2.31.7", "2.31.8", "2.31.9", "2.31.10", "2.31.11", "2.31.12",
    "2.32.0", "2.32.1", "2.32.2", "2.32.3",
];

#[cfg(test)]
mod tests {
    use super::fluent_bit;

    #[test]
    fn images_of_fluent_bit_are_in_the_registry_of_the_region() {
        let image = |region: &str, tag: &str| {
            fluent_bit(region, &format!("/aws/service/aws-for-fluent-bit/{tag}"))
        };
        for (region, tag, registry, told) in [
            ("us-east-1", "latest", "906394416424.dkr.ecr.us-east-1.amazonaws.com", "latest"),
            ("eu-south-1", "2.0.0", "960320637246.dkr.ecr.eu-south-1.amazonaws.com", "2.0.0"),
            ("us-east-2", "stable", "906394416424.dkr.ecr.us-east-2.amazonaws.com", super::STABLE),
            (
                "cn-north-1",
                "init-2.32.3",
                "128054284489.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "init-2.32.3",
            ),
        ] {
            assert_eq!(image(region, tag), Some(format!("{registry}/aws-for-fluent-bit:{told}")));
        }
        assert!(image("us-east-1", "2.31.12-windowsservercore").is_some());
        for unknown in ["2.99.0", "2.0.0-windowsservercore", "init-stable", ""] {
            assert_eq!(image("us-east-1", unknown), None, "{unknown}");
        }
    }
}
