// One time step: Euler, the midpoint rule, the classical Runge–Kutta method, or one that is divided as
// adaptive.wgsl says. The velocity and the metric are evaluated anew at every stage.
//
// A step stops before a stage that lies in another cell, and goes on from there once that cell is
// at hand: so one place of the kernel loads cells, however many stages a step has.
// Twin: src/engine/cpu/integrate.rs, which loads a cell wherever it needs one.

// The number of stages. 1: Euler, 2: midpoint, 4: Runge–Kutta, 6: Cash–Karp
override INTEGRATOR: u32 = 4u;

// The cell at hand.
var<private> cell: Cell;

// The place from which a step starts.
struct Start {
    spot: Spot,
    scale: Scale,
    // Of the row it is in: 0 away from the poles.
    pole: f32,
    // Distance in metres to that pole.
    distance: f32,
}

// A step as far as it has come.
struct Progress {
    start: Start,
    // The stages that are done.
    stage: u32,
    // Whether the next stage, or the end of the step, asks for another cell.
    waits: bool,
    // Whether the cell at hand was brought for the next stage, and so has its level.
    fits: bool,
    // The displacement that leads there.
    d: vec3<f32>,
    // Offsets in the cell at hand: of that place, and of the start, which may lie outside.
    offset: vec2<f32>,
    origin: vec2<f32>,
    // The weighted sum of the rates.
    sum: vec3<f32>,
}

fn is_polar(progress: Progress) -> bool {
    return POLES && progress.start.pole != 0.0;
}

// A displacement as metres along the equator and along the meridian, or along x and y; and downward.
fn arc(start: Start, d: vec3<f32>) -> vec3<f32> {
    if POLES && start.pole != 0.0 {
        return vec3(polar_arc(start.pole, start.distance, d.xy), d.z);
    }
    return d;
}

// The rate of change of the displacement `d`, which leads to `offset` in the cell at hand.
fn rate_at(start: Start, d: vec3<f32>, offset: vec2<f32>, moment: Moment) -> vec3<f32> {
    let velocity = velocity_in(moment, offset, start.spot.depth + d.z);
    if POLES && start.pole != 0.0 {
        return vec3(polar_rate(start.pole, start.distance, d.xy, velocity.xy), velocity.z);
    }
    return vec3(rate_on(cell.ground, offset, velocity.xy), velocity.z);
}

// The beginning of a step from a place in the cell at hand.
fn begin_step(particle: Particle) -> Progress {
    let spot = spot_of(particle);
    var start = Start(spot, scale_of(cell.ground), 0.0, 0.0);
    if POLES && pole_near(cell.ground) != 0.0 {
        start.pole = pole_near(cell.ground);
        start.distance = pole_distance(cell.ground, spot.offset);
    }
    return Progress(start, 0u, false, false, vec3(0.0), spot.offset, spot.offset, vec3(0.0));
}

// Whether a step has come to the stage after `stage`, and the cell at hand is the one that it lies in.
fn can_pass(
    progress: ptr<function, Progress>,
    start: Start,
    stage: u32,
    moment: Moment,
) -> bool {
    if (*progress).stage != stage || (*progress).waits {
        return false;
    }
    let depth = start.spot.depth + (*progress).d.z;
    if !(*progress).fits && is_on_other_level(cell, moment, (*progress).offset, depth) {
        (*progress).waits = true;
        return false;
    }
    return true;
}

// Goes on to the next stage, which the displacement `d` leads to.
fn lead(progress: ptr<function, Progress>, start: Start, d: vec3<f32>) {
    (*progress).d = d;
    let offset = (*progress).origin + scale_of(cell.ground) * arc(start, d).xy;
    (*progress).offset = offset;
    (*progress).waits = is_beyond(offset);
}

