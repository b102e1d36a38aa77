//! The kinds of EC2 objects: their tables, how they are described, and by what they are filtered.

/// One kind of object.
#[derive(Debug)]
pub struct Kind {
    /// The table, which is also the resource type of tag specifications.
    pub table: &'static str,
    /// What its ids start with.
    pub prefix: &'static str,
    /// The operation that reads it, unless it is answered in its own way.
    pub describe: &'static str,
    /// The parameter that takes ids.
    pub ids: &'static str,
    /// The list in the answer.
    pub set: &'static str,
    /// The error for an id that does not exist.
    pub missing: &'static str,
    /// The filters AWS documents, beside `tag:…` and `tag-key`, and the fields they look at.
    pub filters: &'static [(&'static str, &'static str)],
}

impl Kind {
    /// The field that holds the object's id.
    pub fn id_field(&self) -> &'static str {
        self.filters[0].1
    }
}

/// The kind of an object, told by its id.
pub fn kind_of(id: &str) -> Option<&'static Kind> {
    let (prefix, _) = id.rsplit_once('-')?;
    KINDS.iter().find(|kind| kind.prefix == prefix)
}

/// The kind with a table of this name.
pub const fn kind(index: usize) -> &'static Kind {
    &KINDS[index]
}

/// VPCs.
pub const VPC: &Kind = kind(0);
/// Subnets.
pub const SUBNET: &Kind = kind(1);
/// Internet gateways.
pub const INTERNET_GATEWAY: &Kind = kind(2);
/// Elastic addresses.
pub const ADDRESS: &Kind = kind(3);
/// NAT gateways.
pub const NAT_GATEWAY: &Kind = kind(4);
/// Route tables.
pub const ROUTE_TABLE: &Kind = kind(5);
/// Security groups.
pub const SECURITY_GROUP: &Kind = kind(6);
/// Security group rules.
pub const RULE: &Kind = kind(7);
/// Network ACLs.
pub const NETWORK_ACL: &Kind = kind(8);

