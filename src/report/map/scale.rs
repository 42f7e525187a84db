//! Where on a map a kilometre is as long as its scale says.

use std::fmt;

use super::ticks;
use super::view::View;

/// How far a length in kilometres holds from west to east.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// On the whole map.
    Everywhere,
    /// At this latitude, in the middle of the map.
    At(f64),
    /// Nowhere that is worth saying.
    None,
}

/// Latitudes that a map may span before a length at its middle says little about it, in degrees.
const TALLEST: f64 = 60.0;

/// The latitude beyond which maps are wider than they ought to be; see
/// [`Extent::squeeze`](super::extent::Extent::squeeze).
const HIGHEST: f64 = 80.0;

/// By how much a length may differ between the middle and the edges before that is said.
const TOLERANCE: f64 = 0.05;

/// How far a length holds on this map.
pub fn scale_of(view: &View) -> Scale {
    let extent = &view.extent;
    let (south, north) = (extent.south, extent.south + extent.height);
    let middle = (south + north) / 2.0;
    if !view.sphere {
        return Scale::Everywhere;
    }
    if extent.height > TALLEST || middle.abs() > HIGHEST {
        return Scale::None;
    }
    let length = |latitude: f64| latitude.to_radians().cos();
    let differs = |latitude| (length(latitude) / length(middle) - 1.0).abs() > TOLERANCE;
    if differs(south) || differs(north) { Scale::At(middle) } else { Scale::Everywhere }
}

/// What follows a length.
impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(latitude) => write!(f, " at {}", ticks::latitude(*latitude, 1.0)),
            Self::Everywhere | Self::None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::map::extent::Extent;

    fn scale(south: f64, height: f64, sphere: bool) -> Scale {
        let extent = Extent { west: 0.0, south, width: 10.0, height };
        scale_of(&View { extent, sphere, origin: (0, 0), size: (100, 100) })
    }

    #[test]
    fn a_length_is_said_to_hold_where_it_does() {
        assert_eq!(scale(47.0, 2.0, true), Scale::Everywhere);
        assert_eq!(scale(42.0, 10.0, true), Scale::At(47.0));
        assert_eq!(scale(-80.0, 160.0, true), Scale::None);
        assert_eq!(scale(78.0, 10.0, true), Scale::None);
        assert_eq!(scale(0.0, 1e6, false), Scale::Everywhere);
        assert_eq!(format!("1 km{}", scale(-52.0, 10.0, true)), "1 km at 47°S");
    }
}
