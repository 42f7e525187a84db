//! Runs that are watched: where each particle was at each output time.

use std::path::Path;
use std::sync::{Arc, Mutex};

use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{DeviceKind, Engine, Setup, Status};
use drogue::run::{Controls, Plan, RunError, RunReport, execute};
use drogue::scenario::Scenario;
use drogue::time::Instant;
use drogue::trajectory::{Ending, Observations, TrajectoryError, Writer, Written};

/// Where a particle was seen, and in which state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Hours of the model.
    pub hour: f64,
    pub x: f64,
    pub y: f64,
    pub status: Status,
}

/// A writer that keeps what it is given, particle by particle.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<Vec<Seen>>>>);

impl Writer for Watch {
    fn write(&mut self, batch: &Observations) -> Result<(), TrajectoryError> {
        let mut particles = self.0.lock().unwrap();
        for (index, &id) in batch.ids.iter().enumerate() {
            let id = id as usize;
            if particles.len() <= id {
                particles.resize(id + 1, Vec::new());
            }
            particles[id].push(Seen {
                hour: (batch.time_of(index) - START).0 as f64 / 3.6e9,
                x: batch.x[index],
                y: batch.y[index],
                status: batch.status[index],
            });
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

/// 2020-01-01, in microseconds since 1970.
const START: Instant = Instant(1_577_836_800_000_000);

/// The plan of a scenario beside these files.
pub fn plan(folder: &Path, scenario: &str) -> Result<Plan, RunError> {
    Plan::new(Scenario::from_toml(scenario, folder.join("scenario.toml")).unwrap())
}

/// A run with engines made like this, and what was seen of each particle.
pub fn watch<E: Engine>(plan: &Plan, engine: impl Fn(&Setup) -> E) -> (RunReport, Vec<Vec<Seen>>) {
    let watch = Watch::default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let writer = Box::new(watch.clone());
    let controls = Controls::default();
    let run = execute(plan, plan.engines(engine), Some(writer), &controls);
    let report = runtime.block_on(run).unwrap();
    let seen = std::mem::take(&mut *watch.0.lock().unwrap());
    (report, seen)
}

pub fn on_the_reference(plan: &Plan) -> Vec<Vec<Seen>> {
    watch(plan, CpuEngine::new).1
}

pub fn on_software(plan: &Plan) -> Vec<Vec<Seen>> {
    let adapter = Adapter::of_kind(DeviceKind::Software)
        .expect("this test needs a software adapter: install mesa-vulkan-drivers");
    watch(plan, |setup| GpuEngine::new(&adapter, setup).unwrap()).1
}
