//! Tags: default tags, hidden tags, and the one place that changes them.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::client::Aws;
use crate::aws::provider_block::ProviderBlock;
use crate::provider::{ErrorKind, ProviderError, Result, Step};
use crate::value::{Type, Value};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The tag that carries the token of the step that created an object, so that an object whose create
/// call got no answer can be found. Hidden from `tags` and `tags_all`.
pub const TOKEN_TAG: &str = "terrace:step";

/// How the tags of a resource type are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// EC2 `CreateTags`/`DeleteTags` by id.
    Ec2,
    /// ECS `TagResource` by ARN.
    Ecs,
    /// ECR `TagResource` by ARN.
    Ecr,
    /// Elastic Load Balancing `AddTags` by ARN.
    Elb,
    /// IAM `TagRole` by name.
    IamRole,
    /// IAM `TagPolicy` by ARN.
    IamPolicy,
    /// CloudWatch Logs `TagResource` by ARN.
    Logs,
}

/// The `default_tags` and `ignore_tags` of a provider configuration.
#[derive(Clone, Debug, Default)]
pub struct TagPolicy {
    /// Tags given to every object.
    pub defaults: Tags,
    /// Whether some of these are not known yet.
    pub defaults_unknown: bool,
    /// Keys of tags that are not ours to manage.
    pub ignored_keys: Vec<String>,
    /// Prefixes of keys of tags that are not ours to manage.
    pub ignored_prefixes: Vec<String>,
}

impl TagPolicy {
    /// The policy of a provider block.
    pub fn of(block: &ProviderBlock) -> TagPolicy {
        let ignored = block.ignore_tags.get();
        let list = |keys: Option<&BTreeSet<String>>| keys.into_iter().flatten().cloned().collect();
        TagPolicy {
            defaults_unknown: false,
            defaults: block.default_tags.get().map(|it| it.tags.clone()).unwrap_or_default(),
            ignored_keys: list(ignored.map(|it| &it.keys)),
            ignored_prefixes: list(ignored.map(|it| &it.key_prefixes)),
        }
    }

    /// The tags that are not hidden.
    pub fn visible(&self, all: impl IntoIterator<Item = (String, String)>) -> Tags {
        all.into_iter().filter(|(key, _)| !self.hides(key)).collect()
    }

    /// `tags_all` of a configuration with these `tags`: unknown as far as they are, and without the
    /// keys that are not ours to manage, as what is read is without them.
    pub fn planned(&self, tags: &Value) -> Value {
        let all = self.given(tags);
        if !all.is_known() {
            return all;
        }
        let (all, marks) = all.unmark();
        let ours = all.fields().into_iter().flatten().filter(|(key, _)| !self.ignores(key));
        let ours = ours.map(|(key, tag)| (key.clone(), tag.clone()));
        Value::map(Type::String, ours).mark(marks)
    }

    /// The tags that a planned object gets when it is made: those of ignored keys too, which are left
    /// to others afterwards.
    pub fn created(&self, planned: &Value) -> Value {
        let given = self.given(&planned.get("tags"));
        let mut all = given.fields().cloned().unwrap_or_default();
        all.retain(|key, _| self.ignores(key));
        let ours = planned.get("tags_all").fields().cloned().unwrap_or_default();
        Value::map(Type::String, all.into_iter().chain(ours))
    }

    /// The default tags and `tags` of a configuration together.
    fn given(&self, tags: &Value) -> Value {
        if !tags.is_known() || self.defaults_unknown {
            return Value::unknown(Type::map(Type::String));
        }
        let (tags, marks) = tags.clone().unmark();
        let defaults = self.defaults.iter().map(|(key, it)| (key.clone(), Value::string(it)));
        let mut all: BTreeMap<String, Value> = defaults.collect();
        for (key, tag) in tags.fields().into_iter().flatten().filter(|(_, tag)| !tag.is_null()) {
            all.insert(key.clone(), tag.clone());
        }
        Value::map(Type::String, all).mark(marks)
    }

