//! The kernel alone: particles moved through fields that the device holds.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant as Clock};

use super::machine::processor_time;
use super::{BenchError, Sample, Starts, Work, Workload};
use crate::engine::{Advanced, Engine, EngineError, Leg, Particle, Setup, Status, Window};
use crate::grid::{Field, Layers, Region};
use crate::run::{AnyEngine, DEFAULT_BLOCK, choose};
use crate::scenario::DeviceChoice;
use crate::time::Instant;
use crate::verify::{blocking, release, window};

/// Snapshots that a device holds at most: those of W1 take 44 MB, those of W3
/// 174 MB, those of W2 242 MB.
const SNAPSHOTS: usize = 21;

/// Particle-steps after which a repeat need not go on into another window: several seconds of one
/// core.
const ENOUGH: u64 = 100_000_000;

/// What all devices are given: particles, fields, and the windows between them.
pub(super) struct Task {
    work: Work,
    setup: Setup,
    particles: Vec<Particle>,
    fields: Vec<Field>,
    windows: Vec<Window>,
}

impl Task {
    /// The first windows of the workload: all of them, or as many as have [`ENOUGH`] to do and fit.
    pub fn new(work: Work) -> Self {
        let Work { workload, particles, .. } = work;
        let windows = windows(workload, particles);
        let grid = workload.grid();
        let Starts { x, y, depth } = workload.release(particles as usize);
        let places: Vec<[f64; 2]> = x.into_iter().zip(y).map(|(x, y)| [x, y]).collect();
        let mut started = release(&grid, &places).expect("workloads release within their grids");
        for (particle, depth) in started.iter_mut().zip(depth.into_iter().flatten()) {
            particle.depth = depth;
        }
        let ocean = workload.ocean();
        let field = |index: usize| {
            let components = ocean.velocities(index as f64 * workload.interval().seconds());
            match components.as_slice() {
                [u, v] => Field::new(&grid, u, v),
                [u, v, w] => {
                    let layers = Layers { u, v, w: Some(w), surface: None };
                    Field::of_levels(&grid, &Region::whole(&grid), layers)
                }
                _ => unreachable!("an ocean has two components or three"),
            }
        };
        Self {
            work,
            particles: started,
            fields: (0..=windows.len()).map(field).collect(),
            windows,
            setup: Setup {
                grid,
                integrator: Default::default(),
                coast: Default::default(),
                handover: None,
            },
        }
    }

    /// Steps that each particle takes.
    pub fn steps(&self) -> u64 {
        self.windows.iter().map(|window| window.steps.len() as u64).sum()
    }

    /// Takes everything to a device.
    ///
    /// # Errors
    /// [`BenchError::Engine`].
    pub fn on(&self, choice: &DeviceChoice) -> Result<Box<dyn Runner + '_>, BenchError> {
        Ok(match choose(choice, &self.setup)? {
            AnyEngine::Gpu(engine) => Box::new(Resident::new(*engine, self)?),
            AnyEngine::Cpu(engine) => Box::new(Resident::new(engine, self)?),
        })
    }
}

fn windows(workload: Workload, particles: u64) -> Vec<Window> {
    let at = |index: usize| Instant(workload.interval().0 * index as i64);
    let mut windows = Vec::new();
    let mut steps = 0;
    while windows.len() < workload.windows().min(SNAPSHOTS - 1)
        && u64::from(steps) * particles < ENOUGH
    {
        let index = windows.len();
        let next = window([at(index), at(index + 1)], workload.step(), steps);
        steps += next.steps.len() as u32;
        windows.push(next);
    }
    windows
}

/// A task on its device.
pub(super) trait Runner {
    /// Moves the particles, from where they are released, through all windows.
    fn run(&self) -> Result<Sample, BenchError>;

    /// Moves them through one step, so that a first repeat does not pay for what is prepared at
    /// first use.
    fn warm_up(&self) -> Result<(), BenchError>;
}

