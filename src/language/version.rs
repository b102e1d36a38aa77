//! Version constraints as the language writes them: `>= 1.5, < 2.0`, `~> 1.3`.

/// A constraint of several conditions that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionConstraint(Vec<Condition>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    operator: Operator,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The last number given may grow.
    Pessimistic,
}

/// A version: numbers, and the label of what comes before the release of that number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<u64>,
    prerelease: Vec<Identifier>,
}

/// A part of a prerelease's label: numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

impl Version {
    /// Reads a version, such as `1.12.0`, `v2.0` or `1.0.0-beta.2`.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, label) = text.split_once('-').unwrap_or((text, ""));
        let numbers = numbers.split('.').map(|it| it.parse().ok()).collect::<Option<Vec<_>>>()?;
        let identifier = |it: &str| {
            it.parse().map_or_else(|_| Identifier::Word(it.to_string()), Identifier::Number)
        };
        let prerelease = label.split('.').filter(|it| !it.is_empty()).map(identifier).collect();
        (numbers.len() <= 4).then_some(Version { numbers, prerelease })
    }

    /// Whether it comes before the release of its number.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }

    /// What orders versions: a prerelease comes before its release.
    fn order(&self) -> (Vec<u64>, bool, &[Identifier]) {
        let mut numbers = self.numbers.clone();
        numbers.resize(4, 0);
        (numbers, !self.is_prerelease(), &self.prerelease)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> std::cmp::Ordering {
        self.order().cmp(&other.order()).then_with(|| self.numbers.cmp(&other.numbers))
    }
}

impl VersionConstraint {
    /// Reads a constraint; the error is the part that is none.
    pub fn parse(text: &str) -> Result<VersionConstraint, String> {
        text.split(',')
            .map(|part| Condition::parse(part.trim()).ok_or_else(|| part.trim().to_string()))
            .collect::<Result<Vec<_>, _>>()
            .map(VersionConstraint)
    }

    /// Whether a released version, such as `1.12.0`, meets the constraint.
    pub fn allows(&self, version: &str) -> bool {
        Version::parse(version)
            .is_some_and(|it| self.0.iter().all(|condition| condition.allows(&it)))
    }

    /// Whether a version that a registry has may be chosen: it meets the constraint, and a prerelease
    /// is only chosen when the constraint asks for just that.
    pub fn chooses(&self, version: &Version) -> bool {
        let named = self
            .0
            .iter()
            .any(|condition| condition.operator == Operator::Equal && condition.allows(version));
        (named || !version.is_prerelease())
            && self.0.iter().all(|condition| condition.allows(version))
    }

    /// The versions that the constraint names.
    pub fn named(&self) -> impl Iterator<Item = &Version> {
        self.0.iter().map(|condition| &condition.version)
    }
}

impl Condition {
    fn parse(text: &str) -> Option<Condition> {
        let operators = [
            ("~>", Operator::Pessimistic),
            (">=", Operator::GreaterOrEqual),
            ("<=", Operator::LessOrEqual),
            ("!=", Operator::NotEqual),
            (">", Operator::Greater),
            ("<", Operator::Less),
            ("=", Operator::Equal),
        ];
        let found = operators
            .into_iter()
            .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)));
        let (operator, version) = found.unwrap_or((Operator::Equal, text));
        Some(Condition { operator, version: Version::parse(version.trim())? })
    }

    fn allows(&self, version: &Version) -> bool {
        let (has, wants) = (version.order(), self.version.order());
        match self.operator {
            Operator::Equal => has == wants,
            Operator::NotEqual => has != wants,
            Operator::Less => has < wants,
            Operator::LessOrEqual => has <= wants,
            Operator::Greater => has > wants,
            Operator::GreaterOrEqual => has >= wants,
            Operator::Pessimistic => {
                let fixed = self.version.numbers.len().saturating_sub(1).max(1);
                has >= wants && has.0.get(..fixed) == wants.0.get(..fixed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(constraint: &str) -> bool {
        VersionConstraint::parse(constraint).unwrap().allows("1.12.0")
    }

    #[test]
    fn constraints_hold_as_in_terraform() {
        for yes in [
            ">= 1.5",
            ">= 1.5, < 2.0",
            "~> 1.3",
            "~> 1",
            "~> 1.12.0",
            "1.12.0",
            "= 1.12",
            "!= 1.11",
            "> 1.12.0-beta1",
            "<=1.12.0",
            "v1.12.0",
        ] {
            assert!(allows(yes), "{yes}");
        }
        for no in ["< 1.12", "~> 1.11.3", "~> 2.0", ">= 1.5, < 1.12", "!= 1.12.0", "1.11", "> 1.12"]
        {
            assert!(!allows(no), "{no}");
        }
    }

    #[test]
    fn prereleases_are_chosen_by_name_only() {
        let chooses = |constraint: &str, version: &str| {
            let version = Version::parse(version).unwrap();
            VersionConstraint::parse(constraint).unwrap().chooses(&version)
        };
        assert!(chooses("2.0.0-beta.2", "2.0.0-beta.2") && chooses("= 2.0.0-rc1", "2.0.0-rc1"));
        assert!(chooses("~> 1.2, != 1.2.4", "1.9.0") && !chooses("~> 1.2, != 1.2.4", "1.2.4"));
        for no in [">= 2.0.0-beta", "> 1.0", "2.0.0-beta.1", "2.0.0", "~> 2.0.0-beta.1"] {
            assert!(!chooses(no, "2.0.0-beta.2"), "{no}");
        }
        let order = ["1.9.9", "2.0.0-beta.2", "2.0.0-beta.10", "2.0.0-rc", "2.0.0", "v2.0.1"];
        let versions: Vec<_> = order.iter().map(|it| Version::parse(it).unwrap()).collect();
        assert!(versions.is_sorted() && versions.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn what_is_no_constraint_is_named() {
        assert_eq!(VersionConstraint::parse(">= 1.0, x"), Err("x".to_string()));
        assert_eq!(VersionConstraint::parse(""), Err(String::new()));
        assert_eq!(VersionConstraint::parse("=> 1.0"), Err("=> 1.0".to_string()));
    }
}
