//! Rows and columns within polygons.

use super::ReleaseError;
use super::metric::{metres_per_x, metres_per_y, place_step, row_step};
use super::pattern::shorter_way;
use super::rows::{Row, Rows};
use crate::grid::Mesh;
use crate::scenario::{Layout, Spacing};

/// A ring of corners; the last may repeat the first.
pub(super) type Ring = Vec<[f64; 2]>;

/// An outer ring and its holes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Polygon {
    rings: Vec<Ring>,
}

fn fault(problem: impl Into<String>) -> ReleaseError {
    ReleaseError::Pattern { kind: "polygon", problem: problem.into() }
}

impl Polygon {
    /// A polygon of its rings, the outer one first.
    ///
    /// Sides are straight in longitude and latitude. On a sphere a side goes the shorter way round,
    /// so that one from 170 to -170 crosses the antimeridian; only a side of a whole circle, as
    /// along the edge of a map, is taken as it is written.
    pub(super) fn new(mesh: Mesh, mut rings: Vec<Ring>) -> Result<Self, ReleaseError> {
        if rings.is_empty() || rings.iter().any(|ring| ring.len() < 3) {
            return Err(fault("a ring has three corners at least"));
        }
        if matches!(mesh, Mesh::Sphere { .. }) {
            for ring in &mut rings {
                unwrap(ring)?;
            }
            let [west, east] = extent(&rings[0], 0);
            for hole in &mut rings[1..] {
                let [a, b] = extent(&*hole, 0);
                let circles = ((west + east - a - b) / 720.0).round();
                hole.iter_mut().for_each(|corner| corner[0] += 360.0 * circles);
            }
        }
        Ok(Self { rings })
    }

    /// The area in square metres, near enough for a first guess of a spacing.
    fn area(&self, mesh: Mesh) -> f64 {
        let [south, north] = extent(&self.rings[0], 1);
        let unit = metres_per_x(mesh, (south + north) / 2.0) * metres_per_y(mesh);
        let areas = self.rings.iter().map(|ring| {
            let twice: f64 = sides(ring).map(|[a, b]| (a[0] - b[0]) * (a[1] + b[1])).sum();
            (twice / 2.0).abs() * unit
        });
        areas.reduce(|outer, hole| outer - hole).unwrap_or(0.0)
    }

    /// Adds to each row, `dy` apart from `south` + `dy`/2, the stretches of it that lie inside:
    /// what has an odd number of sides west of it.
    fn add_stretches(&self, south: f64, dy: f64, rows: &mut [Vec<[f64; 2]>]) {
        let row_above =
            |y: f64| (((y - south) / dy - 0.5).ceil().max(0.0) as usize).min(rows.len());
        let [lowest, highest] = extent(&self.rings[0], 1).map(row_above);
        let mut crossings: Vec<Vec<f64>> = vec![Vec::new(); highest - lowest];
        for [a, b] in self.rings.iter().flat_map(sides) {
            let (low, high) = if a[1] < b[1] { (a, b) } else { (b, a) };
            // A hole that reaches out of its polygon is cut off with it.
            for index in row_above(low[1]).max(lowest)..row_above(high[1]).min(highest) {
                let y = south + (index as f64 + 0.5) * dy;
                let x = low[0] + (high[0] - low[0]) * (y - low[1]) / (high[1] - low[1]);
                crossings[index - lowest].push(x);
            }
        }
        for (row, mut crossings) in rows[lowest..highest].iter_mut().zip(crossings) {
            crossings.sort_by(f64::total_cmp);
            row.extend(crossings.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
        }
    }
}

/// Makes the longitudes of a ring continuous.
fn unwrap(ring: &mut Ring) -> Result<(), ReleaseError> {
    let start = ring[0][0];
    let (mut written, mut lon) = (start, start);
    for corner in &mut ring[1..] {
        lon += shorter_way(corner[0] - written);
        written = corner[0];
        corner[0] = lon;
    }
    if (lon + shorter_way(start - written) - start).abs() > 1e-6 {
        return Err(fault(
            "a ring goes round a pole: cut it at the antimeridian and close it along the pole, \
             from [180, -90] to [-180, -90] in the south",
        ));
    }
    Ok(())
}

/// The sides of a ring, the closing one included.
fn sides(ring: &Ring) -> impl Iterator<Item = [[f64; 2]; 2]> {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(&a, &b)| [a, b])
}

