//! What holds for every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Advanced, Alteration, Altered, Done, Engine, Leg, Particle, Status};
use drogue::grid::Field;
use drogue::run::{Controls, RunReport, execute};
use drogue::trajectory::{FinalStates, Trajectories};

use crate::ocean::Ocean;

fn finals(ocean: &Ocean, name: &str) -> FinalStates {
    Trajectories::open(&ocean.path(name)).unwrap().final_states().unwrap()
}

fn bits(states: &FinalStates) -> Vec<(u64, u64, Status)> {
    let positions = states.x.iter().zip(&states.y).zip(&states.status);
    positions.map(|((x, y), status)| (x.to_bits(), y.to_bits(), *status)).collect()
}

fn count(report: &RunReport, status: Status) -> u64 {
    report.tally.count(status)
}

#[test]
fn every_particle_is_accounted_for_and_the_output_agrees() {
    let ocean = Ocean::new();
    for name in ["out.zarr", "out.parquet"] {
        let report = ocean.run(&format!("output = {{ path = '{name}', every = '5h' }}")).unwrap();
        assert!(report.complete && !report.cut_short);
        assert_eq!(report.tally.accounted(), 500);
        assert!(count(&report, Status::Stranded) > 0, "{}", report.tally);
        assert!(count(&report, Status::Active) > 0, "{}", report.tally);
        assert_eq!(finals(&ocean, name).tally(), report.tally);
    }
}

/// Counts the windows that are taken with lifetimes.
struct Counted(Arc<AtomicU64>);

