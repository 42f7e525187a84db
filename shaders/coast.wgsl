// Where land is: a point is on land if the nearest node has no velocity.
// Twin: src/engine/cpu/coast.rs

fn is_land(cell: Cell, fraction: f32, spot: Spot) -> bool {
    return (missing_near(cell, fraction, spot) >> nearest_corner(spot.offset) & 1u) == 1u;
}

// The place next to the sides of a cell through which a particle went that moved by `metres`.
fn held_in(at: vec2<i32>, moved: Particle, metres: vec2<f32>) -> Particle {
    let side = select(vec2(0), vec2(WHOLE - 1), metres > vec2(0.0));
    var held = moved;
    held.cell = at;
    held.fraction = select(side, moved.fraction, moved.cell == at);
    return held;
}
