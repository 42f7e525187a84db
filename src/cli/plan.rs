//! `drogue plan`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use drogue::run;
use serde::Serialize;

use super::run::Changes;
use super::{Failure, Outcome, print_json};

/// Say what a run will need, without running it
#[derive(Args)]
pub(crate) struct Plan {
    /// The scenario file
    scenario: PathBuf,

    #[command(flatten)]
    changes: Changes,

    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Needs {
    particles: u64,
    blocks: u64,
    steps: u64,
    particle_steps: u64,
    start: String,
    end: String,
    cut_short: bool,
    snapshots: usize,
    columns: usize,
    rows: usize,
    outputs: usize,
    memory: run::Memory,
    notes: Vec<String>,
}

impl Plan {
    pub fn execute(self) -> Outcome {
        let plan = run::Plan::new(self.changes.read(&self.scenario)?).map_err(Failure::of)?;
        let calendar = plan.dataset.calendar();
        let needs = Needs {
            particles: plan.releases.total(),
            blocks: plan.blocks(),
            steps: plan.schedule.steps(),
            particle_steps: plan.particle_steps(),
            start: calendar.format(plan.schedule.start),
            end: calendar.format(plan.schedule.end),
            cut_short: plan.schedule.cut_short,
            snapshots: plan.schedule.snapshots.len(),
            columns: plan.setup.grid.columns(),
            rows: plan.setup.grid.rows(),
            outputs: plan.schedule.outputs.len(),
            memory: plan.memory,
            notes: plan.dataset.notes().to_vec(),
        };
        if self.json {
            return print_json(&needs);
        }
        print!("{needs}");
        Ok(ExitCode::SUCCESS)
    }
}

impl std::fmt::Display for Needs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{self:#?}", self = serde_json::json!(self))
    }
}
