//! `random_string`, and what it shares with `random_password`.

use rand::seq::{IndexedRandom as _, SliceRandom as _};

use super::{Keepers, same_entries};
use crate::provider::{Proposal, Result};
use crate::schema::Check;
use crate::utility::refused;
use crate::value::{Number, Path, Value};

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";

/// Declares a resource type of random characters, with the fields that differ.
macro_rules! characters {
    (
        $(#[doc = $doc:literal])*
        #[version = $version:literal]
        $name:ident is $type:literal { $($computed:tt)* }
    ) => {
        $crate::schema! {
            $(#[doc = $doc])*
            #[version = $version]
            pub struct $name {
                /// Any values; a change replaces the resource.
                #[force_new] #[equivalent(same_entries)] keepers: Keepers,
                /// How many characters.
                #[force_new] #[check(Check::Between(1, i64::MAX))] length: i64,
                /// Whether there may be lower case letters.
                #[default(true)] #[force_new] lower: bool,
                /// The fewest lower case letters.
                #[default(0)] #[force_new] min_lower: i64,
                /// The fewest digits.
                #[default(0)] #[force_new] min_numeric: i64,
                /// The fewest special characters.
                #[default(0)] #[force_new] min_special: i64,
                /// The fewest upper case letters.
                #[default(0)] #[force_new] min_upper: i64,
                /// The same as `numeric`.
                #[computed] #[force_new] #[deprecated("use `numeric` instead")]
                number: Option<bool>,
                /// Whether there may be digits; `true` when not given.
                #[computed] #[force_new] numeric: Option<bool>,
                /// The special characters to use instead of `!@#$%&*()-_=+[]{}<>:?`.
                #[force_new] override_special: Option<String>,
                /// Whether there may be special characters.
                #[default(true)] #[force_new] special: bool,
                /// Whether there may be upper case letters.
                #[default(true)] #[force_new] upper: bool,
                $($computed)*
            }
        }

        impl $name {
            fn choose(&self) -> Result<String> {
                let special = self.override_special.as_deref().unwrap_or_default();
                let digits = self.numeric.or(self.number).unwrap_or(true);
                $crate::utility::random::string::choose(self.length, special, [
                    (digits, self.min_numeric),
                    (self.lower, self.min_lower),
                    (self.upper, self.min_upper),
                    (self.special, self.min_special),
                ])
            }
        }

        impl $crate::utility::kind::Resource for $name {
            const TYPE: &'static str = $type;
            const IMPORT: &'static str = "the characters";

            fn validate(configuration: &Value) -> Vec<(Path, String)> {
                $crate::utility::random::string::problems(configuration)
            }

            fn plan(proposal: &mut $crate::provider::Proposal<'_>) -> Result {
                $crate::utility::random::string::plan(proposal);
                Ok(())
            }

            async fn create(self) -> Result<Self> {
                let characters = self.choose()?;
                $crate::utility::busy(move || self.of(characters)).await
            }

            fn import(id: &str) -> Result<Self> {
                let imported = $name {
                    length: i64::try_from(id.chars().count()).unwrap_or(i64::MAX),
                    lower: true,
                    number: Some(true),
                    numeric: Some(true),
                    special: true,
                    upper: true,
                    ..$crate::schema::FieldType::blank()
                };
                imported.of(id.to_string())
            }
        }
    };
}
pub(super) use characters;

characters! {
    /// Random characters that everybody may see.
    #[version = 2]
    RandomString is "random_string" {
        /// The characters.
        #[read_only] id: Option<String>,
        /// The characters.
        #[read_only] result: Option<String>,
    }
}

/// Random characters: of digits, lower case, upper case and special ones, whether there may be any
/// and how many there must be.
pub(super) fn choose(length: i64, special: &str, classes: [(bool, i64); 4]) -> Result<String> {
    let special = if special.is_empty() { SPECIAL } else { special };
    let mut random = rand::rng();
    let (mut all, mut chosen) = (Vec::new(), Vec::new());
    for (class, (allowed, fewest)) in [DIGITS, LOWER, UPPER, special].into_iter().zip(classes) {
        let class: Vec<char> = class.chars().collect();
        chosen.extend((0..fewest).filter_map(|_| class.choose(&mut random).copied()));
        if allowed {
            all.extend(class);
        }
    }
    let length = usize::try_from(length).unwrap_or_default();
    if all.is_empty() && chosen.len() < length {
        return Err(refused("no kind of characters is allowed"));
    }
    let rest = length.saturating_sub(chosen.len());
    chosen.extend((0..rest).filter_map(|_| all.choose(&mut random).copied()));
    chosen.shuffle(&mut random);
    Ok(chosen.into_iter().collect())
}

/// What is wrong with a configuration.
pub(super) fn problems(configuration: &Value) -> Vec<(Path, String)> {
    let number = |name: &str| configuration.get(name).as_number().and_then(Number::as_i64);
    let flag = |name: &str| configuration.get(name).as_bool();
    let mut problems = Vec::new();
    let fewest = ["min_lower", "min_numeric", "min_special", "min_upper"];
    let fewest: i64 = fewest.into_iter().filter_map(number).fold(0, i64::saturating_add);
    if number("length").is_some_and(|length| length < fewest) {
        let text = format!("must be at least {fewest}, the sum of what the `min_` arguments ask");
        problems.push((Path::attribute("length"), text));
    }
    let digits = match (flag("numeric"), flag("number")) {
        (Some(numeric), Some(number)) if numeric != number => {
            problems.push((Path::attribute("number"), "differs from `numeric`".to_string()));
            Some(numeric)
        }
        (numeric, number) => numeric.or(number),
    };
    let all = [digits, flag("lower"), flag("upper"), flag("special")];
    if all.iter().all(|it| *it == Some(false)) {
        let text = "one of `lower`, `numeric`, `special` and `upper` must be true".to_string();
        problems.push((Path::attribute("special"), text));
    }
    problems
}

/// `number` and `numeric` are the same.
pub(super) fn plan(proposal: &mut Proposal<'_>) {
    let given = |name| Some(proposal.configuration.get(name)).filter(|it| !it.is_null());
    let digits = given("numeric").or_else(|| given("number")).unwrap_or(Value::Bool(true));
    proposal.set("number", digits.clone());
    proposal.set("numeric", digits);
    // Older versions of the provider kept an empty text where there is none now.
    let was = proposal.prior.map(|prior| prior.get("override_special"));
    if was.as_ref().and_then(Value::as_str) == Some("")
        && proposal.configuration.get("override_special").is_null()
        && let Some(was) = was
    {
        proposal.set("override_special", was);
    }
}

impl RandomString {
    fn of(self, characters: String) -> Result<Self> {
        Ok(RandomString { id: Some(characters.clone()), result: Some(characters), ..self })
    }
}
