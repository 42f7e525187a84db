// Cells of fields whose velocities lie at the nodes.
// Twin: src/engine/cpu/nodes.rs

fn flow_between(sw: vec2<f32>, se: vec2<f32>, nw: vec2<f32>, ne: vec2<f32>) -> Flow {
    return Flow(sw, se - sw, nw - sw, (ne - nw) - (se - sw));
}

// A node of land on a closed coast, by the other nodes in its row and in its column.
fn node_beside(node: Node, row: Node, column: Node) -> Node {
    if !CLOSED || !node.missing {
        return node;
    }
    let along = along_coast(row.missing, column.missing);
    let velocity = along.x * vec4(1.0, 0.0, 1.0, 0.0) * column.velocity
        + along.y * vec4(0.0, 1.0, 0.0, 1.0) * row.velocity;
    return Node(velocity, true);
}

fn load_cell(at: vec2<i32>, level: i32, fraction: f32, spot: Spot) -> Cell {
    let first = at.y * grid.columns + at.x;
    let south = array(load_node(first), load_node(first + 1));
    let north = array(load_node(first + grid.columns), load_node(first + grid.columns + 1));
    let sw = node_beside(south[0], south[1], north[0]);
    let se = node_beside(south[1], south[0], north[1]);
    let nw = node_beside(north[0], north[1], south[0]);
    let ne = node_beside(north[1], north[0], south[1]);
    return Cell(
        at,
        flow_between(sw.velocity.xy, se.velocity.xy, nw.velocity.xy, ne.velocity.xy),
        flow_between(sw.velocity.zw, se.velocity.zw, nw.velocity.zw, ne.velocity.zw),
        u32(sw.missing) | (u32(se.missing) << 1u) | (u32(nw.missing) << 2u) | (u32(ne.missing) << 3u),
        ground_of(at),
    );
}
