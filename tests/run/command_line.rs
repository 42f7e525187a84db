//! The program itself: exit codes, messages and what it prints for programs.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::ocean::Ocean;

fn drogue() -> Command {
    Command::new(env!("CARGO_BIN_EXE_drogue"))
}

fn scenario(ocean: &Ocean, changes: &str) -> std::path::PathBuf {
    let path = ocean.path("scenario.toml");
    std::fs::write(&path, ocean.scenario(changes)).unwrap();
    path
}

#[test]
fn run_prints_its_account() {
    let ocean = Ocean::new();
    let path = scenario(&ocean, "output.path = 'out.zarr'");
    drogue().arg("run").arg(&path).assert().success().stdout(contains("stranded"));
    drogue().arg("run").arg(&path).assert().code(1).stderr(contains("overwrite"));
    let output = drogue().arg("run").arg(&path).args(["--overwrite", "--json"]).output().unwrap();
    let account: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(account["particles"], 500);
    assert!(account["stages"].as_array().unwrap().iter().any(|stage| stage["stage"] == "advance"));
}

#[test]
fn a_trace_is_written() {
    let ocean = Ocean::new();
    let path = scenario(&ocean, "");
    let trace = ocean.path("trace.json");
    drogue().arg("run").arg(&path).arg("--trace").arg(&trace).assert().success();
    let trace: serde_json::Value = serde_json::from_slice(&std::fs::read(trace).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    for stage in ["fetch", "decode", "prepare", "upload", "advance", "device"] {
        assert!(
            events.iter().any(|event| event.to_string().contains(stage)),
            "no {stage} in the trace"
        );
    }
}

#[test]
fn a_wrong_scenario_points_at_the_line() {
    let ocean = Ocean::new();
    let path = ocean.path("scenario.toml");
    std::fs::write(&path, ocean.scenario("").replace("step", "stpe")).unwrap();
    drogue().arg("run").arg(&path).assert().code(1).stderr(contains("did you mean `step`?"));
}

#[test]
fn no_graphics_processor_is_said() {
    let ocean = Ocean::new();
    let path = scenario(&ocean, "");
    // No Vulkan driver can be found under a name that is no file.
    drogue()
        .arg("run")
        .arg(&path)
        .args(["--device", "gpu"])
        .env("VK_DRIVER_FILES", "/nonexistent.json")
        .env("VK_ICD_FILENAMES", "/nonexistent.json")
        .assert()
        .code(1)
        .stderr(contains("--device cpu"));
}

#[test]
fn plan_and_inspect_answer_programs() {
    let ocean = Ocean::new();
    let path = scenario(&ocean, "");
    let output = drogue().arg("plan").arg(&path).arg("--json").output().unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&plan["particles"], &plan["steps"]), (&500.into(), &96.into()));
    let output =
        drogue().arg("inspect").arg(ocean.path("ocean.nc")).arg("--json").output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found["refused"].is_null(), "{found}");
    drogue().args(["inspect", "nothing.nc"]).assert().code(1);
    drogue().arg("devices").assert().success().stdout(contains("cpu"));
}

#[test]
fn one_time_is_said_to_be_too_few() {
    let ocean = Ocean::new();
    crate::ocean::write(&ocean.path("one.nc"), &[0.0], netcdf_writer::NcWriteFormat::Nc4);
    let inspect = |name| drogue().arg("inspect").arg(ocean.path(name)).assert().success();
    inspect("one.nc").stdout(contains("note: a run needs two times"));
    inspect("ocean.nc").stdout(contains("two times").not());
}

#[test]
fn a_trace_that_cannot_be_written_is_known_before_the_run() {
    let ocean = Ocean::new();
    let path = scenario(&ocean, "output.path = 'out.zarr'");
    drogue()
        .arg("run")
        .arg(&path)
        .arg("--trace")
        .arg(ocean.path("missing/trace.json"))
        .assert()
        .code(1)
        .stderr(contains("cannot write the trace"));
    assert!(!ocean.path("out.zarr").exists(), "the run was carried out");
}

#[test]
fn a_refused_run_leaves_the_pictures_of_an_earlier_one() {
    let ocean = Ocean::new();
    let path = scenario(&ocean, "output.path = 'out.zarr'");
    let pictures = ["timeline.json", "trace.json"].map(|name| ocean.path(name));
    let run = || {
        let mut command = drogue();
        command.arg("run").arg(&path).arg("--timeline").arg(&pictures[0]);
        command.arg("--trace").arg(&pictures[1]).assert()
    };
    run().success();
    let drawn = pictures.each_ref().map(|path| std::fs::read(path).unwrap());
    run().code(1).stderr(contains("overwrite"));
    assert_eq!(pictures.each_ref().map(|path| std::fs::read(path).unwrap()), drawn);
}

#[test]
fn no_workers_are_none_to_run_with() {
    for number in ["0", "-1", "many"] {
        let mut command = drogue();
        command.args(["run", "any.toml", "--workers", number]).assert().code(2);
        command.assert().stderr(contains("a whole number from 1 up"));
    }
}

