//! `drogue demo`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use drogue::demo;
use drogue::forcing::inspect;
use drogue::run::{Controls, Plan, spec};

use super::run::{Changes, carry_out, summary};
use super::{ANSWER_NO, Failure, Outcome, plot, verify};

/// Do the whole job on a made-up ocean: inspect, run a million particles, verify, plot
///
/// Writes a small ocean and a scenario as NetCDF and TOML files, and then does what a user would.
/// Takes about a minute on two cores without a graphics processor.
#[derive(Args)]
pub(crate) struct Demo {
    /// Where the files go [default: a folder for temporary files]
    folder: Option<PathBuf>,

    #[command(flatten)]
    changes: Changes,
}

/// Particles that are held against the reference.
const SAMPLE: u64 = 5_000;

impl Demo {
    pub fn execute(self) -> Outcome {
        let begun = Instant::now();
        let folder =
            self.folder.clone().unwrap_or_else(|| std::env::temp_dir().join("drogue-demo"));
        let files = demo::write(&folder).map_err(Failure::of)?;
        let scenario = self.changes.read(&files.scenario)?;
        println!("1. A made-up ocean and a scenario, in {}\n", folder.display());

        println!("2. drogue inspect {}\n", folder.join("sea_*.nc").display());
        println!("{}", inspect(&spec(&scenario)));

        println!("3. drogue run {} --overwrite\n", files.scenario.display());
        let plan = Plan::new(scenario).map_err(Failure::of)?;
        let report = carry_out(&plan, true, &Controls::default())?;
        println!("{}", summary(&report));
        let Some(output) = &report.output else {
            return Ok(ExitCode::FAILURE);
        };

        println!("4. drogue verify {} --particles {SAMPLE}\n", files.scenario.display());
        let comparison = verify::compare_plan(&plan, SAMPLE)?;
        println!("{}", verify::account(&comparison));

        let picture = output.with_extension("png");
        println!("5. drogue plot {}\n", output.display());
        plot::draw(output, None, 1600, &picture)?;
        println!("The picture: {}", picture.display());
        println!("All of it took {:.0} s.", begun.elapsed().as_secs_f64());
        Ok(match comparison.verdict.passed {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(ANSWER_NO),
        })
    }
}
