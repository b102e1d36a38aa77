//! Runs the plan's graph: each piece of work starts as soon as what it needs is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::run::Run;
use super::work::{Ended, perform, subject};
use super::{Doing, Event};
use crate::address::ConfigAddress;
use crate::diagnostic::Diagnostics;
use crate::plan::{Action, Schedule, Work};
use crate::provider::Phase;

/// What a piece of work says of itself.
enum Signal {
    /// Others can refer to its object, although it is not finished.
    Usable(usize),
    /// It has ended.
    Ended(usize, Ended),
}

/// How far a piece of work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running,
    Ended,
    Skipped,
}

/// How the whole graph came out.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) diagnostics: Diagnostics,
    /// What was done, by kind.
    pub(super) done: BTreeMap<Doing, usize>,
    /// Whether all work was done.
    pub(super) complete: bool,
    /// The resources of which something was to be made and was not.
    pub(super) undone: BTreeSet<ConfigAddress>,
}

struct Node {
    work: Work,
    successors: Vec<usize>,
    /// How many predecessors cannot be referred to yet.
    unusable: usize,
    /// How many predecessors have not ended.
    unsettled: usize,
    usable: bool,
    stage: Stage,
    /// How long the longest path of work from here on is.
    path: Duration,
}

pub(super) struct Scheduler {
    run: Arc<Run>,
    nodes: Vec<Node>,
    running: usize,
    sender: UnboundedSender<Signal>,
    outcome: Outcome,
    /// Nodes whose counts have changed, to be looked at.
    changed: Vec<usize>,
}

impl Scheduler {
    /// Runs all work and returns when none is running any more.
    pub(super) async fn run(run: Arc<Run>, schedule: &Schedule) -> Outcome {
        let (sender, mut receiver) = unbounded_channel();
        let nodes = nodes(&run, schedule);
        let changed = (0..nodes.len()).collect();
        let outcome = Outcome::default();
        let mut scheduler = Scheduler { run, nodes, running: 0, sender, outcome, changed };
        let mut stopping = false;
        loop {
            scheduler.start_what_can();
            if scheduler.running == 0 {
                return scheduler.finish();
            }
            tokio::select! {
                signal = receiver.recv() => match signal {
                    Some(signal) => scheduler.take(signal),
                    None => return scheduler.finish(),
                },
                () = scheduler.run.ledger.stop.requested(), if !stopping => {
                    stopping = true;
                    scheduler.run.report(Event::Stopping);
                }
            }
        }
    }

    fn finish(mut self) -> Outcome {
        self.outcome.complete = self.nodes.iter().all(|node| node.stage == Stage::Ended)
            && !self.outcome.diagnostics.has_errors();
        let undone = self.nodes.iter().filter_map(|node| match node.work {
            Work::Make(number) if node.stage != Stage::Ended => self.run.changes.get(number),
            _ => None,
        });
        self.outcome.undone = undone.map(|it| it.address.resource.config()).collect();
        self.outcome
    }

    fn take(&mut self, signal: Signal) {
        match signal {
            Signal::Usable(at) => self.usable(at),
            Signal::Ended(at, ended) => {
                self.running -= 1;
                self.ended(at, ended);
            }
        }
    }

    fn ended(&mut self, at: usize, ended: Ended) {
        match ended {
            Ended::Done => {
                if let Some((_, doing)) = self.subject(at) {
                    *self.outcome.done.entry(doing).or_default() += 1;
                }
                self.settled(at);
            }
            Ended::Failed(problems) => {
                let name = self.subject(at).map(|(place, _)| place.to_string());
                self.outcome.diagnostics.extend(problems);
                self.set_stage(at, Stage::Skipped);
                self.skip_after(at, &name.unwrap_or_default());
            }
            // What has not started does not start any more either.
            Ended::Stopped => self.set_stage(at, Stage::Skipped),
        }
    }

    fn subject(&self, at: usize) -> Option<(crate::state::Place, Doing)> {
        subject(&self.run, self.nodes.get(at)?.work)
    }

    fn set_stage(&mut self, at: usize, stage: Stage) {
        if let Some(node) = self.nodes.get_mut(at) {
            node.stage = stage;
        }
    }

    /// Others may refer to the object of a node.
    fn usable(&mut self, at: usize) {
        let Some(node) = self.nodes.get_mut(at).filter(|node| !node.usable) else { return };
        node.usable = true;
        for next in node.successors.clone() {
            if let Some(next_node) = self.nodes.get_mut(next) {
                next_node.unusable -= 1;
                self.changed.push(next);
            }
        }
    }

