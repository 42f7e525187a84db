// The velocity at a place and time where fields have many levels: linear in depth between two of them,
// each bilinear; linear in time. Its files in place of velocity.wgsl are this one alone.
// Twin: src/engine/cpu/levels.rs

// What a node without a velocity holds; see `grid::MISSING`.
const MISSING: f32 = 9.96921e36;

// Velocity east, north and downward, and the depth of the node; see `grid::Field`.
@group(0) @binding(3) var<storage, read> earlier: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> later: array<vec4<f32>>;

// Nodes of a level around a cell, as the coefficients of 1, x, y and xy.
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

struct Node {
    values: vec4<f32>,
    change: vec4<f32>,
    missing: bool,
}

fn load_node(index: i32) -> Node {
    let a = earlier[index];
    let b = later[index];
    let missing = vec2(a.x == MISSING, b.x == MISSING);
    let first = select(a, vec4(0.0, 0.0, 0.0, a.w), missing.x);
    let second = select(b, vec4(0.0, 0.0, 0.0, b.w), missing.y);
    return Node(first, second - first, any(missing));
}

// A node of land on a closed coast, by the other nodes in its row and in its column.
fn node_beside(node: Node, row: Node, column: Node) -> Node {
    if !CLOSED || !node.missing {
        return node;
    }
    let along = along_coast(row.missing, column.missing);
    let of_column = along.x * vec4(1.0, 0.0, 1.0, 0.0);
    let of_row = along.y * vec4(0.0, 1.0, 1.0, 0.0);
    let depth = vec4(0.0, 0.0, 0.0, 1.0);
    return Node(
        of_column * column.values + of_row * row.values + depth * node.values,
        of_column * column.change + of_row * row.change + depth * node.change,
        true,
    );
}

fn sheet_between(sw: vec4<f32>, se: vec4<f32>, nw: vec4<f32>, ne: vec4<f32>) -> Sheet {
    return Sheet(sw, se - sw, nw - sw, (ne - nw) - (se - sw));
}

fn load_between(at: vec2<i32>, level: i32) -> Cell {
    var sheets: array<Sheet, 4>;
    var missing = 0u;
    for (var below = 0; below < 2; below++) {
        let first = ((level + below) * (grid.cells.y + 1) + at.y) * grid.columns + at.x;
        let south = array(load_node(first), load_node(first + 1));
        let north = array(load_node(first + grid.columns), load_node(first + grid.columns + 1));
        let sw = node_beside(south[0], south[1], north[0]);
        let se = node_beside(south[1], south[0], north[1]);
        let nw = node_beside(north[0], north[1], south[0]);
        let ne = node_beside(north[1], north[0], south[1]);
        sheets[2 * below] = sheet_between(sw.values, se.values, nw.values, ne.values);
        sheets[2 * below + 1] = sheet_between(sw.change, se.change, nw.change, ne.change);
        let corners = u32(sw.missing) | (u32(se.missing) << 1u) | (u32(nw.missing) << 2u)
            | (u32(ne.missing) << 3u);
        missing |= corners << u32(4 * below);
    }
    return Cell(
        at, level, sheets[0], sheets[1], sheets[2], sheets[3], missing, ground_of(at),
    );
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
    for (var turn = 2; turn < grid.levels; turn++) {
        let shift = level_shift(moment_of(found, fraction), spot.offset, spot.depth);
        let next = clamp(found.level + shift, 0, grid.levels - 2);
        if next == found.level {
            break;
        }
        found = load_between(at, next);
    }
    return found;
}

// The level above a spot, or one near it, by the depths of one of the nodes around.
fn level_near(spot: Spot) -> i32 {
    let first = spot.cell.y * grid.columns + spot.cell.x;
    let size = (grid.cells.y + 1) * grid.columns;
    var low = 0;
    var high = grid.levels - 2;
    while low < high {
        let middle = (low + high + 1) / 2;
        if earlier[middle * size + first].w <= spot.depth {
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

// Whether a depth asks for another level than those at hand; it does below the lowest.
fn is_on_other_level(cell: Cell, moment: Moment, offset: vec2<f32>, depth: f32) -> bool {
    let shift = level_shift(moment, offset, depth);
    return shift > 0 || shift < 0 && cell.level > 0;
}

fn is_below(cell: Cell, moment: Moment, spot: Spot) -> bool {
    return spot.depth > in_sheet(moment.lower, spot.offset).w && cell.level == grid.levels - 2;
}

// The surface is a wall.
fn held_below_surface(cell: Cell, moment: Moment, spot: Spot, depth: vec2<i32>) -> vec2<i32> {
    let surface = in_sheet(moment.upper, spot.offset).w;
    if cell.level > 0 || spot.depth >= surface {
        return depth;
    }
    return vec2(i32(floor(surface)), i32((surface - floor(surface)) * f32(WHOLE)));
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
