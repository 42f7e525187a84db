//! One run: the rooms joined.
//!
//! ```text
//! snapshots ─▶ fetch ─▶ decode ─▶ prepare ─▶ upload ─▶ advance ─▶ collect ─▶ sample ─▶ write
//! ```
//!
//! A [`Plan`] is made of a scenario before anything moves. [`run`] carries it out on the device
//! that the scenario names; [`execute`] on any [`Engine`](crate::engine::Engine), with any
//! [`Writer`].

mod advance;
mod blocks;
mod carriers;
mod collect;
mod device;
mod error;
mod execute;
mod hand_over;
mod making;
mod memory;
mod observe;
mod outcome;
mod overlap;
mod plan;
mod progress;
mod reach;
mod sample;
mod sampling;
mod schedule;
mod wait;
mod whereabouts;

pub use carriers::Carrier;
pub use device::{AnyEngine, Looking, adapter, choose, devices, look_for_adapters};
pub use error::RunError;
pub use execute::{Controls, execute};
pub use memory::{DEFAULT_MEMORY, Memory};
pub use outcome::RunReport;
pub use overlap::{Overlap, Resource};
pub use plan::{DEFAULT_BLOCK, Plan, spec};
pub use progress::Progress;
pub use sampling::Sampling;
pub use schedule::{Needed, Outputs, Schedule};

use std::path::{Path, PathBuf};

use self::execute::carry_out;
use self::making::Making;
use crate::engine::Device;
use crate::engine::cpu::CpuEngine;
use crate::engine::gpu::GpuEngine;
use crate::scenario::Pattern;
use crate::trajectory::{Metadata, ReleaseTimes, Writer, create, folder_of};

/// Carries the plan out on the scenario's device, and writes the scenario's output. A former output
/// is replaced only with `overwrite`.
///
/// # Errors
/// [`RunError`]. Nothing is changed on disk if the device or the output refuse, which is known before
/// the first observation is written.
///
/// # Panics
/// Outside of a multi-threaded Tokio runtime.
pub async fn run(
    plan: &Plan,
    overwrite: bool,
    history: Option<String>,
    controls: &Controls,
) -> Result<RunReport, RunError> {
    match adapter(&plan.scenario.run.device)? {
        Some(adapter) => {
            for carrier in &*plan.carriers {
                GpuEngine::check_room(&adapter, &carrier.setup)?;
            }
            let device = adapter.device().clone();
            let writer = output(plan, &device, overwrite, history)?;
            let block = plan.block.min(GpuEngine::largest_block(&adapter));
            let plan = Plan { block, ..plan.clone() };
            let engines = plan.carriers.iter().map(|carrier| {
                let (adapter, setup) = (adapter.clone(), carrier.setup.clone());
                Making::begin(&device, move || GpuEngine::new(&adapter, &setup))
            });
            let engines = engines.collect();
            carry_out(&plan, device, engines, writer, controls).await
        }
        None => {
            let writer = output(plan, &CpuEngine::describe(), overwrite, history)?;
            execute(plan, plan.engines(CpuEngine::new), writer, controls).await
        }
    }
}

fn output(
    plan: &Plan,
    device: &Device,
    overwrite: bool,
    history: Option<String>,
) -> Result<Option<Box<dyn Writer>>, RunError> {
    let Some(output) = &plan.scenario.output else { return Ok(None) };
    apart_from_inputs(plan, &output.path)?;
    let releases = std::sync::Arc::clone(&plan.releases);
    let metadata = Metadata {
        particles: releases.total(),
        slots: Some(plan.schedule.outputs.len() as u32),
        calendar: plan.calendar(),
        start: plan.schedule.start,
        mesh: plan.mesh(),
        depth: (!plan.has_levels()).then(|| plan.depth().unwrap_or(0.0)),
        samples: plan.samplings.iter().map(|sampling| sampling.sampled.clone()).collect(),
        title: format!("Trajectories of {} particles", releases.total()),
        scenario: plan.scenario.text.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        device: device.clone(),
        seed: plan.scenario.run.seed,
        history,
        release_times: ReleaseTimes::new(move |ids| {
            let count = (ids.end - ids.start) as usize;
            releases.block(ids.start, count).iter().map(|released| released.time).collect()
        }),
    };
    let writer = create(&output.path, &metadata, overwrite)?;
    tracing::info!(path = %output.path.display(), "where the output goes");
    Ok(Some(writer))
}

/// That the output replaces nothing the run reads.
fn apart_from_inputs(plan: &Plan, output: &Path) -> Result<(), RunError> {
    // The output need not exist, but its folder must.
    let name = output.file_name().unwrap_or_default();
    let resolved = output
        .canonicalize()
        .or_else(|_| folder_of(output).canonicalize().map(|folder| folder.join(name)))
        .unwrap_or_else(|_| output.to_owned());
    let release = match &plan.scenario.release.pattern {
        Pattern::File { path } => Some(path.as_path()),
        _ => None,
    };
    let sampled = plan.samplings.iter().flat_map(|sampling| sampling.scalar.own_paths());
    let paths = plan.carriers.iter().flat_map(|carrier| carrier.dataset.paths());
    let data = paths.chain(sampled).map(PathBuf::as_path);
    for input in data.chain(release) {
        let Ok(input) = input.canonicalize() else { continue };
        if input.starts_with(&resolved) || resolved.starts_with(&input) {
            return Err(RunError::OutputIsInput { output: output.to_owned(), input });
        }
    }
    Ok(())
}
