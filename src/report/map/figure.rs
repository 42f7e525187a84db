//! The layer of a map that is made of lines, dots and letters.

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{
    Circle, DrawingArea, DrawingBackend, PathElement, RGBColor, Rectangle, Text,
};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, FontStyle};

use super::gather::Gathered;
use super::layout::Layout;
use super::view::Pixel;
use super::{Detail, Map, axes, land, legend, palette, text};
use crate::engine::Status;

pub type Failure<DB> = DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>;

/// Everything that a figure shows.
pub struct Figure<'a> {
    pub map: &'a Map,
    pub layout: &'a Layout,
    pub detail: Detail,
    pub particles: u64,
    /// Final observations by status code.
    pub finals: [u64; Status::ALL.len()],
    /// Whether each particle's first position is that of its release.
    pub from_release: bool,
    /// Whose land the layer of pixels shows.
    pub land: land::Shown,
    pub gathered: &'a Gathered,
}

impl Figure<'_> {
    /// Draws over the pixels' layer.
    pub fn draw<DB: DrawingBackend>(
        &self,
        root: &DrawingArea<DB, Shift>,
    ) -> Result<(), Failure<DB>> {
        axes::graticule(root, self.layout)?;
        self.lines(root)?;
        match self.detail {
            Detail::Lines => self.start_rings(root)?,
            Detail::Points | Detail::Density => self.start_outline(root)?,
        }
        self.ends(root)?;
        self.margins(root)?;
        axes::labels(root, self.layout)?;
        self.titles(root)?;
        legend::draw(root, self)?;
        root.present()
    }

    /// How transparent the lines are: few are seen each, many by where they are dense.
    pub fn line_opacity(&self) -> f64 {
        match self.detail {
            Detail::Lines if self.particles <= 200 => 0.75,
            Detail::Lines => 0.45,
            Detail::Points | Detail::Density => 0.15,
        }
    }

    /// The radius of a dot in pixels.
    pub fn dot(&self) -> i32 {
        let nominal = match self.detail {
            Detail::Lines if self.particles <= 200 => 4.5,
            Detail::Lines => 3.0,
            Detail::Points | Detail::Density => 1.5,
        };
        self.layout.pixels(nominal).max(1)
    }

    fn lines<DB: DrawingBackend>(&self, root: &DrawingArea<DB, Shift>) -> Result<(), Failure<DB>> {
        let width = self.layout.stroke(1.3);
        for line in self.gathered.lines.values() {
            let colour = palette::status(line.status.unwrap_or(Status::Active));
            let style = colour.mix(self.line_opacity()).stroke_width(width);
            for piece in line.pieces.iter().filter(|piece| piece.len() > 1) {
                for stroke in strokes(piece) {
                    root.draw(&PathElement::new(stroke, style))?;
                }
            }
        }
        Ok(())
    }

    fn start_rings<DB: DrawingBackend>(
        &self,
        root: &DrawingArea<DB, Shift>,
    ) -> Result<(), Failure<DB>> {
        for start in self.gathered.lines.values().filter_map(|line| line.start) {
            self.start_ring(root, start)?;
        }
        Ok(())
    }

    pub fn start_ring<DB: DrawingBackend>(
        &self,
        root: &DrawingArea<DB, Shift>,
        at: Pixel,
    ) -> Result<(), Failure<DB>> {
        let radius = self.dot();
        root.draw(&Circle::new(at, radius, RGBColor(255, 255, 255).filled()))?;
        let line = palette::INK.stroke_width(self.layout.stroke(1.0));
        root.draw(&Circle::new(at, radius, line))
    }

    /// A line around all first positions.
    fn start_outline<DB: DrawingBackend>(
        &self,
        root: &DrawingArea<DB, Shift>,
    ) -> Result<(), Failure<DB>> {
        let mut outline = convex_hull(
            self.gathered.starts.iter().flat_map(|(&y, &[left, right])| [(left, y), (right, y)]),
        );
        outline.extend(outline.first().copied());
        root.draw(&PathElement::new(outline, self.outline_style()))
    }

    pub fn outline_style(&self) -> plotters::style::ShapeStyle {
        palette::INK.mix(0.6).stroke_width(self.layout.stroke(1.5))
    }

    fn ends<DB: DrawingBackend>(&self, root: &DrawingArea<DB, Shift>) -> Result<(), Failure<DB>> {
        let mut ends: Vec<_> = self.gathered.ends.iter().copied().collect();
        // In a fixed order, and what has finished above what still moves.
        ends.sort_unstable_by_key(|&(pixel, status)| (status, pixel));
        for (at, status) in ends {
            root.draw(&Circle::new(at, self.dot(), palette::status(status).filled()))?;
        }
        Ok(())
    }

    /// Clears what reaches out of the panel.
    fn margins<DB: DrawingBackend>(
        &self,
        root: &DrawingArea<DB, Shift>,
    ) -> Result<(), Failure<DB>> {
        let (view, canvas) = (&self.layout.view, self.layout.canvas);
        let (left, top) = view.origin;
        let (width, height) = (canvas.0 as i32, canvas.1 as i32);
        let [r, g, b] = palette::PAPER;
        for corners in [
            [(0, 0), (width, top)],
            [(0, view.bottom()), (width, height)],
            [(0, top), (left, view.bottom())],
            [(view.right(), top), (width, view.bottom())],
        ] {
            root.draw(&Rectangle::new(corners, RGBColor(r, g, b).filled()))?;
        }
        Ok(())
    }

    fn titles<DB: DrawingBackend>(&self, root: &DrawingArea<DB, Shift>) -> Result<(), Failure<DB>> {
        let (left, _) = self.layout.view.origin;
        let at = |nominal| (left, self.layout.pixels(nominal));
        for (line, top, size, weight, colour) in [
            (&self.map.title, 22.0, 30.0, FontStyle::Bold, palette::INK),
            (&self.map.subtitle, 62.0, 20.0, FontStyle::Normal, palette::FAINT_INK),
        ] {
            let style =
                text::style(self.layout.pixels(size), weight, colour, (HPos::Left, VPos::Top));
            root.draw(&Text::new(line.as_str(), at(top), style))?;
        }
        Ok(())
    }
}

