// Cells that are triangles, with the velocities at their corners.
// Twin: src/engine/cpu/corners.rs

// The flow that has these velocities at the first, the second and the third corner.
fn flow_among(first: vec2<f32>, second: vec2<f32>, third: vec2<f32>) -> Flow {
    return Flow(first, second - first, third - first, vec2(0.0));
}

fn load_cell(at: vec2<i32>, level: i32, fraction: f32, spot: Spot) -> Cell {
    let first = load_node(3 * at.x);
    let second = load_node(3 * at.x + 1);
    let third = load_node(3 * at.x + 2);
    return Cell(
        at,
        flow_among(first.velocity.xy, second.velocity.xy, third.velocity.xy),
        flow_among(first.velocity.zw, second.velocity.zw, third.velocity.zw),
        // Nobody is next to a fourth.
        u32(first.missing) | (u32(second.missing) << 1u) | (u32(third.missing) << 2u) | 8u,
        ground_of(at),
    );
}
