// How far a degree of longitude is: the cosine of the latitude, from each row's own, computed in
// f64 on the host. WGSL's cos may be wrong by 2⁻¹¹.
// Twin: src/engine/cpu/metric.rs

override SPHERE: bool = true;

fn cosine_of_latitude(row: Row, offset: f32) -> f32 {
    let d = (offset - 0.5) * row.height;
    let dd = d * d;
    return row.cosine * (1.0 - dd * (0.5 - dd * (1.0 / 24.0)))
        - row.sine * d * (1.0 - dd * (1.0 / 6.0 - dd * (1.0 / 120.0)));
}
