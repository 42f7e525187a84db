// Where a displacement leads: from cell to cell along the two axes.
// Twin: src/engine/cpu/axes.rs

override PERIODIC: bool = false;
override EVEN_X: bool = true;
override EVEN_Y: bool = true;
override FOLDED: bool = false;

// Vectors, so that a row takes one load away from the poles.
struct Row {
    // Cosine and sine of the latitude in the middle of the row, its height in radians, and cells in
    // a metre northward.
    metric: vec4<f32>,
    // 1 near the north pole, -1 near the south pole, else 0; and the distance in metres from the
    // southern side to that pole.
    polar: vec2<f32>,
}

struct Grid {
    // Cells along the axes.
    cells: vec2<i32>,
    // Nodes in a row of a field.
    columns: i32,
    // Radius of the sphere in metres.
    radius: f32,
    // Cells in a metre along the axes, where they are even.
    per_metre: vec2<f32>,
    // What the column and the row of a node and of the one that it is again add up to on a tripolar grid, and
    // the first row of cells beyond its seam.
    sums: vec2<i32>,
    seam: i32,
}

@group(0) @binding(0) var<uniform> grid: Grid;
@group(0) @binding(1) var<storage, read> rows: array<Row>;
// Cells in a metre eastward along the equator, for each column.
@group(0) @binding(2) var<storage, read> columns: array<f32>;

// The node of a level at the south-western corner of a cell.
fn corner_of(at: vec2<i32>, level: i32) -> i32 {
    return (level * (grid.cells.y + 1) + at.y) * grid.columns + at.x;
}

fn wrap(column: i32) -> i32 {
    if PERIODIC {
        return column + select(0, grid.cells.x, column < 0) - select(0, grid.cells.x, column >= grid.cells.x);
    }
    return column;
}

fn per_metre_x(column: i32) -> f32 {
    if EVEN_X {
        return grid.per_metre.x;
    }
    return columns[clamp(column, 0, grid.cells.x - 1)];
}

fn per_metre_y(row: i32) -> f32 {
    if EVEN_Y {
        return grid.per_metre.y;
    }
    return rows[clamp(row, 0, grid.cells.y - 1)].metric.w;
}

// The column and the offset in it `metres` east of `offset`.
fn walk_x(column: i32, offset: f32, metres: f32) -> Spot {
    var t = offset + metres * per_metre_x(column);
    if EVEN_X {
        let whole = floor(t);
        return Spot(vec2(wrap(column + i32(whole)), 0), vec2(t - whole, 0.0), 0.0);
    }
    var i = column;
    while t >= 1.0 && i < grid.cells.x {
        let next = wrap(i + 1);
        t = (t - 1.0) * (per_metre_x(next) / per_metre_x(i));
        i = next;
    }
    while t < 0.0 && i >= 0 {
        let next = wrap(i - 1);
        t = t * (per_metre_x(next) / per_metre_x(i)) + 1.0;
        i = next;
    }
    return Spot(vec2(i, 0), vec2(t, 0.0), 0.0);
}

// The row and the offset in it `metres` north of `offset`.
fn walk_y(row: i32, offset: f32, metres: f32) -> Spot {
    var t = offset + metres * per_metre_y(row);
    if EVEN_Y {
        let whole = floor(t);
        return Spot(vec2(0, row + i32(whole)), vec2(0.0, t - whole), 0.0);
    }
    var j = row;
    while t >= 1.0 && j < grid.cells.y {
        t = (t - 1.0) * (per_metre_y(j + 1) / per_metre_y(j));
        j += 1;
    }
    while t < 0.0 && j >= 0 {
        t = t * (per_metre_y(j - 1) / per_metre_y(j)) + 1.0;
        j -= 1;
    }
    return Spot(vec2(0, j), vec2(0.0, t), 0.0);
}

// The spot a displacement away, which may be outside of the grid.
fn walk(from_spot: Spot, metres: vec3<f32>) -> Spot {
    let x = walk_x(from_spot.cell.x, from_spot.offset.x, metres.x);
    let y = walk_y(from_spot.cell.y, from_spot.offset.y, metres.y);
    return Spot(
        vec2(x.cell.x, y.cell.y),
        vec2(x.offset.x, y.offset.y),
        from_spot.depth + metres.z,
    );
}

fn is_inside(cell: vec2<i32>) -> bool {
    return all(cell >= vec2(0)) && all(cell < grid.cells);
}

