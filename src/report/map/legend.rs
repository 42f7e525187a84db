//! The column beside the map: what the colours mean, how many particles there are, and how long a
//! kilometre is.

use plotters::coord::Shift;
use plotters::prelude::{Circle, DrawingArea, DrawingBackend, PathElement, RGBColor, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, FontStyle, TextStyle};

use super::density::Density;
use super::figure::{Failure, Figure};
use super::gather::MOST_LINES;
use super::scale::{Scale, scale_of};
use super::view::Pixel;
use super::{Detail, Mask, palette, text, ticks};
use crate::engine::Status;
use crate::grid::Mesh;
use crate::report::human;

/// Nominal distance between rows of text.
const ROW: f64 = 34.0;

pub fn draw<DB: DrawingBackend>(
    root: &DrawingArea<DB, Shift>,
    figure: &Figure<'_>,
) -> Result<(), Failure<DB>> {
    let mut legend = Legend { root, figure, top: figure.layout.view.origin.1 };
    legend.statuses()?;
    legend.symbols()?;
    if let Some(density) = &figure.gathered.density {
        legend.colour_bar(density)?;
    }
    legend.scale_bar()
}

struct Legend<'a, 'b, DB: DrawingBackend> {
    root: &'a DrawingArea<DB, Shift>,
    figure: &'a Figure<'b>,
    /// Where the next row begins.
    top: i32,
}

impl<DB: DrawingBackend> Legend<'_, '_, DB> {
    fn pixels(&self, nominal: f64) -> i32 {
        self.figure.layout.pixels(nominal)
    }

    fn left(&self) -> i32 {
        self.figure.layout.legend_left()
    }

