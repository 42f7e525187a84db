//! What a bench measured, as tables.

use std::fmt;

use super::human;
use super::summary::Table;
use crate::bench::{Case, Comparison, Measure, Measurement, Quartiles, Record, SIGNIFICANCE};
use crate::engine::{Device, DeviceKind};

/// A record as tables: one for each workload and measure, a row for each device and number of
/// particles.
pub struct Tables<'a>(pub &'a Record);

/// A comparison as a table.
pub struct Verdicts<'a>(pub &'a Comparison);

/// Rates of numbers of particles from which on they should be equal.
const MANY: u64 = 100_000;

/// Rates are within 25 % of each other where the greatest is no more than this times the least.
const EVEN: f64 = 1.25;

/// Processes for each core, run or waiting, from which on a machine is called busy.
const BUSY: f64 = 0.25;

/// Below so many repeats, no comparison can tell a difference from noise.
const REPEATS: usize = 5;

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { machine, versions, date, measurements, .. } = self.0;
        writeln!(f, "machine  {machine}")?;
        writeln!(
            f,
            "built    drogue {}, wgpu {}, {}",
            versions.drogue, versions.wgpu, versions.rustc
        )?;
        writeln!(f, "date     {date}")?;
        for device in self.devices() {
            let Device { name, backend, driver, .. } = device;
            writeln!(f, "device   {name} ({backend}, {driver})")?;
        }
        let alike = |a: &Measurement, b: &Measurement| heading(&a.case) == heading(&b.case);
        for group in measurements.chunk_by(alike) {
            writeln!(f, "\n{}", heading(&group[0].case))?;
            write!(f, "{}", self.table(group))?;
        }
        writeln!(f)?;
        self.notes().iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}

impl Tables<'_> {
    /// Each of the devices once, in the order of the measurements.
    fn devices(&self) -> Vec<&Device> {
        let mut devices = Vec::new();
        for Measurement { device, .. } in &self.0.measurements {
            if !devices.contains(&device) {
                devices.push(device);
            }
        }
        devices
    }

    fn table(&self, group: &[Measurement]) -> Table {
        let rate = match group[0].case.measure {
            Measure::Loading => "decoded",
            _ => "particle-steps",
        };
        let mut table = Table::new(&[
            "device",
            "particles",
            "steps",
            "median",
            "least",
            "quartiles",
            rate,
            "x reference",
            "cores busy",
            "memory",
        ]);
        let nothing = || "-".to_owned();
        for one in group {
            let Quartiles { least, lower, median, upper, .. } = one.seconds;
            let occupancy = one.occupancy(self.0.machine.cores);
            table.row([
                one.device.name.clone(),
                human::count(one.case.particles),
                human::count(one.case.steps),
                human::seconds(median),
                human::seconds(least),
                format!("{} to {}", human::seconds(lower), human::seconds(upper)),
                match (one.case.measure, one.bytes_per_second) {
                    (Measure::Loading, Some(rate)) => human::si(rate, "B/s"),
                    _ => human::si(one.particle_steps_per_second, "/s"),
                },
                self.reference(one).map_or_else(nothing, |reference| {
                    format!("{:.2}", reference.seconds.median / median)
                }),
                occupancy.map_or_else(nothing, |part| format!("{:.0} %", 100.0 * part)),
                one.peak_memory().map_or_else(nothing, human::bytes),
            ]);
        }
        table
    }

    /// The f64 reference on the same case.
    fn reference(&self, like: &Measurement) -> Option<&Measurement> {
        let same = |one: &&Measurement| one.case == like.case && one.device.kind == DeviceKind::Cpu;
        self.0.measurements.iter().find(same)
    }

    /// What the reader ought to know besides.
    fn notes(&self) -> Vec<String> {
        let Record { absent, load_before, machine, measurements, .. } = self.0;
        let mut notes: Vec<String> =
            absent.iter().map(|one| format!("no {}: {}", one.device, one.reason)).collect();
        if let Some(load) = load_before
            && *load > BUSY * machine.cores as f64
        {
            notes.push(format!(
                "the machine was busy before the bench began (a load of {load:.1} on {} cores): \
                 hold devices against each other by ratio, and trust no single time",
                machine.cores
            ));
        }
        let repeats = measurements.iter().map(|one| one.samples.len()).min().unwrap_or(0);
        if repeats < REPEATS {
            notes.push(format!(
                "fewer than {REPEATS} repeats ({repeats} here) cannot tell a difference from noise when \
                 records are compared"
            ));
        }
        if measurements.iter().any(|one| one.peak_memory().is_some()) {
            notes.push(
                "memory is that of this process, what earlier repeats and other devices left in it \
                 included: a run of its own takes less"
                    .to_owned(),
            );
        }
        notes.extend(uneven(measurements));
        notes
    }
}

