//! Keeping the parts of the fields that are read wide enough for the particles.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::block_in_place;

use super::RunError;
use super::advance::{Advance, Uploaded};
use super::blocks::location;
use super::execute::prepare;
use super::wait::start;
use crate::engine::{Engine, Particle};
use crate::grid::{Extent, Grid, Region};

impl<E: Engine> Advance<E> {
    /// The fields of a window such that no particle can leave what was read of them: those that
    /// are too small are fetched again, whole.
    pub(super) async fn wide_enough(
        &mut self,
        mut fields: [Uploaded<E::Field>; 2],
    ) -> Result<[Uploaded<E::Field>; 2], RunError> {
        let length = self.plan.schedule.length(self.window);
        loop {
            let grid = &self.plan.setup.grid;
            let fastest = fields[0].about.fastest.max(fields[1].about.fastest);
            let Some(reach) = self.whereabouts.reach(grid, length, fastest) else {
                return Ok(fields);
            };
            let needed = Region::of(grid, &reach);
            let small = fields.iter_mut().find(|field| !field.about.region.contains(&needed));
            let Some(small) = small else { return Ok(fields) };
            self.counts.fetched_again.fetch_add(1, Ordering::Relaxed);
            *small = self.fetch_whole(small.about.index).await?;
        }
    }

    async fn fetch_whole(&mut self, index: usize) -> Result<Uploaded<E::Field>, RunError> {
        let (dataset, grid) = (Arc::clone(&self.plan.dataset), self.plan.setup.grid.clone());
        tracing::debug!(snapshot = index, "particles may leave what was read: reading it all");
        let fetched = dataset.fetch(index, &Region::whole(&grid)).await?;
        let (field, about) =
            block_in_place(|| dataset.decode(fetched).map(|snapshot| prepare(&grid, &snapshot)))?;
        let engine = self.engine.wait().await?;
        let field = start(|done| engine.upload(field, done)).await?;
        Ok(Uploaded { field: Arc::new(field), about })
    }

    /// Notes where the particles are after a window: exactly, where they have just been observed or
    /// where looking costs less than a field does, or as far as they may have come.
    pub(super) async fn look_around(&mut self, fastest: f32) -> Result<(), RunError> {
        let grid = self.plan.setup.grid.clone();
        let length = self.plan.schedule.length(self.window);
        let until = self.plan.schedule.needed_until(self.window);
        let bytes = self.plan.releases.total() * size_of::<Particle>() as u64;
        let extent = match self.seen {
            Some((time, extent)) if time == until => extent,
            _ if self.store.is_resident() && bytes < grid.field_bytes() => {
                let mut extent = None;
                for index in 0..self.store.blocks.len() {
                    if !self.store.blocks[index].finished {
                        extent = join(extent, extent_of(&grid, &self.read(index).await?));
                    }
                }
                extent
            }
            _ => self.whereabouts.reach(&grid, length, fastest),
        };
        self.whereabouts.moved(until, extent, fastest);
        Ok(())
    }
}

/// Around those of the particles that will still move.
pub(super) fn extent_of(grid: &Grid, particles: &[Particle]) -> Option<Extent> {
    let moving = particles.iter().filter(|particle| !particle.status().is_finished());
    Extent::around(grid, moving.map(location))
}

/// Around both, of which there may be none.
pub(super) fn join(a: Option<Extent>, b: Option<Extent>) -> Option<Extent> {
    a.into_iter().chain(b).reduce(|a, b| a.with(&b))
}
