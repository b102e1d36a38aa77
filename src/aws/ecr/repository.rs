//! `aws_ecr_repository`

use aws_sdk_ecr::types::{
    self, EncryptionType, ImageScanningConfiguration, ImageTagMutability, Tag,
};
use futures::future::try_join_all;

use super::GONE;
use crate::aws::client::Aws;
use crate::aws::resource::{Resource, gone_is_fine, missing};
use crate::aws::tags::{TOKEN_TAG, Tagging, Tags};
use crate::provider::{Phase, ProviderError, Result, Step};
use crate::schema;
use crate::schema::{Check, One};
use crate::value::{Path, Value};

schema! {
    /// A repository of container images.
    pub struct Repository {
        /// How images are encrypted.
        #[computed] #[force_new] encryption_configuration: Vec<Encryption>,
        /// Whether deleting the repository deletes the images in it.
        #[default(false)] #[config_only] force_delete: bool,
        /// Whether images are scanned when they are pushed.
        image_scanning_configuration: One<Scanning>,
        /// Whether tags of images can be moved.
        #[default("MUTABLE")] #[one_of(MUTABILITIES)] image_tag_mutability: String,
        /// Tags of images that are exempt from `image_tag_mutability`.
        #[max_items(5)] image_tag_mutability_exclusion_filter: Vec<ExclusionFilter>,
        /// Name of the repository.
        #[force_new] #[check(Check::Length(2, 256))] name: String,
        /// Tags of the repository.
        tags: Tags,
        /// All tags, those of the provider's `default_tags` included.
        #[computed] tags_all: Tags,
        /// ARN of the repository.
        #[read_only] arn: Option<String>,
        /// Name of the repository.
        #[read_only] id: Option<String>,
        /// Account of the registry.
        #[read_only] registry_id: Option<String>,
        /// Where images are pushed to and pulled from.
        #[read_only] repository_url: Option<String>,
    }

    /// How images are encrypted.
    pub struct Encryption {
        /// `AES256`, `KMS` or `KMS_DSSE`.
        #[default("AES256")] #[force_new] #[one_of(&["AES256", "KMS", "KMS_DSSE"])]
        encryption_type: String,
        /// ARN of the KMS key.
        #[computed] #[force_new] kms_key: Option<String>,
    }

    /// Scanning of images.
    pub struct Scanning {
        /// Whether images are scanned when they are pushed.
        scan_on_push: bool,
    }

    /// Tags that are exempt from what holds for the others.
    pub struct ExclusionFilter {
        /// The pattern, in which up to two `*` stand for anything.
        #[check(PATTERN)] filter: String,
        /// `WILDCARD`
        #[one_of(&["WILDCARD"])] filter_type: String,
    }
}

/// The values with exclusion want filters, and the others take none.
const MUTABILITIES: &[&str] =
    &["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"];

const PATTERN: Check = Check::Pattern(
    r"^[0-9A-Za-z._-]*(\*[0-9A-Za-z._-]*){0,2}$",
    "letters, digits, `.`, `_`, `-` and at most two `*`",
);

impl Resource for Repository {
    const TYPE: &'static str = "aws_ecr_repository";
    const TAGGING: Option<Tagging> = Some(Tagging::Ecr);
    const TIMEOUTS: &'static [(Phase, u64)] = &[(Phase::Delete, 20)];
    const IMPORT: &'static str = "REPOSITORY-NAME";

    async fn create(&self, aws: &Aws, _step: &Step) -> Result<String> {
        let call = aws.ecr.create_repository().repository_name(&self.name);
        let call = call
            .image_tag_mutability(self.image_tag_mutability.as_str().into())
            .set_image_tag_mutability_exclusion_filters(self.filters()?)
            .set_image_scanning_configuration(self.scanning())
            .set_encryption_configuration(self.encryption()?)
            .set_tags(Some(sdk_tags(&self.tags_all)?));
        let made = call.send().await?;
        made.repository.and_then(|it| it.repository_name).ok_or_else(|| missing("repositoryName"))
    }

    async fn find(&self, aws: &Aws, token: &str) -> Result<Option<String>> {
        let found = get(aws, vec![self.name.clone()]).await?;
        let Some(arn) = found.first().and_then(|it| it.repository_arn.clone()) else {
            return Ok(None);
        };
        let ours = tags(aws, &arn).await?.get(TOKEN_TAG).map(String::as_str) == Some(token);
        Ok(ours.then(|| self.name.clone()))
    }

    async fn read(aws: &Aws, objects: Vec<Self>) -> Result<Vec<Option<Self>>> {
        let names = objects.iter().filter_map(|it| it.id.clone()).collect();
        let found = get(aws, names).await?;
        let reads = objects.into_iter().map(|one| {
            let it = found.iter().find(|it| it.repository_name == one.id);
            async move {
                let Some(it) = it else { return Ok::<_, ProviderError>(None) };
                let tags = tags(aws, it.repository_arn.as_deref().unwrap_or_default()).await?;
                Ok(Some(one.merged(it, tags)))
            }
        });
        try_join_all(reads).await
    }

