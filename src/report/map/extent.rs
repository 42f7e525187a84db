//! How much of the world a map shows.

/// The longitudes that have been visited, on the circle.
pub struct Longitudes {
    /// Lowest and highest longitude in [0, 360) seen in each sector.
    sectors: Vec<[f64; 2]>,
}

const SECTORS: usize = 720;

/// Where the widest gap between visited longitudes is narrower than this, in degrees, the map shows
/// the whole circle.
const NARROWEST_GAP: f64 = 30.0;

impl Default for Longitudes {
    fn default() -> Self {
        Self { sectors: vec![[f64::INFINITY, f64::NEG_INFINITY]; SECTORS] }
    }
}

impl Longitudes {
    pub fn add(&mut self, longitude: f64) {
        let longitude = longitude.rem_euclid(360.0);
        // A tiny negative number has the remainder 360 in floating point.
        let sector = ((longitude * (SECTORS as f64 / 360.0)) as usize).min(SECTORS - 1);
        let [low, high] = &mut self.sectors[sector];
        *low = low.min(longitude);
        *high = high.max(longitude);
    }

    /// West and east end: the circle without its widest empty gap. West lies in [-180, 180), and
    /// east lies beyond 180 where the range straddles the antimeridian.
    pub fn range(&self) -> [f64; 2] {
        let visited: Vec<[f64; 2]> =
            self.sectors.iter().copied().filter(|[low, high]| low <= high).collect();
        let mut widest = (f64::NEG_INFINITY, [-180.0, 180.0]);
        for (index, &[low, _]) in visited.iter().enumerate() {
            let before = visited[(index + visited.len() - 1) % visited.len()][1];
            let gap = if index == 0 { low + 360.0 - before } else { low - before };
            if gap > widest.0 {
                let west = if low >= 180.0 { low - 360.0 } else { low };
                widest = (gap, [west, west + 360.0 - gap]);
            }
        }
        if widest.0 < NARROWEST_GAP { [-180.0, 180.0] } else { widest.1 }
    }
}

/// What the map shows, in degrees or metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    pub west: f64,
    pub south: f64,
    /// Width in degrees of longitude or metres.
    pub width: f64,
    /// Height in degrees of latitude or metres.
    pub height: f64,
}

/// Share of the larger side that is left free around the positions.
const MARGIN: f64 = 0.05;

/// Width over height of the narrowest and the widest map, on paper.
const SHAPES: [f64; 2] = [0.85, 2.1];

impl Extent {
    /// The given west, south, east and north; a west beyond the east crosses the antimeridian.
    pub fn given([west, south, east, north]: [f64; 4], sphere: bool) -> Option<Self> {
        let width = if sphere && east < west { east + 360.0 - west } else { east - west };
        let extent = Self { west, south, width, height: north - south };
        let within = !sphere || (width <= 360.0 && south >= -90.0 && north <= 90.0);
        let real = [west, south, width, extent.height].into_iter().all(f64::is_finite);
        (real && within && width > 0.0 && extent.height > 0.0).then_some(extent)
    }

    /// All of the bounds with a margin, and of a sensible shape.
    pub fn around([west, south, east, north]: [f64; 4], sphere: bool) -> Self {
        let smallest = if sphere { 0.05 } else { 100.0 };
        let margin = ((east - west).max(north - south) * MARGIN).max(smallest);
        let mut extent = Self {
            west: west - margin,
            south: south - margin,
            width: east - west + 2.0 * margin,
            height: north - south + 2.0 * margin,
        };
        extent.keep_on(sphere);
        extent.shaped(sphere)
    }

    /// The same and more, so that the map is neither a ribbon nor a tower.
    pub fn shaped(mut self, sphere: bool) -> Self {
        let shape = self.shape(sphere);
        if shape < SHAPES[0] {
            self.widen(self.width * SHAPES[0] / shape);
        } else if shape > SHAPES[1] {
            self.heighten(self.height * shape / SHAPES[1]);
        }
        self.keep_on(sphere);
        self
    }

    /// West, south, east and north end.
    pub fn bounds(&self) -> [f64; 4] {
        [self.west, self.south, self.west + self.width, self.south + self.height]
    }

    /// Width over height on paper: a degree of longitude is as long as it is in the middle of the
    /// map.
    pub fn shape(&self, sphere: bool) -> f64 {
        self.width * self.squeeze(sphere) / self.height
    }

    /// How long a unit of x is in units of y, in the middle of the map. Bounded near the poles,
    /// where a plain map of longitude and latitude has no good shape.
    pub fn squeeze(&self, sphere: bool) -> f64 {
        if sphere { (self.south + self.height / 2.0).to_radians().cos().max(0.15) } else { 1.0 }
    }

    fn widen(&mut self, width: f64) {
        self.west -= (width - self.width) / 2.0;
        self.width = width;
    }

    fn heighten(&mut self, height: f64) {
        self.south -= (height - self.height) / 2.0;
        self.height = height;
    }

    /// No wider than the circle, and not beyond the poles.
    fn keep_on(&mut self, sphere: bool) {
        if !sphere {
            return;
        }
        if self.width > 360.0 {
            self.widen(360.0);
        }
        let north = (self.south + self.height).min(90.0);
        self.south = self.south.max(-90.0);
        self.height = north - self.south;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(longitudes: &[f64]) -> [f64; 2] {
        let mut seen = Longitudes::default();
        longitudes.iter().for_each(|&longitude| seen.add(longitude));
        seen.range()
    }

    #[test]
    fn the_range_is_the_shortest_that_holds_all() {
        assert_eq!(range(&[-10.0, 5.0, 2.0]), [-10.0, 5.0]);
        assert_eq!(range(&[350.0, 5.0]), [-10.0, 5.0]);
        assert_eq!(range(&[178.0, -179.0, 179.0]), [178.0, 181.0]);
        assert_eq!(range(&[12.0]), [12.0, 12.0]);
        assert_eq!(range(&[-1e-18])[0].rem_euclid(360.0).min(1.0), 0.0);
    }

    #[test]
    fn positions_all_around_show_the_whole_circle() {
        let all: Vec<f64> = (0..36).map(|i| f64::from(i) * 10.0).collect();
        assert_eq!(range(&all), [-180.0, 180.0]);
    }

    #[test]
    fn an_extent_has_a_margin_and_a_sensible_shape() {
        let narrow = Extent::around([0.0, 40.0, 0.1, 50.0], true);
        assert!((narrow.shape(true) - SHAPES[0]).abs() < 1e-9, "{narrow:?}");
        assert!(narrow.west < 0.0 && narrow.south < 40.0);
        let flat = Extent::around([0.0, 0.0, 1000.0, 1000.0], false);
        assert_eq!(flat.shape(false), 1.0);
    }

    #[test]
    fn an_extent_stays_on_the_sphere() {
        let globe = Extent::around([-180.0, -89.0, 180.0, 89.0], true);
        assert_eq!(
            (globe.west, globe.south, globe.width, globe.height),
            (-180.0, -90.0, 360.0, 180.0)
        );
    }

    #[test]
    fn impossible_extents_are_refused() {
        assert!(Extent::given([170.0, -10.0, -170.0, 10.0], true).is_some_and(|e| e.width == 20.0));
        assert_eq!(Extent::given([10.0, 0.0, 0.0, 1.0], false), None);
        assert_eq!(Extent::given([0.0, 0.0, 1.0, 91.0], true), None);
        assert_eq!(Extent::given([0.0, 0.0, f64::NAN, 1.0], true), None);
    }
}