// Takes a step through the stage after `stage`, if it has come that far. The next place is the rate
// times `reach` away, and at the end the sum times `reach`.
fn pass_stage(
    progress: ptr<function, Progress>,
    start: Start,
    stage: u32,
    moment: Moment,
    weight: f32,
    reach: f32,
) {
    if !can_pass(progress, start, stage, moment) {
        return;
    }
    let k = rate_at(start, (*progress).d, (*progress).offset, moment);
    (*progress).sum += weight * k;
    (*progress).stage = stage + 1u;
    (*progress).fits = false;
    if stage + 1u == INTEGRATOR {
        (*progress).d = (*progress).sum * reach;
        return;
    }
    lead(progress, start, k * reach);
}

// The same for a part of a step, which is tried in halves where its error is too large.
fn pass_stage_of_part(
    progress: ptr<function, Progress>,
    start: Start,
    stage: u32,
    seconds: f32,
    fractions: vec2<f32>,
) {
    let moment = moment_of(cell, time_of(stage, fractions));
    if !can_pass(progress, start, stage, moment) {
        return;
    }
    rates[stage] = rate_at(start, (*progress).d, (*progress).offset, moment);
    (*progress).stage = stage + 1u;
    (*progress).fits = false;
    if stage + 1u < 6u {
        lead(progress, start, seconds * rate_to(stage + 1u));
        return;
    }
    (*progress).d = seconds * rate_to(6u);
    if is_too_long(seconds) {
        // The rate at the start is known already.
        (*progress).stage = 1u;
        (*progress).d = 0.5 * seconds * rate_to(1u);
        (*progress).waits = true;
    }
}

// Takes a step of `seconds` through its stages, as far as the cell at hand reaches, while time goes
// from one fraction of the interval between the snapshots to another.
fn pass_stages(
    progress: ptr<function, Progress>,
    start: Start,
    seconds: f32,
    fractions: vec2<f32>,
) {
    if INTEGRATOR == 6u {
        pass_stage_of_part(progress, start, 0u, seconds, fractions);
        pass_stage_of_part(progress, start, 1u, seconds, fractions);
        pass_stage_of_part(progress, start, 2u, seconds, fractions);
        pass_stage_of_part(progress, start, 3u, seconds, fractions);
        pass_stage_of_part(progress, start, 4u, seconds, fractions);
        pass_stage_of_part(progress, start, 5u, seconds, fractions);
        return;
    }
    let first = moment_of(cell, fractions.x);
    let middle = moment_of(cell, 0.5 * (fractions.x + fractions.y));
    let last = moment_of(cell, fractions.y);
    if INTEGRATOR == 1u {
        pass_stage(progress, start, 0u, first, 1.0, seconds);
    } else if INTEGRATOR == 2u {
        pass_stage(progress, start, 0u, first, 0.0, 0.5 * seconds);
        pass_stage(progress, start, 1u, middle, 1.0, seconds);
    } else {
        pass_stage(progress, start, 0u, first, 1.0, 0.5 * seconds);
        pass_stage(progress, start, 1u, middle, 2.0, 0.5 * seconds);
        pass_stage(progress, start, 2u, middle, 2.0, seconds);
        pass_stage(progress, start, 3u, last, 1.0, seconds * (1.0 / 6.0));
    }
}

// When a stage is, between two fractions of the interval between the snapshots.
fn time_of(stage: u32, fractions: vec2<f32>) -> f32 {
    if INTEGRATOR == 6u {
        return fractions.x + progress_of(stage) * (fractions.y - fractions.x);
    }
    let middle = select(0.5 * (fractions.x + fractions.y), fractions.x, stage == 0u);
    return select(middle, fractions.y, stage > 2u);
}

// Brings the cell in which the next stage lies. Beyond the edge of the grid, velocities are those
// of the edge.
fn enter_stage(progress: ptr<function, Progress>, spot: Spot, held: vec2<i32>, metres: vec2<f32>) {
    let offset = offset_in(held, spot);
    (*progress).origin = offset - scale_of(cell.ground) * metres;
    (*progress).offset = held_offset(offset);
    (*progress).waits = false;
    (*progress).fits = true;
}
