//! Whatever is released and however it ends: both formats give back what was written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use drogue::engine::{Device, DeviceKind, Status};
use drogue::grid::{EARTH_RADIUS, Mesh};
use drogue::time::{Calendar, CivilTime, Instant, Span};
use drogue::trajectory::{
    Ending, Metadata, Observations, ReleaseTimes, Sampled, Trajectories, TrajectoryError, Written,
    create,
};
use proptest::prelude::*;

const FORMATS: [&str; 2] = ["zarr", "parquet"];
const FINISHED: [Status; 5] = [
    Status::Stranded,
    Status::LeftDomain,
    Status::OutOfTime,
    Status::AgedOut,
    Status::ReleasedOnLand,
];

fn start() -> Instant {
    Calendar::Standard.instant(CivilTime::parse("2015-11-16T00:00:00Z").unwrap()).unwrap()
}

fn metadata(particles: u64) -> Metadata {
    Metadata {
        particles,
        slots: None,
        calendar: Calendar::Standard,
        start: start(),
        mesh: Mesh::Sphere { radius: EARTH_RADIUS },
        depth: Some(0.494_025),
        samples: Vec::new(),
        title: "a test".into(),
        scenario: "[run]\nseed = 42\n".into(),
        version: "test".into(),
        device: Device {
            kind: DeviceKind::Cpu,
            name: "reference".into(),
            backend: "none".into(),
            driver: "none".into(),
        },
        seed: 42,
        history: None,
        release_times: ReleaseTimes::at(start()),
    }
}

/// When a particle is first observed, and when and how it ends.
#[derive(Clone, Debug)]
struct Life {
    first: u32,
    end: Option<(u32, f64, Status)>,
}

/// A run: lives of particles, and how its batches are cut.
#[derive(Clone, Debug)]
struct Run {
    lives: Vec<Life>,
    slots: u32,
    interval: Span,
    batch: usize,
    scattered: bool,
    own_depth: bool,
    /// How many variables are sampled.
    samples: usize,
}

impl Run {
    fn time(&self, slot: u32) -> Instant {
        start() + Span(self.interval.0 * i64::from(slot))
    }

    /// What is observed in a slot, in order of ids.
    fn slot(&self, slot: u32) -> Observations {
        let time = self.time(slot);
        let mut all = Observations::empty(slot, time, self.own_depth);
        let mut times = Vec::new();
        for (id, life) in self.lives.iter().enumerate() {
            let end = life.end.filter(|&(end, ..)| end >= life.first);
            if slot < life.first || end.is_some_and(|(end, ..)| slot > end) {
                continue;
            }
            let ending = end.filter(|&(end, ..)| end == slot);
            // In the first slot there is no earlier time to end at.
            let early = ending.map_or(0.0, |(_, early, _)| if slot == 0 { 0.0 } else { early });
            times.push(time - Span((self.interval.0 as f64 * early) as i64));
            all.ids.push(id as u64);
            all.x.push(id as f64 * 0.1 - 180.0 + f64::from(slot) * 1e-9);
            all.y.push(f64::from(slot) / 3.0 - id as f64 * 1e-12);
            all.status.push(ending.map_or(Status::Active, |(_, _, status)| status));
            if let Some(depth) = &mut all.depth {
                depth.push(id as f32 + slot as f32 / 8.0);
            }
            all.samples.resize(self.samples, Vec::new());
            for (number, values) in all.samples.iter_mut().enumerate() {
                // On land there is nothing to sample.
                let is_land = (id + number) % 5 == 0;
                values.push(if is_land { f32::NAN } else { id as f32 - slot as f32 / 7.0 });
            }
        }
        all.samples.resize(self.samples, Vec::new());
        all.times = times.iter().any(|&at| at != time).then_some(times);
        all
    }

    fn metadata(&self) -> Metadata {
        let mut metadata = metadata(self.lives.len() as u64);
        if self.own_depth {
            metadata.depth = None;
        }
        metadata.samples = sampled()[..self.samples].to_vec();
        metadata
    }

