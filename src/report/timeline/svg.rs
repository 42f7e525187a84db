//! The picture.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::axis::{ticks, words};
use super::bars::{Bar, Lane};
use super::html::escape;
use super::layout::{
    AXIS, BAR, GUTTER, LANE, LEGEND, MARGIN, PLOT, Place, REMARK, SAYING, TITLE, TOP, WAIT,
    legend_top, places,
};
use super::palette::{BAND, FAINT, GRID, INK, ITEMS, WAITS, fill};
use super::{Figure, Panel};
use crate::pipeline::Kind;
use crate::report::human;

/// The width of a digit of the numbers in the bars.
const DIGIT: f64 = 5.8;

impl Figure {
    /// The figure as an SVG document, on white, with nothing in it from elsewhere.
    pub fn to_svg(&self) -> String {
        let mut text = String::new();
        self.draw(&mut text).expect("a string takes all text");
        text
    }

    fn draw(&self, out: &mut String) -> fmt::Result {
        let (places, height) = places(self);
        let width = GUTTER + PLOT + MARGIN;
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" \
             font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
        )?;
        for (line, saying) in self.sayings.iter().enumerate() {
            let y = TOP + SAYING * (line as f64 + 0.5);
            writeln!(out, "{}", label(GUTTER, y, INK, "start", &escape(saying)))?;
        }
        legend(out, legend_top(self))?;
        for (panel, place) in self.panels.iter().zip(&places) {
            self.panel_at(out, panel, place)?;
        }
        let mut y = height - REMARK / 2.0;
        for panel in self.panels.iter().filter(|panel| panel.let_go > 0).rev() {
            let (title, count) = (escape(&panel.title), human::count(panel.let_go));
            let remark = format!("{title} {count} early spans were not kept and are not shown.");
            writeln!(out, "{}", label(GUTTER, y, FAINT, "start", remark.trim_start()))?;
            y -= REMARK;
        }
        writeln!(out, "</svg>")
    }

    fn panel_at(&self, out: &mut String, panel: &Panel, place: &Place) -> fmt::Result {
        let x = |ns: f64| GUTTER + ns / self.length_ns() as f64 * PLOT;
        if !panel.title.is_empty() {
            let time = words(panel.length_ns, self.unit.as_ref());
            let title =
                format!("<tspan font-weight=\"bold\">{}</tspan>, {time}", escape(&panel.title));
            writeln!(out, "{}", label(GUTTER, place.lanes - TITLE / 3.0, INK, "start", &title))?;
        }
        let mut banded = false;
        for (index, lane) in panel.lanes.iter().enumerate() {
            let y = place.lane(index);
            banded ^= lane.first;
            if banded {
                let (x, width) = (GUTTER, PLOT);
                writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{LANE}\" fill=\"{BAND}\"/>"
                )?;
            }
            let name = escape(&lane.name);
            writeln!(out, "{}", label(GUTTER - 8.0, y + LANE / 2.0, INK, "end", &name))?;
        }
        for (ns, text) in ticks(self.length_ns(), self.unit.as_ref()) {
            let (x, top, bottom) = (x(ns), place.lanes, place.axis);
            writeln!(
                out,
                "<path d=\"M{x:.1} {top}V{:.1}\" stroke=\"{GRID}\"/>{}",
                bottom + 4.0,
                label(x, bottom + AXIS / 2.0, FAINT, "middle", &text)
            )?;
        }
        for (index, lane) in panel.lanes.iter().enumerate() {
            bars(out, lane, place.lane(index), &x)?;
        }
        Ok(())
    }
}

/// All bars of a colour are one path: a small file, and quick to draw.
fn bars(out: &mut String, lane: &Lane, top: f64, x: &impl Fn(f64) -> f64) -> fmt::Result {
    let mut paths = BTreeMap::<&str, String>::new();
    let mut numbers = String::new();
    for bar in &lane.bars {
        let (from, to) = (x(bar.from_ns as f64), x(bar.to_ns as f64));
        let (width, height) =
            ((to - from).max(0.3), if bar.kind == Kind::Busy { BAR } else { WAIT });
        let path = paths.entry(fill(bar.kind, bar.items[0])).or_default();
        let y = top + (LANE - height) / 2.0;
        write!(path, "M{from:.1} {y:.0}h{width:.1}v{height}h-{width:.1}z")?;
        if let Some(number) = number(bar, width) {
            let middle = (from + to) / 2.0;
            write!(
                numbers,
                "<text x=\"{middle:.1}\" y=\"{:.1}\">{number}</text>",
                top + LANE / 2.0
            )?;
        }
    }
    for (colour, path) in paths {
        writeln!(out, "<path fill=\"{colour}\" d=\"{path}\"/>")?;
    }
    if !numbers.is_empty() {
        writeln!(
            out,
            "<g font-size=\"10\" fill=\"{INK}\" text-anchor=\"middle\" dominant-baseline=\"central\">\
             {numbers}</g>"
        )?;
    }
    Ok(())
}

/// The item's number, if there is one and it has room.
fn number(bar: &Bar, width: f64) -> Option<String> {
    let [first, last] = bar.items;
    let number = first.to_string();
    let fits = number.len() as f64 * DIGIT + 3.0 <= width;
    (bar.kind == Kind::Busy && first == last && fits).then_some(number)
}

fn legend(out: &mut String, top: f64) -> fmt::Result {
    let y = top + LEGEND / 2.0;
    let mut x = GUTTER;
    for colour in &ITEMS[..4] {
        let top = y - BAR / 2.0;
        write!(out, "<path fill=\"{colour}\" d=\"M{x} {top}h12v{BAR}h-12z\"/>")?;
        x += 12.0;
    }
    writeln!(out, "{}", label(x + 6.0, y, INK, "start", "works (colour and number: the item)"))?;
    x += 260.0;
    for (_, colour, name) in WAITS {
        let top = y - WAIT / 2.0;
        write!(out, "<path fill=\"{colour}\" d=\"M{x} {top}h24v{WAIT}h-24z\"/>")?;
        writeln!(out, "{}", label(x + 30.0, y, INK, "start", name))?;
        x += 210.0;
    }
    Ok(())
}

/// Text in the middle of its line.
fn label(x: f64, y: f64, colour: &str, anchor: &str, text: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\" text-anchor=\"{anchor}\" \
         dominant-baseline=\"central\">{text}</text>"
    )
}
