//! One configured AWS provider: which region and which type a call is for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sts::config::retry::TokenBucket;
use futures::FutureExt as _;
use futures::future::{BoxFuture, try_join_all};
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use crate::aws::calls::in_step;
use crate::aws::client::{Account, Aws, Common};
use crate::aws::data::AnyDataSource;
use crate::aws::environment::Environment;
use crate::aws::ephemeral::EPHEMERAL;
use crate::aws::iam::overview::Overview;
use crate::aws::provider_block::ProviderBlock;
use crate::aws::resource::{AnyResource, Proposal};
use crate::aws::tags::TagPolicy;
use crate::aws::{data_sources, resources};
use crate::provider::{
    Connection, ErrorKind, Lease, Look, Observed, Opened, Planned, ProviderError, Result, Step,
};
use crate::value::Value;

/// One configured AWS provider. Offline until the first call.
pub struct AwsConnection {
    block: ProviderBlock,
    environment: Environment,
    region: String,
    region_known: bool,
    tags: TagPolicy,
    account: Arc<OnceCell<Account>>,
    common: OnceCell<Common>,
    regions: Mutex<HashMap<String, Arc<Aws>>>,
}

/// What a `provider` block does not say yet, since it depends on what is still to be made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open {
    /// The region.
    pub region: bool,
    /// The default tags, or some of them.
    pub default_tags: bool,
}

impl AwsConnection {
    /// A connection for a provider block; `region` is where calls go that name none.
    pub fn new(block: ProviderBlock, environment: Environment, region: String) -> AwsConnection {
        AwsConnection {
            tags: TagPolicy::of(&block),
            block,
            environment,
            region,
            region_known: true,
            account: Arc::default(),
            common: OnceCell::new(),
            regions: Mutex::default(),
        }
    }

    /// The same, to plan with before all is known. Nothing can be asked of AWS then.
    pub fn leaving(mut self, open: Open) -> AwsConnection {
        self.region_known = !open.region;
        self.tags.defaults_unknown = open.default_tags;
        self
    }

    /// The clients for a region; for that of the provider when it is empty.
    pub async fn aws(&self, region: &str) -> Result<Arc<Aws>> {
        let region = if region.is_empty() { &self.region } else { region };
        let common = self.common.get_or_try_init(|| self.load()).await?;
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let made =
            regions.entry(region.to_string()).or_insert_with(|| Arc::new(Aws::new(common, region)));
        Ok(made.clone())
    }

    async fn read_source(
        &self,
        source: &'static dyn AnyDataSource,
        configuration: &Value,
    ) -> Result<Value> {
        if source.offline() {
            return source.compute(configuration);
        }
        let region = configuration.get("region");
        let aws = self.aws(region.as_str().unwrap_or_default()).await?;
        source.read(&aws, &self.tags, configuration).await
    }

    async fn load(&self) -> Result<Common> {
        let quota = match self.block.token_bucket_rate_limiter_capacity {
            Some(capacity) if capacity > 0 => TokenBucket::builder()
                .capacity(usize::try_from(capacity).unwrap_or(usize::MAX))
                .retry_cost(0)
                .throttling_retry_cost(5)
                .timeout_retry_cost(10)
                .build(),
            _ => TokenBucket::unlimited(),
        };
        Ok(Common {
            sdk: self.environment.sdk_config(&self.block, &self.region).await?,
            endpoints: match self.environment.sandbox {
                true => Default::default(),
                false => self.block.endpoints.clone(),
            },
            sts_region: self.block.sts_region.clone(),
            max_retries: self.environment.max_retries(&self.block),
            adaptive: self.environment.adaptive(&self.block),
            quota,
            ask_account: !self.block.skip_requesting_account_id,
            account: self.account.clone(),
        })
    }

    /// [`Connection::read`], perhaps in a look.
    async fn read_objects(
        &self,
        kind: &str,
        objects: Vec<Value>,
        identities: Option<&Arc<Overview>>,
    ) -> Result<Vec<Option<Observed>>> {
        let resource = resource(kind)?;
        let mut groups: BTreeMap<String, Vec<(usize, Value)>> = BTreeMap::new();
        let count = objects.len();
        for (at, object) in objects.into_iter().enumerate() {
            groups.entry(region_of(resource, &object)).or_default().push((at, object));
        }
        let reads = groups.into_iter().map(|(region, group)| async move {
            let mut aws = Aws::clone(&*self.aws(&region).await?);
            aws.identities = identities.cloned();
            let (places, group): (Vec<usize>, Vec<Value>) = group.into_iter().unzip();
            let found = resource.read(&aws, &self.tags, group).await?;
            Result::Ok(places.into_iter().zip(found))
        });
        let mut all = vec![None; count];
        for (at, found) in try_join_all(reads).await?.into_iter().flatten() {
            all[at] = found;
        }
        Ok(all)
    }

    async fn aws_of(&self, resource: &dyn AnyResource, object: &Value) -> Result<Arc<Aws>> {
        self.aws(&region_of(resource, object)).await
    }

    /// Says which profile was to give credentials.
    fn name_profile(&self, error: ProviderError) -> ProviderError {
        match &self.block.profile {
            Some(profile) if error.kind == ErrorKind::Credentials => {
                let message = format!("{} (profile `{profile}`)", error.message);
                ProviderError { message, ..error }
            }
            _ => error,
        }
    }

