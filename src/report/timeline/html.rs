//! The picture on a page, with its numbers under the pointer.

use serde_json::{Value, json};

use super::bars::Bar;
use super::layout::{GUTTER, LANE, PLOT, places};
use super::{Figure, Panel};

/// Goes once into a page that has [fragments](Figure::to_fragment): shows the numbers of the bar
/// under the pointer.
pub const HOVER: &str = include_str!("hover.html");

/// Text as it may stand in HTML and SVG.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

impl Figure {
    /// A page of its own. It needs nothing from elsewhere.
    pub fn to_html(&self, title: &str) -> String {
        let (title, figure) = (escape(title), self.to_fragment());
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <title>{title}</title>\n</head>\n\
             <body style=\"font-family: system-ui, sans-serif; background: #fff; color: #222\">\n\
             <h1 style=\"font-size: 1.2rem\">{title}</h1>\n{figure}{HOVER}</body>\n</html>\n"
        )
    }

    /// The picture and its numbers as a part of a page that has [`HOVER`] in it, too.
    pub fn to_fragment(&self) -> String {
        // No text of JSON ends the element that holds it.
        let numbers = self.numbers().to_string().replace('<', "\\u003c");
        format!(
            "<figure class=\"timeline\" style=\"margin: 1rem 0; overflow-x: auto\">\n{}\
             <script type=\"application/json\">{numbers}</script>\n</figure>\n",
            self.to_svg()
        )
    }

    /// What the script looks up: for each lane its place and its bars, each as from, to, kind,
    /// first and last item, spans, bytes, and what the item is where that is known.
    fn numbers(&self) -> Value {
        let (places, _) = places(self);
        let bar = |panel: &Panel, bar: &Bar| {
            let [first, last] = bar.items;
            let row = [
                json!(bar.from_ns),
                json!(bar.to_ns),
                json!(bar.kind),
                json!(first),
                json!(last),
                json!(bar.spans),
                json!(bar.bytes),
            ];
            let name = bar.item().and_then(|item| panel.names.get(&item));
            Value::from_iter(row.into_iter().chain(name.map(|name| json!(name))))
        };
        let lanes: Vec<Value> = self
            .panels
            .iter()
            .zip(&places)
            .flat_map(|(panel, place)| {
                panel.lanes.iter().enumerate().map(|(index, lane)| {
                    json!({
                        "name": lane.name,
                        "top": place.lane(index),
                        "bars": lane.bars.iter().map(|own| bar(panel, own)).collect::<Vec<_>>(),
                    })
                })
            })
            .collect();
        let unit = self.unit.as_ref().map(|unit| json!([unit.nanoseconds, unit.name]));
        json!({
            "left": GUTTER,
            "nanosecondsPerPixel": self.length_ns() as f64 / PLOT,
            "lane": LANE,
            "unit": unit,
            "lanes": lanes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Kind, Span, Timeline};

    #[test]
    fn the_script_finds_the_numbers_of_each_bar_where_it_is_drawn() {
        let timeline = Timeline::with_clock(|| 0);
        let stage = timeline.stage("fetch </script>", &[]);
        for (item, kind) in [(7, Kind::Busy), (8, Kind::WaitOutput)] {
            let (start_ns, end_ns) = (item * 1_000_000, (item + 1) * 1_000_000);
            let (worker, origin, bytes) = (0, item, 10 * item);
            timeline.record(Span { stage, worker, item, origin, start_ns, end_ns, bytes, kind });
        }
        let numbers = || -> Value {
            let html = Figure::of(&timeline).to_html("a run");
            let (_, rest) = html.split_once("<script type=\"application/json\">").unwrap();
            let (text, _) = rest.split_once("</script>").unwrap();
            serde_json::from_str(text).unwrap()
        };
        let bare = numbers();
        timeline.name_items((0..8).map(|item| format!("snapshot {item}")).collect());
        let named = &numbers()["lanes"][0]["bars"];
        assert_eq!(named[0], json!([0, 1_000_000, "busy", 7, 7, 1, 70, "snapshot 7"]));
        assert_eq!(named[1], bare["lanes"][0]["bars"][1], "nobody has named item 8");
        let numbers = bare;
        let [lane] = &numbers["lanes"].as_array().unwrap()[..] else { panic!("{numbers}") };
        assert_eq!(lane["name"], "fetch </script>");
        let bars = json!([
            [0, 1_000_000, "busy", 7, 7, 1, 70],
            [1_000_000, 2_000_000, "wait_output", 8, 8, 1, 80],
        ]);
        assert_eq!(lane["bars"], bars);
        // The second half of the plot is the second bar's.
        let scale = numbers["nanosecondsPerPixel"].as_f64().unwrap();
        let from = numbers["left"].as_f64().unwrap() + 1e6 / scale;
        assert!((from - (GUTTER + PLOT / 2.0)).abs() < 1e-6, "{from}");
    }
}
