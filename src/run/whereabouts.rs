//! Where the particles are and may come to be, so that no more is fetched than they can meet.
//!
//! `advance` knows where they are; `fetch` is some snapshots ahead of it and has to guess how far
//! they will have come. A guess too small costs time and nothing else: before a window begins,
//! `advance` checks that none can leave the region that was fetched, and has it fetched again whole
//! if one could.

use std::sync::{Mutex, MutexGuard};

use crate::forcing::cf::VelocityKind;
use crate::grid::{Extent, Grid, Region};
use crate::time::{Instant, Span};

use super::Plan;

/// What is fetched reaches further than the speed so far asks for: speeds change.
const CAUTION: f64 = 1.5;

/// Particles may come a little further than the highest speed leads, for that is rounded, and so is
/// every step.
const ROUNDING: f64 = 1.001;

/// A region that leaves out less than this part of the nodes saves nothing.
const WORTH_IT: f64 = 0.75;

/// What is known of the particles, by the latest window that they have taken.
pub(super) struct Whereabouts {
    /// What is assumed of the speed before any was met, in m/s.
    usual: f32,
    known: Mutex<Known>,
}

#[derive(Clone, Copy)]
struct Known {
    at: Instant,
    /// Where all particles are that will still move; none where there are none.
    extent: Option<Extent>,
    /// The highest speed met so far, in m/s; none before any was.
    fastest: Option<f32>,
}

impl Whereabouts {
    /// Particles that start at `at` within `extent`.
    pub fn new(at: Instant, extent: Option<Extent>, kind: VelocityKind) -> Self {
        let usual = match kind {
            VelocityKind::Current => 2.0,
            VelocityKind::Stokes => 0.5,
            VelocityKind::Wind => 25.0,
        };
        Self { usual, known: Mutex::new(Known { at, extent, fastest: None }) }
    }

    /// What a snapshot needs that is the `number`th of the run, and lies on this grid.
    pub fn region(&self, plan: &Plan, grid: &Grid, number: usize) -> Region {
        let Known { at, extent, fastest } = *self.lock();
        let speed = f64::from(fastest.unwrap_or(self.usual));
        let until = plan.schedule.needed_until(number);
        let way = CAUTION * speed * (until - at).seconds().abs();
        let whole = Region::whole(grid);
        // Where nothing moves any more, a cell is enough.
        let first = [grid.x().nodes()[0], grid.y().nodes()[0]];
        let corner = Extent { low: first, high: first };
        let region = extent
            .map_or(Region::of(grid, &corner), |extent| Region::of(grid, &extent.grown(grid, way)));
        let worth_it = (region.nodes() as f64) < WORTH_IT * whole.nodes() as f64;
        match plan.whole_snapshots || !worth_it {
            true => whole,
            false => region,
        }
    }

    /// Where the particles may be after a window of this length with these fields, whose highest
    /// speed is `fastest`; `None` where no particle moves.
    pub fn reach(&self, grid: &Grid, length: Span, fastest: f32) -> Option<Extent> {
        let way = ROUNDING * f64::from(fastest) * length.seconds().abs();
        self.lock().extent.map(|extent| extent.grown(grid, way))
    }

    /// Notes that the particles have come to `at`, within `extent`, having met speeds up to `fastest`.
    pub fn moved(&self, at: Instant, extent: Option<Extent>, fastest: f32) {
        let mut known = self.lock();
        let fastest = known.fastest.map_or(fastest, |so_far| so_far.max(fastest));
        *known = Known { at, extent, fastest: Some(fastest) };
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no panic while held")
    }
}
