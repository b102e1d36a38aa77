//! Ephemeral resources: what is read for as long as a run lasts, and kept nowhere. They are read as
//! data sources are, and need no closing.

mod ecr_authorization_token;
mod ssm_parameter;

use super::data::{AnyDataSource, DataKind};

static ECR_AUTHORIZATION_TOKEN: DataKind<ecr_authorization_token::EcrAuthorizationToken> =
    DataKind::new();
static SSM_PARAMETER: DataKind<ssm_parameter::EphemeralParameter> = DataKind::new();

/// The types of ephemeral resources, by name.
pub(super) static EPHEMERAL: &[&dyn AnyDataSource] = &[&ECR_AUTHORIZATION_TOKEN, &SSM_PARAMETER];
