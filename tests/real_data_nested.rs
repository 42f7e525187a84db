//! Real model output inside of other real model output.

#[path = "nested/seas.rs"]
#[expect(dead_code, reason = "others have other coordinates")]
mod seas;
#[path = "nested/watched.rs"]
mod watched;

use std::path::Path;

use drogue::engine::Status;
use drogue::engine::cpu::CpuEngine;
use drogue::forcing::{Dataset, DatasetSpec};
use drogue::run::{Controls, Plan};
use drogue::time::Instant;
use drogue::verify::compare;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use watched::{Seen, on_software, on_the_reference, plan, watch};

/// A file among the real data.
fn file(name: &str) -> String {
    let folder = std::env::var("DROGUE_TEST_DATA").expect(
        "these tests read real model output: set DROGUE_TEST_DATA to the folder that holds it",
    );
    format!("{folder}/{name}")
}

/// The columns and rows that are cut out.
const COLUMNS: std::ops::Range<usize> = 20..50;
const ROWS: std::ops::Range<usize> = 18..55;

/// Cuts a region out of a model's output, as it is. Its west, south, east and north end.
fn cut_out(whole: &str, path: &Path) -> [f64; 4] {
    let dataset =
        Dataset::open(&DatasetSpec { data: vec![whole.to_owned()], ..DatasetSpec::default() });
    let dataset = dataset.unwrap();
    let grid = dataset.grid();
    let [x, y] = [grid.x().nodes(), grid.y().nodes()];
    let snapshots: Vec<_> = (0..dataset.len()).map(|index| dataset.read(index).unwrap()).collect();
    // 2020-01-01.
    let hour = |time: &Instant| (time.0 - 1_577_836_800_000_000) as f64 / 3.6e9;
    let hours: Vec<f64> = dataset.times().iter().map(hour).collect();
    let place = |axis: &[f64], at: f64| axis.iter().position(|&node| node == at).unwrap();
    let flow = |hour: f64, at_x: f64, at_y: f64| {
        let snapshot = &snapshots[hours.iter().position(|&known| known == hour).unwrap()];
        let node = place(y, at_y) * x.len() + place(x, at_x);
        let velocity = [snapshot.u[node], snapshot.v[node]];
        (velocity[0] != drogue::grid::MISSING).then(|| velocity.map(f64::from))
    };
    let axes = [&x[COLUMNS], &y[ROWS]];
    seas::write(path, seas::Places::Degrees, axes, &hours, &flow);
    let ends = axes.map(|axis| [axis[0], axis[axis.len() - 1]]);
    [ends[0][0], ends[1][0], ends[0][1], ends[1][1]]
}

fn is_in([west, south, east, north]: [f64; 4], seen: &Seen) -> bool {
    (west..=east).contains(&seen.x) && (south..=north).contains(&seen.y)
}

/// Particles that are seen inside of a region and outside of it.
fn crossing(region: [f64; 4], seen: &[Vec<Seen>]) -> usize {
    let crosses = |particle: &&Vec<Seen>| {
        let inside = particle.iter().filter(|seen| is_in(region, seen)).count();
        inside > 0 && inside < particle.len()
    };
    seen.iter().filter(crosses).count()
}

/// The farthest that a particle is seen from where it is in the other run, in metres, at the same times
/// and in the same states.
fn apart(plan: &Plan, a: &[Vec<Seen>], b: &[Vec<Seen>]) -> f64 {
    assert_eq!(a.len(), b.len());
    let apart = |(a, b): (&Seen, &Seen)| {
        assert_eq!((a.hour, a.status), (b.hour, b.status));
        plan.carriers[0].grid().distance([a.x, a.y], [b.x, b.y])
    };
    let both = a.iter().zip(b);
    both.inspect(|(a, b)| assert_eq!(a.len(), b.len()))
        .flat_map(|(a, b)| a.iter().zip(b))
        .map(apart)
        .fold(0.0, f64::max)
}

