//! Scenario files: what is accepted, what is filled in, and how each fault is shown.

use std::path::Path;

use drogue::engine::{Coast, Integrator};
use drogue::forcing::cf::VelocityKind;
use drogue::grid::EARTH_RADIUS;
use drogue::scenario::{
    Area, DeviceChoice, Direction, Extent, Fault, Layout, MeshChoice, Output, OutputFormat,
    Pattern, Sample, Scenario, ScenarioError, Spacing,
};
use drogue::time::{CivilTime, Span};
use proptest::prelude::*;

const MINIMAL: &str = r#"
[forcing.current]
data = "currents/*.nc"
[release]
kind = "point"
lon = -4.5
lat = 48
[time]
step = "10min"
"#;

const FULL: &str = r#"
[forcing.current]
data = ["a.nc", "/data/b.nc", "https://example.org/store.zarr"]
u = "uo"
v = "vo"
lon = "nav_lon"
lat = "nav_lat"
time = "time_counter"
depth = "10m"
gaps = "allow"
missing_chunks = "fill"

[release]
kind = "grid"
lon = [-5.0, 5]
lat = [40.0, 45.0]
count = 100_000
depth = 0.5
start = 2015-11-16T06:00:00Z
end = "2015-11-18"
every = "6h"

[time]
start = "2015-11-16T00:00:00+01:00"
duration = "5d"
step = "10min"
direction = "forward"

[physics]
integrator = "rk2"
coast = "strand"
mesh = "sphere"
radius = "6371km"
max_age = "2 days"

[output]
path = "out/trajectories.parquet"
every = "1h"

[run]
device = "Radeon 780M"
seed = 42
memory = "512MB"
block = 65_536
threads = 2
"#;

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::from_toml(text, Path::new("runs/bay.toml"))
}

fn seconds(seconds: f64) -> Span {
    Span::from_seconds(seconds)
}

fn date(text: &str) -> CivilTime {
    CivilTime::parse(text).unwrap()
}

/// The only fault of a text, and what it points at.
fn only_fault(text: &str) -> (Fault, String) {
    let error = read(text).expect_err("the text is faulty");
    let [fault] = error.faults() else { panic!("not one fault:\n{error}\nin:\n{text}") };
    let place = fault.span.clone().map(|span| text[span].to_owned());
    (fault.clone(), place.unwrap_or_default())
}

#[test]
fn defaults_are_filled_in() {
    let scenario = read(MINIMAL).unwrap();
    assert_eq!(scenario.forcings[0].kind, VelocityKind::Current);
    assert_eq!(scenario.forcings[0].data, ["runs/currents/*.nc"]);
    assert_eq!((&scenario.forcings[0].u, scenario.forcings[0].depth), (&None, None));
    assert!(!scenario.forcings[0].allow_gaps && !scenario.forcings[0].fill_missing_chunks);
    assert_eq!(scenario.release.pattern, Pattern::Point { x: -4.5, y: 48.0, count: 1 });
    assert_eq!(scenario.release.every, None);
    assert_eq!(scenario.time.extent, Extent::Forcing);
    assert_eq!(scenario.time.step, seconds(600.0));
    assert_eq!(scenario.time.direction, Direction::Forward);
    assert_eq!(scenario.physics.integrator, Integrator::Rk4);
    assert_eq!(scenario.physics.mesh, MeshChoice::Auto);
    assert_eq!(scenario.physics.radius, EARTH_RADIUS);
    assert_eq!(scenario.output, None);
    assert_eq!(scenario.run.device, DeviceChoice::Auto);
    assert_eq!((scenario.run.seed, scenario.run.memory), (0, None));
    assert_eq!(scenario.text, MINIMAL);
}

#[test]
fn the_folder_of_a_scenario_is_no_part_of_its_patterns() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run [1]");
    std::fs::create_dir(&place).unwrap();
    std::fs::write(place.join("sea.nc"), "").unwrap();
    std::fs::write(place.join("run.toml"), MINIMAL.replace("currents/*.nc", "*.nc")).unwrap();
    let scenario = Scenario::from_file(place.join("run.toml")).unwrap();
    assert!(
        scenario.forcings[0].data[0].ends_with("run [[]1[]]/*.nc"),
        "{:?}",
        scenario.forcings[0].data
    );
}

#[test]
fn a_program_gets_the_same_defaults() {
    let read = read(MINIMAL).unwrap();
    let made = Scenario::new(read.forcings[0].clone(), read.release.clone());
    assert_eq!(Scenario { origin: read.origin.clone(), text: read.text.clone(), ..made }, read);
}

