//! CF conventions: which variables are the velocity, which axes are longitude, latitude, time and
//! depth, in what units and packing, and whether this is a dataset that can be served at all.
//!
//! [`interpret`] answers all of it from the metadata and the coordinate variables. A dataset on a
//! grid that is not served is refused in words: to read a staggered or rotated grid as if it were a
//! plain one would carry every particle the wrong way without a sign of it.

mod arithmetic;
mod error;
mod faces;
mod families;
#[cfg(test)]
mod fixture;
mod horizontal;
mod kind;
mod layout;
mod level;
mod mapped;
mod mapping;
mod mask;
mod mesh;
mod nodes;
mod packing;
mod places;
mod projection;
mod recognise;
mod rotated;
mod scalar;
mod sgrid;
mod terrain;
mod time_axis;
mod units;
mod unstructured;
mod velocity;
mod vertical;

pub use error::CfError;
pub(super) use error::level_at;
pub use families::VelocityKind;
pub use packing::Packing;
pub use recognise::Unserved;
pub use scalar::{Beside, ScalarInterpretation, find_scalar, interpret_scalar, scalars};
pub use terrain::TerrainVariables;
pub use vertical::{LevelsVariable, Upward, Vertical};

use std::sync::Arc;

use serde::Serialize;

use super::{Catalogue, Variable};
use crate::grid::{Arrangement, EARTH_RADIUS, Mesh, Points};
use crate::time::{Calendar, CivilTime, Instant};
use families::Along;

/// What the scenario says of a dataset; all of it is optional.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// What to look for where `u` and `v` are not named; anything, currents first, when absent.
    pub kind: Option<VelocityKind>,
    /// Variable of the eastward (or x) component.
    pub u: Option<String>,
    /// Variable of the northward (or y) component.
    pub v: Option<String>,
    /// Variable of the upward component.
    pub w: Option<String>,
    /// What moves particles up and down; absent for motion on one level.
    pub vertical: Option<Vertical>,
    /// Coordinate variable of longitude or x.
    pub x: Option<String>,
    /// Coordinate variable of latitude or y.
    pub y: Option<String>,
    /// Which way the components point on a curvilinear grid; what their standard names say when
    /// absent.
    pub components: Option<Components>,
    /// Variable that says where land is.
    pub mask: Option<String>,
    /// Coordinate variable of time.
    pub time: Option<String>,
    /// Depth of the level to take, metres positive down; the uppermost level when absent.
    pub depth: Option<f64>,
    /// Number of the level to take, from 0 in the file's order, in place of a depth.
    pub level: Option<u64>,
    /// Start of times whose units name no date, in the dataset's calendar.
    pub epoch: Option<CivilTime>,
    /// Whether one snapshot stands for all times, its own being of no account.
    pub steady: bool,
    /// What the horizontal coordinates mean.
    pub mesh: MeshChoice,
    /// Radius of the sphere in metres.
    pub radius: f64,
    /// After how many metres of x, or degrees of longitude, the domain repeats itself; never when absent,
    /// but for longitudes that go all the way round.
    pub period: Option<f64>,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            kind: None,
            u: None,
            v: None,
            w: None,
            vertical: None,
            x: None,
            y: None,
            components: None,
            mask: None,
            time: None,
            depth: None,
            level: None,
            epoch: None,
            steady: false,
            mesh: MeshChoice::Auto,
            radius: EARTH_RADIUS,
            period: None,
        }
    }
}

/// What the scenario says of the horizontal coordinates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MeshChoice {
    /// A sphere for longitude and latitude; a plane for metres where nothing speaks of the Earth.
    #[default]
    Auto,
    /// Longitude and latitude; anything else is an error.
    Sphere,
    /// x and y in metres on a plane; anything else is an error.
    Flat,
}

/// Which way components point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Components {
    /// East and north.
    Earth,
    /// Along the grid's own rows and columns.
    Grid,
}

impl Components {
    /// As the scenario has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Earth => "earth",
            Self::Grid => "grid",
        }
    }
}

