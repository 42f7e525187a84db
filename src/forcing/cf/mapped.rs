//! Nodes at every pair of an x and a y that a grid mapping leads to the Earth.

use rayon::prelude::*;

use super::kind::{Kind, along};
use super::mapping::{self, Axes};
use super::projection::Projection;
use super::units;
use super::velocity::{self, Pair};
use super::{CfError, Choice, Read, Unserved, horizontal};
use crate::forcing::{Catalogue, Variable};
use crate::grid::{Mesh, is_place};

/// The axes of a mapped grid.
#[derive(Debug)]
pub(super) struct Mapped<'a> {
    pub x: &'a Variable,
    pub y: &'a Variable,
    /// The variable of the grid mapping.
    pub mapping: &'a str,
    projection: Projection,
    /// What was assumed of the mapping.
    notes: Vec<String>,
}

/// The places of all nodes.
pub(super) struct Computed {
    /// In degrees, row by row in the file's order; NaN where the map has no such place.
    pub longitudes: Vec<f64>,
    pub latitudes: Vec<f64>,
    /// Nodes in a row.
    pub columns: usize,
    /// 1 where x ascends along a row, -1 where it descends; likewise y from row to row.
    pub signs: [f64; 2],
}

impl<'a> Mapped<'a> {
    /// The axes of the velocity that its grid mapping speaks of; `None` where it has none of either.
    ///
    /// # Errors
    /// [`Unserved::Projected`] and [`Unserved::RotatedPole`] for a mapping that cannot be read.
    pub fn of(
        catalogue: &'a Catalogue,
        pair: &Pair<'a>,
        choice: &Choice,
    ) -> Result<Option<Self>, CfError> {
        let mappings = mapping::of_grid(catalogue, pair);
        let Some(&(mapping, class)) = mappings.first() else { return Ok(None) };
        let rotated = class == Axes::Rotated;
        let kinds = match rotated {
            true => [Kind::RotatedLongitude, Kind::RotatedLatitude],
            false => [Kind::PlaneX, Kind::PlaneY],
        };
        let x = axis(catalogue, pair.u, kinds[0], choice.x.as_deref())?;
        let y = axis(catalogue, pair.u, kinds[1], choice.y.as_deref())?;
        let (Some(x), Some(y)) = (x, y) else { return Ok(None) };
        if x.dimensions == y.dimensions {
            return Ok(None);
        }
        let refuse = |why: String| -> CfError {
            let sign = format!("its grid mapping `{}` {why}", mapping.name);
            let variable = pair.u.name.clone();
            if rotated {
                Unserved::RotatedPole { variable, sign }.into()
            } else {
                Unserved::Projected { variable, sign }.into()
            }
        };
        if let Some((other, _)) = mappings.get(1) {
            return Err(refuse(format!("is not the only one: there is also `{}`", other.name)));
        }
        let metres = |axis: &Variable| axis.attributes.text("units").and_then(units::length);
        let metres = [x, y].map(|axis| metres(axis).unwrap_or(1.0));
        let mut notes = Vec::new();
        let projection = Projection::of(&mapping.attributes, metres, choice.radius, &mut notes);
        let projection = projection.map_err(refuse)?;
        Ok(Some(Self { x, y, mapping: &mapping.name, projection, notes }))
    }

    pub fn x_dimension(&self) -> &'a str {
        &self.x.dimensions[0]
    }

    pub fn y_dimension(&self) -> &'a str {
        &self.y.dimensions[0]
    }

    /// The places of all nodes, rows running along x.
    ///
    /// # Errors
    /// [`CfError::Coordinate`] for axes that are none, or in units that are not the mapping's.
    pub fn read(
        &self,
        mesh: Mesh,
        read: &Read<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Computed, CfError> {
        notes.extend(self.notes.iter().cloned());
        let is_map = matches!(self.projection, Projection::Map(_));
        let of_axes = if is_map { Mesh::Flat } else { mesh };
        let mut axis = |variable: &Variable, is_x| -> Result<(Vec<f64>, f64), CfError> {
            let units = variable.attributes.text("units").map_or("", str::trim);
            if is_map && units.is_empty() {
                // Counted nodes would make a map of a few metres.
                return Err(CfError::Coordinate {
                    variable: variable.name.clone(),
                    why: "has no units, which on a map are m or km: add them".to_owned(),
                });
            }
            let mut axis = horizontal::axis(variable, is_x, of_axes, read, notes)?;
            if axis.flipped {
                axis.nodes.reverse();
            }
            Ok((axis.nodes, if axis.flipped { -1.0 } else { 1.0 }))
        };
        let ((x, x_sign), (y, y_sign)) = (axis(self.x, true)?, axis(self.y, false)?);
        let row = |&y: &f64| x.iter().map(move |&x| self.projection.place([x, y]).into());
        let (longitudes, latitudes) = y.par_iter().flat_map_iter(row).unzip();
        Ok(Computed { longitudes, latitudes, columns: x.len(), signs: [x_sign, y_sign] })
    }
}

impl Computed {
    /// Where nodes that are told lie further from these than a tenth of a cell: by how many metres,
    /// at most. `told` gives the longitude and the latitude by column and row.
    pub fn disagreement(
        &self,
        mesh: Mesh,
        told: impl Fn(usize, usize) -> [f64; 2] + Sync,
    ) -> Option<f64> {
        let (columns, rows) = (self.columns, self.longitudes.len() / self.columns.max(1));
        let at = |i: usize, j: usize| {
            let index = j * columns + i;
            [self.longitudes[index], self.latitudes[index]]
        };
        let off = |i: usize, j: usize| {
            let (here, told) = (at(i, j), told(i, j));
            if !(is_place(here) && is_place(told)) {
                return None;
            }
            let off = mesh.distance(here, told);
            // The neighbours before, or after where there is none.
            let beside = at(if i > 0 { i - 1 } else { 1.min(columns - 1) }, j);
            let above = at(i, if j > 0 { j - 1 } else { 1.min(rows - 1) });
            let cell = mesh.distance(here, beside).min(mesh.distance(here, above));
            (off > 0.1 * cell).then_some(off)
        };
        let nodes = (0..rows).into_par_iter().flat_map_iter(|j| (0..columns).map(move |i| (i, j)));
        nodes.filter_map(|(i, j)| off(i, j)).max_by(f64::total_cmp)
    }
}

/// The axis of a kind along a dimension of the velocity, or that which the scenario names.
fn axis<'a>(
    catalogue: &'a Catalogue,
    velocity: &'a Variable,
    kind: Kind,
    named: Option<&str>,
) -> Result<Option<&'a Variable>, CfError> {
    if let Some(name) = named {
        let variable = velocity::variable(catalogue, name)?;
        let fits = variable.dimensions.len() == 1
            && velocity.dimensions.contains(&variable.dimensions[0])
            && matches!(Kind::of(variable), found if found == kind || found == Kind::Unknown);
        return Ok(fits.then_some(variable));
    }
    let of_kind = velocity.dimensions.iter().flat_map(|dimension| {
        along(catalogue, dimension)
            .filter(|variable| Kind::of(variable) == kind)
            .map(move |variable| (variable.name != *dimension, variable))
    });
    Ok(of_kind.min_by_key(|&(is_other, _)| is_other).map(|(_, variable)| variable))
}
