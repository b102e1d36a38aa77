//! Waits for objects to reach a status: one engine for all, which looks at all objects of a type and
//! connection with one batched read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::Stop;
use crate::plan::ProviderKey;
use crate::provider::{Connection, ErrorKind, Observed, ProviderError, Schedule};
use crate::value::Value;

/// What to look at.
#[derive(Clone)]
pub struct Target {
    /// The provider configuration.
    pub provider: ProviderKey,
    /// Its connection.
    pub connection: Arc<dyn Connection>,
    /// The resource type.
    pub kind: &'static str,
    /// The object as last known.
    pub object: Value,
}

/// When to look.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How often.
    pub schedule: Schedule,
    /// For how long.
    pub timeout: Duration,
}

/// What to make of an object just read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Reached,
    /// Not yet; and what it waits for.
    NotYet(String),
    /// It never will be; and why.
    Never(String),
}

/// Decides about an object just read; `None` when it is not there.
pub type Judge = Box<dyn FnMut(Option<&Observed>) -> Verdict + Send>;

/// Why a wait ended without its object having been reached.
#[derive(Clone, Debug, PartialEq)]
pub enum WaitError {
    /// The run is being stopped.
    Stopped,
    /// It took too long.
    Timeout {
        /// How long.
        after: Duration,
        /// What it was still waiting for.
        why: String,
        /// The object as last read.
        last: Option<Observed>,
    },
    /// It never will be.
    Never {
        /// Why.
        why: String,
        /// The object as last read.
        last: Option<Observed>,
    },
    /// It could not be read.
    Unreadable(ProviderError),
}

struct Request {
    target: Target,
    judge: Judge,
    next: Instant,
    interval: Duration,
    longest: Duration,
    started: Instant,
    timeout: Duration,
    reply: oneshot::Sender<Result<Option<Observed>, WaitError>>,
}

type GroupKey = (ProviderKey, &'static str);

/// The objects of one type and connection.
struct Group {
    connection: Arc<dyn Connection>,
    kind: &'static str,
    /// `None` once the group has ended; a new one takes its place.
    requests: Mutex<Option<Vec<Request>>>,
    changed: Notify,
    stop: Stop,
}

/// The engine.
#[derive(Clone)]
pub struct Waiter {
    groups: Arc<Mutex<BTreeMap<GroupKey, Arc<Group>>>>,
    stop: Stop,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Waiter {
    /// An engine whose waits are abandoned on `stop`.
    pub fn new(stop: Stop) -> Waiter {
        Waiter { groups: Arc::default(), stop }
    }

    /// Waits until `judge` is content, and returns the object as it is then.
    pub async fn wait(
        &self,
        target: Target,
        timing: Timing,
        judge: Judge,
    ) -> Result<Option<Observed>, WaitError> {
        let (reply, answer) = oneshot::channel();
        let now = Instant::now();
        let request = Request {
            target,
            judge,
            next: now + timing.schedule.first,
            interval: timing.schedule.interval.max(Duration::from_millis(1)),
            longest: timing.schedule.longest,
            started: now,
            timeout: timing.timeout,
            reply,
        };
        self.enter(request);
        answer.await.unwrap_or(Err(WaitError::Stopped))
    }

    fn enter(&self, request: Request) {
        let key = (request.target.provider.clone(), request.target.kind);
        let mut groups = lock(&self.groups);
        if let Some(group) = groups.get(&key)
            && let Some(requests) = lock(&group.requests).as_mut()
        {
            requests.push(request);
            group.changed.notify_one();
            return;
        }
        let group = Arc::new(Group {
            connection: request.target.connection.clone(),
            kind: request.target.kind,
            requests: Mutex::new(Some(vec![request])),
            changed: Notify::new(),
            stop: self.stop.clone(),
        });
        groups.insert(key, group.clone());
        tokio::spawn(async move { group.run().await });
    }
}

impl Group {
    async fn run(&self) {
        while let Some(next) = self.next() {
            tokio::select! {
                () = self.stop.requested() => return self.abandon(),
                () = tokio::time::sleep_until(next) => self.look().await,
                () = self.changed.notified() => {}
            }
        }
    }

    /// When to look next. Without requests the group ends.
    fn next(&self) -> Option<Instant> {
        let mut requests = lock(&self.requests);
        let next = requests.iter().flatten().map(|request| request.next).min();
        if next.is_none() {
            *requests = None;
        }
        next
    }

    fn abandon(&self) {
        for request in lock(&self.requests).take().into_iter().flatten() {
            // Whoever does not listen any more needs no answer.
            let _ = request.reply.send(Err(WaitError::Stopped));
        }
    }

    /// Looks at what is due, and at what soon will be, in one read.
    async fn look(&self) {
        let now = Instant::now();
        let mut due = Vec::new();
        if let Some(requests) = lock(&self.requests).as_mut() {
            let is_due = |request: &mut Request| request.next <= now + request.interval / 2;
            due = requests.extract_if(.., is_due).collect();
        }
        let objects = due.iter().map(|request| request.target.object.clone()).collect();
        let found = tokio::select! {
            found = self.connection.read(self.kind, objects) => Some(found),
            () = self.stop.requested() => None,
        };
        let left = match found {
            Some(Ok(found)) => {
                let found = found.into_iter().chain(std::iter::repeat_with(|| None));
                due.into_iter().zip(found).filter_map(|(it, found)| it.seen(found)).collect()
            }
            Some(Err(error)) => due.into_iter().filter_map(|it| it.unreadable(&error)).collect(),
            None => due,
        };
        if let Some(requests) = lock(&self.requests).as_mut() {
            requests.extend(left);
        }
    }
}

impl Request {
    /// Judges what was read; gives the request back when it goes on.
    fn seen(mut self, found: Option<Observed>) -> Option<Request> {
        let error = match (self.judge)(found.as_ref()) {
            Verdict::Reached => return self.answer(Ok(found)),
            Verdict::Never(why) => WaitError::Never { why, last: found },
            Verdict::NotYet(why) if self.is_over() => {
                WaitError::Timeout { after: self.timeout, why, last: found }
            }
            Verdict::NotYet(_) => return Some(self.again()),
        };
        self.answer(Err(error))
    }

    /// Tries again what may have failed by chance.
    fn unreadable(self, error: &ProviderError) -> Option<Request> {
        let by_chance = matches!(error.kind, ErrorKind::Unknown | ErrorKind::Unreachable);
        if by_chance && !self.is_over() {
            return Some(self.again());
        }
        self.answer(Err(WaitError::Unreadable(error.clone())))
    }

    fn is_over(&self) -> bool {
        self.started.elapsed() >= self.timeout
    }

    fn again(mut self) -> Request {
        // The last look is at the end of the time, not before.
        let end = self.started + self.timeout;
        self.next = (Instant::now() + self.interval).min(end.max(Instant::now()));
        self.interval = (self.interval * 2).min(self.longest.max(self.interval));
        self
    }

    fn answer(self, answer: Result<Option<Observed>, WaitError>) -> Option<Request> {
        // Whoever does not listen any more needs no answer.
        let _ = self.reply.send(answer);
        None
    }
}
