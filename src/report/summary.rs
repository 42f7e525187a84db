//! What a run says when it has ended: what became of the particles, how fast it was, and which
//! stage waited for what.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::human;
use crate::engine::Status;
use crate::pipeline::DepthSummary;
use crate::run::{Overlap, Resource};

/// What is to be told of a run. It prints itself as a text and serialises as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// What computed: the adapter with its backend, or the processor.
    pub device: String,
    /// Particles that the scenario releases.
    pub released: u64,
    /// How many ended in each status.
    pub statuses: Vec<StatusRow>,
    /// Time steps that the run took.
    pub steps: u64,
    /// Steps that particles took, all together.
    pub particle_steps: u64,
    /// Wall time in seconds.
    pub wall_seconds: f64,
    /// How well the run overlapped what it had to do, and what was busiest.
    pub overlap: Option<Overlap>,
    /// How many snapshots were fetched at once, and why.
    pub prefetch: Option<DepthSummary>,
    /// What the stages of the pipeline did, in the order of the data.
    pub stages: Vec<StageRow>,
    /// Where the trajectories are; nothing for a run that keeps none.
    pub output: Option<String>,
    /// What the reader ought to know besides.
    pub notes: Vec<String>,
}

/// How many particles ended in a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StatusRow {
    /// The status.
    pub status: Status,
    /// Particles.
    pub particles: u64,
}

/// What a stage of the pipeline did with its time. Seconds are summed over its workers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StageRow {
    /// The stage's name.
    pub stage: String,
    /// Seconds of work.
    pub busy_seconds: f64,
    /// Seconds without anything to work on.
    pub input_wait_seconds: f64,
    /// Seconds in which its result was not taken.
    pub output_wait_seconds: f64,
    /// Seconds in which the memory budget had no room.
    pub memory_wait_seconds: f64,
    /// The stage that it waited for the longest, if it waited.
    pub waited_for: Option<String>,
    /// Items that went through.
    pub items: u64,
    /// Bytes that went through.
    pub bytes: u64,
}

impl Summary {
    /// The sum over all statuses.
    pub fn accounted(&self) -> u64 {
        self.statuses.iter().map(|row| row.particles).sum()
    }

    /// Whether every released particle is in one of the statuses.
    pub fn adds_up(&self) -> bool {
        self.accounted() == self.released
    }

    /// Particle-steps in a second of wall time; nothing where no time passed.
    pub fn particle_steps_per_second(&self) -> Option<f64> {
        (self.wall_seconds > 0.0).then(|| self.particle_steps as f64 / self.wall_seconds)
    }

    fn particles(&self) -> Table {
        let mut table = Table::new(&["particles", ""]);
        for row in self.statuses.iter().filter(|row| row.particles > 0) {
            let name = row.status.name().replace('_', " ");
            table.row([format!("  {name}"), human::count(row.particles)]);
        }
        table.row(["released".to_owned(), human::count(self.released)]);
        table
    }