    fn style(&self, weight: FontStyle, at: (HPos, VPos)) -> TextStyle<'static> {
        text::style(self.pixels(20.0), weight, palette::INK, at)
    }

    /// A row of text, indented behind its symbol; gives the middle of the place for the symbol.
    fn row(&mut self, text: &str, indent: f64, weight: FontStyle) -> Result<Pixel, Failure<DB>> {
        let middle = self.top + self.pixels(ROW / 2.0);
        self.top += self.pixels(ROW);
        let style = self.style(weight, (HPos::Left, VPos::Center));
        self.root.draw_text(text, &style, (self.left() + self.pixels(indent), middle))?;
        Ok((self.left() + self.pixels(12.0), middle))
    }

    fn statuses(&mut self) -> Result<(), Failure<DB>> {
        let figure = self.figure;
        let particles = human::count(figure.particles);
        let noun = if figure.particles == 1 { "particle" } else { "particles" };
        self.row(&format!("{particles} {noun}"), 0.0, FontStyle::Bold)?;
        for (status, count) in Status::ALL.into_iter().zip(figure.finals) {
            if count == 0 {
                continue;
            }
            let name = status.name().replace('_', " ");
            let text = format!("{name}: {}", human::count(count));
            if figure.detail == Detail::Density {
                self.row(&text, 0.0, FontStyle::Normal)?;
                continue;
            }
            let at = self.row(&text, 32.0, FontStyle::Normal)?;
            let dot = Circle::new(at, self.pixels(6.0), palette::status(status).filled());
            self.root.draw(&dot)?;
        }
        let beyond = figure.gathered.counts.beyond;
        if beyond > 0 {
            let text = format!("{} ended beyond the map", human::count(beyond));
            self.row(&text, 0.0, FontStyle::Normal)?;
        }
        Ok(())
    }

    fn symbols(&mut self) -> Result<(), Failure<DB>> {
        self.top += self.pixels(ROW / 2.0);
        let figure = self.figure;
        let [each, all] = match figure.from_release {
            true => ["released", "around all releases"],
            false => ["first observed", "around all first observed"],
        };
        match figure.detail {
            Detail::Lines => {
                let at = self.row(each, 32.0, FontStyle::Normal)?;
                figure.start_ring(self.root, at)?;
            }
            Detail::Points | Detail::Density => {
                let at = self.row(all, 32.0, FontStyle::Normal)?;
                let half = self.pixels(10.0);
                let line = vec![(at.0 - half, at.1), (at.0 + half, at.1)];
                self.root.draw(&PathElement::new(line, figure.outline_style()))?;
            }
        }
        if figure.detail == Detail::Points {
            let stride = figure.particles.div_ceil(MOST_LINES);
            if stride > 1 {
                self.row(&format!("one path in {stride} drawn"), 32.0, FontStyle::Normal)?;
            }
        }
        self.land()
    }

    /// Whose land the map shows.
    fn land(&mut self) -> Result<(), Failure<DB>> {
        let shown = self.figure.land;
        let (model, other, other_colour) = match &self.figure.map.mask {
            Some(Mask { varies: false, .. }) => {
                ("land of the model", "other land: Natural Earth", palette::OTHER_LAND)
            }
            Some(_) => ("land, or dry at times", "other land: Natural Earth", palette::OTHER_LAND),
            None => ("", "land (Natural Earth)", palette::LAND),
        };
        for (shown, label, [r, g, b]) in
            [(shown.model, model, palette::LAND), (shown.natural_earth, other, other_colour)]
        {
            if shown {
                let (x, y) = self.row(label, 32.0, FontStyle::Normal)?;
                let half = self.pixels(8.0);
                let corners = [(x - half, y - half), (x + half, y + half)];
                self.root.draw(&Rectangle::new(corners, RGBColor(r, g, b).filled()))?;
            }
        }
        Ok(())
    }

    /// The colours of the density with counts beside them.
    fn colour_bar(&mut self, density: &Density) -> Result<(), Failure<DB>> {
        self.top += self.pixels(ROW / 2.0);
        let view = &self.figure.layout.view;
        let two_digits = |size: f64| ticks::decimal(size, 10f64.powf(size.log10().floor() - 1.0));
        let size = match scale_of(view) {
            Scale::None => {
                let [width, height] = view.size_of(density.bin).map(two_digits);
                format!("{width}° × {height}°")
            }
            scale => {
                let metres = self.metres_per_pixel() * f64::from(density.bin);
                let side = two_digits(metres / 1000.0);
                format!("{side} km × {side} km{scale}")
            }
        };
        self.row("final positions in", 0.0, FontStyle::Normal)?;
        self.row(&size, 0.0, FontStyle::Normal)?;
        let (left, top) = (self.left(), self.top + self.pixels(8.0));
        let lowest = self.figure.layout.view.bottom() - self.pixels(110.0);
        let height = (lowest - top).clamp(self.pixels(90.0), self.pixels(260.0));
        let right = left + self.pixels(26.0);
        for row in 0..height {
            let [r, g, b] = palette::density(1.0 - f64::from(row) / f64::from(height));
            let corners = [(left, top + row), (right, top + row + 1)];
            self.root.draw(&Rectangle::new(corners, RGBColor(r, g, b).filled()))?;
        }
        let line = palette::INK.stroke_width(self.figure.layout.stroke(1.0));
        self.root.draw(&Rectangle::new([(left, top), (right, top + height)], line))?;
        let style = self.style(FontStyle::Normal, (HPos::Left, VPos::Center));
        let scale = density.scale();
        for count in (0..10).map(|power| 10u64.pow(power)) {
            if count > u64::from(scale.most) {
                break;
            }
            let share = scale.share(count as f64);
            let at = top + height - (share * f64::from(height)).round() as i32;
            let tick = right + self.pixels(6.0);
            self.root.draw(&PathElement::new(vec![(right, at), (tick, at)], line))?;
            let beside = (tick + self.pixels(6.0), at);
            self.root.draw_text(&human::count(count), &style, beside)?;
        }
        Ok(())
    }

    /// A bar of a round length, where there is one that holds.
    fn scale_bar(&self) -> Result<(), Failure<DB>> {
        let view = &self.figure.layout.view;
        let scale = scale_of(view);
        if scale == Scale::None {
            return Ok(());
        }
        let metres = ticks::step(self.metres_per_pixel() * f64::from(self.pixels(230.0)), 2);
        let length = (metres / self.metres_per_pixel()).round() as i32;
        let (left, bottom) = (self.left(), view.bottom() - self.pixels(8.0));
        let (right, rise) = (left + length, self.pixels(8.0));
        let line = palette::INK.stroke_width(self.figure.layout.stroke(2.0));
        let ends =
            vec![(left, bottom - rise), (left, bottom), (right, bottom), (right, bottom - rise)];
        self.root.draw(&PathElement::new(ends, line))?;
        let label = match metres {
            short if short < 1000.0 => format!("{short} m{scale}"),
            long => format!("{} km{scale}", long / 1000.0),
        };
        let style = self.style(FontStyle::Normal, (HPos::Left, VPos::Bottom));
        self.root.draw_text(&label, &style, (left, bottom - self.pixels(10.0)))
    }

    fn metres_per_pixel(&self) -> f64 {
        let radius = match self.figure.map.mesh {
            Mesh::Sphere { radius } => radius,
            Mesh::Flat => 0.0,
        };
        self.figure.layout.view.metres_per_pixel(radius)
    }
}