impl Alteration<CpuEngine> for Counted {
    fn advance(
        &self,
        engine: &Arc<CpuEngine>,
        block: Vec<Particle>,
        fields: [Arc<Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<Vec<Particle>>>,
    ) {
        self.0.fetch_add(
            legs.iter().filter(|leg| leg.lifetimes.is_some()).count() as u64,
            Ordering::Relaxed,
        );
        engine.advance(block, fields, legs, done);
    }
}

/// With them a run needs a second kernel, and compiling one takes longer than reading many a forcing.
#[test]
fn a_run_that_releases_all_at_once_does_without_lifetimes() {
    let ocean = Ocean::new();
    let windows = |changes| {
        let plan = ocean.plan(changes).unwrap();
        let count = Arc::new(AtomicU64::new(0));
        let counted = |setup: &_| Altered::new(CpuEngine::new(setup), Counted(Arc::clone(&count)));
        let engines = plan.engines(counted);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let report = runtime.block_on(execute(&plan, engines, None, &Controls::default())).unwrap();
        assert_eq!(report.tally.count(Status::Pending), 0);
        count.load(Ordering::Relaxed)
    };
    assert_eq!(windows(""), 0);
    assert_eq!(windows("time.direction = 'backward'"), 0);
    assert!(windows("physics.max_age = '90min'") > 0);
}

#[test]
fn the_result_does_not_depend_on_blocks_memory_or_threads() {
    let ocean = Ocean::new();
    let output = "output = { path = 'a.zarr', every = '7h' }";
    ocean.run(output).unwrap();
    let expected = bits(&finals(&ocean, "a.zarr"));
    // The least memory that the plan accepts does not hold the particles: they go through a file.
    let needed = ocean.plan(&format!("{output}\nrun.block = 7")).unwrap().memory;
    let scarce = needed.least() - needed.particles + 100;
    for run in [
        "block = 1".to_owned(),
        "block = 64".to_owned(),
        format!("block = 7\nmemory = '{scarce} B'"),
    ] {
        let plan = ocean.plan(&format!("{output}\n[run]\n{run}")).unwrap();
        assert_eq!(plan.memory.resident, !run.contains("memory"), "{run}");
        crate::ocean::run_plan(&plan).unwrap();
        assert_eq!(bits(&finals(&ocean, "a.zarr")), expected, "{run}");
    }
}

#[test]
fn a_backward_run_leads_back() {
    let ocean = Ocean::new();
    let release = "release = { kind = 'grid', lon = [-4.0, 0.0], lat = [44.0, 46.0], count = 20 }";
    ocean
        .run(&format!(
            "{release}\ntime.step = '5min'\ntime.duration = '20h'\n[output]\npath = 'there.zarr'"
        ))
        .unwrap();
    let there = finals(&ocean, "there.zarr");
    let rows: Vec<String> =
        there.x.iter().zip(&there.y).map(|(x, y)| format!("{x:.12},{y:.12}")).collect();
    std::fs::write(ocean.path("there.csv"), format!("lon,lat\n{}\n", rows.join("\n"))).unwrap();
    ocean
        .run(
            "release = { kind = 'file', path = 'there.csv' }\n\
             time = { step = '5min', start = '2020-01-01T20:00:00Z', duration = '20h', direction = 'backward' }\n\
             [output]\npath = 'back.zarr'",
        )
        .unwrap();
    let back = Trajectories::open(&ocean.path("back.zarr")).unwrap().final_states().unwrap();
    let start = ocean.plan(release).unwrap().releases.block(0, 20);
    for (index, released) in start.iter().enumerate() {
        assert!((back.x[index] - released.x).abs() < 1e-6, "{index}");
        assert!((back.y[index] - released.y).abs() < 1e-6, "{index}");
    }
}

#[test]
fn a_steady_flow_is_the_same_before_its_snapshot_and_after() {
    let ocean = Ocean::new();
    let release = "release = { kind = 'grid', lon = [-4.0, 0.0], lat = [44.0, 46.0], count = 20 }";
    let steady = |direction: &str| {
        format!(
            "forcing.current = {{ data = 'ocean.nc', steady = true }}\n\
             time = {{ step = '5min', duration = '20h', direction = '{direction}' }}\n\
             output.path = '{direction}.zarr'"
        )
    };
    let there = ocean.run(&format!("{release}\n{}", steady("forward"))).unwrap();
    let there_at = finals(&ocean, "forward.zarr");
    let rows: Vec<String> =
        there_at.x.iter().zip(&there_at.y).map(|(x, y)| format!("{x:.12},{y:.12}")).collect();
    std::fs::write(ocean.path("there.csv"), format!("lon,lat\n{}\n", rows.join("\n"))).unwrap();
    let from_file = "release = { kind = 'file', path = 'there.csv' }";
    let back = ocean.run(&format!("{from_file}\n{}", steady("backward"))).unwrap();
    let start = ocean.plan(release).unwrap();
    for report in [&there, &back] {
        assert_eq!(report.start, "2020-01-01T00:00:00Z", "the snapshot's own time");
    }
    assert_eq!([&*there.end, &*back.end], ["2020-01-01T20:00:00Z", "2019-12-31T04:00:00Z"]);
    let back = finals(&ocean, "backward.zarr");
    for (index, released) in start.releases.block(0, 20).iter().enumerate() {
        assert!((back.x[index] - released.x).abs() < 1e-6, "{index}");
        assert!((back.y[index] - released.y).abs() < 1e-6, "{index}");
    }
}

#[test]
fn repeated_releases_start_when_they_should() {
    let ocean = Ocean::new();
    let report = ocean
        .run(
            "release = { kind = 'point', lon = 0.0, lat = 45.0, count = 3, every = '7h' }\n\
             output = { path = 'r.zarr', every = '6h' }",
        )
        .unwrap();
    assert_eq!((report.particles, report.not_released), (21, 0));
    let trajectories = Trajectories::open(&ocean.path("r.zarr")).unwrap();
    let tracks = trajectories.tracks(&[0, 3, 6]).unwrap();
    let hours = |index: usize| (tracks[index].times[0] - trajectories.start()).seconds() / 3600.0;
    assert_eq!([hours(0), hours(1), hours(2)], [0.0, 12.0, 18.0]);
    // Released alike into an unsteady flow, they go different ways.
    assert_ne!(tracks[0].x[1], tracks[1].x[0]);
}

#[test]
fn a_release_at_an_output_time_is_observed_where_it_begins() {
    let ocean = Ocean::new();
    for direction in ["forward", "backward"] {
        let changes = format!(
            "time.direction = '{direction}'\n\
             release = {{ kind = 'point', lon = 1.0, lat = 45.25, every = '6h' }}\n\
             output = {{ path = '{direction}.zarr', every = '6h' }}"
        );
        ocean.run(&changes).unwrap();
        let trajectories = Trajectories::open(&ocean.path(&format!("{direction}.zarr"))).unwrap();
        for (number, track) in trajectories.tracks(&[0, 1, 2]).unwrap().iter().enumerate() {
            let since = (track.times[0] - trajectories.start()).seconds().abs();
            assert_eq!(since, 6.0 * 3600.0 * number as f64, "{direction}");
            assert!((track.x[0] - 1.0).abs() < 1e-12 && (track.y[0] - 45.25).abs() < 1e-12);
            assert_ne!(track.x[0], track.x[1]);
        }
    }
}

#[test]
fn a_late_release_moves_for_the_rest_of_its_step() {
    let ocean = Ocean::new();
    // 06:10 lies within a step of half an hour.
    std::fs::write(ocean.path("late.csv"), "lon,lat,time\n0,45,2020-01-01T06:10:00Z\n").unwrap();
    let changes = "time.step = 'STEP'\nrelease = { kind = 'file', path = 'late.csv' }\n\
                   output = { path = 'late.zarr', every = '1d' }";
    let ends: Vec<f64> = ["30min", "10min", "1min"]
        .iter()
        .map(|step| {
            ocean.run(&changes.replace("STEP", step)).unwrap();
            finals(&ocean, "late.zarr").x[0]
        })
        .collect();
    // A release that lost or gained its ten minutes would be off by about 1e-3 degrees.
    assert!((ends[0] - ends[2]).abs() < 1e-6 && (ends[1] - ends[2]).abs() < 1e-6, "{ends:?}");
}

#[test]
fn particles_age_out_at_their_age() {
    let ocean = Ocean::new();
    let report = ocean
        .run(
            "release = { kind = 'point', lon = 0.0, lat = 45.0, every = '12h' }\n\
             physics.max_age = '790min'\noutput = { path = 'age.zarr', every = '6h' }",
        )
        .unwrap();
    assert_eq!(count(&report, Status::AgedOut), 3, "{}", report.tally);
    let trajectories = Trajectories::open(&ocean.path("age.zarr")).unwrap();
    let track = &trajectories.tracks(&[0]).unwrap()[0];
    let last = *track.times.last().unwrap();
    assert_eq!((last - trajectories.start()).seconds(), 13.0 * 3600.0 + 600.0);
}

#[test]
fn a_run_beyond_the_forcing_ends_out_of_time() {
    let ocean = Ocean::new();
    let report = ocean.run("time.duration = '10d'\noutput = { path = 'o.parquet' }").unwrap();
    assert!(report.cut_short);
    assert_eq!(count(&report, Status::Active), 0);
    assert!(count(&report, Status::OutOfTime) > 0);
    assert_eq!(finals(&ocean, "o.parquet").tally(), report.tally);
}

#[test]
fn particles_released_on_land_are_counted_and_stay() {
    let ocean = Ocean::new();
    let report = ocean
        .run(
            "release = { kind = 'points', lon = [0.0, 9.0, 9.5], lat = [45.0, 44.0, 46.0] }\n\
             output = { path = 'land.zarr' }",
        )
        .unwrap();
    assert_eq!(count(&report, Status::ReleasedOnLand), 2);
    let states = finals(&ocean, "land.zarr");
    assert_eq!((states.x[1], states.y[1]), (9.0, 44.0));
}

#[test]
fn files_and_stores_joined_along_time_give_the_same_run() {
    let ocean = Ocean::new();
    let format = netcdf_writer::NcWriteFormat::Classic;
    crate::ocean::write(&ocean.path("part_1.nc"), &crate::ocean::HOURS[..4], format);
    crate::ocean::write(&ocean.path("part_2.nc"), &crate::ocean::HOURS[4..], format);
    ocean.run("output = { path = 'whole.zarr' }").unwrap();
    ocean.run("forcing.current.data = 'part_*.nc'\noutput = { path = 'parts.zarr' }").unwrap();
    assert_eq!(bits(&finals(&ocean, "whole.zarr")), bits(&finals(&ocean, "parts.zarr")));
}

#[test]
fn a_sample_is_a_part_of_the_run() {
    let ocean = Ocean::new();
    let plan = ocean.plan("").unwrap();
    let sample = plan.sampled(100);
    assert_eq!(sample.releases.total(), 100);
    let (all, some) = (plan.releases.block(0, 500), sample.releases.block(0, 100));
    assert_eq!((some[7].x, some[7].y), (all[35].x, all[35].y));
}
