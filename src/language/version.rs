//! Version constraints as the language writes them: `>= 1.5, < 2.0`, `~> 1.3`.

use std::cmp::Ordering;

/// A constraint of several conditions that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionConstraint {
    conditions: Vec<Condition>,
    /// The only version that it allows, when it is written so that a prerelease may be meant.
    exact: Option<Version>,
}

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

/// A version: numbers, the label of what comes before the release of those numbers, and a label of
/// the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Three at least; those that are left out are 0.
    numbers: Vec<u64>,
    /// How many numbers were given.
    given: usize,
    prerelease: String,
    build: String,
}

impl Version {
    /// Reads a version, such as `1.12.0`, `v2.0` or `1.0.0-beta.2`.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').map_or((text, None), |(it, new)| (it, Some(new)));
        let length = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
        let (numbers, label) = text.split_at_checked(length)?;
        let prerelease = match label.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => rest,
            _ => label,
        };
        let number = |it: &str| it.parse::<i64>().ok().and_then(|it| u64::try_from(it).ok());
        let mut numbers = numbers.split('.').map(number).collect::<Option<Vec<_>>>()?;
        let given = numbers.len();
        numbers.resize(given.max(3), 0);
        let good = build.is_none_or(is_label) && (prerelease.is_empty() || is_label(prerelease));
        let (prerelease, build) = (prerelease.to_string(), build.unwrap_or_default().to_string());
        good.then_some(Version { numbers, given, prerelease, build })
    }

    /// Whether it comes before the release of its number.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }

    /// Which version comes before the other; that of the same release are equal, whatever the build.
    fn precedence(&self, other: &Version) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        self.padded(length)
            .cmp(other.padded(length))
            .then_with(|| other.is_prerelease().cmp(&self.is_prerelease()))
            .then_with(|| by_labels(&self.prerelease, &other.prerelease))
    }

    fn padded(&self, length: usize) -> impl Iterator<Item = u64> {
        self.numbers.iter().copied().chain(std::iter::repeat(0)).take(length)
    }
}

/// Whether a text is one or more parts with dots between them.
fn is_label(text: &str) -> bool {
    let good = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'~';
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(good))
}

/// Compares the labels of prereleases, part by part: numbers come before words. Where one has no more
/// parts, it comes before a number and after a word.
fn by_labels(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(part), None) => beyond(part),
            (None, Some(part)) => beyond(part).reverse(),
            (Some(left), Some(right)) => match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(left), Ok(right)) => left.cmp(&right),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => left.cmp(right),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// How a part of a label orders where the other label has ended.
fn beyond(part: &str) -> Ordering {
    if part.parse::<i64>().is_ok() { Ordering::Greater } else { Ordering::Less }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let written = |it: &Version| (it.numbers.clone(), it.given, it.build.clone());
        let labels = || self.prerelease.cmp(&other.prerelease);
        self.precedence(other).then_with(|| written(self).cmp(&written(other))).then_with(labels)
    }
}

impl VersionConstraint {
    /// Reads a constraint; the error is the part that is none.
    pub fn parse(text: &str) -> Result<VersionConstraint, String> {
        let conditions = text
            .split(',')
            .map(|part| Condition::parse(part.trim()).ok_or_else(|| part.trim().to_string()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(VersionConstraint { conditions, exact: exact(text.trim()) })
    }

    /// Whether a released version, such as `1.12.0`, meets the constraint.
    pub fn allows(&self, version: &str) -> bool {
        Version::parse(version).is_some_and(|it| self.is_met_by(&it))
    }

    fn is_met_by(&self, version: &Version) -> bool {
        self.conditions.iter().all(|condition| condition.allows(version))
    }

    /// Whether a version that a registry has may be chosen: it meets the constraint, and a prerelease
    /// is only chosen when the constraint is just that version, written without space after a `=`.
    pub fn chooses(&self, version: &Version) -> bool {
        let same = |it: &Version| {
            it.numbers == version.numbers
                && it.prerelease == version.prerelease
                && it.build == version.build
        };
        let named = !version.is_prerelease() || self.exact.as_ref().is_some_and(same);
        named && self.is_met_by(version)
    }

    /// The versions that the constraint names.
    pub fn named(&self) -> impl Iterator<Item = &Version> {
        self.conditions.iter().map(|condition| &condition.version)
    }
}

/// The version that is all that a constraint says.
fn exact(text: &str) -> Option<Version> {
    let text = text.strip_prefix('=').unwrap_or(text);
    let marked = text.contains('-');
    Version::parse(text).filter(|it| marked || !it.is_prerelease())
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
        let order = version.precedence(&self.version);
        let comparable = self.is_comparable(version);
        match self.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Less => comparable && order.is_lt(),
            Operator::LessOrEqual => comparable && order.is_le(),
            Operator::Greater => comparable && order.is_gt(),
            Operator::GreaterOrEqual => comparable && order.is_ge(),
            Operator::Pessimistic => comparable && order.is_ge() && self.is_near(version),
        }
    }

