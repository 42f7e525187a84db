//! `drogue plot`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use drogue::forcing::{Dataset, DatasetSpec};
use drogue::report::chart::{Chart, forcing_of, land, map_of};
use drogue::report::map::Drawing;
use drogue::trajectory::Trajectories;

use super::{Failure, Outcome, print_json};

/// Draw the trajectories of an output over land, as PNG or SVG
///
/// Lines for few particles, a density for many. Land is the forcing's own where the forcing can
/// still be read, and Natural Earth elsewhere.
#[derive(Args)]
pub(crate) struct Plot {
    /// The output of a run: .zarr or .parquet
    output: PathBuf,

    /// Where the picture goes: .png or .svg [default: beside the output]
    #[arg(short = 'o', long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// The forcing whose land is drawn, where it is not where the run found it
    #[arg(long, value_name = "DATA")]
    forcing: Option<String>,

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
        let forcing = self
            .forcing
            .as_ref()
            .map(|data| {
                let spec = DatasetSpec { data: vec![data.clone()], ..DatasetSpec::default() };
                Dataset::open(&spec).map_err(Failure::of)
            })
            .transpose()?;
        let drawing = draw(&self.output, forcing, self.width, &picture)?;
        if self.json {
            return print_json(&drawing);
        }
        println!("{}", picture.display());
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
    let mask = forcing.as_ref().map(land).transpose().map_err(Failure::of)?;
    let map = drogue::report::map::Map { width, ..map_of(output, &trajectories, mask) };
    Ok(map.save(&mut Chart(&trajectories), picture).map_err(Failure::of)?)
}
