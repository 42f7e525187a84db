//! What was measured, as it is kept.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Absent, BenchError, Input, Machine, Measure, Options, Quartiles, Versions, Work, Workload,
};
use crate::engine::Device;
use crate::report::human;

/// The form of a [`Record`] as JSON. Another number stands for one that older programs would
/// misread.
pub const SCHEMA: &str = "drogue-bench-1";

/// All that one bench measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// When it began, in UTC.
    pub date: String,
    /// On what.
    pub machine: Machine,
    /// With what.
    pub versions: Versions,
    /// Processes that ran or waited to run on the machine before the bench, where the system counts
    /// them.
    pub load_before: Option<f64>,
    /// What was measured, in the order in which it was.
    pub measurements: Vec<Measurement>,
    /// Devices that were looked for and are not there.
    pub absent: Vec<Absent>,
}

/// What is measured; times of equal cases can be held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Case {
    /// The workload.
    pub workload: Workload,
    /// What of it.
    pub measure: Measure,
    /// Number of particles.
    pub particles: u64,
    /// Steps that each of them takes.
    pub steps: u64,
    /// What is read; nothing by the kernel alone.
    pub input: Option<Input>,
    /// Whether trajectories are written.
    pub output: bool,
    /// The memory that a run may use, in bytes; `None`: as `drogue run` chooses. Nothing is set to the
    /// kernel alone.
    #[serde(default)]
    pub memory: Option<u64>,
}

/// One case on one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What was measured.
    #[serde(flatten)]
    pub case: Case,
    /// What computed.
    pub device: Device,
    /// The repeats, in the order of time.
    pub samples: Vec<Sample>,
    /// How their wall times spread, in seconds.
    pub seconds: Quartiles,
    /// Particle-steps a second of wall time, median.
    pub particle_steps_per_second: f64,
    /// Bytes of decoded velocities a second of wall time, median; of measures that read files.
    pub bytes_per_second: Option<f64>,
}

/// One repeat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Wall time in seconds.
    pub seconds: f64,
    /// The time that the device itself measured for moving particles, where it can.
    pub device_seconds: Option<f64>,
    /// Processor time of all threads in seconds, where it can be known. A software adapter's is in
    /// it.
    pub processor_seconds: Option<f64>,
    /// The most memory that the process held in bytes, what earlier repeats left in it included, where
    /// it can be known; not of the kernel.
    pub peak_memory: Option<u64>,
}

impl Case {
    /// What one of its kind is asked for by.
    pub fn work(&self) -> Work {
        Work { workload: self.workload, measure: self.measure, particles: self.particles }
    }

    /// The case as people say it.
    pub fn in_words(&self) -> String {
        let input = self.input.map(|input| format!(", from {}", input.name()));
        let silent = self.measure == Measure::EndToEnd && !self.output;
        let output = if silent { ", no output" } else { "" };
        let memory = self.memory.map(|bytes| format!(", within {}", human::bytes(bytes)));
        let [input, memory] = [input, memory].map(Option::unwrap_or_default);
        format!("{}{input}{output}{memory}", self.work())
    }

    /// Particle-steps of one repeat.
    pub fn particle_steps(&self) -> u64 {
        self.particles * self.steps
    }
}

impl Measurement {
    /// Sums the samples up, of which there is one at least.
    ///
    /// # Panics
    /// If there is none.
    pub fn new(case: Case, device: Device, samples: Vec<Sample>) -> Self {
        let seconds = Quartiles::of(samples.iter().map(|sample| sample.seconds))
            .expect("something was measured");
        let bytes = case.input.map(|_| case.workload.bytes_read() as f64);
        Self {
            case,
            device,
            samples,
            seconds,
            particle_steps_per_second: case.particle_steps() as f64 / seconds.median,
            bytes_per_second: bytes.map(|bytes| bytes / seconds.median),
        }
    }

    /// Wall times in seconds.
    pub fn times(&self) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.seconds).collect()
    }

    /// Median part of `cores` that was busy, 0 to 1.
    pub fn occupancy(&self, cores: usize) -> Option<f64> {
        let part =
            |sample: &Sample| Some(sample.processor_seconds? / (sample.seconds * cores as f64));
        let parts: Option<Vec<f64>> = self.samples.iter().map(part).collect();
        Quartiles::of(parts?).map(|parts| parts.median)
    }

    /// The most memory of any repeat in bytes.
    pub fn peak_memory(&self) -> Option<u64> {
        self.samples.iter().filter_map(|sample| sample.peak_memory).max()
    }
}

impl Record {
    /// Reads what `drogue bench --json FILE` has written.
    ///
    /// # Errors
    /// [`BenchError::Record`].
    pub fn read(path: &Path) -> Result<Self, BenchError> {
        let wrong = |problem| BenchError::Record { path: path.to_owned(), problem };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let json: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match json.get("schema").and_then(|schema| schema.as_str()) {
            Some(SCHEMA) => {}
            Some(other) => return Err(wrong(format!("its schema is {other}, not {SCHEMA}"))),
            None => return Err(wrong("it has no `schema`".to_owned())),
        }
        let record: Self =
            serde_json::from_value(json).map_err(|error| wrong(error.to_string()))?;
        match record.measurements.iter().find(|measurement| measurement.samples.is_empty()) {
            Some(empty) => Err(wrong(format!("{} has no samples", empty.case.work()))),
            None => Ok(record),
        }
    }

