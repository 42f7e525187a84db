// Cells of fields whose velocities lie at the nodes.
// Twin: src/engine/cpu/nodes.rs

// A step may lead onto land.
const CLOSED: bool = false;

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

fn load_cell(at: vec2<i32>, level: i32, fraction: f32, spot: Spot) -> Cell {
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
