// Takes each particle of a block through the steps of a window.
// Twin: src/engine/cpu/advance.rs

override LIFETIMES: bool = false;

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

fn take_step(particle: ptr<function, Particle>, step: u32, seconds: f32, fractions: vec2<f32>) {
    let spot = spot_of(*particle);
    var start = Start(spot, 0.0, 0.0);
    if POLES {
        let row = rows[spot.cell.y];
        start.pole = row.pole;
        start.distance = pole_distance(row, spot.offset.y);
    }
    let metres = arc(start, displacement(start, seconds, fractions));
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
        finish(particle, LEFT_DOMAIN, step);
        return;
    }
    enter(moved.cell);
    if is_land(cell, spot_of(moved).offset) {
        finish(particle, STRANDED, step);
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
    cell.at = vec2(-1);
    if !LIFETIMES {
        for (var s = dispatch.begin_step; s < dispatch.end_step && particle.status == ACTIVE; s++) {
            let step = steps[s];
            take_step(&particle, s, step.seconds, step.fractions);
        }
    } else {
        let lifetime = lifetimes[index];
        let begin = max(dispatch.begin_step, lifetime.first_step);
        let end = min(dispatch.end_step, lifetime.end_step);
        if begin < end && particle.status == PENDING {
            particle.status = ACTIVE;
            enter(particle.cell);
            if is_land(cell, spot_of(particle).offset) {
                finish(&particle, RELEASED_ON_LAND, begin);
            }
        }
        for (var s = begin; s < end && particle.status == ACTIVE; s++) {
            let step = steps[s];
            let delay = select(0.0, lifetime.delay, s == lifetime.first_step);
            let curtail = select(0.0, lifetime.curtail, s + 1u == lifetime.end_step);
            let span = step.fractions.y - step.fractions.x;
            let fractions = vec2(step.fractions.x + span * delay, step.fractions.y - span * curtail);
            take_step(&particle, s, step.seconds * (1.0 - delay - curtail), fractions);
            if s + 1u == lifetime.end_step && particle.status == ACTIVE {
                finish(&particle, AGED_OUT, s);
            }
        }
    }
    particles[index] = particle;
}
