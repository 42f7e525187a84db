// The velocity at a place and time: bilinear in space, linear in time.
// Twin: src/engine/cpu/velocity.rs

// What a node without a velocity holds; see `grid::MISSING`.
const MISSING: f32 = 9.96921e36;

// Eastward and northward velocity (m/s) at the nodes, at the earlier and the later snapshot.
@group(0) @binding(3) var<storage, read> earlier: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> later: array<vec2<f32>>;

// A cell's velocities as the coefficients of 1, x, y and xy: earlier u and v, later u and v. Kept
// from one step to the next, for a particle stays in a cell for many steps and loading is dear.
struct Cell {
    at: vec2<i32>,
    constant: vec4<f32>,
    east: vec4<f32>,
    north: vec4<f32>,
    both: vec4<f32>,
    // One bit a corner that is missing in either snapshot: south-west, south-east, north-west,
    // north-east.
    missing: u32,
    row: Row,
    // Cells in a metre eastward, where columns are uneven; northward it is the row's.
    per_metre_x: f32,
}

struct Node {
    velocity: vec4<f32>,
    missing: bool,
}

fn load_node(index: i32) -> Node {
    let a = earlier[index];
    let b = later[index];
    let missing = vec2(a.x == MISSING, b.x == MISSING);
    return Node(
        vec4(select(a, vec2(0.0), missing.x), select(b, vec2(0.0), missing.y)),
        any(missing),
    );
}

fn load_cell(at: vec2<i32>) -> Cell {
    let first = at.y * grid.columns + at.x;
    let sw = load_node(first);
    let se = load_node(first + 1);
    let nw = load_node(first + grid.columns);
    let ne = load_node(first + grid.columns + 1);
    return Cell(
        at,
        sw.velocity,
        se.velocity - sw.velocity,
        nw.velocity - sw.velocity,
        (ne.velocity - nw.velocity) - (se.velocity - sw.velocity),
        u32(sw.missing) | (u32(se.missing) << 1u) | (u32(nw.missing) << 2u) | (u32(ne.missing) << 3u),
        rows[at.y],
        per_metre_x(at.x),
    );
}

fn cell_per_metre() -> vec2<f32> {
    return vec2(
        select(cell.per_metre_x, grid.per_metre.x, EVEN_X),
        select(cell.row.per_metre, grid.per_metre.y, EVEN_Y),
    );
}

fn interpolate(cell: Cell, offset: vec2<f32>, fraction: f32) -> vec2<f32> {
    let both = cell.constant + offset.x * cell.east + offset.y * (cell.north + offset.x * cell.both);
    return both.xy + fraction * (both.zw - both.xy);
}
