// The velocity at a place and time where fields have one level: bilinear in space, linear in time, and
// nothing moves up or down. Cells are loaded as the fields of the run lie: by nodes.wgsl, by
// faces.wgsl or by corners.wgsl. levels.wgsl has the same for fields of many levels.
// Twin: src/engine/cpu/velocity.rs

// What a node without a velocity holds; see `grid::MISSING`.
const MISSING: f32 = 9.96921e36;

// Pairs of numbers at the earlier and the later snapshot; see `grid::Field`.
@group(0) @binding(3) var<storage, read> earlier: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> later: array<vec2<f32>>;

struct Node {
    // At the earlier snapshot, and what is added until the later.
    velocity: vec4<f32>,
    missing: bool,
}

fn load_node(index: i32) -> Node {
    let a = earlier[index];
    let b = later[index];
    let missing = vec2(a.x == MISSING, b.x == MISSING);
    let first = select(a, vec2(0.0), missing.x);
    return Node(vec4(first, select(b, vec2(0.0), missing.y) - first), any(missing));
}

// Velocities in a cell as the coefficients of 1, x, y and xy.
struct Flow {
    constant: vec2<f32>,
    east: vec2<f32>,
    north: vec2<f32>,
    both: vec2<f32>,
}

// A cell, kept from one step to the next, for a particle stays in it for many and loading is dear.
struct Cell {
    at: vec2<i32>,
    // At the earlier snapshot, and what is added until the later.
    earlier: Flow,
    change: Flow,
    // One bit a corner that is missing in either snapshot, in the order of nearest_corner.
    missing: u32,
    ground: Ground,
}

alias Moment = Flow;

// A cell as it is at a fraction of the time between the snapshots.
fn moment_of(cell: Cell, fraction: f32) -> Moment {
    return Flow(
        cell.earlier.constant + fraction * cell.change.constant,
        cell.earlier.east + fraction * cell.change.east,
        cell.earlier.north + fraction * cell.change.north,
        cell.earlier.both + fraction * cell.change.both,
    );
}

fn interpolate(flow: Flow, offset: vec2<f32>) -> vec2<f32> {
    return (flow.constant + offset.x * flow.east) + offset.y * (flow.north + offset.x * flow.both);
}

fn velocity_in(moment: Moment, offset: vec2<f32>, depth: f32) -> vec3<f32> {
    return vec3(interpolate(moment, offset), 0.0);
}

// Not moved at all, so that nothing of it is computed.
fn sunk(depth: vec2<i32>, metres: f32) -> vec2<i32> {
    return depth;
}

fn level_of(cell: Cell) -> i32 {
    return 0;
}

fn level_near(spot: Spot) -> i32 {
    return 0;
}

fn is_on_other_level(cell: Cell, moment: Moment, offset: vec2<f32>, depth: f32) -> bool {
    return false;
}

fn is_below(cell: Cell, moment: Moment, spot: Spot) -> bool {
    return false;
}

fn held_in_water(cell: Cell, moment: Moment, spot: Spot, depth: vec2<i32>) -> vec2<i32> {
    return depth;
}

fn is_all_land(cell: Cell) -> bool {
    return cell.missing == 15u;
}

fn missing_near(cell: Cell, fraction: f32, spot: Spot) -> u32 {
    return cell.missing;
}
