// Cells of fields whose velocities lie at the nodes.
// Twin: src/engine/cpu/nodes.rs

// A step may lead onto land.
const CLOSED: bool = false;

fn flow_between(sw: vec2<f32>, se: vec2<f32>, nw: vec2<f32>, ne: vec2<f32>) -> Flow {
    return Flow(sw, se - sw, nw - sw, (ne - nw) - (se - sw));
}

fn load_cell(at: vec2<i32>, level: i32, fraction: f32, spot: Spot) -> Cell {
    let first = at.y * grid.columns + at.x;
    let sw = load_node(first);
    let se = load_node(first + 1);
    let nw = load_node(first + grid.columns);
    let ne = load_node(first + grid.columns + 1);
    return Cell(
        at,
        flow_between(sw.velocity.xy, se.velocity.xy, nw.velocity.xy, ne.velocity.xy),
        flow_between(sw.velocity.zw, se.velocity.zw, nw.velocity.zw, ne.velocity.zw),
        u32(sw.missing) | (u32(se.missing) << 1u) | (u32(nw.missing) << 2u) | (u32(ne.missing) << 3u),
        ground_of(at),
    );
}
