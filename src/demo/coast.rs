//! The made-up coastline: how far from the shore a point of the sea lies.

/// About how far the point lies from the nearest coast, in km: positive at sea, negative on land.
/// `x` and `y` are km east and north of the middle of the sea.
pub fn offshore(x: f64, y: f64) -> f64 {
    [
        eastern_shore(x, y),
        northern_shore(x, y),
        peninsula(x, y),
        island(x, y, [-330.0, 190.0], [75.0, 42.0], 0.5),
        island(x, y, [-200.0, -400.0], [38.0, 60.0], -0.3),
    ]
    .into_iter()
    .reduce(smooth_min)
    .expect("the coast has parts")
}

/// The long coast in the east, with a wide bay in its south and small ones along it.
fn eastern_shore(x: f64, y: f64) -> f64 {
    let shore = 430.0
        + 90.0 * (y / 190.0 + 0.4).sin()
        + 32.0 * (y / 63.0 + 1.0).sin()
        + 12.0 * (y / 27.0).sin();
    let slope = 90.0 / 190.0 * (y / 190.0 + 0.4).cos() + 32.0 / 63.0 * (y / 63.0 + 1.0).cos();
    (shore - x) / slope.hypot(1.0)
}

/// The coast in the north, rising to the north-west.
fn northern_shore(x: f64, y: f64) -> f64 {
    let shore = 560.0 - 0.12 * x + 55.0 * (x / 140.0).sin() + 22.0 * (x / 51.0 + 2.0).sin();
    let slope = -0.12 + 55.0 / 140.0 * (x / 140.0).cos() + 22.0 / 51.0 * (x / 51.0 + 2.0).cos();
    (shore - y) / slope.hypot(1.0)
}

/// A cape that reaches west from the eastern shore and narrows towards its head.
fn peninsula(x: f64, y: f64) -> f64 {
    let (root, head) = ([560.0, -150.0], [110.0, -60.0]);
    let axis = [head[0] - root[0], head[1] - root[1]];
    let along = (((x - root[0]) * axis[0] + (y - root[1]) * axis[1])
        / (axis[0] * axis[0] + axis[1] * axis[1]))
        .clamp(0.0, 1.0);
    let away = (x - root[0] - along * axis[0]).hypot(y - root[1] - along * axis[1]);
    let width = 105.0 - 65.0 * along + 9.0 * (x / 19.0).sin();
    away - width
}

/// An ellipse with these half-axes in km, turned by `angle` radians, its shore a little ragged.
fn island(x: f64, y: f64, middle: [f64; 2], half_axes: [f64; 2], angle: f64) -> f64 {
    let (east, north) = (x - middle[0], y - middle[1]);
    let (sin, cos) = angle.sin_cos();
    let (a, b) =
        ((east * cos + north * sin) / half_axes[0], (north * cos - east * sin) / half_axes[1]);
    let ragged = 1.0 + 0.10 * (5.0 * b.atan2(a) + 1.0).sin();
    (a.hypot(b) - ragged) * half_axes[0].min(half_axes[1])
}

/// The smaller of the two, with the crease between them rounded over 25 km, so that the flow that
/// follows the coast turns its corners.
fn smooth_min(a: f64, b: f64) -> f64 {
    let round = (1.0 - (a - b).abs() / 25.0).max(0.0);
    a.min(b) - round * round * 25.0 / 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sea_is_open_in_the_south_west_and_closed_in_the_north_east() {
        assert!(offshore(-700.0, -700.0) > 200.0);
        assert!(offshore(700.0, 700.0) < -50.0);
    }

    #[test]
    fn the_islands_and_the_peninsula_are_land_within_sea() {
        for [x, y] in [[-330.0, 190.0], [-200.0, -400.0], [150.0, -70.0]] {
            assert!(offshore(x, y) < -10.0, "({x}, {y}) is land");
            assert!(offshore(x - 130.0, y) > 0.0, "({x}, {y}) has sea to its west");
        }
    }

    #[test]
    fn the_smooth_minimum_is_the_minimum_away_from_the_crease() {
        assert_eq!(smooth_min(10.0, 50.0), 10.0);
        assert!(smooth_min(10.0, 10.0) < 10.0);
    }
}
