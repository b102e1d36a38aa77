//! Reading what load balancers, target groups, listeners and rules have in common, in batches.

use std::future::Future;

use futures::future::try_join_all;

use super::attributes::Attributes;
use super::tags;
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine};
use crate::aws::tags::Tags;
use crate::provider::Result;

/// A type whose objects are described by ARN.
pub(super) trait Described: Resource {
    /// What a describe call answers.
    type Found: Send + Sync;
    /// The error codes that say that an object is not there.
    const GONE: &'static [&'static str];
    /// The most ARNs that a describe call takes.
    const TOGETHER: usize = 100;

    /// Describes objects; one that is not there makes the call fail.
    fn describe(
        aws: &Aws,
        arns: Vec<String>,
    ) -> impl Future<Output = Result<Vec<Self::Found>>> + Send;

    /// The ARN of what was found.
    fn arn_of(found: &Self::Found) -> Option<&String>;

    /// The ARN of an object as last known.
    fn own_arn(&self) -> Option<&String>;

    /// What is asked for object by object.
    fn attributes(
        &self,
        _aws: &Aws,
        _found: &Self::Found,
    ) -> impl Future<Output = Result<Attributes>> + Send {
        async { Ok(Attributes::new()) }
    }

    /// The object with what was found.
    fn merged(self, found: &Self::Found, tags: Tags, attributes: &Attributes) -> Result<Self>;
}

/// Reads objects: described together, tags twenty at a time, attributes one by one.
pub(super) async fn read<R: Described>(aws: &Aws, objects: Vec<R>) -> Result<Vec<Option<R>>> {
    let arns: Vec<String> = objects.iter().filter_map(|it| it.own_arn().cloned()).collect();
    let found = existing::<R>(aws, &arns).await?;
    let there: Vec<String> = found.iter().filter_map(|it| R::arn_of(it).cloned()).collect();
    let tags = tags(aws, &there).await?;
    let (found, tags) = (&found, &tags);
    let reads = objects.into_iter().map(|one| async move {
        let arn = one.own_arn();
        let Some(it) = found.iter().find(|it| arn.is_some() && R::arn_of(it) == arn) else {
            return Ok(None);
        };
        let tags = arn.and_then(|arn| tags.get(arn)).cloned().unwrap_or_default();
        let Some(attributes) = unless_gone::<R, _>(one.attributes(aws, it).await)? else {
            return Ok(None);
        };
        one.merged(it, tags, &attributes).map(Some)
    });
    try_join_all(reads).await
}

/// Nothing when the error says that the object went away meanwhile.
fn unless_gone<R: Described, T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(it) => Ok(Some(it)),
        Err(error) => gone_is_fine(Err::<(), _>(error), R::GONE).map(|()| None),
    }
}

/// Those that exist. One that does not makes the whole call fail, so then each half is asked for.
async fn existing<R: Described>(aws: &Aws, arns: &[String]) -> Result<Vec<R::Found>> {
    let mut found = Vec::new();
    let mut asked: Vec<&[String]> = arns.chunks(R::TOGETHER).collect();
    while let Some(some) = asked.pop() {
        match unless_gone::<R, _>(R::describe(aws, some.to_vec()).await)? {
            Some(more) => found.extend(more),
            None if some.len() > 1 => {
                let (left, right) = some.split_at(some.len() / 2);
                asked.extend([left, right]);
            }
            None => {}
        }
    }
    Ok(found)
}
