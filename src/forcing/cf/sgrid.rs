//! Where u and v lie by the SGRID conventions (0.3): a variable with `cf_role = "grid_topology"` tells the
//! dimensions of the corners of cells and how far those of their faces go beyond.

use super::kind::{Kind, last_two};
use super::velocity::Pair;
use crate::forcing::{Catalogue, Variable};

/// A staggered grid as SGRID describes it.
pub(super) struct Told<'a> {
    /// Longitude and latitude of the corners of cells.
    pub corners: [&'a Variable; 2],
    /// How many cells of a column, and of a row, come before the first that has corners on all sides.
    pub before: [usize; 2],
}

/// What there is of cells where corners end.
#[derive(Clone, Copy)]
struct Padding {
    /// Cells before the first corner, and after the last.
    low: u64,
    high: u64,
}

/// The topology whose corners and cells fit u on the western and v on the southern faces.
pub(super) fn of<'a>(catalogue: &'a Catalogue, pair: &Pair<'a>) -> Option<Told<'a>> {
    let is_topology =
        |v: &&Variable| v.attributes.text("cf_role").is_some_and(|r| r.trim() == "grid_topology");
    catalogue.variables.iter().filter(is_topology).find_map(|topology| {
        let text = |name: &str| topology.attributes.text(name);
        let corners = corners(catalogue, text("node_coordinates")?)?;
        let padding = padding(text("face_dimensions")?);
        let [x, y] = dimensions(corners)?;
        let along = |dimension: &str| padding.iter().find(|(of, _)| *of == dimension).map(|p| p.1);
        let (along_x, along_y) = (along(x.0)?, along(y.0)?);
        let cells = |corners: u64, padding: Padding| corners - 1 + padding.low + padding.high;
        let fits = last_two(pair.u).is_some()
            && last_two(pair.v).is_some()
            && pair.u.shape.ends_with(&[cells(y.1, along_y), x.1])
            && pair.v.shape.ends_with(&[y.1, cells(x.1, along_x)]);
        let before = [along_x, along_y].map(|padding| padding.low as usize);
        fits.then_some(Told { corners, before })
    })
}

/// Longitude and latitude among the names of two variables, in either order.
fn corners<'a>(catalogue: &'a Catalogue, names: &str) -> Option<[&'a Variable; 2]> {
    let mut found = names.split_whitespace().filter_map(|name| catalogue.variable(name));
    let pair = [found.next()?, found.next()?];
    match pair.map(Kind::of) {
        [Kind::Longitude, Kind::Latitude] => Some(pair),
        [Kind::Latitude, Kind::Longitude] => Some([pair[1], pair[0]]),
        _ => None,
    }
}

/// The dimensions along x and along y of the corners, each with its length.
fn dimensions<'a>([longitude, latitude]: [&'a Variable; 2]) -> Option<[(&'a str, u64); 2]> {
    let at = |variable: &'a Variable, index: usize| {
        Some((variable.dimensions.get(index)?.as_str(), *variable.shape.get(index)?))
    };
    let [x, y] = match (longitude.dimensions.len(), latitude.dimensions.len()) {
        (1, 1) => [at(longitude, 0)?, at(latitude, 0)?],
        (2, 2) => [at(longitude, 1)?, at(longitude, 0)?],
        _ => return None,
    };
    (x.1 > 1 && y.1 > 1).then_some([x, y])
}

/// For each dimension of corners how those of cells go on, from a text such as
/// `xi_rho: xi_psi (padding: both) eta_rho: eta_psi (padding: both)`.
fn padding(text: &str) -> Vec<(String, Padding)> {
    let text = text.replace(':', ": ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(corners) = words.get(at + 1).filter(|_| word.ends_with(':')) else { continue };
        if word.starts_with('(') {
            continue;
        }
        let told = match words.get(at + 2..at + 4) {
            Some(["(padding:", how]) => how.trim_end_matches(')'),
            _ => "none",
        };
        let [low, high] = match told {
            "both" => [1, 1],
            "low" => [1, 0],
            "high" => [0, 1],
            "none" => [0, 0],
            _ => continue,
        };
        found.push(((*corners).to_owned(), Padding { low, high }));
    }
    found
}
