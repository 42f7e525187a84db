// Cells of fields of many levels whose velocities go through faces, as in faces.wgsl; the velocity
// downward and the depth lie at the nodes.
// Twin: src/engine/cpu/face_levels.rs

// For each node, what goes through the western and eastern and through the southern and northern face
// of the cell to its north-east, then its own velocity downward and depth; see `grid::Field`.
@group(0) @binding(3) var<storage, read> earlier: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> later: array<vec2<f32>>;

// What goes through the western, eastern, southern and northern face, with what lies at the corners.
fn sheet_through(
    faces: vec4<f32>,
    sw: vec2<f32>,
    se: vec2<f32>,
    nw: vec2<f32>,
    ne: vec2<f32>,
) -> Sheet {
    return Sheet(
        vec4(faces.xz, sw),
        vec4(faces.y - faces.x, 0.0, se - sw),
        vec4(0.0, faces.w - faces.z, nw - sw),
        vec4(0.0, 0.0, (ne - nw) - (se - sw)),
    );
}

fn load_between(at: vec2<i32>, level: i32) -> Cell {
    var sheets: array<Sheet, 4>;
    var missing = 0u;
    for (var below = 0; below < 2; below++) {
        let south = 3 * corner_of(at, level + below);
        let north = south + 3 * grid.columns;
        let a = vec4(earlier[south], earlier[south + 1]);
        let b = vec4(later[south], later[south + 1]);
        let is_missing = vec2(a.x == MISSING, b.x == MISSING);
        let from_faces = select(a, vec4(0.0), is_missing.x);
        let to_faces = select(b, vec4(0.0), is_missing.y);
        let sw = earlier[south + 2];
        let se = earlier[south + 5];
        let nw = earlier[north + 2];
        let ne = earlier[north + 5];
        sheets[2 * below] = sheet_through(from_faces, sw, se, nw, ne);
        sheets[2 * below + 1] = sheet_through(
            to_faces - from_faces,
            later[south + 2] - sw,
            later[south + 5] - se,
            later[north + 2] - nw,
            later[north + 5] - ne,
        );
        missing |= select(0u, 15u, any(is_missing)) << u32(4 * below);
    }
    return Cell(
        at, level, sheets[0], sheets[1], sheets[2], sheets[3], missing, ground_of(at),
    );
}

fn depth_of_corner(at: vec2<i32>, level: i32) -> f32 {
    return earlier[3 * corner_of(at, level) + 2].y;
}
