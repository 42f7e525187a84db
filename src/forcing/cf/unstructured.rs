//! Unstructured meshes: which variable tells the corners of the faces, and where the nodes lie.
//!
//! UGRID says it (ADCIRC, SCHISM and others follow it); FVCOM and SELFE have names for it that are
//! known.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::kind::{Kind, along};
use super::velocity::{self, Pair};
use super::{
    CfError, Choice, Components, MeshChoice, Read, TrianglesVariables, horizontal, read_coordinate,
};
use crate::forcing::{Catalogue, Variable};
use crate::grid::{Mesh, NO_CORNER, Points};

/// Names in lower case of arrays of corners that no mesh topology names.
const CONNECTIVITIES: [&str; 7] =
    ["nv", "ele", "element", "elements", "tri", "triangles", "face_nodes"];

/// Corners that a face may have.
const CORNERS: RangeInclusive<u64> = 3..=8;

/// The variables of a mesh.
#[derive(Debug)]
pub(super) struct Unstructured<'a> {
    connectivity: &'a Variable,
    /// Whether a face's corners follow each other in the file, not the faces.
    by_face: bool,
    /// Whether UGRID says so.
    is_told: bool,
    pub x: &'a Variable,
    pub y: &'a Variable,
    /// The dimension of the points that the velocity lies at.
    pub dimension: &'a str,
    points: Points,
}

impl<'a> Unstructured<'a> {
    /// The mesh of a velocity; `None` where nothing tells of one.
    ///
    /// # Errors
    /// [`CfError::UnknownVariable`] for coordinates that the scenario names and the dataset lacks, and
    /// [`CfError::Coordinate`] for a mesh that does not fit the velocity or lies nowhere.
    pub fn of(
        catalogue: &'a Catalogue,
        pair: &Pair<'a>,
        choice: &Choice,
    ) -> Result<Option<Self>, CfError> {
        let topology = topology(catalogue, pair.u);
        let named = |name: &str| catalogue.variable(topology?.attributes.text(name)?.trim());
        let told = named("face_node_connectivity");
        let Some(connectivity) = told.or_else(|| well_known(catalogue)) else { return Ok(None) };
        let ([first, second], [first_length, second_length]) =
            (connectivity.dimensions.as_slice(), connectivity.shape.as_slice())
        else {
            return Ok(None);
        };
        let face_dimension =
            topology.and_then(|topology| topology.attributes.text("face_dimension"));
        let has = |dimension: &str| pair.u.dimensions.iter().any(|own| own == dimension);
        let by_face = match face_dimension {
            Some(name) => name.trim() == first,
            None if has(first) || has(second) => has(first),
            None => match [first_length, second_length].map(|length| CORNERS.contains(length)) {
                [true, false] => false,
                [false, true] => true,
                _ => first_length >= second_length,
            },
        };
        let (faces, corners) =
            if by_face { (first, *second_length) } else { (second, *first_length) };
        let refuse = |variable: &Variable, why: &str| CfError::Coordinate {
            variable: variable.name.clone(),
            why: why.to_owned(),
        };
        let found = coordinates(catalogue, pair.u, faces, topology, choice)?;
        let Some([x, y]) = found else {
            // Files of rows and columns may have an array of such a name as well.
            let why = "has corners whose longitudes and latitudes are not told along one dimension; \
                       name them as `lon` and `lat`, or give the file that has them as `grid`";
            return if has(faces) { Err(refuse(connectivity, why)) } else { Ok(None) };
        };
        let nodes = &x.dimensions[0];
        let (dimension, points) = match (has(faces), has(nodes)) {
            (true, _) => (faces, Points::Faces),
            (false, true) => (nodes, Points::Nodes),
            (false, false) => return Ok(None),
        };
        if !CORNERS.contains(&corners) {
            return Err(refuse(connectivity, "does not hold three or more corners of each face"));
        }
        let is_told = told.is_some();
        Ok(Some(Self { connectivity, by_face, is_told, x, y, dimension, points }))
    }