    fn stage_table(&self) -> Table {
        let mut table = Table::new(&[
            "stage",
            "busy",
            "no input",
            "no taker",
            "no memory",
            "waited for",
            "items",
            "bytes",
        ]);
        for row in &self.stages {
            table.row([
                row.stage.clone(),
                human::seconds(row.busy_seconds),
                human::seconds(row.input_wait_seconds),
                human::seconds(row.output_wait_seconds),
                human::seconds(row.memory_wait_seconds),
                row.waited_for.clone().unwrap_or_else(|| "-".to_owned()),
                human::count(row.items),
                human::bytes(row.bytes),
            ]);
        }
        table
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "device  {}", self.device)?;
        write!(f, "steps   {} in {}", human::count(self.steps), human::seconds(self.wall_seconds))?;
        if let Some(rate) = self.particle_steps_per_second() {
            write!(f, ", {}", human::si(rate, " particle-steps/s"))?;
        }
        writeln!(f)?;
        if let Some(overlap) = &self.overlap {
            writeln!(f, "overlap {}", told(overlap))?;
        }
        if let Some(prefetch) = &self.prefetch {
            writeln!(f, "fetch   {}", fetched(prefetch))?;
        }
        if let Some(output) = &self.output {
            writeln!(f, "output  {output}")?;
        }
        write!(f, "\n{}", self.particles())?;
        if !self.adds_up() {
            writeln!(
                f,
                "PARTICLES ARE MISSING: {} released, {} accounted for; please report this",
                human::count(self.released),
                human::count(self.accounted())
            )?;
        }
        if !self.stages.is_empty() {
            write!(f, "\n{}", self.stage_table())?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}

/// Overlap efficiency, and what was busiest: what to have more of.
pub(super) fn told(overlap: &Overlap) -> String {
    let name = |resource| match resource {
        Resource::Storage => "storage",
        Resource::Cores => "cores",
        Resource::Gpu => "GPU",
    };
    let time = |resource| human::seconds(overlap.time(resource).as_secs_f64());
    let others: Vec<String> = [Resource::Storage, Resource::Cores, Resource::Gpu]
        .into_iter()
        .filter(|&other| other != overlap.busiest && !overlap.time(other).is_zero())
        .map(|other| format!(", {} {}", name(other), time(other)))
        .collect();
    format!(
        "{:.0} %: busiest {} with {} of {}{}",
        100.0 * overlap.efficiency,
        name(overlap.busiest),
        time(overlap.busiest),
        human::seconds(overlap.elapsed.as_secs_f64()),
        others.concat()
    )
}

/// How many were fetched at once at the end and before, and what that was found from.
fn fetched(prefetch: &DepthSummary) -> String {
    let DepthSummary { now, least, largest, most, latency, pace } = *prefetch;
    if pace.is_zero() {
        return format!("{now} at once of at most {most}: too few to find out how many it takes");
    }
    let time = |time: Duration| human::seconds(time.as_secs_f64());
    format!(
        "{now} at once ({least} to {largest} of at most {most}): one takes {}, one is asked for \
         every {}",
        time(latency),
        time(pace)
    )
}

/// Rows of text in columns as wide as they need to be: the first aligned to the left, the others
/// to the right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.rows[0].len()).map(width).collect();
        for row in &self.rows {
            let mut line = format!("{:<1$}", row[0], widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                line.push_str(&format!("  {cell:>width$}"));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let rows = [(Status::Active, 953_019), (Status::Stranded, 46_981), (Status::AgedOut, 0)];
        Summary {
            device: "llvmpipe (Vulkan)".to_owned(),
            released: 1_000_000,
            statuses: rows.map(|(status, particles)| StatusRow { status, particles }).to_vec(),
            steps: 480,
            particle_steps: 470_000_000,
            wall_seconds: 23.5,
            overlap: Some(Overlap {
                elapsed: Duration::from_millis(23_500),
                storage: Duration::from_millis(1_200),
                cores: Duration::from_millis(20_680),
                gpu: Some(Duration::ZERO),
                busiest: Resource::Cores,
                efficiency: 0.88,
            }),
            prefetch: Some(DepthSummary {
                now: 4,
                least: 3,
                largest: 8,
                most: 32,
                latency: Duration::from_millis(52),
                pace: Duration::from_micros(17_500),
            }),
            stages: vec![
                StageRow {
                    stage: "decode".to_owned(),
                    busy_seconds: 1.25,
                    items: 81,
                    ..StageRow::default()
                },
                StageRow {
                    stage: "advance".to_owned(),
                    busy_seconds: 22.0,
                    input_wait_seconds: 0.5,
                    waited_for: Some("decode".to_owned()),
                    items: 80,
                    bytes: 3 << 20,
                    ..StageRow::default()
                },
            ],
            output: Some("demo.zarr".to_owned()),
            notes: vec!["u and v have no units: m/s assumed".to_owned()],
        }
    }

    #[test]
    fn the_text_says_what_happened() {
        let expected = "\
device  llvmpipe (Vulkan)
steps   480 in 23.5 s, 20.0 M particle-steps/s
overlap 88 %: busiest cores with 20.7 s of 23.5 s, storage 1.20 s
fetch   4 at once (3 to 8 of at most 32): one takes 52.0 ms, one is asked for every 17.5 ms
output  demo.zarr

particles
  active      953,019
  stranded     46,981
released    1,000,000

stage      busy  no input  no taker  no memory  waited for  items     bytes
decode   1.25 s       0 s       0 s        0 s           -     81       0 B
advance  22.0 s    500 ms       0 s        0 s      decode     80  3.00 MiB
note: u and v have no units: m/s assumed
";
        assert_eq!(summary().to_string(), expected);
    }

    #[test]
    fn a_lost_particle_is_not_passed_over() {
        let mut summary = summary();
        assert!(summary.adds_up());
        summary.statuses[0].particles -= 1;
        assert!(!summary.adds_up());
        let text = summary.to_string();
        assert!(text.contains("MISSING: 1,000,000 released, 999,999 accounted for"), "{text}");
    }

    #[test]
    fn a_run_too_short_to_measure_says_so() {
        let prefetch = DepthSummary { now: 8, most: 32, ..DepthSummary::default() };
        let text = Summary { prefetch: Some(prefetch), ..summary() }.to_string();
        assert!(text.contains("fetch   8 at once of at most 32: too few to find out"), "{text}");
    }

    #[test]
    fn a_run_without_time_has_no_rate() {
        let summary = Summary { wall_seconds: 0.0, ..summary() };
        assert_eq!(summary.particle_steps_per_second(), None);
        assert!(!summary.to_string().contains("inf"));
    }

    #[test]
    fn json_has_the_same_numbers() {
        let json = serde_json::to_value(summary()).expect("serialises");
        assert_eq!(json["statuses"][1]["status"], "stranded");
        assert_eq!(json["stages"][1]["bytes"], 3 << 20);
    }
}
