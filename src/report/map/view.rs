//! Where a position lies on the canvas.

use super::extent::Extent;

/// A point of the canvas in its pixels, from the upper left corner.
pub type Pixel = (i32, i32);

/// The map's panel on the canvas, and what it shows.
#[derive(Clone, Debug)]
pub struct View {
    pub extent: Extent,
    /// Longitudes and latitudes, rather than metres.
    pub sphere: bool,
    /// Left and upper side of the panel.
    pub origin: Pixel,
    /// Width and height of the panel.
    pub size: (u32, u32),
}

impl View {
    /// Where a position lies, as a fraction of a pixel; for longitudes that of its images that is
    /// in the panel or to the east of it.
    pub fn project(&self, x: f64, y: f64) -> (f64, f64) {
        let mut east = x - self.extent.west;
        if self.sphere {
            east = east.rem_euclid(360.0);
        }
        let north = y - self.extent.south;
        (
            f64::from(self.origin.0) + east * self.pixels_per_x(),
            f64::from(self.origin.1 + self.size.1 as i32) - north * self.pixels_per_y(),
        )
    }

    /// The pixel of a position; `None` far outside the panel, where nothing needs drawing.
    pub fn near(&self, x: f64, y: f64) -> Option<Pixel> {
        let (px, py) = self.project(x, y);
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        let (from_left, from_top) = (px - f64::from(self.origin.0), py - f64::from(self.origin.1));
        let near = (-width..2.0 * width).contains(&from_left)
            && (-height..2.0 * height).contains(&from_top);
        near.then(|| (px.floor() as i32, py.floor() as i32))
    }

    /// The pixel of a position within the panel, its eastern and southern edge included.
    pub fn within(&self, x: f64, y: f64) -> Option<Pixel> {
        let (px, py) = self.near(x, y)?;
        let (right, bottom) = (self.right(), self.bottom());
        let within =
            (self.origin.0..=right).contains(&px) && (self.origin.1..=bottom).contains(&py);
        within.then(|| (px.min(right - 1), py.min(bottom - 1)))
    }

    /// Whether two positions lie on both sides of the map's seam, so that a line between them would
    /// run across the whole map.
    pub fn torn(&self, a: Pixel, b: Pixel) -> bool {
        self.sphere && f64::from((a.0 - b.0).abs()) > 180.0 * self.pixels_per_x()
    }

    /// Longitude or x in the middle of a column of pixels.
    pub fn x_of(&self, column: u32) -> f64 {
        self.extent.west + (f64::from(column) + 0.5) / self.pixels_per_x()
    }

    /// Latitude or y in the middle of a row of pixels.
    pub fn y_of(&self, row: u32) -> f64 {
        self.extent.south + self.extent.height - (f64::from(row) + 0.5) / self.pixels_per_y()
    }

    /// One past the last column.
    pub fn right(&self) -> i32 {
        self.origin.0 + self.size.0 as i32
    }

    /// One past the last row.
    pub fn bottom(&self) -> i32 {
        self.origin.1 + self.size.1 as i32
    }

    /// Width and height of so many pixels, in degrees or metres.
    pub fn size_of(&self, pixels: u32) -> [f64; 2] {
        [self.pixels_per_x(), self.pixels_per_y()].map(|scale| f64::from(pixels) / scale)
    }

    /// Metres that a pixel is wide in the middle of the map.
    pub fn metres_per_pixel(&self, radius: f64) -> f64 {
        let metres_per_x =
            if self.sphere { radius.to_radians() * self.extent.squeeze(true) } else { 1.0 };
        metres_per_x / self.pixels_per_x()
    }

    fn pixels_per_x(&self) -> f64 {
        f64::from(self.size.0) / self.extent.width
    }

    fn pixels_per_y(&self) -> f64 {
        f64::from(self.size.1) / self.extent.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacific() -> View {
        View {
            extent: Extent { west: 170.0, south: -10.0, width: 20.0, height: 20.0 },
            sphere: true,
            origin: (100, 50),
            size: (200, 200),
        }
    }

    #[test]
    fn positions_beyond_the_antimeridian_are_to_the_east() {
        assert_eq!(pacific().within(175.0, 0.0), Some((150, 150)));
        assert_eq!(pacific().within(-175.0, 0.0), Some((250, 150)));
    }

    #[test]
    fn pixels_and_positions_are_inverses() {
        let view = pacific();
        for (column, row) in [(0, 0), (57, 133), (199, 199)] {
            let pixel = view.within(view.x_of(column), view.y_of(row));
            assert_eq!(pixel, Some((column as i32 + 100, row as i32 + 50)));
        }
    }

    #[test]
    fn edges_belong_to_the_panel_and_the_rest_does_not() {
        let view = pacific();
        assert_eq!(view.within(190.0, -10.0), Some((299, 249)));
        assert_eq!(view.within(191.0, 0.0), None);
        assert_eq!(view.near(0.0, 0.0), None);
    }

    #[test]
    fn a_step_over_the_seam_tears() {
        let globe = View {
            extent: Extent { west: -180.0, south: -90.0, width: 360.0, height: 180.0 },
            ..pacific()
        };
        let [a, b, c] = [179.0, -179.0, -170.0].map(|x| globe.within(x, 0.0).expect("within"));
        assert!(globe.torn(a, b));
        assert!(!globe.torn(b, c));
    }
}