    fn batches(&self, slot: u32) -> Vec<Observations> {
        let all = self.slot(slot);
        let mut order: Vec<usize> = (0..all.len()).collect();
        if self.scattered {
            order.sort_by_key(|&i| (i * 7919) % 104_729);
        }
        order.chunks(self.batch).map(|part| take(&all, part)).collect()
    }

    fn write(&self, path: &Path) -> Written {
        let mut writer = create(path, &self.metadata(), false).unwrap();
        for slot in 0..self.slots {
            for batch in self.batches(slot) {
                writer.write(&batch).unwrap();
            }
            writer.end_slot(self.time(slot)).unwrap();
        }
        writer.finish(Ending::Complete).unwrap()
    }

    fn rows(&self) -> BTreeMap<(u32, u64), Row> {
        (0..self.slots).flat_map(|slot| rows(&self.slot(slot))).collect()
    }
}

fn take(all: &Observations, part: &[usize]) -> Observations {
    Observations {
        time: all.time,
        slot: all.slot,
        ids: part.iter().map(|&i| all.ids[i]).collect(),
        x: part.iter().map(|&i| all.x[i]).collect(),
        y: part.iter().map(|&i| all.y[i]).collect(),
        depth: all.depth.as_ref().map(|depth| part.iter().map(|&i| depth[i]).collect()),
        status: part.iter().map(|&i| all.status[i]).collect(),
        times: all.times.as_ref().map(|times| part.iter().map(|&i| times[i]).collect()),
        samples: (all.samples.iter())
            .map(|values| part.iter().map(|&i| values[i]).collect())
            .collect(),
    }
}

/// What may be sampled, with attributes and without.
fn sampled() -> [Sampled; 2] {
    let text = |text: &str| Some(text.to_owned());
    [
        Sampled {
            name: "thetao".into(),
            units: text("degrees_C"),
            standard_name: text("sea_water_potential_temperature"),
            long_name: text("how warm it is"),
        },
        Sampled { name: "so".into(), ..Sampled::default() },
    ]
}

/// One observation, to the bit.
type Row = (Instant, u64, u64, Option<u32>, Status, Vec<u32>);

fn rows(batch: &Observations) -> Vec<((u32, u64), Row)> {
    let row = |i: usize| {
        let depth = batch.depth.as_ref().map(|depth| depth[i].to_bits());
        let samples = batch.samples.iter().map(|values| values[i].to_bits()).collect();
        let [x, y] = [batch.x[i].to_bits(), batch.y[i].to_bits()];
        (batch.time_of(i), x, y, depth, batch.status[i], samples)
    };
    (0..batch.len()).map(|i| ((batch.slot, batch.ids[i]), row(i))).collect()
}

fn read_rows(trajectories: &Trajectories) -> BTreeMap<(u32, u64), Row> {
    let mut found = BTreeMap::new();
    let mut last = 0;
    trajectories
        .for_each_batch(|batch| {
            assert!(batch.slot >= last, "slots come in order");
            last = batch.slot;
            assert_eq!(batch.time, trajectories.output_times()[batch.slot as usize]);
            for (key, row) in rows(batch) {
                assert!(found.insert(key, row).is_none(), "{key:?} comes twice");
            }
        })
        .unwrap();
    found
}

fn life(slots: u32) -> impl Strategy<Value = Life> {
    let end = (0..slots, 0.0..0.999, prop::sample::select(&FINISHED[..]));
    (0..slots + 1, prop::option::of(end)).prop_map(|(first, end)| Life { first, end })
}

