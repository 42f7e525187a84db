//! Keeping the parts of the fields that are read wide enough for the particles.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rayon::prelude::*;
use tokio::task::block_in_place;

use super::advance::{Advance, Uploaded};
use super::blocks::{Crowd, location};
use super::execute::prepare;
use super::making::Making;
use super::wait::start;
use super::{Carrier, Plan, RunError};
use crate::engine::{Engine, Particle};
use crate::grid::{Extent, Location, Region};

impl<E: Engine> Advance<E> {
    /// Has the snapshots of the next window read again, whole, of which particles might leave what was
    /// read. Returns the highest speed in them all: a particle may go from one to the other.
    pub(super) async fn widen(&mut self) -> Result<f32, RunError> {
        let length = self.plan.schedule.length(self.window);
        loop {
            let in_use = self.held.iter().filter(|held| self.is_in_use(held.place));
            let fastest = in_use.fold(0.0_f32, |most, held| most.max(held.uploaded.about.fastest));
            let small = self.held.iter().position(|held| {
                let about = &held.uploaded.about;
                let grid = self.plan.carriers[about.forcing].grid();
                let reach = self.whereabouts[about.forcing].reach(grid, length, fastest);
                let needed = reach.map(|reach| Region::of(grid, &reach));
                self.is_in_use(held.place)
                    && needed.is_some_and(|needed| !about.region.contains(&needed))
            });
            let Some(small) = small else { return Ok(fastest) };
            self.counts.fetched_again.fetch_add(1, Ordering::Relaxed);
            let about = &self.held[small].uploaded.about;
            let (forcing, index) = (about.forcing, about.index);
            let carriers = Arc::clone(&self.plan.carriers);
            let engine = self.engines[forcing].clone();
            self.held[small].uploaded = fetch_whole(&carriers, engine, forcing, index).await?;
        }
    }

    /// Notes where the particles are after a window: exactly, where they have just been observed or
    /// where looking costs less than a field does, or as far as they may have come.
    pub(super) async fn look_around(&mut self, fastest: f32) -> Result<(), RunError> {
        let length = self.plan.schedule.length(self.window);
        let until = self.plan.schedule.end_of(self.window);
        let bytes = self.plan.releases.total() * size_of::<Particle>() as u64;
        let fields = self.plan.carriers.iter().map(|carrier| carrier.grid().field_bytes());
        let extents = match self.seen.take() {
            Some((time, extents)) if time == until => extents,
            _ if self.store.is_resident() && bytes < fields.sum() => {
                let mut extents = vec![None; self.plan.carriers.len()];
                for index in 0..self.store.blocks.len() {
                    if !self.store.blocks[index].finished {
                        let particles = self.read(index).await?;
                        let carriers = self.store.carriers(index).to_vec();
                        let crowd = Crowd { particles, carriers };
                        let of_block = block_in_place(|| extents_of(&self.plan, &crowd));
                        extents = join(&extents, &of_block);
                    }
                }
                extents
            }
            _ => {
                let known = self.whereabouts.iter().zip(&*self.plan.carriers);
                known.map(|(known, carrier)| known.reach(carrier.grid(), length, fastest)).collect()
            }
        };
        for (known, extent) in self.whereabouts.iter().zip(extents) {
            known.moved(until, extent, fastest);
        }
        Ok(())
    }
}

async fn fetch_whole<E: Engine>(
    carriers: &[Carrier],
    engine: Making<E>,
    forcing: usize,
    index: usize,
) -> Result<Uploaded<E::Field>, RunError> {
    tracing::debug!(forcing, snapshot = index, "particles may leave what was read: reading it all");
    let (dataset, grid) = (&carriers[forcing].dataset, carriers[forcing].grid());
    let fetched = dataset.fetch(index, &Region::whole(grid)).await?;
    let (field, about) = block_in_place(|| {
        dataset.decode(fetched).map(|snapshot| prepare(grid, forcing, &snapshot))
    })?;
    let engine = engine.wait().await?;
    let field = start(|done| engine.upload(field, done)).await?;
    Ok(Uploaded { field: Arc::new(field), about })
}

/// On the grid of each forcing, around those of the particles that will still move, whichever moves them
/// now: all of it where one lies outside, for it may come from any side.
pub(super) fn extents_of(plan: &Plan, crowd: &Crowd) -> Vec<Option<Extent>> {
    let moving = crowd.each().filter(|(_, particle)| !particle.status().is_finished());
    let moving: Vec<(usize, &Particle)> = moving.collect();
    let on_grid = |number: usize| {
        let grid = plan.carriers[number].grid();
        if plan.carriers.len() > 1 && plan.whole_snapshots {
            return Some(Extent::whole(grid));
        }
        let place = |&(carrier, particle): &(usize, &Particle)| {
            if carrier == number {
                return Some(location(particle));
            }
            let [x, y] = plan.carriers[carrier].grid().position(location(particle));
            grid.locate(x, y)
        };
        let places: Option<Vec<Location>> = moving.par_iter().map(place).collect();
        places.map_or_else(|| Some(Extent::whole(grid)), |places| Extent::around(grid, places))
    };
    (0..plan.carriers.len()).map(on_grid).collect()
}

/// Around both on each grid, where there may be none.
pub(super) fn join(a: &[Option<Extent>], b: &[Option<Extent>]) -> Vec<Option<Extent>> {
    let both = |(a, b): (&Option<Extent>, &Option<Extent>)| {
        a.iter().chain(b).copied().reduce(|a, b| a.with(&b))
    };
    a.iter().zip(b).map(both).collect()
}
