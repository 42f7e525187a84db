//! `[release]`: where and when particles start.

use std::path::Path;

use serde::Serialize;
use toml::de::DeValue;

use super::error::Fault;
use super::pattern::{Area, Layout, Pattern, Spacing};
use super::reader::{Read, Table, Value, wrong_type};
use super::values;
use crate::time::{CivilTime, Span};
use crate::units;

/// Where and when particles start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Release {
    /// Where.
    pub pattern: Pattern,
    /// The depth of all of them, in metres, positive down.
    pub depth: Option<f64>,
    /// When the first of them start; `None`: with the run.
    pub start: Option<CivilTime>,
    /// When the last repetition starts at the latest; `None`: before the run's end.
    pub end: Option<CivilTime>,
    /// The time between repetitions of the whole pattern; `None`: it is released once.
    pub every: Option<Span>,
}

impl Release {
    /// A pattern released once, at the start of the run.
    pub fn once(pattern: Pattern) -> Self {
        Self { pattern, depth: None, start: None, end: None, every: None }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Point,
    Points,
    Line,
    Grid,
    Disc,
    Polygon,
    File,
}

pub(super) fn read(mut table: Table<'_>, folder: &Path) -> Option<Release> {
    let kinds = [
        ("point", Kind::Point),
        ("points", Kind::Points),
        ("line", Kind::Line),
        ("grid", Kind::Grid),
        ("disc", Kind::Disc),
        ("polygon", Kind::Polygon),
        ("file", Kind::File),
    ];
    let kind = table.required(
        &["kind"],
        "one of point, points, line, grid, disc, polygon, file",
        |value| Ok((values::choice(&kinds, &[])(value)?, values::text(value)?)),
    );
    let Some((kind, name)) = kind else {
        table.abandon();
        return None;
    };
    table.describe(&format!("of kind \"{name}\""));
    let pattern = pattern(kind, &mut table, folder);
    let depth = table.optional(&["depth"], values::depth);
    let start = table.optional(&["start"], values::time);
    let end = table.optional(&["end"], values::time);
    let every = table.optional(&["every"], values::duration);
    if let (Some(value), None) = (table.entry(&["end"]), table.entry(&["every"])) {
        let fault = Fault::at(value.span(), "`end` says when repeated releases end");
        table.fault(fault.help("add `every`, or remove `end`"));
    }
    table.finish();
    Some(Release { pattern: pattern?, depth, start, end, every })
}

fn pattern(kind: Kind, table: &mut Table<'_>, folder: &Path) -> Option<Pattern> {
    const X: &[&str] = &["lon", "x"];
    const Y: &[&str] = &["lat", "y"];
    Some(match kind {
        Kind::Point => {
            let x = table.required(X, "degrees east, for example lon = -4.5", values::number);
            let y = table.required(Y, "degrees north, for example lat = 48.2", values::number);
            let count = table.optional(&["count"], values::count).unwrap_or(1);
            Pattern::Point { x: x?, y: y?, count }
        }
        Kind::Points => {
            let x = table.required(X, "a list of degrees east", values::numbers);
            let y = table.required(Y, "a list of degrees north", values::numbers);
            let (x, y) = (x?, y?);
            if x.len() != y.len() || x.is_empty() {
                let message = format!("{} longitudes and {} latitudes", x.len(), y.len());
                let span = table.entry(Y).map(|value| value.span());
                let help = Some("give one of each for every place".to_owned());
                table.fault(Fault { message, span, help });
            }
            Pattern::Points { x, y }
        }
        Kind::Line => {
            let from = table.required(&["from"], "the first place: [lon, lat]", values::pair);
            let to = table.required(&["to"], "the last place: [lon, lat]", values::pair);
            let count = table.required(&["count"], "how many particles", values::count);
            Pattern::Line { from: from?, to: to?, count: count? }
        }
        Kind::Grid => {
            let x = table.required(X, "west and east, for example [-5.0, 5.0]", values::pair);
            let y = table.required(Y, "south and north, for example [40.0, 45.0]", range);
            let layout = layout(table);
            Pattern::Grid { x: x?, y: y?, layout: layout? }
        }
        Kind::Disc => {
            let x = table.required(X, "degrees east of the centre", values::number);
            let y = table.required(Y, "degrees north of the centre", values::number);
            let radius =
                table.required(&["radius"], "for example radius = \"10km\"", values::length);
            let count = table.required(&["count"], "how many particles", values::count);
            Pattern::Disc { x: x?, y: y?, radius: radius?, count: count? }
        }
        Kind::Polygon => {
            let area = area(table, folder);
            let layout = layout(table);
            Pattern::Polygon { area: area?, layout: layout? }
        }
        Kind::File => {
            let help = "a .csv, .parquet or .geojson file with columns lon and lat";
            let path = table.required(&["path"], help, values::text);
            Pattern::File { path: folder.join(path?) }
        }
    })
}

/// Two numbers, the first not larger.
fn range(value: &Value<'_>) -> Read<[f64; 2]> {
    let [low, high] = values::pair(value)?;
    if low > high {
        return Err(Fault::at(value.span(), format!("{low} is larger than {high}"))
            .help("write the southern end first"));
    }
    Ok([low, high])
}

fn layout(table: &mut Table<'_>) -> Option<Layout> {
    let count = table.optional(&["count"], values::count).map(Layout::Count);
    let spacing = table.optional(&["spacing"], spacing).map(Layout::Spacing);
    let written = (table.entry(&["count"]), table.entry(&["spacing"]));
    let fault = |span, message: &str| Fault {
        message: message.to_owned(),
        span,
        help: Some("give one: count = 1000 or spacing = \"5km\"".to_owned()),
    };
    match written {
        (Some(_), Some(value)) => {
            table.fault(fault(Some(value.span()), "`count` and `spacing` exclude each other"));
        }
        (None, None) => {
            table.fault(fault(table.span(), "the release needs `count` or `spacing`"));
        }
        _ => {}
    }
    count.or(spacing)
}

fn spacing(value: &Value<'_>) -> Read<Spacing> {
    let DeValue::String(text) = value.get_ref() else {
        return Err(
            wrong_type(value, "a spacing with its unit").help("for example \"0.05deg\" or \"5km\"")
        );
    };
    if units::is_angle(text) {
        values::angle(value).map(Spacing::Degrees)
    } else {
        values::length(value).map(Spacing::Metres)
    }
}

fn area(table: &mut Table<'_>, folder: &Path) -> Option<Area> {
    let points = table.optional(&["points"], corners).map(Area::Points);
    let path = table.optional(&["path"], values::text);
    let file = path.map(|path| Area::File(folder.join(path)));
    if table.entry(&["points"]).is_some() == table.entry(&["path"]).is_some() {
        table.fault(Fault {
            message: "a polygon needs either `points` or `path`".to_owned(),
            span: table.span(),
            help: Some(
                "points = [[lon, lat], …] or path = \"area.geojson\", and not both".to_owned(),
            ),
        });
    }
    points.or(file)
}

fn corners(value: &Value<'_>) -> Read<Vec<[f64; 2]>> {
    let points = values::pairs(value)?;
    if points.len() < 3 {
        let message = format!("a polygon has three corners at least, this one {}", points.len());
        return Err(Fault::at(value.span(), message));
    }
    Ok(points)
}
