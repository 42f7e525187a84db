// Where a displacement leads: from triangle to triangle over a plane. In place of axes.wgsl,
// metric.wgsl and polar.wgsl.
// Twin: src/engine/cpu/triangles.rs

// The side of a triangle across from one of its corners.
struct Side {
    // Four times the triangle beyond it, plus which of that one's corners lies across from it;
    // negative where there is none.
    next: i32,
    // How much of the two corners after that one is in the place of the corner from which the side is
    // left; where nothing lies beyond, of the side's own two in the place on it that is nearest to that
    // corner.
    share_after: f32,
    share_last: f32,
}

// Across from each corner.
@group(0) @binding(1) var<storage, read> sides: array<Side>;
// How much of a triangle a metre fills, along x and along y.
@group(0) @binding(2) var<storage, read> scales: array<mat2x2<f32>>;

// How much of the corners there is in a place, less than nothing of those that it lies away from.
fn weights_of(offset: vec2<f32>) -> vec3<f32> {
    return vec3(1.0 - offset.x - offset.y, offset);
}

// The same of a place in the triangle, which rounding may put outside.
fn weights_within(offset: vec2<f32>) -> vec3<f32> {
    return max(weights_of(offset), vec3(0.0));
}

fn part_of(weights: vec3<f32>, corner: i32) -> f32 {
    return select(select(weights.z, weights.y, corner == 1), weights.x, corner == 0);
}

// The same place in the triangle beyond the side across from a corner.
fn beyond(side: Side, weights: vec3<f32>, corner: i32) -> vec3<f32> {
    let left = part_of(weights, corner);
    // Each triangle has its corners in the same order around it, so that those of a side change places.
    let after = part_of(weights, (corner + 2) % 3) + left * side.share_after;
    let last = part_of(weights, (corner + 1) % 3) + left * side.share_last;
    let far = left * (1.0 - side.share_after - side.share_last);
    let corners = vec3(far, after, last);
    let across = side.next & 3;
    if across == 1 {
        return corners.zxy;
    }
    return select(corners.yzx, corners, across == 0);
}

// The part of the way from one place to another at which it leaves what has some of a corner: 2 where it
// does not. Where rounding has it lie outside all the way, it leaves at once.
fn leaves(begin: vec3<f32>, end: vec3<f32>) -> vec3<f32> {
    let inside = max(begin, vec3(0.0));
    return select(vec3(2.0), inside / (inside - end), end < vec3(0.0));
}

// A place beyond the side across from a corner, which is a wall: on it, or thrown back from it as far.
fn kept_from(side: Side, weights: vec3<f32>, corner: i32) -> vec3<f32> {
    let beyond_it = part_of(weights, corner);
    let times = select(1.0, 2.0, BOUNCE);
    let own = beyond_it - times * beyond_it;
    let after = part_of(weights, (corner + 1) % 3) + times * beyond_it * side.share_after;
    let last = part_of(weights, (corner + 2) % 3) + times * beyond_it * side.share_last;
    if corner == 1 {
        return vec3(last, own, after);
    }
    return select(vec3(after, last, own), vec3(own, after, last), corner == 0);
}

// Walls that a way meets at most: in a narrow corner there is no end of them.
const WALLS: u32 = 16u;

// The spot a displacement away, straight on: outside of the mesh the complement of its last triangle,
// unless its rim is `walled`.
fn go(from_spot: Spot, metres: vec3<f32>, walled: bool) -> Spot {
    var at = from_spot.cell.x;
    var begin = weights_within(from_spot.offset);
    let way = scales[at] * metres.xy;
    var end = begin + vec3(-way.x - way.y, way);
    var walls = 0u;
    // A straight way crosses a triangle once, and from each wall another leads on.
    let most = arrayLength(&scales);
    for (var crossed = 0u; crossed < (walls + 1u) * most && any(end < vec3(0.0)); crossed++) {
        let part = leaves(begin, end);
        let first = min(part.x, min(part.y, part.z));
        let corner = select(select(2, 1, part.y == first), 0, part.x == first);
        let side = sides[3 * at + corner];
        if side.next < 0 && walled && walls < WALLS {
            begin += first * (end - begin);
            end = kept_from(side, end, corner);
            walls++;
            continue;
        }
        if side.next < 0 {
            at = select(~at, at, walled);
            break;
        }
        begin = beyond(side, begin, corner);
        end = beyond(side, end, corner);
        at = side.next >> 2u;
    }
    return Spot(vec2(at, 0), end.yz, from_spot.depth + metres.z);
}