// The cell next to one that is outside of the grid.
fn held_cell(cell: vec2<i32>) -> vec2<i32> {
    return clamp(cell, vec2(0), grid.cells - 1);
}

// The offset of a spot in the cell that is held for its own.
fn offset_in(held: vec2<i32>, spot: Spot) -> vec2<f32> {
    return spot.offset + vec2<f32>(spot.cell - held);
}

fn held_offset(offset: vec2<f32>) -> vec2<f32> {
    return clamp(offset, vec2(0.0), vec2(1.0));
}

// Whether an offset leads out of a cell.
fn is_beyond(offset: vec2<f32>) -> bool {
    return any(offset < vec2(0.0)) || any(offset >= vec2(1.0));
}

// Whether a particle that was shifted from a cell is where walking leads.
fn is_shifted(particle: Particle, cell: vec2<i32>) -> bool {
    return EVEN_X && EVEN_Y || all(particle.cell == cell);
}

// The corner that is nearest in the measure of the cell: south-west, south-east, north-west,
// north-east.
fn nearest_corner(offset: vec2<f32>) -> u32 {
    return select(0u, 1u, offset.x >= 0.5) + select(0u, 2u, offset.y >= 0.5);
}

fn settle_x(particle: Particle, metres: f32) -> vec2<i32> {
    let i = particle.cell.x;
    let shifted = shift(i, particle.fraction.x, metres * per_metre_x(i));
    if EVEN_X {
        return vec2(wrap(shifted.x), shifted.y);
    }
    if shifted.x == i {
        return shifted;
    }
    let spot = walk_x(i, f32(particle.fraction.x) * PER_WHOLE, metres);
    return vec2(spot.cell.x, min(i32(round(spot.offset.x * f32(WHOLE))), WHOLE - 1));
}

fn settle_y(particle: Particle, metres: f32) -> vec2<i32> {
    let j = particle.cell.y;
    let shifted = shift(j, particle.fraction.y, metres * per_metre_y(j));
    if EVEN_Y || shifted.x == j {
        return shifted;
    }
    let spot = walk_y(j, f32(particle.fraction.y) * PER_WHOLE, metres);
    return vec2(spot.cell.y, min(i32(round(spot.offset.y * f32(WHOLE))), WHOLE - 1));
}

// A coordinate that was turned by half a circle: the cell and the fraction.
fn turned(sum: i32, cell: i32, fraction: i32) -> vec2<i32> {
    return vec2(sum - cell - select(1, 0, fraction == 0), (WHOLE - fraction) & (WHOLE - 1));
}

// Whether a cell is another one, before the seam.
fn is_beyond_seam(cell: vec2<i32>) -> bool {
    return FOLDED && cell.y >= grid.seam;
}

// The same particle in a cell before the seam.
fn folded(particle: Particle) -> Particle {
    let x = turned(grid.sums.x, particle.cell.x, particle.fraction.x);
    let y = turned(grid.sums.y, particle.cell.y, particle.fraction.y);
    return Particle(vec2(wrap(x.x), y.x), vec2(x.y, y.y), particle.depth, particle.status, 0u);
}

// Where a particle is that was moved from a place by `metres`; it may be outside of the grid.
fn settle(particle: Particle, metres: vec3<f32>, pole: f32) -> Particle {
    let x = settle_x(particle, metres.x);
    var y = settle_y(particle, metres.y);
    if POLES && pole != 0.0 {
        // Rounding may put a particle at a pole beyond it.
        if y.x >= grid.cells.y {
            y = vec2(grid.cells.y - 1, WHOLE - 1);
        }
        if y.x < 0 {
            y = vec2(0, 0);
        }
    }
    let depth = sunk(particle.depth, metres.z);
    return Particle(vec2(x.x, y.x), vec2(x.y, y.y), depth, ACTIVE, 0u);
}

// A particle that moved by `metres`, but not along the axes of `kept`: there it is in its cell, next to
// the side through which it went, or as far from it as it came beyond. At the depth where it was.
fn held_in(before: Particle, moved: Particle, metres: vec2<f32>, kept: vec2<bool>) -> Particle {
    let side = select(vec2(0), vec2(WHOLE - 1), metres > vec2(0.0));
    let held = select(side, WHOLE - 1 - moved.fraction, BOUNCE);
    let is_held = kept & (moved.cell != before.cell);
    return Particle(
        select(moved.cell, before.cell, kept),
        select(moved.fraction, held, is_held),
        before.depth,
        ACTIVE,
        0u,
    );
}