fn run() -> impl Strategy<Value = Run> {
    (1..9_u32).prop_flat_map(|slots| {
        (
            prop::collection::vec(life(slots), 0..40),
            prop::sample::select(vec![21_600_000_000, 1, -600_000_000, 600_100_003]),
            1..50_usize,
            any::<bool>(),
            any::<bool>(),
            0..3_usize,
        )
            .prop_map(move |(lives, interval, batch, scattered, own_depth, samples)| Run {
                lives,
                slots,
                interval: Span(interval),
                batch,
                scattered,
                own_depth,
                samples,
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_pattern_of_releases_and_ends_comes_back(run in run()) {
        let folder = tempfile::tempdir().unwrap();
        for format in FORMATS {
            let path = folder.path().join("out").with_extension(format);
            let written = run.write(&path);
            let back = Trajectories::open(&path).unwrap();
            let expected = run.rows();
            prop_assert_eq!(written.observations, expected.len() as u64);
            prop_assert_eq!(written.slots, run.slots);
            prop_assert_eq!(back.particles(), run.lives.len() as u64);
            let times: Vec<Instant> = (0..run.slots).map(|slot| run.time(slot)).collect();
            prop_assert_eq!(back.output_times(), &times);
            prop_assert_eq!(back.depth(), run.metadata().depth);
            prop_assert_eq!(back.samples(), &run.metadata().samples);
            prop_assert_eq!(read_rows(&back), expected);
        }
    }
}

/// Everyone from the start on, but for one that strands half-way and one that never starts.
fn plain_run(particles: usize, slots: u32) -> Run {
    let mut lives = vec![Life { first: 0, end: None }; particles];
    lives[particles / 2].end = Some((slots / 2, 0.25, Status::Stranded));
    lives[particles - 1] = Life { first: slots, end: None };
    Run {
        lives,
        slots,
        interval: Span::from_seconds(3600.0),
        batch: 1000,
        scattered: false,
        own_depth: false,
        samples: 0,
    }
}

#[test]
fn more_particles_than_a_chunk_holds() {
    let folder = tempfile::tempdir().unwrap();
    for scattered in [false, true] {
        let run = Run { scattered, batch: 70_000, samples: 1, ..plain_run(140_000, 3) };
        for format in FORMATS {
            let path = folder.path().join(format!("{scattered}.{format}"));
            run.write(&path);
            let back = Trajectories::open(&path).unwrap();
            assert!(read_rows(&back) == run.rows(), "{format}, scattered: {scattered}");
            let ids = [139_998, 5, 70_000, 139_999];
            let tracks = back.tracks(&ids).unwrap();
            assert_eq!(tracks.iter().map(|track| track.id).collect::<Vec<_>>(), ids);
            let lengths: Vec<usize> = tracks.iter().map(|track| track.x.len()).collect();
            assert_eq!(lengths, [3, 3, 2, 0], "{format}");
            assert_eq!(tracks[2].status, [Status::Active, Status::Stranded]);
            assert!(tracks[2].samples[0].iter().all(|value| value.is_nan()), "on land");
            assert_eq!(
                tracks[0].samples,
                [[139_998.0, 139_998.0 - 1.0 / 7.0, 139_998.0 - 2.0 / 7.0]]
            );
        }
    }
}

#[test]
fn more_output_times_than_a_chunk_holds() {
    let folder = tempfile::tempdir().unwrap();
    let run = plain_run(10, 600);
    for format in FORMATS {
        let path = folder.path().join("long").with_extension(format);
        run.write(&path);
        let back = Trajectories::open(&path).unwrap();
        assert_eq!(back.slots(), 600);
        assert_eq!(read_rows(&back), run.rows());
    }
}

#[test]
fn final_states_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let run = plain_run(100, 5);
    for format in FORMATS {
        let path = folder.path().join("end").with_extension(format);
        run.write(&path);
        let states = Trajectories::open(&path).unwrap().final_states().unwrap();
        let tally = states.tally();
        assert_eq!(tally.count(Status::Stranded), 1);
        assert_eq!(tally.count(Status::Pending), 1);
        tally.check(99).unwrap();
        assert!(tally.check(100).is_err());
        assert!(states.x[99].is_nan() && states.x[98].is_finite());
    }
}

#[test]
fn the_file_says_how_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let path = folder.path().join("said").with_extension(format);
        plain_run(2, 1).write(&path);
        let back = Trajectories::open(&path).unwrap();
        let attributes = back.attributes();
        for (name, value) in [
            ("Conventions", "CF-1.11"),
            ("featureType", "trajectory"),
            ("source", "drogue test"),
            ("random_seed", "42"),
            ("scenario", "[run]\nseed = 42\n"),
            ("device", "reference"),
        ] {
            assert_eq!(attributes.get(name).map(String::as_str), Some(value), "{format}: {name}");
        }
        assert_eq!(back.mesh(), Mesh::Sphere { radius: EARTH_RADIUS });
        assert_eq!((back.calendar(), back.start()), (Calendar::Standard, start()));
    }
}

#[test]
fn two_runs_write_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let run = plain_run(1000, 4);
    for format in FORMATS {
        let paths = ["a", "b"].map(|name| folder.path().join(name).with_extension(format));
        run.write(&paths[0]);
        Run { batch: 37, ..run.clone() }.write(&paths[1]);
        let [first, second] = paths.map(|path| bytes_below(&path));
        assert!(first.values().any(|bytes| !bytes.is_empty()));
        assert!(first == second, "{format}");
    }
}

