//! Bad input gets a sentence that names what is wrong, and earlier results stay.

use std::fs;

use drogue::scenario::Scenario;
use drogue::trajectory::Trajectories;
use netcdf_writer::NcWriteFormat;

use crate::ocean::{self, Ocean};

/// The error of a run with these changes, and that it holds all of `parts`.
fn refused(ocean: &Ocean, changes: &str, parts: &[&str]) {
    let error = ocean.run(changes).expect_err(changes).to_string();
    for part in parts {
        assert!(error.contains(part), "{changes}: no `{part}` in: {error}");
    }
}

#[test]
fn a_missing_file() {
    refused(&Ocean::new(), "forcing.current.data = 'none.nc'", &["none.nc"]);
}

#[test]
fn a_single_time() {
    let ocean = Ocean::new();
    ocean::write(&ocean.path("one.nc"), &[0.0], NcWriteFormat::Classic);
    refused(&ocean, "forcing.current.data = 'one.nc'", &["one.nc", "single time", "two snapshots"]);
}

#[test]
fn a_release_outside_the_domain() {
    let changes = "release = { kind = 'points', lon = [0.0, 50.0], lat = [45.0, 45.0] }";
    refused(&Ocean::new(), changes, &["particle 1", "50", "-10 to 10"]);
}

#[test]
fn a_release_outside_the_time_range() {
    let ocean = Ocean::new();
    let changes =
        "release = { kind = 'point', lon = 0.0, lat = 45.0, start = '2021-01-01T00:00:00Z' }";
    refused(&ocean, changes, &["2021-01-01"]);
    refused(&ocean, "time.start = '2019-01-01T00:00:00Z'", &["2019-01-01", "2020-01-01"]);
}

#[test]
fn a_run_without_length() {
    let ocean = Ocean::new();
    refused(&ocean, "time.start = '2020-01-03T00:00:00Z'", &["no length"]);
}

#[test]
fn a_budget_smaller_than_a_pair_of_snapshots() {
    refused(&Ocean::new(), "run.memory = '10 kB'", &["10000", "pair of snapshots", "41 × 21"]);
}

#[test]
fn zero_particles() {
    let ocean = Ocean::new();
    let text = ocean.scenario("release = { kind = 'point', lon = 0.0, lat = 45.0, count = 0 }");
    let error = Scenario::from_toml(&text, "scenario.toml").map(drogue::run::Plan::new);
    assert!(!matches!(error, Ok(Ok(_))), "a run of no particles began");
    fs::write(ocean.path("empty.csv"), "lon,lat\n").unwrap();
    refused(&ocean, "release = { kind = 'file', path = 'empty.csv' }", &["empty.csv"]);
}

#[test]
fn an_integrator_for_other_grids() {
    let parts = ["analytic", "faces of cells", "the nodes of its grid", "rk45"];
    refused(&Ocean::new(), "physics.integrator = 'analytic'", &parts);
}

#[test]
fn an_unknown_adapter() {
    let changes = "run.device = 'no such adapter'";
    refused(&Ocean::new(), changes, &["no such adapter", "cpu"]);
}

#[test]
fn an_output_that_exists_stays_without_overwrite() {
    let ocean = Ocean::new();
    for name in ["kept.zarr", "kept.parquet"] {
        let changes = format!("output.path = '{name}'");
        ocean.run(&changes).unwrap();
        let before = Trajectories::open(&ocean.path(name)).unwrap().final_states().unwrap();
        let plan = ocean.plan(&format!("{changes}\ntime.duration = '6h'")).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let controls = drogue::run::Controls::default();
        let error = runtime
            .block_on(drogue::run::run(&plan, false, None, &controls))
            .expect_err("replaced an output unasked");
        assert!(error.to_string().contains("overwrite"), "{error}");
        let after = Trajectories::open(&ocean.path(name)).unwrap().final_states().unwrap();
        assert_eq!((before.x, before.status), (after.x, after.status));
    }
}

#[test]
fn a_run_that_fails_at_its_beginning_leaves_a_former_output_alone() {
    let ocean = Ocean::new();
    let hours: Vec<f64> = ocean::HOURS.to_vec();
    ocean::write(&ocean.path("damaged.nc"), &hours, NcWriteFormat::Nc4);
    let mut bytes = fs::read(ocean.path("damaged.nc")).unwrap();
    let place = deflated(&bytes).next().expect("chunks are deflated");
    bytes[place..place + 64].fill(0x55);
    fs::write(ocean.path("damaged.nc"), bytes).unwrap();
    let mistakes = [
        "release = { kind = 'points', lon = [0.0, 50.0], lat = [45.0, 45.0] }",
        "forcing.current.data = 'damaged.nc'",
    ];
    for name in ["former.zarr", "former.parquet"] {
        let output = format!("output = {{ path = '{name}', every = '6h' }}");
        for mistake in mistakes {
            let changes = format!("{mistake}\n{output}");
            ocean.run(&changes).expect_err(mistake);
            assert!(!ocean.path(name).exists(), "{mistake} left something in the way: {name}");
        }
        ocean.run(&output).unwrap();
        let before = Trajectories::open(&ocean.path(name)).unwrap().final_states().unwrap();
        for mistake in mistakes {
            // The test's runs overwrite.
            ocean.run(&format!("{mistake}\n{output}")).expect_err(mistake);
            let after = Trajectories::open(&ocean.path(name)).unwrap().final_states().unwrap();
            assert_eq!((&before.x, &before.status), (&after.x, &after.status), "{mistake}");
        }
    }
}