#[test]
fn every_key_is_read() {
    let scenario = read(FULL).unwrap();
    let forcing = &scenario.forcings[0];
    assert_eq!(forcing.data, ["runs/a.nc", "/data/b.nc", "https://example.org/store.zarr"]);
    assert_eq!((forcing.u.as_deref(), forcing.v.as_deref()), (Some("uo"), Some("vo")));
    assert_eq!((forcing.x.as_deref(), forcing.y.as_deref()), (Some("nav_lon"), Some("nav_lat")));
    assert_eq!(forcing.time.as_deref(), Some("time_counter"));
    assert_eq!((forcing.depth, forcing.allow_gaps), (Some(10.0), true));
    assert!(forcing.fill_missing_chunks);
    let release = &scenario.release;
    let layout = Layout::Count(100_000);
    assert_eq!(release.pattern, Pattern::Grid { x: [-5.0, 5.0], y: [40.0, 45.0], layout });
    assert_eq!(release.depth, Some(0.5));
    assert_eq!(release.start, Some(date("2015-11-16T06:00Z")));
    assert_eq!(release.end, Some(date("2015-11-18")));
    assert_eq!(release.every, Some(seconds(21_600.0)));
    assert_eq!(scenario.time.start, Some(date("2015-11-15T23:00Z")));
    assert_eq!(scenario.time.extent, Extent::Duration(seconds(432_000.0)));
    let physics = &scenario.physics;
    assert_eq!((physics.integrator, physics.coast), (Integrator::Rk2, Coast::Strand));
    assert_eq!((physics.mesh, physics.radius), (MeshChoice::Sphere, 6_371_000.0));
    assert_eq!(physics.max_age, Some(seconds(172_800.0)));
    let output = scenario.output.as_ref().unwrap();
    assert_eq!(output.path, Path::new("runs/out/trajectories.parquet"));
    assert_eq!((output.format, output.every), (OutputFormat::Parquet, seconds(3600.0)));
    let run = &scenario.run;
    assert_eq!(run.device, DeviceChoice::Named("Radeon 780M".to_owned()));
    assert_eq!((run.seed, run.memory), (42, Some(512_000_000)));
    assert_eq!((run.block, run.threads), (Some(65_536), Some(2)));
    assert!(serde_json::to_string(&scenario).unwrap().contains("\"kind\":\"grid\""));
}

