// Cells of fields of many levels that are triangles, with the velocities at their corners.
// Twin: src/engine/cpu/corner_levels.rs

// The first corner of a triangle on a level: what lies above each other in one lies side by side, so that
// two levels are one place to load.
fn first_corner(at: vec2<i32>, level: i32) -> i32 {
    return 3 * (at.x * LEVELS + level);
}

fn sheet_among(first: vec4<f32>, second: vec4<f32>, third: vec4<f32>) -> Sheet {
    return Sheet(first, second - first, third - first, vec4(0.0));
}

fn load_between(at: vec2<i32>, level: i32) -> Cell {
    var sheets: array<Sheet, 4>;
    var missing = 0u;
    for (var below = 0; below < 2; below++) {
        let index = first_corner(at, level + below);
        let first = load_node(index);
        let second = load_node(index + 1);
        let third = load_node(index + 2);
        sheets[2 * below] = sheet_among(first.values, second.values, third.values);
        sheets[2 * below + 1] = sheet_among(first.change, second.change, third.change);
        // Nobody is next to a fourth.
        let corners = u32(first.missing) | (u32(second.missing) << 1u) | (u32(third.missing) << 2u) | 8u;
        missing |= corners << u32(4 * below);
    }
    return Cell(
        at, level, sheets[0], sheets[1], sheets[2], sheets[3], missing, ground_of(at),
    );
}

fn depth_of_corner(at: vec2<i32>, level: i32) -> f32 {
    return earlier[first_corner(at, level)].w;
}
