//! GeoJSON files, and the particles in them.

use std::path::Path;

use geojson::{Feature, GeoJson, Geometry, GeometryValue, Position};

use super::ReleaseError;
use super::list::{List, instant, value};
use crate::time::Calendar;

/// Reads a GeoJSON file.
pub(super) fn read(path: &Path) -> Result<GeoJson, ReleaseError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ReleaseError::Unreadable { path: path.to_owned(), source })?;
    text.parse().map_err(|error| ReleaseError::Format {
        path: path.to_owned(),
        message: format!("it is not GeoJSON: {error}"),
    })
}

/// The points of a GeoJSON file, in its order. A feature may have the properties `depth` (metres,
/// positive down) and `time`; if one has, all must.
pub(super) fn points(path: &Path, calendar: Calendar) -> Result<List, ReleaseError> {
    let features = match read(path)? {
        GeoJson::FeatureCollection(all) => all.features,
        GeoJson::Feature(feature) => vec![feature],
        GeoJson::Geometry(geometry) => vec![Feature::from(geometry)],
    };
    let has = |name: &str| features.iter().any(|feature| feature.contains_property(name));
    let mut list = List {
        depth: has("depth").then(Vec::new),
        time: has("time").then(Vec::new),
        ..List::default()
    };
    for (index, feature) in features.iter().enumerate() {
        let row = index as u64 + 1;
        let before = list.x.len();
        if let Some(geometry) = &feature.geometry {
            collect(path, row, geometry, &mut list)?;
        }
        let added = list.x.len() - before;
        if let Some(depths) = &mut list.depth {
            let depth = feature.property("depth").and_then(|depth| depth.as_f64());
            let depth = depth.ok_or_else(|| value(path, row, "depth", "expected a number"))?;
            depths.extend(std::iter::repeat_n(depth, added));
        }
        if let Some(times) = &mut list.time {
            let text = feature.property("time").and_then(|time| time.as_str());
            let text = text.ok_or_else(|| value(path, row, "time", "expected a text"))?;
            let time = instant(calendar, text);
            let time = time.map_err(|problem| value(path, row, "time", problem))?;
            times.extend(std::iter::repeat_n(time, added));
        }
    }
    Ok(list)
}

fn collect(
    path: &Path,
    row: u64,
    geometry: &Geometry,
    list: &mut List,
) -> Result<(), ReleaseError> {
    match &geometry.value {
        GeometryValue::Point { coordinates } => push(path, row, coordinates, list),
        GeometryValue::MultiPoint { coordinates } => {
            coordinates.iter().try_for_each(|position| push(path, row, position, list))
        }
        other => {
            let problem = format!(
                "a {} is no particle; for an area, release with kind = \"polygon\"",
                other.type_name()
            );
            Err(value(path, row, "geometry", problem))
        }
    }
}

fn push(path: &Path, row: u64, position: &Position, list: &mut List) -> Result<(), ReleaseError> {
    let &[x, y, ref height @ ..] = position.as_slice() else {
        return Err(value(path, row, "geometry", "a position has two coordinates at least"));
    };
    // A height above the ellipsoid is not a depth below the surface.
    if height.iter().any(|&height| height != 0.0) {
        let problem = "the third coordinate is a height: give the depth as the property `depth`";
        return Err(value(path, row, "geometry", problem));
    }
    list.x.push(x);
    list.y.push(y);
    Ok(())
}
