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

/// The numbers of a version, and whether it comes before the release of that number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    numbers: Vec<u64>,
    prerelease: bool,
}

impl Version {
    fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, prerelease) = match text.split_once('-') {
            Some((numbers, label)) => (numbers, !label.is_empty()),
            None => (text, false),
        };
        let numbers = numbers.split('.').map(|it| it.parse().ok()).collect::<Option<Vec<_>>>()?;
        (numbers.len() <= 4).then_some(Version { numbers, prerelease })
    }

    /// What orders versions: a prerelease comes before its release.
    fn order(&self) -> (Vec<u64>, bool) {
        let mut numbers = self.numbers.clone();
        numbers.resize(4, 0);
        (numbers, !self.prerelease)
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
    fn what_is_no_constraint_is_named() {
        assert_eq!(VersionConstraint::parse(">= 1.0, x"), Err("x".to_string()));
        assert_eq!(VersionConstraint::parse(""), Err(String::new()));
        assert_eq!(VersionConstraint::parse("=> 1.0"), Err("=> 1.0".to_string()));
    }
}
