//! Land that comes and goes with the water.

use crate::grid::{Grid, MISSING, Region};

/// Takes velocities away where a mask of their time says that there is land: at the nodes of a region,
/// or through the faces of cells that are. The mask is in the middle of these, 1 for water if it
/// `is_water`, for land otherwise; nothing is known of what is [`MISSING`], which is land.
pub(super) fn close(
    grid: &Grid,
    region: &Region,
    is_water: bool,
    mask: &[f32],
    velocity: [&mut Vec<f32>; 2],
) {
    let is_land = |value: f32| value == MISSING || is_water != ((value - 1.0).abs() <= 0.5);
    let land: Vec<bool> = mask.iter().map(|&value| is_land(value)).collect();
    let closed = match grid.has_faces() {
        false => [land.clone(), land],
        true => faces(&land, [region.columns.len() - 1, region.rows.len() - 1]),
    };
    for (planes, closed) in velocity.into_iter().zip(closed) {
        for plane in planes.chunks_exact_mut(closed.len()) {
            for (value, _) in plane.iter_mut().zip(&closed).filter(|(_, closed)| **closed) {
                *value = MISSING;
            }
        }
    }
}

/// Whether each face between columns, and each between rows, has land on a side. Beyond the cells that
/// were read nothing is known, and they are as open as the one this side of them.
fn faces(land: &[bool], [columns, rows]: [usize; 2]) -> [Vec<bool>; 2] {
    let at = |i: usize, j: usize| land[j * columns + i];
    let either =
        |before: Option<bool>, after: Option<bool>| before == Some(true) || after == Some(true);
    let between_columns = (0..rows).flat_map(|j| {
        (0..=columns).map(move |i| {
            either(i.checked_sub(1).map(|i| at(i, j)), (i < columns).then(|| at(i, j)))
        })
    });
    let between_rows = (0..=rows).flat_map(|j| {
        (0..columns)
            .map(move |i| either(j.checked_sub(1).map(|j| at(i, j)), (j < rows).then(|| at(i, j))))
    });
    [between_columns.collect(), between_rows.collect()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Axis, Mesh};

    #[test]
    fn faces_next_to_land_are_closed() {
        // Three columns, two rows; land in the middle of the southern one.
        let [u, v] = faces(&[false, true, false, false, false, false], [3, 2]);
        let open = [[false, true, true, false], [false; 4]].concat();
        assert_eq!(u, open);
        assert_eq!(v, [[false, true, false], [false, true, false], [false; 3]].concat());
    }

    #[test]
    fn nodes_of_land_lose_their_velocity_on_every_level() {
        let axis = || Axis::new(vec![0.0, 1.0, 2.0]).unwrap();
        let grid = Grid::new(Mesh::Flat, axis(), axis()).unwrap();
        let region = Region { columns: 0..2, rows: 1..2 };
        let (mut u, mut v) = (vec![1.0; 4], vec![2.0; 4]);
        close(&grid, &region, true, &[0.0, 1.0], [&mut u, &mut v]);
        assert_eq!((u, v), (vec![MISSING, 1.0, MISSING, 1.0], vec![MISSING, 2.0, MISSING, 2.0]));
        let (mut u, mut v) = (vec![1.0; 2], vec![2.0; 2]);
        close(&grid, &region, false, &[0.0, MISSING], [&mut u, &mut v]);
        assert_eq!((u, v), (vec![1.0, MISSING], vec![2.0, MISSING]));
    }
}
