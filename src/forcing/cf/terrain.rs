//! Levels that follow the floor: which formula, and where its terms are (CF conventions, appendix D).

use std::sync::Arc;

use serde::Serialize;

use super::kind::last_two;
use super::layout::Layout;
use super::level::follows_terrain;
use super::vertical::from_the_surface;
use super::{CfError, Component, FoundBy, Packing, Read, read_coordinate};
use crate::forcing::{Catalogue, Variable};
use crate::grid::Formula;

/// Levels between the surface and the floor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TerrainVariables {
    /// How heights follow from the levels' numbers.
    #[serde(skip)]
    pub formula: Formula,
    /// What each level is stretched to, from the uppermost; nothing where the formula has none.
    #[serde(skip)]
    pub stretched: Vec<f64>,
    /// Where each level lies at each node of a mesh, from 0 at the surface to -1 at the floor, one level
    /// after the other from the uppermost; nothing where they lie alike everywhere.
    #[serde(skip)]
    pub of_nodes: Option<Arc<Vec<f32>>>,
    /// The variable of the floor's depth.
    pub floor: String,
    /// Points in a row of it, and rows; of a mesh, all nodes in one.
    pub shape: [usize; 2],
    /// Its depth in metres, row by row in the file's order; 0 where it is missing.
    #[serde(skip)]
    pub depths: Arc<Vec<f32>>,
    /// The height of the surface over time; at rest where there is none.
    pub surface: Option<Component>,
}

/// What is deeper than any sea, or higher than any land, is a fill value.
const DEEPEST: f64 = 12_000.0;

/// The terms of a formula by the names that the conventions give them, with what ROMS, CROCO and SELFE call the
/// variables.
const S: (&str, &[&str]) = ("s", &["s_rho", "sc_r"]);
const STRETCHED: (&str, &[&str]) = ("C", &["Cs_r", "Cs_rho"]);
const SURFACE: (&str, &[&str]) = ("eta", &["zeta", "zos", "ssh", "elev"]);
const FLOOR: (&str, &[&str]) = ("depth", &["h", "depth", "deptho", "bathymetry"]);
const CRITICAL: (&str, &[&str]) = ("depth_c", &["hc"]);

/// The terms of a vertical coordinate.
struct Terms<'a> {
    catalogue: &'a Catalogue,
    /// Pairs of a term and its variable.
    told: Vec<(&'a str, &'a str)>,
    /// For what concerns the velocity's levels.
    velocity: &'a str,
}

impl<'a> Terms<'a> {
    fn of(catalogue: &'a Catalogue, velocity: &'a str, coordinate: &'a Variable) -> Self {
        let text = coordinate.attributes.text("formula_terms").unwrap_or_default();
        // FVCOM leaves no space after the colon.
        let separators = |c: char| c.is_whitespace() || c == ':';
        let words: Vec<&str> = text.split(separators).filter(|word| !word.is_empty()).collect();
        let pairs = words.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        Self { catalogue, told: pairs.collect(), velocity }
    }

    /// The variable of a term: that which the coordinate names, else one by a name that models use.
    fn find(&self, (term, names): (&str, &[&str])) -> Option<&'a Variable> {
        let told = self.told.iter().find(|(name, _)| *name == term);
        let told = told.and_then(|(_, variable)| self.catalogue.variable(variable));
        told.or_else(|| names.iter().find_map(|name| self.catalogue.variable(name)))
    }

    fn missing(&self, what: &'static str) -> CfError {
        CfError::NoTerrain { variable: self.velocity.to_owned(), what }
    }

    /// The values of a term, as many as there are levels.
    fn values(
        &self,
        term: (&str, &[&str]),
        what: &'static str,
        read: &Read<'_>,
    ) -> Result<Vec<f64>, CfError> {
        read_coordinate(self.find(term).ok_or_else(|| self.missing(what))?, read)
    }

    /// A number: a scalar variable, or an attribute of the whole.
    fn number(
        &self,
        term: (&str, &[&str]),
        what: &'static str,
        read: &Read<'_>,
    ) -> Result<f64, CfError> {
        if let Some(variable) = self.find(term) {
            let values = read_coordinate(variable, read)?;
            return values.first().copied().ok_or_else(|| self.missing(what));
        }
        let attribute = |name: &&str| {
            let attributes = &self.catalogue.attributes;
            attributes.number(name).or_else(|| attributes.text(name)?.trim().parse().ok())
        };
        term.1.iter().find_map(attribute).ok_or_else(|| self.missing(what))
    }
}

/// Whether the levels of the velocity follow the floor.
pub(super) fn follows(layout: &Layout<'_>) -> bool {
    layout.level.and_then(|(.., coordinate)| coordinate).is_some_and(follows_terrain)
}

/// Where levels lie along a coordinate.
pub(super) struct Parts {
    /// How far down, from 0 at the surface to 1 at the floor, from the uppermost; in the mean of all nodes
    /// where that differs.
    pub down: Vec<f64>,
    /// Whether the file begins with the lowest.
    pub flipped: bool,
    /// As [`TerrainVariables::of_nodes`] has it.
    of_nodes: Option<Vec<f32>>,
}

/// What differs by less is the same: files have f32.
const SAME: f64 = 1e-6;

