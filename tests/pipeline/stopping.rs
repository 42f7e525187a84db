//! A run that is asked to stop.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drogue::pipeline::{
    Budget, Cancel, Flow, Operator, Outlet, Parcel, PipelineError, Schedule, Settings, Sink,
};

use crate::{ms, settings, stage, take};

/// Collects, and says when it was properly ended.
struct Log {
    items: Vec<u64>,
    finished: Arc<AtomicBool>,
}

impl Sink<u64> for Log {
    type Output = Vec<u64>;
    type Error = Infallible;

    async fn take(&mut self, item: u64) -> Result<(), Infallible> {
        self.items.push(item);
        Ok(())
    }

    async fn finish(self) -> Result<Vec<u64>, Infallible> {
        self.finished.store(true, Ordering::Relaxed);
        Ok(self.items)
    }
}

type Ended = Result<drogue::pipeline::Outcome<Vec<u64>>, PipelineError>;

/// Runs 10 ms for each of `items`, while `during` happens; returns whether the sink was finished.
async fn run(
    settings: Settings,
    items: std::ops::Range<u64>,
    during: impl Future<Output = ()>,
) -> (Ended, bool) {
    let finished = Arc::new(AtomicBool::new(false));
    let log = Log { items: Vec::new(), finished: finished.clone() };
    let run = Flow::source("items", settings, items, |_| 10)
        .stage("fetch", 1, |item| take(ms(10), item))
        .sink("log", log)
        .run();
    let (ended, ()) = tokio::join!(run, during);
    (ended, finished.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn cancel_takes_no_more_and_ends_what_has_begun() {
    // Once with the source waiting for room, once with it waiting for memory.
    for (bytes, in_time) in [(1 << 20, 8), (10, 6)] {
        let settings = Settings { budget: Budget::new(bytes), ..settings(1) };
        let (cancel, timeline) = (settings.cancel.clone(), settings.timeline.clone());
        let (ended, finished) = run(settings, 0..u64::MAX, async {
            tokio::time::sleep(ms(55)).await;
            cancel.now();
        })
        .await;
        let outcome = ended.unwrap();
        assert_eq!(outcome.output, (0..outcome.output.len() as u64).collect::<Vec<_>>());
        assert_eq!(outcome.output.len() as u64, stage(&timeline, "items").items, "items were lost");
        assert!(finished && !outcome.complete);
        assert!(outcome.output.len() <= in_time, "{} items", outcome.output.len());
    }
}

#[tokio::test(start_paused = true)]
async fn cancel_before_the_start_is_a_run_of_nothing_with_a_proper_end() {
    let settings = settings(1);
    settings.cancel.now();
    let (ended, finished) = run(settings, 0..3, async {}).await;
    let outcome = ended.unwrap();
    assert!(outcome.output.is_empty() && finished && !outcome.complete);
}

#[tokio::test(start_paused = true)]
async fn cancel_that_comes_when_all_is_taken_changes_nothing() {
    let settings = settings(1);
    let cancel = settings.cancel.clone();
    let (ended, _) = run(settings, 0..3, async {
        tokio::time::sleep(ms(25)).await;
        cancel.now();
    })
    .await;
    let outcome = ended.unwrap();
    assert!(outcome.complete);
    assert_eq!(outcome.output, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn abort_drops_everything_at_once() {
    let settings = settings(1);
    let (cancel, budget) = (settings.cancel.clone(), settings.budget.clone());
    let start = tokio::time::Instant::now();
    let (ended, finished) = run(settings, 0..u64::MAX, async {
        tokio::time::sleep(ms(55)).await;
        assert!(!cancel.is_cancelled());
        cancel.abort();
    })
    .await;
    assert!(matches!(ended, Err(PipelineError::Aborted)));
    assert_eq!(start.elapsed(), ms(55));
    assert!(!finished, "a sink that is finished looks complete");
    assert_eq!(budget.used(), 0);
    assert!(cancel.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_does_not_finish_its_sink() {
    let finished = Arc::new(AtomicBool::new(false));
    let log = Log { items: Vec::new(), finished: finished.clone() };
    let error = Flow::source("items", settings(1), 0..5, |_| 1)
        .stage("fetch", 1, async |item| if item < 3 { Ok(item) } else { Err("no more") })
        .stage("decode", 1, |item| take(ms(10), item))
        .sink("log", log)
        .run()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`fetch` failed on item 3"), "{error}");
    tokio::time::sleep(ms(100)).await;
    assert!(!finished.load(Ordering::Relaxed), "a sink that is finished looks complete");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_run_drops_what_is_in_flight() {
    let settings = settings(1);
    let budget = settings.budget.clone();
    let run = run(settings, 0..u64::MAX, async {});
    assert!(tokio::time::timeout(ms(55), run).await.is_err());
    tokio::time::sleep(ms(1)).await;
    assert_eq!(budget.used(), 0);
}

#[tokio::test]
async fn abort_waits_for_threads_that_cannot_be_stopped() {
    let settings = settings(1);
    let cancel: Cancel = settings.cancel.clone();
    let done = Arc::new(AtomicBool::new(false));
    let (begun, begin) = tokio::sync::oneshot::channel();
    let (let_go, go_on) = std::sync::mpsc::channel::<()>();
    let parts = std::sync::Mutex::new(Some((begun, go_on)));
    let record = done.clone();
    let run = Flow::source("items", settings, 0..1, |_| 1)
        .blocking("compute", 1, move |item| {
            let (begun, go_on) = parts.lock().unwrap().take().expect("there is one item");
            begun.send(()).expect("the test waits for this");
            go_on.recv().expect("the test lets go");
            record.store(true, Ordering::Release);
            Ok::<_, Infallible>(item)
        })
        .sink("collect", Vec::new())
        .run();
    let mut run = std::pin::pin!(run);
    tokio::select! {
        _ = &mut run => panic!("the body is still at work"),
        begun = begin => begun.unwrap(),
    }
    cancel.abort();
    // However long one waits here, the run does not return.
    assert!(tokio::time::timeout(ms(20), &mut run).await.is_err());
    let_go.send(()).unwrap();
    let ended = run.await;
    assert!(matches!(ended, Err(PipelineError::Aborted)));
    assert!(done.load(Ordering::Acquire), "the run returned before its thread did");
}

/// Doubles items until it has had enough.
struct Until(Cancel);

impl Operator<u64> for Until {
    type Output = u64;
    type Error = Infallible;

    async fn take(&mut self, parcel: Parcel<u64>, out: &mut Outlet<u64>) -> Result<(), Infallible> {
        out.send(2 * parcel.content, parcel.reservation).await;
        Ok(())
    }

    async fn finish(self, out: &mut Outlet<u64>) -> Result<(), Infallible> {
        out.send(u64::MAX, Budget::new(0).nothing()).await;
        Ok(())
    }

    fn enough(&self) -> impl Future<Output = ()> + Send + 'static {
        let cancel = self.0.clone();
        async move { cancel.cancelled().await }
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_that_has_enough_waits_for_nobody() {
    for schedule in Schedule::ALL {
        let settings = Settings { schedule, ..settings(2) };
        let cancel = settings.cancel.clone();
        let (finished, stop) = (Arc::new(AtomicBool::new(false)), cancel.clone());
        let log = Log { items: Vec::new(), finished: finished.clone() };
        let run = Flow::source("items", settings, 0..9_u64, |_| 10)
            .stage("fetch", 2, |item| async move {
                match item {
                    // What it waits for never comes.
                    3.. => std::future::pending().await,
                    item => Ok::<_, Infallible>(item),
                }
            })
            .operator("until", Until(cancel))
            .sink("log", log)
            .run();
        let stop = async {
            tokio::time::sleep(ms(50)).await;
            stop.now();
        };
        let hung = ms(10_000);
        let (ended, ()) = tokio::join!(tokio::time::timeout(hung, run), stop);
        let outcome = ended.expect("it waits for what never comes").unwrap();
        assert_eq!(outcome.output, [0, 2, 4, u64::MAX], "{schedule:?}");
        assert!(!outcome.complete && finished.load(Ordering::Relaxed), "{schedule:?}");
    }
}
