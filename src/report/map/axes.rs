//! The frame of the map, its graticule and the labels beside it.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend, PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, FontStyle};

use super::figure::Failure;
use super::layout::Layout;
use super::view::View;
use super::{palette, text, ticks};

/// A line of the graticule: where it crosses the side that has its label, and the label.
struct Tick {
    at: i32,
    label: String,
}

pub fn graticule<DB: DrawingBackend>(
    root: &DrawingArea<DB, Shift>,
    layout: &Layout,
) -> Result<(), Failure<DB>> {
    let view = &layout.view;
    let style = palette::GRATICULE.stroke_width(layout.stroke(1.0));
    let (left, top) = view.origin;
    for Tick { at, .. } in columns(view) {
        root.draw(&PathElement::new(vec![(at, top), (at, view.bottom())], style))?;
    }
    for Tick { at, .. } in rows(view) {
        root.draw(&PathElement::new(vec![(left, at), (view.right(), at)], style))?;
    }
    Ok(())
}

pub fn labels<DB: DrawingBackend>(
    root: &DrawingArea<DB, Shift>,
    layout: &Layout,
) -> Result<(), Failure<DB>> {
    let view = &layout.view;
    let (left, top) = view.origin;
    let (tick, size) = (layout.pixels(7.0), layout.pixels(20.0));
    let line = palette::INK.stroke_width(layout.stroke(1.5));
    let style = |anchor| text::style(size, FontStyle::Normal, palette::INK, anchor);
    for Tick { at, label } in columns(view) {
        let bottom = view.bottom();
        root.draw(&PathElement::new(vec![(at, bottom), (at, bottom + tick)], line))?;
        let below = bottom + tick + layout.pixels(5.0);
        root.draw_text(&label, &style((HPos::Center, VPos::Top)), (at, below))?;
    }
    for Tick { at, label } in rows(view) {
        root.draw(&PathElement::new(vec![(left - tick, at), (left, at)], line))?;
        let beside = left - tick - layout.pixels(5.0);
        root.draw_text(&label, &style((HPos::Right, VPos::Center)), (beside, at))?;
    }
    if !view.sphere {
        let corner = (view.right(), view.bottom() + layout.pixels(36.0));
        root.draw_text("x and y in km", &style((HPos::Right, VPos::Top)), corner)?;
    }
    root.draw(&Rectangle::new([(left, top), (view.right(), view.bottom())], line))?;
    Ok(())
}

fn columns(view: &View) -> Vec<Tick> {
    let (low, high) = (view.extent.west, view.extent.west + view.extent.width);
    let pixel =
        |x: f64| view.origin.0 + ((x - low) / (high - low) * f64::from(view.size.0)).round() as i32;
    ticks(low, high, 8, view.sphere, ticks::longitude)
        .map(|(x, label)| Tick { at: pixel(x), label })
        .collect()
}

fn rows(view: &View) -> Vec<Tick> {
    let (low, high) = (view.extent.south, view.extent.south + view.extent.height);
    let pixel =
        |y: f64| view.bottom() - ((y - low) / (high - low) * f64::from(view.size.1)).round() as i32;
    ticks(low, high, 8, view.sphere, ticks::latitude)
        .map(|(y, label)| Tick { at: pixel(y), label })
        .collect()
}

/// Round values from `low` to `high` with their labels: degrees, or km for metres.
fn ticks(
    low: f64,
    high: f64,
    most: usize,
    sphere: bool,
    degrees: fn(f64, f64) -> String,
) -> impl Iterator<Item = (f64, String)> {
    let step = if sphere { ticks::degree_step } else { ticks::step }(high - low, most);
    ticks::multiples(low, high, step).map(move |value| {
        let label = if sphere {
            degrees(value, step)
        } else {
            ticks::decimal(value / 1000.0, step / 1000.0)
        };
        (value, label)
    })
}