fn bytes_below(path: &Path) -> BTreeMap<String, Vec<u8>> {
    if path.is_file() {
        return BTreeMap::from([(String::new(), fs::read(path).unwrap())]);
    }
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        for (below, bytes) in bytes_below(&entry.path()) {
            all.insert(format!("{name}/{below}"), bytes);
        }
    }
    all
}

#[test]
fn a_killed_run_leaves_a_readable_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.zarr");
    let run = plain_run(10, 300);
    let mut writer = create(&path, &run.metadata(), false).unwrap();
    assert!(!path.exists(), "an output begins with its first observation");
    for slot in 0..300 {
        run.batches(slot).iter().for_each(|batch| writer.write(batch).unwrap());
        if slot == 0 {
            assert_eq!(Trajectories::open(&path).unwrap().slots(), 0);
        }
        writer.end_slot(run.time(slot)).unwrap();
    }
    // Nothing tidies up after a kill, and nothing is tidied up when this is dropped.
    drop(writer);
    let back = Trajectories::open(&path).unwrap();
    assert_eq!(back.slots(), 256);
    let expected: BTreeMap<_, _> =
        run.rows().into_iter().filter(|((slot, _), _)| *slot < 256).collect();
    assert_eq!(read_rows(&back), expected);
}

#[test]
fn an_unfinished_parquet_file_does_not_replace_the_former_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let former = plain_run(10, 3);
    former.write(&path);
    let mut writer = create(&path, &metadata(10), true).unwrap();
    writer.write(&former.slot(0)).unwrap();
    drop(writer);
    assert_eq!(read_rows(&Trajectories::open(&path).unwrap()), former.rows());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the beginning is removed");
}

#[test]
fn an_interrupted_slot_is_kept_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = plain_run(10, 3);
    for format in FORMATS {
        let path = folder.path().join("cut").with_extension(format);
        let mut writer = create(&path, &metadata(10), false).unwrap();
        writer.write(&run.slot(0)).unwrap();
        writer.end_slot(run.time(0)).unwrap();
        writer.write(&take(&run.slot(1), &[0, 1])).unwrap();
        assert_eq!(writer.finish(Ending::Complete).unwrap().slots, 2);
        let back = Trajectories::open(&path).unwrap();
        assert_eq!(back.attributes().get("incomplete_obs").map(String::as_str), Some("1"));
        let tracks = back.tracks(&[0, 5]).unwrap();
        assert_eq!(tracks.iter().map(|track| track.times.len()).collect::<Vec<_>>(), [2, 1]);
    }
}

#[test]
fn outputs_are_only_replaced_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let path = folder.path().join("out").with_extension(format);
        plain_run(10, 3).write(&path);
        let refused = create(&path, &metadata(10), false).err();
        assert!(matches!(refused, Some(TrajectoryError::Exists { .. })));
        let mut writer = create(&path, &metadata(4), true).unwrap();
        writer.end_slot(start()).unwrap();
        writer.finish(Ending::Complete).unwrap();
        let back = Trajectories::open(&path).unwrap();
        assert_eq!((back.particles(), back.slots()), (4, 1));
    }
}