    /// The dimension of the nodes.
    pub fn nodes(&self) -> &'a str {
        &self.x.dimensions[0]
    }

    /// # Errors
    /// [`CfError::Coordinate`] where the scenario has components follow axes that there are none of.
    pub fn check_components(
        &self,
        pair: &Pair<'_>,
        choice: &Choice,
        mesh: Mesh,
    ) -> Result<(), CfError> {
        match (choice.components, mesh) {
            (Some(Components::Grid), Mesh::Sphere { .. }) => Err(CfError::Coordinate {
                variable: pair.u.name.clone(),
                why: "cannot follow the grid's axes: a mesh of longitudes and latitudes has none; leave `components` out if it points east, or give x and y of the mesh and set `mesh = \"flat\"`".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`CfError::Coordinate`] for units that are none of a coordinate's.
    pub fn read(
        &self,
        mesh: Mesh,
        read: &Read<'_>,
        notes: &mut Vec<String>,
    ) -> Result<TrianglesVariables, CfError> {
        let xs = horizontal::values(self.x, true, mesh, read, notes)?;
        let ys = horizontal::values(self.y, false, mesh, read, notes)?;
        // FVCOM has zeros in place of what a mesh on a plane does not have.
        for (variable, values) in [(self.x, &xs), (self.y, &ys)] {
            if values.len() > 1 && values.iter().all(|&value| value == values[0]) {
                return Err(CfError::Coordinate {
                    variable: variable.name.clone(),
                    why: format!(
                        "is {} at all {} nodes; if the mesh lies on a plane, set `mesh = \"flat\"`",
                        values[0],
                        values.len()
                    ),
                });
            }
        }
        let nodes: Vec<[f64; 2]> = xs.into_iter().zip(ys).map(|(x, y)| [x, y]).collect();
        let (faces, width) = self.faces(nodes.len(), read)?;
        notes.push(format!(
            "`{}` tells the corners of {} faces between {} nodes; what goes over the rim of the mesh has left the domain, be it a coast or open water; `coast = \"slip\"` or \"bounce\" makes all of it a wall",
            self.connectivity.name,
            faces.len() / width,
            nodes.len()
        ));
        if self.points == Points::Faces {
            notes.push("velocities in the middle of faces are averaged to the nodes, inside of the mesh exact where they change linearly".to_owned());
        }
        Ok(TrianglesVariables {
            connectivity: self.connectivity.name.clone(),
            x: self.x.name.clone(),
            y: self.y.name.clone(),
            points: self.points,
            width,
            nodes: Arc::new(nodes),
            faces: Arc::new(faces),
        })
    }

    /// The corners of each face as numbers of nodes from 0, and how many at most.
    fn faces(&self, nodes: usize, read: &Read<'_>) -> Result<(Vec<u32>, usize), CfError> {
        let stored = read_coordinate(self.connectivity, read)?;
        let fill = self.connectivity.attributes.number("_FillValue");
        let is_corner = |&value: &f64| value >= 0.0 && Some(value) != fill;
        let known = || stored.iter().copied().filter(is_corner);
        let told = self.connectivity.attributes.number("start_index");
        // UGRID counts from 0 where it does not say; models in Fortran do not.
        let first = told.unwrap_or_else(|| {
            let from_one = !self.is_told || known().any(|node| node == nodes as f64);
            f64::from(u8::from(from_one && !known().any(|node| node == 0.0)))
        });
        let width = self.connectivity.shape[usize::from(self.by_face)] as usize;
        let count = stored.len() / width;
        let node = |value: f64| match is_corner(&value) && value >= first {
            // What is too large is no node of the mesh, and will be said to be none.
            true => (value - first).min(f64::from(NO_CORNER - 1)) as u32,
            false => NO_CORNER,
        };
        let at = |face: usize, corner: usize| match self.by_face {
            true => stored[face * width + corner],
            false => stored[corner * count + face],
        };
        let corners = (0..count).flat_map(|face| (0..width).map(move |corner| (face, corner)));
        Ok((corners.map(|(face, corner)| node(at(face, corner))).collect(), width))
    }
}

/// The mesh topology of a variable, or the only one of two dimensions that there is.
fn topology<'a>(catalogue: &'a Catalogue, variable: &Variable) -> Option<&'a Variable> {
    let own = variable.attributes.text("mesh").and_then(|name| catalogue.variable(name.trim()));
    let is_topology = |variable: &&Variable| {
        variable.attributes.text("cf_role") == Some("mesh_topology")
            && variable.attributes.text("face_node_connectivity").is_some()
    };
    own.filter(is_topology).or_else(|| catalogue.variables.iter().find(is_topology))
}

/// An array of corners by its role or by a name that models give it.
fn well_known(catalogue: &Catalogue) -> Option<&Variable> {
    let has_role = |variable: &&Variable| {
        variable.attributes.text("cf_role") == Some("face_node_connectivity")
    };
    let is_known = |variable: &&Variable| {
        CONNECTIVITIES.contains(&variable.name.to_lowercase().as_str())
            && variable.shape.len() == 2
            && variable.shape.iter().any(|&length| length == 3 || length == 4)
    };
    let find = |fits: &dyn Fn(&&Variable) -> bool| catalogue.variables.iter().find(fits);
    find(&has_role).or_else(|| find(&is_known))
}

/// The coordinates of the nodes: those that the scenario names, that the topology names, else those
/// along a dimension that is not that of the faces, longitude and latitude first.
fn coordinates<'a>(
    catalogue: &'a Catalogue,
    u: &'a Variable,
    faces: &str,
    topology: Option<&'a Variable>,
    choice: &Choice,
) -> Result<Option<[&'a Variable; 2]>, CfError> {
    if let (Some(x), Some(y)) = (&choice.x, &choice.y) {
        let [x, y] = [velocity::variable(catalogue, x)?, velocity::variable(catalogue, y)?];
        let share_one = x.dimensions.len() == 1 && x.dimensions == y.dimensions;
        return Ok(share_one.then_some([x, y]));
    }
    let kinds = [[Kind::Longitude, Kind::Latitude], [Kind::PlaneX, Kind::PlaneY]];
    let kinds = match choice.mesh {
        MeshChoice::Auto => &kinds[..],
        MeshChoice::Sphere => &kinds[..1],
        MeshChoice::Flat => &kinds[1..],
    };
    let pair = |candidates: &[&'a Variable]| {
        kinds.iter().find_map(|of_kind| {
            let find = |kind| candidates.iter().copied().find(|v| Kind::of(v) == kind);
            Some([find(of_kind[0])?, find(of_kind[1])?])
        })
    };
    let named = topology.and_then(|topology| topology.attributes.text("node_coordinates"));
    let named: Vec<_> = named
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|name| catalogue.variable(name))
        .filter(|variable| variable.dimensions.len() == 1)
        .collect();
    if let Some(found) = pair(&named) {
        return Ok(Some(found));
    }
    let own = u.dimensions.iter().map(String::as_str);
    let others = catalogue.variables.iter().filter(|variable| variable.dimensions.len() == 1);
    let dimensions = own.chain(others.map(|variable| variable.dimensions[0].as_str()));
    let mut found = dimensions
        .filter(|&dimension| dimension != faces)
        .filter_map(|dimension| pair(&along(catalogue, dimension).collect::<Vec<_>>()));
    Ok(found.next())
}
