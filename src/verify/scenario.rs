//! A scenario on a device, held against the reference.

use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::{
    Perturbation, Perturbed, Scale, Separations, Sighting, Verdict, VerifyError, release,
    sightings, verdict,
};
use crate::engine::cpu::CpuEngine;
use crate::engine::gpu::GpuEngine;
use crate::engine::{Device, Status};
use crate::grid::Grid;
use crate::run::{Carrier, Controls, Plan, RunError, RunReport, adapter, execute};
use crate::scenario::Output;
use crate::time::Instant;
use crate::trajectory::{Ending, Observations, TrajectoryError, Writer, Written};

/// What came of holding a device against the reference.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// What computed.
    pub device: Device,
    /// Particles compared.
    pub particles: u64,
    /// Time steps of the run.
    pub steps: u64,
    /// The device against the reference, at the end of the run.
    pub separations: Separations,
    /// The reference on perturbed data, against the reference.
    pub scale: Scale,
    /// Whether rounding explains the separations.
    pub verdict: Verdict,
    /// What was assumed or preferred in reading the forcing, one sentence each.
    pub notes: Vec<String>,
}

/// Runs the plan on its scenario's device and three times on the reference, twice of them on
/// perturbed data, with at most about `most` of its particles. Writes nothing.
///
/// # Errors
/// [`RunError`] of any of the runs, and [`VerifyError`] where there is nothing to compare.
///
/// # Panics
/// Outside of a Tokio runtime.
pub async fn compare(
    plan: &Plan,
    most: u64,
    controls: &Controls,
) -> Result<Comparison, CompareError> {
    let mut scenario = (*plan.scenario).clone();
    // The release and the end of the run are all that is looked at.
    let whole = crate::time::Span((plan.schedule.end - plan.schedule.start).0.abs());
    scenario.output = Output::to("nowhere.zarr").map(|output| Output { every: whole, ..output });
    scenario.samples.clear();
    let plan = Plan::new(scenario)?.sampled(most);

    let (device, [_, on_device]) =
        match adapter(&plan.scenario.run.device).map_err(RunError::from)? {
            Some(adapter) => {
                let engines = plan.engines(|setup| GpuEngine::new(&adapter, setup)).into_iter();
                let engines = engines.collect::<Result<_, _>>().map_err(RunError::from)?;
                sighted(&plan, engines, controls).await?
            }
            None => sighted(&plan, plan.engines(CpuEngine::new), controls).await?,
        };
    let (report, [start, reference]) =
        sighted(&plan, plan.engines(CpuEngine::new), controls).await?;

    // Of distances, which all grids of a run measure alike.
    let grid = plan.carriers[0].grid();
    let apart = |other: &[Sighting]| Separations::between(grid, &reference, other);
    let scale = Scale {
        start: starts(&plan, &start)?,
        one_ulp: apart(&perturbed(&plan, Perturbation::ONE_ULP, controls).await?)?,
        rounding: apart(&perturbed(&plan, Perturbation::rounding(report.steps), controls).await?)?,
    };
    let separations = apart(&on_device)?;
    Ok(Comparison {
        device: device.device,
        particles: plan.releases.total(),
        steps: report.steps,
        verdict: verdict(&separations, &scale),
        separations,
        scale,
        notes: report.notes,
    })
}

/// How far a ULP moves particles where they start, on the grid of the first forcing that reaches there.
fn starts(plan: &Plan, start: &[Sighting]) -> Result<Separations, VerifyError> {
    let (mut released, mut shifted) = (Vec::new(), Vec::new());
    for sighting in start {
        let place = [sighting.x, sighting.y];
        let reaches = |grid: &&Grid| grid.locate(place[0], place[1]).is_some();
        let grids = || plan.carriers.iter().map(Carrier::grid);
        let grid = grids().find(reaches).unwrap_or(plan.carriers[0].grid());
        let particle = release(grid, &[place])?;
        released.extend(sightings(grid, &particle));
        shifted.extend(sightings(grid, &Perturbation::ONE_ULP.particles(&particle)));
    }
    Separations::between(plan.carriers[0].grid(), &released, &shifted)
}

/// Where the reference ends on perturbed data.
async fn perturbed(
    plan: &Plan,
    by: Perturbation,
    controls: &Controls,
) -> Result<Vec<Sighting>, RunError> {
    let engines = plan.engines(|setup| Perturbed::new(CpuEngine::new(setup), by.of_release()));
    let (_, [_, end]) = sighted(plan, engines, controls).await?;
    Ok(end)
}

/// Why a comparison could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// One of the runs failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The runs cannot be compared.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// Runs the plan, and says where every particle was at its start and at its end.
async fn sighted<E: crate::engine::Engine>(
    plan: &Plan,
    engines: Vec<E>,
    controls: &Controls,
) -> Result<(RunReport, [Vec<Sighting>; 2]), RunError> {
    let seen = Seen::new(plan.releases.total() as usize);
    let report = execute(plan, engines, Some(Box::new(seen.clone())), controls).await?;
    let sightings = std::mem::take(&mut *seen.sightings.lock().expect("no panic while held"));
    Ok((report, sightings))
}

/// A writer that keeps the first and the last sighting of each particle.
#[derive(Clone)]
struct Seen {
    sightings: Arc<Mutex<[Vec<Sighting>; 2]>>,
}

impl Seen {
    fn new(particles: usize) -> Self {
        let unseen =
            vec![Sighting { x: 0.0, y: 0.0, depth: 0.0, status: Status::Pending }; particles];
        Self { sightings: Arc::new(Mutex::new([unseen.clone(), unseen])) }
    }
}

impl Writer for Seen {
    fn write(&mut self, batch: &Observations) -> Result<(), TrajectoryError> {
        let mut sightings = self.sightings.lock().expect("no panic while held");
        let [first, last] = &mut *sightings;
        for (index, &id) in batch.ids.iter().enumerate() {
            let id = id as usize;
            let sighting = Sighting {
                x: batch.x[index],
                y: batch.y[index],
                depth: batch.depth.as_ref().map_or(0.0, |depths| depths[index].into()),
                status: batch.status[index],
            };
            if last[id].status == Status::Pending {
                first[id] = sighting;
            }
            last[id] = sighting;
        }
        Ok(())
    }

    fn end_slot(&mut self, _: Instant) -> Result<(), TrajectoryError> {
        Ok(())
    }

    fn finish(self: Box<Self>, _: Ending) -> Result<Written, TrajectoryError> {
        Ok(Written { path: "nowhere".into(), slots: 0, observations: 0 })
    }
}
