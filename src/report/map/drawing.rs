//! What a drawing can be, and what is told of one.

use std::path::Path;

use serde::Serialize;

use super::MapError;
use super::gather::MOST_LINES;

/// The kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Pixels.
    Png,
    /// Lines and letters, over one embedded picture of land and density.
    Svg,
}

impl Format {
    /// By the ending of a file's name.
    ///
    /// # Errors
    /// [`MapError::Ending`] for any other than `.png` and `.svg`.
    pub fn of(path: &Path) -> Result<Self, MapError> {
        match path.extension().map(|ending| ending.to_ascii_lowercase()) {
            Some(ending) if ending == "png" => Ok(Self::Png),
            Some(ending) if ending == "svg" => Ok(Self::Svg),
            _ => Err(MapError::Ending(path.to_owned())),
        }
    }
}

/// How the particles are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// The path of each, with where it was released and where it ended.
    Lines,
    /// Faint paths of some, and where each ended.
    Points,
    /// How many ended where.
    Density,
}

/// Beyond this many, dots would hide one another and an SVG would be too large.
const MOST_POINTS: u64 = 50_000;

impl Detail {
    /// What suits this many particles.
    pub fn suited_to(particles: u64) -> Self {
        if particles <= MOST_LINES {
            Self::Lines
        } else if particles <= MOST_POINTS {
            Self::Points
        } else {
            Self::Density
        }
    }
}

/// Final positions on a map and beyond it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Within the map's frame.
    pub shown: u64,
    /// Outside it.
    pub beyond: u64,
}

/// A map that was drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drawing {
    /// The picture as a file.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// How the particles were drawn.
    pub detail: Detail,
    /// Particles with at least one position.
    pub particles: u64,
    /// Where their final positions are.
    pub counts: Counts,
    /// West, south, east and north of what the map shows; east beyond 180 across the antimeridian.
    pub extent: [f64; 4],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_follows_the_number_of_particles() {
        let details = [1, 2_000, 2_001, 50_000, 50_001, 10_000_000].map(Detail::suited_to);
        use Detail::{Density, Lines, Points};
        assert_eq!(details, [Lines, Lines, Points, Points, Density, Density]);
    }

    #[test]
    fn the_format_follows_the_ending() {
        assert_eq!(Format::of(Path::new("a/b.PNG")).ok(), Some(Format::Png));
        assert_eq!(Format::of(Path::new("b.svg")).ok(), Some(Format::Svg));
        assert!(matches!(Format::of(Path::new("b.pdf")), Err(MapError::Ending(_))));
    }
}
