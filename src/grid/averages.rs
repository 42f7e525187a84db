//! Values at the middles of faces as values at their corners: means over the faces around each node,
//! weighted so that they are exact where values change linearly (Holmes and Connell 1989, AIAA
//! 89-1932).

use super::corners::own_corners;
use super::field::MISSING;

/// The least weight of a face.
const LEAST: f64 = 0.1;

/// For each node, the faces around it and their weights.
#[derive(Debug)]
pub(super) struct Averages {
    /// Where a node's own begin, and where the last's end.
    first: Vec<u32>,
    faces: Vec<(u32, f32)>,
}

impl Averages {
    /// For nodes and middles of faces at these places, and faces as
    /// [`Triangles::new`](super::Triangles::new) has them.
    pub fn new(nodes: &[[f64; 2]], middles: &[[f64; 2]], faces: &[u32], width: usize) -> Self {
        let corners = || {
            let all = faces.chunks_exact(width).enumerate();
            all.flat_map(|(face, corners)| {
                own_corners(corners).iter().map(move |node| (face, node))
            })
        };
        let mut first = vec![0_u32; nodes.len() + 1];
        for (_, &node) in corners() {
            first[node as usize + 1] += 1;
        }
        for node in 0..nodes.len() {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut around = vec![(0_u32, 0.0_f32); first[nodes.len()] as usize];
        for (face, &node) in corners() {
            let place = &mut next[node as usize];
            around[*place as usize].0 = face as u32;
            *place += 1;
        }
        for (node, bounds) in first.windows(2).enumerate() {
            weigh(nodes[node], middles, &mut around[bounds[0] as usize..bounds[1] as usize]);
        }
        Self { first, faces: around }
    }

    /// The values at the nodes. Faces without one are left out; a node around which there is none has
    /// none.
    pub fn of<const N: usize>(&self, faces: &[[f32; N]]) -> Vec<[f32; N]> {
        let mean = |bounds: &[u32]| {
            let (mut sum, mut total) = ([0.0_f32; N], 0.0);
            for &(face, weight) in &self.faces[bounds[0] as usize..bounds[1] as usize] {
                let of_face = faces[face as usize];
                if of_face[0] != MISSING {
                    sum.iter_mut().zip(of_face).for_each(|(sum, value)| *sum += weight * value);
                    total += weight;
                }
            }
            if total > 0.0 { sum.map(|sum| sum / total) } else { [MISSING; N] }
        };
        self.first.windows(2).map(mean).collect()
    }

    pub fn bytes(&self) -> u64 {
        (size_of_val(&*self.first) + size_of_val(&*self.faces)) as u64
    }
}

/// Weighs the faces around a node.
fn weigh(node: [f64; 2], middles: &[[f64; 2]], around: &mut [(u32, f32)]) {
    let away = |face: u32| [0, 1].map(|d| middles[face as usize][d] - node[d]);
    let (mut sum, mut squares, mut product) = ([0.0; 2], [0.0; 2], 0.0);
    for &(face, _) in around.iter() {
        let [x, y] = away(face);
        sum = [sum[0] + x, sum[1] + y];
        squares = [squares[0] + x * x, squares[1] + y * y];
        product += x * y;
    }
    let determinant = squares[0] * squares[1] - product * product;
    // Around a corner of the mesh there may be one face, or two in a line.
    let is_spread = determinant > 1e-6 * squares[0] * squares[1];
    let slope = match is_spread {
        true => [
            (product * sum[1] - squares[1] * sum[0]) / determinant,
            (product * sum[0] - squares[0] * sum[1]) / determinant,
        ],
        false => [0.0; 2],
    };
    for (face, weight) in around {
        let [x, y] = away(*face);
        // As their authors have it, so that no value counts against itself; but all count, for the
        // others may be dry.
        *weight = (1.0 + slope[0] * x + slope[1] * y).clamp(LEAST, 2.0) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_linearly_is_exact_inside_and_dry_faces_do_not_count() {
        // A fan of uneven triangles around the origin.
        let rim: Vec<[f64; 2]> =
            [(0.0, 1.0), (1.1, 1.4), (2.0, 0.8), (3.1, 1.2), (4.4, 1.0), (5.3, 1.3)]
                .iter()
                .map(|&(angle, length): &(f64, f64)| [length * angle.cos(), length * angle.sin()])
                .collect();
        let nodes: Vec<[f64; 2]> = std::iter::once([0.0; 2]).chain(rim).collect();
        let faces: Vec<u32> = (0..6).flat_map(|k| [0, k + 1, (k + 1) % 6 + 1]).collect();
        let middles: Vec<[f64; 2]> = faces
            .chunks_exact(3)
            .map(|face| {
                [0, 1].map(|d| face.iter().map(|&n| nodes[n as usize][d]).sum::<f64>() / 3.0)
            })
            .collect();
        let averages = Averages::new(&nodes, &middles, &faces, 3);
        let linear = |[x, y]: [f64; 2]| [(3.0 + 2.0 * x - y) as f32, (1.0 - x + 4.0 * y) as f32];
        let mut values: Vec<[f32; 2]> = middles.iter().map(|&at| linear(at)).collect();
        let at_origin = averages.of(&values)[0];
        assert!(
            (at_origin[0] - 3.0).abs() < 1e-5 && (at_origin[1] - 1.0).abs() < 1e-5,
            "{at_origin:?}"
        );
        values[0] = [MISSING; 2];
        let without = averages.of(&values);
        assert!(without.iter().flatten().all(|value| value.abs() < 20.0), "{without:?}");
        assert_eq!(averages.of(&[[MISSING; 2]; 6])[1], [MISSING; 2]);
    }
}
