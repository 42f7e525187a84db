//! Three corners: what a place is among them, and how a face of more is cut into such.

use super::NO_CORNER;

/// The corners that a face has. Some files repeat one of them in place of those that it does not have.
pub(super) fn own_corners(face: &[u32]) -> &[u32] {
    let mut count = face.iter().position(|&node| node == NO_CORNER).unwrap_or(face.len());
    while count > 1 && (face[count - 1] == face[count - 2] || face[count - 1] == face[0]) {
        count -= 1;
    }
    &face[..count]
}

/// Which corner of a triangle is the nearest in its own measure: the one of which there is most.
pub fn nearest_corner([a, b]: [f64; 2]) -> usize {
    let first = 1.0 - a - b;
    if first >= a && first >= b {
        0
    } else if a >= b {
        1
    } else {
        2
    }
}

/// How much of each corner there is in a place; less than nothing of those that it lies away from.
pub(super) fn weights(corners: [[f64; 2]; 3], place: [f64; 2]) -> [f64; 3] {
    let [first, second, third] = corners;
    let whole = doubled_area(corners);
    [
        doubled_area([place, second, third]) / whole,
        doubled_area([first, place, third]) / whole,
        doubled_area([first, second, place]) / whole,
    ]
}

/// The nearest that are all of one sign, one in sum.
pub(super) fn held(weights: [f64; 3]) -> [f64; 3] {
    let positive = weights.map(|weight| weight.max(0.0));
    let sum: f64 = positive.iter().sum();
    positive.map(|weight| weight / sum)
}

pub(super) fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

/// Twice the area, positive where the corners are in counter-clockwise order.
pub(super) fn doubled_area([first, second, third]: [[f64; 2]; 3]) -> f64 {
    let (a, b) = (minus(second, first), minus(third, first));
    a[0] * b[1] - a[1] * b[0]
}

/// How far one of the corners is from the side across from it.
pub(super) fn height(corners: [[f64; 2]; 3], corner: usize) -> f64 {
    let [x, y] = minus(corners[(corner + 1) % 3], corners[(corner + 2) % 3]);
    doubled_area(corners) / x.hypot(y)
}

/// The triangles, counter-clockwise, that cuts from one corner of a face make of it; `None` where
/// they would not lie side by side.
pub(super) fn cut_from(
    first: usize,
    corners: &[u32],
    places: &[[f64; 2]],
) -> Option<Vec<[u32; 3]>> {
    let corner = |step: usize| corners[(first + step) % corners.len()];
    let fan = (1..corners.len() - 1).map(|step| [corner(0), corner(step), corner(step + 1)]);
    let triangles: Vec<[u32; 3]> = fan.collect();
    let area = |triangle: &[u32; 3]| doubled_area(triangle.map(|node| places[node as usize]));
    if triangles.iter().all(|triangle| area(triangle) > 0.0) {
        return Some(triangles);
    }
    let turned = triangles.iter().all(|triangle| area(triangle) < 0.0);
    turned.then(|| triangles.iter().map(|&[a, b, c]| [a, c, b]).collect())
}
