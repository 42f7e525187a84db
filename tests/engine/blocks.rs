//! Results do not depend on how the work is divided: blocks, their order, windows, lifetimes.

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Engine, Lifetime, Status, Window};
use drogue::grid::{Axis, Grid, Mesh};
use drogue::verify::{Arithmetic, blocking, position, release, sample};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::task::{Task, both, busy, plane, setup, steps};

#[test]
fn results_do_not_depend_on_blocks() {
    let (setup, task) = busy(60_000);
    for (name, perform) in both(&setup) {
        let whole = perform(&task);
        let ended = whole.iter().filter(|particle| particle.status().is_finished()).count();
        assert!(ended > 1000 && ended < 59_000, "{name}: {ended} ended");
        for block in [64, 7_777, 30_000] {
            // A few small blocks say as much as a thousand.
            let particles = task.particles[..(20 * block).min(60_000)].to_vec();
            let parts = perform(&Task { particles, block, ..task.clone() });
            assert!(parts == whole[..parts.len()], "{name}: blocks of {block} differ");
        }
    }
}

#[test]
fn results_do_not_depend_on_the_order_of_particles() {
    let (setup, mut task) = busy(3_000);
    let lifetimes = (0..3_000).map(|k| Lifetime { end_step: 1 + k % 50, ..Lifetime::WHOLE });
    task.lifetimes = Some(lifetimes.collect());
    let mut turned = task.clone();
    turned.particles.reverse();
    turned.lifetimes.iter_mut().for_each(|lifetimes| lifetimes.reverse());
    for (name, perform) in both(&setup) {
        let there = perform(&task);
        let mut back = perform(&turned);
        assert!(back != there, "{name}: particles are given back as they came");
        back.reverse();
        assert!(back == there, "{name}");
        let aged = |step: u32| {
            there.iter().any(|p| p.status() == Status::AgedOut && p.finished_step == step)
        };
        assert!(aged(0) && aged(39), "{name}: lifetimes differ");
    }
}

#[test]
fn results_do_not_depend_on_how_a_window_is_split() {
    // More steps than the device takes in a dispatch.
    let (setup, task) = busy(3_000);
    let window = steps(600, 40.0);
    let task = Task { windows: vec![window.clone()], ..task };
    for (name, perform) in both(&setup) {
        let whole = perform(&task);
        for size in [7, 39, 599] {
            let parts = window.steps.chunks(size).enumerate().map(|(number, steps)| Window {
                steps: steps.to_vec(),
                first_step: (number * size) as u32,
                ..window.clone()
            });
            let split = perform(&Task { windows: parts.collect(), ..task.clone() });
            assert!(split == whole, "{name}: windows of {size} steps differ");
        }
    }
}

/// The pipeline with lifetimes is another compilation of the shader.
#[test]
fn lifetimes_that_cover_a_window_change_no_bit() {
    let (setup, task) = busy(3_000);
    let whole = vec![Lifetime::WHOLE; task.particles.len()];
    for (name, perform) in both(&setup) {
        let with = perform(&Task { lifetimes: Some(whole.clone()), ..task.clone() });
        assert!(with == perform(&task), "{name}");
    }
}

#[test]
fn a_window_of_very_many_steps_is_taken_to_its_end() {
    // Mesa's software adapter ends loops after 65 535 turns.
    let uneven = Axis::new(vec![0.0, 900.0, 2000.0, 2900.0, 4000.0, 1e4]).unwrap();
    for (grid, name) in
        [(plane(), "even"), (Grid::new(Mesh::Flat, uneven.clone(), uneven).unwrap(), "uneven")]
    {
        let flow = |_: f64, _: f64| [0.125, 0.0625];
        let particles = release(&grid, &[[500.0, 500.0]]).unwrap();
        let task =
            Task::new(particles, [sample(&grid, flow), sample(&grid, flow)], steps(70_000, 1.0));
        for (engine, perform) in both(&setup(grid.clone())) {
            let [particle] = perform(&task)[..] else { panic!("one particle") };
            let miss = grid.distance(position(&grid, &particle), [9250.0, 4875.0]);
            assert!(miss < 1.0, "{name} {engine}: {miss} m");
        }
    }
}

#[test]
fn an_empty_block_is_no_trouble() {
    let (setup, mut task) = busy(1);
    task.particles.clear();
    for (_, perform) in both(&setup) {
        assert_eq!(perform(&Task { block: 1, ..task.clone() }), []);
    }
    let engine = CpuEngine::new(&setup);
    let block = engine.load(&[]).unwrap();
    assert_eq!(blocking::read(&engine, block).unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        rng_seed: RngSeed::Fixed(20_151_116),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn lifetimes_end_in_the_same_step_on_both(
        lives in prop::collection::vec((0_u32..25, 0_u32..30, 0.0..0.5, 0.0..0.5), 100),
    ) {
        let grid = plane();
        let flow = |_: f64, _: f64| [0.5, 0.25];
        let mut particles = release(&grid, &vec![[1000.0, 1000.0]; lives.len()]).unwrap();
        for particle in &mut particles {
            particle.status = Status::Pending.code();
        }
        let mut task =
            Task::new(particles, [sample(&grid, flow), sample(&grid, flow)], steps(20, 100.0));
        let lifetimes: Vec<_> = lives
            .iter()
            .map(|&(first_step, length, delay, curtail)| Lifetime {
                first_step,
                end_step: first_step + length + 1,
                delay,
                curtail,
            })
            .collect();
        task.lifetimes = Some(lifetimes.clone());
        let rounding =
            Arithmetic { cell_m: 1000.0, speed: 0.6, step_s: 100.0, steps: 20 }.accumulated();
        for (name, perform) in both(&setup(grid.clone())) {
            for (particle, life) in perform(&task).iter().zip(&lifetimes) {
                let steps = f64::from(life.end_step.min(20)) - f64::from(life.first_step);
                let (status, steps) = if life.first_step >= 20 {
                    (Status::Pending, 0.0)
                } else if life.end_step > 20 {
                    (Status::Active, steps - life.delay)
                } else {
                    (Status::AgedOut, steps - life.delay - life.curtail)
                };
                prop_assert_eq!(particle.status(), status, "{} {:?}", name, life);
                if status == Status::AgedOut {
                    prop_assert_eq!(particle.finished_step, life.end_step - 1);
                }
                let expected = [1000.0 + 50.0 * steps, 1000.0 + 25.0 * steps];
                let miss = grid.distance(position(&grid, particle), expected);
                prop_assert!(miss <= rounding, "{}: {} m, {:?}", name, miss, life);
            }
        }
    }
}
