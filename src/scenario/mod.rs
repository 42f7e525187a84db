//! What was asked for: the TOML that a user writes, checked, with units resolved and defaults
//! filled in.
//!
//! A [`Scenario`] knows nothing of what the files hold. Times are therefore
//! [`CivilTime`](crate::time::CivilTime)s, which
//! the calendar of the forcing gives their place, and positions are `x` and `y`: longitude and
//! latitude in degrees on a sphere, metres on a plane.
//!
//! ```
//! use std::path::Path;
//! use drogue::scenario::Scenario;
//!
//! let text = r#"
//!     [forcing.current]
//!     data = "currents/*.nc"
//!
//!     [release]
//!     kind = "grid"
//!     lon = [-5.0, 5.0]
//!     lat = [40.0, 45.0]
//!     count = 100_000
//!
//!     [time]
//!     duration = "5d"
//!     step = "10min"
//! "#;
//! let scenario = Scenario::from_toml(text, Path::new("runs/bay.toml"))?;
//! assert_eq!(scenario.forcings[0].data, ["runs/currents/*.nc"]);
//!
//! let error = Scenario::from_toml(&text.replace("step", "stpe"), Path::new("bay.toml"));
//! assert_eq!(error.unwrap_err().faults()[0].help.as_deref(), Some("did you mean `step`?"));
//! # Ok::<(), drogue::scenario::ScenarioError>(())
//! ```
//!
//! All that is wrong with a text is reported at once, each [`Fault`] with its place in the text.
//! Relative paths are relative to the folder of the scenario file.

mod error;
mod forcing;
mod output;
mod pattern;
mod physics;
mod reader;
mod release;
mod run;
mod sample;
mod time;
mod values;

pub use error::{Fault, ScenarioError};
pub use forcing::{Forcing, MOST_FORCINGS};
pub use output::{Output, OutputFormat};
pub use pattern::{Area, Layout, Pattern, Spacing};
pub use physics::{MeshChoice, Physics};
pub use release::Release;
pub use run::{DeviceChoice, Run};
pub use sample::Sample;
pub use time::{Direction, Extent, Time};

use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::de::DeTable;

use reader::{Faults, Table};

/// A whole scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// What moves the particles, one at least: where several have water, the first of them does.
    pub forcings: Vec<Forcing>,
    /// Where and when they start.
    pub release: Release,
    /// What time the run covers, in which steps.
    pub time: Time,
    /// How they move.
    pub physics: Physics,
    /// The fields whose values are kept with each observation.
    pub samples: Vec<Sample>,
    /// What is kept; `None`: nothing is written.
    pub output: Option<Output>,
    /// What it is computed on.
    pub run: Run,
    /// The file that the text is from, or what was given in its place.
    pub origin: PathBuf,
    /// The text as it was written, for the record; empty for a scenario made by a program.
    pub text: String,
}

impl Scenario {
    /// A scenario made by a program: `release` in `forcing`, for as long as the forcing reaches,
    /// without output. What is to be otherwise is set in the fields.
    pub fn new(forcing: Forcing, release: Release) -> Self {
        Self {
            forcings: vec![forcing],
            release,
            time: Time::default(),
            physics: Physics::default(),
            samples: Vec::new(),
            output: None,
            run: Run::default(),
            origin: PathBuf::new(),
            text: String::new(),
        }
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// [`ScenarioError::Unreadable`] where there is no such text file, [`ScenarioError::Faulty`]
    /// with all that is wrong in it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
        Self::from_toml(&text, path)
    }

    /// Reads a scenario from its text. Relative paths in it are relative to the folder of `origin`,
    /// the file that the text is from; messages name `origin` too.
    ///
    /// # Errors
    /// [`ScenarioError::Faulty`] with all that is wrong in the text.
    pub fn from_toml(text: &str, origin: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let origin = origin.as_ref();
        let faulty = |faults| ScenarioError::Faulty {
            origin: origin.to_owned(),
            text: text.to_owned(),
            faults,
        };
        let (document, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let fault = |error: &toml::de::Error| Fault {
                message: error.message().to_owned(),
                span: error.span(),
                help: None,
            };
            return Err(faulty(errors.iter().map(fault).collect()));
        }
        let faults = Faults::default();
        let scenario = read(Table::root(document.get_ref(), &faults), text, origin);
        let faults = faults.into_sorted();
        match scenario {
            Some(scenario) if faults.is_empty() => Ok(scenario),
            _ => Err(faulty(faults)),
        }
    }
}

/// The scenario in `root`; `None`, or faults noted with the table, where something is wrong.
fn read(mut root: Table<'_>, text: &str, origin: &Path) -> Option<Scenario> {
    let folder = origin.parent().unwrap_or(Path::new(""));
    let forcing = root.required_table(&["forcing"], "add [forcing.current] with `data`");
    let release = root.required_table(&["release"], "add [release] with `kind`");
    let time = root.required_table(&["time"], "add [time] with `step`, for example \"10min\"");
    let physics = root.table(&["physics"]);
    let sample = root.table(&["sample"]);
    let output = root.table(&["output"]);
    let run = root.table(&["run"]);

    let forcings = forcing.and_then(|table| forcing::read(table, folder));
    let release = release.and_then(|table| release::read(table, folder));
    let time = time.and_then(time::read);
    let (physics, mut samples) = physics.map(physics::read).unwrap_or_default();
    samples.extend(sample.map(|table| sample::tables(table, folder)).unwrap_or_default());
    sample::check(&samples, output.is_some(), &root);
    root.finish();
    let output = output.map(|table| output::read(table, folder));
    let run = run.map_or_else(Run::default, run::read);
    Some(Scenario {
        forcings: forcings?,
        release: release?,
        time: time?,
        physics,
        samples: samples.into_iter().map(|(sample, _)| sample).collect(),
        output: match output {
            Some(output) => Some(output?),
            None => None,
        },
        run,
        origin: origin.to_owned(),
        text: text.to_owned(),
    })
}
