//! Putting stages together.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use super::budget::Budget;
use super::cancel::Cancel;
use super::crew::{Crew, Job};
use super::depth::Depth;
use super::error::{BoxError, Stop};
use super::fork::{fork, join};
use super::lane::{Lane, Post};
use super::operator::{Operator, operate};
use super::queue::{Inlet, Release, Sender, queue, while_wanted};
use super::run::{Pipeline, Stage};
use super::schedule::{Delay, Schedule};
use super::sink::{BlockingSink, Sink, drain, drain_blocking};
use super::source::{Gate, admit};
use super::stage::ordered;
use super::timeline::{StageId, Timeline};

/// What the stages of a flow share.
#[derive(Clone)]
pub struct Settings {
    /// Memory for all items in flight. Flows may share a budget at the same time if their operators
    /// keep nothing back; otherwise each needs its own.
    pub budget: Budget,
    /// Items that may wait between two stages; 0 counts as 1.
    pub queue_depth: usize,
    /// Where work and waits are recorded.
    pub timeline: Timeline,
    /// How the run is stopped from outside.
    pub cancel: Cancel,
    /// Whether items overlap.
    pub schedule: Schedule,
    /// What holds items up, if anything does.
    pub delay: Option<Delay>,
}

impl Settings {
    /// Items overlap, two may wait between two stages, and nothing stops or disturbs them.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            queue_depth: 2,
            timeline: Timeline::new(),
            cancel: Cancel::default(),
            schedule: Schedule::default(),
            delay: None,
        }
    }
}

/// A pipeline whose last stage does not yet know where its results go.
///
/// Nothing runs before the flow ends in a sink and the [`Pipeline`] is run.
#[must_use = "a flow does nothing until it ends in a sink and is run"]
pub struct Flow<T> {
    site: Site,
    stages: Vec<Stage>,
    last: StageId,
    inlet: Inlet<T>,
    release: Release<T>,
}

/// What all stages of one flow are built with.
#[derive(Clone)]
struct Site {
    queue_depth: usize,
    timeline: Timeline,
    schedule: Schedule,
    delay: Option<Delay>,
    crew: Crew,
    gate: Gate,
}

impl Site {
    fn post(&self, name: &str, after: &[StageId]) -> Post {
        Post::new(name, &self.timeline, self.delay.clone(), after)
    }

    fn queue<T>(&self) -> (Sender<T>, Inlet<T>, Release<T>) {
        queue(self.queue_depth, self.schedule)
    }
}