    /// That what `options` ask for on `machine` can be held against this record, which is in `path`:
    /// to be known before minutes are spent.
    ///
    /// # Errors
    /// [`BenchError::OtherMachine`], [`BenchError::NothingInCommon`].
    pub fn check(
        &self,
        path: &Path,
        machine: &Machine,
        options: &Options,
    ) -> Result<(), BenchError> {
        if !self.machine.is_like(machine) {
            let (there, here) = (self.machine.to_string(), machine.to_string());
            return Err(BenchError::OtherMachine { path: path.to_owned(), there, here });
        }
        if self.measurements.iter().any(|measurement| options.ask_for(&measurement.case)) {
            return Ok(());
        }
        Err(self.nothing_in_common(path))
    }

    /// The error that says what this record, which is in `path`, holds.
    pub fn nothing_in_common(&self, path: &Path) -> BenchError {
        let mut there: Vec<String> = self
            .measurements
            .iter()
            .map(|one| format!("{} on {}", one.case.in_words(), one.device.name))
            .collect();
        there.dedup();
        BenchError::NothingInCommon { path: path.to_owned(), there: there.join("; ") }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Data;
    use super::*;
    use crate::engine::cpu::CpuEngine;

    fn record() -> Record {
        let case = Case {
            workload: Workload::W3,
            measure: Measure::Loading,
            particles: 1000,
            steps: 1440,
            input: Some(Input::Netcdf),
            output: false,
            memory: None,
        };
        let sample = |seconds| Sample {
            seconds,
            device_seconds: None,
            processor_seconds: Some(1.5 * seconds),
            peak_memory: Some(1 << 20),
        };
        let samples = [1.0, 2.0, 3.0].map(sample).to_vec();
        Record {
            schema: SCHEMA.to_owned(),
            date: "2020-01-01T00:00:00Z".to_owned(),
            machine: Machine::this(),
            versions: Versions::this(),
            load_before: Some(0.5),
            measurements: vec![Measurement::new(case, CpuEngine::describe(), samples)],
            absent: vec![Absent { device: "gpu".to_owned(), reason: "there is none".to_owned() }],
        }
    }

    #[test]
    fn samples_are_summed_up() {
        let record = record();
        let measurement = &record.measurements[0];
        assert_eq!(measurement.seconds.median, 2.0);
        assert_eq!(measurement.particle_steps_per_second, 720_000.0);
        // 61 snapshots of 1440 × 720 nodes.
        assert_eq!(measurement.bytes_per_second, Some(61.0 * 1440.0 * 720.0 * 8.0 / 2.0));
        assert_eq!(measurement.occupancy(2), Some(0.75));
        assert_eq!(measurement.peak_memory(), Some(1 << 20));
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        std::fs::write(&path, serde_json::to_string(&record()).unwrap()).unwrap();
        assert_eq!(Record::read(&path).unwrap(), record());
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        let json = serde_json::to_value(record()).unwrap();
        let refused = |json: serde_json::Value| {
            std::fs::write(&path, json.to_string()).unwrap();
            Record::read(&path).unwrap_err().to_string()
        };
        let mut other = json.clone();
        other["schema"] = "drogue-bench-9".into();
        assert!(refused(other).contains("its schema is drogue-bench-9"));
        assert!(refused(serde_json::json!({})).contains("no `schema`"));
        let mut empty = json.clone();
        empty["measurements"][0]["samples"] = serde_json::json!([]);
        assert!(refused(empty).contains("no samples"));
        let mut without = json;
        without["machine"] = serde_json::Value::Null;
        assert!(refused(without).contains("record.json"));
        assert!(Record::read(&folder.path().join("none")).is_err());
    }

    #[test]
    fn other_machines_and_other_work_are_not_compared() {
        let record = record();
        let check = |machine: &Machine, input, memory| {
            let options = Options {
                work: vec![record.measurements[0].case.work()],
                devices: Vec::new(),
                inputs: vec![input],
                output: true,
                memory,
                repeats: 5,
                data: Data::in_folder("nowhere"),
            };
            record.check(Path::new("old.json"), machine, &options)
        };
        check(&record.machine, Input::Netcdf, None).unwrap();
        let other = Machine { cpu: "an abacus".to_owned(), ..record.machine.clone() };
        let refused = check(&other, Input::Netcdf, None).unwrap_err().to_string();
        assert!(refused.contains("an abacus") && refused.contains("old.json"), "{refused}");
        let refused = check(&record.machine, Input::Zarr, None).unwrap_err().to_string();
        assert!(refused.contains("W3, loading, 1,000 particles, from netcdf on"), "{refused}");
        assert!(check(&record.machine, Input::Netcdf, Some(1 << 29)).is_err(), "less memory");
    }
}
