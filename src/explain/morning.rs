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
use crate::pipeline::{Budget, Flow, Kind, Schedule, Settings, Timeline};
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
    /// Whether everybody's breakfast was made before it was eaten, looked up in the timeline.
    pub breakfast_came_first: bool,
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
    let breakfast_came_first = breakfast_came_first(&timeline);
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
        breakfast_came_first,
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

/// Whether each breakfast was made before it was eaten.
fn breakfast_came_first(timeline: &Timeline) -> bool {
    let spans = |name: &str| {
        let stages = timeline.stages().into_iter().zip(timeline.summary());
        stages
            .filter(|(_, summary)| summary.stage == name)
            .flat_map(|(stage, _)| timeline.spans(stage))
            .filter(|span| span.kind == Kind::Busy)
            .collect::<Vec<_>>()
    };
    let (made, eaten) = (spans("prepare breakfast"), spans("eat"));
    let before = |eating: &crate::pipeline::Span| {
        made.iter().any(|made| made.item == eating.item && made.end_ns <= eating.start_ns)
    };
    !eaten.is_empty() && eaten.iter().all(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Span;

    #[test]
    fn eating_before_breakfast_is_made_is_noticed() {
        let timeline = Timeline::with_clock(|| 0);
        let [made, eat] = ["prepare breakfast", "eat"].map(|name| timeline.stage(name, &[]));
        let span = |stage, item, start_ns, end_ns| {
            timeline.record(Span {
                stage,
                worker: 0,
                item,
                origin: item,
                start_ns,
                end_ns,
                bytes: 0,
                kind: Kind::Busy,
            });
        };
        span(made, 0, 0, 10);
        assert!(!breakfast_came_first(&timeline), "nobody has eaten");
        span(eat, 0, 10, 20);
        assert!(breakfast_came_first(&timeline));
        span(made, 1, 10, 20);
        span(eat, 1, 19, 30);
        assert!(!breakfast_came_first(&timeline));
    }
}