fn walk(from_spot: Spot, metres: vec3<f32>) -> Spot {
    return go(from_spot, metres, false);
}

fn is_inside(cell: vec2<i32>) -> bool {
    return cell.x >= 0;
}

// The last triangle before a place outside of the mesh.
fn held_cell(cell: vec2<i32>) -> vec2<i32> {
    return vec2(max(cell.x, ~cell.x), 0);
}

fn offset_in(held: vec2<i32>, spot: Spot) -> vec2<f32> {
    return spot.offset;
}

// The offset next to one outside of a triangle.
fn held_offset(offset: vec2<f32>) -> vec2<f32> {
    let weights = weights_within(offset);
    return weights.yz / (weights.x + weights.y + weights.z);
}

fn is_beyond(offset: vec2<f32>) -> bool {
    return any(weights_of(offset) < vec3(0.0));
}

// Whether a particle that was shifted from a triangle is still in it.
fn is_shifted(particle: Particle, cell: vec2<i32>) -> bool {
    return all(particle.cell == cell) && particle.fraction.x + particle.fraction.y < WHOLE;
}

// The corner of which there is most in a place.
fn nearest_corner(offset: vec2<f32>) -> u32 {
    let weights = weights_of(offset);
    if weights.x >= weights.y && weights.x >= weights.z {
        return 0u;
    }
    return select(2u, 1u, weights.y >= weights.z);
}

// Where a particle is that was moved from a place by `metres`; it may be outside of the mesh.
fn settle(particle: Particle, metres: vec3<f32>, pole: f32) -> Particle {
    let depth = sunk(particle.depth, metres.z);
    let t = scales[particle.cell.x] * metres.xy;
    let x = shift(particle.cell.x, particle.fraction.x, t.x);
    let y = shift(particle.cell.y, particle.fraction.y, t.y);
    let shifted = Particle(vec2(x.x, y.x), vec2(x.y, y.y), depth, ACTIVE, 0u);
    if is_shifted(shifted, particle.cell) {
        return shifted;
    }
    let spot = go(spot_of(particle), metres, CLOSED);
    let offset = held_offset(spot.offset);
    let first = min(i32(round(offset.x * f32(WHOLE))), WHOLE - 1);
    let second = min(i32(round(offset.y * f32(WHOLE))), WHOLE - 1 - first);
    return Particle(spot.cell, vec2(first, second), depth, ACTIVE, 0u);
}

// A particle that moved onto land, which is a dry face: it waits where it was.
fn held_in(before: Particle, moved: Particle, metres: vec2<f32>, kept: vec2<bool>) -> Particle {
    return before;
}

// What a run has beneath a cell.
struct Ground {
    scale: mat2x2<f32>,
}

fn ground_of(cell: vec2<i32>) -> Ground {
    return Ground(scales[cell.x]);
}

// Times a displacement it is one of offsets.
alias Scale = mat2x2<f32>;

fn scale_of(ground: Ground) -> Scale {
    return ground.scale;
}

// A plane is as wide everywhere, and has no poles.
fn rate_on(ground: Ground, offset: vec2<f32>, velocity: vec2<f32>) -> vec2<f32> {
    return velocity;
}

// A mesh has no seam.
fn is_beyond_seam(cell: vec2<i32>) -> bool {
    return false;
}

fn folded(particle: Particle) -> Particle {
    return particle;
}

const POLES: bool = false;

fn pole_near(ground: Ground) -> f32 {
    return 0.0;
}

fn pole_distance(ground: Ground, offset: vec2<f32>) -> f32 {
    return 0.0;
}

fn polar_arc(pole: f32, start: f32, d: vec2<f32>) -> vec2<f32> {
    return d;
}

fn polar_rate(pole: f32, start: f32, d: vec2<f32>, velocity: vec2<f32>) -> vec2<f32> {
    return velocity;
}
