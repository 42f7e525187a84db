//! Text on the canvas, in a font that the program brings along.

use std::sync::Once;

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, TextStyle, register_font};

/// The name under which the font is known to plotters, and the fonts that a viewer of an SVG is to
/// look for: Verdana's letters are as wide as DejaVu's.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Hands the fonts to plotters, which has none of its own.
fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        for (style, bytes) in
            [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())]
        {
            if register_font(FAMILY, style, bytes).is_err() {
                unreachable!("the font comes with the program: a test reads it")
            }
        }
    });
}

/// A style for text of this height in pixels, placed by this corner or side.
pub fn style(
    height: i32,
    weight: FontStyle,
    colour: RGBColor,
    at: (HPos, VPos),
) -> TextStyle<'static> {
    register();
    TextStyle {
        font: (FAMILY, height, weight).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(at.0, at.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_letters_of_different_widths() {
        let width = |text: &str| {
            let style = style(40, FontStyle::Normal, RGBColor(0, 0, 0), (HPos::Left, VPos::Top));
            style.font.layout_box(text).map(|(_, (right, _))| right).expect("the font is known")
        };
        assert!(width("WWW°") > width("iii°"));
    }
}
