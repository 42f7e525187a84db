//! The pipeline through its public surface, on a clock that the tests move.

mod breakfast;
mod depth;
mod failure;
mod memory;
mod order;
mod serial;
mod stopping;
mod waiting;

use std::convert::Infallible;
use std::time::Duration;

use drogue::pipeline::{Budget, Settings, StageSummary, Timeline};

/// Settings with a budget that no test of something else reaches.
fn settings(queue_depth: usize) -> Settings {
    Settings { queue_depth, ..Settings::new(Budget::new(1 << 40)) }
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