/// The least and the greatest x (0) or y (1).
fn extent<'a>(corners: impl IntoIterator<Item = &'a [f64; 2]>, axis: usize) -> [f64; 2] {
    corners.into_iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], corner| {
        [low.min(corner[axis]), high.max(corner[axis])]
    })
}

/// Places within polygons, of which a part may be left out evenly to meet a count.
#[derive(Clone, Debug)]
pub(super) struct Filled {
    rows: Rows,
    count: u64,
}

impl Filled {
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// The place of this number, from the south-west along each row; `hint` as in [`Rows::place`].
    pub(super) fn place(&self, index: u64, hint: &mut usize) -> [f64; 2] {
        let spread = u128::from(index) * u128::from(self.rows.len()) / u128::from(self.count);
        self.rows.place(spread as u64, hint)
    }
}

/// Fills the union of `polygons`.
///
/// By spacing, particles lie in the middle of cells of that size, counted from the south-western
/// corner of the box around all polygons. By count, the spacing in metres is sought that gives the
/// least number of places not below the count, and the few in excess are left out evenly.
pub(super) fn fill(
    mesh: Mesh,
    polygons: &[Polygon],
    layout: Layout,
) -> Result<Filled, ReleaseError> {
    let rows = match layout {
        Layout::Spacing(spacing) => lay_out(mesh, polygons, spacing)?,
        Layout::Count(count) => by_count(mesh, polygons, count)?,
    };
    let count = match layout {
        Layout::Spacing(_) => rows.len(),
        Layout::Count(count) => count,
    };
    if count == 0 {
        return Err(fault("no particle lies inside: make the spacing smaller"));
    }
    Ok(Filled { rows, count })
}

fn by_count(mesh: Mesh, polygons: &[Polygon], count: u64) -> Result<Rows, ReleaseError> {
    let area: f64 = polygons.iter().map(|polygon| polygon.area(mesh)).sum();
    let at = |metres: f64| lay_out(mesh, polygons, Spacing::Metres(metres));
    let mut enough = (area / count as f64).sqrt();
    if !(enough.is_finite() && enough > 0.0) {
        return Err(fault("it has no area"));
    }
    let mut best = at(enough)?;
    let mut tries = 0;
    while best.len() < count {
        tries += 1;
        if tries > 60 {
            return Err(fault("it has next to no area: use a line"));
        }
        enough *= 0.9;
        best = at(enough)?;
    }
    let mut too_wide = enough * 1.1;
    while at(too_wide)?.len() >= count {
        too_wide *= 1.1;
    }
    for _ in 0..24 {
        let middle = (enough + too_wide) / 2.0;
        let rows = at(middle)?;
        if rows.len() < count {
            too_wide = middle;
        } else {
            enough = middle;
            if rows.len() < best.len() {
                best = rows;
            }
        }
        if best.len() == count {
            break;
        }
    }
    Ok(best)
}

fn lay_out(mesh: Mesh, polygons: &[Polygon], spacing: Spacing) -> Result<Rows, ReleaseError> {
    let corners = || polygons.iter().flat_map(|polygon| &polygon.rings[0]);
    let ([west, _], [south, north]) = (extent(corners(), 0), extent(corners(), 1));
    let dy = row_step(mesh, spacing);
    let number = ((north - south) / dy).ceil().max(1.0);
    if number > Rows::MOST {
        return Err(fault(format!("{number} rows are too many: make the spacing larger")));
    }
    let mut stretches = vec![Vec::new(); number as usize];
    for polygon in polygons {
        polygon.add_stretches(south, dy, &mut stretches);
    }
    let mut rows = Rows::default();
    for (index, row) in stretches.into_iter().enumerate() {
        let y = south + (index as f64 + 0.5) * dy;
        let step = place_step(mesh, spacing, y);
        let place_from = |x: f64| ((x - west) / step - 0.5).ceil();
        for [start, end] in union(row) {
            let first = place_from(start);
            let count = place_from(end) - first;
            if count > super::MOST as f64 {
                return Err(fault("too many particles in a row: make the spacing larger"));
            }
            let west = west + (first + 0.5) * step;
            rows.push(Row { west, east: end, y, step, count: count as u64 });
        }
    }
    Ok(rows)
}