/// The corners of the smallest convex polygon around the points (Andrew's monotone chain).
fn convex_hull(points: impl Iterator<Item = Pixel>) -> Vec<Pixel> {
    let mut points: Vec<Pixel> = points.collect();
    points.sort_unstable();
    points.dedup();
    let turns_left = |a: Pixel, b: Pixel, c: Pixel| {
        i64::from(b.0 - a.0) * i64::from(c.1 - a.1) > i64::from(b.1 - a.1) * i64::from(c.0 - a.0)
    };
    let half = |points: &mut dyn Iterator<Item = Pixel>| {
        let mut chain: Vec<Pixel> = Vec::new();
        for point in points {
            while let [.., a, b] = chain[..]
                && !turns_left(a, b, point)
            {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut points.iter().copied());
    hull.extend(half(&mut points.iter().rev().copied()));
    if hull.is_empty() { points } else { hull }
}

/// A line cut where it all but turns back, as tides do. There plotters draws the inner side of the
/// turn as a spike, which is the longer the sharper the turn.
fn strokes(line: &[Pixel]) -> impl Iterator<Item = &[Pixel]> {
    // Of 150 degrees and more: blunter turns have spikes that the line's own width hides.
    const SHARP: f64 = -0.87;
    let is_sharp = |turn: &[Pixel]| {
        let way = |from: Pixel, to: Pixel| (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let ((ax, ay), (bx, by)) = (way(turn[0], turn[1]), way(turn[1], turn[2]));
        ax * bx + ay * by < SHARP * ax.hypot(ay) * bx.hypot(by)
    };
    let turns: Vec<usize> =
        (1..line.len().saturating_sub(1)).filter(|&at| is_sharp(&line[at - 1..=at + 1])).collect();
    let starts = std::iter::once(0).chain(turns.clone());
    let ends = turns.into_iter().chain([line.len() - 1]);
    starts.zip(ends).map(|(start, end)| &line[start..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hull_has_the_corners_and_nothing_else() {
        let square = (0..5).flat_map(|x| (0..5).map(move |y| (x, y)));
        assert_eq!(convex_hull(square), [(0, 0), (4, 0), (4, 4), (0, 4)]);
        assert_eq!(convex_hull([(3, 3)].into_iter()), [(3, 3)]);
        assert_eq!(convex_hull([(0, 0), (1, 1), (2, 2)].into_iter()), [(0, 0), (2, 2)]);
        assert!(convex_hull(std::iter::empty()).is_empty());
    }

    #[test]
    fn a_line_that_turns_back_is_drawn_in_two_strokes() {
        let there_and_back = [(0, 0), (50, 2), (100, 5), (51, 4), (0, 30)];
        let drawn: Vec<_> = strokes(&there_and_back).collect();
        assert_eq!(drawn, [&there_and_back[..3], &there_and_back[2..]]);
        let corner = [(0, 0), (50, 0), (50, 50), (20, 50)];
        assert_eq!(strokes(&corner).collect::<Vec<_>>(), [&corner[..]]);
        assert_eq!(strokes(&corner[..2]).count(), 1);
    }
}
