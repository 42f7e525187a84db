//! The serial schedule: one item goes all the way before the next sets out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use drogue::pipeline::{Flow, Operator, Outlet, Parcel, Schedule, Settings, Timeline};
use tokio::time::Instant;

use crate::{ms, settings, stage, take};

fn serial() -> Settings {
    Settings { schedule: Schedule::Serial, ..settings(2) }
}

/// Hands on every item twice, each after a millisecond, and keeps the last one back.
#[derive(Default)]
struct Twice {
    kept: Option<Parcel<u64>>,
}

impl Operator<u64> for Twice {
    type Output = u64;
    type Error = Infallible;

    async fn take(
        &mut self,
        mut parcel: Parcel<u64>,
        out: &mut Outlet<u64>,
    ) -> Result<(), Infallible> {
        for _ in 0..2 {
            tokio::time::sleep(ms(1)).await;
            let nothing = parcel.reservation.split(0).expect("0 bytes can be split off anything");
            out.send(parcel.content, nothing).await;
        }
        self.kept = Some(parcel);
        Ok(())
    }

    async fn finish(self, _: &mut Outlet<u64>) -> Result<(), Infallible> {
        Ok(())
    }

    fn keeps(&self) -> u64 {
        1
    }
}

/// Five items through stages of all kinds: what came out, how long it took, and the timeline.
async fn run(settings: Settings) -> (Vec<(u64, u64)>, Duration, Timeline) {
    let timeline = settings.timeline.clone();
    let start = Instant::now();
    let outcome = Flow::source("items", settings, 0..5_u64, |_| 10)
        .stage("fetch", 4, |item| take(ms(10), item))
        .blocking("decode", 4, Ok::<_, Infallible>)
        .operator("twice", Twice::default())
        .fork_join(
            ["split", "join"],
            |item| (item, item),
            |left| left.stage("left", 2, |item| take(ms(2), item)),
            |right| right.stage("right", 2, |item| take(ms(3), item)),
        )
        .stage("after", 2, |pair| take(ms(4), pair))
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap();
    (outcome.output, start.elapsed(), timeline)
}

/// The most spans of work that cover one moment.
fn most_at_once(timeline: &Timeline) -> usize {
    let working = ["fetch", "left", "right", "after"].map(|name| {
        let at = timeline.summary().iter().position(|summary| summary.stage == name).unwrap();
        timeline.spans(timeline.stages()[at])
    });
    let busy = || working.iter().flatten().filter(|span| span.kind == drogue::pipeline::Kind::Busy);
    busy()
        .map(|at| {
            busy().filter(|span| span.start_ns <= at.start_ns && at.start_ns < span.end_ns).count()
        })
        .max()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn nothing_overlaps_and_the_results_are_those_of_the_concurrent_schedule() {
    let (together, short, overlapped) = run(settings(2)).await;
    let (one_by_one, long, alone) = run(serial()).await;
    assert_eq!(one_by_one, together);
    // Fetched, then twice through the operator, the left way, the right way and the last stage.
    assert_eq!(long, ms(5 * (10 + 2 * (1 + 2 + 3 + 4))));
    assert!(short < long / 2, "{short:?}");
    assert_eq!(most_at_once(&alone), 1);
    assert!(most_at_once(&overlapped) > 1, "the check can see an overlap");
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_rest_of_the_way_are_no_work() {
    let (_, long, timeline) = run(serial()).await;
    let fetch = stage(&timeline, "fetch");
    assert_eq!((fetch.workers, fetch.busy, fetch.active), (1, ms(50), ms(50)));
    assert_eq!(fetch.waited_for_output, long - ms(50));
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_a_serial_run_too() {
    let fail = async |item: u64| if item == 2 { Err(format!("no {item}")) } else { Ok(item) };
    let error = Flow::source("items", serial(), 0..5, |_| 10)
        .stage("check", 1, fail)
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "stage `check` failed on item 2");
}

#[tokio::test(start_paused = true)]
async fn a_delay_holds_up_the_stage_and_the_item_it_names() {
    let delay = |stage: &str, item: u64| ms(if stage == "write" { 10 * item } else { 0 });
    for schedule in Schedule::ALL {
        let settings = Settings { delay: Some(Arc::new(delay)), schedule, ..settings(2) };
        let (timeline, start) = (settings.timeline.clone(), Instant::now());
        let outcome = Flow::source("items", settings, 0..4_u64, |_| 0)
            .stage("read", 1, |item| take(ms(0), item))
            .blocking("write", 1, Ok::<_, Infallible>)
            .sink("collect", Vec::new())
            .run()
            .await
            .unwrap();
        assert_eq!(outcome.output, [0, 1, 2, 3]);
        assert_eq!(start.elapsed(), ms(60));
        assert_eq!(stage(&timeline, "write").busy, ms(60));
    }
}

#[tokio::test(start_paused = true)]
async fn workers_that_overlap_are_active_once() {
    let settings = settings(2);
    let timeline = settings.timeline.clone();
    Flow::source("items", settings, 0..12_u64, |_| 0)
        .stage("fetch", 4, |item| take(ms(10), item))
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap();
    let fetch = stage(&timeline, "fetch");
    assert_eq!((fetch.busy, fetch.active), (ms(120), ms(30)));
}
