//! Which triangles lie next to each other, and how a place in one is told in the next.

use super::corners::{minus, weights};

/// The side of a triangle across from one of its corners: what lies beyond it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Four times the triangle beyond it, plus which of that one's corners lies across from it;
    /// negative where there is none.
    pub next: i32,
    /// How much there is of the two corners after that one in the place of the corner from which the
    /// side is left: a place that is partly that corner is so much of theirs, and of the far corner
    /// what remains of one. Where there is no triangle, how much there is of the side's own two, after the
    /// corner across from it, in the place on it that is nearest to that corner.
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
        let &[(_, _, a, of_a), (_, _, b, of_b)] = both else {
            for &(_, _, triangle, corner) in both {
                sides[triangle][corner].share = foot(of(triangle), corner);
            }
            continue;
        };
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

/// How much of the two corners after one is in the place on their side that is nearest to it.
fn foot(corners: [[f64; 2]; 3], corner: usize) -> [f64; 2] {
    let [own, after, last] = [0, 1, 2].map(|step| corners[(corner + step) % 3]);
    let (way, along) = (minus(own, after), minus(last, after));
    let part = (way[0] * along[0] + way[1] * along[1]) / (along[0].powi(2) + along[1].powi(2));
    [1.0 - part, part]
}
