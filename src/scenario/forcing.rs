//! `[forcing.…]`: the datasets that move the particles.

use std::path::Path;

use serde::Serialize;

use super::error::Fault;
use super::reader::Table;
use super::values;
use crate::forcing::cf::{Components, VelocityKind, Vertical};
use crate::time::CivilTime;

/// The most forcings of a scenario.
pub const MOST_FORCINGS: usize = 32;

/// A dataset that moves particles, and what to take from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forcing {
    /// What kind of velocity it is.
    pub kind: VelocityKind,
    /// Files, glob patterns, directories or URLs of Zarr stores; one at least. A relative path of
    /// a scenario file has that file's folder in front of it.
    pub data: Vec<String>,
    /// Name of the variable of eastward velocity; `None`: found by what the file says of itself.
    pub u: Option<String>,
    /// Name of the variable of northward velocity.
    pub v: Option<String>,
    /// Name of the variable of upward velocity.
    pub w: Option<String>,
    /// What moves particles up and down; `None`: they are at one level.
    pub vertical: Option<Vertical>,
    /// Name of the longitude (or x) coordinate: key `lon` or `x`.
    pub x: Option<String>,
    /// Name of the latitude (or y) coordinate: key `lat` or `y`.
    pub y: Option<String>,
    /// Which way the components point on a curvilinear grid; `None`: as their standard names say.
    pub components: Option<Components>,
    /// Name of the variable that says where land is.
    pub mask: Option<String>,
    /// Name of the time coordinate.
    pub time: Option<String>,
    /// The level to take, in metres, positive down, negative above the surface (key `height` of
    /// `[forcing.wind]`); `None`: the level nearest to the surface.
    pub depth: Option<f64>,
    /// Number of the level to take, from 0 in the file's order.
    pub level: Option<u64>,
    /// Start of times whose units name no date.
    pub epoch: Option<CivilTime>,
    /// Files with the coordinates or the mask of the grid, where those with the velocity lack them.
    pub grid: Vec<String>,
    /// Whether the velocity is that of one snapshot, held for the whole run.
    pub steady: bool,
    /// Whether times may be missing within the data: `gaps = "allow"`.
    pub allow_gaps: bool,
    /// Whether a chunk that a Zarr store does not hold is all fill value, as Zarr has it, and not
    /// lost: `missing_chunks = "fill"`.
    pub fill_missing_chunks: bool,
}

/// The forcings in the order of their priority, one at least.
pub(super) fn read(mut table: Table<'_>, folder: &Path) -> Option<Vec<Forcing>> {
    let tables = [
        (VelocityKind::Current, table.tables(&["current"])),
        (VelocityKind::Wind, table.tables(&["wind"])),
        (VelocityKind::Stokes, table.tables(&["stokes"])),
    ];
    let mut found: Vec<_> =
        tables.into_iter().filter_map(|(kind, tables)| Some((kind, tables?))).collect();
    if found.len() > 1 {
        for (kind, extras) in &found[1..] {
            extras[0].fault(Fault {
                message: format!(
                    "[forcing.{}] and [forcing.{}] together: combining forcings is not available \
                     yet in this version",
                    found[0].0.name(),
                    kind.name()
                ),
                span: extras[0].span(),
                help: Some("keep one of them".to_owned()),
            });
        }
        table.finish();
        return None;
    }
    let single = found.pop();
    if single.is_none() && table.is_empty() {
        table.fault(Fault {
            message: "[forcing] names no forcing".to_owned(),
            span: table.span(),
            help: Some("add [forcing.current] with `data`".to_owned()),
        });
    }
    table.finish();
    let (kind, tables) = single?;
    if let Some(extra) = tables.get(MOST_FORCINGS) {
        let message = format!("{} forcings are more than {MOST_FORCINGS}", tables.len());
        extra.fault(Fault { message, span: extra.span(), help: None });
        return None;
    }
    // All of them, so that what is wrong is said of all.
    let forcings: Vec<_> = tables.into_iter().map(|table| dataset(kind, table, folder)).collect();
    forcings.into_iter().collect()
}

