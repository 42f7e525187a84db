//! `[run]`: what a run is computed on, and with how much.

use std::time::Duration;

use serde::Serialize;

use super::reader::{Read, Table, Value};
use super::values;
use crate::pipeline::Schedule;
use crate::time::Span;

/// What a run is computed on, and with how much. `None` leaves the choice to the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The device; the default is `auto`.
    pub device: DeviceChoice,
    /// What all random numbers are derived from; the default is 0.
    pub seed: u64,
    /// The most memory of the host that the run may use, in bytes.
    pub memory: Option<u64>,
    /// Particles that are advanced together.
    pub block: Option<usize>,
    /// Threads that decode and compute.
    pub threads: Option<usize>,
    /// Requests to the disk or the object store that may be under way at once.
    pub requests: Option<usize>,
    /// Waited before each of those requests, as if the store were so far away: an experiment.
    pub latency: Option<Duration>,
    /// How long a request to an object store is tried again before it fails.
    pub patience: Option<Duration>,
    /// Whether snapshots overlap on their way; the default is that they do.
    pub schedule: Schedule,
}

/// Which device computes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// A graphics processor, else a software adapter, else the processor.
    #[default]
    Auto,
    /// A graphics processor.
    Gpu,
    /// A software implementation of a graphics API.
    Software,
    /// The f64 reference on the processor's cores.
    Cpu,
    /// The adapter whose name contains this text.
    Named(String),
}

impl DeviceChoice {
    /// The choice that `text` stands for: `auto`, `gpu`, `software`, `cpu` in any case, else the
    /// name of an adapter.
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Self::Auto,
            "gpu" => Self::Gpu,
            "software" => Self::Software,
            "cpu" => Self::Cpu,
            _ => Self::Named(text.to_owned()),
        }
    }
}

pub(super) fn read(mut table: Table<'_>) -> Run {
    let schedules = Schedule::ALL.map(|schedule| (schedule.name(), schedule));
    let device = |value: &Value<'_>| -> Read<_> { values::text(value).map(DeviceChoice::parse) };
    let run = Run {
        device: table.optional(&["device"], device).unwrap_or_default(),
        seed: table.optional(&["seed"], values::whole).unwrap_or(0),
        memory: table.optional(&["memory"], values::bytes),
        block: table.optional(&["block"], values::size),
        threads: table.optional(&["threads"], values::size),
        requests: table.optional(&["requests"], values::size),
        latency: table.optional(&["latency"], wait),
        patience: table.optional(&["patience"], wait),
        schedule: table
            .optional(&["schedule"], values::choice(&schedules, &[]))
            .unwrap_or_default(),
    };
    table.finish();
    run
}

/// A time of the machine's own clock.
fn wait(value: &Value<'_>) -> Read<Duration> {
    values::duration(value)
        .map(|Span(microseconds)| Duration::from_micros(microseconds.unsigned_abs()))
}