#[test]
fn every_kind_of_release_is_read() {
    let release = |body: &str| {
        let text =
            format!("[forcing.wind]\ndata = \"w.nc\"\n[release]\n{body}\n[time]\nstep = \"1h\"\n");
        read(&text).unwrap_or_else(|error| panic!("{error}")).release.pattern
    };
    assert_eq!(
        release("kind = \"point\"\nx = 1e3\ny = 2\ncount = 5"),
        Pattern::Point { x: 1000.0, y: 2.0, count: 5 }
    );
    assert_eq!(
        release("kind = \"points\"\nlon = [1, 2]\nlat = [3, 4]"),
        Pattern::Points { x: vec![1.0, 2.0], y: vec![3.0, 4.0] }
    );
    assert_eq!(
        release("kind = \"line\"\nfrom = [1, 2]\nto = [3, 4]\ncount = 9"),
        Pattern::Line { from: [1.0, 2.0], to: [3.0, 4.0], count: 9 }
    );
    assert_eq!(
        release("kind = \"grid\"\nx = [170, -170]\ny = [3, 4]\nspacing = \"5km\""),
        Pattern::Grid {
            x: [170.0, -170.0],
            y: [3.0, 4.0],
            layout: Layout::Spacing(Spacing::Metres(5000.0))
        }
    );
    assert_eq!(
        release("kind = \"disc\"\nlon = 1\nlat = 2\nradius = \"10km\"\ncount = 7"),
        Pattern::Disc { x: 1.0, y: 2.0, radius: 10_000.0, count: 7 }
    );
    assert_eq!(
        release("kind = \"polygon\"\npoints = [[0, 0], [1, 0], [0, 1]]\nspacing = \"0.1deg\""),
        Pattern::Polygon {
            area: Area::Points(vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
            layout: Layout::Spacing(Spacing::Degrees(0.1))
        }
    );
    assert_eq!(
        release("kind = \"polygon\"\npath = \"area.geojson\"\ncount = 3"),
        Pattern::Polygon { area: Area::File("runs/area.geojson".into()), layout: Layout::Count(3) }
    );
    assert_eq!(
        release("kind = \"file\"\npath = \"/abs/drifters.csv\""),
        Pattern::File { path: "/abs/drifters.csv".into() }
    );
}

#[test]
fn a_fault_says_where_it_is_and_what_to_do() {
    // What replaces what in the full scenario; the text pointed at; parts of message and help.
    let cases = [
        ("step =", "stpe =", "stpe", "[time] has no key `stpe`", "did you mean `step`?"),
        ("seed =", "sede =", "sede", "[run] has no key `sede`", "did you mean `seed`?"),
        ("[physics]", "[phsyics]", "phsyics", "a scenario has no key", "did you mean `physics`?"),
        ("[time]", "[tmie]", "tmie", "a scenario has no key", "did you mean `time`?"),
        ("coast =", "zzz =", "zzz", "[physics] has no key `zzz`", "it can have `integrator`, "),
        (
            "depth = 0.5",
            "radius = \"1km\"",
            "radius",
            "[release] of kind \"grid\" has no",
            "it can",
        ),
        ("\"10min\"", "\"10 mins\"", "\"10 mins\"", "not a unit of a duration", ""),
        ("\"10min\"", "600", "600", "expected a quantity with its unit, found integer", "10min"),
        ("\"10min\"", "\"0s\"", "\"0s\"", "longer than a microsecond", ""),
        ("\"rk2\"", "\"rk3\"", "\"rk3\"", "`rk3` is not one of", "did you mean `rk"),
        (
            "\"rk2\"",
            "\"rk2\"\ntolerance = \"1m\"",
            "[physics]",
            "`tolerance` has no effect",
            "rk45",
        ),
        ("\"strand\"", "\"bounse\"", "\"bounse\"", "is not one of", "did you mean `bounce`?"),
        ("\"grid\"", "\"gird\"", "\"gird\"", "`gird` is not one of", "did you mean `grid`?"),
        ("\"allow\"", "\"alow\"", "\"alow\"", "is not one of", "did you mean `allow`?"),
        ("max_age =", "windage =", "windage", "`windage` is not available yet", "remove it"),
        (
            ".parquet",
            ".nc",
            "\"out/trajectories.nc\"",
            "NetCDF output is not available yet",
            ".zarr",
        ),
        (".parquet", ".txt", "\"out/trajectories.txt\"", "does not say how to store", ".zarr"),
        ("100_000", "0", "0", "must be 1 or more", ""),
        ("100_000", "-1", "-1", "expected a whole number", ""),
        ("100_000", "1.5", "1.5", "expected a whole number, found float", ""),
        ("-5.0", "nan", "nan", "finite", ""),
        ("-5.0", "inf", "inf", "finite", ""),
        ("[-5.0, 5]", "[-5.0]", "[-5.0]", "expected two numbers, found 1", ""),
        ("[40.0, 45.0]", "[45.0, 40.0]", "[45.0, 40.0]", "45 is larger than 40", "southern end"),
        ("\"10m\"", "-10", "-10", "the depth -10 is negative", "positive down"),
        ("\"10m\"", "\"-10m\"", "\"-10m\"", "out of range for a length", ""),
        ("\"2015-11-18\"", "\"soon\"", "\"soon\"", "`soon` is not a time", ""),
        ("\"2015-11-18\"", "\"9999999999-01-01\"", "\"9999999999-01-01\"", "is not a time", ""),
        ("every = \"6h\"\n", "", "\"2015-11-18\"", "when repeated releases end", "add `every`"),
        ("u = \"uo\"\n", "", "", "`u` and `v` are a pair", "or neither"),
        ("step = \"10min\"\n", "", "", "[time] needs `step`", "10min"),
        ("duration =", "end = \"2015-12-01\"\nduration =", "\"2015-12-01\"", "both say", "one of"),
        ("count = 100_000", "", "", "needs `count` or `spacing`", "give one"),
        ("depth = 0.5", "spacing = \"1km\"", "\"1km\"", "exclude each other", "give one"),
        ("depth = 0.5", "x = [1, 2]", "x", "`lon`, `x` mean the same", ""),
        ("\"512MB\"", "\"512 megs\"", "\"512 megs\"", "not a unit of a number of bytes", ""),
        ("\"512MB\"", "\"0MB\"", "\"0MB\"", "more than zero", ""),
        ("[\"a.nc\", ", "[3, ", "3", "expected a text in quotes, found integer", ""),
        ("device = \"Radeon 780M\"", "device = \"\"", "\"\"", "the text is empty", ""),
    ];
    for (before, after, place, message, help) in cases {
        assert!(FULL.contains(before), "{before}");
        let text = FULL.replacen(before, after, 1);
        let (fault, pointed_at) = only_fault(&text);
        let advice = fault.help.as_deref().unwrap_or_default();
        assert!(fault.message.contains(message), "{after}: {}", fault.message);
        assert!(advice.contains(help) && help.is_empty() == advice.is_empty(), "{after}: {advice}");
        if !place.is_empty() {
            assert_eq!(pointed_at, place, "{after}");
        }
    }
}

#[test]
fn a_height_is_a_level_of_the_wind_above_the_surface() {
    let wind = |line: &str| {
        let text = MINIMAL.replace("[forcing.current]", "[forcing.wind]");
        text.replace("data =", &format!("{line}\ndata ="))
    };
    for line in ["height = \"50m\"", "height = 50"] {
        assert_eq!(read(&wind(line)).unwrap().forcings[0].depth, Some(-50.0));
    }
    let (fault, place) = only_fault(&wind("height = -50"));
    assert_eq!((fault.message.as_str(), place.as_str()), ("the height -50 is negative", "-50"));
    let (fault, _) = only_fault(&wind("height = 50\ndepth = 0"));
    assert!(fault.message.contains("name the same level"), "{}", fault.message);
    let (fault, _) = only_fault(&MINIMAL.replace("data =", "height = 50\ndata ="));
    assert!(fault.message.contains("[forcing.current] has no key `height`"), "{}", fault.message);
}

#[test]
fn divided_steps_have_a_tolerance() {
    let with = |lines: &str| read(&format!("{MINIMAL}\n[physics]\nintegrator = \"rk45\"\n{lines}"));
    for (lines, tolerance) in [("", 1.0), ("tolerance = \"0.2m\"", 0.2)] {
        assert_eq!(with(lines).unwrap().physics.integrator, Integrator::Rk45 { tolerance });
    }
    assert!(with("tolerance = \"0m\"").is_err());
}

#[test]
fn analytic_steps_can_be_asked_for() {
    let text = format!("{MINIMAL}\n[physics]\nintegrator = \"analytic\"\n");
    assert_eq!(read(&text).unwrap().physics.integrator, Integrator::Analytic);
}

#[test]
fn missing_tables_are_asked_for() {
    for table in ["forcing", "release", "time"] {
        let text = MINIMAL.replace(&format!("[{table}"), &format!("[physics.{table}"));
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(&format!("a scenario needs [{table}]")), "{error}");
    }
    let error = read("").unwrap_err();
    assert_eq!(error.faults().len(), 3);
    assert!(error.faults().iter().all(|fault| fault.help.is_some()));
}

