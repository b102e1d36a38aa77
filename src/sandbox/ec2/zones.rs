//! Regions and availability zones.

use serde_json::{Value, json};

use crate::sandbox::scope::{Answer, Read, Scope};

/// The zones of a region in the sandbox: `a`, `b` and `c`.
pub fn zones(region: &str) -> Vec<(String, String)> {
    let short = short(region);
    let zone = |(index, letter): (usize, char)| {
        (format!("{region}{letter}"), format!("{short}-az{}", index + 1))
    };
    ['a', 'b', 'c'].into_iter().enumerate().map(zone).collect()
}

/// `eu-west-1` is `euw1`: the short form of region names in zone ids.
fn short(region: &str) -> String {
    let mut short = String::new();
    for (index, part) in region.split('-').enumerate() {
        match (index, part) {
            (0, part) => short.push_str(part),
            (_, "northeast") => short.push_str("ne"),
            (_, "northwest") => short.push_str("nw"),
            (_, "southeast") => short.push_str("se"),
            (_, "southwest") => short.push_str("sw"),
            (_, part) => short.extend(part.chars().next()),
        }
    }
    short
}

/// `DescribeAvailabilityZones`
pub fn describe(scope: &mut Scope<'_>) -> Answer {
    let region = scope.region;
    let zone = |(name, id): (String, String)| {
        json!({
            "regionName": region, "zoneName": name, "zoneId": id, "zoneState": "available",
            "optInStatus": "opt-in-not-required", "groupName": region,
            "networkBorderGroup": region, "zoneType": "availability-zone",
        })
    };
    let found: Vec<Value> = zones(region).into_iter().map(zone).collect();
    let names = scope.input.texts("ZoneName");
    let found = found.into_iter().filter(|it| {
        names.is_empty() || it.text("zoneName").is_some_and(|name| names.contains(&name))
    });
    let answer = super::describe::select(scope.input, &ZONES, found.collect())?;
    Ok(json!({"availabilityZoneInfo": answer["availabilityZoneInfo"]}))
}

const ZONES: super::Kind = super::Kind {
    table: "availability-zone",
    prefix: "",
    describe: "DescribeAvailabilityZones",
    ids: "ZoneId",
    set: "availabilityZoneInfo",
    missing: "InvalidParameterValue",
    filters: &[
        ("zone-id", "zoneId"),
        ("zone-name", "zoneName"),
        ("zone-type", "zoneType"),
        ("state", "zoneState"),
        ("region-name", "regionName"),
        ("group-name", "groupName"),
        ("opt-in-status", "optInStatus"),
    ],
};

/// `DescribeRegions`: the regions every account has.
pub fn describe_regions(_: &mut Scope<'_>) -> Answer {
    let names = [
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ];
    let region = |name: &str| {
        let endpoint = format!("ec2.{name}.amazonaws.com");
        let status = "opt-in-not-required";
        json!({"regionName": name, "regionEndpoint": endpoint, "optInStatus": status})
    };
    Ok(json!({"regionInfo": names.map(region)}))
}

/// `DescribeAccountAttributes`: an account of today knows VPCs only.
pub fn describe_account_attributes(_: &mut Scope<'_>) -> Answer {
    let values = json!([{"attributeValue": "VPC"}]);
    let attribute = json!({"attributeName": "supported-platforms", "attributeValueSet": values});
    Ok(json!({"accountAttributeSet": [attribute]}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_ids_are_short() {
        for (region, short_name) in
            [("us-east-1", "use1"), ("eu-west-1", "euw1"), ("ap-northeast-2", "apne2")]
        {
            assert_eq!(zones(region)[0], (format!("{region}a"), format!("{short_name}-az1")));
        }
    }
}
