// Takes each particle of a block through the steps of a window.
// Twin: src/engine/cpu/advance.rs

override LIFETIMES: bool = false;

// How often a particle that asks for another cell waits while others go on, until all that ask are
// served together. A software adapter computes eight particles in lockstep, and what a load costs
// there depends little on how many need it (docs/performance.md). It changes no bit of the result.
override TURNS: u32 = 1u;

// Steps that a dispatch takes at most.
const STEPS: u32 = 512u;

struct Step {
    // Length, negative in a backward run.
    seconds: f32,
    // Where it starts and ends between the earlier snapshot (0) and the later (1).
    fractions: vec2<f32>,
}

// See `engine::Lifetime`; delay and curtailment are parts of the first and the last step.
struct Lifetime {
    first_step: u32,
    end_step: u32,
    delay: f32,
    curtail: f32,
}

struct Dispatch {
    particles: u32,
    // Invocations in a row of the dispatch.
    width: u32,
    // The number within the window of the first step to be taken, and how many are.
    first_step: u32,
    count: u32,
    // The number within the run of the window's first step.
    first_number: u32,
    // The forcings that take over.
    takers: u32,
    @align(16) steps: array<Step, STEPS>,
}

@group(1) @binding(0) var<uniform> dispatch: Dispatch;
@group(1) @binding(1) var<storage, read_write> particles: array<Particle>;
@group(1) @binding(2) var<storage, read> lifetimes: array<Lifetime>;

fn finish(particle: ptr<function, Particle>, status: u32, step: u32) {
    (*particle).status = status;
    (*particle).finished_step = dispatch.first_number + step;
}

// The part of a step for which a particle lives.
fn step_of(number: u32, lifetime: Lifetime) -> Step {
    let step = dispatch.steps[number - dispatch.first_step];
    if !LIFETIMES {
        return step;
    }
    let delay = select(0.0, lifetime.delay, number == lifetime.first_step);
    let curtail = select(0.0, lifetime.curtail, number + 1u == lifetime.end_step);
    let span = step.fractions.y - step.fractions.x;
    return Step(
        step.seconds * (1.0 - delay - curtail),
        vec2(step.fractions.x + span * delay, step.fractions.y - span * curtail),
    );
}

// Takes a particle on within the cell at hand, to the end of the step at most, or of the part of it
// that is tried. Whether the step is done.
// Only where `polar`, the step may have started near a pole.
fn take_turn(
    particle: ptr<function, Particle>,
    progress: ptr<function, Progress>,
    step: Step,
    polar: bool,
) -> bool {
    var start = (*progress).start;
    if !polar {
        start.pole = 0.0;
    }
    pass_stages(progress, start, step.seconds, step.fractions);
    if (*progress).stage < INTEGRATOR {
        return false;
    }
    let t = start.scale * arc(start, (*progress).d).xy;
    let x = shift((*particle).cell.x, (*particle).fraction.x, t.x);
    let y = shift((*particle).cell.y, (*particle).fraction.y, t.y);
    let depth = sunk((*particle).depth, (*progress).d.z);
    var moved = Particle(vec2(x.x, y.x), vec2(x.y, y.y), depth, ACTIVE, 0u);
    let spot = spot_of(moved);
    let end = step.fractions.y;
    let last = moment_of(cell, end);
    if !is_shifted(moved, start.spot.cell) || any(moved.cell != cell.at)
        || is_on_other_level(cell, last, spot.offset, spot.depth) || is_land(cell, end, spot) {
        (*progress).waits = true;
        return false;
    }
    moved.depth = held_in_water(cell, last, spot, moved.depth);
    *particle = moved;
    *progress = begin_step(moved);
    return ends_step();
}

