//! The async host of a command, with a progress bar and Ctrl-C.

use std::sync::Arc;
use std::time::Duration;

use drogue::run::{Controls, Progress, RunError};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;

/// Runs `work` to its end. The first Ctrl-C lets it come to a proper end, the second drops it.
pub(crate) fn block_on<T, F>(controls: &Controls, work: F) -> miette::Result<T>
where
    F: Future<Output = Result<T, RunError>>,
{
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::of(RunError::Host(error)))?;
    let cancel = controls.cancel.clone();
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("stopping: what is computed is being kept; Ctrl-C again drops it");
            cancel.now();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.abort();
        }
    });
    let bar = bar();
    let watched = Arc::clone(&controls.progress);
    let drawing = {
        let bar = bar.clone();
        runtime.spawn(async move { draw(&bar, &watched).await })
    };
    let result = runtime.block_on(work);
    drawing.abort();
    bar.finish_and_clear();
    Ok(result.map_err(Failure::of)?)
}

fn bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} steps, {elapsed} gone, {eta} left")
            .expect("the template is right");
    ProgressBar::no_length().with_style(style)
}

async fn draw(bar: &ProgressBar, progress: &Progress) {
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    loop {
        ticks.tick().await;
        let [done, total] = progress.steps();
        if total > 0 {
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}