/// A dataset as a velocity field on a grid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interpretation {
    /// What it is the velocity of, as far as names or the scenario say.
    pub kind: Option<VelocityKind>,
    /// What the horizontal coordinates mean.
    pub mesh: Mesh,
    /// Where the nodes lie.
    pub horizontal: Horizontal,
    /// The snapshots' times.
    pub time: TimeAxis,
    /// The level taken, where the velocities have levels and one is taken.
    pub level: Option<Level>,
    /// All levels, for motion in three dimensions.
    pub levels: Option<LevelsVariable>,
    /// What says where they lie, where they follow the floor.
    pub terrain: Option<TerrainVariables>,
    /// Where land is, where a variable says so.
    pub mask: Option<LandMask>,
    /// Where it is at each time, where a variable says that.
    pub wet: Option<WetVariable>,
    /// The eastward (or x) component.
    pub u: Component,
    /// The northward (or y) component.
    pub v: Component,
    /// The upward component, where it moves particles.
    pub w: Option<Upward>,
    /// What was assumed or preferred, one sentence each, for people to check.
    pub notes: Vec<String>,
}

impl Interpretation {
    /// The variables of the components, w last where there is one.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        let w = self.w.as_ref().map(|w| &*w.component.variable);
        [&*self.u.variable, &*self.v.variable].into_iter().chain(w)
    }
}

/// Where the nodes of a velocity lie.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Horizontal {
    /// At every pair of two axes.
    Axes {
        /// Longitude in degrees east, or x in metres.
        x: AxisVariable,
        /// Latitude in degrees north, or y in metres.
        y: AxisVariable,
    },
    /// Each at a longitude and a latitude of its own: a curvilinear grid.
    Nodes(NodesVariables),
    /// At the corners or in the middle of the faces of an unstructured mesh.
    Triangles(TrianglesVariables),
}

impl Horizontal {
    /// Nodes in a row, and rows; of an unstructured mesh, all points in one.
    pub fn shape(&self) -> [usize; 2] {
        match self {
            Self::Axes { x, y } => [x.nodes.len(), y.nodes.len()],
            Self::Nodes(nodes) => [nodes.columns, nodes.longitudes.len() / nodes.columns.max(1)],
            Self::Triangles(triangles) => [triangles.point_count(), 1],
        }
    }

    /// The axes, where there are two.
    pub fn axes(&self) -> Option<[&AxisVariable; 2]> {
        match self {
            Self::Axes { x, y } => Some([x, y]),
            Self::Nodes(_) | Self::Triangles(_) => None,
        }
    }
}

/// The coordinates of a curvilinear grid and where they come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodesVariables {
    /// The variable of longitude, or of the x that it is computed from.
    pub longitude: String,
    /// The variable of latitude, or of the y that it is computed from.
    pub latitude: String,
    /// The variable of the grid mapping that they are computed by; absent where the file tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// Nodes in a row.
    pub columns: usize,
    /// In degrees east, row by row in the file's order; NaN where missing.
    #[serde(skip)]
    pub longitudes: Arc<Vec<f64>>,
    /// In degrees north.
    #[serde(skip)]
    pub latitudes: Arc<Vec<f64>>,
    /// Where on the cells the components of the velocity lie.
    pub arrangement: Arrangement,
    /// For velocities through faces, index along x and along y in the file: of the first u, of the
    /// first v and of the first centre.
    pub first: [[usize; 2]; 3],
}

/// An unstructured mesh and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrianglesVariables {
    /// The variable of the corners of faces.
    pub connectivity: String,
    /// The variable of longitude, or of x.
    pub x: String,
    /// The variable of latitude, or of y.
    pub y: String,
    /// Where the velocity lies.
    pub points: Points,
    /// Corners that a face has at most.
    pub width: usize,
    /// Longitude and latitude of each node in degrees, or x and y in metres; NaN where missing.
    #[serde(skip)]
    pub nodes: Arc<Vec<[f64; 2]>>,
    /// Nodes at the corners of each face, from 0; [`NO_CORNER`](crate::grid::NO_CORNER) where it has
    /// fewer than others.
    #[serde(skip)]
    pub faces: Arc<Vec<u32>>,
}

impl TrianglesVariables {
    /// How many points have a velocity.
    pub fn point_count(&self) -> usize {
        match self.points {
            Points::Nodes => self.nodes.len(),
            Points::Faces => self.faces.len() / self.width.max(1),
        }
    }
}

