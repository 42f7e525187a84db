//! The analytic suite on both engines, and the verdict on a device held against the reference.
#![expect(clippy::print_stdout, reason = "the test harness shows it where a test fails")]

use std::sync::Arc;

use drogue::engine::cpu::CpuEngine;
use drogue::engine::gpu::{Adapter, GpuEngine};
use drogue::engine::{
    Alteration, Altered, DeviceKind, Done, Engine, EngineError, Integrator, Setup,
};
use drogue::grid::{Field, Grid, Mesh};
use drogue::verify::{CaseResult, analytic_suite};

fn software() -> Adapter {
    Adapter::of_kind(DeviceKind::Software).unwrap_or_else(|error| {
        panic!("these tests need a software adapter, from the package mesa-vulkan-drivers: {error}")
    })
}

fn all_pass(results: &[CaseResult]) {
    for result in results {
        println!("{result}");
    }
    let failed: Vec<_> =
        results.iter().filter(|result| !result.passed).map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_reference_passes_the_analytic_suite() {
    let make = |setup: &Setup| Ok::<_, EngineError>(CpuEngine::new(setup));
    all_pass(&analytic_suite(&make).unwrap());
}

#[test]
fn the_software_adapter_passes_the_analytic_suite() {
    let adapter = software();
    all_pass(&analytic_suite(&|setup: &Setup| GpuEngine::new(&adapter, setup)).unwrap());
}

fn names_of_failed(results: &[CaseResult]) -> Vec<&'static str> {
    results.iter().filter(|result| !result.passed).map(|result| result.name).collect()
}

/// Fields that are changed on some grids.
struct Changed(Option<fn(&mut Field)>);

impl Alteration<CpuEngine> for Changed {
    fn upload(&self, engine: &Arc<CpuEngine>, mut field: Field, done: Done<Field>) {
        if let Some(change) = self.0 {
            change(&mut field);
        }
        engine.upload(field, done);
    }
}

/// The cases that a change of fields on some grids makes fail on the reference.
fn failing(on: fn(&Grid) -> bool, change: fn(&mut Field)) -> Vec<&'static str> {
    let make = |setup: &Setup| {
        let by = Changed(on(&setup.grid).then_some(change));
        Ok::<_, EngineError>(Altered::new(CpuEngine::new(setup), by))
    };
    names_of_failed(&analytic_suite(&make).unwrap())
}

#[test]
fn the_suite_catches_faces_that_are_wrong_by_a_hundred_thousandth() {
    let failed = failing(Grid::has_faces, |field| {
        field.nodes_mut().iter_mut().for_each(|pair| pair[1] *= 1.00001);
    });
    assert_eq!(failed, ["a strain through faces"]);
}

#[test]
fn the_suite_catches_a_wrong_sign_of_the_vertical_velocity() {
    // The second pair of a node is its velocity downward and its depth.
    let failed = failing(
        |grid| grid.levels().is_some(),
        |field| {
            field.nodes_mut().iter_mut().skip(1).step_by(2).for_each(|node| node[0] = -node[0]);
        },
    );
    assert_eq!(failed, ["helix", "shear in depth", "the surface", "the lowest level"]);
}

#[test]
fn the_suite_catches_corners_in_a_wrong_order() {
    let failed = failing(
        |grid| grid.triangles().is_some(),
        |field| field.nodes_mut().chunks_exact_mut(3).for_each(|corners| corners.swap(1, 2)),
    );
    for name in
        ["one flow on triangles", "one flow on the faces of triangles", "solid body on triangles"]
    {
        assert!(failed.contains(&name), "not caught by {name}: {failed:?}");
    }
}

#[test]
fn the_suite_catches_planted_mistakes() {
    let failed = |make: &dyn Fn(&Setup) -> Setup| -> Vec<&'static str> {
        let make = |setup: &Setup| Ok::<_, EngineError>(CpuEngine::new(&make(setup)));
        names_of_failed(&analytic_suite(&make).unwrap())
    };
    let euler = failed(&|setup| Setup { integrator: Integrator::Euler, ..setup.clone() });
    for name in [
        "stationary eddy",
        "peninsula",
        "radial rotation",
        "double gyre",
        "order of the midpoint rule",
        "order of Runge and Kutta's method",
    ] {
        assert!(euler.contains(&name), "Euler's method was not caught by {name}: {euler:?}");
    }
    let wide = failed(&|setup| {
        // Nodes of their own take the radius into the field, which is not the engine's.
        if !setup.grid.has_axes() || setup.grid.levels().is_some() {
            return setup.clone();
        }
        let mesh = match setup.grid.mesh() {
            Mesh::Sphere { radius } => Mesh::Sphere { radius: radius * 1.0001 },
            Mesh::Flat => Mesh::Flat,
        };
        let (x, y) = (setup.grid.x().clone(), setup.grid.y().clone());
        Setup { grid: Grid::new(mesh, x, y).unwrap(), ..setup.clone() }
    });
    assert_eq!(
        wide,
        [
            "zonal flow",
            "meridional flow",
            "slow drift",
            "solid body about the Earth's axis",
            "solid body across the poles",
            "one flow on longitudes and latitudes"
        ],
        "a radius wrong by 10⁻⁴"
    );
}