/// All kinds. The first filter of each is by id.
pub const KINDS: &[Kind] = &[
    Kind {
        table: "vpc",
        prefix: "vpc",
        describe: "DescribeVpcs",
        ids: "VpcId",
        set: "vpcSet",
        missing: "InvalidVpcID.NotFound",
        filters: &[
            ("vpc-id", "vpcId"),
            ("cidr", "cidrBlock"),
            ("cidr-block-association.association-id", "cidrBlockAssociationSet.associationId"),
            ("cidr-block-association.cidr-block", "cidrBlockAssociationSet.cidrBlock"),
            ("dhcp-options-id", "dhcpOptionsId"),
            ("is-default", "isDefault"),
            ("isDefault", "isDefault"),
            ("owner-id", "ownerId"),
            ("state", "state"),
        ],
    },
    Kind {
        table: "subnet",
        prefix: "subnet",
        describe: "DescribeSubnets",
        ids: "SubnetId",
        set: "subnetSet",
        missing: "InvalidSubnetID.NotFound",
        filters: &[
            ("subnet-id", "subnetId"),
            ("availability-zone", "availabilityZone"),
            ("availabilityZone", "availabilityZone"),
            ("availability-zone-id", "availabilityZoneId"),
            ("cidr", "cidrBlock"),
            ("cidr-block", "cidrBlock"),
            ("cidrBlock", "cidrBlock"),
            ("default-for-az", "defaultForAz"),
            ("defaultForAz", "defaultForAz"),
            ("map-public-ip-on-launch", "mapPublicIpOnLaunch"),
            ("owner-id", "ownerId"),
            ("state", "state"),
            ("subnet-arn", "subnetArn"),
            ("vpc-id", "vpcId"),
        ],
    },
    Kind {
        table: "internet-gateway",
        prefix: "igw",
        describe: "DescribeInternetGateways",
        ids: "InternetGatewayId",
        set: "internetGatewaySet",
        missing: "InvalidInternetGatewayID.NotFound",
        filters: &[
            ("internet-gateway-id", "internetGatewayId"),
            ("attachment.state", "attachmentSet.state"),
            ("attachment.vpc-id", "attachmentSet.vpcId"),
            ("owner-id", "ownerId"),
        ],
    },
    Kind {
        table: "elastic-ip",
        prefix: "eipalloc",
        describe: "DescribeAddresses",
        ids: "AllocationId",
        set: "addressesSet",
        missing: "InvalidAllocationID.NotFound",
        filters: &[
            ("allocation-id", "allocationId"),
            ("association-id", "associationId"),
            ("domain", "domain"),
            ("network-border-group", "networkBorderGroup"),
            ("network-interface-id", "networkInterfaceId"),
            ("private-ip-address", "privateIpAddress"),
            ("public-ip", "publicIp"),
        ],
    },
    Kind {
        table: "natgateway",
        prefix: "nat",
        describe: "DescribeNatGateways",
        ids: "NatGatewayId",
        set: "natGatewaySet",
        missing: "NatGatewayNotFound",
        filters: &[
            ("nat-gateway-id", "natGatewayId"),
            ("state", "state"),
            ("subnet-id", "subnetId"),
            ("vpc-id", "vpcId"),
        ],
    },
    Kind {
        table: "route-table",
        prefix: "rtb",
        describe: "DescribeRouteTables",
        ids: "RouteTableId",
        set: "routeTableSet",
        missing: "InvalidRouteTableID.NotFound",
        filters: &[
            ("route-table-id", "routeTableId"),
            ("association.gateway-id", "associationSet.gatewayId"),
            ("association.main", "associationSet.main"),
            ("association.route-table-association-id", "associationSet.routeTableAssociationId"),
            ("association.route-table-id", "associationSet.routeTableId"),
            ("association.subnet-id", "associationSet.subnetId"),
            ("owner-id", "ownerId"),
            ("route.destination-cidr-block", "routeSet.destinationCidrBlock"),
            ("route.destination-ipv6-cidr-block", "routeSet.destinationIpv6CidrBlock"),
            ("route.gateway-id", "routeSet.gatewayId"),
            ("route.nat-gateway-id", "routeSet.natGatewayId"),
            ("route.origin", "routeSet.origin"),
            ("route.state", "routeSet.state"),
            ("vpc-id", "vpcId"),
        ],
    },
    Kind {
        table: "security-group",
        prefix: "sg",
        describe: "",
        ids: "GroupId",
        set: "securityGroupInfo",
        missing: "InvalidGroup.NotFound",
        filters: &[
            ("group-id", "groupId"),
            ("description", "groupDescription"),
            ("group-name", "groupName"),
            ("ip-permission.cidr", "ipPermissions.ipRanges.cidrIp"),
            ("ip-permission.group-id", "ipPermissions.groups.groupId"),
            ("egress.ip-permission.group-id", "ipPermissionsEgress.groups.groupId"),
            ("owner-id", "ownerId"),
            ("vpc-id", "vpcId"),
        ],
    },
    Kind {
        table: "security-group-rule",
        prefix: "sgr",
        describe: "DescribeSecurityGroupRules",
        ids: "SecurityGroupRuleId",
        set: "securityGroupRuleSet",
        missing: "InvalidSecurityGroupRuleId.NotFound",
        filters: &[("security-group-rule-id", "securityGroupRuleId"), ("group-id", "groupId")],
    },
    Kind {
        table: "network-acl",
        prefix: "acl",
        describe: "DescribeNetworkAcls",
        ids: "NetworkAclId",
        set: "networkAclSet",
        missing: "InvalidNetworkAclID.NotFound",
        filters: &[
            ("network-acl-id", "networkAclId"),
            ("association.subnet-id", "associationSet.subnetId"),
            ("default", "default"),
            ("owner-id", "ownerId"),
            ("vpc-id", "vpcId"),
        ],
    },
    Kind {
        table: "network-interface",
        prefix: "eni",
        describe: "DescribeNetworkInterfaces",
        ids: "NetworkInterfaceId",
        set: "networkInterfaceSet",
        missing: "InvalidNetworkInterfaceID.NotFound",
        filters: &[
            ("network-interface-id", "networkInterfaceId"),
            ("description", "description"),
            ("group-id", "groupSet.groupId"),
            ("status", "status"),
            ("subnet-id", "subnetId"),
            ("vpc-id", "vpcId"),
        ],
    },
];
