//! Rows and columns in a box.

use super::ReleaseError;
use super::metric::{metres_per_x, metres_per_y, place_step, row_step};
use super::rows::{Row, Rows};
use crate::grid::Mesh;
use crate::scenario::{Layout, Spacing};

/// A part of a spacing that rounding may take from a box: a box of 1 holds 11 places 0.1 apart.
const ROUNDING: f64 = 1e-9;

/// Lays out the box between `x` (west, east) and `y` (south, north).
///
/// By `count`, the box is divided into as many cells, nearly square in metres, and particles start
/// at their centres, numbered from the south-west along the rows; where rows × columns exceed the
/// count, the last row is shorter. By `spacing`, they start at the south-western corner and every
/// spacing from there, ends included; in metres, each row has its own distance in degrees.
pub(super) fn lay_out(
    mesh: Mesh,
    x: [f64; 2],
    y: [f64; 2],
    layout: Layout,
) -> Result<Rows, ReleaseError> {
    let fault = |problem: String| ReleaseError::Pattern { kind: "grid", problem };
    let [west, mut east] = x;
    let [south, north] = y;
    if matches!(mesh, Mesh::Sphere { .. }) && east < west {
        east += 360.0;
    }
    let (width, height) = (east - west, north - south);
    if !(width >= 0.0 && height >= 0.0) {
        return Err(fault(format!(
            "the box from ({west}, {south}) to ({east}, {north}) is inside out: write the smaller \
             end first"
        )));
    }
    let circle = matches!(mesh, Mesh::Sphere { .. });
    if circle && width > 360.0 {
        return Err(fault(format!("its longitudes cover {width} degrees, more than a circle")));
    }
    match layout {
        Layout::Count(count) => {
            let middle = (south + north) / 2.0;
            let metres = [width * metres_per_x(mesh, middle), height * metres_per_y(mesh)];
            by_count([west, east], [south, north], metres, count).map_err(fault)
        }
        Layout::Spacing(spacing) => {
            let closed = circle && width == 360.0;
            by_spacing(mesh, [west, east], [south, north], closed, spacing).map_err(fault)
        }
    }
}

fn by_count(
    [west, east]: [f64; 2],
    [south, north]: [f64; 2],
    metres: [f64; 2],
    count: u64,
) -> Result<Rows, String> {
    let (width, height) = (east - west, north - south);
    let places = count as f64;
    let rows = if metres[0] > 0.0 && metres[1] > 0.0 {
        (places * metres[1] / metres[0]).sqrt().round().clamp(1.0, places)
    } else if height > 0.0 {
        places
    } else {
        1.0
    };
    if rows > Rows::MOST {
        return Err(format!("{rows} rows are too many: use a line or a wider box"));
    }
    let columns = count.div_ceil(rows as u64);
    // Fewer rows may do once the columns are whole.
    let rows = count.div_ceil(columns);
    let (dx, dy) = (width / columns as f64, height / rows as f64);
    let mut all = Rows::default();
    for row in 0..rows {
        all.push(Row {
            west: west + 0.5 * dx,
            east,
            y: south + (row as f64 + 0.5) * dy,
            step: dx,
            count: columns.min(count - row * columns),
        });
    }
    Ok(all)
}

