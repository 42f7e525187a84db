//! Getting ready for work: the everyday example, on the pipeline that the snapshots go through.
//!
//! ```text
//!             ╭─▶ boil the kettle ─╮
//! wake up ─▶ ─┤                    ├─▶ prepare breakfast ─▶ eat ─▶ go to the office
//!             ╰─▶ get ready ───────╯
//! ```
//!
//! What a person does keeps a thread of the host, and people in parallel have a thread each. The
//! kettle needs nobody: it is a wait. So *concurrency* is how the morning is laid out, and
//! *parallelism* is how many are busy at the same moment. Two people one after the other, the second
//! when the first is at the office, are what two people in parallel are compared with: the same work.

use std::convert::Infallible;
use std::time::Duration;

use serde::Serialize;

use super::{ExplainError, Page};
use crate::pipeline::{Budget, Flow, Kind, Schedule, Settings, Span, Timeline};
use crate::report::timeline::Figure;

/// What a minute of the morning takes here.
pub const MINUTE: Duration = Duration::from_millis(4);

/// Minutes that each thing takes.
const KETTLE: u32 = 8;
const GET_READY: u32 = 12;
const BREAKFAST: u32 = 7;
const EAT: u32 = 10;
const OFFICE: u32 = 20;

/// A morning as it went.
#[derive(Clone, Debug, Serialize)]
pub struct Morning {
    /// How it was spent.
    pub title: &'static str,
    /// People who went to the office.
    pub people: usize,
    /// Threads: people who could be busy at the same moment.
    pub threads: usize,
    /// Whether the kettle was left to itself.
    pub schedule: Schedule,
    /// When the last of them was there, in minutes as measured.
    pub minutes: f64,
    /// What a minute of the morning is made of, in seconds.
    pub seconds_a_minute: f64,
    /// What of this is simulated.
    pub simulated: &'static str,
    /// Whether nobody did anything before what it depends on was done, looked up in the timeline.
    pub order_was_kept: bool,
    /// What happened when.
    #[serde(skip)]
    pub timeline: Timeline,
}

struct HotWater;
struct Dressed;
/// Only preparing it makes one, so nobody can eat what is not made.
struct Breakfast;
struct Fed;

/// One person one thing after another; one person concurrently; two people one after the other, each
/// one thing after another; two people in parallel.
///
/// # Errors
/// [`ExplainError`] where the system refuses a thread.
///
/// # Panics
/// Within a Tokio runtime.
pub fn mornings() -> Result<Vec<Morning>, ExplainError> {
    [
        ("one person, one thing after another", [1, 1], Schedule::Serial),
        ("one person, concurrently", [1, 1], Schedule::Concurrent),
        ("two people, one after the other", [2, 1], Schedule::Serial),
        ("two people, in parallel", [2, 2], Schedule::Concurrent),
    ]
    .into_iter()
    .map(|(title, [people, threads], schedule)| morning(title, people, threads, schedule))
    .collect()
}

/// The mornings below each other, in minutes.
pub fn figure(mornings: &[Morning]) -> Figure {
    let figure = Figure::new().in_units_of(MINUTE.as_nanos() as f64, "min");
    mornings.iter().fold(figure, |figure, morning| figure.panel(morning.title, &morning.timeline))
}

/// The mornings in words and pictures.
pub fn page(mornings: &[Morning]) -> Page {
    super::words::morning_page(mornings)
}

fn morning(
    title: &'static str,
    people: usize,
    threads: usize,
    schedule: Schedule,
) -> Result<Morning, ExplainError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(threads)
        .enable_time()
        .build()?;
    let settings = Settings { schedule, ..Settings::new(Budget::new(0)) };
    let timeline = settings.timeline.clone();
    let flow = Flow::source("wake up", settings, 0..people, |_| 0)
        .fork_join(
            ["start", "in the kitchen"],
            |person| (person, person),
            |kettle| kettle.stage("boil the kettle", people, boil),
            |person| person.blocking("get ready", threads, |_| spend(GET_READY, Dressed)),
        )
        .blocking("prepare breakfast", threads, |_: (HotWater, Dressed)| {
            spend(BREAKFAST, Breakfast)
        })
        .blocking("eat", threads, |_: Breakfast| spend(EAT, Fed))
        .blocking("go to the office", threads, |_: Fed| spend(OFFICE, ()))
        .sink("at the office", Vec::new());
    let started = timeline.now();
    runtime.block_on(flow.run())?;
    let minutes = (timeline.now() - started) as f64 / MINUTE.as_nanos() as f64;
    let order_was_kept = order_was_kept(&timeline);
    let seconds_a_minute = MINUTE.as_secs_f64();
    let simulated = "what a person or the kettle does is a sleep, of minutes that are short ones";
    Ok(Morning {
        title,
        people,
        threads,
        schedule,
        minutes,
        seconds_a_minute,
        simulated,
        order_was_kept,
        timeline,
    })
}

/// Nobody has to stand by.
async fn boil(_: usize) -> Result<HotWater, Infallible> {
    tokio::time::sleep(KETTLE * MINUTE).await;
    Ok(HotWater)
}

/// A person is busy.
fn spend<T>(minutes: u32, with: T) -> Result<T, Infallible> {
    std::thread::sleep(minutes * MINUTE);
    Ok(with)
}

/// What has to be done before what.
const ORDER: [[&str; 2]; 4] = [
    ["boil the kettle", "prepare breakfast"],
    ["get ready", "prepare breakfast"],
    ["prepare breakfast", "eat"],
    ["eat", "go to the office"],
];

/// Whether everybody did everything, and nothing before what it depends on.
fn order_was_kept(timeline: &Timeline) -> bool {
    let spans = |name: &str| {
        let stages = timeline.stages().into_iter().zip(timeline.summary());
        stages
            .filter(|(_, summary)| summary.stage == name)
            .flat_map(|(stage, _)| timeline.spans(stage))
            .filter(|span| span.kind == Kind::Busy)
            .collect::<Vec<_>>()
    };
    ORDER.map(|pair| pair.map(spans)).iter().all(|[first, then]| {
        let after_its_own = |later: &Span| {
            first.iter().any(|done| done.origin == later.origin && done.end_ns <= later.start_ns)
        };
        !then.is_empty() && then.iter().all(after_its_own)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A morning of one person, of things that begin and end at these minutes.
    fn kept(things: &[(&str, u64, u64)]) -> bool {
        let timeline = Timeline::with_clock(|| 0);
        for &(name, start_ns, end_ns) in things {
            let stage = timeline.stage(name, &[]);
            let (worker, item, origin, bytes, kind) = (0, 0, 0, 0, Kind::Busy);
            timeline.record(Span { stage, worker, item, origin, start_ns, end_ns, bytes, kind });
        }
        order_was_kept(&timeline)
    }

    #[test]
    fn what_is_done_too_early_or_never_is_noticed() {
        let morning = [
            ("boil the kettle", 0, 8),
            ("get ready", 0, 12),
            ("prepare breakfast", 12, 19),
            ("eat", 19, 29),
            ("go to the office", 29, 49),
        ];
        assert!(kept(&morning));
        for late in 2..morning.len() {
            let mut hurried = morning;
            hurried[late].1 -= 1;
            assert!(!kept(&hurried), "{} begins too early", hurried[late].0);
        }
        let mut cold = morning;
        cold[0].2 = 13;
        assert!(!kept(&cold), "the kettle boils too late");
        assert!(!kept(&morning[..4]), "nobody is at the office");
        assert!(!kept(&morning[1..]), "nobody boils the kettle");
    }
}
