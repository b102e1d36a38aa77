use super::*;
use crate::aws::provider_block::ProviderBlock;
use crate::aws::testing::{Answer, Fake};
use crate::provider::{Connection as _, Provider as _};

async fn read(kind: &str, answers: Vec<Answer>, given: &[(&str, Value)]) -> Result<Value> {
    let source = DATA_SOURCES.iter().find(|it| it.name() == kind).unwrap();
    let asked = source.schema().null_object();
    let asked = given.iter().fold(asked, |asked, (name, it)| asked.with(name, it.clone()));
    let fake = Fake::new(answers);
    let read = fake.connection(ProviderBlock::blank()).read_data(kind, &asked).await?;
    assert_eq!(read.ty(), source.schema().ty(), "{kind}");
    Ok(read)
}

fn texts(value: &Value) -> Vec<&str> {
    value.items().unwrap().iter().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn zones_are_sorted_and_some_left_out() {
    let zone = |name: &str, id: &str| {
        format!(
            "<item><zoneName>{name}</zoneName><zoneId>{id}</zoneId><groupName>us-east-1</groupName></item>"
        )
    };
    let zones = [zone("us-east-1b", "az2"), zone("us-east-1a", "az1"), zone("us-east-1c", "az3")];
    let body = format!(
        "<DescribeAvailabilityZonesResponse><availabilityZoneInfo>{}</availabilityZoneInfo>\
         </DescribeAvailabilityZonesResponse>",
        zones.concat()
    );
    let without = Value::set(crate::value::Type::String, [Value::string("us-east-1c")]);
    let given = [("exclude_names", without), ("state", Value::string("available"))];
    let read = read("aws_availability_zones", vec![Answer::ok(&body)], &given).await.unwrap();
    assert_eq!(texts(&read.get("names")), ["us-east-1a", "us-east-1b"]);
    assert_eq!(texts(&read.get("zone_ids")), ["az1", "az2"]);
    assert_eq!(texts(&read.get("group_names")), ["us-east-1"]);
}

#[tokio::test]
async fn a_region_is_described_without_a_call() {
    let read = read("aws_region", vec![], &[("region", Value::string("eu-west-1"))]).await.unwrap();
    assert_eq!(read.get("description"), Value::string("Europe (Ireland)"));
    assert_eq!(read.get("endpoint"), Value::string("ec2.eu-west-1.amazonaws.com"));
    assert_eq!(read.get("name"), Value::string("eu-west-1"));
}

#[tokio::test]
async fn a_secret_parameter_is_not_shown() {
    let body = |kind: &str| {
        format!(
            r#"{{"Parameter":{{"Name":"/a","Type":"{kind}","Value":"v","Version":3,"ARN":"arn"}}}}"#
        )
    };
    let given = [("name", Value::string("/a")), ("with_decryption", Value::Bool(true))];
    let of =
        async |kind: &str| read("aws_ssm_parameter", vec![Answer::ok(&body(kind))], &given).await;
    let secret = of("SecureString").await.unwrap();
    assert!(secret.get("insecure_value").is_null());
    assert_eq!(secret.get("value"), Value::string("v"));
    assert_eq!(secret.get("version"), Value::number(3_i64));
    assert_eq!(of("String").await.unwrap().get("insecure_value"), Value::string("v"));
    let source = DATA_SOURCES.iter().find(|it| it.name() == "aws_ssm_parameter").unwrap();
    assert!(source.schema().field("value").unwrap().sensitive);
}

#[tokio::test]
async fn exactly_one_vpc_must_match() {
    let vpcs = |count: usize| {
        let items = "<item><vpcId>vpc-1</vpcId></item>".repeat(count);
        Answer::ok(&format!(
            "<DescribeVpcsResponse><vpcSet>{items}</vpcSet></DescribeVpcsResponse>"
        ))
    };
    let none = read("aws_vpc", vec![vpcs(0)], &[]).await.unwrap_err();
    assert_eq!((none.kind, none.message.as_str()), (ErrorKind::NotFound, "no VPC matches"));
    let two = read("aws_vpc", vec![vpcs(2)], &[]).await.unwrap_err();
    assert_eq!(two.message, "2 VPCs match");
}

#[tokio::test]
async fn a_cluster_that_is_gone_is_not_found() {
    let body = r#"{"clusters":[{"clusterName":"a","status":"INACTIVE"}]}"#;
    let given = [("cluster_name", Value::string("a"))];
    let gone = read("aws_ecs_cluster", vec![Answer::ok(body)], &given).await.unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound);
    let body = r#"{"clusters":[{"clusterName":"a","clusterArn":"arn:a","status":"ACTIVE","runningTasksCount":2,
        "settings":[{"name":"containerInsights","value":"enabled"}],
        "tags":[{"key":"a","value":"b"},{"key":"terrace:step","value":"t"}]}]}"#;
    let read = read("aws_ecs_cluster", vec![Answer::ok(body)], &given).await.unwrap();
    assert_eq!(read.get("id"), Value::string("arn:a"));
    assert_eq!(read.get("tags").fields().unwrap().len(), 1);
    assert_eq!(read.get("setting").items().unwrap().len(), 1);
}

#[tokio::test]
async fn a_policy_document_needs_nobody() {
    let provider = Fake::default().provider();
    let source = provider.data_source("aws_iam_policy_document").unwrap();
    let asked = source.schema().null_object().with("version", Value::string("2012-10-17"));
    let connection = Fake::default().connection(ProviderBlock::blank());
    let read = connection.read_data("aws_iam_policy_document", &asked).await.unwrap();
    assert_eq!(read.get("minified_json"), Value::string(r#"{"Version":"2012-10-17"}"#));
}

#[tokio::test]
async fn one_subnet_is_found_by_its_place() {
    let body = "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1\
                </vpcId><cidrBlock>10.0.1.0/24</cidrBlock><availabilityZone>us-east-1a\
                </availabilityZone><availableIpAddressCount>251</availableIpAddressCount>\
                <defaultForAz>false</defaultForAz></item></subnetSet></DescribeSubnetsResponse>";
    let given = [("vpc_id", Value::string("vpc-1"))];
    let found = read("aws_subnet", vec![Answer::ok(body)], &given).await.unwrap();
    assert_eq!(found.get("id"), Value::string("subnet-1"));
    assert_eq!(found.get("available_ip_address_count"), Value::number(251_i64));
    let none = "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>";
    assert!(read("aws_subnet", vec![Answer::ok(none)], &given).await.is_err());
}
