//! The stage `collect`: from particles to observations.

use super::blocks::{locate, location};
use super::observe::{Moved, Observed};
use super::{Plan, RunError};
use crate::engine::{Particle, Status};
use crate::grid::{Grid, Mesh};
use crate::time::{Instant, Span};
use crate::trajectory::Observations;

/// What goes to disk.
pub(super) enum Collected {
    /// Observations of one output time.
    Batch(Observations),
    /// An output time is complete.
    EndSlot(Instant),
}

pub(super) fn collect(plan: &Plan, moved: Moved) -> Result<Collected, RunError> {
    match moved {
        Moved::EndSlot { time } => Ok(Collected::EndSlot(time)),
        Moved::Block(observed) => Ok(Collected::Batch(observe(plan, &observed)?)),
    }
}

fn observe(plan: &Plan, observed: &Observed) -> Result<Observations, RunError> {
    let with_depth = plan.has_levels();
    let mut batch = Observations::empty(observed.slot, observed.time, with_depth);
    let mut times: Option<Vec<Instant>> = None;
    let released = std::cell::LazyCell::new(|| {
        plan.releases.block(observed.first_id, observed.crowd.particles.len())
    });
    for (index, (carrier, particle)) in observed.crowd.each().enumerate() {
        // Released at this very moment: it has not taken a step.
        let starts = particle.status() == Status::Pending
            && observed.slot > 0
            && released[index].time == observed.time;
        let status = match particle.status() {
            Status::Pending if starts => Status::Active,
            Status::Pending => continue,
            Status::Active if observed.out_of_time => Status::OutOfTime,
            status => status,
        };
        let mut time = observed.time;
        // An end that came with an earlier output has been observed there; the output at the
        // start is the release itself.
        if particle.status().is_finished() && observed.slot > 0 {
            let since = particle.finished_step.checked_sub(observed.steps.first);
            let Some(&ended) = since.and_then(|since| observed.steps.ends.get(since as usize))
            else {
                continue;
            };
            time = match status {
                // It has not taken that step.
                Status::OutOfTime => match particle.finished_step - observed.steps.first {
                    0 => plan.schedule.outputs.time(u64::from(observed.slot) - 1),
                    since => observed.steps.ends[since as usize - 1],
                },
                Status::AgedOut => age_end(plan, released[index].time),
                Status::ReleasedOnLand if released[index].time == plan.schedule.start => continue,
                Status::ReleasedOnLand => released[index].time,
                _ => ended,
            };
        }
        if time != observed.time && times.is_none() {
            times = Some(vec![observed.time; batch.len()]);
        }
        times.iter_mut().for_each(|times| times.push(time));
        let (carrier, seen) = match starts {
            // Whether it has been on a device, which may round, depends on the memory and its block.
            true => locate(plan, &released[index])?,
            false => (carrier, *particle),
        };
        let [x, y] = position(plan.carriers[carrier].grid(), &seen);
        batch.ids.push(observed.first_id + index as u64);
        batch.x.push(x);
        batch.y.push(y);
        if let Some(depths) = &mut batch.depth {
            depths.push(seen.depth as f32);
        }
        batch.status.push(status);
    }
    batch.times = times;
    Ok(batch)
}

fn age_end(plan: &Plan, release: Instant) -> Instant {
    let age = plan.scenario.physics.max_age.expect("only a maximum age ages particles out");
    let backward = plan.schedule.end < plan.schedule.start;
    release + Span(if backward { -age.0 } else { age.0 })
}

/// Longitude from -180 to 180 and latitude, or x and y.
fn position(grid: &Grid, particle: &Particle) -> [f64; 2] {
    let [x, y] = grid.position(location(particle));
    match grid.mesh() {
        Mesh::Flat => [x, y],
        Mesh::Sphere { .. } if (-180.0..180.0).contains(&x) => [x, y],
        Mesh::Sphere { .. } => [(x + 180.0).rem_euclid(360.0) - 180.0, y],
    }
}