// Brings the cell that a particle asks for. Whether that ended the step.
fn change_cell(
    particle: ptr<function, Particle>,
    progress: ptr<function, Progress>,
    number: u32,
    fractions: vec2<f32>,
) -> bool {
    let start = (*progress).start;
    let metres = arc(start, (*progress).d);
    let ends = (*progress).stage == INTEGRATOR;
    let end = fractions.y;
    var moved = *particle;
    // Of the stage or of the end, so that one place loads the cell.
    var asked: Spot;
    var time: f32;
    if ends {
        moved = settle(moved, metres, start.pole);
        if !CLOSED && !is_inside(moved.cell) {
            finish(particle, LEFT_DOMAIN, number);
            return true;
        }
        asked = spot_of(moved);
        time = end;
    } else {
        asked = walk(start.spot, metres);
        time = time_of((*progress).stage, fractions);
    }
    var held = held_cell(asked.cell);
    cell = load_cell(held, level_of(cell), time, asked);
    if !ends {
        if CLOSED && is_all_land(cell) {
            // Next to a coast rounding may lead beyond: the stage stays in the cell of the start.
            held = start.spot.cell;
            cell = load_cell(held, level_of(cell), time, start.spot);
            asked = Spot(held, start.spot.offset + scale_of(cell.ground) * metres.xy, asked.depth);
        }
        enter_stage(progress, asked, held, metres.xy);
        return false;
    }
    let leaves = CLOSED && !is_inside(moved.cell);
    if leaves {
        // The rim is open where it has water.
        let rim = Spot(held, held_offset(offset_in(held, asked)), asked.depth);
        if !is_next_to_land(cell, end, rim) {
            finish(particle, LEFT_DOMAIN, number);
            return true;
        }
    }
    if leaves || is_land(cell, end, spot_of(moved)) {
        if !CLOSED {
            finish(particle, STRANDED, number);
            return true;
        }
        // Along one axis if that leads to water, else along none.
        let freely = moved;
        for (var axis = 0; axis < 3; axis++) {
            let kept = vec2(axis != 0, axis != 1);
            moved = held_in(*particle, freely, metres.xy, kept);
            cell = load_cell(held_cell(moved.cell), level_of(cell), end, spot_of(moved));
            if axis == 2 || is_inside(moved.cell) && !is_all_land(cell) {
                break;
            }
        }
    }
    let last = moment_of(cell, end);
    if is_below(cell, last, spot_of(moved)) {
        finish(particle, LEFT_DOMAIN, number);
        return true;
    }
    moved.depth = held_in_water(cell, last, spot_of(moved), moved.depth);
    if is_beyond_seam(moved.cell) {
        moved = folded(moved);
        cell = load_cell(moved.cell, level_of(cell), end, spot_of(moved));
    }
    *particle = moved;
    *progress = begin_step(moved);
    return ends_step();
}

// Goes on to the next step where this one is done: in another forcing, if one takes over there.
fn go_on(particle: ptr<function, Particle>, number: ptr<function, u32>, done: bool) {
    if done && (*particle).status == ACTIVE && goes_over((*particle).cell, dispatch.takers) {
        finish(particle, HANDED_OVER, *number);
    }
    *number += u32(done);
}

// Takes a particle through the steps from `number` to before `end`, as long as they start near a pole
// or do not, as said.
fn take_steps(
    particle: ptr<function, Particle>,
    progress: ptr<function, Progress>,
    number: ptr<function, u32>,
    end: u32,
    lifetime: Lifetime,
    polar: bool,
) {
    while *number < end && (*particle).status == ACTIVE && polar == is_polar(*progress) {
        if (*progress).waits {
            let fractions = tried_of(step_of(*number, lifetime)).fractions;
            go_on(particle, number, change_cell(particle, progress, *number, fractions));
        }
        var turn = 0u;
        while turn < TURNS && *number < end && polar == is_polar(*progress) && !(*progress).waits
            && (*particle).status == ACTIVE {
            let step = tried_of(step_of(*number, lifetime));
            go_on(particle, number, take_turn(particle, progress, step, polar));
            turn++;
        }
    }
}

@compute @workgroup_size(64)
fn advance(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.y * dispatch.width + id.x;
    if index >= dispatch.particles {
        return;
    }
    var particle = particles[index];
    var lifetime: Lifetime;
    var begin = dispatch.first_step;
    var end = dispatch.first_step + dispatch.count;
    if LIFETIMES {
        lifetime = lifetimes[index];
        begin = max(begin, lifetime.first_step);
        end = min(end, lifetime.end_step);
    }
    let waits = particle.status == PENDING;
    if begin >= end || !(particle.status == ACTIVE || waits) {
        return;
    }
    let time = step_of(begin, lifetime).fractions.x;
    cell = load_cell(particle.cell, level_near(spot_of(particle)), time, spot_of(particle));
    if waits {
        particle.status = ACTIVE;
        if is_land(cell, time, spot_of(particle)) {
            finish(&particle, RELEASED_ON_LAND, begin);
        }
    }
    var s = begin;
    var progress = begin_step(particle);
    while s < end && particle.status == ACTIVE {
        take_steps(&particle, &progress, &s, end, lifetime, false);
        // Apart from the others, who would wait for what is computed near a pole.
        if POLES {
            take_steps(&particle, &progress, &s, end, lifetime, true);
        }
    }
    if LIFETIMES && particle.status == ACTIVE && s == lifetime.end_step {
        finish(&particle, AGED_OUT, s - 1u);
    }
    particles[index] = particle;
}
