// The velocity at a place and time: bilinear in space, linear in time. Cells are loaded as the fields
// of the run lie: by nodes.wgsl or by faces.wgsl.
// Twin: src/engine/cpu/velocity.rs

// What a node without a velocity holds; see `grid::MISSING`.
const MISSING: f32 = 9.96921e36;

// Pairs of numbers at the earlier and the later snapshot; see `grid::Field`.
@group(0) @binding(3) var<storage, read> earlier: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> later: array<vec2<f32>>;

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
    // One bit a corner that is missing in either snapshot: south-west, south-east, north-west,
    // north-east.
    missing: u32,
    row: Row,
    cosine: Cosine,
    // Cells in a metre eastward, where columns are uneven; northward it is the row's.
    per_metre_x: f32,
}

fn cell_per_metre() -> vec2<f32> {
    return vec2(
        select(cell.per_metre_x, grid.per_metre.x, EVEN_X),
        select(cell.row.metric.w, grid.per_metre.y, EVEN_Y),
    );
}

fn flow_at(cell: Cell, fraction: f32) -> Flow {
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