fn by_spacing(
    mesh: Mesh,
    [west, east]: [f64; 2],
    [south, north]: [f64; 2],
    closed: bool,
    spacing: Spacing,
) -> Result<Rows, String> {
    let (width, height) = (east - west, north - south);
    let dy = row_step(mesh, spacing);
    let rows = (height / dy + ROUNDING).floor() + 1.0;
    if rows > Rows::MOST {
        return Err(format!("the spacing gives {rows} rows, which is too many: make it larger"));
    }
    let mut all = Rows::default();
    for row in 0..rows as u64 {
        // Rounding may carry the last row beyond its end.
        let y = (south + row as f64 * dy).min(north);
        let step = place_step(mesh, spacing, y);
        // On the whole circle the last meridian is the first.
        let columns = if closed {
            (width / step - ROUNDING).ceil().max(1.0)
        } else {
            (width / step + ROUNDING).floor() + 1.0
        };
        if columns > super::MOST as f64 {
            return Err(format!("the spacing gives {columns} places in a row: make it larger"));
        }
        // A row of one place may have an infinite step, and 0 × ∞ is no number.
        let step = if columns > 1.0 { step } else { 0.0 };
        all.push(Row { west, east, y, step, count: columns as u64 });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::EARTH_RADIUS;

    const SPHERE: Mesh = Mesh::Sphere { radius: EARTH_RADIUS };

    fn place(rows: &Rows, index: u64) -> [f64; 2] {
        rows.place(index, &mut 0)
    }

    fn places(rows: &Rows) -> Vec<[f64; 2]> {
        (0..rows.len()).map(|index| place(rows, index)).collect()
    }

    #[test]
    fn a_count_is_met_exactly_at_the_centres_of_nearly_square_cells() {
        let rows = lay_out(Mesh::Flat, [0.0, 3.0], [10.0, 12.0], Layout::Count(6)).unwrap();
        let expected =
            [[0.5, 10.5], [1.5, 10.5], [2.5, 10.5], [0.5, 11.5], [1.5, 11.5], [2.5, 11.5]];
        assert_eq!(places(&rows), expected);
        let rows = lay_out(Mesh::Flat, [0.0, 3.0], [0.0, 3.0], Layout::Count(7)).unwrap();
        assert_eq!(rows.len(), 7);
        // At 60 degrees north a degree of longitude is half as long.
        let rows = lay_out(SPHERE, [0.0, 2.0], [59.5, 60.5], Layout::Count(100)).unwrap();
        assert_eq!(place(&rows, 9)[1], place(&rows, 0)[1]);
        assert_ne!(place(&rows, 10)[1], place(&rows, 0)[1]);
    }

    #[test]
    fn a_spacing_starts_at_the_corner_and_includes_the_ends() {
        let spacing = Layout::Spacing(Spacing::Degrees(0.1));
        let rows = lay_out(SPHERE, [0.0, 1.0], [40.0, 40.2], spacing).unwrap();
        assert_eq!(rows.len(), 33);
        assert_eq!(place(&rows, 0), [0.0, 40.0]);
        assert!((place(&rows, 32)[0] - 1.0).abs() < 1e-12 && place(&rows, 32)[1] == 40.2);
        let metres = Layout::Spacing(Spacing::Metres(metres_per_y(SPHERE)));
        let rows = lay_out(SPHERE, [0.0, 4.0], [0.0, 60.0], metres).unwrap();
        assert_eq!(place(&rows, 1), [1.0, 0.0]);
        assert!((place(&rows, rows.len() - 1)[0] - 4.0).abs() < 1e-9, "two degrees at 60 north");
    }

    #[test]
    fn the_circle_repeats_no_meridian_and_a_pole_is_one_place() {
        let degree = Layout::Spacing(Spacing::Degrees(90.0));
        let rows = lay_out(SPHERE, [-180.0, 180.0], [0.0, 0.0], degree).unwrap();
        assert_eq!(places(&rows), [[-180.0, 0.0], [-90.0, 0.0], [0.0, 0.0], [90.0, 0.0]]);
        let metres = Layout::Spacing(Spacing::Metres(metres_per_y(SPHERE) * 90.0));
        let rows = lay_out(SPHERE, [0.0, 360.0], [0.0, 90.0], metres).unwrap();
        assert_eq!(place(&rows, 4), [0.0, 90.0]);
        assert_eq!(rows.len(), 5);
    }

    #[test]
    fn an_eastern_end_below_the_western_crosses_the_antimeridian() {
        let rows = lay_out(SPHERE, [170.0, -170.0], [0.0, 0.0], Layout::Count(2)).unwrap();
        assert_eq!(places(&rows), [[175.0, 0.0], [185.0, 0.0]]);
        assert!(lay_out(Mesh::Flat, [170.0, -170.0], [0.0, 0.0], Layout::Count(2)).is_err());
    }

    #[test]
    fn a_hundred_million_particles_are_a_few_thousand_rows() {
        let rows = lay_out(SPHERE, [-5.0, 5.0], [40.0, 45.0], Layout::Count(100_000_000)).unwrap();
        assert_eq!(rows.len(), 100_000_000);
        let [x, y] = place(&rows, 99_999_999);
        assert!((-5.0..5.0).contains(&x) && (44.9..45.0).contains(&y));
        let fine = Layout::Spacing(Spacing::Metres(1e-3));
        assert!(lay_out(SPHERE, [-5.0, 5.0], [40.0, 45.0], fine).is_err());
    }
}
