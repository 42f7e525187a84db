//! The particles of a run, block by block: on the device where they fit, in a file where not.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::iter::repeat;
use std::ops::Range;

use rayon::prelude::*;

use super::carriers::carrier_of;
use super::reach::{extents_of, join};
use super::{Plan, RunError};
use crate::engine::{Engine, Lifetime, Particle, Status, Window};
use crate::grid::{Extent, Location};
use crate::release::Released;
use crate::time::{Instant, Span};

/// Particles, each with its forcing.
#[derive(Clone, Default)]
pub(super) struct Crowd {
    pub particles: Vec<Particle>,
    /// The number of the forcing that moves each of them, on whose grid it is; empty where there is one.
    pub carriers: Vec<u8>,
}

impl Crowd {
    /// The particles, each with the number of its forcing.
    pub fn each(&self) -> impl Iterator<Item = (usize, &Particle)> {
        self.carriers.iter().copied().chain(repeat(0)).map(usize::from).zip(&self.particles)
    }
}

/// A block of particles with neighbouring ids.
pub(super) struct Block<B> {
    pub ids: Range<u64>,
    /// Those of its [`Crowd`].
    carriers: Vec<u8>,
    /// The first and the last moment at which one of them is released, in the run's direction.
    released: [Instant; 2],
    /// Whether none of them will move again.
    pub finished: bool,
    home: Home<B>,
}

/// Where a block is between two windows.
enum Home<B> {
    /// Until it moves; with several forcings always.
    Host(Vec<Particle>),
    Device(Option<B>),
    /// At this place in the file of the store.
    File(u64),
}

/// All blocks of a run.
pub(super) struct Store<B> {
    pub blocks: Vec<Block<B>>,
    /// Where all particles are released, on the grid of each forcing.
    pub released_in: Vec<Option<Extent>>,
    file: Option<File>,
}

impl<B> Store<B> {
    /// Lays out the release: every particle at its place, waiting for its time.
    pub fn new(plan: &Plan) -> Result<Self, RunError> {
        let size = plan.block;
        let total = plan.releases.total();
        let mut file =
            if plan.memory.resident { None } else { Some(tempfile::tempfile().map_err(spill)?) };
        let mut blocks = Vec::with_capacity(total.div_ceil(size as u64) as usize);
        let mut released_in = vec![None; plan.carriers.len()];
        for first in (0..total).step_by(size) {
            let ids = first..(first + size as u64).min(total);
            let released = plan.releases.block(ids.start, (ids.end - ids.start) as usize);
            let crowd = lay_out(plan, &released)?;
            released_in = join(&released_in, &extents_of(plan, &crowd));
            let Crowd { particles, carriers } = crowd;
            let home = match &mut file {
                None => Home::Host(particles),
                Some(file) => {
                    let at = first * size_of::<Particle>() as u64;
                    write(file, at, &particles).map_err(spill)?;
                    Home::File(at)
                }
            };
            let times = || released.iter().map(|released| released.time);
            let ends = [times().min(), times().max()].map(|time| time.expect("no block is empty"));
            blocks.push(Block { ids, carriers, released: ends, finished: false, home });
        }
        Ok(Self { blocks, released_in, file })
    }

    /// Takes a block to the device.
    pub fn take<E: Engine<Block = B>>(&mut self, index: usize, engine: &E) -> Result<B, RunError> {
        let block = &mut self.blocks[index];
        match &mut block.home {
            Home::Host(particles) => {
                let particles = std::mem::take(particles);
                block.home = Home::Device(None);
                Ok(engine.load(&particles)?)
            }
            Home::Device(held) => Ok(held.take().expect("a block is put back before it is taken")),
            Home::File(_) => Ok(engine.load(&self.stored(index)?)?),
        }
    }

    /// The particles of a block that is not on the device.
    pub fn stored(&mut self, index: usize) -> Result<Vec<Particle>, RunError> {
        let block = &self.blocks[index];
        let at = match &block.home {
            Home::Host(particles) => return Ok(particles.clone()),
            Home::Device(_) => return Ok(Vec::new()),
            Home::File(at) => *at,
        };
        let count = (block.ids.end - block.ids.start) as usize;
        let mut particles = vec![bytemuck::Zeroable::zeroed(); count];
        let file = self.file.as_mut().expect("blocks in a file have one");
        read(file, at, &mut particles).map_err(spill)?;
        Ok(particles)
    }

