//! What users open outputs with opens them: xarray the Zarr store, Parcels the Parquet file.
//!
//! `DROGUE_PYTHON` names the interpreter of an environment that has `tests/python/requirements.txt`;
//! without it one is made below the build folder, which takes a network and a minute, once.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use drogue::engine::{Device, DeviceKind, Status};
use drogue::grid::{EARTH_RADIUS, Mesh};
use drogue::time::{Calendar, CivilTime, Instant, Span};
use drogue::trajectory::{Ending, Metadata, Observations, ReleaseTimes, Sampled, create};
use serde_json::{Value, json};

static PYTHON: LazyLock<PathBuf> =
    LazyLock::new(|| env::var_os("DROGUE_PYTHON").map_or_else(make_environment, PathBuf::from));

/// An environment of the pinned packages, made anew when the pins change.
fn make_environment() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-venv");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/requirements.txt");
    let pins = fs::read_to_string(&requirements).unwrap();
    // Tests may be processes of their own, so only one of them at a time may do this.
    fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let lock = fs::File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|there| there == pins) {
        return python;
    }
    let advice = "the outputs cannot be checked without Python: install python3 with venv and pip, \
                  or set DROGUE_PYTHON to an interpreter that has tests/python/requirements.txt";
    let must = |command: &mut Command| {
        let output = command.output().unwrap_or_else(|error| panic!("{error}; {advice}"));
        assert!(output.status.success(), "{}\n{advice}", said(&output));
    };
    must(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    must(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&requirements),
    );
    fs::write(&installed, pins).unwrap();
    python
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat()
}

/// What is written.
struct Case {
    name: &'static str,
    calendar: Calendar,
    mesh: Mesh,
    depth: Option<f64>,
    interval: Span,
    slots: u32,
}

const PARTICLES: u64 = 7;

impl Case {
    fn start(&self) -> Instant {
        self.calendar.instant(CivilTime::parse("2016-02-28T18:00:00Z").unwrap()).unwrap()
    }

    fn released(&self, id: u64) -> Instant {
        self.start() + Span(self.interval.0 * (id as i64 % 3))
    }

    fn slot(&self, slot: u32) -> Observations {
        let time = self.start() + Span(self.interval.0 * i64::from(slot));
        let mut batch = Observations::empty(slot, time, self.depth.is_none());
        let mut times = Vec::new();
        for id in (0..PARTICLES).filter(|id| u64::from(slot) >= id % 3) {
            // Particle 4 strands on its way to the output time 2.
            if id == 4 && slot > 2 {
                continue;
            }
            let strands = id == 4 && slot == 2;
            times.push(if strands { time - Span(self.interval.0 / 4) } else { time });
            batch.ids.push(id);
            batch.x.push(id as f64 / 7.0 + f64::from(slot) * 1e-8);
            batch.y.push(-50.0 + id as f64 / 3.0);
            batch.status.push(if strands { Status::Stranded } else { Status::Active });
            if let Some(depth) = &mut batch.depth {
                depth.push(id as f32 * 0.3 + 1.0);
            }
        }
        // There is none where particle 5 is.
        let value = |&id: &u64| if id == 5 { f32::NAN } else { id as f32 / 3.0 + slot as f32 };
        batch.samples = vec![batch.ids.iter().map(value).collect()];
        batch.times = Some(times);
        batch
    }

    /// ISO 8601 with microseconds.
    fn iso(&self, at: Instant) -> String {
        let text = self.calendar.format(at);
        let text = text.trim_end_matches('Z');
        if text.contains('.') { text.to_owned() } else { format!("{text}.000000") }
    }

    /// What the Python program is to find, shifted in time by `error`.
    fn expected(&self, error: Span) -> Value {
        let mut observations = Vec::new();
        for slot in 0..self.slots {
            let batch = self.slot(slot);
            for i in 0..batch.len() {
                observations.push(json!([
                    slot,
                    batch.ids[i],
                    self.iso(batch.time_of(i) + error),
                    batch.x[i],
                    batch.y[i],
                    batch.depth.as_ref().map(|depth| f64::from(depth[i])),
                    batch.status[i].name(),
                    // Not a number is null in JSON.
                    f64::from(batch.samples[0][i]),
                ]));
            }
        }
        let times = |of: &dyn Fn(u64) -> Instant, count: u64| -> Vec<String> {
            (0..count).map(|i| self.iso(of(i))).collect()
        };
        let (x, y) = match self.mesh {
            Mesh::Sphere { .. } => ("longitude", "latitude"),
            Mesh::Flat => ("projection_x_coordinate", "projection_y_coordinate"),
        };
        json!({
            "calendar": self.calendar.cf_name(),
            "mesh": if self.mesh == Mesh::Flat { "flat" } else { "sphere" },
            "x": x,
            "y": y,
            "depth": self.depth,
            "particles": PARTICLES,
            "output_times": times(&|k| self.slot(k as u32).time, self.slots.into()),
            "release_times": times(&|id| self.released(id), PARTICLES),
            "observations": observations,
        })
    }

