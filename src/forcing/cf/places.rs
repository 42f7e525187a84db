//! Where the nodes of a grid lie that is not the product of longitudes and latitudes.

use super::faces::Faces;
use super::mapped::Mapped;
use super::nodes::{self, Nodes};
use super::unstructured::Unstructured;
use super::velocity::Pair;
use super::{CfError, Choice, Horizontal, MeshChoice, NodesVariables, Read, horizontal, recognise};
use crate::forcing::{Catalogue, Variable};
use crate::grid::{Arrangement, Mesh, Pointing};

/// What tells the places of the nodes.
#[derive(Debug)]
pub(super) enum Places<'a> {
    /// Arrays of longitude and latitude; the axes that a grid mapping speaks of may be there as well.
    Told(Nodes<'a>, Option<Mapped<'a>>),
    /// A grid mapping alone.
    Mapped(Mapped<'a>),
    /// The corners or the centres of cells with velocities on their faces.
    Faces(Faces<'a>),
    /// The nodes of an unstructured mesh.
    Unstructured(Unstructured<'a>),
}

impl<'a> Places<'a> {
    /// What there is in the dataset; `None` for a grid that is the product of its axes.
    ///
    /// # Errors
    /// Those of [`Unstructured::of`], [`Faces::of`] and [`Nodes::of`], without nodes those of
    /// [`Mapped::of`], and [`Unserved`](super::Unserved) for a grid that none of them makes sense of.
    pub fn of(
        catalogue: &'a Catalogue,
        pair: &Pair<'a>,
        choice: &Choice,
    ) -> Result<Option<Self>, CfError> {
        let flat = choice.mesh == MeshChoice::Flat;
        if let Some(mesh) = Unstructured::of(catalogue, pair, choice)? {
            return Ok(Some(Self::Unstructured(mesh)));
        }
        if !flat && let Some(faces) = Faces::of(catalogue, pair, choice)? {
            return Ok(Some(Self::Faces(faces)));
        }
        recognise::refuse_pair(catalogue, pair)?;
        Self::of_rows(catalogue, pair, choice)
    }

    /// The same for a scalar, given as both components: it may lie on any points of a staggered grid,
    /// which are rows and columns like others.
    ///
    /// # Errors
    /// As for [`Places::of`].
    pub fn of_scalar(
        catalogue: &'a Catalogue,
        scalar: &Pair<'a>,
        choice: &Choice,
    ) -> Result<Option<Self>, CfError> {
        if let Some(mesh) = Unstructured::of(catalogue, scalar, choice)? {
            return Ok(Some(Self::Unstructured(mesh)));
        }
        recognise::refuse_scalar(catalogue, scalar.u)?;
        Self::of_rows(catalogue, scalar, choice)
    }

    fn of_rows(
        catalogue: &'a Catalogue,
        pair: &Pair<'a>,
        choice: &Choice,
    ) -> Result<Option<Self>, CfError> {
        let flat = choice.mesh == MeshChoice::Flat;
        if !flat {
            let mapped = Mapped::of(catalogue, pair, choice);
            let found = match Nodes::of(catalogue, pair, choice)? {
                // A mapping that cannot be read is not needed here.
                Some(nodes) => Some(Self::Told(nodes, mapped.ok().flatten())),
                None => mapped?.map(Self::Mapped),
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        recognise::refuse_turned(catalogue, pair, choice)?;
        Ok(None)
    }

    /// The dimension along a row and the coordinate that changes along it, then those from row to
    /// row.
    pub fn coordinates(&self) -> [(&'a str, &'a Variable); 2] {
        match self {
            Self::Told(nodes, _) => {
                [(nodes.x_dimension, nodes.longitude), (nodes.y_dimension, nodes.latitude)]
            }
            Self::Mapped(mapped) => {
                [(mapped.x_dimension(), mapped.x), (mapped.y_dimension(), mapped.y)]
            }
            Self::Faces(faces) => {
                let [longitude, latitude] = faces.places;
                [(faces.u[1], longitude), (faces.u[0], latitude)]
            }
            // One dimension is both.
            Self::Unstructured(mesh) => [(mesh.dimension, mesh.x), (mesh.dimension, mesh.y)],
        }
    }

    /// Dimensions along y and along x of the second component, where it has its own.
    pub fn of_v(&self) -> Option<[&'a str; 2]> {
        match self {
            Self::Faces(faces) => Some(faces.v),
            Self::Told(..) | Self::Mapped(_) | Self::Unstructured(_) => None,
        }
    }

    /// What the coordinates mean; `None` where that is to be found out as it is of axes.
    pub fn mesh(&self, choice: &Choice) -> Option<Mesh> {
        match self {
            Self::Told(..) | Self::Mapped(_) | Self::Faces(_) => {
                Some(Mesh::Sphere { radius: choice.radius })
            }
            Self::Unstructured(_) => None,
        }
    }

    /// Reads them.
    ///
    /// # Errors
    /// Those of [`Nodes::read`], [`Mapped::read`], [`Faces::read`] and [`Unstructured::read`], and
    /// [`CfError::Pointing`].
    pub fn read(
        &self,
        catalogue: &Catalogue,
        pair: &Pair<'_>,
        choice: &Choice,
        mesh: Mesh,
        read: &Read<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Horizontal, CfError> {
        Ok(Horizontal::Nodes(match self {
            Self::Unstructured(of_mesh) => {
                of_mesh.check_components(pair, choice, mesh)?;
                return of_mesh.read(mesh, read, notes).map(Horizontal::Triangles);
            }
            Self::Faces(faces) => faces.read(mesh, read, notes)?,
            Self::Told(nodes, mapped) => {
                let told = nodes.read(catalogue, pair, choice, mesh, read, notes)?;
                let compared =
                    mapped.as_ref().map(|mapped| compare(nodes, &told, mapped, mesh, read));
                notes.extend(compared.flatten());
                if told.arrangement == Arrangement::Nodes(Pointing::Earth)
                    && let Some(axes) = horizontal::axes_of(&told, mesh, notes)
                {
                    return Ok(axes);
                }
                told
            }
            Self::Mapped(mapped) => {
                let lies = || format!("its nodes are placed by `{}`", mapped.mapping);
                let follows_grid = nodes::follows_grid(pair, choice, lies)?;
                let computed = mapped.read(mesh, read, notes)?;
                let pointing = match follows_grid {
                    true => Pointing::Grid { signs: computed.signs },
                    false => Pointing::Earth,
                };
                NodesVariables {
                    longitude: mapped.x.name.clone(),
                    latitude: mapped.y.name.clone(),
                    mapping: Some(mapped.mapping.to_owned()),
                    columns: computed.columns,
                    longitudes: computed.longitudes.into(),
                    latitudes: computed.latitudes.into(),
                    arrangement: Arrangement::Nodes(pointing),
                    first: [[0; 2]; 3],
                }
            }
        }))
    }
}

/// A sentence where a file's longitudes and latitudes are not those of its grid mapping.
fn compare(
    nodes: &Nodes<'_>,
    told: &NodesVariables,
    mapped: &Mapped<'_>,
    mesh: Mesh,
    read: &Read<'_>,
) -> Option<String> {
    // What is wrong with axes that are not used is nobody's concern.
    let computed = mapped.read(mesh, read, &mut Vec::new()).ok()?;
    let dimensions = [mapped.x_dimension(), mapped.y_dimension()];
    let transposed = dimensions == [nodes.y_dimension, nodes.x_dimension];
    if !transposed && dimensions != [nodes.x_dimension, nodes.y_dimension] {
        return None;
    }
    let off = computed.disagreement(mesh, |i, j| {
        let index = if transposed { i * told.columns + j } else { j * told.columns + i };
        [&told.longitudes, &told.latitudes].map(|all| all.get(index).copied().unwrap_or(f64::NAN))
    })?;
    Some(format!(
        "`{}` and `{}` are taken as they are and lie up to {off:.0} m from where the grid mapping `{}` puts the nodes",
        told.longitude, told.latitude, mapped.mapping
    ))
}