    /// A block that is not on the device, until it is [put back](Self::put_back).
    pub fn take_out(&mut self, index: usize) -> Result<Crowd, RunError> {
        let block = &mut self.blocks[index];
        let carriers = std::mem::take(&mut block.carriers);
        let particles = match &mut block.home {
            Home::Host(particles) => std::mem::take(particles),
            Home::Device(_) | Home::File(_) => self.stored(index)?,
        };
        Ok(Crowd { particles, carriers })
    }

    /// Puts a block that was taken out back.
    pub fn put_back(&mut self, index: usize, crowd: Crowd) -> Result<(), RunError> {
        let block = &mut self.blocks[index];
        block.carriers = crowd.carriers;
        match &mut block.home {
            Home::Host(particles) => *particles = crowd.particles,
            Home::Device(_) | Home::File(_) => self.store(index, &crowd.particles)?,
        }
        Ok(())
    }

    /// The forcings of a block's particles.
    pub fn carriers(&self, index: usize) -> &[u8] {
        &self.blocks[index].carriers
    }

    /// Whether a block is on the device between windows.
    pub fn is_on_device(&self, index: usize) -> bool {
        matches!(self.blocks[index].home, Home::Device(_))
    }

    /// Whether blocks that have moved live on the device from one window to the next.
    pub fn is_resident(&self) -> bool {
        self.file.is_none()
    }

    /// Puts a block that stays on the device back.
    pub fn put(&mut self, index: usize, held: B) {
        self.blocks[index].home = Home::Device(Some(held));
    }

    /// Puts the particles of a block that was on the device back into the file.
    pub fn store(&mut self, index: usize, particles: &[Particle]) -> Result<(), RunError> {
        let Home::File(at) = self.blocks[index].home else { return Ok(()) };
        let file = self.file.as_mut().expect("blocks in a file have one");
        write(file, at, particles).map_err(spill)
    }
}

fn spill(source: io::Error) -> RunError {
    RunError::Spill { path: std::env::temp_dir(), source }
}

fn write(file: &mut File, at: u64, particles: &[Particle]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytemuck::cast_slice(particles))
}

fn read(file: &mut File, at: u64, particles: &mut [Particle]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytemuck::cast_slice_mut(particles))
}

/// Particles at their places, waiting for their time.
pub(super) fn lay_out(plan: &Plan, released: &[Released]) -> Result<Crowd, RunError> {
    // Looking a place up in a curvilinear grid takes microseconds. Of several that lie outside the
    // first is named, whichever was looked up first.
    let located: Vec<Result<_, RunError>> =
        released.par_iter().map(|released| locate(plan, released)).collect();
    let mut crowd = Crowd::default();
    for located in located {
        let (carrier, particle) = located?;
        crowd.particles.push(particle);
        if plan.carriers.len() > 1 {
            crowd.carriers.push(carrier as u8);
        }
    }
    Ok(crowd)
}

/// Where a particle is in the grid of its forcing.
pub(super) fn location(particle: &Particle) -> Location {
    Location { cell: particle.cell, offset: particle.offset }
}

/// A particle at this place.
pub(super) fn particle_at(at: Location, depth: f64, status: Status) -> Particle {
    Particle {
        // A particle on the last node belongs to the last cell, whose end it must not touch.
        offset: at.offset.map(|offset| offset.min(1.0 - 2.0_f64.powi(-30))),
        depth,
        cell: at.cell,
        status: status.code(),
        finished_step: 0,
    }
}

/// A particle at its place, waiting for its time; and the number of the forcing that is to move it.
pub(super) fn locate(plan: &Plan, released: &Released) -> Result<(usize, Particle), RunError> {
    let Released { id, x, y, .. } = *released;
    let window = plan.schedule.window_from(released.time);
    let in_force = plan.schedule.in_force(window);
    let Some((carrier, at)) = carrier_of(&plan.carriers, in_force, [x, y]) else {
        let [only] = &plan.carriers[..] else { return Err(RunError::OutsideGrids { id, x, y }) };
        let [west, south, east, north] = only.grid().bounds();
        return Err(RunError::OutsideGrid { id, x, y, west, east, south, north });
    };
    let depth = match plan.carriers[carrier].grid().levels() {
        // The lowest level is rounded, and whoever lies on it does not lie below.
        Some(levels) => released.depth.unwrap_or(0.0).min(levels.lowest()),
        None => 0.0,
    };
    Ok((carrier, particle_at(at, depth, Status::Pending)))
}

