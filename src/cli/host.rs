//! The async host of a command, with a progress bar, and ended by signals.

use std::sync::Arc;
use std::time::Duration;

use drogue::pipeline::Cancel;
use drogue::run::{Controls, Progress, RunError};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::{Builder, Runtime};

use super::say::{Quiet, tell};
use super::signals::Signals;
use super::{Failure, STOPPED};

/// How often a bar is drawn.
const TICK: Duration = Duration::from_millis(200);

/// How long a thread that was needed for a moment is kept: each holds on to memory of its own.
const IDLE: Duration = Duration::from_secs(1);

/// Runs `work` to its end. The first signal lets it come to a proper end, the second drops it.
///
/// # Errors
/// What `work` returns; [`Quiet`] where it was dropped.
pub(crate) fn block_on<T, E, F>(controls: &Controls, work: F) -> miette::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
    F: Future<Output = Result<T, E>>,
{
    block_on_threads(None, controls, work)
}

/// As [`block_on`], with so many threads of the runtime; by default one for each core.
pub(crate) fn block_on_threads<T, E, F>(
    threads: Option<usize>,
    controls: &Controls,
    work: F,
) -> miette::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
    F: Future<Output = Result<T, E>>,
{
    let runtime = listening(threads, &controls.cancel)?;
    let bar = bar();
    let watched = Arc::clone(&controls.progress);
    let drawing = {
        let bar = bar.clone();
        runtime.spawn(async move { draw(&bar, &watched).await })
    };
    let result = runtime.block_on(work);
    drawing.abort();
    bar.finish_and_clear();
    match result {
        Err(_) if controls.cancel.is_aborted() => Err(Quiet(STOPPED).into()),
        result => Ok(result.map_err(Failure::of)?),
    }
}

/// A runtime that obeys signals from now on: none is to find the program without its handlers.
fn listening(threads: Option<usize>, cancel: &Cancel) -> miette::Result<Runtime> {
    let failure = |error| Failure::of(RunError::Host(error));
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.thread_keep_alive(IDLE).enable_all().build().map_err(failure)?;
    let signals = {
        let _within = runtime.enter();
        Signals::new().map_err(failure)?
    };
    runtime.spawn(obey(signals, cancel.clone()));
    Ok(runtime)
}

/// Does what signals ask for. The third ends a program that a disk does not let go.
async fn obey(mut signals: Signals, cancel: Cancel) {
    signals.next().await;
    tell("stopping: what is on its way is being finished; Ctrl-C again drops it");
    cancel.now();
    signals.next().await;
    tell("stopping at once: what is on its way is dropped");
    cancel.abort();
    signals.next().await;
    std::process::exit(STOPPED.into());
}

fn bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} steps, {elapsed} gone, {eta} left")
            .expect("the template is right");
    ProgressBar::no_length().with_style(style)
}

async fn draw(bar: &ProgressBar, progress: &Progress) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        let [done, total] = progress.steps();
        if total > 0 {
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}

/// As [`spin`], for work that makes runtimes of its own. Signals ask for its end.
///
/// # Errors
/// Where the system refuses a thread or a handler.
pub(crate) fn spin_until<T>(
    cancel: &Cancel,
    what: &'static str,
    work: impl FnOnce() -> T,
) -> miette::Result<T> {
    let _runtime = listening(Some(1), cancel)?;
    Ok(spin(what, work))
}

/// Does `work` of unknown length while a spinner says what it is.
pub(crate) fn spin<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed} gone")
        .expect("the template is right");
    let spinner = ProgressBar::new_spinner().with_style(style).with_message(what);
    spinner.enable_steady_tick(TICK);
    let result = work();
    spinner.finish_and_clear();
    result
}
