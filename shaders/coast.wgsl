// Where land is: a point is on land if the nearest node has no velocity.
// Twin: src/engine/cpu/coast.rs

fn is_land(cell: Cell, offset: vec2<f32>) -> bool {
    let corner = select(0u, 1u, offset.x >= 0.5) + select(0u, 2u, offset.y >= 0.5);
    return (cell.missing >> corner & 1u) == 1u;
}