impl<B> Block<B> {
    /// Whether any particle may move in a window that goes from `from`, in the run's direction.
    pub fn has_begun(&self, to: Instant, backward: bool) -> bool {
        if backward { self.released[1] > to } else { self.released[0] < to }
    }

    /// When each particle moves within the window, unless all that are active or wait do for all of it.
    pub fn lifetimes(&self, plan: &Plan, window: &Window) -> Option<Vec<Lifetime>> {
        let (Some(first), Some(last)) = (window.steps.first(), window.steps.last()) else {
            return None;
        };
        let (from, to) = (first.from, last.from + last.span);
        let sign = if last.span.0 < 0 { -1 } else { 1 };
        let after = |a: Instant, b: Instant| (a - b).0 * sign;
        let [earliest, latest] = self.released;
        let age = plan.scenario.physics.max_age.map(|age| Span(sign * age.0.abs()));
        let [first_out, last_out] = if sign > 0 { [earliest, latest] } else { [latest, earliest] };
        let all_released = after(from, last_out) >= 0;
        let none_ages = age.is_none_or(|age| after(first_out + age, to) > 0);
        if all_released && none_ages {
            return None;
        }
        let count = (self.ids.end - self.ids.start) as usize;
        let released = plan.releases.block(self.ids.start, count);
        Some(released.iter().map(|released| lifetime(window, released.time, age)).collect())
    }
}

/// The part of a window in which a particle moves that is released at `release` and lives for `age`
/// (negative in a backward run).
fn lifetime(window: &Window, release: Instant, age: Option<Span>) -> Lifetime {
    let steps = &window.steps;
    let sign = if steps[0].span.0 < 0 { -1 } else { 1 };
    // The first step that ends after `at`, and the part of it that has passed by then.
    let find = |at: Instant| {
        let step = steps.partition_point(|step| (step.from + step.span - at).0 * sign <= 0);
        let part = steps
            .get(step)
            .map_or(0.0, |step| ((at - step.from).0 as f64 / step.span.0 as f64).max(0.0));
        (step as u32, part)
    };
    let (first_step, delay) = find(release);
    let Some(age) = age else { return Lifetime { first_step, delay, ..Lifetime::WHOLE } };
    let last = steps[steps.len() - 1];
    if (release + age - (last.from + last.span)).0 * sign > 0 {
        return Lifetime { first_step, delay, ..Lifetime::WHOLE };
    }
    let (step, part) = find(release + age);
    let (end_step, curtail) = if part > 0.0 { (step + 1, 1.0 - part) } else { (step, 0.0) };
    Lifetime { first_step, end_step, delay, curtail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Step;

    fn window(sign: i64) -> Window {
        let steps = (0..3).map(|k| Step { from: Instant(sign * k * 10), span: Span(sign * 10) });
        Window {
            earlier: Instant(-100),
            later: Instant(100),
            steps: steps.collect(),
            first_step: 0,
        }
    }

    #[test]
    fn lifetimes_cut_the_first_and_the_last_step() {
        for sign in [1, -1] {
            let of = |release: i64, age: Option<i64>| {
                let age = age.map(|age| Span(sign * age));
                lifetime(&window(sign), Instant(sign * release), age)
            };
            assert_eq!(of(-5, None), Lifetime::WHOLE);
            assert_eq!(of(0, None), Lifetime::WHOLE);
            assert_eq!(of(10, None), Lifetime { first_step: 1, ..Lifetime::WHOLE });
            let late = Lifetime { first_step: 1, delay: 0.5, ..Lifetime::WHOLE };
            assert_eq!(of(15, None), late);
            assert_eq!(of(30, None).first_step, 3);
            assert_eq!(of(0, Some(30)), Lifetime { end_step: 3, ..Lifetime::WHOLE });
            assert_eq!(of(0, Some(31)), Lifetime::WHOLE);
            let short = Lifetime { end_step: 2, curtail: 0.75, ..Lifetime::WHOLE };
            let found = of(0, Some(12));
            assert_eq!((found.end_step, found.first_step), (short.end_step, 0));
            assert!((found.curtail - 0.8).abs() < 1e-12);
            let both = of(12, Some(5));
            assert_eq!((both.first_step, both.end_step), (1, 2));
            assert!((both.delay - 0.2).abs() < 1e-12 && (both.curtail - 0.3).abs() < 1e-12);
        }
    }
}