struct Resident<'a, E: Engine> {
    engine: E,
    task: &'a Task,
    fields: Vec<Arc<E::Field>>,
    windows: Vec<Arc<Window>>,
}

impl<'a, E: Engine> Resident<'a, E> {
    fn new(engine: E, task: &'a Task) -> Result<Self, EngineError> {
        let upload = |field: &Field| blocking::upload(&engine, field.clone());
        let fields = task.fields.iter().map(upload).collect::<Result<_, _>>()?;
        let windows = task.windows.iter().cloned().map(Arc::new).collect();
        Ok(Self { engine, task, fields, windows })
    }

    fn load(&self) -> Result<Vec<E::Block>, EngineError> {
        self.task
            .particles
            .chunks(DEFAULT_BLOCK)
            .map(|particles| self.engine.load(particles))
            .collect()
    }

    fn start(&self, block: E::Block, fields: usize, window: &Arc<Window>) -> Moving<E> {
        let (sender, receiver) = channel();
        let fields = [0, 1].map(|next| Arc::clone(&self.fields[fields + next]));
        let done = move |outcome| {
            // Nobody listens any more only if this thread has panicked.
            sender.send(outcome).ok();
        };
        let leg = Leg { window: Arc::clone(window), lifetimes: None, observed: false, takers: 0 };
        self.engine.advance(block, fields, vec![leg], Box::new(done));
        receiver
    }

    /// Each block goes on to its next window as soon as it is back, so that the device is never
    /// without work.
    fn advance(
        &self,
        blocks: Vec<E::Block>,
        windows: &[Arc<Window>],
    ) -> Result<(Vec<E::Block>, Option<Duration>), EngineError> {
        let mut device = Some(Duration::ZERO);
        let mut arrive = |moving: Moving<E>| {
            let advanced = moving.recv().unwrap_or(Err(EngineError::Stopped))?;
            device = device.zip(advanced.device_time).map(|(sum, time)| sum + time);
            Ok::<_, EngineError>(advanced.block)
        };
        let mut blocks = blocks;
        let mut moving: Vec<Moving<E>> = Vec::new();
        for (index, window) in windows.iter().enumerate() {
            moving = match index {
                0 => blocks.drain(..).map(|block| self.start(block, 0, window)).collect(),
                _ => moving
                    .into_iter()
                    .map(|moving| Ok(self.start(arrive(moving)?, index, window)))
                    .collect::<Result<_, EngineError>>()?,
            };
        }
        blocks.extend(moving.into_iter().map(&mut arrive).collect::<Result<Vec<_>, _>>()?);
        Ok((blocks, device))
    }

    fn check(&self, blocks: Vec<E::Block>) -> Result<(), BenchError> {
        let mut moving = 0;
        for block in blocks {
            let particles = blocking::read(&self.engine, block)?;
            let active = |particle: &&Particle| particle.status == Status::Active.code();
            moving += particles.iter().filter(active).count() as u64;
        }
        if moving == self.task.work.particles {
            return Ok(());
        }
        Err(BenchError::NotAllMoved {
            device: self.engine.device().name.clone(),
            workload: self.task.work.workload.name(),
            moving,
            particles: self.task.work.particles,
        })
    }
}

type Moving<E> = Receiver<Result<Advanced<<E as Engine>::Block>, EngineError>>;

