//! A directed graph of dependencies whose order keeps the order of its source among equals.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};
use std::hash::Hash;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, Reversed};

/// Nodes and what each depends on.
#[derive(Clone, Debug)]
pub struct Dag<N> {
    graph: DiGraph<N, ()>,
    positions: HashMap<N, NodeIndex>,
    /// The edges there are: the graph itself would look through all edges of a node.
    edges: HashSet<(usize, usize)>,
}

impl<N: Clone + Eq + Hash> Default for Dag<N> {
    fn default() -> Dag<N> {
        Dag { graph: DiGraph::new(), positions: HashMap::new(), edges: HashSet::new() }
    }
}

impl<N: Clone + Eq + Hash> Dag<N> {
    /// Adds a node, in source order; one that is there already stays where it is.
    pub fn add(&mut self, node: N) -> usize {
        let Dag { graph, positions, .. } = self;
        positions.entry(node.clone()).or_insert_with(|| graph.add_node(node)).index()
    }

    /// The position of a node.
    pub fn position(&self, node: &N) -> Option<usize> {
        self.positions.get(node).map(|at| at.index())
    }

    /// The node at a position.
    pub fn node(&self, at: usize) -> Option<&N> {
        self.graph.node_weight(NodeIndex::new(at))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes one node depend on another; both are positions.
    pub fn depend(&mut self, node: usize, on: usize) {
        if node != on && self.edges.insert((node, on)) {
            self.graph.add_edge(NodeIndex::new(on), NodeIndex::new(node), ());
        }
    }

    /// What a node directly depends on, in source order.
    pub fn dependencies(&self, node: usize) -> BTreeSet<usize> {
        let incoming = petgraph::Direction::Incoming;
        self.graph
            .neighbors_directed(NodeIndex::new(node), incoming)
            .map(NodeIndex::index)
            .collect()
    }

    /// What directly depends on a node, in source order.
    pub fn dependants(&self, node: usize) -> BTreeSet<usize> {
        self.graph.neighbors(NodeIndex::new(node)).map(NodeIndex::index).collect()
    }

    /// The given nodes and all that they depend on.
    pub fn with_dependencies(&self, nodes: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        self.reach(nodes, true)
    }

    /// The given nodes and all that depends on them.
    pub fn with_dependants(&self, nodes: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        self.reach(nodes, false)
    }

    fn reach(&self, nodes: impl IntoIterator<Item = usize>, backwards: bool) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut search = Dfs::empty(&self.graph);
        for node in nodes {
            search.move_to(NodeIndex::new(node));
            loop {
                let next = match backwards {
                    true => search.next(Reversed(&self.graph)),
                    false => search.next(&self.graph),
                };
                let Some(next) = next else { break };
                found.insert(next.index());
            }
        }
        found
    }

    /// All nodes, dependencies first; of those that could come next, the first of the source. A cycle
    /// is an error: its nodes, each depending on the next.
    pub fn order(&self) -> Result<Vec<usize>, Vec<usize>> {
        let mut waiting: Vec<usize> =
            (0..self.len()).map(|at| self.dependencies(at).len()).collect();
        let free = waiting.iter().enumerate().filter(|(_, count)| **count == 0);
        let mut ready: BinaryHeap<_> = free.map(|(at, _)| Reverse(at)).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(at)) = ready.pop() {
            order.push(at);
            for dependant in self.graph.neighbors(NodeIndex::new(at)) {
                if let Some(count) = waiting.get_mut(dependant.index()) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(Reverse(dependant.index()));
                    }
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.cycle()) }
    }

    /// A shortest way around inside the first component that has a cycle.
    fn cycle(&self) -> Vec<usize> {
        let components = petgraph::algo::tarjan_scc(&self.graph);
        let cyclic = components.into_iter().filter(|nodes| nodes.len() > 1);
        let Some(nodes) = cyclic.min_by_key(|nodes| nodes.iter().min().copied()) else {
            return Vec::new();
        };
        let inside: BTreeSet<usize> = nodes.iter().map(|it| it.index()).collect();
        let Some(&start) = inside.first() else { return Vec::new() };
        let mut came_from: HashMap<usize, usize> = HashMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for next in self.dependencies(at).intersection(&inside).copied() {
                if next == start {
                    return way_back(&came_from, start, at);
                }
                if let std::collections::hash_map::Entry::Vacant(entry) = came_from.entry(next) {
                    entry.insert(at);
                    queue.push_back(next);
                }
            }
        }
        inside.into_iter().collect()
    }
}

fn way_back(came_from: &HashMap<usize, usize>, start: usize, end: usize) -> Vec<usize> {
    let mut way = vec![end];
    let mut at = end;
    while at != start {
        let Some(&previous) = came_from.get(&at) else { break };
        way.push(previous);
        at = previous;
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: &[&'static str], edges: &[(usize, usize)]) -> Dag<&'static str> {
        let mut dag = Dag::default();
        for node in nodes {
            dag.add(*node);
        }
        for (node, on) in edges {
            dag.depend(*node, *on);
        }
        dag
    }

    #[test]
    fn equals_keep_their_order() {
        let dag = graph(&["a", "b", "c", "d"], &[(0, 3), (1, 3)]);
        assert_eq!(dag.order().unwrap(), [2, 3, 0, 1]);
        assert_eq!(dag.with_dependencies([0]), BTreeSet::from([0, 3]));
        assert_eq!(dag.with_dependants([3]), BTreeSet::from([0, 1, 3]));
    }

    #[test]
    fn a_cycle_is_named_from_its_first_node() {
        let dag = graph(&["a", "b", "c", "d"], &[(1, 2), (2, 3), (3, 1), (0, 1)]);
        assert_eq!(dag.order().unwrap_err(), [1, 2, 3]);
    }
}