#[test]
fn a_release_without_a_kind_is_one_fault() {
    let (fault, _) = only_fault(&MINIMAL.replace("kind = \"point\"\n", ""));
    assert_eq!(fault.message, "[release] needs `kind`");
    let (fault, place) = only_fault(&MINIMAL.replace("kind =", "kidn ="));
    assert_eq!((fault.help.as_deref(), place.as_str()), (Some("did you mean `kind`?"), "kidn"));
}

#[test]
fn forcings_cannot_be_combined_yet() {
    let text = format!("{MINIMAL}\n[forcing.wind]\ndata = \"wind.nc\"\n");
    let (fault, _) = only_fault(&text);
    assert!(fault.message.contains("[forcing.current] and [forcing.wind]"), "{}", fault.message);
    assert!(fault.message.contains("not available yet"));
    let wind = read(&MINIMAL.replace("current]", "wind]")).unwrap();
    assert_eq!(wind.forcings[0].kind, VelocityKind::Wind);
    let (fault, _) = only_fault(&MINIMAL.replace("forcing.current", "forcing.curent"));
    assert_eq!(fault.help.as_deref(), Some("did you mean `current`?"));
}

const OUTPUT: &str = "[output]\npath = \"out.zarr\"\n";

#[test]
fn fields_to_sample_are_listed_or_have_a_table() {
    let listed = "[physics]\nsample = [\"thetao\", \"sea_water_salinity\"]\n";
    let table = "[sample.sst]\nvariable = \"analysed_sst\"\ndata = [\"sst/*.nc\"]\nsteady = true\n";
    let scenario = read(&format!("{MINIMAL}{OUTPUT}{listed}{table}")).unwrap();
    let names: Vec<_> = scenario.samples.iter().map(|s| (&*s.name, &*s.variable)).collect();
    let salinity = "sea_water_salinity";
    assert_eq!(names, [("thetao", "thetao"), (salinity, salinity), ("sst", "analysed_sst")]);
    assert_eq!(scenario.samples[2].data, ["runs/sst/*.nc"]);
    assert!(scenario.samples[2].steady && scenario.samples[0] == Sample::of("thetao"));
    assert_eq!(read(MINIMAL).unwrap().samples, []);
}

