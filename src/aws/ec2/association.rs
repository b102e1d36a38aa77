//! `aws_route_table_association`

use aws_sdk_ec2::types::{self, RouteTableAssociationStateCode};

use super::{MOST_VALUES, filter, given, sent, target, text};
use crate::aws::client::Aws;
use crate::aws::resource::{Proposal, Resource, gone_is_fine, missing, unknown_string};
use crate::provider::{ErrorKind, Phase, ProviderError, Recovery, Result, Status, Step};
use crate::schema;
use crate::schema::FieldType as _;

const WITH: &[&str] = &["subnet_id", "gateway_id"];

schema! {
    /// Makes a subnet or gateway use a route table.
    pub struct RouteTableAssociation {
        /// Route table to use.
        route_table_id: String,
        /// Subnet that uses the table.
        #[force_new] #[exactly_one_of(WITH)] subnet_id: Option<String>,
        /// Gateway whose incoming traffic uses the table.
        #[force_new] #[exactly_one_of(WITH)] gateway_id: Option<String>,
        /// Id of the association.
        #[read_only] id: Option<String>,
        #[hidden] waiting: Option<String>,
        #[hidden] failure: Option<String>,
    }
}

impl Resource for RouteTableAssociation {
    const TYPE: &'static str = "aws_route_table_association";
    const BATCH: usize = MOST_VALUES;
    const RECOVERY: Recovery = Recovery::Find;
    const TIMEOUTS: &'static [(Phase, u64)] =
        &[(Phase::Create, 5), (Phase::Update, 2), (Phase::Delete, 5)];
    const IMPORT: &'static str = "SUBNET-ID/ROUTE-TABLE-ID or GATEWAY-ID/ROUTE-TABLE-ID";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let call = aws.ec2.associate_route_table().route_table_id(&self.route_table_id);
        let call = call.set_subnet_id(sent(&self.subnet_id));
        let made = call.set_gateway_id(sent(&self.gateway_id)).send().await?;
        made.association_id.ok_or_else(|| missing("associationId"))
    }

    /// The association is ours when it is the one that this would make.
    async fn find(&self, aws: &Aws, _token: &str) -> Result<Option<String>> {
        let found = associations(aws, std::slice::from_ref(self)).await?;
        let ours = self.current(&found);
        Ok(ours.and_then(|it| it.route_table_association_id.clone()))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let found = associations(aws, &objects).await?;
        let now = |prior: Self| {
            let it = prior.current(&found)?;
            prior.merged(it)
        };
        Ok(objects.into_iter().map(now).collect())
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        if self.route_table_id == was.route_table_id {
            return Ok(());
        }
        let call = aws.ec2.replace_route_table_association().set_association_id(was.id.clone());
        call.route_table_id(&self.route_table_id).send().await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.ec2.disassociate_route_table().set_association_id(self.id.clone());
        gone_is_fine(call.send().await, &["InvalidAssociationID.NotFound"])
    }

    fn status(&self) -> Status {
        match (&self.failure, &self.waiting) {
            (Some(failure), _) => Status::Failed(failure.clone()),
            (None, Some(waiting)) => Status::Pending(waiting.clone()),
            (None, None) => Status::Ready,
        }
    }

    /// Another table makes another id.
    fn plan(proposal: &mut Proposal<'_>) -> Result {
        if proposal.prior.is_some() && proposal.changes("route_table_id") {
            proposal.set("id", unknown_string());
        }
        Ok(())
    }

    /// The import id stays the id until `read` finds the real one.
    fn import(id: &str) -> Result<Self> {
        let (with, table) = id.split_once('/').unwrap_or_default();
        if with.is_empty() || table.is_empty() {
            let why = format!("`{id}` does not name an association");
            let hint = "Write SUBNET-ID/ROUTE-TABLE-ID or GATEWAY-ID/ROUTE-TABLE-ID.";
            return Err(ProviderError::new(ErrorKind::Refused, why).hint(hint));
        }
        let subnet = with.starts_with("subnet-");
        Ok(RouteTableAssociation {
            route_table_id: table.to_string(),
            subnet_id: subnet.then(|| with.to_string()),
            gateway_id: (!subnet).then(|| with.to_string()),
            id: Some(id.to_string()),
            ..RouteTableAssociation::blank()
        })
    }
}