#[test]
fn an_output_that_would_replace_an_input() {
    let ocean = Ocean::new();
    fs::rename(ocean.path("ocean.nc"), ocean.path("ocean.parquet")).unwrap();
    let forcing = "forcing.current.data = 'ocean.parquet'\n\
                   output = { path = './ocean.parquet', every = '6h' }";
    refused(&ocean, forcing, &["would replace", "ocean.parquet", "`path`"]);
    assert!(ocean.path("ocean.parquet").metadata().unwrap().len() > 1000);
    let ocean = Ocean::new();
    ocean.run("output = { path = 'points.parquet', every = '1d' }").unwrap();
    let points = fs::read(ocean.path("points.parquet")).unwrap();
    fs::create_dir(ocean.path("x")).unwrap();
    fs::write(ocean.path("points.csv"), "lon,lat\n0,45\n").unwrap();
    let release = "release = { kind = 'file', path = 'points.csv' }\n\
                   output = { path = 'x/../points.parquet', every = '1d' }";
    ocean.run(release).unwrap();
    assert_ne!(fs::read(ocean.path("points.parquet")).unwrap(), points, "no input, so replaced");
}

#[test]
fn steps_or_outputs_beyond_counting() {
    let ocean = Ocean::new();
    refused(&ocean, "time.step = '0.00001s'", &["17280000000 steps", "longer `step`"]);
    refused(&ocean, "time.step = '0.001s'", &["from one snapshot to the next", "longer `step`"]);
    refused(&ocean, "output = { path = 'o.zarr', every = '0.000001s' }", &["`every`"]);
}

#[test]
fn a_release_at_several_depths() {
    let ocean = Ocean::new();
    fs::write(ocean.path("deep.csv"), "lon,lat,depth\n0,45,10\n1,45,20\n").unwrap();
    let file = "release = { kind = 'file', path = 'deep.csv' }";
    refused(&ocean, file, &["10 m to 20 m", "one depth"]);
    let both = "forcing.current = { data = 'ocean.nc', depth = 10 }\n\
                release = { kind = 'point', lon = 0.0, lat = 45.0, depth = 20 }";
    refused(&ocean, both, &["20 m", "10 m", "leave one of them out"]);
}

#[test]
fn an_unwritable_output() {
    let ocean = Ocean::new();
    fs::write(ocean.path("file"), "").unwrap();
    refused(&ocean, "output.path = 'file/out.zarr'", &["file"]);
    refused(&ocean, "output.path = 'none/such/out.parquet'", &["none/such"]);
}

/// A file that is damaged in its middle ends the run there, and what came before is kept.
#[test]
fn a_corrupted_chunk_keeps_what_was_computed() {
    let ocean = Ocean::new();
    let path = ocean.path("ocean.nc");
    let hours: Vec<f64> = (0..60).map(|index| 6.0 * f64::from(index)).collect();
    ocean::write(&path, &hours, NcWriteFormat::Nc4);
    let mut bytes = fs::read(&path).unwrap();
    // The last compressed chunks lie at the end of the data.
    let place = deflated(&bytes).next_back().expect("chunks are deflated");
    bytes[place..place + 64].fill(0x55);
    fs::write(&path, bytes).unwrap();
    refused(&ocean, "output = { path = 'part.parquet', every = '6h' }", &["ocean.nc"]);
    assert!(!ocean.path("part.parquet").exists(), "a failed run has no result of that name");
    let kept = Trajectories::open(&ocean.path("part.incomplete.parquet")).unwrap();
    assert_eq!(kept.slots(), 59, "all output times before the damaged snapshot");
    assert_eq!(kept.attributes()["run_ended"], "failed");
    refused(&ocean, "output = { path = 'part.zarr', every = '6h' }", &["ocean.nc"]);
    let kept = Trajectories::open(&ocean.path("part.zarr")).unwrap();
    assert_eq!((kept.slots(), &*kept.attributes()["run_ended"]), (59, "failed"));
}

/// Places within the zlib streams of a file.
fn deflated(bytes: &[u8]) -> impl DoubleEndedIterator<Item = usize> {
    let is_stream =
        |pair: &[u8]| pair == [0x78, 0x5e] || pair == [0x78, 0x9c] || pair == [0x78, 0x01];
    (0..bytes.len() - 400).filter(move |&at| is_stream(&bytes[at..at + 2])).map(|at| at + 16)
}

/// A limit on the size of files fails writes as a full disk does, and needs no privileges.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_is_reported() {
    let ocean = Ocean::new();
    for name in ["out.zarr", "out.parquet"] {
        let changes = format!(
            "release = {{ kind = 'grid', lon = [-6.0, 7.0], lat = [42.0, 48.0], count = 20000 }}\n\
             output = {{ path = '{name}', every = '1h' }}"
        );
        fs::write(ocean.path("run.toml"), ocean.scenario(&changes)).unwrap();
        // 25 is SIGXFSZ, which would end the program where it is not ignored.
        let limited = "trap '' 25; ulimit -f 16; exec \"$0\" run run.toml";
        let output = std::process::Command::new("sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_drogue")])
            .current_dir(ocean.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "the failed write went unnoticed");
        assert!(said.contains(name) && said.contains("too large"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}
