//! The same bits, whatever the schedule: block size, queue depth, number of workers, delays of
//! stages, order of completion.

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
    seed: u64,
}

fn ways() -> impl Strategy<Value = Way> {
    let schedule = prop::sample::select(Schedule::ALL.to_vec());
    (1..=PARTICLES, 0..4_usize, 1..5_usize, 1..20_usize, schedule, any::<u64>()).prop_map(
        |(block, queue_depth, workers, requests, schedule, seed)| Way {
            block: block.max(PARTICLES / 20),
            queue_depth,
            workers,
            requests,
            schedule,
            seed,
        },
    )
}

/// The made-up sea, written once, and a run of a day in it with releases all through it.
fn plan() -> Plan {
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
         [physics]\nmax_age = '13h'\n\
         [output]\npath = 'nowhere.zarr'\nevery = '5h'\n",
        PARTICLES / 3
    );
    let scenario = Scenario::from_toml(&text, folder.path().join("way.toml")).unwrap();
    Plan::new(scenario).unwrap()
}

/// A hash over the bits of the output of a plan, carried out in this way.
fn output<E: Engine>(plan: &Plan, engine: E, way: &Way) -> u64 {
    let mut plan = Plan {
        block: way.block,
        queue_depth: way.queue_depth,
        workers: way.workers,
        ..plan.clone()
    };
    let run = &mut Arc::make_mut(&mut plan.scenario).run;
    run.schedule = way.schedule;
    run.requests = Some(way.requests);
    let controls = Controls { delay: Some(delays(way.seed, HELD_UP)), ..Controls::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(way.workers)
        .enable_all()
        .build()
        .unwrap();
    let fingerprint = Arc::new(Fingerprint::default());
    let writer = Box::new(Arc::clone(&fingerprint));
    let engine = Altered::new(engine, Disorder::new(way.seed, HELD_UP));
    let report = runtime.block_on(execute(&plan, engine, Some(writer), &controls)).unwrap();
    assert!(report.complete);
    fingerprint.value()
}

const PLAIN: Way = Way {
    block: PARTICLES,
    queue_depth: 1,
    workers: 1,
    requests: 1,
    schedule: Schedule::Serial,
    seed: 0,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..Default::default() })]

    #[test]
    fn the_reference_gives_the_same_bits_in_every_way(way in ways()) {
        static EXPECTED: OnceLock<u64> = OnceLock::new();
        let plan = plan();
        let expected =
            *EXPECTED.get_or_init(|| output(&plan, CpuEngine::new(&plan.setup), &PLAIN));
        prop_assert_eq!(output(&plan, on_pool(&plan.setup, way.workers).unwrap(), &way), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 10, ..Default::default() })]

    #[test]
    fn an_adapter_gives_the_same_bits_in_every_way(way in ways()) {
        static EXPECTED: OnceLock<u64> = OnceLock::new();
        let plan = plan();
        let adapters = Adapter::all();
        let adapter = adapters.first().expect("an adapter: install mesa-vulkan-drivers");
        let engine = || GpuEngine::new(adapter, &plan.setup).unwrap();
        let expected = *EXPECTED.get_or_init(|| output(&plan, engine(), &PLAIN));
        prop_assert_eq!(output(&plan, engine(), &way), expected);
    }
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
    let plan = plan();
    let outputs = |flawed: bool| -> Vec<u64> {
        (1..4)
            .map(|seed| {
                let way = Way { block: 40, workers: 2, queue_depth: 2, seed, ..PLAIN };
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
    let plan = plan();
    let expected = output(&plan, CpuEngine::new(&plan.setup), &PLAIN);
    let fewer = plan.sampled(PARTICLES as u64 / 2);
    assert_ne!(output(&fewer, CpuEngine::new(&plan.setup), &PLAIN), expected);
}
