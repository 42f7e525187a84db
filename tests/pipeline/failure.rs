//! One error ends the run, and it is the right one.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use drogue::pipeline::{BlockingSink, Flow, Operator, Outlet, Parcel, PipelineError, Sink};

use crate::{ms, settings, take};

/// Where the run is to fail, and how.
#[derive(Clone, Copy, PartialEq)]
struct Fault {
    stage: &'static str,
    panics: bool,
}

impl Fault {
    fn strike(self, stage: &str, item: u64) -> Result<u64, String> {
        if self.stage != stage || item != 5 {
            Ok(item)
        } else if self.panics {
            panic!("{stage} fell over")
        } else {
            Err(format!("{stage} gave up"))
        }
    }
}

struct Faulty(Fault, &'static str);

impl Operator<u64> for Faulty {
    type Output = u64;
    type Error = String;

    async fn take(&mut self, parcel: Parcel<u64>, out: &mut Outlet<u64>) -> Result<(), String> {
        out.send(self.0.strike(self.1, parcel.content)?, parcel.reservation).await;
        Ok(())
    }

    async fn finish(self, _: &mut Outlet<u64>) -> Result<(), String> {
        self.0.strike("operator's end", 5).map(drop)
    }
}

impl Sink<u64> for Faulty {
    type Output = ();
    type Error = String;

    async fn take(&mut self, item: u64) -> Result<(), String> {
        self.0.strike(self.1, item).map(drop)
    }

    async fn finish(self) -> Result<(), String> {
        self.0.strike("sink's end", 5).map(drop)
    }
}

impl BlockingSink<u64> for Faulty {
    type Output = ();
    type Error = String;

    fn take(&mut self, item: u64) -> Result<(), String> {
        self.0.strike(self.1, item).map(drop)
    }

    fn finish(self) -> Result<(), String> {
        self.0.strike("sink's end", 5).map(drop)
    }
}

/// Runs a flow with a stage of each kind. Its source does not end by itself when `endless`, so it
/// ends only if the failure of one stage stops all others.
async fn run(fault: Fault, endless: bool) -> PipelineError {
    let items = 0..if endless { u64::MAX } else { 9 };
    // Held by bodies only: what is left of it after the run is left of the run.
    let held = Arc::new(());
    let (first, second) = (held.clone(), held.clone());
    let flow = Flow::source("items", settings(2), items, move |&item| {
        fault.strike("items", item).expect("a cost cannot fail but only panic")
    })
    .stage("stage", 3, move |item| {
        let _held = first.clone();
        async move {
            tokio::time::sleep(ms(item % 3)).await;
            fault.strike("stage", item)
        }
    })
    .shrink_to(move |&item| fault.strike("stage", item).map_or(0, |_| 0))
    .blocking("blocking", 2, move |item| {
        let _held = second.clone();
        fault.strike("blocking", item)
    })
    .operator("operator", Faulty(fault, "operator"))
    .fork_join(
        ["fork", "join"],
        move |item| (fault.strike("fork", item).expect("a fork can only panic"), item),
        |left| left.stage("left", 1, move |item| async move { fault.strike("left", item) }),
        |right| right,
    )
    .stage("either", 1, async |(item, _): (u64, u64)| Ok::<_, Infallible>(item));
    let error = if fault.stage == "blocking sink" {
        flow.blocking_sink(fault.stage, Faulty(fault, fault.stage)).run().await
    } else {
        flow.sink("sink", Faulty(fault, "sink")).run().await
    };
    assert_eq!(Arc::strong_count(&held), 1, "something is left of the run");
    error.expect_err("the fault was not noticed")
}

#[tokio::test]
async fn the_error_of_any_stage_ends_the_run_and_names_stage_item_and_cause() {
    for stage in ["stage", "blocking", "operator", "left", "sink", "blocking sink"] {
        match run(Fault { stage, panics: false }, true).await {
            PipelineError::Failed { stage: at, item, source } => {
                assert_eq!((at.as_str(), item), (stage, Some(5)));
                assert_eq!(source.to_string(), format!("{stage} gave up"));
            }
            other => panic!("{stage}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_panic_in_any_stage_is_an_error_of_that_stage() {
    for (stage, at_item) in [
        ("items", None),
        ("stage", Some(5)),
        ("blocking", Some(5)),
        ("operator", Some(5)),
        ("fork", None),
        ("left", Some(5)),
        ("sink", Some(5)),
        ("blocking sink", Some(5)),
    ] {
        match run(Fault { stage, panics: true }, true).await {
            PipelineError::Panicked { stage: at, item, message } => {
                assert_eq!((at.as_str(), item), (stage, at_item));
                assert_eq!(message, format!("{stage} fell over"));
            }
            other => panic!("{stage}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_error_at_the_end_of_the_input_is_an_error() {
    for stage in ["operator", "sink"] {
        let fault = Fault { stage: [stage, "'s end"].concat().leak(), panics: false };
        match run(fault, false).await {
            PipelineError::Failed { stage: at, item, .. } => {
                assert_eq!((at.as_str(), item), (stage, None));
            }
            other => panic!("{stage}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_ahead_of_an_error_is_completed() {
    for failing in ["fetch", "decode"] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        let fail = move |stage, item| async move {
            if stage == failing && item == 6 { Err(stage) } else { Ok(item) }
        };
        let error = Flow::source("items", settings(3), 0_u64.., |_| 0)
            .stage("fetch", 2, move |item| fail("fetch", item))
            .stage("decode", 2, move |item| fail("decode", item))
            .stage("log", 1, move |item| {
                let log = log.clone();
                async move {
                    tokio::time::sleep(ms(20)).await;
                    log.lock().unwrap().push(item);
                    Ok::<_, &str>(item)
                }
            })
            .sink("collect", Vec::new())
            .run()
            .await
            .unwrap_err();
        assert!(error.to_string().contains(failing), "{error}");
        assert_eq!(*seen.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_error_in_time_is_the_one_that_is_reported() {
    for (early, late) in [("fetch", "decode"), ("decode", "fetch")] {
        let fail = move |stage, item| async move {
            // Item 1 fails late in `late`; item 0 fails early in `early`, or the other way round.
            let time = if stage == early { 5 } else { 50 };
            if (stage == "fetch") == (item == 1) {
                tokio::time::sleep(ms(time)).await;
                return Err(stage);
            }
            Ok(item)
        };
        let error = Flow::source("items", settings(1), 0..2, |_| 0)
            .stage("fetch", 2, move |item| fail("fetch", item))
            .stage("decode", 2, move |item| fail("decode", item))
            .sink("collect", Vec::new())
            .run()
            .await
            .unwrap_err();
        assert!(error.to_string().contains(early), "{error}, and {late} came later");
    }
}

#[tokio::test(start_paused = true)]
async fn branches_that_lose_items_are_noticed() {
    struct DropOne;
    impl Operator<u64> for DropOne {
        type Output = u64;
        type Error = Infallible;
        async fn take(
            &mut self,
            parcel: Parcel<u64>,
            out: &mut Outlet<u64>,
        ) -> Result<(), Infallible> {
            if parcel.content != 3 {
                out.send(parcel.content, parcel.reservation).await;
            }
            Ok(())
        }
        async fn finish(self, _: &mut Outlet<u64>) -> Result<(), Infallible> {
            Ok(())
        }
    }
    let error = Flow::source("items", settings(1), 0..6_u64, |_| 0)
        .fork_join(
            ["fork", "join"],
            |item| (item, item),
            |left| left.stage("keep", 1, |item| take(ms(1), item)),
            |right| right.operator("drop", DropOne),
        )
        .sink("collect", Vec::new())
        .run()
        .await
        .unwrap_err();
    match error {
        PipelineError::Unpaired { stage, item, ended } => {
            assert_eq!((stage.as_str(), item, ended), ("join", 5, "right"));
        }
        other => panic!("{other:?}"),
    }
}
