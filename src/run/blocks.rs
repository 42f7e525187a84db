//! The particles of a run, block by block: on the device where they fit, in a file where not.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use rayon::prelude::*;

use super::{Plan, RunError};
use crate::engine::{Engine, Lifetime, Particle, Status, Window};
use crate::grid::{Extent, Location};
use crate::release::Released;
use crate::time::{Instant, Span};

/// A block of particles with neighbouring ids.
pub(super) struct Block<B> {
    pub ids: Range<u64>,
    /// The first and the last moment at which one of them is released, in the run's direction.
    released: [Instant; 2],
    /// Whether none of them will move again.
    pub finished: bool,
    home: Home<B>,
}

/// Where a block is between two windows.
enum Home<B> {
    /// Until it moves.
    Host(Vec<Particle>),
    Device(Option<B>),
    /// At this place in the file of the store.
    File(u64),
}

/// All blocks of a run.
pub(super) struct Store<B> {
    pub blocks: Vec<Block<B>>,
    /// Where all particles are released.
    pub released_in: Option<Extent>,
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
        let mut released_in: Option<Extent> = None;
        for first in (0..total).step_by(size) {
            let ids = first..(first + size as u64).min(total);
            let released = plan.releases.block(ids.start, (ids.end - ids.start) as usize);
            let particles = lay_out(plan, &released)?;
            let extent = Extent::around(&plan.setup.grid, particles.iter().map(location));
            released_in = released_in.into_iter().chain(extent).reduce(|a, b| a.with(&b));
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
            blocks.push(Block { ids, released: ends, finished: false, home });
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
pub(super) fn lay_out(plan: &Plan, released: &[Released]) -> Result<Vec<Particle>, RunError> {
    // Looking a place up in a curvilinear grid takes microseconds. Of several that lie outside the
    // first is named, whichever was looked up first.
    let located: Vec<Result<_, RunError>> =
        released.par_iter().map(|released| locate(plan, released)).collect();
    located.into_iter().collect()
}

/// Where a particle is in the grid.
pub(super) fn location(particle: &Particle) -> Location {
    Location { cell: particle.cell, offset: particle.offset }
}

/// A particle at its place, waiting for its time.
pub(super) fn locate(plan: &Plan, released: &Released) -> Result<Particle, RunError> {
    let grid = &plan.setup.grid;
    let Some(at) = grid.locate(released.x, released.y) else {
        let [west, south, east, north] = grid.bounds();
        let Released { id, x, y, .. } = *released;
        return Err(RunError::OutsideGrid { id, x, y, west, east, south, north });
    };
    Ok(Particle {
        // A particle on the last node belongs to the last cell, whose end it must not touch.
        offset: at.offset.map(|offset| offset.min(1.0 - 2.0_f64.powi(-30))),
        depth: match grid.levels() {
            // The lowest level is rounded, and whoever lies on it does not lie below.
            Some(levels) => released.depth.unwrap_or(0.0).min(levels.lowest()),
            None => 0.0,
        },
        cell: at.cell,
        status: Status::Pending.code(),
        finished_step: 0,
    })
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