#[test]
fn a_region_inside_of_the_model_it_was_cut_out_of_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let whole = file("cmems_channel_hourly_era5/cmems_glo12_hourly_channel.nc");
    let region = cut_out(&whole, &folder.path().join("region.nc"));
    let scenario = |forcings: &[&str]| {
        let tables = forcings.iter().map(|data| format!("[[forcing.current]]\ndata = '{data}'\n"));
        let text = tables.collect::<String>()
            + "[release]\nkind = 'grid'\nlon = [-6.5, -1.5]\nlat = [46.2, 51.2]\ncount = 6000\n\
               [time]\nstep = '10min'\n[output]\npath = 'nowhere.zarr'\nevery = '1h'\n";
        plan(folder.path(), &text).unwrap()
    };
    let [alone, nested] = [scenario(&[&whole]), scenario(&["region.nc", &whole])];
    for (run, most) in [(on_the_reference as fn(&Plan) -> _, 1e-3), (on_software, 1.0)] {
        let [alone_seen, nested_seen] = [run(&alone), run(&nested)];
        let crossing = crossing(region, &alone_seen);
        assert!(crossing >= 30, "{crossing} go into the region or out of it");
        let apart = apart(&alone, &alone_seen, &nested_seen);
        assert!(apart <= most, "{apart} m");
    }
}

/// Forcings that tell of other years, so that one snapshot stands for all times: so many particles at
/// least come from the finer into the coarser, none faster than the water, and adapters do as the
/// reference does.
fn lies_in(fine: &str, coarse: &str, [lon, lat]: [[f64; 2]; 2], duration: &str, most: usize) {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "[[forcing.current]]\ndata = '{}'\nsteady = {}\n\
         [[forcing.current]]\ndata = '{}'\nsteady = true\n\
         [release]\nkind = 'grid'\nlon = {lon:?}\nlat = {lat:?}\ncount = 400\n\
         [time]\nduration = '{duration}'\nstep = '5min'\n\
         [output]\npath = 'nowhere.zarr'\nevery = '30min'\n[run]\ndevice = 'software'\n",
        file(fine),
        duration.ends_with('d'),
        file(coarse),
    );
    let plan = plan(folder.path(), &text).unwrap();
    let (report, seen) = watch(&plan, CpuEngine::new);
    let grid = plan.carriers[0].grid();
    let is_out = |particle: &&Vec<Seen>| {
        let last = particle.last().unwrap();
        last.status == Status::Active && grid.locate(last.x, last.y).is_none()
    };
    let out = seen.iter().filter(is_out).count();
    assert!(out >= most, "{out} are in the coarser forcing at last: {}", report.tally);
    for pair in seen.iter().flat_map(|particle| particle.windows(2)) {
        let way = grid.distance([pair[0].x, pair[0].y], [pair[1].x, pair[1].y]);
        let furthest = f64::from(report.fastest) * 3600.0 * (pair[1].hour - pair[0].hour);
        assert!(way <= furthest * 1.0001 + 1.0, "{pair:?}");
    }
    let comparison = Runtime::new().unwrap().block_on(compare(&plan, 400, &Controls::default()));
    let comparison = comparison.unwrap();
    assert!(comparison.verdict.passed, "{}\n{}", comparison.verdict, comparison.separations);
}

#[test]
fn tides_off_brittany_lie_in_the_atlantic() {
    let [fine, coarse] =
        ["mars2d_iroise_tide/mars2d.xyt.nc", "cmems_glorys_nan_daily/glorys12_nan_20151116.nc"];
    lies_in(fine, coarse, [[-5.5, -4.7], [48.1, 48.65]], "23h", 10);
}

/// Through the faces of turned cells, and from there into a globe.
#[test]
fn currents_off_oregon_lie_in_the_pacific() {
    let [fine, coarse] = [
        "roms_wcofs_surface/WCOFS_subset.nc",
        "duacs_nrt_global/nrt_global_allsat_phy_l4_20190223_20190226.nc",
    ];
    lies_in(fine, coarse, [[-125.6, -125.0], [44.3, 45.5]], "6d", 10);
}
