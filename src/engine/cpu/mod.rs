//! The f64 reference: scalar, plain, and the definition of the physics. Its files are the twins of
//! those in `shaders/`.

mod adaptive;
mod advance;
mod analytic;
mod axes;
mod coast;
mod corner_levels;
mod corners;
mod face_levels;
mod faces;
mod ground;
mod handover;
mod integrate;
mod level_nodes;
mod levels;
mod metric;
mod node_levels;
mod nodes;
mod particle;
pub(super) mod polar;
mod triangles;
mod velocity;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use self::advance::Steps;
use self::ground::{Ground, Walled};
use self::integrate::{Flow, Physics};
use self::levels::Layer;
use self::velocity::{Cell, Plane};
use super::ways::Ways;
use super::{Advanced, Device, DeviceKind, Done, Engine, EngineError, Leg, Particle, Setup};
use crate::grid::Field;

/// Moves particles in f64 on the processor's cores.
pub struct CpuEngine {
    physics: Arc<Physics>,
    ways: Option<Ways>,
    device: Device,
}

/// Particles that a thread takes at a time: enough to hide the cost of taking them, few enough to
/// spread those that have finished.
const GRAIN: usize = 1024;

impl CpuEngine {
    /// An engine for this grid and physics. It uses rayon's global pool.
    ///
    /// # Panics
    /// If [`Setup::check`] refuses them.
    pub fn new(setup: &Setup) -> Self {
        if let Err(error) = setup.check() {
            panic!("{error}");
        }
        Self {
            physics: Arc::new(Physics::new(setup)),
            ways: Ways::of(setup),
            device: Self::describe(),
        }
    }

    /// The device that this engine computes on.
    pub fn describe() -> Device {
        Device {
            kind: DeviceKind::Cpu,
            name: match rayon::current_num_threads() {
                1 => "f64 reference on one thread".to_owned(),
                threads => format!("f64 reference on {threads} threads"),
            },
            backend: "none".into(),
            driver: format!("drogue {}", env!("CARGO_PKG_VERSION")),
        }
    }
}

impl Engine for CpuEngine {
    type Field = Field;
    type Block = Vec<Particle>;

    fn device(&self) -> &Device {
        &self.device
    }

    fn upload(&self, field: Field, done: Done<Field>) {
        done(Ok(field));
    }

    fn load(&self, particles: &[Particle]) -> Result<Self::Block, EngineError> {
        Ok(particles.to_vec())
    }

    fn advance(
        &self,
        mut block: Self::Block,
        fields: [Arc<Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<Self::Block>>,
    ) {
        if let Some(ways) = &self.ways {
            let fastest = fields[0].fastest().max(fields[1].fastest());
            let mut windows = legs.iter().map(|leg| &leg.window);
            if let Err(error) = windows.try_for_each(|window| ways.check(window, fastest)) {
                return done(Err(error));
            }
        }
        let physics = Arc::clone(&self.physics);
        rayon::spawn(move || {
            let fields = [&*fields[0], &*fields[1]];
            let axes = &physics.axes;
            let (is_closed, is_deep) = (axes.closed.is_some(), axes.levels > 1);
            let (mut observed, mut busy) = (Vec::new(), Duration::ZERO);
            for leg in &legs {
                let all = Task { physics: &physics, fields, leg };
                busy += match (&physics.triangles, is_closed, is_deep) {
                    (Some(mesh), false, false) => all.take_block::<Plane, _>(mesh, &mut block),
                    (Some(mesh), false, true) => all.take_block::<Layer, _>(mesh, &mut block),
                    (Some(mesh), true, false) => {
                        all.take_block::<Plane, _>(&Walled(mesh), &mut block)
                    }
                    (Some(mesh), true, true) => {
                        all.take_block::<Layer, _>(&Walled(mesh), &mut block)
                    }
                    (None, false, false) => all.take_block::<Plane, _>(axes, &mut block),
                    (None, false, true) => all.take_block::<Layer, _>(axes, &mut block),
                    (None, true, false) => all.take_block::<Plane, _>(&Walled(axes), &mut block),
                    (None, true, true) => all.take_block::<Layer, _>(&Walled(axes), &mut block),
                };
                observed.extend(leg.observed.then(|| block.clone()));
            }
            // Blocks share the threads, so that the time from start to end would count some twice.
            let device_time = busy / rayon::current_num_threads() as u32;
            done(Ok(Advanced { block, observed, device_time: Some(device_time) }));
        });
    }

    fn read(&self, block: Self::Block, done: Done<(Self::Block, Vec<Particle>)>) {
        let particles = block.clone();
        done(Ok((block, particles)));
    }
}

/// What is the same for all particles of a block in a leg.
struct Task<'a> {
    physics: &'a Physics,
    fields: [&'a Field; 2],
    leg: &'a Leg,
}

impl Task<'_> {
    /// Takes a block through the leg. Returns the time that all threads took together.
    fn take_block<C: Cell, G: Ground>(&self, ground: &G, block: &mut [Particle]) -> Duration {
        let steps = Steps::new(self.leg);
        let chunks = block.par_chunks_mut(GRAIN).enumerate();
        let busy = chunks.map(|(chunk, particles)| {
            let started = Instant::now();
            for (index, particle) in particles.iter_mut().enumerate() {
                let lifetime = self.leg.lifetimes.as_ref().map(|all| &all[chunk * GRAIN + index]);
                let mut flow = Flow::<C, G>::new(self.physics, ground, self.fields);
                steps.advance(&mut flow, particle, lifetime);
            }
            started.elapsed()
        });
        busy.sum()
    }
}