#[test]
fn the_log_says_what_happens_and_has_no_colours_in_a_file() {
    let ocean = Ocean::new();
    let path = scenario(&ocean, "output.path = 'out.parquet'");
    let log = |arguments: &[&str]| {
        let output =
            drogue().arg("run").arg(&path).arg("--overwrite").args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(log(&[]), "");
    let info = log(&["-v"]);
    for event in ["the plan is made", "the run begins", "f64 reference", "the output is complete"] {
        assert!(info.contains(event), "no {event} in {info}");
    }
    assert!(!info.contains("2020-01-02T06:00") && log(&["-vv"]).contains("2020-01-02T06:00"));
    assert!(!info.contains('\u{1b}'), "{info}");
}

#[test]
fn thousands_of_threads_are_not_started() {
    let ocean = Ocean::new();
    let path = scenario(&ocean, "run.threads = 100000");
    drogue().arg("run").arg(&path).assert().success().stderr(contains("are of no use"));
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::process::{Child, Command, ExitStatus, Stdio};
    use std::thread::sleep;
    use std::time::Duration;

    use super::{Ocean, contains, drogue, scenario};

    const PROGRAM: &str = env!("CARGO_BIN_EXE_drogue");

    #[test]
    fn a_closed_pipe_ends_the_program_quietly() {
        let ocean = Ocean::new();
        let path = scenario(&ocean, "");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(PROGRAM).arg("plan").arg(path).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(141));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(PROGRAM).arg("devices").stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("cannot write to standard output"), "{message}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_scenario_may_have_any_name() {
        let ocean = Ocean::new();
        let path = ocean.path("").join(OsStr::from_bytes(b"sc\xe9nario.toml"));
        std::fs::rename(scenario(&ocean, "output.path = 'out.zarr'"), &path).unwrap();
        drogue().arg("run").arg(&path).assert().success();
        let data = ocean.path("").join(OsStr::from_bytes(b"oc\xe9an.nc"));
        drogue().arg("inspect").arg(&data).assert().code(1).stderr(contains("UTF-8"));
    }

    /// A run that takes longer than a test waits, writing to `cut.parquet`.
    fn long_run(ocean: &Ocean, step: &str, every: &str) -> std::path::PathBuf {
        let changes = format!(
            "release = {{ kind = 'grid', lon = [-6.0, 7.0], lat = [42.0, 48.0], count = 200000 }}\n\
             time.step = '{step}'\noutput = {{ path = 'cut.parquet', every = '{every}' }}"
        );
        scenario(ocean, &changes)
    }

    /// Starts a run, by way of `env` with these arguments, and waits until it has begun.
    fn begin(ocean: &Ocean, path: &Path, env: &[&str]) -> Child {
        let mut child = Command::new("env")
            .args(env)
            .args([OsStr::new(PROGRAM), OsStr::new("run"), path.as_os_str()])
            .arg("--json")
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Beside the ocean and the scenario, the partial output appears with the first observations.
        let begun = || std::fs::read_dir(ocean.folder.path()).unwrap().count() > 2;
        while !begun() && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(20));
        }
        child
    }

    fn send(signal: &str, child: &Child) -> ExitStatus {
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap()
    }

    #[test]
    fn a_signal_ends_the_run_and_keeps_what_was_computed() {
        // Whoever runs the tests may have SIGHUP ignored.
        let heard: &[&str] =
            if cfg!(target_os = "linux") { &["--default-signal=HUP"] } else { &[] };
        let signals: &[&str] =
            if cfg!(target_os = "linux") { &["-INT", "-TERM", "-HUP"] } else { &["-INT", "-TERM"] };
        for signal in signals {
            let ocean = Ocean::new();
            let child = begin(&ocean, &long_run(&ocean, "1min", "1h"), heard);
            assert!(send(signal, &child).success());
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(130), "{signal}");
            let kept = drogue::trajectory::Trajectories::open(&ocean.path("cut.parquet")).unwrap();
            assert!(kept.slots() < 49, "{signal}: the run was not cut");
            let account: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(account["complete"], false);
            assert!(account["reached"].as_str() < account["end"].as_str(), "{account}");
            assert!(account["steps_taken"].as_u64() < account["steps"].as_u64(), "{account}");
        }
    }

    #[test]
    fn a_second_signal_drops_the_run_with_the_same_exit_code() {
        let ocean = Ocean::new();
        // So long from one output to the next that a second signal finds the run at work.
        let mut child = begin(&ocean, &long_run(&ocean, "4s", "1h"), &[]);
        while child.try_wait().unwrap().is_none() {
            send("-INT", &child);
            sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("stopping at once"), "{message}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nohup_is_respected() {
        let ocean = Ocean::new();
        let path = scenario(
            &ocean,
            "release = { kind = 'grid', lon = [-6.0, 7.0], lat = [42.0, 48.0], count = 20000 }\n\
             time.step = '1min'\noutput = { path = 'whole.parquet', every = '12h' }",
        );
        let child = begin(&ocean, &path, &["--ignore-signal=HUP"]);
        assert!(send("-HUP", &child).success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
    }
}
