//! The order in which statements are followed. Each is compared only with those whose addresses begin
//! alike.

use std::collections::{BTreeSet, HashMap};

use super::statement::{Pattern, Statement};
use crate::address::{Key, ResourceName};
use crate::graph::Dag;

/// The order in which statements are followed: chains from their start, and what is inside of
/// something before or after that itself moves. The error is a circle of statements.
pub(in crate::plan) fn order(statements: &[Statement]) -> Result<Vec<usize>, Vec<usize>> {
    let mut dag = Dag::default();
    let sides: Vec<[Pattern; 2]> =
        statements.iter().map(|it| [it.pattern(&it.from), it.pattern(&it.to)]).collect();
    let (mut sources, mut destinations) = (Index::default(), Index::default());
    for (at, [from, to]) in sides.iter().enumerate() {
        dag.add(at);
        sources.add(at, from);
        destinations.add(at, to);
    }
    let mut pairs = BTreeSet::new();
    for (at, [from, to]) in sides.iter().enumerate() {
        let before = destinations.alike(from).chain(destinations.around(from));
        let before = before.chain(destinations.around(to));
        pairs.extend(before.map(|on| (at, on)));
        let after = sources.around(from).chain(sources.around(to));
        pairs.extend(after.map(|other| (other, at)));
    }
    for (at, on) in pairs {
        let both = (statements.get(at), statements.get(on), sides.get(at), sides.get(on));
        if let (Some(one), Some(other), Some(sides), Some(others)) = both
            && at != on
            && one.comes_after(other, sides, others)
        {
            dag.depend(at, on);
        }
    }
    dag.order()
}

/// The names of the steps of addresses, and of the resource at their end.
type Names = (Vec<String>, Option<ResourceName>);

/// Addresses by their names, and then by which of their keys are given, and those.
#[derive(Default)]
struct Index(HashMap<Names, HashMap<Vec<bool>, ByKeys>>);

type ByKeys = HashMap<Vec<Option<Key>>, Vec<usize>>;

impl Index {
    fn add(&mut self, at: usize, pattern: &Pattern) {
        let same_names = self.0.entry(pattern.names()).or_default();
        let keys = pattern.keys();
        let given: Vec<bool> = keys.iter().map(Option::is_some).collect();
        let keys = keys.into_iter().flatten().collect();
        same_names.entry(given).or_default().entry(keys).or_default().push(at);
    }

    /// The addresses that may stand for the same as one.
    fn alike<'i>(&'i self, pattern: &Pattern) -> impl Iterator<Item = usize> + use<'i> {
        let keys = pattern.keys();
        let same_names = self.0.get(&pattern.names()).into_iter().flatten();
        let groups = same_names.flat_map(move |(given, group)| {
            let known = keys.iter().zip(given).all(|(key, given)| key.is_some() || !given);
            let wanted = keys.iter().zip(given).filter(|(_, given)| **given);
            let wanted: Vec<_> = wanted.filter_map(|(key, _)| key.clone()).collect();
            let exact = group.get(&wanted).filter(|_| known).into_iter();
            exact.chain(group.values().filter(move |_| !known))
        });
        groups.flatten().copied()
    }

    /// The modules that an address may be inside of.
    fn around<'i>(&'i self, pattern: &Pattern) -> impl Iterator<Item = usize> + use<'i> {
        let outer: Vec<Pattern> = pattern.outer().collect();
        outer.into_iter().flat_map(|it| self.alike(&it).collect::<Vec<_>>())
    }
}