impl<T: Send + 'static> Flow<T> {
    /// Begins a flow with `items`, each of which will never need more than `cost` bytes.
    ///
    /// The memory is reserved here, in order, before the item sets out. Taking an item from the
    /// iterator must be cheap: what takes time belongs in a stage. A source lets one item wait
    /// before the first stage, whatever the queue depth.
    ///
    /// The run fails where an item costs more than the budget holds, see
    /// [`BudgetError`](super::BudgetError).
    pub fn source<I>(
        name: &str,
        settings: Settings,
        items: I,
        cost: impl Fn(&T) -> u64 + Send + 'static,
    ) -> Self
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send + 'static,
    {
        let Settings { budget, queue_depth, timeline, cancel, schedule, delay } = settings;
        let gate = Gate { budget, cancel, kept: Arc::default(), cut_short: Arc::default() };
        let crew = Crew::default();
        let site = Site { queue_depth, timeline, schedule, delay, crew, gate: gate.clone() };
        let post = site.post(name, &[]);
        let last = post.id;
        let (sender, inlet, release) = queue(1, schedule);
        let unwanted = sender.unwanted();
        let task = admit(post, gate, items.into_iter(), cost, sender);
        let task = Box::pin(while_wanted(task, unwanted));
        let stages = vec![Stage { name: name.to_owned(), task }];
        Self { site, stages, last, inlet, release }
    }

    /// Adds a stage that waits: up to `depth` items at once, handed on in order.
    ///
    /// `depth` is a number, or a [`Depth`] that finds out how many it takes. `body` must not block
    /// its thread; see [`blocking`](Self::blocking) for one that does.
    pub fn stage<U, E, F>(
        self,
        name: &str,
        depth: impl Into<Depth>,
        body: impl Fn(T) -> F + Send + Sync + 'static,
    ) -> Flow<U>
    where
        U: Send + 'static,
        E: Into<BoxError>,
        F: Future<Output = Result<U, E>> + Send + 'static,
    {
        let (crew, body) = (self.site.crew.clone(), Arc::new(body));
        self.workers(name, depth.into(), move |mut lane, item, delay| {
            let body = body.clone();
            crew.start(async move {
                if let Some(delay) = delay {
                    tokio::time::sleep(delay).await;
                }
                let result = body(item).await.map_err(Into::into)?;
                lane.end();
                Ok((lane, result))
            })
        })
    }

    /// Adds a stage that computes or blocks: up to `workers` items at once (0 counts as 1), each on
    /// a thread that may, handed on in order.
    pub fn blocking<U, E>(
        self,
        name: &str,
        workers: usize,
        body: impl Fn(T) -> Result<U, E> + Send + Sync + 'static,
    ) -> Flow<U>
    where
        U: Send + 'static,
        E: Into<BoxError>,
    {
        let (crew, body) = (self.site.crew.clone(), Arc::new(body));
        self.workers(name, workers.into(), move |mut lane, item, delay| {
            let body = body.clone();
            crew.start_blocking_after(delay, move || {
                let result = body(item).map_err(Into::into)?;
                lane.end();
                Ok((lane, result))
            })
        })
    }

    /// Adds a stage that remembers; see [`Operator`].
    pub fn operator<O: Operator<T>>(self, name: &str, operator: O) -> Flow<O::Output> {
        self.site.gate.kept.fetch_add(operator.keeps(), Ordering::Relaxed);
        let (crew, cut_short) = (self.site.crew.clone(), Arc::clone(&self.site.gate.cut_short));
        self.then(name, |post, inlet, sender| {
            operate(post, crew, inlet, cut_short, operator, sender)
        })
    }

    /// Gives back the memory that an item no longer needs once the last stage is done with it:
    /// all but `bytes`. A later call replaces an earlier one for the same stage.
    ///
    /// The run fails where an item needs more than it has left.
    pub fn shrink_to(self, bytes: impl Fn(&T) -> u64 + Send + Sync + 'static) -> Self {
        self.release.set(bytes);
        self
    }

    /// Splits each item in two, takes the parts through `left` and `right` at the same time, and
    /// pairs what comes out, in order. `names` are those of the splitting and the pairing stage.
    ///
    /// The left part carries the item's memory. Both branches must build on the flow that they are
    /// given and return as many items as come in, or the run fails with
    /// [`PipelineError::Unpaired`](super::PipelineError::Unpaired).
    pub fn fork_join<A, B, C, D>(
        mut self,
        names: [&str; 2],
        split: impl Fn(T) -> (A, B) + Send + Sync + 'static,
        left: impl FnOnce(Flow<A>) -> Flow<C>,
        right: impl FnOnce(Flow<B>) -> Flow<D>,
    ) -> Flow<(C, D)>
    where
        A: Send + 'static,
        B: Send + 'static,
        C: Send + 'static,
        D: Send + 'static,
    {
        let site = self.site;
        let post = site.post(names[0], &[self.last]);
        let last = post.id;
        let (to_left, inlet, release) = site.queue();
        let left_flow = Flow { site: site.clone(), stages: Vec::new(), last, inlet, release };
        let (to_right, inlet, release) = site.queue();
        let right_flow = Flow { site: site.clone(), stages: Vec::new(), last, inlet, release };
        let budget = site.gate.budget.clone();
        let task = Box::pin(fork(post, budget, self.inlet, split, to_left, to_right));
        self.stages.push(Stage { name: names[0].to_owned(), task });

        let (left, right) = (left(left_flow), right(right_flow));
        self.stages.extend(left.stages);
        self.stages.extend(right.stages);
        let post = site.post(names[1], &[left.last, right.last]);
        let last = post.id;
        let (sender, inlet, release) = site.queue();
        let unwanted = sender.unwanted();
        let task = Box::pin(while_wanted(join(post, left.inlet, right.inlet, sender), unwanted));
        self.stages.push(Stage { name: names[1].to_owned(), task });
        Flow { site, stages: self.stages, last, inlet, release }
    }

    /// Ends the flow in a sink that waits; see [`Sink`].
    pub fn sink<S: Sink<T>>(self, name: &str, sink: S) -> Pipeline<S::Output> {
        let crew = self.site.crew.clone();
        self.end(name, |post, inlet| drain(post, crew, inlet, sink))
    }

    /// Ends the flow in a sink that computes or blocks; see [`BlockingSink`].
    pub fn blocking_sink<S: BlockingSink<T>>(self, name: &str, sink: S) -> Pipeline<S::Output> {
        let crew = self.site.crew.clone();
        self.end(name, |post, inlet| drain_blocking(post, crew, inlet, sink))
    }

    fn workers<U: Send + 'static>(
        self,
        name: &str,
        depth: Depth,
        start: impl Fn(Lane, T, Option<Duration>) -> Job<(Lane, U)> + Send + 'static,
    ) -> Flow<U> {
        // A plain loop has use for one worker.
        let depth = if self.site.schedule == Schedule::Serial { Depth::from(1) } else { depth };
        self.then(name, |post, inlet, sender| ordered(post, depth, inlet, sender, start))
    }

    /// Adds a stage and the queue for what it hands on.
    fn then<U: Send + 'static, F>(
        mut self,
        name: &str,
        task: impl FnOnce(Post, Inlet<T>, Sender<U>) -> F,
    ) -> Flow<U>
    where
        F: Future<Output = Result<(), Stop>> + Send + 'static,
    {
        let post = self.site.post(name, &[self.last]);
        let last = post.id;
        let (sender, inlet, release) = self.site.queue();
        let unwanted = sender.unwanted();
        let task = Box::pin(while_wanted(task(post, self.inlet, sender), unwanted));
        self.stages.push(Stage { name: name.to_owned(), task });
        Flow { site: self.site, stages: self.stages, last, inlet, release }
    }

    /// Adds the last stage, whose result is that of the run.
    fn end<R, F>(mut self, name: &str, task: impl FnOnce(Post, Inlet<T>) -> F) -> Pipeline<R>
    where
        R: Send + 'static,
        F: Future<Output = Result<R, Stop>> + Send + 'static,
    {
        let (result, output) = oneshot::channel();
        let task = task(self.site.post(name, &[self.last]), self.inlet);
        let task = Box::pin(async move {
            // A run that is dropped has nobody to tell.
            let _ = result.send(task.await?);
            Ok(())
        });
        self.stages.push(Stage { name: name.to_owned(), task });
        let Site { crew, gate, .. } = self.site;
        Pipeline { stages: self.stages, output, crew, gate }
    }
}
