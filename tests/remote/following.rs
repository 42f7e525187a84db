//! Runs ask for what is near the particles, as early as the store is far away, and no more at once
//! than memory holds.

use std::path::Path;
use std::time::Duration;

use drogue::forcing::Attribute;
use drogue::run::{Controls, Plan, RunReport, run};
use drogue::scenario::Scenario;
use serde_json::json;
use tempfile::TempDir;

use crate::faults::Fault;
use crate::sample::{Made, Sample, Values};
use crate::server::{Asked, Server};
use crate::stores::consolidate;
use crate::write;

const TIMES: usize = 60;
const COLUMNS: usize = 60;
const ROWS: usize = 4;
/// Columns of a chunk.
const CHUNK: usize = 4;

/// A steady flow to the east, of a metre a second: 21.6 km from snapshot to snapshot, on cells of
/// 55.6 km.
fn stream(chunk: usize) -> Sample {
    let Sample(mut all) = Sample::at(&(0..TIMES).map(|n| 6.0 * n as f64).collect::<Vec<_>>());
    for Made { variable, values } in &mut all {
        match variable.name.as_str() {
            "latitude" => {
                *values = Values::F32((0..ROWS).map(|j| 0.5 * (j as f32 - 1.5)).collect());
                variable.shape = vec![ROWS as u64];
            }
            "longitude" => {
                *values = Values::F64((0..COLUMNS).map(|i| 0.5 * i as f64).collect());
                variable.shape = vec![COLUMNS as u64];
            }
            "uo" | "vo" => {
                // Chunks of zeros are not stored.
                let speed = if variable.name == "uo" { 1.0 } else { 0.001 };
                *values = Values::F32(vec![speed; TIMES * ROWS * COLUMNS]);
                variable.stored = values.stored();
                variable.shape = vec![TIMES as u64, ROWS as u64, COLUMNS as u64];
                variable.chunks = Some(vec![1, ROWS as u64, chunk as u64]);
                variable
                    .attributes
                    .0
                    .retain(|name, _| name != "scale_factor" && name != "add_offset");
                variable.attributes.0.insert("_FillValue".into(), Attribute::Floats(vec![9e9]));
            }
            _ => {}
        }
    }
    all.retain(|made| made.variable.name != "counter");
    Sample(all)
}

/// The stream on a server, in chunks of so many columns.
fn served(folder: &Path, chunk: usize) -> Server {
    let path = folder.join("stream.zarr");
    let bytes = json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
    write::zarr_v3(&path, &stream(chunk), &bytes, None);
    consolidate(&path);
    Server::folder(folder)
}

/// A cloud of so many particles in the west of the stream.
fn plan(folder: &Path, server: &Server, particles: usize, more: &str) -> Plan {
    let text = format!(
        "forcing.current.data = '{}'\n\
         release = {{ kind = 'grid', lon = [1.0, 1.4], lat = [-0.2, 0.2], count = {particles} }}\n\
         time.step = '1h'\n\
         output = {{ path = 'out.zarr', every = '6h' }}\n\
         run.device = 'cpu'\n{more}",
        server.url("stream.zarr")
    );
    Plan::new(Scenario::from_toml(&text, folder.join("scenario.toml")).unwrap()).unwrap()
}

fn carry_out(plan: &Plan) -> RunReport {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(plan, true, None, &Controls::default())).unwrap()
}

/// The time and the column of chunks of `uo` that were asked for.
fn chunks(record: &[Asked]) -> Vec<[usize; 2]> {
    let of_field = record.iter().filter_map(|asked| asked.path.strip_prefix("stream.zarr/uo/c/"));
    let numbers = of_field.map(|path| {
        let numbers: Vec<usize> = path.split('/').map(|number| number.parse().unwrap()).collect();
        [numbers[0], numbers[2]]
    });
    numbers.collect()
}

#[test]
fn chunks_are_asked_for_where_the_cloud_is_however_large_it_is() {
    let folder = TempDir::new().unwrap();
    let server = served(folder.path(), CHUNK);
    // Those of the larger cloud take more memory than a field, and are looked at only for output.
    for particles in [10, 3_000] {
        let plan = plan(folder.path(), &server, particles, "run.requests = 1\n");
        server.record();
        let report = carry_out(&plan);
        assert_eq!(report.fetched_again, 0);
        let asked = chunks(&server.record());
        let of_time = |time: usize| {
            let columns =
                asked.iter().filter(move |[at, _]| *at == time).map(|[_, column]| *column);
            (columns.clone().min().unwrap(), columns.max().unwrap())
        };
        for time in [0, 20, 40, 59] {
            let east = 1.0 + 21.6 * time as f64 / 111.195;
            let here = (2.0 * east) as usize / CHUNK;
            let (first, last) = of_time(time);
            assert!(first <= here && here <= last, "{particles}, {time}: {first} to {last}");
            assert!(last - first < 6, "{particles}, {time}: {first} to {last}, at {here}");
        }
        assert!(of_time(59).0 > of_time(0).1, "it is far from where it began");
    }
}

#[test]
fn more_is_asked_for_at_once_where_the_store_is_further_away() {
    let folder = TempDir::new().unwrap();
    let server = served(folder.path(), COLUMNS);
    let plan = plan(folder.path(), &server, 10, "");
    let depth = |report: &RunReport| report.stages.iter().find_map(|stage| stage.depth).unwrap();
    let latency = Duration::from_millis(80);
    server.fail(move |_| Fault::Late(latency));
    let far = depth(&carry_out(&plan));
    assert!(far.latency >= latency, "{far:?}");
    // From twelve at first; what computes little asks for the next at once.
    assert!(far.largest > 12 && far.now > 12, "{far:?}");
}

#[test]
fn memory_limits_what_is_asked_for_at_once() {
    let folder = TempDir::new().unwrap();
    let server = served(folder.path(), COLUMNS);
    let least = plan(folder.path(), &server, 10, "").memory;
    let most = |snapshots: u64| {
        let budget = least.least() + least.again + (snapshots - 2) * least.snapshot;
        let plan = plan(folder.path(), &server, 10, &format!("run.memory = '{budget} B'\n"));
        server.record();
        server.fail(|_| Fault::Late(Duration::from_millis(20)));
        carry_out(&plan);
        server.most_at_once() as u64
    };
    // Each snapshot is two requests, one for u and one for v.
    for snapshots in [3, 4] {
        let most = most(snapshots);
        assert!((2..=2 * snapshots).contains(&most), "{most} for {snapshots} snapshots");
    }
    assert!(most(40) > 8, "the limit was the memory's");
}