fn dataset(kind: VelocityKind, mut table: Table<'_>, folder: &Path) -> Option<Forcing> {
    let gaps = values::choice(&[("refuse", false), ("allow", true)], &[]);
    let components =
        values::choice(&[("earth", Components::Earth), ("grid", Components::Grid)], &[]);
    let vertical = values::choice(
        &[
            ("fixed", Vertical::Fixed),
            ("velocity", Vertical::Velocity),
            ("continuity", Vertical::Continuity),
        ],
        &[],
    );
    let missing_chunks = values::choice(&[("refuse", false), ("fill", true)], &[]);
    let data = table.required(
        &["data"],
        "a file, a pattern such as \"currents/*.nc\", or a list of them",
        values::texts,
    );
    let depth = table.optional(&["depth"], values::depth);
    let is_wind = kind == VelocityKind::Wind;
    let height = is_wind.then(|| table.optional(&["height"], values::height)).flatten();
    if depth.is_some() && height.is_some() {
        table.fault(Fault {
            message: "`depth` and `height` name the same level: give one of them".to_owned(),
            span: table.span(),
            help: None,
        });
    }
    let forcing = Forcing {
        kind,
        data: Vec::new(),
        u: table.optional(&["u"], values::name),
        v: table.optional(&["v"], values::name),
        w: table.optional(&["w"], values::name),
        vertical: table.optional(&["vertical"], vertical),
        x: table.optional(&["lon", "x"], values::name),
        y: table.optional(&["lat", "y"], values::name),
        components: table.optional(&["components"], components),
        mask: table.optional(&["mask"], values::name),
        time: table.optional(&["time"], values::name),
        // Not `-height`: that would give a depth of minus nought.
        depth: depth.or(height.map(|height| 0.0 - height)),
        level: table.optional(&["level"], values::whole),
        epoch: table.optional(&["epoch"], values::time),
        grid: table.optional(&["grid"], values::texts).unwrap_or_default(),
        steady: table.optional(&["steady"], values::flag).unwrap_or(false),
        allow_gaps: table.optional(&["gaps"], gaps).unwrap_or(false),
        fill_missing_chunks: table.optional(&["missing_chunks"], missing_chunks).unwrap_or(false),
    };
    if forcing.level.is_some() && forcing.depth.is_some() {
        table.fault(Fault {
            message: "`level` and `depth` (or `height`) name a level each: give one of them"
                .to_owned(),
            span: table.span(),
            help: None,
        });
    }
    if forcing.vertical.is_some() && (forcing.level.is_some() || forcing.depth.is_some()) {
        table.fault(Fault {
            message: "with `vertical` particles meet all levels, and `depth` or `level` names one"
                .to_owned(),
            span: table.span(),
            help: Some("leave it out; depths are said in [release]".to_owned()),
        });
    }
    if forcing.w.is_some() && forcing.vertical != Some(Vertical::Velocity) {
        table.fault(Fault {
            message: "`w` has no effect".to_owned(),
            span: table.span(),
            help: Some("add `vertical = \"velocity\"`, or leave it out".to_owned()),
        });
    }
    if forcing.u.is_some() != forcing.v.is_some() {
        table.fault(Fault {
            message: "`u` and `v` are a pair: one of them is missing".to_owned(),
            span: table.span(),
            help: Some("name both variables, or neither".to_owned()),
        });
    }
    table.finish();
    let within = |sources: Vec<String>| -> Vec<String> {
        sources.iter().map(|source| within(folder, source)).collect()
    };
    Some(Forcing { data: within(data?), grid: within(forcing.grid.clone()), ..forcing })
}

/// A path of the scenario file as seen from where the program runs. URLs stay as they are.
pub(super) fn within(folder: &Path, source: &str) -> String {
    if source.contains("://") {
        return source.to_owned();
    }
    let path = folder.join(source);
    let path = if path.exists() || !source.contains(['*', '?', '[']) {
        path
    } else {
        // The folder is no part of the pattern.
        Path::new(&glob::Pattern::escape(&folder.to_string_lossy())).join(source)
    };
    path.to_string_lossy().into_owned()
}
