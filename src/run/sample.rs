//! The stage `sample`: the values of fields where and when particles are observed.
//!
//! It is the host's, in f64 between values of f32, and knows observations only: no kernel is asked, so
//! that every device gives the same. A value is a function of the observation and of the field's nodes
//! around it; how much more of a snapshot is read, or kept for the next block, changes no bit.

mod kept;
mod moments;

use std::sync::Arc;

use futures::future::try_join_all;
use rayon::prelude::*;
use tokio::task::block_in_place;

use super::collect::Collected;
use super::{Plan, RunError};
use crate::grid::{Extent, Grid, Location, Region};
use crate::pipeline::{Operator, Outlet, Parcel};
use crate::trajectory::Observations;
use kept::Kept;
use moments::moments;

/// The operator, which remembers the snapshots around the last output time for the next block.
pub(super) struct Sample {
    fields: Vec<Kept>,
    /// The grids of the fields, of which several may have the same.
    grids: Vec<Arc<Grid>>,
}

/// Where the observations of a batch lie in a grid.
struct Places {
    /// Nowhere where it does not reach.
    locations: Vec<Option<Location>>,
    /// The points around them all; none where it reaches none.
    region: Option<Region>,
}

impl Sample {
    /// What samples the fields of a plan.
    pub fn new(plan: &Plan) -> Self {
        let mut grids: Vec<Arc<Grid>> = Vec::new();
        let several_blocks = plan.blocks() > 1;
        let mut number = |own: &Arc<Grid>| {
            let known = grids.iter().position(|grid| Arc::ptr_eq(grid, own));
            known.unwrap_or_else(|| {
                grids.push(Arc::clone(own));
                grids.len() - 1
            })
        };
        let fields = plan.samplings.iter().map(|sampling| {
            Kept::new(&sampling.scalar, sampling.kept, several_blocks, &mut number)
        });
        Self { fields: fields.collect(), grids }
    }

    async fn sample(&mut self, batch: &mut Observations) -> Result<(), RunError> {
        let places: Vec<Places> =
            block_in_place(|| self.grids.iter().map(|grid| Places::of(grid, batch)).collect());
        let (seen, places) = (&*batch, &places);
        let columns = self.fields.iter_mut().map(|field| column(field, seen, places));
        batch.samples = try_join_all(columns).await?;
        Ok(())
    }
}

impl Places {
    fn of(grid: &Grid, batch: &Observations) -> Self {
        let positions = batch.x.par_iter().zip(&batch.y);
        let locations: Vec<_> = positions.map(|(&x, &y)| grid.locate(x, y)).collect();
        let around = Extent::around(grid, locations.iter().copied().flatten());
        Self { region: around.map(|extent| Region::of(grid, &extent)), locations }
    }
}

/// The values of a field at all observations.
async fn column(
    field: &mut Kept,
    batch: &Observations,
    places: &[Places],
) -> Result<Vec<f32>, RunError> {
    let mut values = vec![f32::NAN; batch.len()];
    // The depth of the floor, and the height of the surface, at rest where nothing tells it.
    let mut water = Vec::new();
    for followed in &mut field.followed {
        water.push(Box::pin(column(followed, batch, places)).await?);
    }
    let water_at = |index: usize| {
        [0, 1].map(|which| water.get(which).map_or(0.0, |values: &Vec<f32>| values[index]))
    };
    let Places { locations, region: Some(region) } = &places[field.grid] else { return Ok(values) };
    for (moment, observed) in moments(field.scalar.times(), batch) {
        let snapshots = field.around(&moment, region).await?;
        let found = block_in_place(|| {
            let value = |&index: &usize| {
                let depth = batch.depth.as_ref().map(|depths| depths[index]);
                let (Some(at), Some(levels)) =
                    (locations[index], field.levels(depth, water_at(index)))
                else {
                    return f32::NAN;
                };
                let [from, to] = snapshots
                    .each_ref()
                    .map(|snapshot| snapshot.values.at(field.scalar.grid(), at, levels));
                let part = moment.part(batch.time_of(index));
                // At a snapshot its value is the value, whether or not the next has one.
                (if part == 0.0 { from } else { from + part * (to - from) }) as f32
            };
            observed.par_iter().map(value).collect::<Vec<f32>>()
        });
        observed.into_iter().zip(found).for_each(|(index, value)| values[index] = value);
    }
    Ok(values)
}

impl Operator<Collected> for Sample {
    type Output = Collected;
    type Error = RunError;

    async fn take(
        &mut self,
        parcel: Parcel<Collected>,
        out: &mut Outlet<Collected>,
    ) -> Result<(), RunError> {
        let Parcel { content, reservation, .. } = parcel;
        let content = match content {
            Collected::Batch(mut batch) => {
                self.sample(&mut batch).await?;
                Collected::Batch(batch)
            }
            Collected::EndSlot(time) => {
                self.fields.iter_mut().for_each(Kept::end_slot);
                Collected::EndSlot(time)
            }
        };
        out.send(content, reservation).await;
        Ok(())
    }

    async fn finish(self, _: &mut Outlet<Collected>) -> Result<(), RunError> {
        Ok(())
    }
}
