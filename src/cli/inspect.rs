//! `drogue inspect`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use drogue::forcing::cf::{Choice, Components, MeshChoice, VelocityKind, Vertical};
use drogue::forcing::{DatasetSpec, Inspection, MissingChunks, inspect};
use drogue::report::suggestion::scenario;
use drogue::time::CivilTime;
use serde::Serialize;

use super::say::{say, say_json};
use super::{Outcome, host, name};

/// Say what a dataset holds and whether drogue can use it
///
/// The options say what the keys of a scenario's [forcing] of the same names say.
#[derive(Args)]
pub(crate) struct Inspect {
    /// Files, patterns, directories or Zarr stores, joined into one dataset
    #[arg(required = true)]
    data: Vec<PathBuf>,

    /// What to look for: [forcing.current], [forcing.wind] or [forcing.stokes]
    #[arg(long)]
    kind: Option<Kind>,

    /// Variable of eastward velocity
    #[arg(long, value_name = "NAME", requires = "v")]
    u: Option<String>,

    /// Variable of northward velocity
    #[arg(long, value_name = "NAME", requires = "u")]
    v: Option<String>,

    /// Coordinate variable of longitude, or of x
    #[arg(long, value_name = "NAME", visible_alias = "x")]
    lon: Option<String>,

    /// Coordinate variable of latitude, or of y
    #[arg(long, value_name = "NAME", visible_alias = "y")]
    lat: Option<String>,

    /// Coordinate variable of time
    #[arg(long, value_name = "NAME")]
    time: Option<String>,

    /// The level to look at, metres positive down
    #[arg(long, value_name = "METRES")]
    depth: Option<f64>,

    /// The level of a wind to look at, metres above the surface
    #[arg(long, value_name = "METRES", conflicts_with = "depth")]
    height: Option<f64>,

    /// The number of the level to look at, from 0, in place of its depth
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["depth", "height"])]
    level: Option<u64>,

    /// Look at all levels, for motion in three dimensions: each particle fixed at its depth, with the
    /// data's vertical velocity, or with one from continuity
    #[arg(long, value_name = "HOW", conflicts_with_all = ["depth", "height", "level"])]
    vertical: Option<UpAndDown>,

    /// Variable of upward velocity
    #[arg(long, value_name = "NAME", requires = "vertical")]
    w: Option<String>,

    /// Which way the components point on a curvilinear grid that does not say
    #[arg(long)]
    components: Option<Pointing>,

    /// Variable that says where land is
    #[arg(long, value_name = "NAME")]
    mask: Option<String>,

    /// The date from which times are counted whose units name none
    #[arg(long, value_name = "DATE", value_parser = CivilTime::parse)]
    epoch: Option<CivilTime>,

    /// Files with the coordinates or the mask of the grid
    #[arg(long, value_name = "FILE")]
    grid: Vec<PathBuf>,

    /// Take one snapshot for all times
    #[arg(long)]
    steady: bool,

    /// What the horizontal coordinates mean
    #[arg(long, default_value = "auto")]
    mesh: Mesh,

    /// What a Zarr chunk without a file means: lost data, or nothing but fill values
    #[arg(long, default_value = "refuse")]
    missing_chunks: Missing,

    /// Accept steps in time far longer than the others
    #[arg(long)]
    allow_gaps: bool,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Current,
    Wind,
    Stokes,
}

#[derive(Clone, Copy, ValueEnum)]
enum UpAndDown {
    Fixed,
    Velocity,
    Continuity,
}

#[derive(Clone, Copy, ValueEnum)]
enum Pointing {
    Earth,
    Grid,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mesh {
    Auto,
    Sphere,
    Flat,
}

#[derive(Clone, Copy, ValueEnum)]
enum Missing {
    Refuse,
    Fill,
}

impl Inspect {
    pub fn execute(self) -> Outcome {
        let spec = DatasetSpec {
            data: self.data.into_iter().map(name).collect::<Result<_, _>>()?,
            grid: self.grid.into_iter().map(name).collect::<Result<_, _>>()?,
            choice: Choice {
                kind: self.kind.map(|kind| match kind {
                    Kind::Current => VelocityKind::Current,
                    Kind::Wind => VelocityKind::Wind,
                    Kind::Stokes => VelocityKind::Stokes,
                }),
                u: self.u,
                v: self.v,
                w: self.w,
                vertical: self.vertical.map(|vertical| match vertical {
                    UpAndDown::Fixed => Vertical::Fixed,
                    UpAndDown::Velocity => Vertical::Velocity,
                    UpAndDown::Continuity => Vertical::Continuity,
                }),
                x: self.lon,
                y: self.lat,
                time: self.time,
                depth: self.depth.or(self.height.map(|height| 0.0 - height)),
                components: self.components.map(|components| match components {
                    Pointing::Earth => Components::Earth,
                    Pointing::Grid => Components::Grid,
                }),
                mask: self.mask,
                level: self.level,
                epoch: self.epoch,
                steady: self.steady,
                mesh: match self.mesh {
                    Mesh::Auto => MeshChoice::Auto,
                    Mesh::Sphere => MeshChoice::Sphere,
                    Mesh::Flat => MeshChoice::Flat,
                },
                ..Choice::default()
            },
            allow_gaps: self.allow_gaps,
            missing_chunks: match self.missing_chunks {
                Missing::Refuse => MissingChunks::Refuse,
                Missing::Fill => MissingChunks::Fill,
            },
            ..DatasetSpec::default()
        };
        let inspection = host::spin("looking at the data", || inspect(&spec));
        let usable = inspection.refused.is_none();
        let scenario = inspection.field.as_ref().and_then(|field| scenario(&spec, field));
        if self.json {
            say_json(&Inspected { inspection: &inspection, scenario })?;
        } else {
            say(harmless(&inspection.to_string()))?;
            if let Some(scenario) = scenario {
                say(format_args!("a scenario that runs on it:\n\n{}", harmless(&scenario)))?;
            }
        }
        Ok(if usable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What is said as JSON.
#[derive(Serialize)]
struct Inspected<'a> {
    #[serde(flatten)]
    inspection: &'a Inspection,
    /// A scenario that runs on the dataset, where one can be thought of.
    scenario: Option<String>,
}

/// The text without control characters but line ends: attributes come from files, and a terminal
/// would obey them.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => harmless.push('\n'),
            control if control.is_control() => harmless.extend(control.escape_default()),
            other => harmless.push(other),
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(harmless("m s⁻¹\n\u{1b}[31m\r\u{9b}x"), "m s⁻¹\n\\u{1b}[31m\\r\\u{9b}x");
    }
}
