//! `drogue inspect`

use std::process::ExitCode;

use clap::Args;
use drogue::forcing::cf::Choice;
use drogue::forcing::{DatasetSpec, inspect};

use super::{Outcome, print_json};

/// Say what a dataset holds and whether drogue can use it
#[derive(Args)]
pub(crate) struct Inspect {
    /// Files, patterns, directories or Zarr stores, joined into one dataset
    #[arg(required = true)]
    data: Vec<String>,

    /// The level to look at, metres positive down
    #[arg(long, value_name = "METRES")]
    depth: Option<f64>,

    /// Accept steps in time far longer than the others
    #[arg(long)]
    allow_gaps: bool,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub fn execute(self) -> Outcome {
        let spec = DatasetSpec {
            data: self.data,
            choice: Choice { depth: self.depth, ..Choice::default() },
            allow_gaps: self.allow_gaps,
            ..DatasetSpec::default()
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
