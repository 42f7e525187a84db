//! The same bits, whatever the schedule: block size, memory budget, queue depth, number of workers,
//! delays of stages, order of completion.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use drogue::demo;
use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{Advanced, Alteration, Altered, Done, Engine, Lifetime, Particle, Window};
use drogue::explain::{Disorder, Fingerprint, delays, on_pool};
use drogue::grid::Field;
use drogue::pipeline::Schedule;
use drogue::run::{Controls, Plan, execute};
use drogue::scenario::Scenario;
use proptest::prelude::*;
use tempfile::TempDir;

const PARTICLES: usize = 600;
const HELD_UP: Duration = Duration::from_millis(2);

/// How a run is carried out: nothing of it may be seen in the output.
#[derive(Clone, Debug)]
struct Way {
    block: usize,
    queue_depth: usize,
    workers: usize,
    requests: usize,
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

impl Way {
    /// The plan of the run that is carried out so, its memory divided anew.
    fn plan(&self) -> Plan {
        let Self { block, workers, requests, schedule, spare, .. } = self;
        let run = format!(
            "[run]\nblock = {block}\nthreads = {workers}\nrequests = {requests}\n\
             schedule = '{}'\n",
            schedule.name()
        );
        let plenty = plan(&run).memory;
        let spared = if spare.particles { plenty.particles } else { 0 };
        let bytes = plenty.least() - plenty.particles + spared + spare.snapshots * plenty.snapshot;
        let plan = plan(&format!("{run}memory = '{bytes}B'\n"));
        assert_eq!(plan.memory.budget, bytes);
        Plan { queue_depth: self.queue_depth, ..plan }
    }
}

fn ways() -> impl Strategy<Value = Way> {
    let schedule = prop::sample::select(Schedule::ALL.to_vec());
    let spare =
        (any::<bool>(), 0..4_u64).prop_map(|(particles, snapshots)| Spare { particles, snapshots });
    (1..=PARTICLES, 0..4_usize, 1..5_usize, 1..20_usize, schedule, spare, any::<u64>()).prop_map(
        |(block, queue_depth, workers, requests, schedule, spare, seed)| Way {
            block: block.max(PARTICLES / 20),
            queue_depth,
            workers,
            requests,
            schedule,
            spare,
            seed,
        },
    )
}

/// The made-up sea, written once, and a run of a day in it with releases all through it. `run` is
/// added to the scenario.
fn plan(run: &str) -> Plan {
    static SEA: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (folder, _) = SEA.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let scenario = demo::write(folder.path()).unwrap().scenario;
        (folder, scenario)
    });
    let text = format!(
        "[forcing.current]\ndata = 'sea_*.nc'\n\
         [release]\nkind = 'grid'\nlon = [-12.0, -8.0]\nlat = [44.0, 50.0]\ncount = {}\nevery = '10h'\n\
         [time]\nduration = '1d'\nstep = '40min'\n\
         [physics]\nmax_age = '13h'\nsample = ['uo', 'northward_sea_water_velocity']\n\
         [output]\npath = 'nowhere.zarr'\nevery = '5h'\n{run}",
        PARTICLES / 3
    );
    let scenario = Scenario::from_toml(&text, folder.path().join("way.toml")).unwrap();
    Plan::new(scenario).unwrap()
}

