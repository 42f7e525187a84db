//! Which triangles lie next to each other, and how a place in one is told in the next.

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
/// A triangle and the ends of a side along which another lies on the same side of it.
pub(super) fn sides(
    places: &[[f64; 2]],
    corners: &[[u32; 3]],
) -> Result<Vec<[Side; 3]>, (usize, [u32; 2])> {
    // Each side of each triangle: its ends, the lesser first, and whether it is gone along from the
    // greater, which of two triangles with it only one does.
    let mut all: Vec<([u32; 2], bool, usize, usize)> = (corners.iter().enumerate())
        .flat_map(|(triangle, nodes)| {
            (0..3).map(move |corner| {
                let (from, to) = (nodes[(corner + 1) % 3], nodes[(corner + 2) % 3]);
                ([from.min(to), from.max(to)], from > to, triangle, corner)
            })
        })
        .collect();
    all.sort_unstable();
    let twice = all.windows(2).find(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1));
    if let Some(&[_, (nodes, _, triangle, _)]) = twice {
        return Err((triangle, nodes));
    }
    let of = |triangle: usize| corners[triangle].map(|node| places[node as usize]);
    let mut sides = vec![[Side { next: -1, share: [0.0; 2] }; 3]; corners.len()];
    for both in all.chunk_by(|a, b| a.0 == b.0) {
        let &[(_, _, a, of_a), (_, _, b, of_b)] = both else { continue };
        for ((triangle, corner), (next, far)) in [((a, of_a), (b, of_b)), ((b, of_b), (a, of_a))] {
            let shares = weights(of(next), of(triangle)[corner]);
            sides[triangle][corner] = Side {
                next: (4 * next + far) as i32,
                share: [shares[(far + 1) % 3], shares[(far + 2) % 3]],
            };
        }
    }
    Ok(sides)
}