/// A remark for each device whose rate depends on the number of particles where it should not.
fn uneven(measurements: &[Measurement]) -> Vec<String> {
    let many = || measurements.iter().filter(|one| one.case.particles >= MANY);
    let series = |one: &Measurement| (heading(&one.case), one.device.kind, one.device.name.clone());
    let mut seen = Vec::new();
    let mut notes = Vec::new();
    for first in many() {
        if seen.contains(&series(first)) {
            continue;
        }
        seen.push(series(first));
        let rates = many()
            .filter(|other| series(other) == series(first))
            .map(|one| one.particle_steps_per_second);
        let Some(rates) = Quartiles::of(rates) else { continue };
        if rates.greatest > rates.least * EVEN {
            notes.push(format!(
                "{}, {}: rates from {} particles up differ by {:.0} %, more than {:.0} %: the cost \
                 of a step depends on how many particles there are, or on how many steps each took",
                heading(&first.case),
                first.device.name,
                human::count(MANY),
                100.0 * (rates.greatest / rates.least - 1.0),
                100.0 * (EVEN - 1.0)
            ));
        }
    }
    notes
}

/// What a table is about.
fn heading(case: &Case) -> String {
    let what = match (case.measure, case.output) {
        (Measure::Kernel, _) => "kernel, fields on the device",
        (Measure::EndToEnd, true) => "end to end, 6-hourly Zarr output",
        (Measure::EndToEnd, false) => "end to end, no output",
        (Measure::Loading, _) => "loading",
    };
    let input = case.input.map(|input| format!(", from {}", input.name())).unwrap_or_default();
    format!("{}, {what}{input}", case.workload)
}