#[test]
fn bad_places_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let path = folder.path().join("missing/out").with_extension(format);
        let error = create(&path, &metadata(1), false).err().unwrap();
        assert!(matches!(error, TrajectoryError::Folder { .. }), "{error}");
        assert!(error.to_string().contains("must exist and be writable"), "{error}");
    }
    let error = create(Path::new("out.nc"), &metadata(1), false).err().unwrap();
    assert!(error.to_string().contains(".zarr or .parquet"), "{error}");
}

#[test]
fn files_of_others_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let zarr = folder.path().join("foreign.zarr");
    fs::create_dir(&zarr).unwrap();
    fs::write(zarr.join("zarr.json"), r#"{"zarr_format": 3, "node_type": "group"}"#).unwrap();
    let error = Trajectories::open(&zarr).err().unwrap();
    assert!(matches!(error, TrajectoryError::NotTrajectories { .. }), "{error}");
    let parquet = folder.path().join("foreign.parquet");
    fs::write(&parquet, "PAR1 but not really").unwrap();
    let error = Trajectories::open(&parquet).err().unwrap();
    assert!(matches!(error, TrajectoryError::Read { .. }), "{error}");
}

#[test]
fn damaged_chunks_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.zarr");
    plain_run(10, 3).write(&path);
    fs::write(path.join("lon/c/0/0"), "garbage").unwrap();
    let error = Trajectories::open(&path).unwrap().final_states().unwrap_err();
    assert!(matches!(error, TrajectoryError::Read { .. }), "{error}");
}

/// What a writer says to a second slot that was changed.
fn refusal(change: impl FnOnce(&mut Observations)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let run = plain_run(10, 4);
    let mut writer = create(&folder.path().join("x.zarr"), &metadata(10), false).unwrap();
    writer.write(&run.slot(0)).unwrap();
    writer.end_slot(run.time(0)).unwrap();
    let mut second = run.slot(1);
    change(&mut second);
    let error = writer.write(&second).expect_err("the change breaks the contract");
    assert!(matches!(error, TrajectoryError::Inconsistent { slot: 1, .. }), "{error}");
    error.to_string()
}

#[test]
fn what_breaks_the_contract_is_refused() {
    let late = start() + Span::from_seconds(7200.0);
    let early = start() + Span::from_seconds(1800.0);
    for (refused, because) in [
        (refusal(|o| o.ids[0] = 10), "there is no particle 10"),
        (refusal(|o| o.ids[0] = 1), "particle 1 is observed twice"),
        (refusal(|o| o.status[3] = Status::Pending), "particle 3 is not released"),
        (refusal(|o| o.x[2] = f64::NAN), "position of particle 2"),
        (refusal(|o| o.slot = 2), "output time 2"),
        (refusal(|o| o.time = start()), "one direction"),
        (refusal(|o| o.y.truncate(3)), "differ in length"),
        (refusal(|o| o.depth = Some(vec![0.0; 9])), "depths"),
        (refusal(|o| o.times = Some(vec![early; 9])), "not observed at the output"),
        (
            refusal(|o| {
                o.status[0] = Status::AgedOut;
                o.times = Some(vec![late; 9]);
            }),
            "outside the slot's time",
        ),
    ] {
        assert!(refused.contains(because), "{refused}");
    }
}

#[test]
fn a_finished_particle_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let run = plain_run(10, 4);
    let mut writer = create(&folder.path().join("x.parquet"), &metadata(10), false).unwrap();
    let mut first = run.slot(0);
    first.status[4] = Status::ReleasedOnLand;
    writer.write(&first).unwrap();
    writer.end_slot(run.time(0)).unwrap();
    let error = writer.write(&run.slot(1)).unwrap_err();
    assert!(error.to_string().contains("particle 4 finished at an earlier"), "{error}");
}
