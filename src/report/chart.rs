//! A map of an output file, over the land of the forcing that it came from.

use std::path::Path;

use rayon::prelude::*;

use super::map::{Frame, Map, Mask, Tracks};
use crate::forcing::{Dataset, ForcingError};
use crate::grid::{Grid, Location};
use crate::run::spec;
use crate::scenario::Scenario;
use crate::time::Instant;
use crate::trajectory::Trajectories;

/// Nodes that are looked at for land, in all snapshots together: a second's work. Each run has its
/// first and its last snapshot looked at.
const MOST_NODES: usize = 1 << 25;

/// Snapshots that are looked at for land, however small they are.
const MOST_SNAPSHOTS: usize = 64;

/// Columns and rows at most of the picture of the land of a grid without axes.
const PICTURE: [usize; 2] = [720, 480];

/// The land that particles met between two times: the nodes without a velocity in any of the
/// snapshots of that time, or of as many of them as are soon read. Flats that dry are among them.
/// That of a grid without axes is looked up at even longitudes and latitudes.
///
/// `None` where each node of a grid of rows has a velocity, as winds do: such a dataset does not know of
/// land. Meshes of triangles end at the coast.
///
/// # Errors
/// [`ForcingError`] where a snapshot cannot be read.
pub fn land(dataset: &Dataset, between: [Instant; 2]) -> Result<Option<Mask>, ForcingError> {
    let grid = dataset.grid();
    let mut land: Vec<bool> = Vec::new();
    let mut varies = false;
    let nodes = grid.data_shape().into_iter().product::<usize>();
    let most = (MOST_NODES / nodes).clamp(2, MOST_SNAPSHOTS);
    for index in looked_at(dataset.times(), between, most) {
        let missing = dataset.read(index)?.missing(grid);
        varies |= !land.is_empty() && land != missing;
        land = match land.is_empty() {
            true => missing,
            false => land.iter().zip(missing).map(|(&before, now)| before || now).collect(),
        };
    }
    if !land.contains(&true) && grid.triangles().is_none() {
        return Ok(None);
    }
    let (x, y, land) = match grid.has_axes() {
        false => picture(grid, &land),
        true => {
            let [columns, rows] = grid.data_shape();
            let first_row = usize::from(grid.added_poles()[0]);
            (
                grid.x().nodes()[..columns].to_vec(),
                grid.y().nodes()[first_row..first_row + rows].to_vec(),
                land.into_iter().map(Some).collect(),
            )
        }
    };
    Ok(Some(Mask { x, y, land, varies }))
}

/// Even longitudes and latitudes around a grid, and what is land there.
fn picture(grid: &Grid, land: &[bool]) -> (Vec<f64>, Vec<f64>, Vec<Option<bool>>) {
    let [west, south, east, north] = grid.bounds();
    let [columns, _] = grid.data_shape();
    let row = if grid.has_faces() { grid.columns() - 1 } else { columns };
    let along = |from: f64, to: f64, count: usize| -> Vec<f64> {
        (0..count).map(|k| from + (to - from) * (k as f64 + 0.5) / count as f64).collect()
    };
    let (x, y) = (along(west, east, PICTURE[0]), along(south, north, PICTURE[1]));
    let at = |longitude: f64, latitude: f64| {
        let location = grid.locate(longitude, latitude)?;
        if let Some(triangles) = grid.triangles() {
            return Some(land[triangles.point_near(location)]);
        }
        let Location { cell, offset } = location;
        // A node has the area that is nearer to it than to others, a cell all of its own.
        let beyond = |d: usize| usize::from(!grid.has_faces() && offset[d] >= 0.5);
        let [i, j] = [0, 1].map(|d| cell[d] as usize + beyond(d));
        Some(land[j * row + i % row])
    };
    let places: Vec<[f64; 2]> = y.iter().flat_map(|&y| x.iter().map(move |&x| [x, y])).collect();
    let land = places.par_iter().map(|&[x, y]| at(x, y)).collect();
    (x, y, land)
}

/// The snapshots that a run between two moments uses, the first and the last of them and at most
/// `most`, which is two at least.
fn looked_at(times: &[Instant], [a, b]: [Instant; 2], most: usize) -> impl Iterator<Item = usize> {
    let from = times.partition_point(|&time| time <= a.min(b)).saturating_sub(1);
    let to = times.partition_point(|&time| time < a.max(b)).min(times.len() - 1);
    let intervals = (to - from).min(most - 1);
    (0..=intervals).map(move |number| from + number * (to - from) / intervals.max(1))
}

/// The forcing that an output says it was made with, where it can still be read.
///
/// The scenario is kept in the output; its relative paths are tried from the output's folder.
pub fn forcing_of(output: &Path, trajectories: &Trajectories) -> Option<Dataset> {
    let text = trajectories.attributes().get("scenario")?;
    let scenario = Scenario::from_toml(text, output).ok()?;
    // The last of several reaches furthest.
    let mut spec = spec(&scenario, scenario.forcings.last()?);
    // A map is of the surface.
    (spec.choice.vertical, spec.choice.w) = (None, None);
    Dataset::open(&spec).ok()
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
                first: batch.slot == 0,
                last: batch.slot == last,
            });
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::looked_at;
    use crate::time::Instant;

    #[test]
    fn the_first_and_the_last_snapshot_of_a_run_are_looked_at() {
        let times: Vec<Instant> = (0..100).map(|hour| Instant(hour * 10)).collect();
        let of = |a, b, most| looked_at(&times, [Instant(a), Instant(b)], most).collect::<Vec<_>>();
        assert_eq!(of(15, 45, 64), [1, 2, 3, 4, 5]);
        assert_eq!(of(45, 15, 2), [1, 5]);
        assert_eq!(of(0, 990, 4), [0, 33, 66, 99]);
        assert_eq!(of(20, 20, 2), [2]);
        assert_eq!((of(-50, -40, 2), of(2000, 3000, 2)), (vec![0], vec![99]));
    }
}
