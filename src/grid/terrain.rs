//! Levels that follow the floor of the sea and its surface.

use std::sync::Arc;

/// How a level's number becomes a height, after the CF conventions, appendix D. `S` is between 0 at the
/// surface and -1 at the floor, `C` stretches it, `h` is the depth of the floor and `ζ` the height of
/// the surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Formula {
    /// `ocean_sigma_coordinate`: `z = ζ + S (h + ζ)`.
    Sigma,
    /// `ocean_s_coordinate_g1`: `z = S₀ + ζ (1 + S₀ / h)` with `S₀ = hc S + (h - hc) C`.
    First {
        /// The critical depth `hc` in metres.
        critical: f64,
    },
    /// `ocean_s_coordinate_g2`: `z = ζ + (ζ + h) (hc S + h C) / (hc + h)`.
    Second {
        /// The critical depth `hc` in metres.
        critical: f64,
    },
}

impl Formula {
    /// Height in metres, positive up, of a level at `s`, stretched to `c`.
    pub fn height(self, [s, c]: [f64; 2], floor: f64, surface: f64) -> f64 {
        match self {
            Self::Sigma => surface + s * (floor + surface),
            Self::First { critical } => {
                let at_rest = critical * s + (floor - critical) * c;
                at_rest + surface * (1.0 + at_rest / floor)
            }
            Self::Second { critical } => {
                surface + (surface + floor) * (critical * s + floor * c) / (critical + floor)
            }
        }
    }

    /// The depth of the floor and the height of the surface as far as levels can lie between them; of
    /// land, whose floor is not known, a shallow water's.
    pub fn water(self, floor: f64, surface: f64) -> [f64; 2] {
        // In shallower water, levels of the first formula lie below the floor: models have none.
        let shallowest = match self {
            Self::First { critical } => critical.max(SHALLOWEST),
            Self::Second { .. } => SHALLOWEST,
            Self::Sigma => -HIGHEST,
        };
        let floor =
            if floor.is_finite() { floor.max(shallowest) } else { shallowest.max(SHALLOWEST) };
        // Water that has run dry has a depth left for its levels to differ in.
        [floor, surface.max(SHALLOWEST / 2.0 - floor)]
    }
}

/// What keeps numbers from being levels that follow the floor.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TerrainError {
    /// Fewer than two.
    #[error(
        "motion in three dimensions needs two levels at least, and there is {0}: leave `vertical` out"
    )]
    TooFew(usize),
    /// A level that does not lie below the one before, or not between the surface and the floor.
    #[error("level {index} lies at {at}: levels go down from 0 at the surface to -1 at the floor")]
    NotDescending {
        /// Which of them, from 0 at the surface.
        index: usize,
        /// Where it lies.
        at: f64,
    },
    /// The same where levels lie elsewhere at each point.
    #[error(
        "level {index} lies at {at} at point {point}: levels go down from 0 at the surface to -1 at the floor"
    )]
    NotDescendingAt {
        /// Which of them, from 0 at the surface.
        index: usize,
        /// Where it lies.
        at: f64,
        /// At which point, from 0.
        point: usize,
    },
    /// No floor, or none deeper than the water can fall.
    #[error("the floor is nowhere below the surface")]
    NoFloor,
}

/// The shallowest water that is computed with, in metres: land has none, and its levels must differ.
const SHALLOWEST: f64 = 0.1;

/// The highest land that water ever reaches, in metres above its rest.
const HIGHEST: f64 = 10.0;

/// Where the floor is deepest.
fn deepest(floor: &[f32]) -> Result<f64, TerrainError> {
    let deepest = floor.iter().copied().filter(|floor| floor.is_finite()).fold(0.0, f32::max);
    if deepest > 0.0 { Ok(deepest.into()) } else { Err(TerrainError::NoFloor) }
}