impl<E: Engine> Runner for Resident<'_, E> {
    fn run(&self) -> Result<Sample, BenchError> {
        let blocks = self.load()?;
        let (processor, clock) = (processor_time(), Clock::now());
        let (blocks, device) = self.advance(blocks, &self.windows)?;
        let seconds = clock.elapsed().as_secs_f64();
        let processor = processor_time().zip(processor).map(|(end, start)| end - start);
        self.check(blocks)?;
        Ok(Sample {
            seconds,
            device_seconds: device.map(|time| time.as_secs_f64()),
            processor_seconds: processor.map(|time| time.as_secs_f64()),
            peak_memory: None,
        })
    }

    fn warm_up(&self) -> Result<(), BenchError> {
        let mut first = Window::clone(&self.windows[0]);
        first.steps.truncate(1);
        let blocks = self.load()?;
        self.advance(blocks, &[Arc::new(first)])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Measure;
    use super::*;

    #[test]
    fn a_repeat_goes_through_as_many_windows_as_it_needs() {
        let steps = |workload, particles| {
            windows(workload, particles).iter().map(|window| window.steps.len()).sum::<usize>()
        };
        assert_eq!(steps(Workload::W1, 100_000), 720);
        assert_eq!(steps(Workload::W1, 1_000_000), 3 * 36);
        assert_eq!(steps(Workload::W1, 10_000_000), 36);
        assert_eq!(steps(Workload::W1Hourly, 10), 20 * 6);
        assert_eq!(steps(Workload::W3, 100_000), 20 * 24);
    }

    #[test]
    fn the_kernel_moves_all_particles_to_where_an_independent_program_moves_them() {
        let work = Work { workload: Workload::W1, measure: Measure::Kernel, particles: 10_000 };
        let mut task = Task::new(work);
        // Rows of w1_final_f64_10000.npy, computed in f64 by another program in another language:
        // RK4, bilinear in space, linear in time, the metric at every stage, R = 6 371 000 m.
        let finals = [
            (0, [-45.329_000_903_609_44, 33.098_085_209_796_17]),
            (3, [-50.890_194_319_196_574, 32.769_658_821_766_63]),
            (1234, [-50.214_669_970_678_9, 34.981_438_749_226_804]),
            (5000, [-46.344_621_264_065_63, 30.218_417_823_420_27]),
            (9999, [-43.941_677_480_639_28, 34.695_439_550_466_26]),
        ];
        task.particles = finals.map(|(index, _)| task.particles[index]).to_vec();
        task.work.particles = finals.len() as u64;
        let engine = crate::engine::cpu::CpuEngine::new(&task.setup);
        let resident = Resident::new(engine, &task).unwrap();
        let farthest = |blocks: Vec<Vec<Particle>>| {
            let places = blocks[0].iter().map(|at| crate::verify::position(&task.setup.grid, at));
            let distances = places.zip(&finals).map(|([x, y], (_, [lon, lat]))| {
                let metres = crate::grid::EARTH_RADIUS.to_radians();
                ((x - lon) * metres * lat.to_radians().cos()).hypot((y - lat) * metres)
            });
            distances.fold(0.0, f64::max)
        };
        let (blocks, _) = resident.advance(resident.load().unwrap(), &resident.windows).unwrap();
        let distance = farthest(blocks);
        // Both round velocities to f32 from formulas whose exponentials may differ by an ULP: a node
        // in 10⁸ is then another f32, and 6e-8 m/s for five days are 26 mm along a path that keeps
        // to it. Beyond that, both compute in f64.
        assert!(distance < 1e-3, "{distance} m");
        // The check sees that the last ten minutes are missing.
        let mut windows = resident.windows.clone();
        Arc::make_mut(windows.last_mut().unwrap()).steps.pop();
        let (blocks, _) = resident.advance(resident.load().unwrap(), &windows).unwrap();
        assert!(farthest(blocks) > 1.0);
    }

    #[test]
    fn a_device_that_loses_particles_gives_no_figures() {
        let work = Work { workload: Workload::W1, measure: Measure::Kernel, particles: 100 };
        let mut task = Task::new(work);
        task.windows.truncate(1);
        let at_the_edge = task.setup.grid.locate(-34.451, 30.0).unwrap();
        task.particles[0].cell = at_the_edge.cell;
        task.particles[0].offset = [0.999, 0.5];
        let runner = task.on(&DeviceChoice::Cpu).unwrap();
        runner.warm_up().unwrap();
        let outcome = runner.run();
        assert!(matches!(outcome, Err(BenchError::NotAllMoved { moving: 99, .. })), "{outcome:?}");
    }
}