#[test]
fn what_cannot_be_sampled_is_one_fault_each_at_its_place() {
    for (lines, place, part) in [
        ("[physics]\nsample = [\"thetao\", \"lon\"]", "\"lon\"", "variable of the output itself"),
        ("[physics]\nsample = \"../x\"", "\"../x\"", "no name for a variable"),
        ("[sample.so]\nvraiable = \"salt\"", "vraiable", "has no key"),
        ("[sample]\nso = \"salt\"", "\"salt\"", "a table, written as [sample.NAME]"),
        ("[sample.so]\ngaps = \"allow\"", "so", "speak of the files"),
        ("[physics]\nsample = [\"so\"]\n[sample.so]\nlevel = 1", "so", "sampled twice"),
        ("[physics]\nsmaple = [\"so\"]", "smaple", "has no key"),
    ] {
        let (fault, at) = only_fault(&format!("{MINIMAL}{OUTPUT}{lines}\n"));
        assert!(fault.message.contains(part), "{lines}: {}", fault.message);
        assert_eq!(at, place, "{lines}");
        assert!(fault.help.is_some() || part.contains("table"), "{lines}");
    }
    let (fault, _) = only_fault(&format!("{MINIMAL}[physics]\nsample = \"so\"\n"));
    assert!(fault.message.contains("written nowhere"), "{}", fault.message);
}

#[test]
fn a_run_must_leave_its_start() {
    let run = |start: &str, end: &str, direction: &str| {
        let lines =
            format!("[time]\nstart = \"{start}\"\nend = \"{end}\"\ndirection = \"{direction}\"");
        read(&MINIMAL.replace("[time]", &lines))
    };
    assert!(run("2015-01-01", "2015-01-02", "forward").is_ok());
    assert!(run("2015-01-02", "2015-01-01", "backward").is_ok());
    for (start, end, direction) in [
        ("2015-01-02", "2015-01-01", "forward"),
        ("2015-01-01", "2015-01-02", "backward"),
        ("2015-01-01", "2015-01-01", "forward"),
    ] {
        let error = run(start, end, direction).unwrap_err().to_string();
        assert!(error.contains("without leaving its start"), "{error}");
    }
}

#[test]
fn broken_toml_and_missing_files_are_sentences() {
    let (fault, _) = only_fault(&MINIMAL.replace("lat = 48", "lat = 48 north"));
    assert!(fault.span.is_some());
    let (fault, _) = only_fault(&format!("{MINIMAL}\nstep = \"1h\"\n"));
    assert!(fault.message.contains("duplicate"), "{}", fault.message);
    let error = Scenario::from_file("no/such/scenario.toml").unwrap_err();
    assert!(error.to_string().contains("no/such/scenario.toml"));
    assert!(error.faults().is_empty());
}

#[test]
fn all_faults_are_told_at_once_each_with_its_line() {
    let text = FULL.replace("\"6h\"", "\"6 ours\"").replace("rk2", "rk9").replace("seed", "sede");
    let error = read(&text).unwrap_err();
    let lines: Vec<_> =
        error.faults().iter().map(|fault| fault.line_and_column(&text).unwrap()).collect();
    let line_of = |part: &str| text.lines().position(|line| line.contains(part)).unwrap() + 1;
    assert_eq!(lines, [(line_of("6 ours"), 9), (line_of("rk9"), 14), (line_of("sede"), 1)]);
    assert!(error.to_string().starts_with(&format!("runs/bay.toml:{}:9: ", line_of("6 ours"))));
}

#[test]
fn a_file_is_read_with_paths_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bay.toml");
    std::fs::write(&path, FULL).unwrap();
    let scenario = Scenario::from_file(&path).unwrap();
    assert_eq!(Path::new(&scenario.forcings[0].data[0]), folder.path().join("a.nc"));
    assert_eq!(scenario.origin, path);
    assert_eq!(Output::to("x.ZARR").unwrap().format, OutputFormat::Zarr);
}

proptest! {
    #[test]
    fn no_text_panics(text in "(\\[[a-z.]{0,8}\\]|[a-z]{1,5} = [0-9\"a-z\\[\\]{},.+-]{0,9}|\n){0,12}") {
        let _ = read(&text);
    }

    /// One character of a right scenario is replaced: it is read, or the fault lies in the text.
    #[test]
    fn no_typo_panics(at in 0..FULL.len(), typo in "[ -~]") {
        let mut text = FULL.to_owned();
        text.replace_range(at..=at, &typo);
        if let Err(error) = read(&text) {
            prop_assert!(!error.faults().is_empty());
            for fault in error.faults() {
                prop_assert!(fault.span.clone().is_none_or(|span| text.get(span).is_some()));
            }
        }
    }
}
