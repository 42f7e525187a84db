//! The program itself on web servers and S3 buckets.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use drogue::time::Instant;
use drogue::trajectory::Trajectories;
use netcdf_writer::NcWriteFormat;
use predicates::str::contains;
use tempfile::TempDir;

use crate::faults::{Fault, PASSING};
use crate::sample::Sample;
use crate::server::{KEY, Server};
use crate::stores::write_all;
use crate::write;

/// The program, with nothing of the caller's own stores in its environment.
pub fn drogue() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drogue"));
    for (name, _) in std::env::vars_os() {
        let of_a_store = ["AWS_", "GOOGLE_", "AZURE_", "SERVICE_ACCOUNT", "HTTPS_PROXY"];
        if of_a_store.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
}

/// The same, with an S3 server of this machine as the store.
fn with_s3(server: &Server, key: Option<[&str; 2]>) -> Command {
    let mut command = drogue();
    command.env("AWS_ENDPOINT", server.url("").trim_end_matches('/'));
    if let Some([key, secret]) = key {
        command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret);
    }
    command
}

/// A scenario of twenty particles in the sample.
pub fn scenario(folder: &Path, name: &str, data: &str) -> std::path::PathBuf {
    let path = folder.join(format!("{name}.toml"));
    let text = format!(
        "forcing.current.data = '{data}'\n\
         release = {{ kind = 'grid', lon = [20.6, 21.4], lat = [-9.4, -8.6], count = 20 }}\n\
         time.step = '30min'\n\
         output = {{ path = '{name}.parquet', every = '1h' }}\n\
         run = {{ device = 'cpu', patience = '20s' }}\n"
    );
    fs::write(&path, text).unwrap();
    path
}

/// Every observation of every particle: id, time, and the bits of its position.
pub type Observations = Vec<(u64, Instant, u64, u64)>;

/// Runs the scenario on this data and reads its trajectories.
pub fn run(mut command: Command, folder: &Path, name: &str, data: &str) -> Observations {
    command.arg("run").arg(scenario(folder, name, data)).arg("--overwrite").assert().success();
    let found = Trajectories::open(&folder.join(format!("{name}.parquet"))).unwrap();
    let ids: Vec<u64> = (0..found.particles()).collect();
    let tracks = found.tracks(&ids).unwrap();
    let observations = tracks.iter().flat_map(|track| {
        let positions = track.x.iter().zip(&track.y);
        let all = track.times.iter().zip(positions);
        all.map(|(&time, (x, y))| (track.id, time, x.to_bits(), y.to_bits()))
    });
    observations.collect()
}

/// What the same run gives from disk.
pub fn from_disk(folder: &Path, data: &str) -> Observations {
    let data = folder.join("ocean").join(data);
    let found = run(drogue(), folder, "disk", &data.display().to_string());
    assert!(found.len() > 100, "particles are followed for hours, until they leave the sample");
    found
}

/// Buckets in a folder: `ocean` with the samples, and two files that make one dataset in it.
pub fn buckets() -> TempDir {
    let folder = TempDir::new().unwrap();
    let ocean = folder.path().join("ocean");
    fs::create_dir_all(ocean.join("days")).unwrap();
    write_all(&ocean);
    for (name, hours) in [("a.nc", [0.0, 6.0]), ("b.nc", [12.0, 18.0])] {
        write::netcdf(&ocean.join("days").join(name), &Sample::at(&hours), NcWriteFormat::Nc4);
    }
    folder
}

#[test]
fn runs_on_a_web_server_give_the_same_bits_as_from_disk() {
    let folder = buckets();
    let server = Server::folder(folder.path());
    for data in ["v2.zarr", "sharded.zarr", "hdf5.nc"] {
        let url = server.url(&format!("ocean/{data}"));
        let found = run(drogue(), folder.path(), "web", &url);
        assert_eq!(found, from_disk(folder.path(), data), "{data}");
        drogue().arg("inspect").arg(&url).assert().success().stdout(contains("uo"));
    }
}

#[test]
fn one_bit_that_the_server_turns_changes_the_run() {
    let folder = buckets();
    let server = Server::folder(folder.path());
    server.fail(|asked| match asked.path.as_str() {
        // A node at the corner of cells that particles pass.
        "ocean/plain.zarr/uo/c/0/0/1" => Fault::Flip,
        _ => Fault::None,
    });
    let found = run(drogue(), folder.path(), "web", &server.url("ocean/plain.zarr"));
    assert!(found != from_disk(folder.path(), "plain.zarr"), "the comparison sees nothing");
}

#[test]
fn runs_on_buckets_give_the_same_bits_as_from_disk() {
    let folder = buckets();
    // Without consolidated metadata the arrays are found by listing.
    fs::remove_file(folder.path().join("ocean/v2.zarr/.zmetadata")).unwrap();
    let root = r#"{"zarr_format": 3, "node_type": "group"}"#;
    fs::write(folder.path().join("ocean/v3.zarr/zarr.json"), root).unwrap();
    for (open, key) in [(false, Some(KEY)), (true, None)] {
        let server = Server::s3(folder.path(), open);
        // Each first request of a kind fails.
        server.fail(|asked| match (asked.before, asked.path.len() % 2) {
            (0, 0) => Fault::Status(503, None),
            (0, 1) => Fault::Reset,
            _ => Fault::None,
        });
        for data in ["v2.zarr", "v3.zarr", "sharded.zarr", "classic.nc", "days/*.nc"] {
            let url = format!("s3://ocean/{data}");
            let found = run(with_s3(&server, key), folder.path(), "bucket", &url);
            assert_eq!(found, from_disk(folder.path(), data), "{data}");
            with_s3(&server, key).arg("inspect").arg(&url).assert().success();
        }
        assert!(server.record().iter().any(|asked| asked.before > 0));
    }
}