/// Which nodes are land, or which centres of cells where velocities go through their faces.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LandMask {
    /// Its variable.
    pub variable: String,
    /// Points in a row of the file.
    pub columns: usize,
    /// Rows of the file.
    pub rows: usize,
    /// Whether a point is land, row by row in the file's order; of one level after the other where
    /// there are several.
    #[serde(skip)]
    pub land: Arc<Vec<bool>>,
}

/// A mask of each time, on the points of the velocity, or in the middle of cells through whose faces that
/// goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WetVariable {
    /// Its variable.
    pub component: Component,
    /// Whether 1 is water; land otherwise.
    pub is_water: bool,
}

/// A horizontal axis and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisVariable {
    /// The coordinate variable.
    pub name: String,
    /// Node positions, ascending, in degrees or metres.
    pub nodes: Vec<f64>,
    /// Whether the file's order is descending, so that its values must be reversed along this axis.
    pub flipped: bool,
}

/// The times of a dataset's snapshots.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeAxis {
    /// The time variable; absent where the dataset tells no time.
    pub name: Option<String>,
    /// Its calendar.
    pub calendar: Calendar,
    /// One for each index along the time dimension, in the file's order; one alone where time is a
    /// scalar; none where the dataset tells no time.
    pub times: Vec<Instant>,
}

impl TimeAxis {
    /// That of a dataset which tells no time.
    fn untold() -> Self {
        Self { name: None, calendar: Calendar::default(), times: Vec::new() }
    }

    /// Whether an instant of one is the same moment of the other: they have one calendar, or two that
    /// differ before 1582 alone and no such time.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let is_gregorian = |axis: &Self| {
            matches!(axis.calendar, Calendar::Standard | Calendar::ProlepticGregorian)
        };
        let is_recent = |axis: &Self| {
            let reform =
                CivilTime::parse("1582-10-15").and_then(|date| axis.calendar.instant(date));
            reform.is_ok_and(|reform| axis.times.iter().all(|&time| time >= reform))
        };
        self.calendar == other.calendar
            || [self, other].into_iter().all(|axis| is_gregorian(axis) && is_recent(axis))
    }
}

/// The level of a velocity that a 2-D run takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// The vertical coordinate variable, where there is one.
    pub variable: Option<String>,
    /// Index along the level dimension.
    pub index: u64,
    /// Depth in metres, positive down, where it is the same everywhere and always.
    pub depth: Option<f64>,
}

/// One component of the velocity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Component {
    /// Its variable.
    pub variable: String,
    /// What each of the variable's dimensions is, in the file's order.
    pub roles: Vec<Role>,
    /// How its stored numbers become m/s.
    pub packing: Packing,
    /// How it was found.
    pub found_by: FoundBy,
}

/// What a dimension is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One index a snapshot.
    Time,
    /// Levels, of which one is taken.
    Level,
    /// Latitude or y.
    Y,
    /// Longitude or x.
    X,
    /// A dimension of length one that means nothing here.
    Single,
}

/// How a variable was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// By its CF standard name.
    StandardName,
    /// By a name that models commonly give it.
    Name,
    /// The scenario names it.
    Scenario,
}

/// How coordinate variables are read: all values of one as they are stored, neither unpacked nor
/// masked, or in words why not.
pub type Read<'a> = dyn Fn(&str) -> Result<Vec<f64>, String> + 'a;

