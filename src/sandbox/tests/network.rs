use aws_sdk_ec2::types::{AttributeBooleanValue, IpPermission, IpRange, UserIdGroupPair};

use super::*;

#[tokio::test]
async fn zones_answer_for_each_region() {
    let ground = Ground::new();
    for region in ["us-east-1", "eu-west-1", "ap-southeast-2"] {
        let ec2 = aws_sdk_ec2::Client::new(&sdk_in(region, ground.sandbox.http_client()));
        let call = ec2.describe_availability_zones().filters(filter("state", "available"));
        let zones = call.send().await.unwrap().availability_zones.unwrap();
        let names: Vec<_> = zones.iter().filter_map(|zone| zone.zone_name.clone()).collect();
        assert_eq!(names, ["a", "b", "c"].map(|letter| format!("{region}{letter}")));
        assert_eq!(zones[0].state.as_ref().unwrap().as_str(), "available");
    }
}

#[tokio::test]
async fn an_account_starts_with_a_default_vpc_marked_as_such() {
    let ground = Ground::new();
    let call = ground.ec2().describe_vpcs().filters(filter("is-default", "true"));
    let vpcs = call.send().await.unwrap().vpcs.unwrap();
    assert_eq!(vpcs.len(), 1);
    assert_eq!(vpcs[0].cidr_block.as_deref(), Some("172.31.0.0/16"));
    let contents = ground.sandbox.contents().unwrap();
    assert!(contents.len() > 6);
    let own: Vec<_> = contents.iter().filter(|item| !item.made_by_aws).collect();
    assert!(own.is_empty(), "{own:?}");
}

#[tokio::test]
async fn a_new_vpc_has_its_defaults_and_takes_attributes() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let of_vpc = || filter("vpc-id", &network.vpc);
    let groups = ec2.describe_security_groups().filters(of_vpc()).send().await.unwrap();
    let group = &groups.security_groups()[0];
    assert_eq!(group.group_name.as_deref(), Some("default"));
    assert_eq!(group.ip_permissions_egress()[0].ip_ranges()[0].cidr_ip(), Some("0.0.0.0/0"));
    assert_eq!(group.ip_permissions_egress()[0].from_port, None);
    let tables = ec2.describe_route_tables().filters(of_vpc()).send().await.unwrap();
    assert_eq!(tables.route_tables()[0].associations()[0].main, Some(true));
    let acls = ec2.describe_network_acls().filters(of_vpc()).send().await.unwrap();
    assert_eq!(acls.network_acls()[0].entries().len(), 4);
    let on = AttributeBooleanValue::builder().value(true).build();
    let call = ec2.modify_vpc_attribute().vpc_id(&network.vpc).enable_dns_hostnames(on);
    call.send().await.unwrap();
    let name = aws_sdk_ec2::types::VpcAttributeName::EnableDnsHostnames;
    let call = ec2.describe_vpc_attribute().vpc_id(&network.vpc).attribute(name);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.enable_dns_hostnames.unwrap().value, Some(true));
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let subnet = |range: &str| ec2.create_subnet().vpc_id(&network.vpc).cidr_block(range).send();
    assert_eq!(code(subnet("10.0.1.0/25").await), "InvalidSubnet.Conflict");
    assert_eq!(code(subnet("10.1.0.0/24").await), "InvalidSubnet.Range");
    assert_eq!(code(subnet("10.0.0.0").await), "InvalidParameterValue");
    assert_eq!(code(ec2.create_vpc().cidr_block("10.0.0.0/8").send().await), "InvalidVpc.Range");
    assert_eq!(code(ec2.delete_vpc().vpc_id(&network.vpc).send().await), "DependencyViolation");
    let delete = ec2.delete_internet_gateway().internet_gateway_id(&network.gateway);
    assert_eq!(code(delete.send().await), "DependencyViolation");
    let describe = ec2.describe_subnets().subnet_ids("subnet-00000000000000000");
    assert_eq!(code(describe.send().await), "InvalidSubnetID.NotFound");
    let describe = ec2.describe_subnets().filters(filter("no-such", "x"));
    assert_eq!(code(describe.send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn a_nat_gateway_takes_its_time_and_holds_its_address() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let address = ec2.allocate_address().send().await.unwrap().allocation_id.unwrap();
    let call = ec2.create_nat_gateway().subnet_id(&network.subnets[0]).allocation_id(&address);
    let id = call.send().await.unwrap().nat_gateway.unwrap().nat_gateway_id.unwrap();
    let states = async |count: usize| {
        let mut states = Vec::new();
        for _ in 0..count {
            let answer = ec2.describe_nat_gateways().nat_gateway_ids(&id).send().await.unwrap();
            states.push(answer.nat_gateways()[0].state.as_ref().unwrap().to_string());
        }
        states
    };
    assert_eq!(states(3).await, ["pending", "available", "available"]);
    let release = || ec2.release_address().allocation_id(&address).send();
    assert_eq!(code(release().await), "InvalidIPAddress.InUse");
    let detach = ec2.detach_internet_gateway().internet_gateway_id(&network.gateway);
    assert_eq!(code(detach.vpc_id(&network.vpc).send().await), "DependencyViolation");
    let delete = || ec2.delete_subnet().subnet_id(&network.subnets[0]).send();
    assert_eq!(code(delete().await), "DependencyViolation");
    ec2.delete_nat_gateway().nat_gateway_id(&id).send().await.unwrap();
    assert_eq!(states(3).await, ["deleting", "deleted", "deleted"]);
    release().await.unwrap();
    delete().await.unwrap();
}

fn permission(port: i32, range: &str) -> IpPermission {
    let range = IpRange::builder().cidr_ip(range).description("some").build();
    let permission = IpPermission::builder().ip_protocol("tcp").ip_ranges(range);
    permission.from_port(port).to_port(port).build()
}

async fn group(ec2: &aws_sdk_ec2::Client, vpc: &str, name: &str) -> String {
    let call = ec2.create_security_group().vpc_id(vpc).group_name(name).description("it");
    call.send().await.unwrap().group_id.unwrap()
}

#[tokio::test]
async fn rules_have_ids_and_are_shown_as_permissions() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let id = group(&ec2, &network.vpc, "web").await;
    let authorize = |permission: IpPermission| {
        let call = ec2.authorize_security_group_ingress().group_id(&id);
        call.ip_permissions(permission).send()
    };
    let made = authorize(permission(80, "10.0.0.9/8")).await.unwrap();
    let rule = made.security_group_rules()[0].clone();
    assert_eq!(rule.cidr_ipv4(), Some("10.0.0.0/8"));
    assert_eq!(rule.description(), Some("some"));
    authorize(permission(80, "192.168.0.0/16")).await.unwrap();
    let duplicate = authorize(permission(80, "10.0.0.0/8")).await;
    assert_eq!(code(duplicate), "InvalidPermission.Duplicate");
    let groups = ec2.describe_security_groups().group_ids(&id).send().await.unwrap();
    let permissions = groups.security_groups()[0].ip_permissions().to_vec();
    assert_eq!(permissions.len(), 1);
    assert_eq!(permissions[0].ip_ranges().len(), 2);
    assert_eq!(permissions[0].from_port(), Some(80));
    let revoke = ec2.revoke_security_group_ingress().group_id(&id);
    revoke.security_group_rule_ids(rule.security_group_rule_id().unwrap()).send().await.unwrap();
    let revoke = ec2.revoke_security_group_ingress().group_id(&id);
    let again = revoke.ip_permissions(permission(80, "10.0.0.0/8")).send().await;
    assert_eq!(code(again), "InvalidPermission.NotFound");
    let rules = ec2.describe_security_group_rules().filters(filter("group-id", &id));
    let rules = rules.send().await.unwrap();
    assert_eq!(rules.security_group_rules().len(), 2);
}