#[test]
fn faults_of_a_bucket_that_pass_leave_the_same_bits() {
    let folder = buckets();
    let folder = folder.path();
    // Every format meets every fault on a web server; here they take turns.
    let formats = ["sharded.zarr", "hdf5.nc"].map(|data| (data, from_disk(folder, data)));
    std::thread::scope(|scope| {
        let faults = PASSING.into_iter().zip(formats.iter().cycle()).enumerate();
        for (number, ((fault, times), (data, expected))) in faults {
            scope.spawn(move || {
                let server = Server::s3(folder, false);
                let fails = move |before| if before < times { fault } else { Fault::None };
                server.fail(move |asked| fails(asked.before));
                let (name, url) = (format!("bucket{number}"), format!("s3://ocean/{data}"));
                let found = run(with_s3(&server, Some(KEY)), folder, &name, &url);
                assert_eq!(found, *expected, "{data} after {fault:?}");
                let record = server.record();
                assert!(record.iter().all(|asked| asked.authorization.is_some()), "it is S3");
                // What has failed was asked for again.
                let again = record.iter().any(|asked| asked.before > 0);
                assert!(again || times == usize::MAX, "{fault:?}");
            });
        }
    });
}

#[test]
fn a_bucket_that_always_fails_ends_the_run_in_time() {
    let folder = buckets();
    for fault in [Fault::Hang, Fault::Short, Fault::Status(429, None)] {
        let server = Server::s3(folder.path(), false);
        server.fail(move |asked| match asked.path.contains("/uo/c/1/") {
            true => fault,
            false => Fault::None,
        });
        let path = scenario(folder.path(), "failing", "s3://ocean/v3.zarr");
        let text = fs::read_to_string(&path).unwrap().replace("'20s'", "'1s'");
        fs::write(&path, text).unwrap();
        let output = with_s3(&server, Some(KEY)).arg("run").arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{fault:?}");
        let said = String::from_utf8_lossy(&output.stderr).replace(['\n', '│', ' '], "");
        assert!(said.contains("s3://ocean/v3.zarr/uo/c/1/"), "{fault:?}: {said}");
        assert!(said.contains("run.patience"), "{fault:?}: {said}");
    }
}

#[test]
fn a_bucket_that_is_closed_says_what_to_set() {
    let folder = buckets();
    let server = Server::s3(folder.path(), false);
    for key in [None, Some([KEY[0], "another secret"])] {
        let output =
            with_s3(&server, key).args(["inspect", "s3://ocean/v2.zarr"]).output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains("AWS_SECRET_ACCESS_KEY"), "{said}");
        assert!(said.contains("s3://ocean/v2.zarr"), "{said}");
    }
}

#[test]
fn only_the_times_of_the_run_are_asked_for() {
    let folder = buckets();
    let server = Server::folder(folder.path());
    let path = scenario(folder.path(), "short", &server.url("ocean/v3.zarr"));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("time.duration = '3h'\n{text}")).unwrap();
    drogue().arg("run").arg(&path).assert().success();
    let record = server.record();
    let times = |time: &str| {
        let chunk = format!("/uo/c/{time}/");
        record.iter().filter(|asked| asked.path.contains(&chunk)).count()
    };
    // The chunks hold two times, 0 and 6 h, 12 and 18 h.
    assert!(times("0") > 0);
    assert_eq!(times("1"), 0);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_whose_store_hangs_and_keeps_what_it_had_computed() {
    use std::process::Stdio;
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    // The library gives a silent store thirty seconds, and the run an hour.
    const AT_ONCE: Duration = Duration::from_secs(20);
    let folder = buckets();
    let server = Server::folder(folder.path());
    server.fail(|asked| if asked.path.contains("/uo/c/1/") { Fault::Hang } else { Fault::None });
    let path = scenario(folder.path(), "hung", &server.url("ocean/v3.zarr"));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("'20s'", "'1h'").replace(".parquet", ".zarr")).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_drogue"))
        .arg("run")
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = folder.path().join("hung.zarr");
    let wait_for = |what: &mut dyn FnMut() -> bool| {
        let started = Instant::now();
        while !what() {
            assert!(started.elapsed() < AT_ONCE, "it takes too long");
            sleep(Duration::from_millis(10));
        }
    };
    let mut asked = Vec::new();
    wait_for(&mut || {
        asked.extend(server.record());
        output.exists() && asked.iter().any(|asked| asked.path.contains("/uo/c/1/"))
    });
    assert!(child.try_wait().unwrap().is_none(), "it ended before it hung");
    let id = child.id().to_string();
    _ = std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > AT_ONCE {
            child.kill().unwrap();
            panic!("it went on after Ctrl-C");
        }
        sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(130));
    let metadata = fs::read_to_string(output.join("zarr.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["attributes"]["run_ended"], "stopped");
    let found = Trajectories::open(&output).unwrap();
    assert!(!found.tracks(&[0]).unwrap()[0].times.is_empty(), "the first hours were computed");
}