mod planted {
    //! Runs of a meandering flow for ten days, with mistakes planted in what plays the device.

    use drogue::engine::{Engine, Particle};
    use drogue::grid::{Axis, EARTH_RADIUS};
    use drogue::time::{Instant, Span};
    use drogue::verify::{
        Experiment, Perturbation, Perturbed, Scale, Separations, Sighting, Verdict, release,
        sample, sightings, verdict,
    };

    use super::*;

    const STEP: f64 = 1200.0;
    const DAYS: f64 = 10.0;

    fn grid(radius: f64) -> Grid {
        let axis = |from: f64| Axis::new((0..=80).map(|i| from + f64::from(i) * 0.25).collect());
        Grid::new(Mesh::Sphere { radius }, axis(-50.0).unwrap(), axis(30.0).unwrap()).unwrap()
    }

    /// Waves of about 4° that travel in different directions: particles are stirred.
    fn velocity(x: f64, y: f64, days: f64) -> [f64; 2] {
        let a = 1.7 * x + 0.3 * y - 0.9 * days;
        let b = 1.4 * y - 0.5 * x + 0.7 * days;
        [0.3 * a.sin() + 0.4 * b.cos(), 0.4 * a.cos() - 0.3 * (b + 1.0).sin()]
    }

    /// How a snapshot becomes a field, and when it is said to be valid.
    type Bend = fn(f64, f64, f64) -> [f64; 2];

    fn experiment(grid: &Grid, particles: Vec<Particle>, velocity: Bend) -> Experiment {
        let sampled = grid.clone();
        let field = move |at: Instant| {
            let days = at.0 as f64 / 86_400e6;
            sample(&sampled, |x, y| velocity(x, y, days))
        };
        Experiment {
            particles,
            snapshots: (0..=40).map(|k| Instant(k * 21_600_000_000)).collect(),
            field: Box::new(field),
            step: Span::from_seconds(STEP),
            lifetimes: None,
        }
    }

    fn particles(grid: &Grid) -> Vec<Particle> {
        let places: Vec<_> = (0..1000)
            .map(|i| {
                let i = f64::from(i);
                [-46.0 + 12.0 * (i * 0.618_033_988_75).fract(), 34.0 + 0.012 * i]
            })
            .collect();
        release(grid, &places).unwrap()
    }

    fn run<E: Engine>(engine: &E, grid: &Grid, start: Vec<Particle>, flow: Bend) -> Vec<Sighting> {
        sightings(grid, &experiment(grid, start, flow).run(engine).unwrap())
    }

    fn on_reference(grid: &Grid, start: Vec<Particle>, flow: Bend) -> Vec<Sighting> {
        run(&CpuEngine::new(&setup(grid)), grid, start, flow)
    }

    fn setup(grid: &Grid) -> Setup {
        Setup {
            grid: grid.clone(),
            integrator: Default::default(),
            coast: Default::default(),
            handover: None,
        }
    }

    /// The reference, and how far it is from itself on perturbed data.
    struct Reference {
        grid: Grid,
        end: Vec<Sighting>,
        scale: Scale,
    }

    impl Reference {
        fn new() -> Self {
            let grid = grid(EARTH_RADIUS);
            let start = particles(&grid);
            let end = on_reference(&grid, start.clone(), velocity);
            let perturbed = |by: Perturbation| {
                let engine = Perturbed::new(CpuEngine::new(&setup(&grid)), by);
                let other = run(&engine, &grid, start.clone(), velocity);
                Separations::between(&grid, &end, &other).unwrap()
            };
            let moved = Perturbation::ONE_ULP.particles(&start);
            let (released, moved) = (sightings(&grid, &start), sightings(&grid, &moved));
            let scale = Scale {
                start: Separations::between(&grid, &released, &moved).unwrap(),
                one_ulp: perturbed(Perturbation::ONE_ULP),
                rounding: perturbed(Perturbation::rounding((DAYS * 86_400.0 / STEP) as u64)),
            };
            Self { end, scale, grid }
        }

        fn judge(&self, device: &[Sighting]) -> Verdict {
            let device = Separations::between(&self.grid, &self.end, device).unwrap();
            let verdict = verdict(&device, &self.scale);
            println!("{verdict}\n  device {device}\n  {:?}", verdict.checks);
            verdict
        }
    }

    #[test]
    fn the_software_adapter_computes_what_the_reference_computes() {
        let reference = Reference::new();
        let engine = GpuEngine::new(&software(), &setup(&reference.grid)).unwrap();
        let found = run(&engine, &reference.grid, particles(&reference.grid), velocity);
        let verdict = reference.judge(&found);
        assert!(verdict.passed, "{verdict}");
        assert!(verdict.checks[0].metres > 0.0, "f32 differs from f64 somewhere");
    }

