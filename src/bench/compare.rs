//! Two records held against each other.

use std::fmt;

use serde::Serialize;

use super::statistics::rank_sum_test;
use super::{Case, Measurement, Record};
use crate::engine::Device;

/// A difference counts where the exact rank-sum test gives it at most this probability of being
/// noise: one false alarm in a hundred comparisons, each of them by itself. Five repeats on either
/// side can reach it, fewer cannot.
pub const SIGNIFICANCE: f64 = 0.01;

/// A difference of the medians below this part is none, however certain.
pub const LEAST_DIFFERENCE: f64 = 0.03;

/// More processes than these before a bench, on average over a minute, are other work.
const IDLE: f64 = 0.5;

/// What the times of two records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The new times are shorter.
    Faster,
    /// The new times are longer.
    Slower,
    /// The noise allows no difference to be seen, or it is below [`LEAST_DIFFERENCE`].
    NoDifference,
    /// So few repeats that no difference could be told from noise.
    TooFewRepeats,
}

/// A case on a device that both records hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub case: Case,
    /// The device, as the new record has it.
    pub device: Device,
    /// Median of the old times in seconds.
    pub old_seconds: f64,
    /// Median of the new times in seconds.
    pub new_seconds: f64,
    /// How probable so great a difference is by noise alone.
    pub probability: f64,
    /// What that says.
    pub verdict: Verdict,
}

/// A record held against an older one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// When the old record was made.
    pub old_date: String,
    /// The program of the old record.
    pub old_version: String,
    /// What both hold.
    pub rows: Vec<Row>,
    /// What only the old one holds.
    pub only_old: Vec<String>,
    /// What only the new one holds.
    pub only_new: Vec<String>,
    /// What else differs between the two.
    pub notes: Vec<String>,
}

impl Comparison {
    /// Whether anything has become slower.
    pub fn is_slower(&self) -> bool {
        self.rows.iter().any(|row| row.verdict == Verdict::Slower)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Faster => "faster",
            Self::Slower => "SLOWER",
            Self::NoDifference => "no difference",
            Self::TooFewRepeats => "too few repeats",
        })
    }
}

/// Holds `new` against `old`, case by case and device by device. [`Record::check`] says whether that
/// makes sense.
///
/// The verdict is on wall times: [`SIGNIFICANCE`] by the exact rank-sum test, and
/// [`LEAST_DIFFERENCE`] between the medians.
pub fn compare(old: &Record, new: &Record) -> Comparison {
    let pairs = new.measurements.iter().filter_map(|new| Some((find(old, new)?, new)));
    let rows: Vec<Row> = pairs.map(|(old, new)| row(old, new)).collect();
    let without = |these: &Record, others: &Record| {
        let alone = these.measurements.iter().filter(|one| find(others, one).is_none());
        alone.map(|one| format!("{} on {}", one.case.in_words(), one.device.name)).collect()
    };
    Comparison {
        old_date: old.date.clone(),
        old_version: old.versions.drogue.clone(),
        only_old: without(old, new),
        only_new: without(new, old),
        notes: notes(old, new, &rows),
        rows,
    }
}

/// The measurement of the same case on the same device. Drivers may differ: that may be the question.
fn find<'a>(record: &'a Record, like: &Measurement) -> Option<&'a Measurement> {
    let of = |device: &Device| (device.kind, device.name.clone(), device.backend.clone());
    let same = |one: &&Measurement| one.case == like.case && of(&one.device) == of(&like.device);
    record.measurements.iter().find(same)
}

fn row(old: &Measurement, new: &Measurement) -> Row {
    let (before, after) = (old.times(), new.times());
    let probability = rank_sum_test(&before, &after);
    // Samples that do not overlap at all are the clearest there can be.
    let numbered: Vec<f64> = (0..before.len() + after.len()).map(|index| index as f64).collect();
    let (lower, higher) = numbered.split_at(before.len());
    let clearest = rank_sum_test(lower, higher);
    let (old_seconds, new_seconds) = (old.seconds.median, new.seconds.median);
    let verdict = if clearest > SIGNIFICANCE {
        Verdict::TooFewRepeats
    } else if probability > SIGNIFICANCE {
        Verdict::NoDifference
    } else if new_seconds > old_seconds * (1.0 + LEAST_DIFFERENCE) {
        Verdict::Slower
    } else if old_seconds > new_seconds * (1.0 + LEAST_DIFFERENCE) {
        Verdict::Faster
    } else {
        Verdict::NoDifference
    };
    Row {
        case: new.case,
        device: new.device.clone(),
        old_seconds,
        new_seconds,
        probability,
        verdict,
    }
}

