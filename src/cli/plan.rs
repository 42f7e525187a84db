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
    forcings: Vec<Moved>,
    outputs: u64,
    memory: run::Memory,
    notes: Vec<String>,
}

/// What one of the forcings is asked for.
#[derive(Serialize)]
struct Moved {
    data: String,
    grid: String,
    snapshots: usize,
}

impl Moved {
    fn by(plan: &run::Plan, number: usize) -> Self {
        let carrier = &plan.carriers[number];
        let snapshots = plan.schedule.snapshots.iter();
        Self {
            data: carrier.name.clone(),
            grid: carrier.grid().describe(),
            snapshots: snapshots.filter(|needed| needed.forcing == number).count(),
        }
    }
}

impl Plan {
    pub fn execute(self) -> Outcome {
        let plan = run::Plan::new(self.changes.read(&self.scenario)?).map_err(Failure::of)?;
        let calendar = plan.calendar();
        let needs = Needs {
            particles: plan.releases.total(),
            blocks: plan.blocks(),
            steps: plan.schedule.steps(),
            particle_steps: plan.particle_steps(),
            start: calendar.format(plan.schedule.start),
            end: calendar.format(plan.schedule.end),
            cut_short: plan.schedule.cut_short,
            forcings: (0..plan.carriers.len()).map(|number| Moved::by(&plan, number)).collect(),
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
        for Moved { data, grid, snapshots } in &self.forcings {
            match &self.forcings[..] {
                [_] => writeln!(f, "snapshots  {snapshots} of {grid}")?,
                _ => writeln!(f, "forcing    {data}: {snapshots} snapshots of {grid}")?,
            }
        }
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
            "           {} for each snapshot on its way, {} at least",
            bytes(memory.snapshot),
            2 * memory.forcings
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
        if memory.passing > 0 {
            let passing = bytes(memory.passing);
            writeln!(f, "           {passing} of those that go from forcing to forcing")?;
        }
        writeln!(
            f,
            "           {} of observations on their way",
            bytes(memory.observations + memory.collected)
        )?;
        writeln!(f, "           {} of decoded chunks for later snapshots", bytes(memory.cache))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "note       {note}"))
    }
}
