//! `drogue bench` as a user runs it, tiny. Rates are positive; how high they are is not tested.

use std::path::Path;

use assert_cmd::Command;
use drogue::bench::{Data, Input, Measure, Record, Watch, Workload};
use drogue::forcing::cf::{Choice, Vertical};
use drogue::forcing::{Dataset, DatasetSpec};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

fn drogue() -> Command {
    let mut command = Command::cargo_bin("drogue").unwrap();
    command.env("RUST_LOG", "drogue=warn");
    command
}

struct Unwatched;

impl Watch for Unwatched {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// A bench of 200 particles on W1 with these arguments; its record.
fn bench(data: &Path, arguments: &[&str]) -> Record {
    let record = data.join("record.json");
    drogue()
        .args(["bench", "W1", "--particles", "200", "--data"])
        .arg(data)
        .arg("--json")
        .arg(&record)
        .args(arguments)
        .assert()
        .success();
    Record::read(&record).unwrap()
}

#[test]
fn devices_take_turns_at_the_kernel_and_end_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let record = bench(folder.path(), &["--repeats", "2", "--input", "netcdf,zarr"]);
    let devices = drogue::run::devices().len();
    assert_eq!(record.measurements.len(), 3 * devices, "kernel, from NetCDF, from Zarr");
    // Of the reference, software adapters and graphics processors, what is not there is listed.
    let kinds: std::collections::HashSet<_> =
        record.measurements.iter().map(|one| one.device.kind).collect();
    assert_eq!(kinds.len() + record.absent.len(), 3, "{:?}", record.absent);
    for one in &record.measurements {
        assert_eq!((one.case.workload, one.case.particles), (Workload::W1, 200));
        assert_eq!((one.case.steps, one.samples.len()), (720, 2));
        assert!(one.particle_steps_per_second > 0.0 && one.particle_steps_per_second.is_finite());
        assert!(one.samples.iter().all(|sample| sample.seconds > 0.0));
        assert_eq!(one.case.output, one.case.measure == Measure::EndToEnd);
        assert_eq!(one.bytes_per_second.is_some(), one.case.input.is_some());
        if cfg!(target_os = "linux") {
            assert!(one.samples.iter().all(|sample| sample.processor_seconds > Some(0.0)));
        }
    }
    assert!(record.machine.cores > 0);
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn a_record_is_held_against_an_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--measure", "kernel", "--device", "cpu"];
    let mut old = bench(folder.path(), &arguments);
    let path = folder.path().join("old.json");
    let compared = |old: &Record| {
        std::fs::write(&path, serde_json::to_string(old).unwrap()).unwrap();
        drogue()
            .args(["bench", "W1", "--particles", "200", "--data"])
            .arg(folder.path())
            .args(arguments)
            .arg("--compare")
            .arg(&path)
            .assert()
    };
    // Planted: the old program was a thousand times as fast, then as slow.
    let times = |old: &mut Record, factor: f64| {
        old.measurements[0].samples.iter_mut().for_each(|sample| sample.seconds *= factor);
        old.measurements[0].seconds.median *= factor;
    };
    times(&mut old, 1e-3);
    compared(&old).code(3).stdout(contains("SLOWER"));
    times(&mut old, 1e6);
    compared(&old).success().stdout(contains("faster").and(contains("SLOWER").not()));
    // Known before anything is measured.
    let mut elsewhere = old.clone();
    elsewhere.machine.cores += 1;
    compared(&elsewhere).code(1).stderr(contains("another machine"));
    let mut other = old;
    other.measurements[0].case.particles = 201;
    compared(&other).code(1).stderr(contains("201"));
}

#[test]
fn json_goes_to_standard_output_in_place_of_the_tables() {
    let arguments = ["bench", "W1", "--particles", "10,20", "--measure", "kernel"];
    let output = drogue()
        .args(arguments)
        .args(["--device", "cpu", "--repeats", "1", "--json", "-"])
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["schema"], drogue::bench::SCHEMA);
    assert_eq!(answer["measurements"][1]["particles"], 20);
    assert_eq!(answer["measurements"][1]["workload"], "W1");
    assert!(answer["comparison"].is_null());
}

#[path = "../benches/size/mod.rs"]
mod size;