fn notes(old: &Record, new: &Record, rows: &[Row]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut differs = |what: &str, old: &str, new: &str| {
        if old != new {
            notes.push(format!("{what}: {old} then, {new} now"));
        }
    };
    differs("operating system", &old.machine.os, &new.machine.os);
    differs("compiler", &old.versions.rustc, &new.versions.rustc);
    differs("wgpu", &old.versions.wgpu, &new.versions.wgpu);
    let mut seen: Vec<&Device> = Vec::new();
    for measurement in &new.measurements {
        let device = &measurement.device;
        if let Some(before) = find(old, measurement)
            && !seen.contains(&device)
        {
            seen.push(device);
            differs(&format!("driver of {}", device.name), &before.device.driver, &device.driver);
        }
    }
    let busy = |record: &Record| record.load_before.is_some_and(|load| load > IDLE);
    if busy(old) || busy(new) {
        let load =
            |record: &Record| record.load_before.map_or("unknown".into(), |l| format!("{l:.1}"));
        notes.push(format!(
            "other programs ran before a record was made (load {} then, {} now): differences may be \
             theirs",
            load(old),
            load(new)
        ));
    }
    let all = |verdict| rows.len() > 1 && rows.iter().all(|row| row.verdict == verdict);
    if all(Verdict::Slower) || all(Verdict::Faster) {
        notes.push(
            "everything has changed in the same direction: it may be the machine, and not the \
             program"
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::super::{Input, Machine, Measure, SCHEMA, Sample, Versions, Workload};
    use super::*;
    use crate::engine::DeviceKind;

    fn measurement(name: &str, times: &[f64]) -> Measurement {
        let case = Case {
            workload: Workload::W1,
            measure: Measure::EndToEnd,
            particles: 100,
            steps: 720,
            input: Some(Input::Zarr),
            output: true,
            memory: None,
        };
        let device = Device {
            kind: DeviceKind::Software,
            name: name.into(),
            backend: "vulkan".into(),
            driver: "1".into(),
        };
        let sample = |&seconds: &f64| Sample {
            seconds,
            device_seconds: None,
            processor_seconds: None,
            peak_memory: None,
        };
        Measurement::new(case, device, times.iter().map(sample).collect())
    }

    fn record(measurements: Vec<Measurement>) -> Record {
        Record {
            schema: SCHEMA.to_owned(),
            date: "2020-01-01T00:00:00Z".into(),
            machine: Machine::this(),
            versions: Versions::this(),
            load_before: None,
            measurements,
            absent: Vec::new(),
        }
    }

    fn verdict(old: &[f64], new: &[f64]) -> Verdict {
        row(&measurement("one", old), &measurement("one", new)).verdict
    }

    /// Times as shared machines give them: most near one second, with a tail to longer ones.
    fn noisy(random: &mut Random, count: usize) -> Vec<f64> {
        let tail = |part: &f64| 1.0 + 0.05 * part - 0.04 * (1.0 - part).ln();
        random.uniform(0.0, 1.0, count).iter().map(tail).collect()
    }

    #[test]
    fn noise_is_taken_for_noise() {
        let mut random = Random::new(1);
        let (mut alarms, trials) = (0, 2000);
        for _ in 0..trials {
            let [old, new] = [0, 1].map(|_| noisy(&mut random, 7));
            alarms += u32::from(verdict(&old, &new) != Verdict::NoDifference);
        }
        // By definition at most one in a hundred; 20 are expected at most, with a spread of 4.5.
        assert!(alarms < 40, "{alarms} false alarms of {trials}");
    }

    #[test]
    fn a_slowdown_is_seen_in_the_noise_and_so_is_a_gain() {
        let mut random = Random::new(2);
        let (mut slower, mut faster, trials) = (0, 0, 500);
        for _ in 0..trials {
            let [old, new] = [0, 1].map(|_| noisy(&mut random, 7));
            let changed = |by: f64| new.iter().map(|time| time * by).collect::<Vec<_>>();
            slower += u32::from(verdict(&old, &changed(1.25)) == Verdict::Slower);
            faster += u32::from(verdict(&old, &changed(0.8)) == Verdict::Faster);
        }
        assert!(slower > trials * 9 / 10 && faster > trials * 9 / 10, "{slower} {faster}");
    }

    #[test]
    fn a_difference_that_is_certain_and_small_is_none() {
        let old: Vec<f64> = (0..10).map(|index| 1.0 + 1e-6 * f64::from(index)).collect();
        let by = |factor: f64| old.iter().map(|time| time * factor).collect::<Vec<_>>();
        assert_eq!(verdict(&old, &by(1.02)), Verdict::NoDifference);
        assert_eq!(verdict(&old, &by(1.04)), Verdict::Slower);
        assert_eq!(verdict(&old, &by(0.96)), Verdict::Faster);
    }

    #[test]
    fn too_few_repeats_are_said_to_be() {
        assert_eq!(verdict(&[1.0; 4], &[9.0; 4]), Verdict::TooFewRepeats);
        assert_eq!(verdict(&[1.0; 5], &[9.0; 5]), Verdict::Slower);
        assert_eq!(verdict(&[1.0], &[9.0; 100]), Verdict::TooFewRepeats);
    }

    #[test]
    fn only_what_both_hold_is_compared() {
        let old = record(vec![measurement("one", &[1.0; 5]), measurement("two", &[1.0; 5])]);
        let mut other = measurement("two", &[9.0; 5]);
        other.case.particles = 200;
        let mut new = record(vec![measurement("one", &[1.0; 5]), other]);
        new.measurements[0].device.driver = "2".into();
        let comparison = compare(&old, &new);
        assert_eq!(comparison.rows.len(), 1);
        assert!(!comparison.is_slower());
        assert_eq!(comparison.only_old, ["W1, end-to-end, 100 particles, from zarr on two"]);
        assert_eq!(comparison.only_new, ["W1, end-to-end, 200 particles, from zarr on two"]);
        assert_eq!(comparison.notes, ["driver of one: 1 then, 2 now"]);
    }

    #[test]
    fn a_busy_machine_is_remarked() {
        let [quiet, busy] = [0.2, 1.7].map(|load| Record {
            load_before: Some(load),
            ..record(vec![measurement("one", &[1.0; 5])])
        });
        assert!(compare(&quiet, &quiet).notes.is_empty());
        let notes = compare(&quiet, &busy).notes;
        assert!(notes[0].contains("load 0.2 then, 1.7 now"), "{notes:?}");
    }

    #[test]
    fn a_change_of_everything_is_remarked() {
        let of = |time| record(["one", "two"].map(|name| measurement(name, &[time; 5])).to_vec());
        let comparison = compare(&of(1.0), &of(2.0));
        assert!(comparison.is_slower());
        assert!(comparison.notes[0].contains("it may be the machine"), "{:?}", comparison.notes);
    }
}