/// All associations of these subnets and gateways: a call for each of the two kinds.
async fn associations(
    aws: &Aws,
    objects: &[RouteTableAssociation],
) -> Result<Vec<types::RouteTableAssociation>> {
    let mut found = Vec::new();
    let subnets: Vec<&str> = objects.iter().filter_map(|it| given(&it.subnet_id)).collect();
    let gateways: Vec<&str> = objects.iter().filter_map(|it| given(&it.gateway_id)).collect();
    let kinds = [("association.subnet-id", subnets), ("association.gateway-id", gateways)];
    for (name, values) in kinds.into_iter().filter(|(_, values)| !values.is_empty()) {
        let tables = target::tables(aws, filter(name, values)).await?;
        found.extend(tables.into_iter().flat_map(|it| it.associations.unwrap_or_default()));
    }
    Ok(found)
}

fn state(it: &types::RouteTableAssociation) -> Option<&RouteTableAssociationStateCode> {
    it.association_state.as_ref()?.state.as_ref()
}

impl RouteTableAssociation {
    /// The association by its id, or else the one between the same two: an import does not know
    /// the id, and it changes when the table does.
    fn current<'a>(
        &self,
        found: &'a [types::RouteTableAssociation],
    ) -> Option<&'a types::RouteTableAssociation> {
        let gone = RouteTableAssociationStateCode::Disassociated;
        let live = || found.iter().filter(|it| state(it) != Some(&gone));
        let by_id = |it: &&types::RouteTableAssociation| {
            self.id.is_some() && it.route_table_association_id == self.id
        };
        let by_ends = |it: &&types::RouteTableAssociation| {
            let with = given(&self.subnet_id).is_some_and(|id| it.subnet_id() == Some(id))
                || given(&self.gateway_id).is_some_and(|id| it.gateway_id() == Some(id));
            with && it.route_table_id() == Some(&self.route_table_id)
        };
        live().find(by_id).or_else(|| live().find(by_ends))
    }

    fn merged(self, it: &types::RouteTableAssociation) -> Option<Self> {
        let why = it.association_state.as_ref().and_then(|it| it.status_message.clone());
        let failed = state(it) == Some(&RouteTableAssociationStateCode::Failed);
        let waiting = match state(it) {
            Some(RouteTableAssociationStateCode::Associating) => Some("associated"),
            Some(RouteTableAssociationStateCode::Disassociating) => Some("disassociated"),
            _ => None,
        };
        Some(RouteTableAssociation {
            route_table_id: it.route_table_id.clone()?,
            subnet_id: text(it.subnet_id.as_deref()),
            gateway_id: text(it.gateway_id.as_deref()),
            id: it.route_table_association_id.clone(),
            failure: failed.then(|| why.unwrap_or_else(|| "the association failed".to_string())),
            waiting: waiting.map(|it| format!("the route table to be {it}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{RouteTableAssociation, types};
    use crate::aws::resource::Resource as _;

    #[test]
    fn an_import_is_found_by_both_ends() {
        let asked = RouteTableAssociation::import("subnet-1/rtb-1").unwrap();
        let association = |id: &str, table: &str| {
            let made = types::RouteTableAssociation::builder().subnet_id("subnet-1");
            made.route_table_association_id(id).route_table_id(table).build()
        };
        assert!(asked.current(&[association("rtbassoc-1", "rtb-2")]).is_none());
        let found = [association("rtbassoc-2", "rtb-1")];
        let now = asked.current(&found).and_then(|it| asked.clone().merged(it)).unwrap();
        assert_eq!(now.id.as_deref(), Some("rtbassoc-2"));
        // A change of the table changes the id too.
        let moved = [association("rtbassoc-3", "rtb-2")];
        assert!(now.current(&moved).is_none());
        let planned = RouteTableAssociation { route_table_id: "rtb-2".into(), ..now };
        assert!(planned.current(&moved).is_some());
    }
}
