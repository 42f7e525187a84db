// The velocity at a place and time where fields have many levels: linear in depth between two of them,
// each bilinear; linear in time. It stands in the place of velocity.wgsl, and cells are loaded by
// node_levels.wgsl, by face_levels.wgsl or by corner_levels.wgsl.
// Twin: src/engine/cpu/levels.rs

// Nodes above each other.
override LEVELS: i32 = 2;

// Whether the lowest level is the floor of the sea, which nothing sinks through.
override FLOOR: bool = false;

// What a node without a velocity holds; see `grid::MISSING`.
const MISSING: f32 = 9.96921e36;

// Velocity east, north and downward in a cell of a level, and its depth, as the coefficients of 1, x, y
// and xy.
struct Sheet {
    constant: vec4<f32>,
    east: vec4<f32>,
    north: vec4<f32>,
    both: vec4<f32>,
}

// A cell between two levels.
struct Cell {
    at: vec2<i32>,
    level: i32,
    // At the earlier snapshot, and what is added until the later.
    upper: Sheet,
    upper_change: Sheet,
    lower: Sheet,
    lower_change: Sheet,
    // One bit a corner that is missing in either snapshot, as in velocity.wgsl: of the upper level,
    // then of the lower.
    missing: u32,
    ground: Ground,
}

// A cell as it is at a fraction of the time between the snapshots.
struct Moment {
    upper: Sheet,
    lower: Sheet,
}

fn sheet_at(sheet: Sheet, change: Sheet, fraction: f32) -> Sheet {
    return Sheet(
        sheet.constant + fraction * change.constant,
        sheet.east + fraction * change.east,
        sheet.north + fraction * change.north,
        sheet.both + fraction * change.both,
    );
}

fn moment_of(cell: Cell, fraction: f32) -> Moment {
    return Moment(
        sheet_at(cell.upper, cell.upper_change, fraction),
        sheet_at(cell.lower, cell.lower_change, fraction),
    );
}

fn in_sheet(sheet: Sheet, offset: vec2<f32>) -> vec4<f32> {
    return (sheet.constant + offset.x * sheet.east) + offset.y * (sheet.north + offset.x * sheet.both);
}

// A depth moved by `metres`.
fn sunk(depth: vec2<i32>, metres: f32) -> vec2<i32> {
    return shift(depth.x, depth.y, metres);
}

// How far a depth lies from the upper level to the lower.
fn part_of_way(upper: f32, lower: f32, depth: f32) -> f32 {
    return clamp((depth - upper) / max(lower - upper, 1e-6), 0.0, 1.0);
}

fn velocity_in(moment: Moment, offset: vec2<f32>, depth: f32) -> vec3<f32> {
    let upper = in_sheet(moment.upper, offset);
    let lower = in_sheet(moment.lower, offset);
    return mix(upper.xyz, lower.xyz, part_of_way(upper.w, lower.w, depth));
}

// 1 where a depth lies below the lower level, -1 where it lies above the upper.
fn level_shift(moment: Moment, offset: vec2<f32>, depth: f32) -> i32 {
    let upper = in_sheet(moment.upper, offset).w;
    let lower = in_sheet(moment.lower, offset).w;
    return select(0, 1, depth >= lower) - select(0, 1, depth < upper);
}

// The cell between the levels where a spot is, or the one next to it where it lies above or below all
// of them; looked for from `level`.
fn load_cell(at: vec2<i32>, level: i32, fraction: f32, spot: Spot) -> Cell {
    var found = load_between(at, level);
    for (var turn = 2; turn < LEVELS; turn++) {
        let shift = level_shift(moment_of(found, fraction), spot.offset, spot.depth);
        let next = clamp(found.level + shift, 0, LEVELS - 2);
        if next == found.level {
            break;
        }
        found = load_between(at, next);
    }
    return found;
}

// The level above a spot, or one near it, by the depths of one of the nodes around.
fn level_near(spot: Spot) -> i32 {
    var low = 0;
    var high = LEVELS - 2;
    while low < high {
        let middle = (low + high + 1) / 2;
        if depth_of_corner(spot.cell, middle) <= spot.depth {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

fn level_of(cell: Cell) -> i32 {
    return cell.level;
}

// Whether a depth asks for another level than those at hand; it does below the lowest, if that is not
// the floor.
fn is_on_other_level(cell: Cell, moment: Moment, offset: vec2<f32>, depth: f32) -> bool {
    let shift = level_shift(moment, offset, depth);
    let on_floor = FLOOR && cell.level == LEVELS - 2;
    return shift > 0 && !on_floor || shift < 0 && cell.level > 0;
}

fn is_below(cell: Cell, moment: Moment, spot: Spot) -> bool {
    return !FLOOR && cell.level == LEVELS - 2
        && spot.depth > in_sheet(moment.lower, spot.offset).w;
}

// The surface is a wall, and so is the floor.
fn held_in_water(cell: Cell, moment: Moment, spot: Spot, depth: vec2<i32>) -> vec2<i32> {
    let surface = in_sheet(moment.upper, spot.offset).w;
    if cell.level == 0 && spot.depth < surface {
        return depth_at(surface);
    }
    let floor = in_sheet(moment.lower, spot.offset).w;
    if FLOOR && cell.level == LEVELS - 2 && spot.depth > floor {
        return depth_at(floor);
    }
    return depth;
}

fn depth_at(metres: f32) -> vec2<i32> {
    return vec2(i32(floor(metres)), i32((metres - floor(metres)) * f32(WHOLE)));
}

fn is_all_land(cell: Cell) -> bool {
    return cell.missing == 255u;
}

fn missing_near(cell: Cell, fraction: f32, spot: Spot) -> u32 {
    let moment = moment_of(cell, fraction);
    let upper = in_sheet(moment.upper, spot.offset).w;
    let lower = in_sheet(moment.lower, spot.offset).w;
    return cell.missing >> select(0u, 4u, part_of_way(upper, lower, spot.depth) >= 0.5);
}
