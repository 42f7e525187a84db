//! Memory and queues are bounded.

use std::convert::Infallible;
use std::error::Error;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use drogue::pipeline::{
    Budget, BudgetError, Flow, Operator, Outlet, Parcel, PipelineError, Settings, Sink,
};

use crate::{ms, settings, stage, take};

/// Takes one item and never comes back.
struct Stuck;

impl Sink<u64> for Stuck {
    type Output = ();
    type Error = Infallible;

    async fn take(&mut self, _: u64) -> Result<(), Infallible> {
        pending().await
    }

    async fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// How many items set out when nothing leaves.
async fn admitted(queue_depth: usize, workers: [usize; 2]) -> u64 {
    let settings = settings(queue_depth);
    let timeline = settings.timeline.clone();
    let run = Flow::source("items", settings, 0.., |_| 1)
        .stage("fetch", workers[0], |item| take(ms(1), item))
        .stage("decode", workers[1], |item| take(ms(2), item))
        .sink("stuck", Stuck)
        .run();
    assert!(tokio::time::timeout(ms(1000), run).await.is_err());
    stage(&timeline, "items").items
}

#[tokio::test(start_paused = true)]
async fn a_slow_sink_bounds_how_far_the_source_runs_ahead() {
    for depth in 1..4 {
        for workers in [[1, 1], [3, 2]] {
            let [fetch, decode] = workers.map(|workers| workers as u64);
            let in_flight = 1 + fetch + depth + decode + depth + 1;
            assert_eq!(admitted(depth as usize, workers).await, in_flight);
        }
    }
}

/// The most items that were in flight, and the time the run took.
async fn in_flight(shrink: bool) -> (u64, u64) {
    let budget = Budget::new(25);
    let settings = Settings { budget: budget.clone(), ..settings(4) };
    let start = tokio::time::Instant::now();
    let count = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let (up, down) = (count.clone(), count.clone());
    let flow = Flow::source("items", settings, 0..20_u64, |_| 10)
        .stage("fetch", 4, move |item| {
            let now = up.0.fetch_add(1, Ordering::Relaxed) + 1;
            up.1.fetch_max(now, Ordering::Relaxed);
            take(ms(5), item)
        })
        .shrink_to(move |_| if shrink { 1 } else { 10 });
    flow.stage("decode", 4, move |item| {
        let down = down.clone();
        async move {
            let item = take(ms(5), item).await;
            down.0.fetch_sub(1, Ordering::Relaxed);
            item
        }
    })
    .sink("collect", Vec::new())
    .run()
    .await
    .unwrap();
    assert!(budget.peak() <= 25);
    assert_eq!(budget.used(), 0);
    (count.1.load(Ordering::Relaxed), start.elapsed().as_millis() as u64)
}

#[tokio::test(start_paused = true)]
async fn the_budget_bounds_what_is_in_flight_and_giving_back_early_helps() {
    let (held, slow) = in_flight(false).await;
    assert_eq!((held, slow), (2, 100), "two of ten bytes fit into 25, and take 10 ms");
    let (shrunk, fast) = in_flight(true).await;
    assert!(shrunk > held && fast < slow, "{shrunk} in flight, {fast} ms");
}

fn budget_error(error: PipelineError, at: u64) -> BudgetError {
    let PipelineError::Failed { item, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*item, Some(at));
    let source = error.source().expect("a failed stage says why");
    source.downcast_ref::<BudgetError>().expect("the budget's own error").clone()
}

#[tokio::test(start_paused = true)]
async fn an_item_larger_than_the_budget_is_refused() {
    let settings = Settings { budget: Budget::new(100), ..settings(1) };
    let error = Flow::source("items", settings, [60, 101, 1], |&bytes| bytes)
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "stage `items` failed on item 1");
    assert_eq!(budget_error(error, 1), BudgetError::TooLarge { needed: 101, total: 100 });
}

#[tokio::test(start_paused = true)]
async fn an_item_that_needs_more_than_it_reserved_is_refused() {
    let error = Flow::source("items", settings(1), [5, 10, 15], |_| 10)
        .stage("decode", 1, async |item| Ok::<_, Infallible>(item))
        .shrink_to(|&bytes| bytes)
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`decode` failed on item 2"), "{error}");
    assert_eq!(budget_error(error, 2), BudgetError::Outgrown { needed: 15, reserved: 10 });
}

/// Keeps the last parcel back.
struct Keeper(Option<Parcel<u64>>);

impl Operator<u64> for Keeper {
    type Output = u64;
    type Error = Infallible;

    async fn take(&mut self, parcel: Parcel<u64>, out: &mut Outlet<u64>) -> Result<(), Infallible> {
        if let Some(parcel) = self.0.replace(parcel) {
            out.send(parcel.content, parcel.reservation).await;
        }
        Ok(())
    }

    async fn finish(self, out: &mut Outlet<u64>) -> Result<(), Infallible> {
        if let Some(parcel) = self.0 {
            out.send(parcel.content, parcel.reservation).await;
        }
        Ok(())
    }

    fn keeps(&self) -> u64 {
        1
    }
}

async fn keep_back(total: u64) -> Result<Vec<u64>, PipelineError> {
    let settings = Settings { budget: Budget::new(total), ..settings(1) };
    let flow = Flow::source("items", settings, [10, 60, 60, 20], |&bytes| bytes);
    let run = flow.operator("keep", Keeper(None)).sink("collect", Vec::new()).run();
    Ok(tokio::time::timeout(ms(1000), run).await.expect("the flow stands still")?.output)
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_back_must_fit_beside_the_largest_item() {
    assert_eq!(keep_back(120).await.unwrap(), [10, 60, 60, 20]);
    // With 119 bytes the second of the large items would wait for the first one for ever.
    let expected = BudgetError::NoRoomBesideKept { item: 60, kept: 1, needed: 120, total: 119 };
    assert_eq!(budget_error(keep_back(119).await.unwrap_err(), 1), expected);
}

#[tokio::test(start_paused = true)]
async fn a_result_that_is_larger_than_its_memory_fails_its_operator() {
    let error = Flow::source("items", settings(1), [1, 2], |_| 1)
        .operator("keep", Keeper(None))
        .shrink_to(|_| 7)
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`keep`"), "{error}");
    assert_eq!(budget_error(error, 1), BudgetError::Outgrown { needed: 7, reserved: 1 });
}
