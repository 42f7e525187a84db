//! The timeline of a run, drawn; and the schedules that it shows.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use drogue::demo;
use drogue::pipeline::{Kind, Span, Timeline};
use drogue::report::timeline::{Figure, Format, TimelineError};
use drogue::trajectory::Trajectories;
use serde_json::Value;
use tempfile::TempDir;

/// Two workers of a stage that works and waits by turns, and a device.
fn timeline(items: u64) -> Timeline {
    let timeline = Timeline::with_clock(|| 0);
    let fetch = timeline.stage("fetch <a&b>", &[]);
    let device = timeline.stage("device", &[]);
    for item in 0..items {
        let worker = (item % 2) as u32;
        let (start, middle, end) = (1_000 * item, 1_000 * item + 600, 1_000 * item + 2_000);
        let span = Span {
            stage: fetch,
            worker,
            item,
            origin: item,
            start_ns: start,
            end_ns: middle,
            bytes: 10,
            kind: Kind::Busy,
        };
        timeline.record(span);
        timeline.record(Span { start_ns: middle, end_ns: end, kind: Kind::WaitInput, ..span });
        timeline.record(Span { stage: device, worker: 0, end_ns: start + 900, ..span });
    }
    timeline
}

#[test]
fn a_picture_has_a_lane_for_each_worker_and_the_numbers_of_its_items() {
    let svg = Figure::new().panel("one & only", &timeline(12)).to_svg();
    for label in
        ["fetch &lt;a&amp;b&gt; 1<", "fetch &lt;a&amp;b&gt; 2<", "device<", "one &amp; only"]
    {
        assert!(svg.contains(label), "no {label} in {svg}");
    }
    for item in 0..12 {
        let drawn = svg.matches(&format!("\">{item}</text>")).count();
        assert_eq!(drawn, 2, "item {item} is in its lane and on the device");
    }
    assert!(svg.contains("12 µs"), "an axis of time");
}

#[test]
fn hours_are_drawn_as_small_as_seconds() {
    let short = Figure::of(&timeline(1_000)).to_html("short").len();
    let long = Figure::of(&timeline(30_000)).to_html("long").len();
    assert!(long < 2 * short && long < 600_000, "{short} and {long} bytes");
    let all = Timeline::with_clock(|| 0).keep(100);
    let stage = all.stage("fetch", &[]);
    for span in timeline(200).spans(timeline(0).stages()[0]) {
        all.record(Span { stage, ..span });
    }
    assert!(Figure::of(&all).to_svg().contains("300 early spans were not kept"));
}

#[test]
fn nothing_at_all_can_be_drawn() {
    assert!(Figure::new().to_svg().ends_with("</svg>\n"));
    assert!(Figure::of(&Timeline::new()).to_html("<x>").contains("<title>&lt;x&gt;</title>"));
}

#[test]
fn the_ending_says_what_is_drawn() {
    let folder = TempDir::new().unwrap();
    assert_eq!(Format::of(Path::new("a/B.SVG")).unwrap(), Format::Svg);
    let error = Format::prepare(&folder.path().join("timeline.png")).unwrap_err();
    assert!(matches!(&error, TimelineError::UnknownFormat { .. }));
    assert!(error.to_string().contains(".svg, .html or .json"), "{error}");
    let error = Format::prepare(&folder.path().join("no/such/timeline.svg")).unwrap_err();
    assert!(error.to_string().contains("no/such/timeline.svg"), "{error}");
}

/// A run of two days in the made-up sea.
struct Sea(TempDir);

