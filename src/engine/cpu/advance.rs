//! Takes a particle through the steps of a window. Twin: `shaders/advance.wgsl`

use super::adaptive::{ENDING, Part, combined};
use super::analytic::Behind;
use super::coast::{ending, held_back, is_land};
use super::ground::Ground;
use super::handover::goes_over;
use super::integrate::{Flow, Start, scaled};
use super::particle::spot_of;
use super::velocity::Cell;
use crate::engine::{HANDED_OVER, Integrator, Leg, Lifetime, Particle, Status};

/// A step as the integrators need it.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// Length, negative in a backward run.
    pub seconds: f64,
    /// Where it starts and ends between the earlier snapshot (0) and the later (1).
    pub fractions: [f64; 2],
}

/// The steps of a window.
pub(super) struct Steps {
    steps: Vec<Step>,
    first_number: u32,
    /// The forcings that take over.
    takers: u32,
}

impl Steps {
    pub fn new(leg: &Leg) -> Self {
        let window = &leg.window;
        let steps = window.steps.iter().map(|step| Step {
            seconds: step.span.seconds(),
            fractions: [window.fraction(step.from), window.fraction(step.from + step.span)],
        });
        Self { steps: steps.collect(), first_number: window.first_step, takers: leg.takers }
    }

    fn finish(&self, particle: &mut Particle, status: Status, step: usize) {
        self.end_part(particle, status.code(), step);
    }

    fn end_part(&self, particle: &mut Particle, status: u32, step: usize) {
        particle.status = status;
        particle.finished_step = self.first_number + step as u32;
    }

    /// Takes a particle through a step, in parts where its error asks for that.
    fn take_step(
        &self,
        flow: &mut Flow<impl Cell, impl Ground>,
        particle: &mut Particle,
        number: usize,
        step: Step,
    ) {
        if flow.physics.integrator == Integrator::Analytic {
            return self.take_ways(flow, particle, number, step);
        }
        let Some(tolerance) = &flow.physics.tolerance else {
            let start = Self::begin(flow, particle, step);
            let d = flow.displacement(&start, step.seconds, step.fractions);
            return self.end(flow, particle, number, step, &start, d);
        };
        let mut part = Part::WHOLE;
        while particle.status == Status::Active.code() {
            let tried = part.tried_of(step);
            let start = Self::begin(flow, particle, tried);
            let rates = flow.rates(&start, tried.seconds, tried.fractions);
            let error = tolerance.error(&rates, tried.seconds);
            if part.is_too_long(error) {
                continue;
            }
            let d = scaled(combined(&rates, &ENDING), tried.seconds);
            self.end(flow, particle, number, tried, &start, d);
            if part.ends_step(error) {
                return;
            }
        }
    }

    /// Takes a particle through a step from cell to cell.
    #[inline(never)]
    fn take_ways(
        &self,
        flow: &mut Flow<impl Cell, impl Ground>,
        particle: &mut Particle,
        number: usize,
        step: Step,
    ) {
        let middle = 0.5 * (step.fractions[0] + step.fractions[1]);
        let mut behind = Behind::NOTHING;
        while particle.status == Status::Active.code() && !behind.ended {
            let start = Self::begin(flow, particle, step);
            let d = behind.way(flow.cell.through(middle), spot_of(particle), step.seconds);
            self.end(flow, particle, number, step, &start, d);
        }
    }

    fn begin(flow: &mut Flow<impl Cell, impl Ground>, particle: &Particle, step: Step) -> Start {
        let spot = spot_of(particle);
        // Levels may lie elsewhere than at the end of the step before.
        flow.enter(spot, step.fractions[0]);
        flow.start(spot)
    }

    /// Moves a particle by the displacement `d`, as far as it may go. Its cell is at hand after it.
    fn end(
        &self,
        flow: &mut Flow<impl Cell, impl Ground>,
        particle: &mut Particle,
        number: usize,
        step: Step,
        start: &Start,
        d: [f64; 3],
    ) {
        let (spot, [_, end]) = (spot_of(particle), step.fractions);
        let metres = flow.arc(start, d);
        let axes = &flow.physics.axes;
        let mut moved = flow.ground.settle(spot, metres);
        if start.pole != 0.0 {
            moved = axes.hold_at_pole(moved);
        }
        if let Some(ended) = ending(flow, end, moved) {
            let Some(held) = held_back(flow, end, spot, moved, metres) else {
                return self.finish(particle, ended, number);
            };
            moved = held;
        }
        if flow.cell.is_below(axes, moved, end) {
            return self.finish(particle, Status::LeftDomain, number);
        }
        particle.depth = flow.cell.held_in_water(axes, moved, end);
        let moved = flow.ground.folded(moved);
        particle.cell = moved.cell;
        particle.offset = moved.offset;
    }

    /// The part of a step for which a particle lives.
    fn step_of(&self, number: usize, lifetime: Option<&Lifetime>) -> Step {
        let step = self.steps[number];
        let Some(lifetime) = lifetime else { return step };
        let delay = if number == lifetime.first_step as usize { lifetime.delay } else { 0.0 };
        let curtail = if number + 1 == lifetime.end_step as usize { lifetime.curtail } else { 0.0 };
        let span = step.fractions[1] - step.fractions[0];
        Step {
            seconds: step.seconds * (1.0 - delay - curtail),
            fractions: [step.fractions[0] + span * delay, step.fractions[1] - span * curtail],
        }
    }

    pub fn advance(
        &self,
        flow: &mut Flow<impl Cell, impl Ground>,
        particle: &mut Particle,
        lifetime: Option<&Lifetime>,
    ) {
        let active = Status::Active.code();
        let begin = lifetime.map_or(0, |lifetime| lifetime.first_step as usize);
        let last = lifetime.map(|lifetime| lifetime.end_step as usize);
        let end = last.unwrap_or(usize::MAX).min(self.steps.len());
        let waits = particle.status == Status::Pending.code();
        if begin >= end || !(particle.status == active || waits) {
            return;
        }
        if waits {
            particle.status = active;
            let (spot, [released, _]) =
                (spot_of(particle), self.step_of(begin, lifetime).fractions);
            flow.enter(spot, released);
            if is_land(flow, released, spot) {
                self.finish(particle, Status::ReleasedOnLand, begin);
            }
        }
        for number in begin..end {
            if particle.status != active {
                return;
            }
            self.take_step(flow, particle, number, self.step_of(number, lifetime));
            if particle.status == active
                && goes_over(flow.physics.handover.as_ref(), self.takers, particle.cell)
            {
                self.end_part(particle, HANDED_OVER, number);
            }
        }
        if particle.status == active && last == Some(end) {
            self.finish(particle, Status::AgedOut, end - 1);
        }
    }
}
