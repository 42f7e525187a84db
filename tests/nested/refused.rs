//! Forcings that do not go together, and what is said of those that do.

use assert_cmd::Command;
use drogue::pipeline::Timeline;
use drogue::run::{Controls, Plan, run};
use drogue::scenario::Scenario;
use drogue::verify::compare;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::deep;
use crate::seas::{Places, axis, write};
use crate::watched::plan;

/// A coarse sea and a fine one in its midst, in degrees; one in metres; and one with levels.
fn seas() -> TempDir {
    let folder = TempDir::new().unwrap();
    let flow = |_: f64, _: f64, y: f64| Some([0.3, 0.001 * y]);
    let sea = |name: &str, places, ends: [f64; 2], cells, hours: &[f64]| {
        let axis = axis(ends[0], ends[1], cells);
        write(&folder.path().join(name), places, [&axis, &axis], hours, &flow);
    };
    sea("coarse.nc", Places::Degrees, [-4.0, 4.0], 16, &axis(0.0, 48.0, 8));
    sea("fine.nc", Places::Degrees, [-1.0, 1.0], 20, &axis(6.0, 30.0, 12));
    sea("before.nc", Places::Degrees, [-1.0, 1.0], 20, &axis(-90.0, -80.0, 2));
    sea("among.nc", Places::Degrees, [-0.2, 0.2], 8, &axis(0.0, 48.0, 8));
    sea("metres.nc", Places::Metres, [-1e5, 1e5], 20, &axis(0.0, 48.0, 8));
    deep::write(&folder.path().join("deep.nc"), &deep::PLAIN);
    folder
}

const REST: &str = "[release]\nkind = 'grid'\nlon = [-2.0, 2.0]\nlat = [-2.0, 2.0]\ncount = 60\n\
                    [time]\nstart = 2020-01-01\nduration = '36h'\nstep = '20min'\n\
                    [output]\npath = 'out.zarr'\nevery = '4h'\n";

/// Forcings of these data and keys.
fn forcings(tables: &[&str]) -> String {
    let table = |table: &&str| format!("[[forcing.current]]\ndata = {table}\n");
    tables.iter().map(table).collect()
}

/// Why a scenario cannot be planned, or why its run fails.
fn refusal(scenario: &str) -> String {
    let refused = plan(seas().path(), scenario).and_then(|plan| {
        Runtime::new().unwrap().block_on(run(&plan, true, None, &Controls::default()))
    });
    refused.err().unwrap_or_else(|| panic!("it runs: {scenario}")).to_string()
}