/// Levels between the surface and the floor.
#[derive(Clone, Debug, PartialEq)]
pub struct Terrain {
    formula: Formula,
    /// Where each level of the data lies and what that is stretched to, from the uppermost; in the mean of
    /// all points where that differs from one to another.
    levels: Vec<[f64; 2]>,
    /// Where each level lies at each point, one level after the other, where that differs.
    of_points: Option<Arc<Vec<f32>>>,
    /// Depth of the floor in metres at each [point](super::Grid::floor_points); NaN where there is none.
    floor: Arc<Vec<f32>>,
    deepest: f64,
}

impl Terrain {
    /// Levels at `s`, from the uppermost, stretched to `c`, which [`Formula::Sigma`] does not use; the
    /// depth of the floor in metres, row by row.
    ///
    /// # Errors
    /// [`TerrainError`].
    ///
    /// # Panics
    /// If `c` has another length than `s`, and the formula uses it.
    pub fn new(
        formula: Formula,
        s: Vec<f64>,
        c: Vec<f64>,
        floor: Vec<f32>,
    ) -> Result<Self, TerrainError> {
        if s.len() < 2 {
            return Err(TerrainError::TooFew(s.len()));
        }
        let stretched = if formula == Formula::Sigma { s.clone() } else { c };
        assert_eq!(stretched.len(), s.len(), "each level is stretched");
        for along in [&s, &stretched] {
            for (index, &at) in along.iter().enumerate() {
                let is_below = index == 0 || at < along[index - 1];
                if !((-1.0..=0.0).contains(&at) && is_below) {
                    return Err(TerrainError::NotDescending { index, at });
                }
            }
        }
        let deepest = deepest(&floor)?;
        let levels = s.into_iter().zip(stretched).map(|(s, c)| [s, c]).collect();
        Ok(Self { formula, levels, of_points: None, floor: Arc::new(floor), deepest })
    }

    /// Levels after [`Formula::Sigma`] that lie elsewhere at each point, one level after the other from the
    /// uppermost.
    ///
    /// # Errors
    /// As for [`Terrain::new`].
    ///
    /// # Panics
    /// If there are other points of levels than of the floor.
    pub fn of_points(s: Arc<Vec<f32>>, floor: Vec<f32>) -> Result<Self, TerrainError> {
        let points = floor.len().max(1);
        assert!(s.len().is_multiple_of(points), "levels are known at each point");
        let count = s.len() / points;
        if count < 2 {
            return Err(TerrainError::TooFew(count));
        }
        for (number, &at) in s.iter().enumerate() {
            let (index, point) = (number / points, number % points);
            let is_below = index == 0 || at < s[number - points];
            if !((-1.0..=0.0).contains(&at) && is_below) {
                return Err(TerrainError::NotDescendingAt { index, at: at.into(), point });
            }
        }
        let mean =
            |level: &[f32]| level.iter().copied().map(f64::from).sum::<f64>() / points as f64;
        let levels = s.chunks_exact(points).map(|level| [mean(level); 2]).collect();
        let deepest = deepest(&floor)?;
        let (formula, floor) = (Formula::Sigma, Arc::new(floor));
        Ok(Self { formula, levels, of_points: Some(s), floor, deepest })
    }

    /// Levels of the data.
    pub fn levels(&self) -> usize {
        self.levels.len()
    }

    /// The depth of the floor in metres where it is deepest.
    pub fn deepest(&self) -> f64 {
        self.deepest
    }

    /// Points at which the depth of the floor is known.
    pub fn points(&self) -> usize {
        self.floor.len()
    }

    /// Bytes of memory that it takes, about.
    pub fn bytes(&self) -> u64 {
        let of_points = self.of_points.as_ref().map_or(0, |s| s.len());
        ((self.floor.len() + of_points) * size_of::<f32>()) as u64
    }

    /// How far down each level lies, from 0 at the surface to 1 at the floor; these two are the first and
    /// the last. Where that differs from point to point it is the mean.
    pub fn parts(&self) -> Vec<f64> {
        let own = self.levels.iter().map(|[s, _]| -s);
        std::iter::once(0.0).chain(own).chain([1.0]).collect()
    }