    /// Hides what is not ours in `tags_all` just read, and splits `tags` off it: those that were
    /// configured, and those that came from elsewhere. What was in `tags_all` but not in `tags` is
    /// of the default tags, those of the last apply. Of ignored keys, `tags` keeps what was
    /// configured, whatever others make of them.
    pub fn after_read(&self, prior: &Value, now: Value) -> Value {
        let all = now.get("tags_all");
        let (before, all_before) = (prior.get("tags"), prior.get("tags_all"));
        let has = |tags: &Value, key: &str| tags.fields().is_some_and(|it| it.contains_key(key));
        let default = |key: &String, tag: &Value| {
            has(&all_before, key) || self.defaults.get(key).map(String::as_str) == tag.as_str()
        };
        let visible = all.fields().into_iter().flatten().filter(|(key, _)| !self.hides(key));
        let visible: BTreeMap<String, Value> =
            visible.map(|(key, tag)| (key.clone(), tag.clone())).collect();
        let own = visible.iter().filter(|(key, tag)| has(&before, key) || !default(key, tag));
        let left = before.fields().into_iter().flatten().filter(|(key, _)| self.ignores(key));
        let own: BTreeMap<String, Value> =
            own.chain(left).map(|(key, tag)| (key.clone(), tag.clone())).collect();
        let tags = if own.is_empty() && before.is_null() {
            Value::Null(Type::map(Type::String))
        } else {
            Value::map(Type::String, own)
        };
        now.with("tags_all", Value::map(Type::String, visible)).with("tags", tags)
    }

    fn hides(&self, key: &str) -> bool {
        key == TOKEN_TAG || key.starts_with("aws:") || self.ignores(key)
    }

    /// Whether the provider block leaves a key to others.
    fn ignores(&self, key: &str) -> bool {
        self.ignored_keys.iter().any(|it| it == key)
            || self.ignored_prefixes.iter().any(|it| key.starts_with(it))
    }
}

/// Whose object a create call answered with that also succeeds when somebody else's object has the
/// same name and settings: ours if it has the tag of this step. `tags` are its tags, if it is seen
/// yet, and `import` is how to name it for import.
pub fn claimed(
    id: String,
    import: &str,
    step: &Step,
    tags: Result<Option<Tags>>,
) -> Result<String> {
    let unclear = |error: ProviderError| ProviderError { kind: ErrorKind::Unknown, ..error };
    match tags.map_err(unclear)? {
        Some(tags) if tags.get(TOKEN_TAG) == Some(&step.token) => Ok(id),
        Some(_) => {
            let message = format!("{id} exists already, and was not made by this configuration");
            let address = &step.address;
            let hint = format!("choose another name, or run: terrace import '{address}' {import}");
            Err(ProviderError::new(ErrorKind::Refused, message).hint(hint))
        }
        None => {
            let message = format!("{id} cannot be seen yet, so it is not known whose it is");
            Err(ProviderError::new(ErrorKind::Unknown, message))
        }
    }
}

/// `tags_all` with the tag that finds the object again.
pub fn with_token(tags_all: &Value, token: &str) -> Value {
    let mut all = tags_all.fields().cloned().unwrap_or_default();
    all.insert(TOKEN_TAG.to_string(), Value::string(token));
    Value::map(Type::String, all)
}

/// Brings the tags of an object from `old` to `new` with the fewest calls.
pub async fn change(aws: &Aws, how: Tagging, target: &str, old: &Tags, new: &Tags) -> Result {
    let set: Tags = new.iter().filter(|(key, it)| old.get(*key) != Some(it)).map(pair).collect();
    let removed: Vec<String> = old.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
    if !removed.is_empty() {
        remove(aws, how, target, removed).await?;
    }
    if !set.is_empty() {
        add(aws, how, target, set).await?;
    }
    Ok(())
}

/// Adds tags or changes their values.
async fn add(aws: &Aws, how: Tagging, target: &str, tags: Tags) -> Result {
    match how {
        Tagging::Ec2 => {
            let tags = tags.into_iter().map(|(key, value)| {
                aws_sdk_ec2::types::Tag::builder().key(key).value(value).build()
            });
            let call = aws.ec2.create_tags().resources(target);
            call.set_tags(Some(tags.collect())).send().await?;
        }
        Tagging::Ecs => {
            let tags = tags.into_iter().map(|(key, value)| {
                aws_sdk_ecs::types::Tag::builder().key(key).value(value).build()
            });
            let call = aws.ecs.tag_resource().resource_arn(target);
            call.set_tags(Some(tags.collect())).send().await?;
        }
        Tagging::Ecr => {
            let tags = tags.into_iter().map(|(key, value)| {
                aws_sdk_ecr::types::Tag::builder().key(key).value(value).build()
            });
            let tags = tags.collect::<std::result::Result<_, _>>()?;
            aws.ecr.tag_resource().resource_arn(target).set_tags(Some(tags)).send().await?;
        }
        Tagging::Elb => {
            let tags = tags.into_iter().map(|(key, value)| {
                aws_sdk_elasticloadbalancingv2::types::Tag::builder().key(key).value(value).build()
            });
            let call = aws.elb.add_tags().resource_arns(target);
            call.set_tags(Some(tags.collect())).send().await?;
        }
        Tagging::IamRole => {
            let call = aws.iam.tag_role().role_name(target);
            call.set_tags(Some(iam_tags(tags)?)).send().await?;
        }
        Tagging::IamPolicy => {
            let call = aws.iam.tag_policy().policy_arn(target);
            call.set_tags(Some(iam_tags(tags)?)).send().await?;
        }
        Tagging::Logs => {
            let call = aws.logs.tag_resource().resource_arn(target);
            call.set_tags(Some(tags.into_iter().collect())).send().await?;
        }
    }
    Ok(())
}

