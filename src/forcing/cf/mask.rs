//! Variables that say where land is, whatever the velocities hold there.

use super::kind::{last_two, wide};
use super::layout::Layout;
use super::places::Places;
use super::velocity;
use super::{
    CfError, Choice, Component, FoundBy, LandMask, Level, Packing, Read, WetVariable,
    read_coordinate,
};
use crate::forcing::{Catalogue, Variable};

/// What a mask's numbers mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// 1 is water, as models have it.
    Water,
    /// 1 is land.
    Land,
}

/// Where the land is.
#[derive(Default)]
pub(super) struct Land {
    /// At all times.
    pub mask: Option<LandMask>,
    /// At each time.
    pub wet: Option<WetVariable>,
}

impl Land {
    /// What does not change, for those who cannot follow what does.
    fn at_all_times(self) -> Result<Option<LandMask>, CfError> {
        match self.wet {
            None => Ok(self.mask),
            Some(wet) => Err(CfError::Coordinate {
                variable: wet.component.variable,
                why: "says where land is at each time, which sampling does not follow yet: name \
                      another with `mask`"
                    .to_owned(),
            }),
        }
    }
}

/// What a mask is to fit.
pub(super) struct Fit<'a> {
    pub layout: &'a Layout<'a>,
    pub places: Option<&'a Places<'a>>,
    pub level: Option<&'a Level>,
    /// Whether the velocity has all its levels.
    pub all_levels: bool,
    /// Nodes in a row, and rows.
    pub shape: [usize; 2],
}

/// The land, by the mask that the scenario names, else by that of the model's staggered cells, else by
/// one with a CF standard name on the velocity's own points.
///
/// # Errors
/// [`CfError::UnknownVariable`], and [`CfError::Coordinate`] for a mask that does not fit.
pub(super) fn read(
    catalogue: &Catalogue,
    choice: &Choice,
    fit: &Fit<'_>,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<Land, CfError> {
    let &Fit { layout, places, level, all_levels, shape } = fit;
    let of_cells = match places {
        Some(Places::Faces(faces)) => Some(faces.mask),
        _ => None,
    };
    let in_a_row = matches!(places, Some(Places::Unstructured(_)));
    let wanted = [layout.y_dimension(), layout.x_dimension()];
    let found = match (&choice.mask, of_cells) {
        (Some(name), _) => Some(velocity::variable(catalogue, name)?),
        (None, Some(of_cells)) => of_cells,
        (None, None) => catalogue.variables.iter().find(|variable| {
            standard(variable).is_some() && dimensions(variable, in_a_row) == Some(wanted)
        }),
    };
    let Some(variable) = found else { return Ok(Land::default()) };
    // CROCO says `land_binary_mask` of one whose 1 is water, like all masks of such models.
    let meaning = match of_cells {
        None if !variable.name.starts_with("mask_") => standard(variable).unwrap_or(Meaning::Water),
        _ => Meaning::Water,
    };
    let refuse = |why: String| CfError::Coordinate { variable: variable.name.clone(), why };
    let (own, [rows, columns]) = match (dimensions(variable, in_a_row), variable.shape.as_slice()) {
        (Some(own), [.., points]) if in_a_row => (own, [&1, points]),
        (Some(own), [.., rows, columns]) => (own, [rows, columns]),
        _ => return Err(refuse("is no mask of rows and columns".to_owned())),
    };
    if of_cells.is_none() && own != wanted {
        let along = |[y, x]: [&str; 2]| if in_a_row { x.to_owned() } else { format!("{y}, {x}") };
        return Err(refuse(format!(
            "runs along {} where the velocity runs along {}",
            along(own),
            along(wanted)
        )));
    }
    if of_cells.is_some() {
        let [corner_columns, corner_rows] = shape;
        // One point more than there are corners, or, where the last corners are given, as many.
        let has = [*columns as usize, *rows as usize];
        if has != shape && has != shape.map(|corners| corners + 1) {
            return Err(refuse(format!(
                "has {columns} x {rows} points, which are not the centres of cells with {corner_columns} x {corner_rows} corners"
            )));
        }
    }
    let in_plane = if in_a_row { 1 } else { 2 };
    if varies(variable, layout) && wide(variable).count() == in_plane + 1 {
        notes.push(format!("`{}` says where land is at each time", variable.name));
        let component = Component {
            variable: variable.name.clone(),
            roles: layout.roles_of_plane(variable, in_a_row),
            packing: Packing::of_scalar(variable)?,
            found_by: if choice.mask.is_some() { FoundBy::Scenario } else { FoundBy::StandardName },
        };
        let wet = WetVariable { component, is_water: meaning == Meaning::Water };
        return Ok(Land { mask: None, wet: Some(wet) });
    }
    let values = read_coordinate(variable, read)?;
    let plane = (rows * columns) as usize;
    // One without levels holds for all of them.
    let planes = values.len() / plane.max(1);
    let number = match (planes, layout.level, level) {
        (0 | 1, ..) => 0,
        (planes, Some((_, count, _)), level)
            if planes as u64 == count
                && (all_levels || level.is_some())
                && !varies(variable, layout) =>
        {
            level.map_or(0, |level| level.index)
        }
        // A mask of all levels, of which the velocity has the uppermost alone.
        (_, None, None) if !varies(variable, layout) => 0,
        (planes, ..) => {
            return Err(refuse(format!(
                "has {planes} planes, which are neither times nor the velocity's levels"
            )));
        }
    };
    let first = number as usize * plane;
    let last = first + if all_levels { planes.max(1) * plane } else { plane };
    let of_level =
        values.get(first..last).ok_or_else(|| refuse(format!("has no level {number}")))?;
    let is_land = |&value: &f64| match meaning {
        Meaning::Water => value.is_nan() || (value - 1.0).abs() > 0.5,
        Meaning::Land => value.is_nan() || value.abs() > 0.5,
    };
    let land: Vec<bool> = of_level.iter().map(is_land).collect();
    let share = 100.0 * land.iter().filter(|&&land| land).count() as f64 / land.len() as f64;
    notes.push(format!("`{}` says where land is: {share:.0} % of its points", variable.name));
    let mask = LandMask {
        variable: variable.name.clone(),
        columns: *columns as usize,
        rows: *rows as usize,
        land: land.into(),
    };
    Ok(Land { mask: Some(mask), wet: None })
}

