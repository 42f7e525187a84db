//! What is land, and that nothing moves there.

use drogue::engine::{Lifetime, Particle, Status};
use drogue::grid::MISSING;
use drogue::verify::{position, release, sample};

use super::task::{Task, both, globe, plane, setup, steps};

#[test]
fn a_velocity_missing_from_either_snapshot_is_land() {
    let grid = plane();
    let water = sample(&grid, |_, _| [0.1, 0.0]);
    let hole = sample(&grid, |x, y| {
        if [x, y] == [4000.0, 4000.0] { [f64::from(MISSING); 2] } else { [0.1, 0.0] }
    });
    // East of the node in its own half of the cell, the same but one cell further, and far away.
    let places = [[4100.0, 4100.0], [4600.0, 4100.0], [7000.0, 7000.0]];
    for fields in [[water.clone(), hole.clone()], [hole.clone(), water], [hole.clone(), hole]] {
        let particles = release(&grid, &places).unwrap();
        let mut task = Task::new(particles, fields, steps(4, 100.0));
        for (name, perform) in both(&setup(grid.clone())) {
            task.lifetimes = None;
            let statuses: Vec<_> = perform(&task).iter().map(Particle::status).collect();
            assert_eq!(statuses, [Status::Stranded, Status::Active, Status::Active], "{name}");
            let mut pending = task.clone();
            for particle in &mut pending.particles {
                particle.status = Status::Pending.code();
            }
            for lifetimes in [None, Some(vec![Lifetime::WHOLE; 3])] {
                pending.lifetimes = lifetimes;
                let statuses: Vec<_> = perform(&pending).iter().map(Particle::status).collect();
                assert_eq!(
                    statuses,
                    [Status::ReleasedOnLand, Status::Active, Status::Active],
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn nothing_moves_on_land() {
    let grid = globe();
    let land = sample(&grid, |_, _| [f64::from(MISSING); 2]);
    let places = [[0.0, 0.0], [179.0, 89.0], [-180.0, -90.0], [12.5, 42.5]];
    let particles = release(&grid, &places).unwrap();
    let task = Task::new(particles.clone(), [land.clone(), land], steps(4, 100.0));
    for (name, perform) in both(&setup(grid.clone())) {
        for (particle, place) in perform(&task).iter().zip(places) {
            assert_eq!(
                (particle.status(), particle.finished_step),
                (Status::Stranded, 0),
                "{name}"
            );
            assert!(grid.distance(position(&grid, particle), place) < 1e-2, "{name}");
        }
    }
}