#[test]
fn benches_are_tiny_where_they_are_run_as_tests() {
    let measures = |arguments: &[&str]| size::measures(arguments.iter().map(|&one| one.to_owned()));
    assert!(measures(&["engines", "--bench"]) && measures(&["engines", "read", "--bench"]));
    assert!(!measures(&["engines", "--bench", "--test"]) && !measures(&["engines"]));
    assert!(!measures(&["engines", "--exact", "read_from_the_adapter", "--nocapture"]));
    assert_eq!(size::size(1000, 10), 10, "this is a test");
}

#[test]
fn the_tables_say_who_is_how_fast() {
    let driver = drogue::run::devices().pop().expect("the reference").driver;
    drogue()
        .args(["bench", "W1", "--particles", "1_0", "--measure", "kernel", "--device", "cpu"])
        .args(["--repeats", "1"])
        .assert()
        .success()
        .stdout(contains("W1, kernel").and(contains("f64 reference")).and(contains("1.00")))
        .stdout(contains("1 here").and(contains(driver)));
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let refused = |arguments: &[&str], what: &str| {
        drogue().arg("bench").args(arguments).assert().failure().stderr(contains(what));
    };
    refused(&["W9"], "there is no workload W9");
    refused(&["--particles", "0"], "whole number");
    refused(&["--particles", "1.5"], "whole number");
    refused(&["--measure", "speed"], "choose among kernel, end-to-end, loading");
    refused(&["--compare", "no.json"], "no.json");
    refused(&["--json", "no/such/folder/a.json"], "no/such/folder");
    refused(&["W1", "--device", "no such adapter"], "no such adapter");
}

/// A workload written, read and run, with some of its snapshots held against its formula.
fn written_and_run(workload: Workload, last: usize) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let name = workload.name().to_lowercase();
    drogue()
        .args(["bench", workload.name(), "--particles", "50", "--write"])
        .arg(folder.path())
        .assert()
        .success()
        .stdout(
            contains(format!("{name}.zarr")).and(contains(format!("{name}_release_50.parquet"))),
        );
    let seconds = last as f64 * workload.interval().seconds();
    let velocities = workload.ocean().velocities(seconds);
    let has_levels = !workload.depths().is_empty();
    for input in Input::ALL {
        let data = Data::in_folder(folder.path()).provide(workload, input, &Unwatched).unwrap();
        let vertical = has_levels.then_some(Vertical::Velocity);
        let choice = Choice { vertical, ..Choice::default() };
        let spec = DatasetSpec { data: vec![data], choice, ..DatasetSpec::default() };
        let dataset = Dataset::open(&spec).unwrap();
        assert_eq!(dataset.times().len(), workload.snapshots());
        assert_eq!(dataset.grid(), &workload.grid());
        let snapshot = dataset.read(last).unwrap();
        let read = [Some(snapshot.u), Some(snapshot.v), snapshot.w];
        let read: Vec<_> = read.into_iter().flatten().collect();
        assert!(read == velocities, "{input:?}");
        assert!(read[0] != velocities[1], "the comparison sees nothing");
    }
    let scenario = folder.path().join(format!("{name}_50.toml"));
    let output = drogue().arg("run").arg(scenario).args(["--device", "cpu", "--json"]).output();
    serde_json::from_slice(&output.unwrap().stdout).unwrap()
}

#[test]
fn what_is_written_runs_and_both_formats_hold_the_same() {
    let account = written_and_run(Workload::W1, 21);
    assert_eq!((&account["particles"], &account["steps"]), (&50.into(), &720.into()));
    assert_eq!(account["tally"]["active"], 50);
    assert_eq!(account["observations"], 50 * 21);
}

#[test]
fn the_workload_with_levels_is_written_and_runs() {
    let account = written_and_run(Workload::W2, 11);
    assert_eq!((&account["particles"], &account["steps"]), (&50.into(), &1440.into()));
    assert_eq!(account["tally"]["active"], 50);
    assert_eq!(account["observations"], 50 * 41);
}

#[test]
fn files_made_elsewhere_are_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("w1.nc"), "not a NetCDF file").unwrap();
    drogue()
        .args(["bench", "W1", "--measure", "end-to-end", "--device", "cpu", "--data"])
        .arg(folder.path())
        .assert()
        .code(1)
        .stderr(contains("w1.nc"));
    assert!(!folder.path().join("w1").exists(), "made although there was a file");
}
