//! Velocities on the faces of cells: Arakawa's C, as ROMS, CROCO, NEMO and MITgcm write it, or as SGRID
//! describes it.
//!
//! The cells are those around the tracer points. A run needs the corners of these cells, what goes
//! through each of their faces, and which of them are land.

use super::families::Along;
use super::kind::{last_two, named_coordinates};
use super::velocity::Pair;
use super::{CfError, Choice, Components, NodesVariables, Read, horizontal, sgrid};
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
    /// Cells before the first with faces on all sides, along x and along y.
    before: [usize; 2],
}

/// In ROMS, CROCO and NEMO the first cell with faces on all sides is the second of each row, of the
/// second row.
const SECOND: [usize; 2] = [1, 1];
/// In MITgcm each cell comes with its western and its southern face.
const AT_ONCE: [usize; 2] = [0, 0];

/// Corners of cells, their centres, and the mask of the latter (1 is water), by the names of a model.
struct Names {
    corners: [&'static str; 2],
    /// Where corners may be left out.
    centres: Option<[&'static str; 2]>,
    mask: &'static str,
    before: [usize; 2],
}

const ROMS: Names = Names {
    corners: ["lon_psi", "lat_psi"],
    centres: Some(["lon_rho", "lat_rho"]),
    mask: "mask_rho",
    before: SECOND,
};
const NEMO: Names = Names {
    corners: ["glamf", "gphif"],
    centres: Some(["glamt", "gphit"]),
    mask: "tmask",
    before: SECOND,
};
/// As xmitgcm writes it.
const MITGCM: Names =
    Names { corners: ["XG", "YG"], centres: None, mask: "maskC", before: AT_ONCE };
/// As the model itself does.
const MNC: Names = Names { corners: ["Xp1", "Yp1"], ..MITGCM };

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
        let by_name = roms(pair).or_else(|| nemo(pair)).or_else(|| mitgcm(pair));
        let Some((names, u, v)) = by_name else { return Self::by_sgrid(catalogue, pair) };
        let both = |names: [&str; 2]| {
            let [longitude, latitude] = names.map(|name| catalogue.variable(name));
            Some([longitude?, latitude?])
        };
        let (places, are_centres) = match both(names.corners) {
            Some(corners) => (corners, false),
            None => (both(names.centres?)?, true),
        };
        let mask = catalogue.variable(names.mask);
        Some(Self { places, are_centres, u, v, mask, before: names.before })
    }

    fn by_sgrid(catalogue: &'a Catalogue, pair: &Pair<'a>) -> Option<Self> {
        let sgrid::Told { corners, before } = sgrid::of(catalogue, pair)?;
        let (u, v) = (last_two(pair.u)?, last_two(pair.v)?);
        Some(Self { places: corners, are_centres: false, u, v, mask: None, before })
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
        let mut columns = match (longitude.shape.as_slice(), latitude.shape.as_slice()) {
            (&[columns], &[rows]) if columns > 1 && rows > 1 => {
                (longitudes, latitudes) = product(&longitudes, &latitudes);
                columns as usize
            }
            _ => columns(longitude)?,
        };
        if longitudes.len() != latitudes.len() {
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
        // In a row, u's are as many as corners, and v's as cells; in a column, the other way round.
        let [i, j] = self.before;
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
            first: [[0, j], [i, 0], [i, j]],
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

/// Dimensions by name, in any case: faces have the corner's on one axis and the centre's on the other.
fn mitgcm<'a>(pair: &Pair<'a>) -> Option<Parts<'a>> {
    let (u, v) = (last_two(pair.u)?, last_two(pair.v)?);
    let [of_u, of_v] = [u, v].map(|names| names.map(str::to_lowercase));
    let is = |dimensions: &[String; 2], names: [&str; 2]| *dimensions == names;
    let xmitgcm = is(&of_u, ["yc", "xg"]) && is(&of_v, ["yg", "xc"])
        || is(&of_u, ["j", "i_g"]) && is(&of_v, ["j_g", "i"]);
    let mnc = is(&of_u, ["y", "xp1"]) && is(&of_v, ["yp1", "x"]);
    match (xmitgcm, mnc) {
        (true, _) => Some((&MITGCM, u, v)),
        (_, true) => Some((&MNC, u, v)),
        _ => None,
    }
}

/// The longitude and the latitude of each pair of two axes, row by row.
fn product(longitudes: &[f64], latitudes: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let rows =
        latitudes.iter().flat_map(|&latitude| longitudes.iter().map(move |&l| (l, latitude)));
    rows.unzip()
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
