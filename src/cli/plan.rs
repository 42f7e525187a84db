//! `drogue plan`

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use drogue::report::human;
use drogue::run;
use serde::Serialize;

use super::run::Changes;
use super::say::{say, say_json};
use super::{Failure, Outcome};

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
    outputs: u64,
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
            notes: plan.notes(),
        };
        if self.json {
            say_json(&needs)?;
        } else {
            say(needs)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = &self.memory;
        let bytes = human::bytes;
        let home = if memory.resident { "in memory" } else { "on disk, block by block" };
        writeln!(f, "time       {} to {}", self.start, self.end)?;
        if self.cut_short {
            writeln!(f, "           the forcing ends there, before the run was to end")?;
        }
        writeln!(f, "steps      {}", human::count(self.steps))?;
        writeln!(f, "snapshots  {} of {} x {} nodes", self.snapshots, self.columns, self.rows)?;
        writeln!(f, "particles  {} in {} blocks", human::count(self.particles), self.blocks)?;
        writeln!(f, "work       {} particle-steps at most", human::count(self.particle_steps))?;
        writeln!(f, "outputs    {}", self.outputs)?;
        writeln!(
            f,
            "memory     {} of a budget of {}",
            bytes(memory.least()),
            bytes(memory.budget)
        )?;
        writeln!(
            f,
            "           {} for each snapshot on its way, two at least",
            bytes(memory.snapshot)
        )?;
        if memory.again > 0 {
            writeln!(f, "           {} kept for one that is read again", bytes(memory.again))?;
        }
        if memory.grid > 0 {
            writeln!(f, "           {} of the places of the grid's nodes", bytes(memory.grid))?;
        }
        if memory.samples > 0 {
            writeln!(f, "           {} of what is sampled", bytes(memory.samples + memory.kept))?;
        }
        writeln!(f, "           {} of particles, kept {home}", bytes(memory.particles))?;
        writeln!(
            f,
            "           {} of observations on their way",
            bytes(memory.observations + memory.collected)
        )?;
        writeln!(f, "           {} of decoded chunks for later snapshots", bytes(memory.cache))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "note       {note}"))
    }
}
