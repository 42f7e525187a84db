//! Fields of many levels on triangles.

use super::field::Fastest;
use super::{Field, Layers, Levels, MISSING, Triangles};

/// Lays out a snapshot: what lies above each other in a triangle follows each other, three corners to a
/// level.
///
/// # Panics
/// If planes are not as many as there are levels, or of other points than the mesh's.
pub(super) fn of_triangles(triangles: &Triangles, levels: &Levels, layers: Layers<'_>) -> Field {
    let points = triangles.point_count();
    let Layers { u, v, w, surface } = layers;
    for planes in [u, v] {
        assert_eq!(planes.len(), levels.data_levels() * points, "the data have all levels");
    }
    let of_level = |level: usize| level * points..(level + 1) * points;
    let depths = levels.depths(0..triangles.node_count(), surface);
    let count = levels.count();
    let mut nodes = vec![[0.0; 2]; 2 * 3 * triangles.count() * count];
    let (mut fastest, mut fastest_down) = (Fastest::default(), 0.0_f32);
    for (number, source) in levels.sources().enumerate() {
        let (u, v) = (&u[of_level(source.level)], &v[of_level(source.level)]);
        fastest.row(u, v);
        let rising = w.zip(levels.upward(number, source));
        let rising = rising.map(|(w, plane)| triangles.scalars_at_corners(&w[of_level(plane)]));
        let depth = levels.fixed().is_none().then(|| triangles.nodes_at_corners(&depths[number]));
        for (corner, velocity) in triangles.at_corners(u, v).into_iter().enumerate() {
            let down = match rising.as_ref().map(|rising| rising[corner]) {
                None | Some(MISSING) => 0.0,
                Some(up) => -up,
            };
            let depth = match (&depth, levels.fixed()) {
                (Some(depth), _) => depth[corner],
                (None, fixed) => fixed.map_or(0.0, |fixed| fixed[number] as f32),
            };
            fastest_down = fastest_down.max(down.abs());
            let first = 2 * (3 * (corner / 3 * count + number) + corner % 3);
            nodes[first] = velocity;
            nodes[first + 1] = [down, depth];
        }
    }
    Field { nodes, fastest: fastest.speed(), fastest_down }
}