#[tokio::test]
async fn a_group_that_another_names_cannot_be_deleted() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let (web, app) =
        (group(&ec2, &network.vpc, "web").await, group(&ec2, &network.vpc, "app").await);
    let peer = UserIdGroupPair::builder().group_id(&web).build();
    let permission = IpPermission::builder().ip_protocol("-1").user_id_group_pairs(peer).build();
    let call = ec2.authorize_security_group_ingress().group_id(&app).ip_permissions(permission);
    call.send().await.unwrap();
    let delete = |id: &str| ec2.delete_security_group().group_id(id).send();
    assert_eq!(code(delete(&web).await), "DependencyViolation");
    delete(&app).await.unwrap();
    delete(&web).await.unwrap();
    let twice = ec2.create_security_group().vpc_id(&network.vpc).group_name("default");
    assert_eq!(code(twice.description("x").send().await), "InvalidGroup.Duplicate");
}

#[tokio::test]
async fn routes_are_unique_and_tables_in_use_stay() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let made = ec2.create_route_table().vpc_id(&network.vpc).send().await.unwrap();
    let table = made.route_table.unwrap().route_table_id.unwrap();
    let route = |range: &str| {
        let call = ec2.create_route().route_table_id(&table).destination_cidr_block(range);
        call.gateway_id(&network.gateway).send()
    };
    route("0.0.0.0/0").await.unwrap();
    assert_eq!(code(route("10.0.0.0/16").await), "RouteAlreadyExists");
    let associate = ec2.associate_route_table().route_table_id(&table);
    let made = associate.subnet_id(&network.subnets[0]).send().await.unwrap();
    let delete = || ec2.delete_route_table().route_table_id(&table).send();
    assert_eq!(code(delete().await), "DependencyViolation");
    let id = made.association_id.unwrap();
    ec2.disassociate_route_table().association_id(id).send().await.unwrap();
    delete().await.unwrap();
}

#[tokio::test]
async fn a_client_token_is_good_for_one_request() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let create = |vpc: &str| ec2.create_route_table().client_token("token").vpc_id(vpc).send();
    let first = create(&network.vpc).await.unwrap().route_table.unwrap().route_table_id;
    let second = create(&network.vpc).await.unwrap().route_table.unwrap().route_table_id;
    assert_eq!(first, second);
    assert_eq!(code(create("vpc-1").await), "IdempotentParameterMismatch");
}

