// Steps in closed form where velocities go through the faces of cells: within a cell a component changes
// linearly from face to face, so that the way along each axis is an exponential of time, and the time to a
// face a logarithm (Blanke and Raynaud 1997, J. Phys. Oceanogr. 27, 1038; Döös et al. 2017, Geosci. Model
// Dev. 10, 1733). A step follows the flow of its middle from cell to cell. It stands in the place of
// faces.wgsl, integrate.wgsl and adaptive.wgsl. Cells of grids with faces are unit squares, and velocities
// parts of them in a second.
// Twin: src/engine/cpu/analytic.rs

// A way through a cell is all that a step has for a stage.
override INTEGRATOR: u32 = 1u;

// Ways that a step may have. Around the corner of four cells a flow can go in circles as small as one
// likes, so there must be an end: a particle then rests until the step is over. See engine::MOST_WAYS.
const WAYS: u32 = 128u;

// What of a distance no rounding leads beyond.
const SHORT: f32 = 1.0 - 1.0 / 4194304.0;

// The cell at hand. East and north of its flow are what goes through the eastern and the northern face,
// so that what is closed stays closed whatever is rounded; nobody interpolates it.
var<private> cell: Cell;

fn flow_through(faces: vec4<f32>) -> Flow {
    return Flow(faces.xz, vec2(faces.y, 0.0), vec2(0.0, faces.w), vec2(0.0));
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

// The place from which a way starts.
struct Start {
    spot: Spot,
    fraction: vec2<i32>,
    scale: Scale,
    pole: f32,
}

// A way through the cell at hand.
struct Progress {
    start: Start,
    // 1 once it is known.
    stage: u32,
    // Whether its end asks for another cell.
    waits: bool,
    // What the way comes to.
    d: vec3<f32>,
}

// What is behind of the step at hand.
struct Behind {
    // Counts 2⁻³⁰ of its time, for a hundred sums of f32 would be off by more than the ways.
    time: i32,
    ways: u32,
    // The cell of the latest way, and how often one in it led to a face of each axis.
    at: vec2<i32>,
    aims: vec2<u32>,
    // Whether the latest way led to the end of the step.
    ended: bool,
}

var<private> behind: Behind = Behind(0, 0u, vec2(-1), vec2(0u), false);

fn is_polar(progress: Progress) -> bool {
    return false;
}

fn arc(start: Start, d: vec3<f32>) -> vec3<f32> {
    return d;
}

fn tried_of(step: Step) -> Step {
    return step;
}

fn time_of(stage: u32, fractions: vec2<f32>) -> f32 {
    return 0.5 * (fractions.x + fractions.y);
}

fn begin_step(particle: Particle) -> Progress {
    let start = Start(spot_of(particle), particle.fraction, scale_of(cell.ground), 0.0);
    return Progress(start, 0u, false, vec3(0.0));
}

// No way starts in another cell than the one at hand.
fn enter_stage(progress: ptr<function, Progress>, spot: Spot, held: vec2<i32>, metres: vec2<f32>) {
    (*progress).waits = false;
}

// Goes on to the next way. Whether the step is done.
fn ends_step() -> bool {
    if behind.ended {
        behind = Behind(0, 0u, vec2(-1), vec2(0u), false);
        return true;
    }
    return false;
}

// atanh(s) / s for small s, by its square.
fn arc_tanh(ss: f32) -> f32 {
    return 1.0 + ss * (1.0 / 3.0 + ss * (1.0 / 5.0 + ss * (1.0 / 7.0 + ss * (1.0 / 9.0))));
}

// WGSL's own may be wrong by 2⁻²¹.
fn logarithm(x: f32) -> f32 {
    // √½
    let low = 0x3f3504f3;
    let bits = bitcast<i32>(x) - low;
    let m = bitcast<f32>((bits & 0x7fffff) + low);
    let s = (m - 1.0) / (m + 1.0);
    return f32(bits >> 23u) * 0.6931472 + 2.0 * s * arc_tanh(s * s);
}

fn exponential(x: f32) -> f32 {
    let y = clamp(x, -80.0, 80.0);
    let k = round(y * 1.442695);
    // The logarithm of 2 in two parts, of which the first times k is exact.
    let f = (y - k * 0.693145752) - k * 1.42860677e-6;
    let high = 1.0 / 24.0 + f * (1.0 / 120.0 + f * (1.0 / 720.0 + f * (1.0 / 5040.0)));
    let part = 1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * high)));
    return bitcast<f32>((i32(k) + 127) << 23u) * part;
}

