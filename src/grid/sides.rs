//! Which triangles lie next to each other, and how a place in one is told in the next.

use std::collections::HashMap;

use super::corners::weights;

/// The side of a triangle across from one of its corners: what lies beyond it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Four times the triangle beyond it, plus which of that one's corners lies across from it;
    /// negative where there is none.
    pub next: i32,
    /// How much there is of the two corners after that one in the place of the corner from which the
    /// side is left: a place that is partly that corner is so much of theirs, and of the far corner
    /// what remains of one.
    pub share: [f64; 2],
}

/// For each triangle, the side across from each of its corners.
///
/// # Errors
/// A triangle and the ends of its side that belongs to two others.
pub(super) fn sides(
    places: &[[f64; 2]],
    corners: &[[u32; 3]],
) -> Result<Vec<[Side; 3]>, (usize, [u32; 2])> {
    // What lies on either side of two nodes: a triangle and its corner across from them.
    let mut between: HashMap<[u32; 2], [Option<(usize, usize)>; 2]> = HashMap::new();
    for (triangle, nodes) in corners.iter().enumerate() {
        for corner in 0..3 {
            let (from, to) = (nodes[(corner + 1) % 3], nodes[(corner + 2) % 3]);
            let slot = &mut between.entry([from.min(to), from.max(to)]).or_default()
                [usize::from(from > to)];
            if slot.replace((triangle, corner)).is_some() {
                return Err((triangle, [from, to]));
            }
        }
    }
    let of = |triangle: usize| corners[triangle].map(|node| places[node as usize]);
    let mut sides = vec![[Side { next: -1, share: [0.0; 2] }; 3]; corners.len()];
    for both in between.into_values() {
        let [Some(a), Some(b)] = both else { continue };
        for ((triangle, corner), (next, far)) in [(a, b), (b, a)] {
            let shares = weights(of(next), of(triangle)[corner]);
            sides[triangle][corner] = Side {
                next: (4 * next + far) as i32,
                share: [shares[(far + 1) % 3], shares[(far + 2) % 3]],
            };
        }
    }
    Ok(sides)
}
