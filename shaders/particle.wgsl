// A particle: an integer cell and an integer fraction of it; its depth likewise.
// Twin: src/engine/cpu/particle.rs, where fraction and depth are f64.

// Fractions count 2⁻³⁰ of a cell: integers are exact on every device, floats are not.
const WHOLE: i32 = 1 << 30;
const PER_WHOLE: f32 = 1.0 / 1073741824.0;

const PENDING: u32 = 0u;
const ACTIVE: u32 = 1u;
const STRANDED: u32 = 2u;
const LEFT_DOMAIN: u32 = 3u;
const AGED_OUT: u32 = 5u;
const RELEASED_ON_LAND: u32 = 6u;
const HANDED_OVER: u32 = 7u;

struct Particle {
    cell: vec2<i32>,
    fraction: vec2<i32>,
    // Whole metres and a fraction of one, positive down.
    depth: vec2<i32>,
    status: u32,
    finished_step: u32,
}

// A cell and a fraction of it, moved by `t` cell widths with the exactness of integers. Valid for
// as long as cells are even, or where the move stays within the cell; metres of depth are.
fn shift(cell: i32, fraction: i32, t: f32) -> vec2<i32> {
    let whole = round(t);
    let sum = fraction + i32(round((t - whole) * f32(WHOLE)));
    return vec2(cell + i32(whole) + (sum >> 30u), sum & (WHOLE - 1));
}

// A place in the grid as the interpolation needs it: a cell, an offset in [0, 1], and a depth in metres.
struct Spot {
    cell: vec2<i32>,
    offset: vec2<f32>,
    depth: f32,
}

fn spot_of(particle: Particle) -> Spot {
    return Spot(
        particle.cell,
        vec2<f32>(particle.fraction) * PER_WHOLE,
        f32(particle.depth.x) + f32(particle.depth.y) * PER_WHOLE,
    );
}
