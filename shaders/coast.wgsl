// What land does. On an open coast a point is on land if the nearest node has no velocity, and particles
// strand there. A closed coast goes from node to node of land: a point is on land if all nodes around
// have no velocity, and particles are kept from there.
// Twin: src/engine/cpu/coast.rs

override CLOSED: bool = false;

// How fast water runs along a closed coast, as a part of its speed a cell away.
override SLIP: f32 = 0.0;

// Whether particles are thrown back from a closed coast.
override BOUNCE: bool = false;

// Whether the nearest node is land.
fn is_next_to_land(cell: Cell, fraction: f32, spot: Spot) -> bool {
    return (missing_near(cell, fraction, spot) >> nearest_corner(spot.offset) & 1u) == 1u;
}

fn is_land(cell: Cell, fraction: f32, spot: Spot) -> bool {
    if CLOSED {
        return is_all_land(cell);
    }
    return is_next_to_land(cell, fraction, spot);
}

// How much a node of a closed coast has of the velocity along x of the other in its column, and of the
// velocity along y of the other in its row.
fn along_coast(row_is_land: bool, column_is_land: bool) -> vec2<f32> {
    let beside = vec2(row_is_land && !column_is_land, column_is_land && !row_is_land);
    return select(vec2(0.0), vec2(SLIP), beside);
}
