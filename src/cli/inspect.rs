//! `drogue inspect`

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use drogue::forcing::cf::{Choice, MeshChoice, VelocityKind};
use drogue::forcing::{DatasetSpec, MissingChunks, inspect};

use super::{Outcome, print_json};

/// Say what a dataset holds and whether drogue can use it
///
/// The options say what the keys of a scenario's [forcing] of the same names say.
#[derive(Args)]
pub(crate) struct Inspect {
    /// Files, patterns, directories or Zarr stores, joined into one dataset
    #[arg(required = true)]
    data: Vec<String>,

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
            data: self.data,
            choice: Choice {
                kind: self.kind.map(|kind| match kind {
                    Kind::Current => VelocityKind::Current,
                    Kind::Wind => VelocityKind::Wind,
                    Kind::Stokes => VelocityKind::Stokes,
                }),
                u: self.u,
                v: self.v,
                x: self.lon,
                y: self.lat,
                time: self.time,
                depth: self.depth,
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
        };
        let inspection = inspect(&spec);
        let usable = inspection.refused.is_none();
        if self.json {
            print_json(&inspection)?;
        } else {
            print!("{inspection}");
        }
        Ok(if usable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
