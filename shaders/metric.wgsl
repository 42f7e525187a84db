// How far a degree of longitude is: the cosine of the latitude, from each row's own, computed in
// f64 on the host. WGSL's cos may be wrong by 2⁻¹¹.
// Twin: src/engine/cpu/metric.rs

override SPHERE: bool = true;

// The cosine of the latitude in a row, as a polynomial of the offset from the row's middle: the
// coefficients of 1 and x, of x² and x³, of x⁴ and x⁵.
struct Cosine {
    low: vec2<f32>,
    middle: vec2<f32>,
    high: vec2<f32>,
}

// The Taylor series about the middle of the row.
fn cosine_in(row: Row) -> Cosine {
    let height = row.metric.z;
    let low = vec2(row.metric.x, -row.metric.y * height);
    let hh = height * height;
    return Cosine(
        low,
        low * hh * vec2(-1.0 / 2.0, -1.0 / 6.0),
        low * (hh * hh) * vec2(1.0 / 24.0, 1.0 / 120.0),
    );
}

// What a run has beneath a cell.
struct Ground {
    row: Row,
    cosine: Cosine,
    // Cells in a metre eastward, where columns are uneven; northward it is the row's.
    per_metre_x: f32,
}

fn ground_of(cell: vec2<i32>) -> Ground {
    let row = rows[cell.y];
    return Ground(row, cosine_in(row), per_metre_x(cell.x));
}

// Cells in a metre along the axes. Times a displacement it is one of offsets.
alias Scale = vec2<f32>;

fn scale_of(ground: Ground) -> Scale {
    return vec2(
        select(ground.per_metre_x, grid.per_metre.x, EVEN_X),
        select(ground.row.metric.w, grid.per_metre.y, EVEN_Y),
    );
}

// Terms that do not need each other side by side: the kernel waits for this result.
fn cosine_of_latitude(cosine: Cosine, offset: f32) -> f32 {
    let x = offset - 0.5;
    let xx = x * x;
    let high = (cosine.middle.x + cosine.middle.y * x) + (cosine.high.x + cosine.high.y * x) * xx;
    return (cosine.low.x + cosine.low.y * x) + high * xx;
}

// A velocity as the rate of a displacement along the equator and along the meridian, or along x and y.
fn rate_on(ground: Ground, offset: vec2<f32>, velocity: vec2<f32>) -> vec2<f32> {
    if !SPHERE {
        return velocity;
    }
    return vec2(velocity.x * (1.0 / cosine_of_latitude(ground.cosine, offset.y)), velocity.y);
}
