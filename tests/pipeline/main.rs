//! The pipeline through its public surface, on a clock that the tests move.

mod breakfast;
mod failure;
mod memory;
mod order;
mod stopping;
mod waiting;

use std::convert::Infallible;
use std::time::Duration;

use drogue::pipeline::{Budget, Cancel, Settings, StageSummary, Timeline};

/// Settings with a budget that no test of something else reaches.
fn settings(queue_depth: usize) -> Settings {
    Settings {
        budget: Budget::new(1 << 40),
        queue_depth,
        timeline: Timeline::new(),
        cancel: Cancel::default(),
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A body that takes so long and hands its item on.
async fn take<T>(time: Duration, item: T) -> Result<T, Infallible> {
    tokio::time::sleep(time).await;
    Ok(item)
}

fn stage(timeline: &Timeline, name: &str) -> StageSummary {
    timeline.summary().into_iter().find(|summary| summary.stage == name).expect(name)
}
