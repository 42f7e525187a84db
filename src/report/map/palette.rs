//! Colours that readers with any colour vision tell apart.

use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};
use plotters::style::{RGBAColor, RGBColor};

use super::raster::Rgb;
use crate::engine::Status;

pub const PAPER: Rgb = [255, 255, 255];
pub const SEA: Rgb = [246, 249, 251];
pub const LAND: Rgb = [201, 201, 198];
/// Land that the model does not know of.
pub const OTHER_LAND: Rgb = [226, 226, 222];
pub const INK: RGBColor = RGBColor(40, 40, 40);
pub const FAINT_INK: RGBColor = RGBColor(95, 95, 95);
pub const GRATICULE: RGBAColor = RGBAColor(60, 80, 100, 0.22);

/// The colour of a status, from the palette of Okabe and Ito.
pub fn status(status: Status) -> RGBColor {
    match status {
        Status::Pending => RGBColor(240, 228, 66),
        Status::Active => RGBColor(0, 114, 178),
        Status::Stranded => RGBColor(213, 94, 0),
        Status::LeftDomain => RGBColor(0, 158, 115),
        Status::OutOfTime => RGBColor(204, 121, 167),
        Status::AgedOut => RGBColor(86, 180, 233),
        Status::ReleasedOnLand => RGBColor(0, 0, 0),
    }
}

/// The colour of a density between 0, few, and 1, most: viridis, dark for many as ink on paper.
pub fn density(share: f64) -> Rgb {
    let RGBColor(r, g, b) = ViridisRGB.get_color(1.0 - share.clamp(0.0, 1.0));
    [r, g, b]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_darker() {
        let lightness = |share| {
            let [r, g, b] = density(share).map(f64::from);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let steps: Vec<f64> = (0..=20).map(|step| lightness(f64::from(step) / 20.0)).collect();
        assert!(steps.is_sorted_by(|a, b| a > b), "{steps:?}");
    }

    #[test]
    fn statuses_have_different_colours() {
        for a in Status::ALL {
            for b in Status::ALL {
                assert_eq!(a == b, status(a) == status(b), "{a:?} {b:?}");
            }
        }
    }
}
