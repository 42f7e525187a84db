//! Levels at fixed depths.

/// What keeps depths from being levels.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LevelsError {
    /// Fewer than two.
    #[error(
        "motion in three dimensions needs two levels at least, and there is {0}: leave `vertical` out"
    )]
    TooFew(usize),
    /// A depth that is not a number, lies above the surface, or not below the one before.
    #[error(
        "level {index} lies at {depth} m: depths must ascend, from the surface or below it; leave `vertical` out and take one level"
    )]
    NotAscending {
        /// Which of them, from 0.
        index: usize,
        /// Its depth in metres.
        depth: f64,
    },
}

/// The depths of the nodes above each other, the same everywhere.
///
/// The surface is one of them: where the data begin below it, a level is added there that has the
/// horizontal velocity of the first, and no vertical one.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    depths: Vec<f64>,
    added_surface: bool,
}

impl Levels {
    /// Levels at these depths in metres, positive down, from the uppermost. They are rounded to f32, as
    /// engines know them.
    ///
    /// # Errors
    /// [`LevelsError`].
    pub fn new(mut depths: Vec<f64>) -> Result<Self, LevelsError> {
        if depths.len() < 2 {
            return Err(LevelsError::TooFew(depths.len()));
        }
        depths.iter_mut().for_each(|depth| *depth = f64::from(*depth as f32));
        for (index, &depth) in depths.iter().enumerate() {
            let is_below = index == 0 || depth > depths[index - 1];
            if !(depth.is_finite() && depth >= 0.0 && is_below) {
                return Err(LevelsError::NotAscending { index, depth });
            }
        }
        let added_surface = depths[0] > 0.0;
        if added_surface {
            depths.insert(0, 0.0);
        }
        Ok(Self { depths, added_surface })
    }

    /// Levels that a way up or down of so many metres leads past, at most.
    pub fn most_passed(&self, metres: f64) -> f64 {
        let thicknesses = self.depths().windows(2).map(|pair| pair[1] - pair[0]);
        let thinnest = thicknesses.fold(f64::INFINITY, f64::min);
        (metres / thinnest).ceil().min(self.depths().len() as f64)
    }

    /// Depths in metres, positive down, strictly ascending from 0; two at least.
    pub fn depths(&self) -> &[f64] {
        &self.depths
    }

    /// The depth of the last of them.
    pub fn lowest(&self) -> f64 {
        self.depths[self.depths.len() - 1]
    }

    /// Levels of the data themselves, without what was added.
    pub fn data_levels(&self) -> usize {
        self.depths.len() - usize::from(self.added_surface)
    }

    /// Which level of the data each of the levels has its horizontal velocity from; and whether it
    /// was added, and so has no vertical one.
    pub fn sources(&self) -> impl Iterator<Item = (usize, bool)> {
        let added = usize::from(self.added_surface);
        (0..self.depths.len()).map(move |level| (level.saturating_sub(added), level < added))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surface_is_a_level() {
        let below = Levels::new(vec![0.5, 2.0]).unwrap();
        assert_eq!(below.depths(), [0.0, 0.5, 2.0]);
        assert_eq!(below.data_levels(), 2);
        assert_eq!(below.sources().collect::<Vec<_>>(), [(0, true), (0, false), (1, false)]);
        let from_it = Levels::new(vec![0.0, 2.0]).unwrap();
        assert_eq!((from_it.depths().len(), from_it.data_levels()), (2, 2));
        assert_eq!(from_it.sources().collect::<Vec<_>>(), [(0, false), (1, false)]);
    }

    #[test]
    fn levels_are_those_that_engines_know() {
        let levels = Levels::new(vec![0.0, 5.7]).unwrap();
        assert_eq!(levels.lowest(), f64::from(5.7_f32));
        let same_in_f32 = vec![0.0, 512.0, 512.000_01];
        assert!(matches!(
            Levels::new(same_in_f32),
            Err(LevelsError::NotAscending { index: 2, .. })
        ));
    }

    #[test]
    fn depths_that_do_not_descend_are_refused() {
        assert_eq!(Levels::new(vec![5.0]), Err(LevelsError::TooFew(1)));
        for (depths, index) in [
            (vec![0.0, 2.0, 2.0], 2),
            (vec![-1.0, 2.0], 0),
            (vec![0.0, f64::NAN], 1),
            (vec![3.0, 2.0], 1),
        ] {
            let error = Levels::new(depths).unwrap_err();
            assert!(matches!(error, LevelsError::NotAscending { index: at, .. } if at == index));
        }
    }
}