    /// Depths in metres, positive down, of the surface, of each level and of the floor at a point, where
    /// the surface lies `surface` metres above its rest.
    pub fn depths(&self, point: usize, surface: f64) -> impl Iterator<Item = f32> {
        let [floor, surface] = self.formula.water(self.floor[point].into(), surface);
        let ends = [[0.0, 0.0], [-1.0, -1.0]];
        let own = self.levels.iter().enumerate().map(move |(level, &mean)| match &self.of_points {
            Some(s) => [f64::from(s[level * self.floor.len() + point]); 2],
            None => mean,
        });
        let all = std::iter::once(ends[0]).chain(own).chain([ends[1]]);
        all.map(move |level| -self.formula.height(level, floor, surface) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMULAS: [Formula; 3] =
        [Formula::Sigma, Formula::First { critical: 5.0 }, Formula::Second { critical: 50.0 }];

    #[test]
    fn every_formula_goes_from_the_surface_to_the_floor() {
        for formula in FORMULAS {
            for (floor, surface) in [(100.0, 0.0), (30.0, 1.5), (30.0, -2.0)] {
                let top = formula.height([0.0, 0.0], floor, surface);
                let bottom = formula.height([-1.0, -1.0], floor, surface);
                assert!((top - surface).abs() < 1e-12, "{formula:?}: {top}");
                assert!((bottom + floor).abs() < 1e-12, "{formula:?}: {bottom}");
            }
        }
    }

    /// Heights computed by hand from the formulas of the conventions.
    #[test]
    fn heights_are_those_of_the_conventions() {
        let at = [-0.5, -0.25];
        assert_eq!(Formula::Sigma.height(at, 100.0, 2.0), 2.0 - 0.5 * 102.0);
        // S₀ = 10 × -0.5 + 90 × -0.25 = -27.5
        let first = Formula::First { critical: 10.0 }.height(at, 100.0, 2.0);
        assert!((first - (-27.5 + 2.0 * (1.0 - 0.275))).abs() < 1e-12, "{first}");
        // (10 × -0.5 + 100 × -0.25) / 110 = -30 / 110
        let second = Formula::Second { critical: 10.0 }.height(at, 100.0, 2.0);
        assert!((second - (2.0 - 102.0 * 30.0 / 110.0)).abs() < 1e-12, "{second}");
    }

    #[test]
    fn depths_ascend_everywhere_even_where_there_is_no_water() {
        let floor = vec![100.0, 0.0, f32::NAN, 3.0];
        let (s, c) = (vec![-0.1, -0.5, -0.9], vec![-0.02, -0.3, -0.85]);
        for formula in FORMULAS {
            let terrain = Terrain::new(formula, s.clone(), c.clone(), floor.clone()).unwrap();
            assert_eq!((terrain.deepest(), terrain.levels()), (100.0, 3));
            for (point, surface) in [(0, 1.0), (1, 0.0), (2, 0.5), (3, -3.5)] {
                let depths: Vec<f32> = terrain.depths(point, surface).collect();
                assert_eq!(depths.len(), 5);
                assert!(depths.is_sorted_by(|a, b| a < b), "{formula:?} {point}: {depths:?}");
            }
        }
    }

    #[test]
    fn what_are_no_levels_is_refused() {
        let refused = |s: &[f64], floor: f32| {
            Terrain::new(Formula::Sigma, s.to_vec(), vec![], vec![floor]).unwrap_err()
        };
        assert_eq!(refused(&[-0.5], 1.0), TerrainError::TooFew(1));
        let upside_down = refused(&[-0.7, -0.2], 1.0);
        assert_eq!(upside_down, TerrainError::NotDescending { index: 1, at: -0.2 });
        let percent = refused(&[-20.0, -70.0], 1.0);
        assert_eq!(percent, TerrainError::NotDescending { index: 0, at: -20.0 });
        assert_eq!(refused(&[-0.2, -0.7], f32::NAN), TerrainError::NoFloor);
    }
}