#[test]
fn what_does_not_go_together_is_named() {
    let both = forcings(&["'fine.nc'", "'coarse.nc'"]);
    let refused = [
        (forcings(&["'metres.nc'", "'coarse.nc'"]) + REST, &["metres.nc", "coarse.nc", "`mesh`"]),
        (
            forcings(&["'deep.nc'\nvertical = 'velocity'", "'coarse.nc'"]) + REST,
            &["deep.nc", "three dimensions", "`vertical`"],
        ),
        (
            format!("{both}{REST}[physics]\nintegrator = 'rk45'\n"),
            &["several forcings", "`rk45`", "`integrator`"],
        ),
        (
            format!("{both}{REST}[physics]\nintegrator = 'analytic'\n"),
            &["several forcings", "`analytic`", "`integrator`"],
        ),
        (format!("{both}{REST}[physics]\nsample = ['u']\n"), &["`u`", "`data`", "[sample.u]"]),
        (
            both.clone() + &REST.replace("[-2.0, 2.0]", "[5.0, 6.0]"),
            &["particle 0", "all forcings", "`start`"],
        ),
        // Before the coarse one begins, out of reach of the fine.
        (forcings(&["'among.nc'", "'fine.nc'"]) + REST, &["particle 0", "all forcings", "`start`"]),
    ];
    for (scenario, told) in refused {
        let refusal = refusal(&scenario);
        for part in told {
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}

#[test]
fn a_scenario_says_which_of_several_tables_is_wrong() {
    let faults = |text: &str| {
        let read = Scenario::from_toml(&(text.to_owned() + REST), "scenario.toml");
        let error = read.expect_err("it is wrong");
        error.faults().iter().map(|fault| fault.message.clone()).collect::<Vec<_>>().join("\n")
    };
    let second = faults(&forcings(&["'fine.nc'", "'coarse.nc'\nepok = '2000-01-01'"]));
    assert!(second.contains("epok") && second.contains("number 2"), "{second}");
    let none = faults("[forcing]\ncurrent = []\n");
    assert!(none.contains("[[forcing.current]]"), "{none}");
    let number = faults("[forcing]\ncurrent = [{ data = 'a.nc' }, 3]\n");
    assert!(number.contains("[[forcing.current]]"), "{number}");
    let many = faults(&forcings(&["'a.nc'"; 33]));
    assert!(many.contains("33 forcings"), "{many}");
    let kinds = faults(&(forcings(&["'a.nc'"]) + "[[forcing.wind]]\ndata = 'b.nc'\n"));
    assert!(kinds.contains("[forcing.wind]"), "{kinds}");
}

fn notes(data: &[&str]) -> String {
    plan(seas().path(), &(forcings(data) + REST)).unwrap().notes().join("\n")
}

#[test]
fn times_without_a_forcing_are_told() {
    let notes_of = notes(&["'fine.nc'", "'coarse.nc'"]);
    let told = "fine.nc has times from 2020-01-01T06:00:00Z to 2020-01-02T06:00:00Z";
    assert!(notes_of.contains(told) && !notes_of.contains("coarse.nc"), "{notes_of}");
    let notes_of = notes(&["'before.nc'", "'coarse.nc'"]);
    assert!(notes_of.contains("before.nc has no times within the run"), "{notes_of}");
    let notes_of = notes(&["'among.nc'", "'coarse.nc'"]);
    assert!(notes_of.contains("no cell of a later forcing"), "{notes_of}");
    assert_eq!(notes(&["'coarse.nc'"]), "");
}

/// One snapshot that stands for all times does not say when a run is.
#[test]
fn a_run_is_when_the_forcing_is_that_has_times() {
    let folder = seas();
    let tables = forcings(&["'fine.nc'", "'before.nc'\nsteady = true"]);
    let rest = REST.replace("start = 2020-01-01\nduration = '36h'\n", "");
    let rest = rest.replace("[-2.0, 2.0]", "[-0.5, 0.5]");
    let plan = plan(folder.path(), &(tables + &rest)).unwrap();
    let format = |time| plan.calendar().format(time);
    assert_eq!(format(plan.schedule.start), "2020-01-01T06:00:00Z");
    assert_eq!(format(plan.schedule.end), "2020-01-02T06:00:00Z");
    assert!(!plan.schedule.cut_short);
}

#[test]
fn each_forcing_is_named_where_the_run_is_shown() {
    let folder = seas();
    let text = forcings(&["'fine.nc'", "'coarse.nc'"]) + REST;
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, &text).unwrap();
    let drogue = || Command::new(env!("CARGO_BIN_EXE_drogue"));
    let told = contains("fine.nc: 13 snapshots").and(contains("coarse.nc: 7 snapshots"));
    drogue().arg("plan").arg(&path).assert().success().stdout(told);
    let plan: Plan = plan(folder.path(), &text).unwrap();
    let controls = Controls { timeline: Timeline::new(), ..Controls::default() };
    Runtime::new().unwrap().block_on(run(&plan, true, None, &controls)).unwrap();
    let names = controls.timeline.item_names();
    assert_eq!(names.len(), plan.schedule.snapshots.len());
    assert!(names[0].ends_with("coarse.nc, 2020-01-01T00:00:00Z"), "{}", names[0]);
    assert_eq!(names.iter().filter(|name| name.contains("fine.nc, ")).count(), 13);
}

#[test]
fn a_nested_run_on_software_is_verified() {
    let folder = seas();
    let text = forcings(&["'fine.nc'", "'coarse.nc'"]) + REST + "[run]\ndevice = 'software'\n";
    let plan = plan(folder.path(), &text).unwrap();
    let comparison = Runtime::new().unwrap().block_on(compare(&plan, 60, &Controls::default()));
    let comparison = comparison.unwrap();
    assert!(comparison.verdict.passed, "{}\n{}", comparison.verdict, comparison.separations);
}