#[tokio::test]
async fn tags_are_added_replaced_and_deleted() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let call = ec2.create_tags().resources(&network.vpc).resources(&network.gateway);
    call.tags(tag("Name", "a")).tags(tag("Team", "b")).send().await.unwrap();
    ec2.create_tags().resources(&network.vpc).tags(tag("Name", "c")).send().await.unwrap();
    let gone = Tag::builder().key("Team").build();
    ec2.delete_tags().resources(&network.vpc).tags(gone).send().await.unwrap();
    let kept = ec2.delete_tags().resources(&network.gateway).tags(tag("Team", "other"));
    kept.send().await.unwrap();
    let vpcs = ec2.describe_vpcs().filters(filter("tag:Name", "c")).send().await.unwrap();
    assert_eq!(vpcs.vpcs()[0].tags(), [tag("Name", "c")]);
    let call = ec2.describe_internet_gateways().internet_gateway_ids(&network.gateway);
    let gateways = call.send().await.unwrap();
    assert_eq!(gateways.internet_gateways()[0].tags(), [tag("Name", "a"), tag("Team", "b")]);
}

#[tokio::test]
async fn a_vpc_takes_more_ranges() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let call = ec2.associate_vpc_cidr_block().vpc_id(&network.vpc);
    let made = call.amazon_provided_ipv6_cidr_block(true).send().await.unwrap();
    let ipv6 = made.ipv6_cidr_block_association.unwrap();
    let whole: ipnet::Ipv6Net = ipv6.ipv6_cidr_block().unwrap().parse().unwrap();
    let part = whole.subnets(64).unwrap().next().unwrap().to_string();
    let subnet = ec2.create_subnet().vpc_id(&network.vpc).cidr_block("10.0.9.0/24");
    let made = subnet.ipv6_cidr_block(&part).send().await.unwrap().subnet.unwrap();
    let shown = made.ipv6_cidr_block_association_set()[0].clone();
    assert_eq!(shown.ipv6_cidr_block(), Some(part.as_str()));
    let routes = ec2.describe_route_tables().filters(filter("vpc-id", &network.vpc));
    let tables = routes.send().await.unwrap();
    assert_eq!(tables.route_tables()[0].routes().len(), 2);
    let leave = || ec2.disassociate_vpc_cidr_block().association_id(ipv6.association_id().unwrap());
    assert_eq!(code(leave().send().await), "InvalidCidrBlock.InUse");
    let free = ec2.disassociate_subnet_cidr_block().association_id(shown.association_id().unwrap());
    free.send().await.unwrap();
    leave().send().await.unwrap();
    let vpcs = ec2.describe_vpcs().vpc_ids(&network.vpc).send().await.unwrap();
    assert!(vpcs.vpcs()[0].ipv6_cidr_block_association_set().is_empty());
}

#[tokio::test]
async fn a_second_range_takes_subnets_and_the_first_stays() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let second = ec2.associate_vpc_cidr_block().vpc_id(&network.vpc).cidr_block("10.1.0.0/16");
    second.send().await.unwrap();
    ec2.create_subnet().vpc_id(&network.vpc).cidr_block("10.1.0.0/24").send().await.unwrap();
    let vpcs = ec2.describe_vpcs().vpc_ids(&network.vpc).send().await.unwrap();
    let ranges = vpcs.vpcs()[0].cidr_block_association_set();
    assert_eq!(ranges.len(), 2);
    let leave = |index: usize| {
        let id = ranges[index].association_id().unwrap();
        ec2.disassociate_vpc_cidr_block().association_id(id).send()
    };
    assert_eq!(code(leave(0).await), "OperationNotPermitted");
    assert_eq!(code(leave(1).await), "InvalidCidrBlock.InUse");
}

#[tokio::test]
async fn a_nat_gateway_takes_more_addresses() {
    let ground = Ground::new();
    let (ec2, network) = (ground.ec2(), network(&ground.ec2()).await);
    let mut elastic = Vec::new();
    for _ in 0..2 {
        elastic.push(ec2.allocate_address().send().await.unwrap().allocation_id.unwrap());
    }
    let call = ec2.create_nat_gateway().subnet_id(&network.subnets[0]).allocation_id(&elastic[0]);
    let id = call.send().await.unwrap().nat_gateway.unwrap().nat_gateway_id.unwrap();
    let call = ec2.associate_nat_gateway_address().nat_gateway_id(&id).allocation_ids(&elastic[1]);
    let answer = call.send().await.unwrap();
    let addresses = answer.nat_gateway_addresses();
    let primary: Vec<_> = addresses.iter().filter_map(|it| it.is_primary()).collect();
    assert_eq!(primary, [true, false]);
    assert_ne!(addresses[0].private_ip(), addresses[1].private_ip());
    let leave = |index: usize| {
        let association = addresses[index].association_id().unwrap();
        let call = ec2.disassociate_nat_gateway_address().nat_gateway_id(&id);
        call.association_ids(association).send()
    };
    assert_eq!(code(leave(0).await), "InvalidParameterValue");
    leave(1).await.unwrap();
    ec2.release_address().allocation_id(&elastic[1]).send().await.unwrap();
}