    #[test]
    fn the_verdict_catches_planted_mistakes() {
        let reference = Reference::new();
        let start = || particles(&reference.grid);
        let mistakes: [(&str, Bend); 5] = [
            ("v with the wrong sign", |x, y, t| {
                let [u, v] = velocity(x, y, t);
                [u, -v]
            }),
            ("u and v exchanged", |x, y, t| {
                let [u, v] = velocity(x, y, t);
                [v, u]
            }),
            ("x and y exchanged", |x, y, t| velocity(y - 80.0, x + 80.0, t)),
            ("fields one step late", |x, y, t| velocity(x, y, t - STEP / 86_400.0)),
            ("velocities wrong by 10⁻⁵", |x, y, t| {
                velocity(x, y, t).map(|part| part * 1.00001)
            }),
        ];
        for (mistake, flow) in mistakes {
            let verdict = reference.judge(&on_reference(&reference.grid, start(), flow));
            assert!(!verdict.passed, "{mistake} was not caught: {verdict}");
        }
        let wide = grid(EARTH_RADIUS * 1.00001);
        let verdict = reference.judge(&on_reference(&wide, start(), velocity));
        assert!(!verdict.passed, "a metric wrong by 10⁻⁵ was not caught: {verdict}");
    }

    #[test]
    fn the_verdict_catches_one_particle_and_none_too_few() {
        let reference = Reference::new();
        let same = reference.judge(&reference.end);
        assert!(same.passed, "{same}");
        let mut one = reference.end.clone();
        one[500].y += (10.0 * same.tolerance_m / EARTH_RADIUS).to_degrees();
        let verdict = reference.judge(&one);
        assert!(!verdict.passed && verdict.explanation.contains("max"), "{verdict}");
        let mut one = reference.end.clone();
        one[500].y += (0.5 * same.tolerance_m / EARTH_RADIUS).to_degrees();
        assert!(reference.judge(&one).passed);
        let few = &reference.end[..999];
        assert!(Separations::between(&reference.grid, &reference.end, few).is_err());
    }
}

/// Workload W1's grid, steps and length: 512 × 512 nodes of a twentieth of a degree, six-hourly,
/// five days in steps of ten minutes.
#[test]
fn five_days_on_the_software_adapter_are_within_a_centimetre() {
    use drogue::engine::Engine;
    use drogue::grid::{Axis, EARTH_RADIUS};
    use drogue::time::{Instant, Span};
    use drogue::verify::{Experiment, Separations, Sighting, release, sample, sightings};

    let axis = |from: f64| Axis::new((0..512).map(|i| from + 0.05 * f64::from(i)).collect());
    let mesh = Mesh::Sphere { radius: EARTH_RADIUS };
    let grid = Grid::new(mesh, axis(-60.0).unwrap(), axis(20.0).unwrap()).unwrap();
    let places: Vec<_> = (0..10_000)
        .map(|i| {
            let part = |ratio: f64| 3.0 + 19.0 * (f64::from(i) * ratio).fract();
            [-60.0 + part(0.754_877_666), 20.0 + part(0.569_840_291)]
        })
        .collect();
    let sampled = grid.clone();
    // Travelling eddies of 1° to 3° and half a metre a second.
    let field = move |at: Instant| {
        let days = at.0 as f64 / 86_400e6;
        sample(&sampled, |x, y| {
            let (a, b) = (2.1 * x + 0.4 * y - 0.8 * days, 1.7 * y - 0.3 * x + 0.6 * days);
            let (c, d) = (5.3 * x - 1.1 * y + 1.3 * days, 4.9 * y + 0.7 * x - 0.9 * days);
            [
                0.4 * a.sin() * b.cos() + 0.2 * c.cos() * d.sin(),
                -0.4 * a.cos() * b.sin() + 0.2 * c.sin() * d.cos(),
            ]
        })
    };
    let experiment = Experiment {
        particles: release(&grid, &places).unwrap(),
        snapshots: (0..=20).map(|k| Instant(k * 21_600_000_000)).collect(),
        field: Box::new(field),
        step: Span::from_seconds(600.0),
        lifetimes: None,
    };
    fn end<E: Engine>(experiment: &Experiment, engine: &E, grid: &Grid) -> Vec<Sighting> {
        sightings(grid, &experiment.run(engine).unwrap())
    }
    let setup = Setup {
        grid: grid.clone(),
        integrator: Integrator::Rk4,
        coast: Default::default(),
        handover: None,
    };
    let reference = end(&experiment, &CpuEngine::new(&setup), &grid);
    let device = end(&experiment, &GpuEngine::new(&software(), &setup).unwrap(), &grid);
    let found = Separations::between(&grid, &reference, &device).unwrap();
    println!("{found}");
    assert_eq!(found.differing_status, 0);
    assert!(found.metres.median > 0.0, "f32 differs from f64 somewhere");
    assert!(found.metres.median < 0.01 && found.metres.p99_9 < 0.1, "{found}");
}
