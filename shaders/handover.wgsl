// Cells in which another forcing takes over. Twin: src/engine/cpu/handover.rs

// Cells in a row; 0 where there is one forcing, or none takes over from this one.
override CELLS_IN_ROW: i32 = 0;

// One bit a forcing, for each cell.
@group(0) @binding(5) var<storage, read> takers: array<u32>;

// Whether a particle in this cell goes over to one of the forcings that are in force.
fn goes_over(at: vec2<i32>, in_force: u32) -> bool {
    return CELLS_IN_ROW > 0 && (takers[at.y * CELLS_IN_ROW + at.x] & in_force) != 0u;
}
