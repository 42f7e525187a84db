//! Places on a sphere as vectors of length one from its centre: x towards 0° E, y towards 90° E, z
//! towards the north pole.

pub(super) type Vector = [f64; 3];

/// The vector to a longitude and a latitude in degrees.
pub(super) fn vector([longitude, latitude]: [f64; 2]) -> Vector {
    let (sin_lon, cos_lon) = longitude.to_radians().sin_cos();
    let (sin_lat, cos_lat) = latitude.to_radians().sin_cos();
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

/// Longitude (-180 to 180) and latitude in degrees of a vector of any length.
pub(super) fn position([x, y, z]: Vector) -> [f64; 2] {
    [y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees()]
}

/// West, south, east and north ends in degrees of positions, without those that are NaN. Where they
/// lie on both sides of 180° E, the east is beyond it; where they surround a pole, it is a circle from
/// the west.
pub(super) fn bounds(positions: impl Iterator<Item = [f64; 2]>) -> [f64; 4] {
    let mut longitudes = Vec::new();
    let (mut south, mut north) = (90.0_f64, -90.0_f64);
    for [longitude, latitude] in positions.filter(|position| position[0].is_finite()) {
        longitudes.push((longitude + 180.0).rem_euclid(360.0) - 180.0);
        (south, north) = (south.min(latitude), north.max(latitude));
    }
    longitudes.sort_unstable_by(f64::total_cmp);
    // What is left out of the circle is the widest gap between two longitudes.
    let (first, last) = (longitudes[0], longitudes[longitudes.len() - 1]);
    let gaps = longitudes.windows(2).map(|pair| (pair[1] - pair[0], pair[1], pair[0] + 360.0));
    let around = (first + 360.0 - last, first, last);
    let (_, west, east) = gaps.fold(around, |a, b| if b.0 > a.0 { b } else { a });
    [west, south, east, north]
}

/// East and north at a longitude and a latitude in degrees. At a pole they are those of the meridian.
pub(super) fn frame([longitude, latitude]: [f64; 2]) -> [Vector; 2] {
    let (sin_lon, cos_lon) = longitude.to_radians().sin_cos();
    let (sin_lat, cos_lat) = latitude.to_radians().sin_cos();
    [[-sin_lon, cos_lon, 0.0], [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat]]
}

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The length of the chord between two places, in radii.
pub(super) fn distance(a: Vector, b: Vector) -> f64 {
    let d = [0, 1, 2].map(|k| a[k] - b[k]);
    dot(d, d).sqrt()
}

/// The length of the great circle between two places, in radii.
pub(super) fn arc(a: Vector, b: Vector) -> f64 {
    2.0 * (distance(a, b) / 2.0).asin()
}

/// The area of a cell in squares of the radius, as that of a plane figure with its diagonals.
pub(super) fn area(sw: Vector, se: Vector, nw: Vector, ne: Vector) -> f64 {
    let (a, b) = ([0, 1, 2].map(|d| ne[d] - sw[d]), [0, 1, 2].map(|d| nw[d] - se[d]));
    let across = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    dot(across, across).sqrt() / 2.0
}

/// The corners of a cell: (i, j), (i + 1, j), (i, j + 1), (i + 1, j + 1).
pub(super) fn corners(nodes: &[Vector], columns: usize, [i, j]: [usize; 2]) -> [Vector; 4] {
    let first = j * columns + i;
    [0, 1, columns, columns + 1].map(|step| nodes[first + step])
}

/// The bilinear mean of a cell's corners.
pub(super) fn bilinear(corners: &[Vector; 4], [a, b]: [f64; 2]) -> Vector {
    let weights = [(1.0 - a) * (1.0 - b), a * (1.0 - b), (1.0 - a) * b, a * b];
    [0, 1, 2].map(|d| (0..4).map(|corner| weights[corner] * corners[corner][d]).sum())
}