// (eˣ - 1) / x
fn growth(x: f32) -> f32 {
    if abs(x) < 0.5 {
        let high = 1.0 / 120.0 + x * (1.0 / 720.0 + x * (1.0 / 5040.0 + x * (1.0 / 40320.0)));
        return 1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * high)));
    }
    return (exponential(x) - 1.0) / x;
}

// The time over a distance along which a velocity goes linearly from one value to another, both positive.
fn time_over(distance: f32, first: f32, last: f32) -> f32 {
    let s = (last - first) / (last + first);
    if abs(s) < 0.2 {
        return 2.0 * distance / (last + first) * arc_tanh(s * s);
    }
    return distance * logarithm(last / first) / (last - first);
}

// The time to the face that a velocity here leads to, where that is not beyond what is left.
fn time_to_face(distance: f32, here: f32, face: f32, left: f32) -> f32 {
    let is_open = here > 0.0 && face > 0.0 || here < 0.0 && face < 0.0;
    if is_open && max(abs(here), abs(face)) * left >= distance {
        return time_over(distance, abs(here), abs(face));
    }
    return 2.0 * left + 1.0;
}

// Finds the way through the cell at hand: to the first face that it leads to, or to the end of the step.
fn pass_stages(
    progress: ptr<function, Progress>,
    start: Start,
    seconds: f32,
    fractions: vec2<f32>,
) {
    if (*progress).stage == INTEGRATOR {
        return;
    }
    if any(behind.at != cell.at) {
        behind.at = cell.at;
        behind.aims = vec2(0u);
    }
    let flow = moment_of(cell, time_of(0u, fractions));
    let forward = select(1.0, -1.0, seconds < 0.0);
    let low = forward * flow.constant;
    let high = forward * vec2(flow.east.x, flow.north.y);
    let before = vec2<f32>(start.fraction) * PER_WHOLE;
    let ahead = vec2<f32>(WHOLE - start.fraction) * PER_WHOLE;
    var here = low * ahead + high * before;
    // A face that did not let it pass is dry beyond.
    here = select(here, vec2(0.0), behind.aims > vec2(1u));
    let upward = here > vec2(0.0);
    let faces = select(low, high, upward);
    // Downward a way ends beyond the face, which is the next cell's.
    let distances = select(before + PER_WHOLE, ahead, upward);
    let left = abs(seconds) * (f32(WHOLE - behind.time) * PER_WHOLE);
    let x = time_to_face(distances.x, here.x, faces.x, left);
    let y = time_to_face(distances.y, here.y, faces.y, left);
    let time = min(left, min(x, y));
    let crosses_x = x <= left && x <= y;
    let crosses_y = y <= left && y < x;
    let t = (high - low) * time;
    let d = here * time * vec2(growth(t.x), growth(t.y));
    let room = vec2<f32>(WHOLE - 1 - start.fraction) * PER_WHOLE;
    let crossing = vec2(crosses_x, crosses_y);
    var way = select(clamp(d, -before * SHORT, room * SHORT), select(-distances, distances, upward), crossing);
    behind.time += min(i32(round(time / max(abs(seconds), 1e-30) * f32(WHOLE))), WHOLE - behind.time);
    behind.ways += 1u;
    behind.aims += vec2<u32>(crossing);
    behind.ended = !any(crossing);
    if behind.ways > WAYS {
        way = vec2(0.0);
        behind.ended = true;
    }
    (*progress).d = vec3(way / start.scale, 0.0);
    (*progress).stage = INTEGRATOR;
}