/// Stretches from west to east, those that overlap joined.
fn union(mut stretches: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    stretches.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut joined: Vec<[f64; 2]> = Vec::with_capacity(stretches.len());
    for [start, end] in stretches {
        match joined.last_mut() {
            Some(last) if start <= last[1] => last[1] = last[1].max(end),
            _ => joined.push([start, end]),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;
    use crate::grid::EARTH_RADIUS;

    const SPHERE: Mesh = Mesh::Sphere { radius: EARTH_RADIUS };

    fn square(west: f64, south: f64, size: f64) -> Ring {
        let (east, north) = (west + size, south + size);
        vec![[west, south], [east, south], [east, north], [west, north]]
    }

    fn places(filled: &Filled) -> Vec<[f64; 2]> {
        (0..filled.len()).map(|index| filled.place(index, &mut 0)).collect()
    }

    fn flat(rings: Vec<Ring>) -> Polygon {
        Polygon::new(Mesh::Flat, rings).unwrap()
    }

    #[test]
    fn a_hole_is_left_out() {
        let holed = flat(vec![square(0.0, 0.0, 10.0), square(4.0, 4.0, 2.0)]);
        let filled = fill(Mesh::Flat, &[holed], Layout::Spacing(Spacing::Metres(1.0))).unwrap();
        assert_eq!(filled.len(), 96);
        let in_hole = |&[x, y]: &[f64; 2]| (4.0..6.0).contains(&x) && (4.0..6.0).contains(&y);
        assert!(!places(&filled).iter().any(in_hole));
    }

    #[test]
    fn what_polygons_share_is_filled_once() {
        let both = [flat(vec![square(0.0, 0.0, 4.0)]), flat(vec![square(2.0, 0.0, 4.0)])];
        let filled = fill(Mesh::Flat, &both, Layout::Spacing(Spacing::Metres(1.0))).unwrap();
        assert_eq!(filled.len(), 24);
    }

    #[test]
    fn a_count_is_exact_and_spread_over_the_whole_area() {
        let triangle = flat(vec![vec![[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]]]);
        for count in [1, 2, 7, 100, 1234] {
            let filled =
                fill(Mesh::Flat, slice::from_ref(&triangle), Layout::Count(count)).unwrap();
            let places = places(&filled);
            assert_eq!(places.len() as u64, count);
            assert!(places.iter().all(|[x, y]| *x >= 0.0 && *y >= 0.0 && x + y <= 100.0));
        }
        let filled = fill(Mesh::Flat, &[triangle], Layout::Count(1234)).unwrap();
        let mean = places(&filled).iter().fold([0.0; 2], |[a, b], [x, y]| [a + x, b + y]);
        for sum in mean {
            assert!((sum / 1234.0 - 100.0 / 3.0).abs() < 0.5, "{mean:?}");
        }
    }

    #[test]
    fn a_side_crosses_the_antimeridian_the_shorter_way() {
        let ring = vec![[170.0, 0.0], [-170.0, 0.0], [-170.0, 10.0], [170.0, 10.0]];
        let hole = square(-176.0, 4.0, 2.0);
        let crossing = Polygon::new(SPHERE, vec![ring, hole]).unwrap();
        let filled = fill(SPHERE, &[crossing], Layout::Spacing(Spacing::Degrees(1.0))).unwrap();
        assert_eq!(filled.len(), 196);
        assert!(places(&filled).iter().all(|[x, _]| (170.0..190.0).contains(x)));
    }

    #[test]
    fn a_cap_is_filled_when_closed_along_the_pole_and_refused_when_not() {
        let mut ring: Ring = (-180..=180).step_by(30).map(|lon| [f64::from(lon), -60.0]).collect();
        assert!(Polygon::new(SPHERE, vec![ring[..12].to_vec()]).is_err());
        ring.extend([[180.0, -90.0], [-180.0, -90.0]]);
        let cap = Polygon::new(SPHERE, vec![ring]).unwrap();
        let filled = fill(SPHERE, &[cap], Layout::Spacing(Spacing::Degrees(10.0))).unwrap();
        assert_eq!(filled.len(), 3 * 36);
    }

    #[test]
    fn no_area_and_no_particles_are_refused() {
        let needle = flat(vec![vec![[0.0, 0.0], [5.0, 5.0], [10.0, 10.0]]]);
        assert!(fill(Mesh::Flat, &[needle], Layout::Count(5)).is_err());
        let small = flat(vec![square(0.0, 0.0, 1.0)]);
        let wide = Layout::Spacing(Spacing::Metres(50.0));
        assert!(fill(Mesh::Flat, &[small], wide).is_err());
    }
}