    fn metadata(&self) -> Metadata {
        let releases: Vec<Instant> = (0..PARTICLES).map(|id| self.released(id)).collect();
        Metadata {
            particles: PARTICLES,
            slots: Some(3),
            calendar: self.calendar,
            start: self.start(),
            mesh: self.mesh,
            depth: self.depth,
            samples: vec![Sampled {
                name: "thetao".into(),
                units: Some("degrees_C".into()),
                standard_name: Some("sea_water_potential_temperature".into()),
                long_name: None,
            }],
            title: "what Python sees".into(),
            scenario: String::new(),
            version: "drogue test".into(),
            device: Device {
                kind: DeviceKind::Software,
                name: "none".into(),
                backend: "none".into(),
                driver: "none".into(),
            },
            seed: 1,
            history: Some("made by a test".into()),
            release_times: ReleaseTimes::new(move |ids| {
                ids.map(|id| releases[id as usize]).collect()
            }),
        }
    }

    /// Writes both formats into `folder`; a store that is `killed` is never finished.
    fn write(&self, folder: &Path, killed: bool) -> Vec<PathBuf> {
        let endings: &[&str] = if killed { &["zarr"] } else { &["zarr", "parquet"] };
        let write = |ending: &&str| {
            let path = folder.join(self.name).with_extension(ending);
            let mut writer = create(&path, &self.metadata(), false).unwrap();
            for slot in 0..self.slots {
                let batch = self.slot(slot);
                writer.write(&batch).unwrap();
                writer.end_slot(batch.time).unwrap();
            }
            if !killed {
                writer.finish(Ending::Complete).unwrap();
            }
            path
        };
        endings.iter().map(write).collect()
    }

    /// Runs the Python program on files, against what it is to find.
    fn check(&self, folder: &Path, files: &[PathBuf], expected: &Value) -> Output {
        let document = folder.join("expected.json");
        fs::write(&document, expected.to_string()).unwrap();
        Command::new(&*PYTHON)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/check_outputs.py"))
            .arg(&document)
            .args(files)
            .output()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", PYTHON.display()))
    }
}

fn on_a_sphere() -> Case {
    Case {
        name: "sphere",
        calendar: Calendar::Standard,
        mesh: Mesh::Sphere { radius: EARTH_RADIUS },
        depth: Some(0.494_025),
        interval: Span::from_seconds(21_600.0),
        slots: 5,
    }
}

fn agrees(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    let files = case.write(folder.path(), false);
    let output = case.check(folder.path(), &files, &case.expected(Span(0)));
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).matches(": 0 differences").count() == 2, "{}", said(&output));
}

#[test]
fn a_run_on_the_sphere() {
    agrees(&on_a_sphere());
}

#[test]
fn a_backward_run_with_depths_on_a_plane() {
    agrees(&Case {
        name: "flat",
        mesh: Mesh::Flat,
        depth: None,
        interval: Span(-600_100_004),
        ..on_a_sphere()
    });
}

#[test]
fn a_calendar_without_leap_days() {
    agrees(&Case { name: "noleap", calendar: Calendar::Noleap, ..on_a_sphere() });
}

#[test]
fn months_of_thirty_days() {
    agrees(&Case {
        name: "months",
        calendar: Calendar::Day360,
        interval: Span::from_seconds(86_400.0),
        ..on_a_sphere()
    });
}

#[test]
fn a_store_that_was_never_finished() {
    let case = Case { name: "killed", ..on_a_sphere() };
    let folder = tempfile::tempdir().unwrap();
    let files = case.write(folder.path(), true);
    // Chunks of three output times: the fourth and the fifth were not flushed.
    let flushed = Case { slots: 3, ..case };
    let output = flushed.check(folder.path(), &files, &flushed.expected(Span(0)));
    assert!(output.status.success(), "{}", said(&output));
}

/// The comparison itself is held against planted errors.
#[test]
fn planted_errors_are_found() {
    let case = on_a_sphere();
    let folder = tempfile::tempdir().unwrap();
    let files = case.write(folder.path(), false);
    let right = || case.expected(Span(0));
    let (mut turned, mut landed, mut lost) = (right(), right(), right());
    let x = &mut turned["observations"][3][3];
    *x = json!(x.as_f64().unwrap().next_up());
    landed["observations"][4][6] = json!("stranded");
    let mut warmer = right();
    warmer["observations"][2][7] = json!(99.0);
    lost["observations"].as_array_mut().unwrap().pop();
    for (expected, says) in [
        (case.expected(Span::from_seconds(3600.0)), "time of particle"),
        (case.expected(Span(1)), "time of particle"),
        (turned, "x of particle"),
        (landed, "status of particle"),
        (warmer, "thetao of particle"),
        (lost, "number of observations"),
    ] {
        let output = case.check(folder.path(), &files, &expected);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for file in ["sphere.zarr", "sphere.parquet"] {
            assert!(said.contains(&format!("{file}: {says}")), "{file}, {says}: {said}");
        }
    }
}
