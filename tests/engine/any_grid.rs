//! The device against the reference on grids drawn at random.

use drogue::engine::cpu::CpuEngine;
use drogue::engine::{Integrator, Particle, Setup};
use drogue::grid::{Axis, EARTH_RADIUS, Field, Grid, MISSING, Mesh};
use drogue::verify::{
    Perturbation, Perturbed, Scale, Separations, release, sample, sightings, verdict,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::places::linear_on_sphere;
use super::task::{Task, device, even, perform, reference, steps};

/// A small grid of any kind, with velocities of up to 1.5 m/s.
#[derive(Clone, Debug)]
struct Water {
    grid: Grid,
    fields: [Field; 2],
}

fn axis(from: f64, widths: &[f64]) -> Axis {
    let mut nodes = vec![from];
    for width in widths {
        nodes.push(nodes[nodes.len() - 1] + width);
    }
    Axis::new(nodes).unwrap()
}

/// Part of a plane or a sphere, with random velocities and some land.
fn regional() -> impl Strategy<Value = Water> {
    let nodes = 9;
    let widths = || prop::collection::vec(prop_oneof![Just(1.0), 0.5..2.0], nodes - 1);
    let node = || {
        prop_oneof![
            9 => [-1.0..1.0_f32, -1.0..1.0_f32],
            1 => Just([MISSING; 2]),
        ]
    };
    let velocities = prop::collection::vec([node(), node()], nodes * nodes);
    (any::<[bool; 2]>(), [widths(), widths()], velocities).prop_map(
        move |([flat, even], [x, y], velocities)| {
            let scale = if flat { 1e5 } else { 1.0 };
            let scaled = |widths: Vec<f64>| -> Vec<f64> {
                widths.iter().map(|width| scale * if even { 1.0 } else { *width }).collect()
            };
            let mesh = if flat { Mesh::Flat } else { Mesh::Sphere { radius: EARTH_RADIUS } };
            let grid =
                Grid::new(mesh, axis(-3.0 * scale, &scaled(x)), axis(50.0 * scale, &scaled(y)))
                    .unwrap();
            let fields = [0, 1].map(|snapshot| {
                let (u, v): (Vec<f32>, Vec<f32>) =
                    velocities.iter().map(|pair| (pair[snapshot][0], pair[snapshot][1])).unzip();
                Field::new(&grid, &u, &v)
            });
            Water { grid, fields }
        },
    )
}

/// The whole sphere, with data up to the poles or short of them.
fn global() -> impl Strategy<Value = Water> {
    let number = || -0.4..0.4;
    let matrix = || prop::array::uniform3(prop::array::uniform3(number()));
    let constant = || prop::array::uniform3(number());
    (any::<[bool; 2]>(), [matrix(), matrix()], [constant(), constant()]).prop_map(
        |([to_pole, even_x], [m0, m1], [c0, c1])| {
            let reach = if to_pole { 90.0 } else { 87.5 };
            let cells = if to_pole { 36 } else { 35 };
            let x = if even_x {
                even(-180.0, 175.0, 71)
            } else {
                Axis::new((0..72).map(|i| f64::from(i * 5 + i % 2)).collect()).unwrap()
            };
            let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
            let grid = Grid::new(mesh, x, even(-reach, reach, cells)).unwrap();
            let fields =
                [sample(&grid, linear_on_sphere(m0, c0)), sample(&grid, linear_on_sphere(m1, c1))];
            Water { grid, fields }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        rng_seed: RngSeed::Fixed(20_151_116),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn device_and_reference_agree_on_any_grid(
        water in prop_oneof![2 => regional(), 1 => global()],
        parts in prop::collection::vec([0.0..1.0, 0.0..1.0], 300),
        integrator in prop_oneof![
            Just(Integrator::Euler),
            Just(Integrator::Rk2),
            Just(Integrator::Rk4),
            Just(Integrator::Rk45 { tolerance: 0.01 }),
        ],
    ) {
        let Water { grid, fields } = water;
        let setup = Setup { grid: grid.clone(), integrator, coast: Default::default(), handover: None };
        let [west, south, east, north] = grid.bounds();
        let places: Vec<_> = parts
            .iter()
            .map(|part| [west + part[0] * (east - west), south + part[1] * (north - south)])
            .collect();
        let task = Task::new(release(&grid, &places).unwrap(), fields, steps(48, 1800.0));
        let exact = reference(&setup)(&task);
        let found = device(&setup)(&task);
        for particle in found.iter().chain(&exact) {
            prop_assert!(particle.offset.iter().all(|offset| (0.0..=1.0).contains(offset)));
            prop_assert!((0..grid.columns() as i32 - 1).contains(&particle.cell[0]));
            prop_assert!((0..grid.rows() as i32 - 1).contains(&particle.cell[1]));
        }
        let apart = |a: &[Particle], b: &[Particle]| {
            Separations::between(&grid, &sightings(&grid, a), &sightings(&grid, b)).unwrap()
        };
        let perturbed = |by: Perturbation| {
            let engine = Perturbed::new(CpuEngine::new(&setup), by);
            apart(&exact, &perform(&engine, &task))
        };
        let scale = Scale {
            start: apart(&task.particles, &Perturbation::ONE_ULP.particles(&task.particles)),
            one_ulp: perturbed(Perturbation::ONE_ULP),
            rounding: perturbed(Perturbation::rounding(48)),
        };
        let device = apart(&exact, &found);
        let verdict = verdict(&device, &scale);
        prop_assert!(verdict.passed, "{verdict}\n{device}\n{:?}", verdict.checks);
    }
}
