// One time step: Euler, the midpoint rule or the classical Runge–Kutta method. The velocity and
// the metric are evaluated anew at every stage.
// Twin: src/engine/cpu/integrate.rs

// 1: Euler, 2: midpoint, 4: Runge–Kutta
override INTEGRATOR: u32 = 4u;

// The cell of the latest evaluation.
var<private> cell: Cell;
// Whether a confined step has left the cell.
var<private> escaped: bool;

fn enter(at: vec2<i32>) {
    if any(at != cell.at) {
        cell = load_cell(at);
    }
}

// The place from which a step starts.
struct Start {
    spot: Spot,
    // Of the row it is in: 0 away from the poles.
    pole: f32,
    // Distance in metres to that pole.
    distance: f32,
}

// A displacement as metres along the equator and along the meridian, or along x and y.
fn arc(start: Start, d: vec2<f32>) -> vec2<f32> {
    if POLES && start.pole != 0.0 {
        return polar_arc(start.pole, start.distance, d);
    }
    return d;
}

// The rate of change of the displacement `d`, which leads to `offset` in the cell at hand.
fn rate_at(start: Start, d: vec2<f32>, offset: vec2<f32>, fraction: f32) -> vec2<f32> {
    let velocity = interpolate(cell, offset, fraction);
    if !SPHERE {
        return velocity;
    }
    if POLES && start.pole != 0.0 {
        return polar_rate(start.pole, start.distance, d, velocity);
    }
    return vec2(velocity.x / cosine_of_latitude(cell.row, offset.y), velocity.y);
}

// The same for any displacement. A step that is `confined` loads no other cell: it takes note that
// it escaped, and its result is of no use.
fn rate(start: Start, d: vec2<f32>, fraction: f32, confined: bool) -> vec2<f32> {
    let metres = arc(start, d);
    if confined {
        let offset = start.spot.offset + metres * cell_per_metre();
        escaped = escaped || any(offset < vec2(0.0)) || any(offset >= vec2(1.0));
        return rate_at(start, d, offset, fraction);
    }
    let spot = walk(start.spot, metres);
    enter(spot.cell);
    return rate_at(start, d, spot.offset, fraction);
}

// The displacement over `seconds`, while time goes from one fraction of the interval between the
// snapshots to another. The cell of the start is at hand.
fn displacement(start: Start, seconds: f32, fractions: vec2<f32>, confined: bool) -> vec2<f32> {
    let k1 = rate_at(start, vec2(0.0), start.spot.offset, fractions.x);
    if INTEGRATOR == 1u {
        return k1 * seconds;
    }
    let middle = 0.5 * (fractions.x + fractions.y);
    let k2 = rate(start, k1 * (0.5 * seconds), middle, confined);
    if INTEGRATOR == 2u {
        return k2 * seconds;
    }
    let k3 = rate(start, k2 * (0.5 * seconds), middle, confined);
    let k4 = rate(start, k3 * seconds, fractions.y, confined);
    return (k1 + 2.0 * (k2 + k3) + k4) * (seconds / 6.0);
}
