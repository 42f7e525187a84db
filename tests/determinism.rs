//! The same bits, whatever the schedule: block size, memory budget, queue depth, number of workers,
//! outputs collected at once, delays of stages, order of completion. On each coast and on levels, which have kernels of their
//! own.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::Duration;

use drogue::demo;
use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{Advanced, Alteration, Altered, Done, Engine, Leg, Particle};
use drogue::explain::{Disorder, Fingerprint, delays, on_pool};
use drogue::grid::Field;
use drogue::pipeline::Schedule;
use drogue::run::{Controls, Memory, Plan, execute};
use drogue::scenario::Scenario;
use proptest::prelude::*;
use tempfile::TempDir;

#[path = "run/deep.rs"]
mod deep;
#[path = "nested/seas.rs"]
#[expect(dead_code, reason = "others have other coordinates")]
mod seas;

const PARTICLES: usize = 600;
const HELD_UP: Duration = Duration::from_millis(2);

/// How a run is carried out: nothing of it may be seen in the output.
#[derive(Clone, Debug)]
struct Way {
    sea: Sea,
    block: usize,
    queue_depth: usize,
    workers: usize,
    requests: usize,
    /// Outputs that are collected before the host looks at them, where there is memory for some.
    at_once: usize,
    schedule: Schedule,
    /// Memory beyond the least that the run can do with.
    spare: Spare,
    seed: u64,
}

/// Without any, particles are kept on disk and no more than two snapshots in memory, read whole.
#[derive(Clone, Copy, Debug)]
struct Spare {
    /// Whether there is room for the particles.
    particles: bool,
    snapshots: u64,
}

/// What is drifted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sea {
    /// Two axes, with this coast.
    Axes(&'static str),
    /// Levels, and water that goes up and down.
    Levels,
    /// Two axes, and inside of them a finer grid, which is turned, with an islet: known at other times, and
    /// not all the time.
    Nested,
}

const SEAS: [Sea; 6] = [
    Sea::Axes("strand"),
    Sea::Axes("slip"),
    Sea::Axes("partial-slip"),
    Sea::Axes("bounce"),
    Sea::Levels,
    Sea::Nested,
];

impl Sea {
    /// Forcing, release, time and physics of a scenario: some particles are released at the start and
    /// others later, and age out. Three releases.
    fn scenario(self) -> String {
        let northward = "northward_sea_water_velocity";
        let sampled = |eastward: &str| format!("sample = ['{eastward}', '{northward}']\n");
        let (forcing, [west, east], [south, north], coast, sampled) = match self {
            Self::Axes(coast) => {
                let forcing = "[forcing.current]\ndata = 'sea_*.nc'\n";
                (forcing, [-12.0, -8.0], [44.0, 50.0], coast, sampled("uo"))
            }
            Self::Levels => {
                let forcing = "[forcing.current]\ndata = 'deep.nc'\nvertical = 'velocity'\n";
                (forcing, [0.2, 2.5], [-0.8, 0.8], "strand", sampled("u"))
            }
            Self::Nested => {
                let forcing = "[[forcing.current]]\ndata = 'fine.nc'\n\
                               [[forcing.current]]\ndata = 'sea_*.nc'\n";
                let sampled = "[sample.uo]\ndata = 'sea_*.nc'\n".to_owned();
                (forcing, [-12.0, -8.0], [44.0, 50.0], "strand", sampled)
            }
        };
        format!(
            "{forcing}[release]\nkind = 'grid'\nlon = [{west}, {east}]\nlat = [{south}, {north}]\n\
             count = {}\nevery = '10h'\n\
             [time]\nduration = '1d'\nstep = '40min'\n\
             [physics]\nmax_age = '13h'\ncoast = '{coast}'\n{sampled}\
             [output]\npath = 'nowhere.zarr'\nevery = '150min'\n",
            PARTICLES / 3
        )
    }
}

impl Way {
    /// The plan of the run that is carried out so, its memory divided anew.
    fn plan(&self) -> Plan {
        let Self { block, workers, requests, schedule, spare, .. } = self;
        let run = format!(
            "[run]\nblock = {block}\nthreads = {workers}\nrequests = {requests}\n\
             schedule = '{}'\n",
            schedule.name()
        );
        let plenty = plan(self.sea, &run).memory;
        let spared = if spare.particles { plenty.particles } else { 0 };
        let bytes = plenty.least() - plenty.particles + spared + spare.snapshots * plenty.snapshot;
        let plan = plan(self.sea, &format!("{run}memory = '{bytes}B'\n"));
        assert_eq!(plan.memory.budget, bytes);
        let memory = Memory { at_once: plan.memory.at_once.min(self.at_once), ..plan.memory };
        Plan { queue_depth: self.queue_depth, memory, ..plan }
    }
}

