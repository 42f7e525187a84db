// Cells of fields of many levels whose velocities lie at the nodes.
// Twin: src/engine/cpu/node_levels.rs

// A node of land on a closed coast, by the other nodes in its row and in its column.
fn node_beside(node: Node, row: Node, column: Node) -> Node {
    if !CLOSED || !node.missing {
        return node;
    }
    let along = along_coast(row.missing, column.missing);
    let of_column = along.x * vec4(1.0, 0.0, 1.0, 0.0);
    let of_row = along.y * vec4(0.0, 1.0, 1.0, 0.0);
    let depth = vec4(0.0, 0.0, 0.0, 1.0);
    return Node(
        of_column * column.values + of_row * row.values + depth * node.values,
        of_column * column.change + of_row * row.change + depth * node.change,
        true,
    );
}

fn sheet_between(sw: vec4<f32>, se: vec4<f32>, nw: vec4<f32>, ne: vec4<f32>) -> Sheet {
    return Sheet(sw, se - sw, nw - sw, (ne - nw) - (se - sw));
}

fn load_between(at: vec2<i32>, level: i32) -> Cell {
    var sheets: array<Sheet, 4>;
    var missing = 0u;
    for (var below = 0; below < 2; below++) {
        let first = corner_of(at, level + below);
        let south = array(load_node(first), load_node(first + 1));
        let north = array(load_node(first + grid.columns), load_node(first + grid.columns + 1));
        let sw = node_beside(south[0], south[1], north[0]);
        let se = node_beside(south[1], south[0], north[1]);
        let nw = node_beside(north[0], north[1], south[0]);
        let ne = node_beside(north[1], north[0], south[1]);
        sheets[2 * below] = sheet_between(sw.values, se.values, nw.values, ne.values);
        sheets[2 * below + 1] = sheet_between(sw.change, se.change, nw.change, ne.change);
        let corners = u32(sw.missing) | (u32(se.missing) << 1u) | (u32(nw.missing) << 2u)
            | (u32(ne.missing) << 3u);
        missing |= corners << u32(4 * below);
    }
    return Cell(
        at, level, sheets[0], sheets[1], sheets[2], sheets[3], missing, ground_of(at),
    );
}

fn depth_of_corner(at: vec2<i32>, level: i32) -> f32 {
    return earlier[corner_of(at, level)].w;
}
