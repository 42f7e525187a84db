//! `drogue demo`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use drogue::demo;
use drogue::forcing::inspect;
use drogue::run::{Controls, Plan, spec};

use super::run::{Changes, carry_out, summary};
use super::say::say;
use super::{ANSWER_NO, Failure, Outcome, STOPPED, plot, verify};

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
        say(format_args!("1. A made-up ocean and a scenario, in {}\n\n", folder.display()))?;

        say(format_args!("2. drogue inspect {}\n\n", folder.join("sea_*.nc").display()))?;
        say(format_args!("{}\n", inspect(&spec(&scenario, &scenario.forcings[0]))))?;

        say(format_args!("3. drogue run {} --overwrite\n\n", files.scenario.display()))?;
        let plan = Plan::new(scenario).map_err(Failure::of)?;
        let report = carry_out(&plan, true, &Controls::default())?;
        say(format_args!("{}\n", summary(&report)))?;
        if !report.complete {
            return Ok(ExitCode::from(STOPPED));
        }
        let Some(output) = &report.output else {
            return Ok(ExitCode::FAILURE);
        };

        let scenario = files.scenario.display();
        say(format_args!("4. drogue verify {scenario} --particles {SAMPLE}\n\n"))?;
        let comparison = verify::compare_plan(&plan, SAMPLE)?;
        say(format_args!("{}\n", verify::account(&comparison)))?;

        let picture = output.with_extension("png");
        say(format_args!("5. drogue plot {}\n\n", output.display()))?;
        plot::draw(output, None, 1600, &picture)?;
        let seconds = begun.elapsed().as_secs_f64();
        say(format_args!("The picture: {}\nAll of it took {seconds:.0} s.\n", picture.display()))?;
        Ok(match comparison.verdict.passed {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(ANSWER_NO),
        })
    }
}
