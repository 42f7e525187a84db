// Steps that are divided as their error asks: the method of Cash and Karp (1990, ACM Trans. Math.
// Softw. 16, 201), of fifth order with one of fourth order inside it. Where the two differ by more than
// is allowed, the part of a step that was tried is halved; where they differ by far less, the next part is
// twice as long.
// Twin: src/engine/cpu/adaptive.rs

// What the two may differ by: along the levels, in what displacements are measured in, and across them
// in metres.
override TOLERANCE: f32 = 1.0;
override TOLERANCE_DOWN: f32 = 1.0;

// The most parts of a step.
const PARTS: u32 = 16u;

// A part grows where its error is below this: twice the length has 32 times the error.
const SMALL: f32 = 1.0 / 64.0;

// Of the step at hand, in the shortest parts: what is behind, and what is tried.
struct Part {
    done: u32,
    size: u32,
}

var<private> part: Part = Part(0u, PARTS);

// The rates of the stages so far, and the error of the latest part, 1 where it is what is allowed.
var<private> rates: array<vec3<f32>, 6>;
var<private> error: f32;

// The part of a step that is tried.
fn tried_of(step: Step) -> Step {
    if INTEGRATOR != 6u {
        return step;
    }
    let behind = f32(part.done) * (1.0 / f32(PARTS));
    let tried = f32(part.size) * (1.0 / f32(PARTS));
    let span = step.fractions.y - step.fractions.x;
    let begin = step.fractions.x + span * behind;
    return Step(step.seconds * tried, vec2(begin, begin + span * tried));
}

// How far through its part a stage is.
fn progress_of(stage: u32) -> f32 {
    switch stage {
        case 0u: { return 0.0; }
        case 1u: { return 0.2; }
        case 2u: { return 0.3; }
        case 3u: { return 0.6; }
        case 4u: { return 1.0; }
        default: { return 0.875; }
    }
}

// The mean rate that leads to a stage; to the end after the last.
fn rate_to(stage: u32) -> vec3<f32> {
    switch stage {
        case 1u: { return 0.2 * rates[0]; }
        case 2u: { return (3.0 / 40.0) * rates[0] + (9.0 / 40.0) * rates[1]; }
        case 3u: { return 0.3 * rates[0] - 0.9 * rates[1] + 1.2 * rates[2]; }
        case 4u: {
            return (-11.0 / 54.0) * rates[0] + 2.5 * rates[1] - (70.0 / 27.0) * rates[2]
                + (35.0 / 27.0) * rates[3];
        }
        case 5u: {
            return (1631.0 / 55296.0) * rates[0] + (175.0 / 512.0) * rates[1]
                + (575.0 / 13824.0) * rates[2] + (44275.0 / 110592.0) * rates[3]
                + (253.0 / 4096.0) * rates[4];
        }
        default: {
            return (37.0 / 378.0) * rates[0] + (250.0 / 621.0) * rates[2]
                + (125.0 / 594.0) * rates[3] + (512.0 / 1771.0) * rates[5];
        }
    }
}

// The error of a part of so many seconds.
fn error_over(seconds: f32) -> f32 {
    let difference = (37.0 / 378.0 - 2825.0 / 27648.0) * rates[0]
        + (250.0 / 621.0 - 18575.0 / 48384.0) * rates[2]
        + (125.0 / 594.0 - 13525.0 / 55296.0) * rates[3]
        - (277.0 / 14336.0) * rates[4] + (512.0 / 1771.0 - 0.25) * rates[5];
    return length(seconds * difference / vec3(TOLERANCE, TOLERANCE, TOLERANCE_DOWN));
}

// Whether the part that was tried has to be tried in halves.
fn is_too_long(seconds: f32) -> bool {
    error = error_over(seconds);
    if error <= 1.0 || part.size == 1u {
        return false;
    }
    part.size /= 2u;
    return true;
}

// Goes on to the next part. Whether the step is done.
fn ends_step() -> bool {
    if INTEGRATOR != 6u {
        return true;
    }
    part.done += part.size;
    if part.done == PARTS {
        part = Part(0u, PARTS);
        return true;
    }
    if error < SMALL && part.done % (2u * part.size) == 0u {
        part.size *= 2u;
    }
    return false;
}