impl fmt::Display for Verdicts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { old_date, old_version, rows, only_old, only_new, notes } = self.0;
        writeln!(f, "against the record of {old_date} (drogue {old_version})")?;
        let mut table =
            Table::new(&["case", "device", "then", "now", "change of time", "probability", ""]);
        for row in rows {
            table.row([
                row.case.in_words(),
                row.device.name.clone(),
                human::seconds(row.old_seconds),
                human::seconds(row.new_seconds),
                format!("{:+.1} %", 100.0 * (row.new_seconds / row.old_seconds - 1.0)),
                format!("{:.3}", row.probability),
                row.verdict.to_string(),
            ]);
        }
        write!(f, "{table}")?;
        writeln!(
            f,
            "probability: of so great a difference by noise alone; a verdict needs at most \
             {SIGNIFICANCE}"
        )?;
        only_old.iter().try_for_each(|what| writeln!(f, "note: only then: {what}"))?;
        only_new.iter().try_for_each(|what| writeln!(f, "note: only now: {what}"))?;
        notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Absent, Input, Machine, SCHEMA, Sample, Versions, Workload};

    fn measurement(kind: DeviceKind, particles: u64, seconds: f64) -> Measurement {
        let case = Case {
            workload: Workload::W1,
            measure: Measure::Kernel,
            particles,
            steps: 100,
            input: None,
            output: false,
            memory: None,
        };
        let device = Device {
            kind,
            name: format!("{kind:?}").to_lowercase(),
            backend: "none".to_owned(),
            driver: "Loom 7.1".to_owned(),
        };
        let sample = |part: f64| Sample {
            seconds: seconds * part,
            device_seconds: None,
            processor_seconds: Some(seconds * part),
            peak_memory: None,
        };
        Measurement::new(case, device, [0.9, 1.0, 1.0, 1.1, 1.3].map(sample).to_vec())
    }

    fn record(measurements: Vec<Measurement>) -> Record {
        Record {
            schema: SCHEMA.to_owned(),
            date: "2020-01-01T00:00:00Z".to_owned(),
            machine: Machine {
                cpu: "Abacus".to_owned(),
                cores: 2,
                memory: 1 << 30,
                os: "none".to_owned(),
                architecture: "beads".to_owned(),
            },
            versions: Versions {
                drogue: "1".to_owned(),
                wgpu: "2".to_owned(),
                rustc: "rustc 3".to_owned(),
            },
            load_before: Some(0.1),
            measurements,
            absent: Vec::new(),
        }
    }

    #[test]
    fn rows_say_rate_ratio_and_spread() {
        let (cpu, gpu) = (DeviceKind::Cpu, DeviceKind::Gpu);
        let mut record =
            record(vec![measurement(cpu, 200_000, 2.0), measurement(gpu, 200_000, 0.5)]);
        let mut loading = measurement(gpu, 1000, 1.0);
        loading.case.measure = Measure::Loading;
        loading.case.input = Some(Input::Zarr);
        record.measurements.push(Measurement::new(loading.case, loading.device, loading.samples));
        let expected = "\
machine  Abacus (beads), 2 cores, 1.00 GiB, none
built    drogue 1, wgpu 2, rustc 3
date     2020-01-01T00:00:00Z
device   cpu (none, Loom 7.1)
device   gpu (none, Loom 7.1)

W1, kernel, fields on the device
device  particles  steps  median   least         quartiles  particle-steps  x reference  cores busy  memory
cpu       200,000    100  2.00 s  1.80 s  2.00 s to 2.20 s        10.0 M/s         1.00        50 %       -
gpu       200,000    100  500 ms  450 ms  500 ms to 550 ms        40.0 M/s         4.00        50 %       -

W1, loading, from zarr
device  particles  steps  median   least         quartiles    decoded  x reference  cores busy  memory
gpu         1,000    100  1.00 s  900 ms  1.00 s to 1.10 s  44.0 MB/s            -        50 %       -

";
        assert_eq!(Tables(&record).to_string(), expected);
    }

    #[test]
    fn what_is_absent_busy_or_too_few_is_noted() {
        let mut record = record(vec![measurement(DeviceKind::Cpu, 10, 1.0)]);
        record
            .absent
            .push(Absent { device: "gpu".to_owned(), reason: "none was found".to_owned() });
        record.load_before = Some(3.0);
        record.measurements[0].samples.truncate(4);
        let notes = Tables(&record).notes();
        assert_eq!(notes.len(), 3);
        assert_eq!(notes[0], "no gpu: none was found");
        assert!(notes[1].contains("a load of 3.0 on 2 cores"));
        assert!(notes[2].contains("4 here"));
    }

    #[test]
    fn a_rate_that_depends_on_the_number_of_particles_is_noted() {
        let notes = |seconds: [f64; 4]| {
            let counts = [10_000, 100_000, 1_000_000, 10_000_000];
            let rows = counts.into_iter().zip(seconds);
            let of = |(count, seconds)| measurement(DeviceKind::Gpu, count, seconds);
            Tables(&record(rows.map(of).collect())).notes()
        };
        // Below 100,000 particles a device may well be idle.
        assert!(notes([0.1, 0.1, 1.2, 10.0]).is_empty());
        let uneven = notes([0.01, 0.1, 1.3, 10.0]);
        assert!(uneven.len() == 1 && uneven[0].contains("differ by 30 %"), "{uneven:?}");
    }

    #[test]
    fn verdicts_are_spelt_out() {
        let (old, new) = (
            record(vec![measurement(DeviceKind::Gpu, 10, 1.0)]),
            record(vec![measurement(DeviceKind::Gpu, 10, 2.0)]),
        );
        let text = Verdicts(&crate::bench::compare(&old, &new)).to_string();
        let line = "   gpu  1.00 s  2.00 s        +100.0 %        0.008  SLOWER\n";
        assert!(text.contains(line), "{text}");
    }
}
