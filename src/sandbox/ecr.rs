//! ECR: repositories with their policies. There are no images in the sandbox.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::fault::Fault;
use super::scope::{ACCOUNT, Answer, Read, Scope, add_tags, copy, edit_list, epoch, page};

/// Repositories, by name.
pub const REPOSITORY: &str = "ecr-repository";

/// Answers an ECR call.
pub fn answer(scope: &mut Scope<'_>, operation: &str) -> Answer {
    match operation {
        "CreateRepository" => create(scope),
        "DescribeRepositories" => describe(scope),
        "DeleteRepository" => delete(scope),
        "PutImageTagMutability" => {
            check_mutability(scope.input)?;
            put(scope, &["imageTagMutability", "imageTagMutabilityExclusionFilters"])
        }
        "PutImageScanningConfiguration" => put(scope, &["imageScanningConfiguration"]),
        "SetRepositoryPolicy" => POLICY.put(scope),
        "GetRepositoryPolicy" => POLICY.get(scope),
        "DeleteRepositoryPolicy" => POLICY.delete(scope),
        "PutLifecyclePolicy" => LIFECYCLE.put(scope),
        "GetLifecyclePolicy" => LIFECYCLE.get(scope),
        "DeleteLifecyclePolicy" => LIFECYCLE.delete(scope),
        "TagResource" | "UntagResource" => change_tags(scope),
        "ListTagsForResource" => list_tags(scope),
        "GetAuthorizationToken" => Ok(authorization(scope)),
        "DescribeImages" => named(scope).map(|_| json!({"imageDetails": []})),
        "ListImages" => named(scope).map(|_| json!({"imageIds": []})),
        _ => {
            let message = format!("The sandbox does not have the ECR operation {operation}");
            Err(Fault::new("UnsupportedCommandTypeException", message))
        }
    }
}

/// What a container client logs in with, for twelve hours.
fn authorization(scope: &Scope<'_>) -> Value {
    let password = uuid::Uuid::new_v4().simple().to_string();
    json!({"authorizationData": [{
        "authorizationToken": STANDARD.encode(format!("AWS:{password}")),
        "expiresAt": OffsetDateTime::now_utc().unix_timestamp() + 12 * 3600,
        "proxyEndpoint": format!("https://{ACCOUNT}.dkr.ecr.{}.amazonaws.com", scope.region),
    }]})
}

const TAG_NAMES: (&str, &str) = ("Key", "Value");

fn not_found(name: &str) -> Fault {
    let message = format!(
        "The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'"
    );
    Fault::new("RepositoryNotFoundException", message)
}

/// The repository a request names.
fn named<'a>(scope: &'a Scope<'_>) -> Result<&'a Value, Fault> {
    let name = scope.input.required("repositoryName")?;
    scope.documents.get(REPOSITORY, name).ok_or_else(|| not_found(name))
}

fn edit<'a>(scope: &'a mut Scope<'_>) -> Result<&'a mut Value, Fault> {
    let name = scope.input.required("repositoryName")?;
    scope.documents.edit(REPOSITORY, name).ok_or_else(|| not_found(name))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("InvalidParameterException", message)
}

/// Refuses names that are not of lower-case parts with single separators between them.
fn check_name(name: &str) -> Result<(), Fault> {
    let separator = |it: char| "/._-".contains(it);
    let part = |it: &str| {
        !it.is_empty() && it.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    if (2..=256).contains(&name.len()) && name.split(separator).all(part) {
        return Ok(());
    }
    Err(invalid("Invalid parameter at 'repositoryName' failed to satisfy constraint"))
}

/// Only mutability with exclusion has filters, and it needs some.
fn check_mutability(input: &Value) -> Result<(), Fault> {
    let mutability = input.text("imageTagMutability").unwrap_or("MUTABLE");
    let filters = input.list("imageTagMutabilityExclusionFilters");
    let patterns = filters.iter().filter_map(|it| it.text("filter"));
    let stars = |it: &str| it.matches('*').count();
    if filters.is_empty() == mutability.ends_with("_WITH_EXCLUSION") || filters.len() > 5 {
        return Err(invalid("Invalid parameter at 'imageTagMutabilityExclusionFilters'"));
    }
    if patterns.map(stars).any(|stars| stars > 2) {
        return Err(invalid("An exclusion filter can have at most two wildcards"));
    }
    Ok(())
}

/// How images are encrypted: with AWS's own key, when KMS is asked for without naming a key.
fn encryption(scope: &Scope<'_>) -> Value {
    let mut encryption = json!({"encryptionType": "AES256"});
    let asked = &scope.input["encryptionConfiguration"];
    copy(asked, &mut encryption, &["encryptionType", "kmsKey"]);
    if encryption["encryptionType"] != "AES256" && encryption.get("kmsKey").is_none() {
        encryption["kmsKey"] = json!(scope.arn("kms", "key/5a4db0c5-0000-4000-8000-0000000000ec"));
    }
    encryption
}

fn create(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = input.required("repositoryName")?;
    check_name(name)?;
    check_mutability(input)?;
    if scope.documents.get(REPOSITORY, name).is_some() {
        let message = format!(
            "The repository with name '{name}' already exists in the registry with id '{ACCOUNT}'"
        );
        return Err(Fault::new("RepositoryAlreadyExistsException", message));
    }
    let mut tags = Vec::new();
    add_tags(&mut tags, input.list("tags"), TAG_NAMES);
    let uri = format!("{ACCOUNT}.dkr.ecr.{}.amazonaws.com/{name}", scope.region);
    let mut repository = json!({
        "repositoryName": name, "repositoryArn": scope.arn("ecr", &format!("repository/{name}")),
        "registryId": ACCOUNT, "repositoryUri": uri, "createdAt": epoch(),
        "imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": false},
        "encryptionConfiguration": encryption(scope), "~tags": tags,
    });
    copy(input, &mut repository, &["imageTagMutability", "imageScanningConfiguration"]);
    copy(input, &mut repository, &["imageTagMutabilityExclusionFilters"]);
    scope.documents.put(REPOSITORY, name, repository.clone());
    Ok(json!({"repository": repository}))
}