/// Removes tags by key.
async fn remove(aws: &Aws, how: Tagging, target: &str, keys: Vec<String>) -> Result {
    match how {
        Tagging::Ec2 => {
            let tags =
                keys.into_iter().map(|key| aws_sdk_ec2::types::Tag::builder().key(key).build());
            let call = aws.ec2.delete_tags().resources(target);
            call.set_tags(Some(tags.collect())).send().await?;
        }
        Tagging::Ecs => {
            let call = aws.ecs.untag_resource().resource_arn(target);
            call.set_tag_keys(Some(keys)).send().await?;
        }
        Tagging::Ecr => {
            let call = aws.ecr.untag_resource().resource_arn(target);
            call.set_tag_keys(Some(keys)).send().await?;
        }
        Tagging::Elb => {
            let call = aws.elb.remove_tags().resource_arns(target);
            call.set_tag_keys(Some(keys)).send().await?;
        }
        Tagging::IamRole => {
            let call = aws.iam.untag_role().role_name(target);
            call.set_tag_keys(Some(keys)).send().await?;
        }
        Tagging::IamPolicy => {
            let call = aws.iam.untag_policy().policy_arn(target);
            call.set_tag_keys(Some(keys)).send().await?;
        }
        Tagging::Logs => {
            let call = aws.logs.untag_resource().resource_arn(target);
            call.set_tag_keys(Some(keys)).send().await?;
        }
    }
    Ok(())
}

/// Tags as IAM takes them.
pub fn iam_tags(tags: Tags) -> Result<Vec<aws_sdk_iam::types::Tag>> {
    let made = tags
        .into_iter()
        .map(|(key, value)| aws_sdk_iam::types::Tag::builder().key(key).value(value).build());
    Ok(made.collect::<std::result::Result<_, _>>()?)
}