/// Interprets a dataset: its velocity, axes, times, level, units and packing.
///
/// # Errors
/// [`CfError`], each with the variable concerned and what to do.
pub fn interpret(
    catalogue: &Catalogue,
    read: &Read<'_>,
    choice: &Choice,
) -> Result<Interpretation, CfError> {
    let (pair, mut notes) = match velocity::find(catalogue, choice) {
        Ok(found) => found,
        Err(none @ CfError::NoVelocity { .. }) => {
            // What kind of dataset it is says more than that its velocity was not found.
            recognise::refuse_any(catalogue)?;
            return Err(none);
        }
        Err(other) => return Err(other),
    };
    let places = places::Places::of(catalogue, &pair, choice)?;
    [pair.u, pair.v].into_iter().try_for_each(|part| velocity::readable(catalogue, &part.name))?;
    let layout = layout::Layout::of(catalogue, &pair, choice, places.as_ref())?;
    let (level, levels) = match choice.vertical {
        None => (level::choose(pair.u, &layout, choice, read, &mut notes)?, None),
        Some(_) => (None, Some(vertical::levels(pair.u, &layout, read, &mut notes)?)),
    };
    let terrain = match (&levels, layout.level) {
        (Some(_), Some((.., Some(coordinate)))) if terrain::follows(&layout) => {
            Some(terrain::variables(catalogue, pair.u, &layout, coordinate, read, &mut notes)?)
        }
        _ => None,
    };
    let w = match choice.vertical {
        Some(Vertical::Velocity) => {
            let in_cells = matches!(places, Some(places::Places::Faces(_)));
            Some(vertical::upward(catalogue, pair.u, &layout, in_cells, choice, read, &mut notes)?)
        }
        Some(Vertical::Fixed | Vertical::Continuity) | None => None,
    };
    let (mesh, horizontal) =
        laid_out(catalogue, &pair, choice, places.as_ref(), &layout, read, &mut notes)?;
    let fit = mask::Fit {
        layout: &layout,
        places: places.as_ref(),
        level: level.as_ref(),
        all_levels: levels.is_some(),
        shape: horizontal.shape(),
    };
    let mask::Land { mask, wet } = mask::read(catalogue, choice, &fit, read, &mut notes)?;
    let time = time_axis::times(catalogue, &pair, layout.time, choice, read, &mut notes);
    let time = if choice.steady { time_axis::steady(time, &mut notes)? } else { time? };
    let turned = matches!(horizontal, Horizontal::Nodes(_));
    if pair.along == Along::Grid && mesh != Mesh::Flat && !turned {
        notes.push(format!(
            "`{}` and `{}` follow the grid's axes by their standard names: on this grid those point east and north",
            pair.u.name, pair.v.name
        ));
    }
    // Whoever names the data of one kind for another means them: the faster may be right.
    let kind = match (pair.kind, choice.kind) {
        (Some(VelocityKind::Wind), _) | (_, Some(VelocityKind::Wind)) => Some(VelocityKind::Wind),
        (of_names, asked) => of_names.or(asked),
    };
    let mut component = |variable: &Variable| {
        if variable.attributes.text("units").is_none_or(|units| units.trim().is_empty()) {
            notes.push(format!("`{}` has no units: taken as m/s", variable.name));
        }
        Ok::<_, CfError>(Component {
            variable: variable.name.clone(),
            roles: layout.roles(variable, level.is_some() || levels.is_some()),
            packing: Packing::of(variable, kind)?,
            found_by: pair.found_by,
        })
    };
    let (u, v) = (component(pair.u)?, component(pair.v)?);
    Ok(Interpretation {
        kind,
        mesh,
        horizontal,
        time,
        level,
        levels,
        terrain,
        mask,
        wet,
        u,
        v,
        w,
        notes,
    })
}

/// What the horizontal coordinates mean, and where the nodes lie.
fn laid_out(
    catalogue: &Catalogue,
    pair: &velocity::Pair<'_>,
    choice: &Choice,
    places: Option<&places::Places<'_>>,
    layout: &layout::Layout<'_>,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<(Mesh, Horizontal), CfError> {
    let mesh = match places.and_then(|places| places.mesh(choice)) {
        Some(mesh) => mesh,
        None => mesh::of(catalogue, pair, layout, choice, notes)?,
    };
    let horizontal = match places {
        Some(places) => places.read(catalogue, pair, choice, mesh, read, notes)?,
        None => Horizontal::Axes {
            x: horizontal::axis(layout.x, true, mesh, read, notes)?,
            y: horizontal::axis(layout.y, false, mesh, read, notes)?,
        },
    };
    Ok((mesh, horizontal))
}

/// All stored values of a coordinate variable.
fn read_coordinate(variable: &Variable, read: &Read<'_>) -> Result<Vec<f64>, CfError> {
    let failed = |message| CfError::Read { variable: variable.name.clone(), message };
    let values = read(&variable.name).map_err(failed)?;
    let declared: u64 = variable.shape.iter().product();
    if values.len() as u64 != declared {
        return Err(failed(format!("{} values came for the {declared} declared", values.len())));
    }
    Ok(values)
}