/// Where the levels of a coordinate lie.
///
/// # Errors
/// [`CfError::Coordinate`] for one that is another at each point of a grid of rows and columns.
pub(super) fn parts(
    coordinate: &Variable,
    layout: &Layout<'_>,
    read: &Read<'_>,
) -> Result<Parts, CfError> {
    let refuse = |why: &str| {
        let variable = coordinate.name.clone();
        Err(CfError::Coordinate { variable, why: why.to_owned() })
    };
    let nodes = match (coordinate.dimensions.as_slice(), layout.nodes) {
        ([_], _) => 1,
        ([_, points], Some(nodes)) if points == nodes => coordinate.shape[1] as usize,
        (_, Some(_)) => {
            return refuse(
                "is to run along the levels, and then along the nodes of the mesh or along nothing else; leave `vertical` out",
            );
        }
        (_, None) => {
            return refuse(
                "is another at each point: motion in three dimensions on such levels is not available yet; leave `vertical` out",
            );
        }
    };
    let values = read_coordinate(coordinate, read)?;
    let levels = || values.chunks_exact(nodes.max(1));
    let means = levels().map(|level| -level.iter().sum::<f64>() / nodes as f64);
    let (down, flipped) = from_the_surface(means.collect());
    let is_alike = |level: &[f64]| level.iter().all(|s| (s - level[0]).abs() < SAME);
    let of_nodes = (!levels().all(is_alike)).then(|| {
        let all = levels().flatten().map(|&s| s as f32);
        match flipped {
            false => all.collect(),
            true => levels().rev().flatten().map(|&s| s as f32).collect(),
        }
    });
    Ok(Parts { down, flipped, of_nodes })
}

/// The terms of the levels of a velocity.
///
/// # Errors
/// [`CfError::NoTerrain`] for a term that is missing, [`CfError::Read`].
pub(super) fn variables(
    catalogue: &Catalogue,
    velocity: &Variable,
    layout: &Layout<'_>,
    coordinate: &Variable,
    read: &Read<'_>,
    notes: &mut Vec<String>,
) -> Result<TerrainVariables, CfError> {
    let terms = Terms::of(catalogue, &velocity.name, coordinate);
    let name = coordinate.attributes.text("standard_name").unwrap_or_default();
    let critical = || terms.number(CRITICAL, "the critical depth `hc`", read);
    let formula = match name.trim() {
        // The second is FVCOM's.
        "ocean_sigma_coordinate" | "ocean_sigma/general_coordinate" => Formula::Sigma,
        "ocean_s_coordinate_g1" => Formula::First { critical: critical()? },
        "ocean_s_coordinate_g2" => Formula::Second { critical: critical()? },
        // ROMS says it by a number, if the conventions' names do not.
        _ => {
            match terms.number(("", &["Vtransform"]), "`Vtransform`, or a standard name,", read)? {
                1.0 => Formula::First { critical: critical()? },
                2.0 => Formula::Second { critical: critical()? },
                _ => return Err(terms.missing("a `Vtransform` of 1 or 2")),
            }
        }
    };
    let Parts { down, flipped, of_nodes } =
        parts(terms.find(S).unwrap_or(coordinate), layout, read)?;
    if of_nodes.is_some() && formula != Formula::Sigma {
        return Err(terms.missing("one `s` for all nodes, which a stretched coordinate needs,"));
    }
    let mut stretched = match formula {
        Formula::Sigma => Vec::new(),
        _ => terms.values(STRETCHED, "the stretching `Cs_r`", read)?,
    };
    if flipped {
        stretched.reverse();
    }
    if formula != Formula::Sigma && stretched.len() != down.len() {
        return Err(terms.missing("as many values of the stretching `Cs_r` as there are levels"));
    }
    let floor = terms.find(FLOOR).ok_or_else(|| terms.missing("the depth of the floor `h`"))?;
    let shape = match (layout.nodes, floor.dimensions.as_slice(), floor.shape.as_slice()) {
        (Some(nodes), [own], [count]) if own == nodes => [*count, 1],
        (Some(_), ..) => {
            return Err(terms.missing("the depth of the floor `h` at the nodes of the mesh"));
        }
        (None, _, [.., rows, columns]) if last_two(floor).is_some() => [*columns, *rows],
        (None, ..) => {
            return Err(terms.missing("the depth of the floor `h` along rows and columns"));
        }
    };
    let is_sea = |depth: &f64| depth.abs() < DEEPEST;
    let depths = read_coordinate(floor, read)?;
    let depths = depths.iter().map(|depth| if is_sea(depth) { *depth as f32 } else { 0.0 });
    let surface = terms.find(SURFACE).filter(|surface| surface.dimensions.len() > 1);
    let is_elsewhere = |surface: &Variable| {
        layout.nodes.is_some_and(|nodes| surface.dimensions.last().is_none_or(|own| own != nodes))
    };
    if surface.is_some_and(is_elsewhere) {
        return Err(terms.missing("the height of the surface `zeta` at the nodes of the mesh"));
    }
    let surface = surface.map(|surface| {
        Ok::<_, CfError>(Component {
            variable: surface.name.clone(),
            roles: layout.roles_of_plane(surface, layout.nodes.is_some()),
            packing: Packing::of_height(surface)?,
            found_by: FoundBy::Name,
        })
    });
    let surface = surface.transpose()?;
    match &surface {
        Some(surface) => notes.push(format!(
            "levels follow the floor `{}` and the surface `{}`",
            floor.name, surface.variable
        )),
        None => notes.push(format!(
            "levels follow the floor `{}`; no height of the surface is there: taken to be at rest",
            floor.name
        )),
    }
    Ok(TerrainVariables {
        formula,
        stretched,
        of_nodes: of_nodes.map(Arc::new),
        floor: floor.name.clone(),
        shape: shape.map(|length| length as usize),
        depths: Arc::new(depths.collect()),
        surface,
    })
}
