//! `drogue plot`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use drogue::forcing::{Dataset, DatasetSpec};
use drogue::report::chart::{Chart, forcing_of, land, map_of};
use drogue::report::map::{Drawing, Map};
use drogue::trajectory::Trajectories;

use super::say::{say, say_json};
use super::{Failure, Outcome, host, name};

/// Draw the trajectories of an output over land, as PNG or SVG
///
/// Lines for few particles, a density for many. Land is the forcing's own where the forcing can
/// still be read and has any, and Natural Earth elsewhere.
#[derive(Args)]
pub(crate) struct Plot {
    /// The output of a run: .zarr or .parquet
    output: PathBuf,

    /// Where the picture goes: .png or .svg [default: beside the output]
    #[arg(short = 'o', long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// The forcing whose land is drawn, where it is not where the run found it
    #[arg(long, value_name = "DATA")]
    forcing: Option<PathBuf>,

    /// Width in pixels
    #[arg(long, default_value_t = 1600)]
    width: u32,

    /// Print what was drawn as JSON
    #[arg(long)]
    json: bool,
}

impl Plot {
    pub fn execute(self) -> Outcome {
        let picture = self.to.clone().unwrap_or_else(|| self.output.with_extension("png"));
        let forcing = match self.forcing {
            Some(data) => {
                let spec = DatasetSpec { data: vec![name(data)?], ..DatasetSpec::default() };
                Some(Dataset::open(&spec).map_err(Failure::of)?)
            }
            None => None,
        };
        let drawing = draw(&self.output, forcing, self.width, &picture)?;
        if self.json {
            say_json(&drawing)?;
        } else {
            say(format_args!("{}\n", picture.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Draws an output into a picture.
pub(crate) fn draw(
    output: &Path,
    forcing: Option<Dataset>,
    width: u32,
    picture: &Path,
) -> miette::Result<Drawing> {
    let trajectories = Trajectories::open(output).map_err(Failure::of)?;
    let forcing = forcing.or_else(|| forcing_of(output, &trajectories));
    if forcing.is_none() {
        tracing::info!("the run's forcing is not found: land is Natural Earth's");
    }
    host::spin("drawing", || {
        let times = trajectories.output_times();
        let mask = match (&forcing, times.first().zip(times.last())) {
            (Some(forcing), Some((&first, &last))) => {
                land(forcing, [first, last]).map_err(Failure::of)?
            }
            _ => None,
        };
        let map = Map { width, ..map_of(output, &trajectories, mask) };
        Ok(map.save(&mut Chart(&trajectories), picture).map_err(Failure::of)?)
    })
}