/// Masks of the points of scalars, by the names of ROMS, CROCO and NEMO.
const OF_SCALARS: [&str; 2] = ["mask_rho", "tmask"];

/// The land among the points of a scalar: by the mask that the scenario names for it, by that of the
/// velocity where it lies on the same points, by a model's own, or by one with a standard name.
///
/// # Errors
/// As for [`read`].
pub(super) fn of_scalar(
    catalogue: &Catalogue,
    scalar: &Variable,
    choice: &Choice,
    of_velocity: Option<&str>,
    fit: &Fit<'_>,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<LandMask>, CfError> {
    let in_a_row = matches!(fit.places, Some(Places::Unstructured(_)));
    let wanted = [fit.layout.y_dimension(), fit.layout.x_dimension()];
    let on_its_points = |name: &&str| {
        let mask = catalogue.variable(name);
        mask.is_some_and(|mask| dimensions(mask, in_a_row) == Some(wanted))
    };
    if choice.mask.is_some() || OF_SCALARS.contains(&scalar.name.as_str()) {
        // A mask does not hide its own land.
        return match choice.mask {
            Some(_) => self::read(catalogue, choice, fit, read, notes)?.at_all_times(),
            None => Ok(None),
        };
    }
    let known = of_velocity.into_iter().chain(OF_SCALARS);
    let mask = known.filter(on_its_points).map(str::to_owned).next();
    let is_known = mask.is_some();
    let found = self::read(catalogue, &Choice { mask, ..choice.clone() }, fit, read, notes)
        .and_then(Land::at_all_times);
    // One that nobody named for it need not have its levels.
    if is_known { Ok(found.unwrap_or(None)) } else { found }
}

/// The dimensions of a mask's points along y and along x, which are one where all lie in a row.
fn dimensions(variable: &Variable, in_a_row: bool) -> Option<[&str; 2]> {
    let last = || variable.dimensions.last().map(|last| [last.as_str(); 2]);
    if in_a_row { last() } else { last_two(variable) }
}

/// Whether a mask is one of several times.
fn varies(variable: &Variable, layout: &Layout<'_>) -> bool {
    let is_time = |name: &str| {
        layout.time.is_some_and(|time| time.dimensions.iter().any(|d| d == name))
            || names_time(name)
    };
    wide(variable).any(is_time)
}

fn names_time(dimension: &str) -> bool {
    let name = dimension.to_lowercase();
    name == "t" || name.contains("time")
}

/// What the standard name of a mask says of its numbers.
fn standard(variable: &Variable) -> Option<Meaning> {
    match variable.attributes.text("standard_name")?.trim() {
        "land_binary_mask" => Some(Meaning::Land),
        "sea_binary_mask" => Some(Meaning::Water),
        _ => None,
    }
}
