//! Levels: where nodes lie above each other.

use super::{MISSING, Terrain};

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

/// The nodes above each other: at depths that are the same everywhere, or that follow the floor.
///
/// The surface is one of them: where the data begin below it, a level is added there that has the
/// horizontal velocity of the first. So is the floor where levels follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Fixed { depths: Vec<f64>, added_surface: bool },
    Following(Terrain),
}

/// Where a level has its velocity from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The level of the data, from the uppermost, that it has its horizontal velocity from.
    pub level: usize,
    /// Whether it is none of the data's own.
    pub is_added: bool,
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
        Ok(Self(Kind::Fixed { depths, added_surface }))
    }

    /// Levels between the surface and the floor, wherever those are.
    pub fn following(terrain: Terrain) -> Self {
        Self(Kind::Following(terrain))
    }

    /// Levels that a way up or down of so many metres leads past, at most.
    pub fn most_passed(&self, metres: f64) -> f64 {
        let count = self.count() as f64;
        match self.fixed() {
            None => count,
            Some(depths) => {
                let thicknesses = depths.windows(2).map(|pair| pair[1] - pair[0]);
                (metres / thicknesses.fold(f64::INFINITY, f64::min)).ceil().min(count)
            }
        }
    }

    /// Depths in metres, positive down, strictly ascending from 0; `None` where they differ from place to
    /// place.
    pub fn fixed(&self) -> Option<&[f64]> {
        match &self.0 {
            Kind::Fixed { depths, .. } => Some(depths),
            Kind::Following(_) => None,
        }
    }

    /// What says where levels lie that follow the floor.
    pub fn terrain(&self) -> Option<&Terrain> {
        match &self.0 {
            Kind::Fixed { .. } => None,
            Kind::Following(terrain) => Some(terrain),
        }
    }

    /// Whether the lowest of them is the floor, which nothing sinks through.
    pub fn reach_the_floor(&self) -> bool {
        self.terrain().is_some()
    }

    /// The depth in metres that no node is below.
    pub fn lowest(&self) -> f64 {
        match &self.0 {
            Kind::Fixed { depths, .. } => depths[depths.len() - 1],
            Kind::Following(terrain) => terrain.deepest(),
        }
    }

    /// How many there are; two at least.
    pub fn count(&self) -> usize {
        match &self.0 {
            Kind::Fixed { depths, .. } => depths.len(),
            Kind::Following(terrain) => terrain.levels() + 2,
        }
    }

    /// Levels of the data themselves, without what was added.
    pub fn data_levels(&self) -> usize {
        match &self.0 {
            Kind::Fixed { depths, added_surface } => depths.len() - usize::from(*added_surface),
            Kind::Following(terrain) => terrain.levels(),
        }
    }

    /// Which plane of an upward velocity one of them has, by its number from the surface: of one to each
    /// where they follow the floor, else of one to each of the data's. Nothing rises through what was added
    /// to those.
    pub(super) fn upward(&self, number: usize, source: Source) -> Option<usize> {
        match (self.reach_the_floor(), source.is_added) {
            (true, _) => Some(number),
            (false, true) => None,
            (false, false) => Some(source.level),
        }
    }

    /// Depths of each level at these points, those of a snapshot's in their order; none where they are the
    /// same everywhere.
    pub(super) fn depths(
        &self,
        points: impl Iterator<Item = usize>,
        surface: Option<&[f32]>,
    ) -> Vec<Vec<f32>> {
        let Some(terrain) = self.terrain() else { return Vec::new() };
        let mut depths = vec![Vec::with_capacity(points.size_hint().0); self.count()];
        for (index, point) in points.enumerate() {
            let height = surface.map_or(0.0, |surface| surface[index]);
            let height = if height == MISSING { 0.0 } else { height };
            for (level, depth) in depths.iter_mut().zip(terrain.depths(point, height.into())) {
                level.push(depth);
            }
        }
        depths
    }

    /// Where each of the levels has its velocity from, from the surface.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        let above = match &self.0 {
            Kind::Fixed { added_surface, .. } => usize::from(*added_surface),
            Kind::Following(_) => 1,
        };
        let own = self.data_levels();
        (0..self.count()).map(move |level| Source {
            level: level.saturating_sub(above).min(own - 1),
            is_added: level < above || level >= above + own,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Formula;
    use super::*;

    #[test]
    fn the_surface_is_a_level() {
        let below = Levels::new(vec![0.5, 2.0]).unwrap();
        let sources = |levels: &Levels| {
            levels.sources().map(|source| (source.level, source.is_added)).collect::<Vec<_>>()
        };
        assert_eq!(below.fixed(), Some(&[0.0, 0.5, 2.0][..]));
        assert_eq!(below.data_levels(), 2);
        assert_eq!(sources(&below), [(0, true), (0, false), (1, false)]);
        let from_it = Levels::new(vec![0.0, 2.0]).unwrap();
        assert_eq!((from_it.count(), from_it.data_levels()), (2, 2));
        assert_eq!(sources(&from_it), [(0, false), (1, false)]);
        let sigma = Formula::Sigma;
        let terrain = Terrain::new(sigma, vec![-0.25, -0.75], vec![], vec![30.0]).unwrap();
        let following = Levels::following(terrain);
        assert_eq!(following.count(), 4);
        assert_eq!(sources(&following), [(0, true), (0, false), (1, false), (1, true)]);
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
