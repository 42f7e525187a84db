//! A map of an output file, over the land of the forcing that it came from.

use std::path::Path;

use super::map::{Frame, Map, Mask, Tracks};
use crate::forcing::{Dataset, ForcingError};
use crate::grid::MISSING;
use crate::run::spec;
use crate::scenario::Scenario;
use crate::trajectory::Trajectories;

/// The land of a dataset: the nodes that have no velocity in its first snapshot.
///
/// # Errors
/// [`ForcingError`] where that snapshot cannot be read.
pub fn land(dataset: &Dataset) -> Result<Mask, ForcingError> {
    let snapshot = dataset.decode(dataset.fetch(0)?)?;
    let grid = dataset.grid();
    let [columns, rows] = grid.data_shape();
    let first_row = usize::from(grid.added_poles()[0]);
    let missing = snapshot.u.iter().zip(&snapshot.v).map(|(&u, &v)| u == MISSING || v == MISSING);
    Ok(Mask {
        x: grid.x().nodes()[..columns].to_vec(),
        y: grid.y().nodes()[first_row..first_row + rows].to_vec(),
        land: missing.collect(),
    })
}

/// The forcing that an output says it was made with, where it can still be read.
///
/// The scenario is kept in the output; its relative paths are tried from the output's folder.
pub fn forcing_of(output: &Path, trajectories: &Trajectories) -> Option<Dataset> {
    let text = trajectories.attributes().get("scenario")?;
    let scenario = Scenario::from_toml(text, output).ok()?;
    Dataset::open(&spec(&scenario)).ok()
}

/// A map of the trajectories with its words filled in.
pub fn map_of(output: &Path, trajectories: &Trajectories, mask: Option<Mask>) -> Map {
    let calendar = trajectories.calendar();
    let times = trajectories.output_times();
    let subtitle = match (times.first(), times.last()) {
        (Some(&first), Some(&last)) => {
            format!("{} to {}", calendar.format(first), calendar.format(last))
        }
        _ => String::new(),
    };
    let name = output.file_stem().unwrap_or_default().to_string_lossy();
    Map {
        title: format!("{name}: {} particles", super::human::count(trajectories.particles())),
        subtitle,
        mesh: trajectories.mesh(),
        mask,
        ..Map::default()
    }
}

/// An output file as a map reads it.
pub struct Chart<'a>(pub &'a Trajectories);

impl Tracks for Chart<'_> {
    fn for_each_frame(
        &mut self,
        see: &mut dyn FnMut(&Frame<'_>),
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let last = self.0.slots().saturating_sub(1);
        self.0.for_each_batch(|batch| {
            let status: Vec<u8> = batch.status.iter().map(|status| status.code() as u8).collect();
            see(&Frame {
                ids: &batch.ids,
                x: &batch.x,
                y: &batch.y,
                status: &status,
                last: batch.slot == last,
            });
        })?;
        Ok(())
    }
}
