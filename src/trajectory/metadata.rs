//! What a file of trajectories says about the run that made it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::engine::Device;
use crate::grid::Mesh;
use crate::time::{Calendar, Instant};

/// What is known of a run before it starts. All of it goes into the attributes of the output.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// How many particles the run releases. Their ids are `0..particles`.
    pub particles: u64,
    /// How many output times are expected, where that is known; used to choose the chunks.
    pub slots: Option<u32>,
    /// The calendar of all times.
    pub calendar: Calendar,
    /// When the run starts: its end in model time if it goes backward. Times are stored as
    /// seconds since then, in f64: exact to the microsecond for 136 years either side.
    pub start: Instant,
    /// What the coordinates mean.
    pub mesh: Mesh,
    /// The depth in metres, positive down, at which all particles stay. `None` if each
    /// observation brings its own.
    pub depth: Option<f64>,
    /// What is sampled along the trajectories, each a variable of the output.
    pub samples: Vec<Sampled>,
    /// A short description for people.
    pub title: String,
    /// The scenario as the user wrote it.
    pub scenario: String,
    /// The program and its version.
    pub version: String,
    /// What computed.
    pub device: Device,
    /// The seed of all randomness.
    pub seed: u64,
    /// What was done to get this output, as CF's `history`: usually a time stamp and the command
    /// line. `None` leaves it out, and two runs of one scenario write the same bytes.
    pub history: Option<String>,
    /// When each particle is released.
    pub release_times: ReleaseTimes,
}

/// A variable of the output that holds the values of a field where particles are, as f32.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sampled {
    /// Its name in the output.
    pub name: String,
    /// The units of its values, as their source tells them.
    pub units: Option<String>,
    /// Its CF standard name.
    pub standard_name: Option<String>,
    /// What people call it.
    pub long_name: Option<String>,
}

/// Names that the output has for itself, in one of its formats or in people's minds.
const OWN_NAMES: [&str; 14] = [
    "trajectory",
    "obs",
    "release_time",
    "output_time",
    "time",
    "t",
    "lon",
    "lat",
    "x",
    "y",
    "z",
    "depth",
    "status",
    "particle_id",
];

impl Sampled {
    /// Why no variable of the output may have this name, if none may.
    pub fn why_not_named(name: &str) -> Option<&'static str> {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
        if OWN_NAMES.contains(&name.to_lowercase().as_str()) {
            Some("is a variable of the output itself")
        } else if name.is_empty() || name.starts_with(['.', '_']) || !name.chars().all(is_plain) {
            Some(
                "is no name for a variable of the output: those begin with a letter, and have letters, digits, `_`, `-`, `+` and `.`",
            )
        } else {
            None
        }
    }
}

/// When each particle is released: asked for in ranges, so that no list of all need exist.
#[derive(Clone)]
pub struct ReleaseTimes(Arc<dyn Fn(Range<u64>) -> Vec<Instant> + Send + Sync>);

impl ReleaseTimes {
    /// Release times from a function that gives one for each id in the range it is asked for.
    pub fn new(of: impl Fn(Range<u64>) -> Vec<Instant> + Send + Sync + 'static) -> Self {
        Self(Arc::new(of))
    }

    /// All particles at once.
    pub fn at(instant: Instant) -> Self {
        Self::new(move |ids| ids.map(|_| instant).collect())
    }

    /// The release times of the particles `ids`.
    pub fn of(&self, ids: Range<u64>) -> Vec<Instant> {
        (self.0)(ids)
    }
}

impl fmt::Debug for ReleaseTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReleaseTimes(..)")
    }
}
