//! The program itself: exit codes, messages and what it prints for programs.

use assert_cmd::Command;
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

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_was_computed() {
    let ocean = Ocean::new();
    let path = scenario(
        &ocean,
        "release = { kind = 'grid', lon = [-6.0, 7.0], lat = [42.0, 48.0], count = 200000 }\n\
         time.step = '1min'\noutput = { path = 'cut.parquet', every = '1h' }",
    );
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_drogue"))
        .arg("run")
        .arg(&path)
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Beside the ocean and the scenario, the partial output appears when the run has begun.
    let begun = || std::fs::read_dir(ocean.folder.path()).unwrap().count() > 2;
    while !begun() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let killed =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let kept = drogue::trajectory::Trajectories::open(&ocean.path("cut.parquet")).unwrap();
    assert!(kept.slots() < 49, "the run was not cut");
}