    async fn update(&self, aws: &Aws, was: &Self) -> Result {
        let filters = |it: &Self| it.image_tag_mutability_exclusion_filter.clone();
        if self.image_tag_mutability != was.image_tag_mutability || filters(self) != filters(was) {
            let call = aws.ecr.put_image_tag_mutability().set_repository_name(was.id.clone());
            let call = call.set_image_tag_mutability_exclusion_filters(self.filters()?);
            call.image_tag_mutability(self.image_tag_mutability.as_str().into()).send().await?;
        }
        if self.scans() != was.scans() {
            let call =
                aws.ecr.put_image_scanning_configuration().set_repository_name(was.id.clone());
            let scanning = ImageScanningConfiguration::builder().scan_on_push(self.scans()).build();
            call.image_scanning_configuration(scanning).send().await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws) -> Result {
        let call = aws.ecr.delete_repository().set_repository_name(self.id.clone());
        gone_is_fine(call.force(self.force_delete).send().await, &[GONE])
    }

    fn tag_target(&self) -> String {
        self.arn.clone().unwrap_or_default()
    }

    fn validate(configuration: &Value) -> Vec<(Path, String)> {
        let mutability = configuration.get("image_tag_mutability");
        let filters = configuration.get("image_tag_mutability_exclusion_filter");
        let (Some(filters), true) = (filters.items(), mutability.is_known()) else {
            return Vec::new();
        };
        let with = mutability.as_str().is_some_and(|it| it.ends_with("_WITH_EXCLUSION"));
        let message = match (with, filters.is_empty()) {
            (true, true) => "needs at least one `image_tag_mutability_exclusion_filter`",
            (false, false) => "must end in `_WITH_EXCLUSION` for exclusion filters to count",
            _ => return Vec::new(),
        };
        vec![(Path::attribute("image_tag_mutability"), message.to_string())]
    }
}

/// Those that exist. The plural call fails with the name of one that does not; then it is made
/// again without that one, so it takes no more calls than asking for each.
async fn get(aws: &Aws, mut names: Vec<String>) -> Result<Vec<types::Repository>> {
    while !names.is_empty() {
        let call = aws.ecr.describe_repositories().set_repository_names(Some(names.clone()));
        let error: ProviderError = match call.send().await {
            Ok(found) => return Ok(found.repositories.unwrap_or_default()),
            Err(error) => error.into(),
        };
        let is_gone = error.code.as_deref() == Some(GONE);
        let missing = names.iter().position(|it| error.message.contains(&format!("'{it}'")));
        match missing {
            Some(at) if is_gone => drop(names.remove(at)),
            None if is_gone => return get_each(aws, names).await,
            _ => return Err(error),
        }
    }
    Ok(Vec::new())
}

/// Those that exist, asked for one by one.
async fn get_each(aws: &Aws, names: Vec<String>) -> Result<Vec<types::Repository>> {
    let mut all = Vec::new();
    for name in names {
        match aws.ecr.describe_repositories().repository_names(name).send().await {
            Ok(one) => all.extend(one.repositories.unwrap_or_default()),
            Err(error) => gone_is_fine(Err::<(), _>(error), &[GONE])?,
        }
    }
    Ok(all)
}

async fn tags(aws: &Aws, arn: &str) -> Result<Tags> {
    let found = aws.ecr.list_tags_for_resource().resource_arn(arn).send().await?;
    let tags = found.tags.unwrap_or_default().into_iter();
    Ok(tags.map(|tag| (tag.key, tag.value)).collect())
}

fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>> {
    let made = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    Ok(made.collect::<std::result::Result<_, _>>()?)
}

impl Repository {
    fn scans(&self) -> bool {
        self.image_scanning_configuration.get().is_some_and(|it| it.scan_on_push)
    }

    fn scanning(&self) -> Option<ImageScanningConfiguration> {
        let scanning = self.image_scanning_configuration.get()?;
        Some(ImageScanningConfiguration::builder().scan_on_push(scanning.scan_on_push).build())
    }

    fn filters(&self) -> Result<Option<Vec<types::ImageTagMutabilityExclusionFilter>>> {
        let filters = self.image_tag_mutability_exclusion_filter.iter();
        let made = filters.map(|it| {
            types::ImageTagMutabilityExclusionFilter::builder()
                .filter(&it.filter)
                .filter_type(it.filter_type.as_str().into())
                .build()
        });
        let made: Vec<_> = made.collect::<std::result::Result<_, _>>()?;
        Ok(Some(made).filter(|it| !it.is_empty()))
    }

    fn encryption(&self) -> Result<Option<types::EncryptionConfiguration>> {
        let Some(it) = self.encryption_configuration.first() else { return Ok(None) };
        let made = types::EncryptionConfiguration::builder()
            .encryption_type(EncryptionType::from(it.encryption_type.as_str()))
            .set_kms_key(it.kms_key.clone());
        Ok(Some(made.build()?))
    }

    fn merged(self, it: &types::Repository, tags: Tags) -> Repository {
        let encryption = it.encryption_configuration.as_ref().map(|it| Encryption {
            encryption_type: it.encryption_type.as_str().to_string(),
            kms_key: it.kms_key.clone(),
        });
        let on_push = it.image_scanning_configuration.as_ref().map(|it| it.scan_on_push);
        let kept = self.image_scanning_configuration.get().is_some() || on_push == Some(true);
        let scanning = on_push.filter(|_| kept).map(|scan_on_push| Scanning { scan_on_push });
        let mutability =
            it.image_tag_mutability.as_ref().map_or("MUTABLE", ImageTagMutability::as_str);
        let filters =
            it.image_tag_mutability_exclusion_filters().iter().map(|it| ExclusionFilter {
                filter: it.filter.clone(),
                filter_type: it.filter_type.as_str().to_string(),
            });
        Repository {
            encryption_configuration: encryption.into_iter().collect(),
            image_scanning_configuration: One(scanning),
            image_tag_mutability: mutability.to_string(),
            image_tag_mutability_exclusion_filter: filters.collect(),
            name: it.repository_name.clone().unwrap_or_default(),
            tags_all: tags,
            arn: it.repository_arn.clone(),
            id: it.repository_name.clone(),
            registry_id: it.registry_id.clone(),
            repository_url: it.repository_uri.clone(),
            ..self
        }
    }
}