fn ways() -> impl Strategy<Value = Way> {
    let schedule = prop::sample::select(Schedule::ALL.to_vec());
    let spare = (any::<bool>(), 0..16_u64)
        .prop_map(|(particles, snapshots)| Spare { particles, snapshots });
    let numbers = (1..=PARTICLES, 0..4_usize, 1..5_usize, 1..20_usize, 1..4_usize);
    (prop::sample::select(SEAS.to_vec()), numbers, schedule, spare, any::<u64>()).prop_map(
        |(sea, (block, queue_depth, workers, requests, at_once), schedule, spare, seed)| Way {
            sea,
            block: block.max(PARTICLES / 20),
            queue_depth,
            workers,
            requests,
            at_once,
            schedule,
            spare,
            seed,
        },
    )
}

/// A run in a sea, those that are made up written once. `run` is added to the scenario.
fn plan(sea: Sea, run: &str) -> Plan {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = TempDir::new().unwrap();
        demo::write(folder.path()).unwrap();
        deep::write(&folder.path().join("deep.nc"), &deep::PLAIN);
        write_fine(&folder.path().join("fine.nc"));
        folder
    });
    let text = sea.scenario() + run;
    let scenario = Scenario::from_toml(&text, FOLDER.path().join("way.toml")).unwrap();
    Plan::new(scenario).unwrap()
}

/// The finer grid of the nested sea: an eddy of its own about an islet.
fn write_fine(path: &Path) {
    // The other begins on 2025-06-01, and hours are counted from 2020 on.
    let begin = 1978.0 * 24.0;
    let eddy = |hour: f64, x: f64, y: f64| {
        let [a, b] = [x + 10.2, y - 47.0];
        let speed = 0.6 + 0.02 * (hour - begin);
        (a.hypot(b) > 0.25).then_some([0.3 - speed * b, speed * a])
    };
    let axes = [seas::axis(-11.4, -9.0, 30), seas::axis(45.5, 48.5, 40)];
    let hours = seas::axis(begin + 5.0, begin + 20.0, 10);
    seas::write(path, seas::Places::Turned(20.0), [&axes[0], &axes[1]], &hours, &eddy);
}

/// A hash over the bits of the output of a plan, carried out in this way.
fn output<E: Engine>(plan: &Plan, engines: Vec<E>, way: &Way) -> u64 {
    carried_out(plan, engines, way).0
}

/// The same with the steps that all particles are said to have taken together.
fn carried_out<E: Engine>(plan: &Plan, engines: Vec<E>, way: &Way) -> (u64, u64) {
    let controls = Controls { delay: Some(delays(way.seed, HELD_UP)), ..Controls::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(way.workers)
        .enable_all()
        .build()
        .unwrap();
    let fingerprint = Arc::new(Fingerprint::default());
    let writer = Box::new(Arc::clone(&fingerprint));
    let disorder = |engine| Altered::new(engine, Disorder::new(way.seed, HELD_UP));
    let engines = engines.into_iter().map(disorder);
    let report = runtime.block_on(execute(plan, engines, Some(writer), &controls)).unwrap();
    assert!(report.complete);
    (fingerprint.value(), report.particle_steps)
}

const PLAIN: Way = Way {
    sea: SEAS[0],
    block: PARTICLES,
    queue_depth: 1,
    workers: 1,
    requests: 1,
    at_once: usize::MAX,
    schedule: Schedule::Serial,
    spare: Spare { particles: true, snapshots: 50 },
    seed: 0,
};

/// What the plainest way gives in each sea, asked once.
struct Expected(OnceLock<Mutex<HashMap<Sea, u64>>>);

impl Expected {
    const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn of(&self, sea: Sea, output: impl Fn(&Way) -> u64) -> u64 {
        let known = self.0.get_or_init(Mutex::default);
        *known.lock().unwrap().entry(sea).or_insert_with(|| output(&Way { sea, ..PLAIN }))
    }
}

fn on_the_reference(way: &Way) -> u64 {
    let plan = way.plan();
    output(&plan, plan.engines(|setup| on_pool(setup, way.workers).unwrap()), way)
}

fn on_an_adapter(way: &Way) -> u64 {
    let adapters = Adapter::all();
    let adapter = adapters.first().expect("an adapter: install mesa-vulkan-drivers");
    let plan = way.plan();
    output(&plan, plan.engines(|setup| GpuEngine::new(adapter, setup).unwrap()), way)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 20, ..Default::default() })]

    #[test]
    fn the_reference_gives_the_same_bits_in_every_way(way in ways()) {
        static EXPECTED: Expected = Expected::new();
        prop_assert_eq!(on_the_reference(&way), EXPECTED.of(way.sea, on_the_reference));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 10, ..Default::default() })]

    #[test]
    fn an_adapter_gives_the_same_bits_in_every_way(way in ways()) {
        static EXPECTED: Expected = Expected::new();
        prop_assert_eq!(on_an_adapter(&way), EXPECTED.of(way.sea, on_an_adapter));
    }
}