    /// Refuses credentials of accounts that the block does not allow. A sandbox is no account.
    async fn check_account(&self, aws: &Aws) -> Result {
        let block = &self.block;
        let any = block.allowed_account_ids.is_empty() && block.forbidden_account_ids.is_empty();
        if any || self.environment.sandbox {
            return Ok(());
        }
        let id = &aws.account().await?.id;
        let allowed =
            block.allowed_account_ids.is_empty() || block.allowed_account_ids.contains(id);
        if allowed && !block.forbidden_account_ids.contains(id) {
            return Ok(());
        }
        let list: Vec<&str> = block.allowed_account_ids.iter().map(String::as_str).collect();
        let error = ProviderError::new(
            ErrorKind::Credentials,
            match list.as_slice() {
                [] => format!("the credentials are for account {id}, which is forbidden"),
                list => format!(
                    "the credentials are for account {id}, which is not among those allowed: {}",
                    list.join(", ")
                ),
            },
        );
        Err(error.hint("use credentials of the right account, or change the provider block"))
    }
}

/// A look at objects of several types of AWS.
struct AwsLook<'c> {
    connection: &'c AwsConnection,
    identities: Arc<Overview>,
}

impl Look for AwsLook<'_> {
    fn read<'a>(
        &'a self,
        kind: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>> {
        self.connection.read_objects(kind, objects, Some(&self.identities)).boxed()
    }
}

/// The region that an object names; empty when it names none.
fn region_of(resource: &dyn AnyResource, object: &Value) -> String {
    if resource.global() {
        return String::new();
    }
    object.get("region").as_str().unwrap_or_default().to_string()
}

fn resource(kind: &str) -> Result<&'static dyn AnyResource> {
    resources().find(|it| it.name() == kind).ok_or_else(|| unheard_of("resource type", kind))
}

fn data_source(kind: &str) -> Result<&'static dyn AnyDataSource> {
    let mut all = data_sources();
    all.find(|it| it.name() == kind).ok_or_else(|| unheard_of("data source", kind))
}

fn unheard_of(what: &str, kind: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Internal, format!("there is no {what} `{kind}`"))
}

impl Connection for AwsConnection {
    fn region(&self) -> &str {
        &self.region
    }

    fn verify(&self) -> BoxFuture<'_, Result> {
        async move {
            let aws = self.aws("").await?;
            if !self.block.skip_credentials_validation {
                let account = aws.caller().await.map_err(|error| self.name_profile(error))?;
                // whichever came first is the same
                let _ = self.account.set(account);
            }
            self.check_account(&aws).await
        }
        .boxed()
    }

    fn plan(
        &self,
        _: OffsetDateTime,
        kind: &str,
        prior: Option<&Value>,
        configuration: &Value,
        proposed: Value,
    ) -> Result<Planned> {
        let mut proposal = Proposal { prior, configuration, value: proposed, replace: Vec::new() };
        let region = self.region_known.then_some(self.region.as_str());
        resource(kind)?.plan(&self.tags, region, &mut proposal)?;
        Ok(Planned { value: proposal.value, replace: proposal.replace })
    }

    fn read<'a>(
        &'a self,
        kind: &'a str,
        objects: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<Observed>>>> {
        self.read_objects(kind, objects, None).boxed()
    }

    fn look(&self, counts: &[(&str, usize)]) -> Box<dyn Look + '_> {
        Box::new(AwsLook { connection: self, identities: Arc::new(Overview::worth(counts)) })
    }

    fn create<'a>(
        &'a self,
        kind: &'a str,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<String>> {
        async move {
            let resource = resource(kind)?;
            let aws = self.aws_of(resource, planned).await?;
            in_step(step, resource.create(&aws, &self.tags, planned, step)).await
        }
        .boxed()
    }

    fn find<'a>(
        &'a self,
        kind: &'a str,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        async move {
            let resource = resource(kind)?;
            let aws = self.aws_of(resource, planned).await?;
            in_step(step, resource.find(&aws, planned, &step.token)).await
        }
        .boxed()
    }

    fn update<'a>(
        &'a self,
        kind: &'a str,
        was: &'a Value,
        planned: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result> {
        async move {
            let resource = resource(kind)?;
            let aws = self.aws_of(resource, was).await?;
            in_step(step, resource.update(&aws, was, planned)).await
        }
        .boxed()
    }

    fn delete<'a>(
        &'a self,
        kind: &'a str,
        was: &'a Value,
        step: &'a Step,
    ) -> BoxFuture<'a, Result> {
        async move {
            let resource = resource(kind)?;
            let aws = self.aws_of(resource, was).await?;
            in_step(step, resource.delete(&aws, was)).await
        }
        .boxed()
    }

    fn explain<'a>(
        &'a self,
        kind: &'a str,
        object: &'a Value,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        async move {
            let resource = resource(kind)?;
            let aws = self.aws_of(resource, object).await?;
            resource.explain(&aws, object).await
        }
        .boxed()
    }

    fn import(&self, kind: &str, id: &str) -> Result<Value> {
        resource(kind)?.import(id, &self.region)
    }

    fn read_data<'a>(
        &'a self,
        kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Value>> {
        async move { self.read_source(data_source(kind)?, configuration).await }.boxed()
    }

    fn open<'a>(
        &'a self,
        kind: &'a str,
        configuration: &'a Value,
    ) -> BoxFuture<'a, Result<Opened>> {
        let found = EPHEMERAL.iter().find(|it| it.name() == kind).copied();
        async move {
            let unknown = || unheard_of("ephemeral resource", kind);
            let source = found.ok_or_else(unknown)?;
            let value = self.read_source(source, configuration).await?;
            Ok(Opened { value, lease: Lease::NONE })
        }
        .boxed()
    }
}