fn pair((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::calls::in_step;
    use crate::aws::testing::{Answer, Fake, step};

    fn map(pairs: &[(&str, &str)]) -> Value {
        Value::map(Type::String, pairs.iter().map(|(key, it)| (*key, Value::string(it))))
    }

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, it)| (key.to_string(), it.to_string())).collect()
    }

    fn policy() -> TagPolicy {
        TagPolicy {
            defaults: tags(&[("team", "a"), ("stage", "test")]),
            defaults_unknown: false,
            ignored_keys: vec!["noise".into()],
            ignored_prefixes: vec!["k8s.io/".into()],
        }
    }

    #[test]
    fn tags_override_default_tags() {
        let all = policy().planned(&map(&[("team", "b"), ("Name", "x")]));
        assert_eq!(all, map(&[("Name", "x"), ("stage", "test"), ("team", "b")]));
        assert_eq!(policy().planned(&Value::NULL), map(&[("stage", "test"), ("team", "a")]));
    }

    #[test]
    fn unknown_tags_leave_all_unknown() {
        let unknown = Value::unknown(Type::map(Type::String));
        assert!(!policy().planned(&unknown).is_known());
        let open = TagPolicy { defaults_unknown: true, ..policy() };
        assert!(!open.planned(&map(&[("Name", "x")])).is_known());
        let one = Value::map(Type::String, [("Name", Value::unknown(Type::String))]);
        let all = policy().planned(&one);
        assert!(all.is_known() && !all.is_wholly_known());
    }

    #[test]
    fn what_is_read_is_split_into_own_and_default_tags_and_the_rest_hidden() {
        let all = [
            ("Name", "x"),
            ("team", "a"),
            ("stage", "live"),
            ("noise", "1"),
            ("k8s.io/role", "2"),
            ("aws:cloudformation:stack", "3"),
            (TOKEN_TAG, "4"),
        ];
        let now = Value::object([("tags_all", map(&all)), ("tags", Value::NULL)]);
        let prior = Value::object([("tags", map(&[("Name", "x")]))]);
        let read = policy().after_read(&prior, now.clone());
        assert_eq!(read.get("tags_all"), map(&[("Name", "x"), ("stage", "live"), ("team", "a")]));
        assert_eq!(read.get("tags"), map(&[("Name", "x"), ("stage", "live")]));
        let both = Value::object([("tags", map(&[("Name", "x"), ("team", "a")]))]);
        let read = policy().after_read(&both, now);
        assert_eq!(read.get("tags").fields().unwrap().len(), 3);
    }

    #[test]
    fn default_tags_of_the_last_apply_are_nobodys_own() {
        let now = Value::object([("tags_all", map(&[("team", "b"), ("stage", "test")]))]);
        let prior = Value::object([
            ("tags", Value::NULL),
            ("tags_all", map(&[("team", "b"), ("stage", "test")])),
        ]);
        let read = policy().after_read(&prior, now.clone());
        assert!(read.get("tags").is_null(), "the default was b, and will be a");
        assert_eq!(read.get("tags_all"), now.get("tags_all"));
        let added = map(&[("team", "b"), ("stage", "test"), ("who", "me")]);
        let now = Value::object([("tags_all", added)]);
        assert_eq!(policy().after_read(&prior, now).get("tags"), map(&[("who", "me")]));
    }

    #[test]
    fn no_tags_stay_null_where_none_were_configured() {
        let now = || Value::object([("tags_all", map(&[("team", "a"), ("stage", "test")]))]);
        let prior = |tags: Value| Value::object([("tags", tags)]);
        assert!(policy().after_read(&prior(Value::NULL), now()).get("tags").is_null());
        assert_eq!(policy().after_read(&prior(map(&[])), now()).get("tags"), map(&[]));
    }

    #[test]
    fn ignored_keys_settle_wherever_they_are_configured() {
        let defaults = tags(&[("team", "a"), ("noise", "start"), ("k8s.io/owner", "x")]);
        let policy = TagPolicy { defaults, ..policy() };
        let configured = map(&[("Name", "x"), ("k8s.io/role", "mine")]);
        let planned = policy.planned(&configured);
        assert_eq!(planned, map(&[("Name", "x"), ("team", "a")]));
        let object = Value::object([("tags", configured.clone()), ("tags_all", planned.clone())]);
        let made = policy.created(&object);
        assert_eq!(made.fields().unwrap().len(), 5, "a new object gets all of them: {made:?}");
        let others = [("Name", "x"), ("team", "a"), ("noise", "2"), ("k8s.io/role", "theirs")];
        let now = Value::object([("tags_all", map(&others)), ("tags", Value::NULL)]);
        let read = policy.after_read(&Value::object([("tags", configured.clone())]), now);
        assert_eq!(read.get("tags_all"), planned, "nothing differs");
        assert_eq!(read.get("tags"), configured);
    }

    #[test]
    fn only_what_carries_the_tag_of_the_step_is_claimed() {
        let (step, _) = step(false);
        let claim = |tags| claimed("arn:x".into(), "x", &step, tags);
        let ours = Tags::from([(TOKEN_TAG.to_string(), step.token.clone())]);
        assert_eq!(claim(Ok(Some(ours))).unwrap(), "arn:x");
        let theirs = claim(Ok(Some(tags(&[(TOKEN_TAG, "another")])))).unwrap_err();
        assert_eq!(theirs.kind, ErrorKind::Refused);
        assert!(theirs.hint.contains("terrace import 'aws_vpc.a' x"), "{}", theirs.hint);
        assert_eq!(claim(Ok(None)).unwrap_err().kind, ErrorKind::Unknown);
        let denied = ProviderError::new(ErrorKind::Refused, "not allowed to look");
        assert_eq!(claim(Err(denied)).unwrap_err().kind, ErrorKind::Unknown, "it may be ours");
    }

    #[tokio::test]
    async fn only_what_changed_is_sent() {
        let fake = Fake::new([Answer::ok("<R><return>true</return></R>")]);
        let (aws, (step, notes)) = (fake.aws().await, step(false));
        let old = tags(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let new = tags(&[("a", "1"), ("b", "x")]);
        in_step(&step, change(&aws, Tagging::Ec2, "vpc-1", &old, &new)).await.unwrap();
        let requests = fake.requests();
        assert_eq!(requests.len(), 2);
        assert!(requests[0].contains("Action=DeleteTags") && requests[0].contains("Tag.1.Key=c"));
        assert!(requests[1].contains("Action=CreateTags") && requests[1].contains("Tag.1.Value=x"));
        assert!(!requests[1].contains("Key=a"));
        in_step(&step, change(&aws, Tagging::Ec2, "vpc-1", &new, &new)).await.unwrap();
        assert_eq!((fake.requests().len(), notes.said().len()), (2, 4));
    }
}
