// Near a pole: displacements in the plane that touches it, where nothing is singular.
//
// The plane's coordinates are azimuthal equidistant, turned so that the particle starts on the
// x axis: x away from the pole, y eastward, in metres.
// Twin: src/engine/cpu/polar.rs

override POLES: bool = false;

// WGSL allows atan2 an error of 4096 ULP. This polynomial (odd minimax for the relative error on
// [0, 1]) is right to 7e-8.
fn arc_tangent(y: f32, x: f32) -> f32 {
    let low = min(abs(x), abs(y));
    let high = max(abs(x), abs(y));
    let t = low / max(high, 1e-30);
    let s = t * t;
    let low_terms = 1.0 + s * (-0.33333075 + s * (0.199926227 + s * (-0.142036602 + s * 0.106409788)));
    let high_terms = -0.0750436485 + s * (0.0426921248 + s * (-0.0160688907 + s * 0.00284993136));
    let sssss = s * s * s * s * s;
    var angle = t * (low_terms + sssss * high_terms);
    angle = select(angle, 1.5707964 - angle, abs(y) > abs(x));
    angle = select(angle, 3.1415927 - angle, x < 0.0);
    return select(angle, -angle, y < 0.0);
}

// The pole that a cell is near to, 0 for none.
fn pole_near(ground: Ground) -> f32 {
    return ground.row.polar.x;
}

fn pole_distance(ground: Ground, offset: vec2<f32>) -> f32 {
    let row = ground.row;
    return max(row.polar.y - row.polar.x * offset.y * row.metric.z * grid.radius, 0.0);
}

// A displacement in the plane as metres along the equator and along the meridian.
fn polar_arc(pole: f32, start: f32, d: vec2<f32>) -> vec2<f32> {
    let x = start + d.x;
    let distance = sqrt(x * x + d.y * d.y);
    // distance - start, without the cancellation.
    let outward = (d.x * (start + x) + d.y * d.y) / max(distance + start, 1e-30);
    return vec2(arc_tangent(d.y, x) * grid.radius, -pole * outward);
}

// How a velocity moves a particle in the plane.
fn polar_rate(pole: f32, start: f32, d: vec2<f32>, velocity: vec2<f32>) -> vec2<f32> {
    let x = start + d.x;
    let distance = sqrt(x * x + d.y * d.y);
    let outward = select(vec2(x, d.y) / max(distance, 1e-30), vec2(1.0, 0.0), distance == 0.0);
    let angle = distance / grid.radius;
    let aa = angle * angle;
    // angle / sin(angle)
    let stretch = 1.0 + aa * (1.0 / 6.0 + aa * (7.0 / 360.0 + aa * (31.0 / 15120.0)));
    return stretch * velocity.x * vec2(-outward.y, outward.x) - pole * velocity.y * outward;
}
