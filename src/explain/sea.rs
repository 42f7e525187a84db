//! The sea that everything is measured on.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::{ExplainError, Fingerprint};
use crate::demo;
use crate::engine::Engine;
use crate::pipeline::Cancel;
use crate::run::{Controls, Plan, RunReport, execute};
use crate::scenario::Scenario;

/// The demo's sea in a folder for temporary files, which goes with it.
pub(super) struct Sea {
    folder: TempDir,
    /// Its files, in the order of time.
    pub files: Vec<PathBuf>,
    cancel: Cancel,
}

/// What a run came to.
pub(super) struct Ran {
    pub report: RunReport,
    pub fingerprint: u64,
    pub controls: Controls,
}

impl Sea {
    pub fn new(cancel: &Cancel) -> Result<Self, ExplainError> {
        let folder = TempDir::new()?;
        let files = demo::write(folder.path())?.forcing;
        Ok(Self { folder, files, cancel: cancel.clone() })
    }

    /// Of runs that stop with all the rest.
    pub fn controls(&self) -> Controls {
        Controls { cancel: self.cancel.clone(), ..Controls::default() }
    }

    /// A run of two days in steps of ten minutes, eighteen between two snapshots.
    pub fn plan(&self, particles: usize) -> Result<Plan, ExplainError> {
        let text = format!(
            "[forcing.current]\ndata = 'sea_*.nc'\n\
             [release]\nkind = 'grid'\nlon = [-18.0, -8.0]\nlat = [41.5, 52.0]\ncount = {particles}\n\
             [time]\nduration = '2d'\nstep = '10min'\n\
             [output]\npath = 'nowhere.zarr'\nevery = '6h'\n"
        );
        let scenario = Scenario::from_toml(&text, self.folder.path().join("explain.toml"))?;
        Ok(Plan::new(scenario)?)
    }
}

/// Carries a plan out on a runtime of so many threads. Nothing is written.
pub(super) fn carry_out<E: Engine>(
    plan: &Plan,
    engines: Vec<E>,
    threads: usize,
    controls: Controls,
) -> Result<Ran, ExplainError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let fingerprint = Arc::new(Fingerprint::default());
    let writer = Box::new(Arc::clone(&fingerprint));
    let report = runtime.block_on(execute(plan, engines, Some(writer), &controls))?;
    stopped(&controls.cancel)?;
    Ok(Ran { report, fingerprint: fingerprint.value(), controls })
}

/// [`ExplainError::Stopped`] where that was asked for.
pub(super) fn stopped(cancel: &Cancel) -> Result<(), ExplainError> {
    if cancel.is_cancelled() { Err(ExplainError::Stopped) } else { Ok(()) }
}
