//! Polygons from GeoJSON.

use std::path::Path;

use geojson::{GeoJson, Geometry, GeometryValue, Position};

use super::ReleaseError;
use super::metric::check;
use super::polygon::{Polygon, Ring};
use crate::grid::Mesh;
use crate::scenario::Area;

/// The polygons of an area.
pub(super) fn polygons(mesh: Mesh, area: &Area) -> Result<Vec<Polygon>, ReleaseError> {
    match area {
        Area::Points(corners) => {
            for (index, &corner) in corners.iter().enumerate() {
                check(mesh, corner, || format!("corner {} of the polygon", index + 1))?;
            }
            Ok(vec![Polygon::new(mesh, vec![corners.clone()])?])
        }
        Area::File(path) => {
            let mut polygons = Vec::new();
            for geometry in geometries(path)? {
                collect(mesh, path, &geometry, &mut polygons)?;
            }
            if polygons.is_empty() {
                return Err(format(path, "it holds no polygon"));
            }
            Ok(polygons)
        }
    }
}

/// All geometries of a GeoJSON file.
fn geometries(path: &Path) -> Result<Vec<Geometry>, ReleaseError> {
    Ok(match super::geojson::read(path)? {
        GeoJson::Geometry(geometry) => vec![geometry],
        GeoJson::Feature(feature) => feature.geometry.into_iter().collect(),
        GeoJson::FeatureCollection(all) => {
            all.features.into_iter().filter_map(|feature| feature.geometry).collect()
        }
    })
}

fn collect(
    mesh: Mesh,
    path: &Path,
    geometry: &Geometry,
    polygons: &mut Vec<Polygon>,
) -> Result<(), ReleaseError> {
    match &geometry.value {
        GeometryValue::Polygon { coordinates } => polygons.push(polygon(mesh, path, coordinates)?),
        GeometryValue::MultiPolygon { coordinates } => {
            for rings in coordinates {
                polygons.push(polygon(mesh, path, rings)?);
            }
        }
        GeometryValue::GeometryCollection { geometries } => {
            for geometry in geometries {
                collect(mesh, path, geometry, polygons)?;
            }
        }
        other => {
            let message =
                format!("it holds a {}, and an area is made of polygons", other.type_name());
            return Err(format(path, message));
        }
    }
    Ok(())
}

fn polygon(mesh: Mesh, path: &Path, rings: &[Vec<Position>]) -> Result<Polygon, ReleaseError> {
    let mut all: Vec<Ring> = Vec::with_capacity(rings.len());
    for ring in rings {
        let mut corners = Vec::with_capacity(ring.len());
        for position in ring {
            let &[x, y, ..] = position.as_slice() else {
                return Err(format(path, "a corner has fewer than two coordinates"));
            };
            check(mesh, [x, y], || path.display().to_string())?;
            corners.push([x, y]);
        }
        all.push(corners);
    }
    Polygon::new(mesh, all)
}

fn format(path: &Path, message: impl Into<String>) -> ReleaseError {
    ReleaseError::Format { path: path.to_owned(), message: message.into() }
}