    /// A node is done.
    fn settled(&mut self, at: usize) {
        self.usable(at);
        let Some(node) = self.nodes.get_mut(at) else { return };
        node.stage = Stage::Ended;
        for next in node.successors.clone() {
            if let Some(next_node) = self.nodes.get_mut(next) {
                next_node.unsettled -= 1;
                self.changed.push(next);
            }
        }
    }

    /// Skips what depends on a node that failed and has not started yet.
    fn skip_after(&mut self, failed: usize, because: &str) {
        let mut behind = self.nodes.get(failed).map(|it| it.successors.clone()).unwrap_or_default();
        while let Some(at) = behind.pop() {
            let Some(node) = self.nodes.get_mut(at) else { continue };
            if node.stage != Stage::Waiting {
                continue;
            }
            node.stage = Stage::Skipped;
            behind.extend(node.successors.clone());
            if let Some((place, doing)) = self.subject(at) {
                let because = because.to_string();
                self.run.report(Event::Skipped { place, doing, because });
            }
        }
    }

    fn start_what_can(&mut self) {
        while let Some(at) = self.changed.pop() {
            let Some(node) = self.nodes.get(at).filter(|it| it.stage == Stage::Waiting) else {
                continue;
            };
            match node.work {
                Work::Join if node.unsettled == 0 => self.settled(at),
                Work::Join if node.unusable == 0 => self.usable(at),
                // What is destroyed may still be in use by what is not finished.
                Work::Destroy(_) | Work::Close(_) if node.unsettled == 0 => self.start(at),
                Work::Make(_) if node.unusable == 0 => self.start(at),
                _ => {}
            }
        }
    }

    fn start(&mut self, at: usize) {
        let Some(node) = self.nodes.get_mut(at).filter(|_| !self.run.is_stopping()) else {
            return;
        };
        node.stage = Stage::Running;
        self.running += 1;
        let (run, work, path) = (self.run.clone(), node.work, node.path);
        let (sender, to_usable) = (self.sender.clone(), self.sender.clone());
        // The receiver lives as long as anything runs.
        let usable = Arc::new(move || drop(to_usable.send(Signal::Usable(at))));
        tokio::spawn(async move {
            let work = tokio::spawn(perform(run, work, path, usable));
            let ended = work.await.unwrap_or_else(|panicked| {
                let detail = format!("{panicked}. This is a defect of terrace.");
                let problem = crate::diagnostic::Diagnostic::error("Step broken off", detail);
                Ended::Failed(problem.into())
            });
            drop(sender.send(Signal::Ended(at, ended)));
        });
    }
}

fn nodes(run: &Run, schedule: &Schedule) -> Vec<Node> {
    let mut nodes: Vec<Node> = schedule
        .work
        .iter()
        .zip(&schedule.after)
        .map(|(work, after)| Node {
            work: *work,
            successors: Vec::new(),
            unusable: after.len(),
            unsettled: after.len(),
            usable: false,
            stage: Stage::Waiting,
            path: duration(run, *work),
        })
        .collect();
    for (at, after) in schedule.after.iter().enumerate() {
        for before in after {
            if let Some(node) = nodes.get_mut(*before) {
                node.successors.push(at);
            }
        }
    }
    lengthen_paths(&mut nodes);
    nodes
}

/// Adds to each node's duration that of the longest path behind it.
fn lengthen_paths(nodes: &mut [Node]) {
    let mut open: Vec<usize> = nodes.iter().map(|node| node.successors.len()).collect();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        for next in &node.successors {
            before[*next].push(at);
        }
    }
    let mut ready: Vec<usize> = (0..nodes.len()).filter(|at| open[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        let longest = nodes[at].successors.iter().map(|next| nodes[*next].path).max();
        nodes[at].path += longest.unwrap_or_default();
        for previous in &before[at] {
            open[*previous] -= 1;
            if open[*previous] == 0 {
                ready.push(*previous);
            }
        }
    }
}

/// How long a piece of work will take at the least: a guess, for what goes first.
fn duration(run: &Run, work: Work) -> Duration {
    let (number, phase) = match work {
        Work::Make(number) => (number, Phase::Create),
        Work::Destroy(number) => (number, Phase::Delete),
        Work::Join | Work::Close(_) => return Duration::ZERO,
    };
    let Some(change) = run.changes.get(number) else { return Duration::ZERO };
    if matches!(change.action, Action::Nothing | Action::Open) {
        return Duration::ZERO;
    }
    let kind = &change.address.resource.resource.kind;
    let kind = run.resolve.resource_type(&change.provider, kind);
    let first = kind.map_or(Duration::ZERO, |kind| kind.schedule(phase).first);
    first + Duration::from_secs(1)
}
