// The velocity at a place and time: bilinear in space, linear in time.
// Twin: src/engine/cpu/velocity.rs

// What a node without a velocity holds; see `grid::MISSING`.
const MISSING: f32 = 9.96921e36;

// Eastward and northward velocity (m/s) at the nodes, at the earlier and the later snapshot.
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

fn flow_between(sw: vec2<f32>, se: vec2<f32>, nw: vec2<f32>, ne: vec2<f32>) -> Flow {
    return Flow(sw, se - sw, nw - sw, (ne - nw) - (se - sw));
}

fn load_cell(at: vec2<i32>) -> Cell {
    let first = at.y * grid.columns + at.x;
    let sw = load_node(first);
    let se = load_node(first + 1);
    let nw = load_node(first + grid.columns);
    let ne = load_node(first + grid.columns + 1);
    let row = rows[at.y];
    return Cell(
        at,
        flow_between(sw.velocity.xy, se.velocity.xy, nw.velocity.xy, ne.velocity.xy),
        flow_between(sw.velocity.zw, se.velocity.zw, nw.velocity.zw, ne.velocity.zw),
        u32(sw.missing) | (u32(se.missing) << 1u) | (u32(nw.missing) << 2u) | (u32(ne.missing) << 3u),
        row,
        cosine_in(row),
        per_metre_x(at.x),
    );
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