fn describe(scope: &mut Scope<'_>) -> Answer {
    let names = scope.input.texts("repositoryNames");
    if names.len() > 100 {
        return Err(invalid("Invalid parameter at 'repositoryNames': more than 100"));
    }
    let missing = names.iter().find(|name| scope.documents.get(REPOSITORY, name).is_none());
    if let Some(name) = missing {
        return Err(not_found(name));
    }
    let rows = scope.documents.rows(REPOSITORY);
    let asked = rows.filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()));
    let size = scope.input.number("maxResults").and_then(|size| usize::try_from(size).ok());
    let asked = asked.map(|(_, it)| it.clone()).collect();
    let (found, next) = page(asked, scope.input.text("nextToken"), size.unwrap_or(100));
    Ok(json!({"repositories": found, "nextToken": next}))
}

fn delete(scope: &mut Scope<'_>) -> Answer {
    let name = scope.input.required("repositoryName")?;
    let repository = scope.documents.remove(REPOSITORY, name).ok_or_else(|| not_found(name))?;
    Ok(json!({"repository": repository}))
}

/// Sets fields of a repository to what the request says.
fn put(scope: &mut Scope<'_>, fields: &[&str]) -> Answer {
    let input = scope.input;
    let repository = edit(scope)?;
    for field in fields {
        repository[*field] = input[*field].clone();
    }
    let name = &input["repositoryName"];
    let mut answer = json!({"registryId": ACCOUNT, "repositoryName": name});
    copy(input, &mut answer, fields);
    Ok(answer)
}

/// A document attached to a repository.
struct Attached {
    parameter: &'static str,
    field: &'static str,
    missing: &'static str,
}

const POLICY: Attached = Attached {
    parameter: "policyText",
    field: "~policy",
    missing: "RepositoryPolicyNotFoundException",
};

const LIFECYCLE: Attached = Attached {
    parameter: "lifecyclePolicyText",
    field: "~lifecycle",
    missing: "LifecyclePolicyNotFoundException",
};

impl Attached {
    fn put(&self, scope: &mut Scope<'_>) -> Answer {
        let text = scope.input.required(self.parameter)?;
        if serde_json::from_str::<Value>(text).is_err() {
            let message = format!("Invalid parameter at '{}': not JSON", self.parameter);
            return Err(Fault::new("InvalidParameterException", message));
        }
        edit(scope)?[self.field] = json!(text);
        self.answer(scope, json!(text))
    }

    fn get(&self, scope: &mut Scope<'_>) -> Answer {
        let text = named(scope)?.get(self.field).filter(|text| !text.is_null()).cloned();
        let name = scope.input.text("repositoryName").unwrap_or_default();
        let text = text.ok_or_else(|| {
            let message = format!("The repository '{name}' has no such policy");
            Fault::new(self.missing, message)
        })?;
        self.answer(scope, text)
    }

    fn delete(&self, scope: &mut Scope<'_>) -> Answer {
        let answer = self.get(scope)?;
        edit(scope)?[self.field] = Value::Null;
        Ok(answer)
    }

    fn answer(&self, scope: &Scope<'_>, text: Value) -> Answer {
        let name = &scope.input["repositoryName"];
        Ok(json!({"registryId": ACCOUNT, "repositoryName": name, self.parameter: text}))
    }
}

/// The name of the repository whose ARN a request has.
fn by_arn(input: &Value) -> Result<&str, Fault> {
    let arn = input.required("resourceArn")?;
    let name = arn.split_once(":repository/").map(|(_, name)| name);
    name.ok_or_else(|| Fault::new("InvalidParameterException", "Invalid parameter resourceArn"))
}

fn change_tags(scope: &mut Scope<'_>) -> Answer {
    let input = scope.input;
    let name = by_arn(input)?;
    let keys = input.texts("tagKeys");
    let repository = scope.documents.edit(REPOSITORY, name).ok_or_else(|| not_found(name))?;
    edit_list(repository, "~tags", |tags| {
        add_tags(tags, input.list("tags"), TAG_NAMES);
        tags.retain(|tag| !tag.text("Key").is_some_and(|key| keys.contains(&key)));
    });
    Ok(json!({}))
}

fn list_tags(scope: &mut Scope<'_>) -> Answer {
    let name = by_arn(scope.input)?;
    let repository = scope.documents.get(REPOSITORY, name).ok_or_else(|| not_found(name))?;
    Ok(json!({"tags": repository["~tags"]}))
}