    /// Whether one may come before the other: a prerelease only compares with those of its release.
    fn is_comparable(&self, version: &Version) -> bool {
        match version.is_prerelease() {
            true => self.version.is_prerelease() && self.version.numbers == version.numbers,
            false => true,
        }
    }

    /// Whether a version that is not less differs in no number but the last that is given, and has
    /// as many.
    fn is_near(&self, version: &Version) -> bool {
        let own = &self.version;
        let fixed = own.given.saturating_sub(1);
        let last = own.numbers.len().saturating_sub(1);
        (version.is_prerelease() || !own.is_prerelease())
            && version.numbers.len() >= own.numbers.len()
            && version.numbers.get(..fixed) == own.numbers.get(..fixed)
            && version.numbers.get(last) >= own.numbers.get(last)
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

    /// What OpenTofu installs of these, for some constraints.
    #[test]
    fn versions_are_chosen_as_opentofu_chooses_them() {
        let all = [
            "2.1.0-beta1",
            "2.1.0-beta1+x",
            "2.1.0-beta2",
            "2.0.0",
            "2.1.0",
            "1.9.0",
            "v2.0.1",
            "2.0",
            "2.0.0.1",
            "1.0.0-1",
            "2.0.0+m",
        ];
        for (constraint, chosen) in [
            ("2.1.0-beta1", "2.1.0-beta1"),
            ("= 2.1.0-beta1", ""),
            ("=2.1.0-beta1", "2.1.0-beta1"),
            ("v2.1.0-beta1", "2.1.0-beta1"),
            ("2.1.0-beta1, != 2.0.0", ""),
            ("2.1.0-beta1+x", "2.1.0-beta1+x"),
            ("~> 2.1.0-beta1", ""),
            (">= 2.1.0-beta1", "2.1.0"),
            ("2.1-beta1", "2.1.0-beta1"),
            ("2.1.0beta1", ""),
            ("~> 1", "2.0.0 2.1.0 1.9.0 v2.0.1 2.0 2.0.0.1 2.0.0+m"),
            ("~> 2", "2.0.0 2.1.0 v2.0.1 2.0 2.0.0.1 2.0.0+m"),
            ("~> v2.0", "2.0.0 2.1.0 v2.0.1 2.0 2.0.0.1 2.0.0+m"),
            ("~> 2.0.0", "2.0.0 v2.0.1 2.0 2.0.0.1 2.0.0+m"),
            ("~> 2.0.0.0", "2.0.0.1"),
            ("2", "2.0.0 2.0 2.0.0+m"),
            ("!= 2.1.0-beta2", "2.0.0 2.1.0 1.9.0 v2.0.1 2.0 2.0.0.1 2.0.0+m"),
            ("< 3.0.0-a", "2.0.0 2.1.0 1.9.0 v2.0.1 2.0 2.0.0.1 2.0.0+m"),
            ("2.0.0.0.1", ""),
            (">= 2.0.1, != 2.1.0", "v2.0.1"),
        ] {
            let parsed = VersionConstraint::parse(constraint).unwrap();
            let chosen_of = |it: &&&str| parsed.chooses(&Version::parse(it).unwrap());
            let found: Vec<&str> = all.iter().filter(chosen_of).copied().collect();
            assert_eq!(found.join(" "), chosen, "{constraint}");
        }
    }

    #[test]
    fn versions_are_ordered_as_opentofu_orders_them() {
        let order = [
            "1.9.9",
            "2.0.0-2",
            "2.0.0-10",
            "2.0.0-a.b",
            "2.0.0-a",
            "2.0.0-a.1",
            "2.0.0-beta.2",
            "2.0.0-beta10",
            "2.0.0-beta2",
            "2.0.0-rc",
            "2.0.0",
            "2.0.0.1",
            "v2.0.1",
        ];
        let versions: Vec<_> = order.iter().map(|it| Version::parse(it).unwrap()).collect();
        assert!(versions.is_sorted() && versions.windows(2).all(|pair| pair[0] != pair[1]));
        for (text, good) in [
            ("1", true),
            ("1.2.3.4.5.6", true),
            ("1.0-", true),
            ("1.0.0--a", true),
            ("1.0a", true),
            ("1.0.0~x", true),
            ("1.x", false),
            ("1.0.0+", false),
            ("1.0.0-a..b", false),
            (" 1.0", false),
            ("1..0", false),
            ("99999999999999999999.0", false),
            ("", false),
        ] {
            assert_eq!(Version::parse(text).is_some(), good, "{text}");
        }
    }

    #[test]
    fn what_is_no_constraint_is_named() {
        assert_eq!(VersionConstraint::parse(">= 1.0, x"), Err("x".to_string()));
        assert_eq!(VersionConstraint::parse(""), Err(String::new()));
        assert_eq!(VersionConstraint::parse("=> 1.0"), Err("=> 1.0".to_string()));
    }
}
