// Nodes of fields of many levels, as node_levels.wgsl and corner_levels.wgsl load them.
// Twin: src/engine/cpu/level_nodes.rs

// Velocity east, north and downward, and the depth of the node; see `grid::Field`.
@group(0) @binding(3) var<storage, read> earlier: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> later: array<vec4<f32>>;

struct Node {
    values: vec4<f32>,
    change: vec4<f32>,
    missing: bool,
}

fn load_node(index: i32) -> Node {
    let a = earlier[index];
    let b = later[index];
    let missing = vec2(a.x == MISSING, b.x == MISSING);
    let first = select(a, vec4(0.0, 0.0, 0.0, a.w), missing.x);
    let second = select(b, vec4(0.0, 0.0, 0.0, b.w), missing.y);
    return Node(first, second - first, any(missing));
}
