//! Velocities on the faces of cells: Arakawa's C, as ROMS, CROCO and NEMO write it.
//!
//! The cells are those around the tracer points. A run needs the corners of these cells, what goes
//! through each of their faces, and which of them are land.

use super::families::Along;
use super::kind::{last_two, named_coordinates};
use super::velocity::Pair;
use super::{CfError, Choice, Components, NodesVariables, Read, horizontal};
use crate::forcing::{Catalogue, Variable};
use crate::grid::{Arrangement, Mesh, centres_of_four};

/// Where the parts of such a grid are in a dataset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faces<'a> {
    /// Longitude and latitude of the corners of cells, or of their centres where those are not told.
    pub places: [&'a Variable; 2],
    are_centres: bool,
    /// Dimensions along y and along x, of u and of v.
    pub u: [&'a str; 2],
    pub v: [&'a str; 2],
    /// Whether a cell's centre is land.
    pub mask: Option<&'a Variable>,
}

/// In ROMS, CROCO and NEMO the first cell with faces on all sides is the second of each row, of the
/// second row: index along x and along y of its western u, of its southern v and of its centre.
const FIRST: [[usize; 2]; 3] = [[0, 1], [1, 0], [1, 1]];

/// Corners of cells, their centres, and the mask of the latter (1 is water), by the names of a model.
struct Names {
    corners: [&'static str; 2],
    centres: [&'static str; 2],
    mask: &'static str,
}

const ROMS: Names =
    Names { corners: ["lon_psi", "lat_psi"], centres: ["lon_rho", "lat_rho"], mask: "mask_rho" };
const NEMO: Names =
    Names { corners: ["glamf", "gphif"], centres: ["glamt", "gphit"], mask: "tmask" };

impl<'a> Faces<'a> {
    /// The parts; `None` where the velocity lies otherwise, or it cannot be told how.
    ///
    /// # Errors
    /// [`CfError::Coordinate`] where the scenario says that such components point east and north.
    pub fn of(
        catalogue: &'a Catalogue,
        pair: &Pair<'a>,
        choice: &Choice,
    ) -> Result<Option<Self>, CfError> {
        let found = Self::found(catalogue, pair);
        if found.is_some() && choice.components == Some(Components::Earth) {
            return Err(CfError::Coordinate {
                variable: pair.u.name.clone(),
                why: "goes through the faces of cells, along the grid: leave `components` out"
                    .to_owned(),
            });
        }
        Ok(found)
    }

    fn found(catalogue: &'a Catalogue, pair: &Pair<'a>) -> Option<Self> {
        let (names, u, v) = roms(pair).or_else(|| nemo(pair))?;
        let both = |names: [&str; 2]| {
            let [longitude, latitude] = names.map(|name| catalogue.variable(name));
            Some([longitude?, latitude?])
        };
        let (places, are_centres) = match both(names.corners) {
            Some(corners) => (corners, false),
            None => (both(names.centres)?, true),
        };
        Some(Self { places, are_centres, u, v, mask: catalogue.variable(names.mask) })
    }

    /// Reads the places.
    ///
    /// # Errors
    /// [`CfError::Coordinate`] for units or shapes that are none of theirs.
    pub fn read(
        &self,
        mesh: Mesh,
        read: &Read<'_>,
        notes: &mut Vec<String>,
    ) -> Result<NodesVariables, CfError> {
        let [longitude, latitude] = self.places;
        let mut longitudes = horizontal::values(longitude, true, mesh, read, notes)?;
        let mut latitudes = horizontal::values(latitude, false, mesh, read, notes)?;
        let mut columns = columns(longitude)?;
        if longitude.shape != latitude.shape {
            return Err(CfError::Coordinate {
                variable: latitude.name.clone(),
                why: format!(
                    "has shape {:?} where `{}` has {:?}",
                    latitude.shape, longitude.name, longitude.shape
                ),
            });
        }
        if self.are_centres {
            (longitudes, latitudes) = centres_of_four(&longitudes, &latitudes, columns);
            columns -= 1;
        }
        notes.push(format!(
            "took `{}` and `{}` to go through the faces of cells (Arakawa C)",
            self.u.join(", "),
            self.v.join(", ")
        ));
        Ok(NodesVariables {
            longitude: longitude.name.clone(),
            latitude: latitude.name.clone(),
            mapping: None,
            columns,
            longitudes: longitudes.into(),
            latitudes: latitudes.into(),
            arrangement: Arrangement::Faces,
            first: FIRST,
        })
    }
}

type Parts<'a> = (&'static Names, [&'a str; 2], [&'a str; 2]);

/// Dimensions by name, in any case: `xi_u` is u's own, `eta_v` v's; across, some files share those
/// of the centres.
fn roms<'a>(pair: &Pair<'a>) -> Option<Parts<'a>> {
    let dimension = |variable: &'a Variable, names: [&str; 2]| {
        let is = |d: &&String| names.contains(&d.to_lowercase().as_str());
        variable.dimensions.iter().find(is).map(String::as_str)
    };
    let u = [dimension(pair.u, ["eta_u", "eta_rho"])?, dimension(pair.u, ["xi_u", "xi_u"])?];
    let v = [dimension(pair.v, ["eta_v", "eta_v"])?, dimension(pair.v, ["xi_v", "xi_rho"])?];
    Some((&ROMS, u, v))
}

/// Components along the grid, each on points of its own though the dimensions have the same names.
fn nemo<'a>(pair: &Pair<'a>) -> Option<Parts<'a>> {
    let (u, v) = (last_two(pair.u)?, last_two(pair.v)?);
    let on_own_points = |variable: &Variable, name: &str, point: &str| {
        variable.name.to_lowercase().ends_with(name)
            || named_coordinates(variable).any(|c| c.starts_with("nav_l") && c.ends_with(point))
    };
    let is_nemo = on_own_points(pair.u, "zocrtx", "_u") && on_own_points(pair.v, "mecrty", "_v");
    (is_nemo && u == v && pair.along != Along::Earth).then_some((&NEMO, u, v))
}

/// The length of the last dimension.
fn columns(variable: &Variable) -> Result<usize, CfError> {
    match variable.shape.as_slice() {
        [leading @ .., rows, columns]
            if *rows > 1 && *columns > 1 && leading.iter().all(|&length| length == 1) =>
        {
            Ok(*columns as usize)
        }
        shape => Err(CfError::Coordinate {
            variable: variable.name.clone(),
            why: format!("has shape {shape:?}: two dimensions were to be expected"),
        }),
    }
}