/// Chance may have left one of them out above.
#[test]
fn no_sea_shows_small_blocks_and_a_busy_host() {
    for sea in SEAS {
        let schedule = Schedule::Concurrent;
        let numbers = Way { block: 70, workers: 3, requests: 20, at_once: 1, ..PLAIN };
        let other = Way { sea, schedule, seed: 5, ..numbers };
        let plain = Way { sea, ..PLAIN };
        assert_eq!(on_the_reference(&other), on_the_reference(&plain), "{sea:?}");
        assert_eq!(on_an_adapter(&other), on_an_adapter(&plain), "{sea:?}");
    }
}

/// Whether particles are kept in memory, whether several outputs of them are, whether snapshots are
/// read whole, and how many at once: what the drawn budgets differ in.
fn divided(plan: &Plan) -> (bool, bool, bool, usize) {
    let Memory { resident, at_once, .. } = plan.memory;
    (resident, at_once > 0, plan.whole_snapshots, plan.fetched_at_once())
}

/// Each with what it makes of the memory.
const BUDGETS: [(Spare, (bool, bool, bool, usize)); 3] = [
    (Spare { particles: false, snapshots: 0 }, (false, false, true, 2)),
    (Spare { particles: true, snapshots: 0 }, (true, false, true, 2)),
    // What is sampled takes a part of what is spared, and so does what is observed.
    (Spare { particles: true, snapshots: 12 }, (true, true, false, 9)),
];

/// The outputs with little memory and with more.
fn with_budgets<E: Engine>(engines: impl Fn(&Plan) -> Vec<E>) -> Vec<(u64, u64)> {
    let with = |(spare, expected)| {
        let schedule = Schedule::Concurrent;
        // Smaller than the releases, so that blocks wait for their time beside others that move.
        let way = Way { block: 70, workers: 2, requests: 20, schedule, spare, ..PLAIN };
        let plan = way.plan();
        assert_eq!(divided(&plan), expected, "{spare:?}");
        carried_out(&plan, engines(&plan), &way)
    };
    BUDGETS.into_iter().map(with).collect()
}

#[test]
fn memory_changes_no_bit_of_the_reference() {
    let outputs = with_budgets(|plan| plan.engines(CpuEngine::new));
    assert_eq!(outputs, [outputs[0]; 3]);
    assert_eq!(outputs[0].0, on_the_reference(&PLAIN));
}

#[test]
fn memory_changes_no_bit_of_an_adapter() {
    let adapters = Adapter::all();
    let adapter = adapters.first().expect("an adapter: install mesa-vulkan-drivers");
    let outputs =
        with_budgets(|plan| plan.engines(|setup| GpuEngine::new(adapter, setup).unwrap()));
    assert_eq!(outputs, [outputs[0]; 3]);
}

/// Moves particles by an amount that depends on how many blocks have been moved before.
#[derive(Default)]
struct OrderDependent(AtomicU64);

impl Alteration<CpuEngine> for OrderDependent {
    fn advance(
        &self,
        engine: &Arc<CpuEngine>,
        mut block: Vec<Particle>,
        fields: [Arc<Field>; 2],
        legs: Vec<Leg>,
        done: Done<Advanced<Vec<Particle>>>,
    ) {
        let earlier = self.0.fetch_add(1, Ordering::Relaxed);
        for particle in &mut block {
            // One unit in the last place for each block before.
            let bits = particle.offset[0].to_bits();
            particle.offset[0] = f64::from_bits(bits.saturating_sub(earlier % 8));
        }
        engine.advance(block, fields, legs, done);
    }
}

#[test]
fn a_result_that_depends_on_the_order_by_a_last_bit_is_caught() {
    let outputs = |flawed: bool| -> Vec<u64> {
        (1..4)
            .map(|seed| {
                let way = Way { block: 40, workers: 2, queue_depth: 2, seed, ..PLAIN };
                let plan = way.plan();
                let engines = plan.engines(CpuEngine::new);
                let flaw = |engine| Altered::new(engine, OrderDependent::default());
                match flawed {
                    true => output(&plan, engines.into_iter().map(flaw).collect(), &way),
                    false => output(&plan, engines, &way),
                }
            })
            .collect()
    };
    let sound = outputs(false);
    assert!(sound.iter().all(|one| *one == sound[0]), "{sound:?}");
    let flawed = outputs(true);
    assert!(flawed.iter().any(|one| *one != flawed[0]), "{flawed:?}");
}

#[test]
fn lost_and_changed_observations_are_caught() {
    let fewer = PLAIN.plan().sampled(PARTICLES as u64 / 2);
    assert_ne!(output(&fewer, fewer.engines(CpuEngine::new), &PLAIN), on_the_reference(&PLAIN));
}