impl Sea {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        demo::write(folder.path()).unwrap();
        let scenario = "[forcing.current]\ndata = 'sea_*.nc'\n\
             [release]\nkind = 'grid'\nlon = [-18.0, -8.0]\nlat = [41.5, 52.0]\ncount = 900\n\
             [time]\nduration = '2d'\nstep = '1h'\n\
             [output]\npath = 'out.zarr'\nevery = '6h'\n\
             [run]\ndevice = 'cpu'\nblock = 100\n";
        std::fs::write(folder.path().join("run.toml"), scenario).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What the run says with `--json`.
    fn run(&self, arguments: &[&str]) -> Value {
        let mut command = Command::cargo_bin("drogue").unwrap();
        command.current_dir(self.0.path()).args(["run", "run.toml", "--overwrite", "--json"]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn bits(&self) -> Vec<[u64; 2]> {
        let states = Trajectories::open(&self.path("out.zarr")).unwrap().final_states().unwrap();
        states.x.iter().zip(&states.y).map(|(x, y)| [x.to_bits(), y.to_bits()]).collect()
    }
}

#[test]
fn schedules_and_workers_change_no_bit_and_say_how_well_they_overlapped() {
    let sea = Sea::new();
    sea.run(&[]);
    let expected = sea.bits();
    assert_eq!(expected.len(), 900);
    for arguments in [
        ["--schedule", "serial", "--workers", "1"],
        ["--schedule", "serial", "--workers", "3"],
        ["--schedule", "concurrent", "--workers", "1"],
    ] {
        let report = sea.run(&arguments);
        assert_eq!(sea.bits(), expected, "{arguments:?}");
        let overlap = &report["overlap"];
        let efficiency = overlap["efficiency"].as_f64().unwrap();
        assert!(efficiency > 0.0 && efficiency <= 1.0, "{overlap}");
        assert!(overlap["cores"].as_f64().unwrap() > 0.0, "{overlap}");
        assert_eq!(overlap["gpu"], 0.0, "the reference computes on the cores");
    }
}

/// One request at a time, each a while away: whatever the number of workers, they wait for it nearly all
/// of the time.
#[test]
fn a_run_that_waits_for_its_forcing_is_told_to_have_a_faster_line() {
    let sea = Sea::new();
    let near = std::fs::read_to_string(sea.path("run.toml")).unwrap();
    std::fs::write(sea.path("run.toml"), near + "latency = '100ms'\nrequests = 1\n").unwrap();
    for workers in ["1", "4"] {
        let overlap = &sea.run(&["--workers", workers, "--timeline", "t.svg"])["overlap"];
        assert_eq!(overlap["busiest"], "storage", "{workers}: {overlap}");
        assert!(overlap["efficiency"].as_f64().unwrap() > 0.6, "{workers}: {overlap}");
        let drawn = std::fs::read_to_string(sea.path("t.svg")).unwrap();
        assert!(drawn.contains("first: a faster disk or line"), "{workers}: {overlap}");
    }
}

#[test]
fn a_serial_run_draws_one_snapshot_after_another() {
    let sea = Sea::new();
    for name in ["t.svg", "t.html", "t.json"] {
        sea.run(&["--schedule", "serial", "--timeline", name]);
    }
    let svg = std::fs::read_to_string(sea.path("t.svg")).unwrap();
    for stage in ["snapshots", "fetch", "decode", "prepare", "upload", "advance", "device", "write"]
    {
        assert!(svg.contains(&format!(">{stage}</text>")), "no {stage} in {svg}");
    }
    assert!(std::fs::read_to_string(sea.path("t.html")).unwrap().contains("<script>"));

    let json = std::fs::read(sea.path("t.json")).unwrap();
    let record: Value = serde_json::from_slice(&json).unwrap();
    let stages = record["stages"].as_array().unwrap();
    let busy = |name: &str| -> Vec<[u64; 3]> {
        let stage = stages.iter().find(|stage| stage["stage"] == name).unwrap();
        let spans = stage["spans"].as_array().unwrap().iter();
        spans
            .filter(|span| span["kind"] == "busy")
            .map(|span| ["origin", "start_ns", "end_ns"].map(|key| span[key].as_u64().unwrap()))
            .collect()
    };
    let (fetched, written) = (busy("fetch"), busy("write"));
    assert!(fetched.len() == 17 && !written.is_empty());
    for [origin, _, end] in written {
        let later = fetched.iter().filter(|[snapshot, ..]| *snapshot > origin);
        assert!(later.into_iter().all(|[_, start, _]| *start >= end), "{origin} is written first");
    }
}

#[test]
fn an_adapter_draws_what_it_measured_itself() {
    let sea = Sea::new();
    let report = sea.run(&["--device", "software", "--timeline", "t.json"]);
    assert_ne!(report["device"], "cpu", "{report}");
    let json = std::fs::read(sea.path("t.json")).unwrap();
    let record: Value = serde_json::from_slice(&json).unwrap();
    let stages = record["stages"].as_array().unwrap();
    let device = stages.iter().find(|stage| stage["stage"] == "device").unwrap();
    let spans = device["spans"].as_array().unwrap();
    // Sixteen snapshots, of which each leads to the next; there is an output at each.
    assert_eq!(spans.len(), 16);
    let at = |span: &Value, key: &str| span[key].as_u64().unwrap();
    assert!(spans.iter().all(|span| at(span, "end_ns") > at(span, "start_ns")), "{device}");
}

#[test]
fn the_picture_says_how_well_the_run_overlapped_and_what_to_have_more_of() {
    let sea = Sea::new();
    for (name, schedule) in [("t.svg", "serial"), ("t.html", "concurrent"), ("t.json", "serial")] {
        let report = sea.run(&["--schedule", schedule, "--timeline", name]);
        let drawn = std::fs::read_to_string(sea.path(name)).unwrap();
        if name == "t.json" {
            let record: Value = serde_json::from_str(&drawn).unwrap();
            assert_eq!(record["overlap"], report["overlap"]);
            continue;
        }
        let efficiency = report["overlap"]["efficiency"].as_f64().unwrap();
        let busiest = report["overlap"]["busiest"].as_str().unwrap();
        let overlap = format!(">Overlap {:.0} %: busiest {busiest} with ", 100.0 * efficiency);
        assert!(drawn.contains(&overlap), "no {overlap} in {drawn}");
        let advice = [">What a faster run needs first: ", ">Even what was busiest stood idle"];
        assert_eq!(advice.iter().filter(|advice| drawn.contains(**advice)).count(), 1, "{drawn}");
    }
}

#[test]
fn what_is_said_is_above_the_timelines_and_moves_them_down() {
    let silent = Figure::of(&timeline(3)).to_svg();
    let said = Figure::of(&timeline(3)).saying("a < b".to_owned()).to_svg();
    let height = |svg: &str| -> f64 {
        let (_, rest) = svg.split_once("height=\"").unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    assert!(height(&said) > height(&silent) + 15.0);
    assert!(said.contains(">a &lt; b</text>") && !silent.contains("a &lt; b"));
    assert!(said.find("a &lt; b").unwrap() < said.find("works (colour").unwrap());
}

#[test]
fn a_timeline_that_cannot_be_drawn_is_known_before_the_run() {
    let sea = Sea::new();
    for (name, says) in [("t.png", ".svg, .html or .json"), ("no/t.svg", "no/t.svg")] {
        let mut command = Command::cargo_bin("drogue").unwrap();
        command.current_dir(sea.0.path()).args(["run", "run.toml", "--timeline", name]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).replace(['\n', '│', ' '], "");
        assert!(said.contains(&says.replace(' ', "")), "{said}");
        assert!(!sea.path("out.zarr").exists());
    }
}
