//! What can be wrong with a dataset's description of itself.

use super::{Unserved, VelocityKind};
use crate::time::TimeError;

/// Why a dataset cannot be interpreted. The caller knows the file and adds its name.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CfError {
    /// A level's number beyond those there are.
    #[error(
        "`{variable}` has no level {level}: it has {count}, numbered from 0 to {}",
        count - 1
    )]
    NoLevelNumber {
        /// The variable.
        variable: String,
        /// The number asked for.
        level: u64,
        /// How many there are.
        count: u64,
    },
    /// Nothing says which way the components point on a grid whose axes are not east and north.
    #[error(
        "`{u}` and `{v}` lie on a curvilinear grid ({sign}) and do not say which way they point: set `components = \"earth\"` if that is east and north, or `components = \"grid\"` if it is along the grid's own axes"
    )]
    Pointing {
        /// The variable of the first component.
        u: String,
        /// The variable of the second.
        v: String,
        /// What shows that it is one.
        sign: String,
    },
    /// The dataset is of a kind that is recognised and not served.
    #[error(transparent)]
    Unserved(#[from] Unserved),
    /// Motion in three dimensions where the velocity has no levels.
    #[error(
        "`{variable}` has no levels, so nothing can move in three dimensions: leave `vertical` out"
    )]
    NoLevels {
        /// The variable.
        variable: String,
    },
    /// Motion in three dimensions where levels lie at no fixed depths.
    #[error(
        "the levels of `{variable}` along `{dimension}` {what}, and motion in three dimensions needs their depths: where it is the vertical velocity alone, set `vertical` to \"continuity\" or \"fixed\"; else leave it out and take one level by its number with `level`"
    )]
    NoDepths {
        /// The variable.
        variable: String,
        /// Its dimension.
        dimension: String,
        /// What the levels are.
        what: &'static str,
    },
    /// Levels that follow the floor, with a term of their formula missing.
    #[error(
        "the levels of `{variable}` follow the floor, and {what} is missing: name the file that holds it with `grid`, or leave `vertical` out and take one level by its number with `level`"
    )]
    NoTerrain {
        /// The velocity.
        variable: String,
        /// What is missing.
        what: &'static str,
    },
    /// No vertical velocity.
    #[error(
        "there is no vertical velocity beside `{u}`: give the file that holds it, name its variable with `w`, or set `vertical` to \"continuity\" to compute it from the horizontal ones (on rectilinear grids, at fixed depths), or to \"fixed\" for particles that stay at their depths"
    )]
    NoUpward {
        /// The eastward component.
        u: String,
    },
    /// No pair of velocity components.
    #[error(
        "no velocity pair: {found}; name both components with `u` and `v`{}",
        listed(candidates)
    )]
    NoVelocity {
        /// What was found instead.
        found: String,
        /// Variables that could be meant.
        candidates: Vec<String>,
    },
    /// There is a velocity, and it is not of the kind that is asked for.
    #[error(
        "there is no {} here, only the {} of `{u}` and `{v}`: give the data of [forcing.{}], write [forcing.{}], or name `u` and `v` to take them all the same",
        wanted.noun(), kind.noun(), wanted.name(), kind.name()
    )]
    OtherKind {
        /// What is asked for.
        wanted: VelocityKind,
        /// What there is.
        kind: VelocityKind,
        /// Its first component.
        u: String,
        /// Its second component.
        v: String,
    },
    /// The scenario names one component and not the other.
    #[error("`{given}` is named and its partner is not: name both `u` and `v`, or neither")]
    OneComponent {
        /// The component that was named.
        given: String,
    },
    /// A variable that the scenario names is not there.
    #[error("there is no variable `{wanted}`{}", did_you_mean(nearest))]
    UnknownVariable {
        /// The name given.
        wanted: String,
        /// The name that comes nearest.
        nearest: Option<String>,
    },
    /// Two variables that cannot be the components of one velocity.
    #[error("`{u}` and `{v}` are not a pair: {why}")]
    NotAPair {
        /// The first.
        u: String,
        /// The second.
        v: String,
        /// What differs.
        why: String,
    },
    /// A dimension whose meaning cannot be told, or that has no place in a velocity.
    #[error("dimension `{dimension}` of `{variable}`: {why}")]
    Dimension {
        /// The variable.
        variable: String,
        /// Its dimension.
        dimension: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// A variable lacks one of the two horizontal axes.
    #[error(
        "`{variable}` has no axis for {}: none of its dimensions ({dimensions}) has such a coordinate variable; name it with `{key}`",
        if *key == "x" { "longitude or x" } else { "latitude or y" }
    )]
    NoAxis {
        /// The variable.
        variable: String,
        /// Its dimensions.
        dimensions: String,
        /// The axis, by the scenario's key for it: `x` or `y`.
        key: &'static str,
    },
    /// A coordinate variable that cannot be an axis.
    #[error("coordinate variable `{variable}`: {why}")]
    Coordinate {
        /// The coordinate variable.
        variable: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// Units of a velocity that are not a speed.
    #[error(
        "`{variable}` has the units `{units}`, which are no speed; accepted are m s-1, cm s-1, mm s-1, km h-1, mph and knots, in their usual spellings"
    )]
    Units {
        /// The variable.
        variable: String,
        /// Its units.
        units: String,
    },
    /// A time axis that cannot be placed in time.
    #[error("time variable `{variable}`: {why}")]
    Time {
        /// The variable.
        variable: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// A date or a calendar of a time variable cannot be read.
    #[error("time variable `{variable}`: {source}")]
    Calendar {
        /// The variable.
        variable: String,
        /// What is wrong.
        source: TimeError,
    },
    /// No level lies near the depth asked for.
    #[error("{}", no_level(variable, *depth, *shallowest, *deepest))]
    NoLevel {
        /// The vertical coordinate variable.
        variable: String,
        /// What was asked for, metres positive down.
        depth: f64,
        /// The uppermost level, metres positive down.
        shallowest: f64,
        /// The lowest level.
        deepest: f64,
    },
    /// A standard name that several variables have.
    #[error(
        "`{wanted}` is the standard name of `{first}` and of {}: name one of them",
        others.join(", ")
    )]
    SeveralScalars {
        /// The name given.
        wanted: String,
        /// The first that has it.
        first: String,
        /// The others.
        others: Vec<String>,
    },
    /// Longitudes of different points along the dimensions of a scalar that names none of them.
    #[error(
        "`{variable}` does not say at which points it lies, and {} all tell longitudes along its dimensions: name the right ones as `lon` and `lat` in its table [sample.…]",
        found.join(", ")
    )]
    SeveralPlaces {
        /// The scalar.
        variable: String,
        /// The longitudes.
        found: Vec<String>,
    },
    /// A level's number, given for the velocity, and a scalar with other levels.
    #[error(
        "`{variable}` has {count} levels along `{dimension}`, which are not those of the velocity: say which to take by its number with `level` in its table [sample.…]"
    )]
    OtherLevels {
        /// The scalar.
        variable: String,
        /// Its dimension.
        dimension: String,
        /// How many levels it has.
        count: u64,
    },
    /// A scalar on levels at no fixed depths, where particles move in three dimensions.
    #[error(
        "the levels of `{variable}` along `{dimension}` {what}, so that it cannot be told between which of them a particle is: take one by its number with `level` in its table [sample.…]"
    )]
    ScalarLevels {
        /// The scalar.
        variable: String,
        /// Its dimension.
        dimension: String,
        /// What the levels are.
        what: &'static str,
    },
    /// A component that is there and cannot be read.
    #[error("`{variable}` cannot be read: {reason}")]
    Unreadable {
        /// The variable.
        variable: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A packing attribute that cannot be applied.
    #[error("`{variable}`: attribute {attribute} {why}")]
    Packing {
        /// The variable.
        variable: String,
        /// The attribute.
        attribute: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A decoded velocity that nothing of its kind reaches: most likely an undeclared fill value.
    #[error(
        "`{variable}` holds {value} m/s at index {index} of the block read, and no {} exceeds {limit} m/s: probably a fill value that no attribute declares (add it as `_FillValue`), or wrong `units`",
        kind.map_or("wind or current", VelocityKind::noun)
    )]
    Implausible {
        /// The variable.
        variable: String,
        /// Index into the values read, row-major.
        index: usize,
        /// The velocity in m/s.
        value: f64,
        /// What it is the velocity of, where that is known.
        kind: Option<VelocityKind>,
        /// The largest speed that is believed, in m/s.
        limit: f64,
    },
    /// A coordinate variable cannot be read.
    #[error("coordinate variable `{variable}` cannot be read: {message}")]
    Read {
        /// The variable.
        variable: String,
        /// The reader's words.
        message: String,
    },
}

fn listed(candidates: &[String]) -> String {
    if candidates.is_empty() {
        " (the dataset has no variables on a grid)".to_owned()
    } else {
        format!(" (the variables on a grid are {})", candidates.join(", "))
    }
}

fn no_level(variable: &str, depth: f64, shallowest: f64, deepest: f64) -> String {
    // A surface level at nought is no height where others lie below it.
    let (key, low, high) = if deepest <= 0.0 && shallowest < 0.0 {
        ("height", 0.0 - deepest, 0.0 - shallowest)
    } else {
        ("depth", shallowest, deepest)
    };
    format!(
        "no level at {}: the levels of `{variable}` lie at {key}s from {low} to {high} m; choose a `{key}` in that range",
        level_at(depth)
    )
}

/// A depth, or a height where it is negative, in a sentence.
pub(in crate::forcing) fn level_at(depth: f64) -> String {
    if depth < 0.0 { format!("height {} m", -depth) } else { format!("depth {depth} m") }
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}
