// Takes each particle of a block through the steps of a window.
// Twin: src/engine/cpu/advance.rs

override LIFETIMES: bool = false;

// Whether steps that stay in their cell are taken in a loop of their own, without a load. A software
// adapter computes eight particles in lockstep and carries out every load of a step for them,
// needed or not: there the plain form takes 1.2 times as long (docs/performance.md). Where many more go
// in lockstep, they would wait for each other. It changes no bit of the result.
override CONFINED: bool = false;

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
    // The steps of the window to be taken: the first, and one past the last.
    begin_step: u32,
    end_step: u32,
    // The number within the run of the window's first step.
    first_number: u32,
}

@group(0) @binding(5) var<storage, read> steps: array<Step>;
@group(1) @binding(0) var<uniform> dispatch: Dispatch;
@group(1) @binding(1) var<storage, read_write> particles: array<Particle>;
@group(1) @binding(2) var<storage, read> lifetimes: array<Lifetime>;

fn finish(particle: ptr<function, Particle>, status: u32, step: u32) {
    (*particle).status = status;
    (*particle).finished_step = dispatch.first_number + step;
}

// The part of a step for which a particle lives.
fn step_of(number: u32, lifetime: Lifetime) -> Step {
    let step = steps[number];
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

// Where a step starts. The cell of that place must be at hand.
fn start_of(particle: Particle, polar: bool) -> Start {
    let spot = spot_of(particle);
    if polar {
        return Start(spot, cell.row.pole, pole_distance(cell.row, spot.offset.y));
    }
    return Start(spot, 0.0, 0.0);
}

// Takes a particle through a step if it stays in the cell, which is at hand, and if that is
// `polar` or not as said.
fn take_confined_step(particle: ptr<function, Particle>, step: Step, polar: bool) -> bool {
    if POLES && polar != (cell.row.pole != 0.0) {
        return false;
    }
    let start = start_of(*particle, polar);
    escaped = false;
    let t = arc(start, displacement(start, step.seconds, step.fractions, true)) * cell_per_metre();
    let x = shift((*particle).cell.x, (*particle).fraction.x, t.x);
    let y = shift((*particle).cell.y, (*particle).fraction.y, t.y);
    let moved = Particle(vec2(x.x, y.x), vec2(x.y, y.y), ACTIVE, 0u);
    if escaped || any(moved.cell != cell.at) || is_land(cell, spot_of(moved).offset) {
        return false;
    }
    *particle = moved;
    return true;
}

// Takes a particle through a step. Its cell is at hand before and after.
fn take_step(particle: ptr<function, Particle>, number: u32, step: Step) {
    let start = start_of(*particle, POLES);
    let metres = arc(start, displacement(start, step.seconds, step.fractions, false));
    let x = settle_x(*particle, metres.x);
    var y = settle_y(*particle, metres.y);
    if POLES && start.pole != 0.0 {
        // Rounding may put a particle at a pole beyond it.
        if y.x >= grid.cells.y {
            y = vec2(grid.cells.y - 1, WHOLE - 1);
        }
        if y.x < 0 {
            y = vec2(0, 0);
        }
    }
    let moved = Particle(vec2(x.x, y.x), vec2(x.y, y.y), ACTIVE, 0u);
    if !is_inside(moved.cell) {
        finish(particle, LEFT_DOMAIN, number);
        return;
    }
    enter(moved.cell);
    if is_land(cell, spot_of(moved).offset) {
        finish(particle, STRANDED, number);
        return;
    }
    *particle = moved;
}

@compute @workgroup_size(64)
fn advance(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.y * dispatch.width + id.x;
    if index >= dispatch.particles {
        return;
    }
    var particle = particles[index];
    var lifetime: Lifetime;
    var begin = dispatch.begin_step;
    var end = dispatch.end_step;
    if LIFETIMES {
        lifetime = lifetimes[index];
        begin = max(begin, lifetime.first_step);
        end = min(end, lifetime.end_step);
    }
    let waits = LIFETIMES && particle.status == PENDING;
    if begin >= end || !(particle.status == ACTIVE || waits) {
        return;
    }
    cell = load_cell(particle.cell);
    if waits {
        particle.status = ACTIVE;
        if is_land(cell, spot_of(particle).offset) {
            finish(&particle, RELEASED_ON_LAND, begin);
        }
    }
    var s = begin;
    while s < end && particle.status == ACTIVE {
        if CONFINED {
            while s < end && take_confined_step(&particle, step_of(s, lifetime), false) {
                s++;
            }
            // Apart from the others, who would wait for what is computed near a pole.
            while POLES && s < end && take_confined_step(&particle, step_of(s, lifetime), true) {
                s++;
            }
        }
        if s < end {
            take_step(&particle, s, step_of(s, lifetime));
            s++;
        }
    }
    if LIFETIMES && particle.status == ACTIVE && s == lifetime.end_step {
        finish(&particle, AGED_OUT, s - 1u);
    }
    particles[index] = particle;
}
