//! Only what the particles can meet is read, and that changes nothing.

use drogue::engine::Status;
use drogue::run::RunReport;
use drogue::trajectory::Trajectories;
use netcdf_writer::NcWriteFormat;

use crate::ocean::{Ocean, run_plan, write_flow};

/// A run of some particles in a small part of the ocean.
///
/// Returns the bytes of snapshots that were read too.
fn run(ocean: &Ocean, whole: bool, device: &str) -> (RunReport, u64, Vec<(u64, u64, Status)>) {
    let mut plan = ocean
        .plan(&format!(
            "release = {{ kind = 'grid', lon = [-3.0, -2.0], lat = [44.0, 45.0], count = 50 }}\n\
             output = {{ path = 'out.zarr', every = '7h' }}\nrun.device = '{device}'"
        ))
        .unwrap();
    plan.whole_snapshots = whole;
    // With the first snapshot comes the index of the chunks.
    plan.carriers[0].dataset.read(0).unwrap();
    let metadata = plan.carriers[0].dataset.traffic().bytes;
    let report = run_plan(&plan).unwrap();
    let bytes = report.traffic.bytes - metadata;
    let ends = Trajectories::open(&ocean.path("out.zarr")).unwrap().final_states().unwrap();
    let positions = ends.x.iter().zip(&ends.y).zip(&ends.status);
    let ends = positions.map(|((x, y), status)| (x.to_bits(), y.to_bits(), *status));
    (report, bytes, ends.collect())
}

fn ocean(flow: impl Fn(f64, f64, f64, usize) -> f64) -> Ocean {
    let ocean = Ocean::new();
    let hours: Vec<f64> = (0..60).map(f64::from).collect();
    write_flow(&ocean.path("ocean.nc"), &hours, NcWriteFormat::Nc4, [3, 5], flow);
    ocean
}

fn swirl(x: f64, y: f64, component: usize) -> f64 {
    (0.9 * x + 1.3 * y + 1.57 * component as f64).sin()
}

#[test]
fn a_part_of_the_ocean_is_enough() {
    let calm = ocean(|_, x, y, component| 0.3 * swirl(x, y, component));
    for device in ["cpu", "auto"] {
        let (part, few, expected) = run(&calm, false, device);
        let (whole, all, found) = run(&calm, true, device);
        assert_eq!(found, expected, "{device}");
        assert!(2 * few < all, "{few} of {all} bytes");
        assert_eq!((part.fetched_again, whole.fetched_again), (0, 0));
    }
}

#[test]
fn a_storm_that_nobody_expected_is_read_in_time() {
    let storm = ocean(|hour, x, y, component| {
        let speed = if hour < 30.0 { 0.05 } else { 8.0 };
        speed * (0.5 + 0.5 * swirl(x, y, component))
    });
    let (part, _, expected) = run(&storm, false, "cpu");
    let (_, _, found) = run(&storm, true, "cpu");
    assert_eq!(found, expected);
    assert!(part.fetched_again > 0);
}

#[test]
fn without_memory_for_a_snapshot_read_again_all_are_read_whole() {
    let calm = ocean(|_, x, y, component| 0.3 * swirl(x, y, component));
    let memory = calm.plan("").unwrap().memory;
    for (spare, again) in [(memory.snapshot, memory.snapshot), (memory.snapshot - 1, 0)] {
        let budget = memory.least() + spare;
        let plan = calm.plan(&format!("run.memory = '{budget} B'")).unwrap();
        assert_eq!((plan.memory.again, plan.whole_snapshots), (again, again == 0));
        assert!(plan.memory.for_snapshots() >= 2 * memory.snapshot);
        run_plan(&plan).unwrap();
    }
}