/// A hash over the bits of the output of a plan, carried out in this way.
fn output<E: Engine>(plan: &Plan, engine: E, way: &Way) -> u64 {
    let controls = Controls { delay: Some(delays(way.seed, HELD_UP)), ..Controls::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(way.workers)
        .enable_all()
        .build()
        .unwrap();
    let fingerprint = Arc::new(Fingerprint::default());
    let writer = Box::new(Arc::clone(&fingerprint));
    let engine = Altered::new(engine, Disorder::new(way.seed, HELD_UP));
    let report = runtime.block_on(execute(plan, engine, Some(writer), &controls)).unwrap();
    assert!(report.complete);
    fingerprint.value()
}

const PLAIN: Way = Way {
    block: PARTICLES,
    queue_depth: 1,
    workers: 1,
    requests: 1,
    schedule: Schedule::Serial,
    spare: Spare { particles: true, snapshots: 50 },
    seed: 0,
};

/// What the reference gives in the plainest way.
fn expected() -> u64 {
    static EXPECTED: OnceLock<u64> = OnceLock::new();
    *EXPECTED.get_or_init(|| {
        let plan = PLAIN.plan();
        output(&plan, CpuEngine::new(&plan.setup), &PLAIN)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..Default::default() })]

    #[test]
    fn the_reference_gives_the_same_bits_in_every_way(way in ways()) {
        let plan = way.plan();
        let engine = on_pool(&plan.setup, way.workers).unwrap();
        prop_assert_eq!(output(&plan, engine, &way), expected());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 10, ..Default::default() })]

    #[test]
    fn an_adapter_gives_the_same_bits_in_every_way(way in ways()) {
        static EXPECTED: OnceLock<u64> = OnceLock::new();
        let adapters = Adapter::all();
        let adapter = adapters.first().expect("an adapter: install mesa-vulkan-drivers");
        let output = |way: &Way| {
            let plan = way.plan();
            output(&plan, GpuEngine::new(adapter, &plan.setup).unwrap(), way)
        };
        prop_assert_eq!(output(&way), *EXPECTED.get_or_init(|| output(&PLAIN)));
    }
}

/// Whether particles are kept in memory, whether snapshots are read whole, and how many at once: what
/// the drawn budgets differ in.
fn divided(plan: &Plan) -> (bool, bool, usize) {
    (plan.memory.resident, plan.whole_snapshots, plan.fetched_at_once())
}

/// Each with what it makes of the memory.
const BUDGETS: [(Spare, (bool, bool, usize)); 3] = [
    (Spare { particles: false, snapshots: 0 }, (false, true, 2)),
    (Spare { particles: true, snapshots: 0 }, (true, true, 2)),
    // What is sampled takes a part of what is spared.
    (Spare { particles: true, snapshots: 3 }, (true, false, 3)),
];

/// The outputs with little memory and with more.
fn with_budgets<E: Engine>(engine: impl Fn(&Plan) -> E) -> Vec<u64> {
    let with = |(spare, expected)| {
        let schedule = Schedule::Concurrent;
        // Smaller than the releases, so that blocks wait for their time beside others that move.
        let way = Way { block: 70, workers: 2, requests: 20, schedule, spare, ..PLAIN };
        let plan = way.plan();
        assert_eq!(divided(&plan), expected, "{spare:?}");
        output(&plan, engine(&plan), &way)
    };
    BUDGETS.into_iter().map(with).collect()
}

#[test]
fn memory_changes_no_bit_of_the_reference() {
    assert_eq!(with_budgets(|plan| CpuEngine::new(&plan.setup)), [expected(); 3]);
}

#[test]
fn memory_changes_no_bit_of_an_adapter() {
    let adapters = Adapter::all();
    let adapter = adapters.first().expect("an adapter: install mesa-vulkan-drivers");
    let outputs = with_budgets(|plan| GpuEngine::new(adapter, &plan.setup).unwrap());
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
        window: Arc<Window>,
        lifetimes: Option<Vec<Lifetime>>,
        done: Done<Advanced<Vec<Particle>>>,
    ) {
        let earlier = self.0.fetch_add(1, Ordering::Relaxed);
        for particle in &mut block {
            // One unit in the last place for each block before.
            let bits = particle.offset[0].to_bits();
            particle.offset[0] = f64::from_bits(bits.saturating_sub(earlier % 8));
        }
        engine.advance(block, fields, window, lifetimes, done);
    }
}

#[test]
fn a_result_that_depends_on_the_order_by_a_last_bit_is_caught() {
    let outputs = |flawed: bool| -> Vec<u64> {
        (1..4)
            .map(|seed| {
                let way = Way { block: 40, workers: 2, queue_depth: 2, seed, ..PLAIN };
                let plan = way.plan();
                let engine = CpuEngine::new(&plan.setup);
                match flawed {
                    true => output(&plan, Altered::new(engine, OrderDependent::default()), &way),
                    false => output(&plan, engine, &way),
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
    assert_ne!(output(&fewer, CpuEngine::new(&fewer.setup), &PLAIN), expected());
}
