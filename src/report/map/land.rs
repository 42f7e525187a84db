//! Land: what the model takes for land, and Natural Earth where the model does not reach.

use std::sync::LazyLock;

use geojson::{GeoJson, GeometryValue};

use super::palette;
use super::raster::Raster;
use super::view::View;

/// Land as a forcing dataset has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// Longitudes in degrees east, or x in metres, of the columns of nodes, ascending.
    pub x: Vec<f64>,
    /// Latitudes in degrees north, or y in metres, of the rows of nodes, ascending.
    pub y: Vec<f64>,
    /// Whether a node is land, `None` for one that the model does not reach: `x.len()` values for each
    /// row, from the first row.
    pub land: Vec<Option<bool>>,
    /// Whether some of its nodes are land at some times and sea at others, as flats that dry are.
    pub varies: bool,
}

impl Mask {
    /// Whether it has a value for each node and ascending coordinates.
    pub(super) fn is_sound(&self) -> bool {
        let ascending = |nodes: &[f64]| !nodes.is_empty() && nodes.is_sorted_by(|a, b| a < b);
        ascending(&self.x) && ascending(&self.y) && self.land.len() == self.x.len() * self.y.len()
    }
}

/// Where the areas of neighbouring nodes meet: midway, and as far beyond the first and the last.
fn edges(nodes: &[f64]) -> Vec<f64> {
    let last = nodes.len() - 1;
    let (first_gap, last_gap) = match last {
        0 => (0.0, 0.0),
        _ => (nodes[1] - nodes[0], nodes[last] - nodes[last - 1]),
    };
    let inner = nodes.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
    std::iter::once(nodes[0] - first_gap / 2.0)
        .chain(inner)
        .chain([nodes[last] + last_gap / 2.0])
        .collect()
}

/// The node whose area holds the coordinate.
fn node_at(edges: &[f64], at: f64) -> Option<usize> {
    let below = edges.partition_point(|&edge| edge <= at);
    (1..edges.len()).contains(&below).then(|| below - 1)
}

/// Longitudes and latitudes of the ends of an edge of a coast.
type Edge = [[f64; 2]; 2];

/// The edges of Natural Earth's land, the holes in it included.
static NATURAL_EARTH: LazyLock<Vec<Edge>> = LazyLock::new(|| {
    let text = include_str!("../../../assets/ne_110m_land.geojson");
    let Ok(GeoJson::Geometry(geometry)) = text.parse::<GeoJson>() else {
        unreachable!("the asset is a GeoJSON geometry: a test reads it")
    };
    let GeometryValue::MultiPolygon { coordinates } = geometry.value else {
        unreachable!("the asset is a MultiPolygon: a test reads it")
    };
    coordinates
        .iter()
        .flatten()
        .flat_map(|ring| ring.windows(2).map(|pair| [0, 1].map(|i| [pair[i][0], pair[i][1]])))
        .collect()
});

/// Whose land a map shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// That of the mask.
    pub model: bool,
    /// That of Natural Earth, outside of the mask.
    pub natural_earth: bool,
}

/// What is at a pixel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ground {
    Sea,
    Model,
    NaturalEarth,
}

/// Paints land onto the panel. On a plane only the mask has any. Natural Earth's is paler where
/// there is a mask: the particles do not meet it.
pub fn paint(raster: &mut Raster, view: &View, mask: Option<&Mask>) -> Shown {
    let (width, height) = view.size;
    let masked = mask.map(|mask| {
        let (x, y) = (edges(&mask.x), edges(&mask.y));
        let columns: Vec<Option<usize>> = (0..width)
            .map(|column| {
                let at = view.x_of(column);
                // The image of the longitude that is nearest to the east of the mask's west end.
                node_at(&x, if view.sphere { x[0] + (at - x[0]).rem_euclid(360.0) } else { at })
            })
            .collect();
        (mask, columns, y)
    });
    let mut shown = Shown::default();
    let mut ground = vec![Ground::Sea; width as usize];
    for row in 0..height {
        let y = view.y_of(row);
        ground.fill(Ground::Sea);
        if view.sphere {
            natural_earth(&mut ground, view, y);
        }
        if let Some((mask, columns, rows)) = &masked
            && let Some(j) = node_at(rows, y)
        {
            for (ground, column) in ground.iter_mut().zip(columns) {
                if let Some(land) = column.and_then(|i| mask.land[j * mask.x.len() + i]) {
                    *ground = if land { Ground::Model } else { Ground::Sea };
                }
            }
        }
        shown.model |= ground.contains(&Ground::Model);
        shown.natural_earth |= ground.contains(&Ground::NaturalEarth);
        paint_row(raster, view, row, &ground, mask.is_some());
    }
    shown
}

/// Marks the columns that are land on a parallel: between every first and second coast that the
/// parallel crosses from west to east.
fn natural_earth(ground: &mut [Ground], view: &View, latitude: f64) {
    let mut crossings: Vec<f64> = NATURAL_EARTH
        .iter()
        .filter(|[a, b]| (a[1] <= latitude) != (b[1] <= latitude))
        .map(|[a, b]| a[0] + (latitude - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
        .collect();
    crossings.sort_by(f64::total_cmp);
    for (column, ground) in ground.iter_mut().enumerate() {
        let longitude = (view.x_of(column as u32) + 180.0).rem_euclid(360.0) - 180.0;
        if crossings.partition_point(|&crossing| crossing <= longitude) % 2 == 1 {
            *ground = Ground::NaturalEarth;
        }
    }
}

fn paint_row(raster: &mut Raster, view: &View, row: u32, ground: &[Ground], masked: bool) {
    let (left, top) = (view.origin.0 as u32, view.origin.1 as u32);
    let mut column = 0;
    for run in ground.chunk_by(|a, b| a == b) {
        let end = column + run.len() as u32;
        let colour = match run[0] {
            Ground::Sea => None,
            Ground::NaturalEarth if masked => Some(palette::OTHER_LAND),
            Ground::Model | Ground::NaturalEarth => Some(palette::LAND),
        };
        if let Some(colour) = colour {
            raster.fill(top + row, left + column, left + end, colour);
        }
        column = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::map::extent::Extent;

    #[test]
    fn natural_earth_knows_continents_seas_and_a_lake() {
        assert!(NATURAL_EARTH.len() > 4000);
        let at = |longitude: f64, latitude: f64| {
            let view = View {
                extent: Extent { west: longitude - 0.5, south: latitude, width: 1.0, height: 1.0 },
                sphere: true,
                origin: (0, 0),
                size: (1, 1),
            };
            let mut ground = [Ground::Sea];
            natural_earth(&mut ground, &view, latitude);
            ground[0] == Ground::NaturalEarth
        };
        for (longitude, latitude) in [(2.0, 47.0), (134.0, -25.0), (-60.0, -10.0), (265.0, 40.0)] {
            assert!(at(longitude, latitude), "land at {longitude}, {latitude}");
        }
        for (longitude, latitude) in [(-30.0, 40.0), (0.0, 0.0), (180.0, 0.0), (50.5, 42.0)] {
            assert!(!at(longitude, latitude), "water at {longitude}, {latitude}");
        }
    }

    #[test]
    fn each_node_has_the_area_around_it() {
        let edges = edges(&[0.0, 2.0, 3.0]);
        assert_eq!(edges, [-1.0, 1.0, 2.5, 3.5]);
        let nodes = [-1.1, -0.9, 1.2, 3.4, 3.6].map(|at| node_at(&edges, at));
        assert_eq!(nodes, [None, Some(0), Some(1), Some(2), None]);
    }
}
