// Cells of fields whose velocities go through faces (Arakawa's C): a component changes linearly from
// the one of its faces to the other, and not along them, so that nothing crosses a closed face
// (Blanke and Raynaud 1997, J. Phys. Oceanogr. 27, 1038).
// Twin: src/engine/cpu/faces.rs

// The flow between what goes through the western, eastern, southern and northern face.
fn flow_through(faces: vec4<f32>) -> Flow {
    return Flow(faces.xz, vec2(faces.y - faces.x, 0.0), vec2(0.0, faces.w - faces.z), vec2(0.0));
}

fn load_cell(at: vec2<i32>, level: i32, fraction: f32, spot: Spot) -> Cell {
    let first = 2 * (at.y * grid.cells.x + at.x);
    let a = vec4(earlier[first], earlier[first + 1]);
    let b = vec4(later[first], later[first + 1]);
    let missing = vec2(a.x == MISSING, b.x == MISSING);
    let from_faces = select(a, vec4(0.0), missing.x);
    let to_faces = select(b, vec4(0.0), missing.y);
    return Cell(
        at,
        flow_through(from_faces),
        flow_through(to_faces - from_faces),
        select(0u, 15u, any(missing)),
        ground_of(at),
    );
}
