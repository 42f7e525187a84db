//! A scenario that runs on a dataset as it was found: to begin with, and to change.

use serde::Serialize;
use toml::{Table, Value};

use crate::forcing::cf::{MeshChoice, VelocityKind};
use crate::forcing::{DatasetSpec, FieldInspection, MissingChunks};

/// Steps that people choose, in seconds, and their names.
const STEPS: [(f64, &str); 8] = [
    (3600.0, "1h"),
    (1800.0, "30min"),
    (600.0, "10min"),
    (300.0, "5min"),
    (60.0, "1min"),
    (30.0, "30s"),
    (10.0, "10s"),
    (1.0, "1s"),
];

#[derive(Serialize)]
struct Release {
    kind: &'static str,
    lon: f64,
    lat: f64,
    radius: String,
    count: u32,
}

/// The text of a scenario; `None` where the dataset has one time alone, or no place at sea.
///
/// Particles start in a disc of one cell around a place near the middle of the domain, and the step
/// takes them through no more than half a cell.
pub fn scenario(spec: &DatasetSpec, field: &FieldInspection) -> Option<String> {
    let [lon, lat] = field.place?;
    let interval = field.step?;
    let half_a_cell = 0.5 * field.finest / f64::from(field.fastest).max(0.01);
    let fits = |&&(seconds, _): &&(f64, &str)| seconds <= half_a_cell.min(interval);
    let (_, step) = STEPS.iter().find(fits).unwrap_or(&STEPS[STEPS.len() - 1]);
    let kind = field.kind.unwrap_or_default();
    let release = Release {
        kind: "disc",
        lon: round(lon, 1e5),
        lat: round(lat, 1e5),
        radius: format!("{:.0} m", (0.5 * field.finest).max(1.0)),
        count: 1000,
    };
    let mut time = Table::new();
    if spec.choice.steady {
        time.insert("duration".into(), "10d".into());
    }
    time.insert("step".into(), (*step).into());
    let output = Table::from_iter([
        ("path".to_owned(), Value::from("trajectories.zarr")),
        ("every".to_owned(), Value::from(if interval < 3600.0 { *step } else { "1h" })),
    ]);
    let section = |name: &str, table: String| format!("[{name}]\n{table}");
    let text = |table: &Table| toml::to_string(table).expect("a table of plain values");
    let is_flat = spec.choice.mesh == MeshChoice::Flat;
    let physics = is_flat.then(|| section("physics", "mesh = \"flat\"\n".to_owned()));
    let mut sections = vec![
        section(&format!("forcing.{}", kind.name()), text(&forcing(spec, kind))),
        section("release", toml::to_string(&release).expect("a table of plain values")),
        section("time", text(&time)),
    ];
    sections.extend(physics);
    sections.push(section("output", text(&output)));
    Some(sections.join("\n"))
}

/// What the scenario says of the dataset: as much as was said to look at it.
fn forcing(spec: &DatasetSpec, kind: VelocityKind) -> Table {
    let choice = &spec.choice;
    let list = |files: &[String]| Value::from(files.to_vec());
    let mut table = Table::from_iter([("data".to_owned(), list(&spec.data))]);
    let mut say = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            table.insert(key.to_owned(), value);
        }
    };
    say("grid", (!spec.grid.is_empty()).then(|| list(&spec.grid)));
    let names = [
        ("u", &choice.u),
        ("v", &choice.v),
        ("w", &choice.w),
        ("lon", &choice.x),
        ("lat", &choice.y),
        ("time", &choice.time),
        ("mask", &choice.mask),
    ];
    for (key, name) in names {
        say(key, name.clone().map(Value::from));
    }
    say("vertical", choice.vertical.map(|vertical| vertical.name().into()));
    say("components", choice.components.map(|components| components.name().into()));
    say("level", choice.level.and_then(|level| i64::try_from(level).ok()).map(Value::from));
    let is_wind = kind == VelocityKind::Wind;
    let depth = choice.depth.map(|depth| if is_wind { -depth } else { depth });
    say(if is_wind { "height" } else { "depth" }, depth.map(Value::from));
    say("epoch", choice.epoch.map(|epoch| epoch.to_string().into()));
    say("steady", choice.steady.then(|| true.into()));
    say("gaps", spec.allow_gaps.then(|| "allow".into()));
    let fills = spec.missing_chunks == MissingChunks::Fill;
    say("missing_chunks", fills.then(|| "fill".into()));
    table
}

fn round(value: f64, places: f64) -> f64 {
    (value * places).round() / places
}
