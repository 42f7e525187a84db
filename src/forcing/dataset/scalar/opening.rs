//! Finding scalars, in the velocity's own files or in others.

use std::path::Path;
use std::sync::Arc;

use futures::future::try_join_all;

use super::joining::{self, Joined};
use super::{Following, Scalar, ScalarSpec};
use crate::forcing::cf::{
    Beside, Choice, Horizontal, LevelsVariable, MeshChoice, Role, TerrainVariables,
};
use crate::forcing::dataset::{Dataset, find, grid, member, open_all, open_grid};
use crate::forcing::shelf::Shelf;
use crate::forcing::{ForcingError, Source};
use crate::grid::Mesh;

/// Files that are open.
pub(super) struct Files<'a> {
    pub shelf: &'a Arc<Shelf>,
    pub files: &'a [Arc<Source>],
    pub grid: &'a [Arc<Source>],
    pub allow_gaps: bool,
}

impl Files<'_> {
    /// The path of one of them.
    pub(super) fn path(&self, file: usize) -> &Path {
        self.files[file].path()
    }
}

impl Dataset {
    /// Finds scalar fields in the velocity's own files or in others. Reads coordinates, no values.
    ///
    /// # Errors
    /// [`ForcingError::NoScalar`] for one that is not there, and as for [`Dataset::open`].
    pub fn scalars(&self, wanted: &[ScalarSpec]) -> Result<Vec<Scalar>, ForcingError> {
        let needs_own = wanted.iter().any(|spec| spec.dataset.data.is_empty());
        let (files, of_grid) = match needs_own {
            true => (self.files()?, open_grid(&self.spec)?),
            false => (Vec::new(), Vec::new()),
        };
        let own = Files {
            shelf: &self.shelf,
            files: &files,
            grid: &of_grid,
            allow_gaps: self.spec.allow_gaps,
        };
        let mut found: Vec<Scalar> = Vec::new();
        for spec in wanted {
            let mut scalar = match spec.dataset.data.is_empty() {
                true => match self.scalar_in(&own, spec, Some(self.beside())) {
                    // The depth of the sea is often told with the grid.
                    Err(ForcingError::NoScalar { .. }) if joining::is_in(&of_grid, spec)? => {
                        self.scalar_apart(spec, &self.spec.grid, Some(self.beside()))
                    }
                    found => found,
                },
                false => self.scalar_apart(spec, &spec.dataset.data, None),
            }?;
            scalar.share_grid(self, &found);
            found.push(scalar);
        }
        Ok(found)
    }

    /// All files, opened again where they were closed.
    fn files(&self) -> Result<Vec<Arc<Source>>, ForcingError> {
        let open = |number| async move {
            let file = self.shelf.file(number).await?;
            file.fetch_axes().await;
            Ok(file)
        };
        pollster::block_on(try_join_all((0..self.paths().len()).map(open)))
    }

    /// A scalar in files that hold no velocity.
    fn scalar_apart(
        &self,
        spec: &ScalarSpec,
        data: &[String],
        beside: Option<Beside<'_>>,
    ) -> Result<Scalar, ForcingError> {
        let dataset = &spec.dataset;
        let places = find(data, dataset)?;
        let files: Vec<Arc<Source>> =
            open_all(&places, dataset.missing_chunks).into_iter().collect::<Result<_, _>>()?;
        let shelf = Arc::new(Shelf::new(places, files.clone(), dataset.missing_chunks));
        let files = Files {
            shelf: &shelf,
            files: &files,
            grid: &open_grid(dataset)?,
            allow_gaps: dataset.allow_gaps,
        };
        let scalar = self.scalar_in(&files, spec, beside)?;
        Ok(Scalar { has_own_files: true, ..scalar })
    }

    fn scalar_in(
        &self,
        files: &Files<'_>,
        spec: &ScalarSpec,
        beside: Option<Beside<'_>>,
    ) -> Result<Scalar, ForcingError> {
        let (mesh, radius) = match self.grid.mesh() {
            Mesh::Flat => (MeshChoice::Flat, self.spec.choice.radius),
            Mesh::Sphere { radius } => (MeshChoice::Sphere, radius),
        };
        let velocity = &self.spec.choice;
        // Where the velocity is taken at a level, the scalar is taken at its depth.
        let depth = self.level().and_then(|level| level.depth).or(velocity.depth);
        let own = &spec.dataset.choice;
        let depth = own.depth.or(depth);
        let Choice { vertical, period, .. } = *velocity;
        let choice = Choice { mesh, radius, period, depth, vertical, ..own.clone() };
        let joined = Joined::of(files, &spec.variable, &choice, beside)?;
        joined.check_calendar(files, (&self.paths()[0], &self.interpretation().time))?;
        let path = files.files[joined.members[0].0].path();
        let Joined { found, attributes, members, entries, times, fetched_bytes, cache_bytes } =
            joined;
        let grid = Arc::new(grid::of(path, &found.horizontal, found.mesh, period)?);
        let following = match (&found.terrain, &found.levels) {
            (Some(terrain), Some(levels)) => {
                Some(self.following(files, spec, beside, terrain, levels)?)
            }
            _ => None,
        };
        Ok(Scalar {
            shelf: Arc::clone(files.shelf),
            has_own_files: false,
            variable: found.component.variable,
            attributes,
            members,
            entries,
            times,
            horizontal: found.horizontal,
            grid,
            depths: found.levels.map(|levels| levels.depths).unwrap_or_default(),
            following,
            fetched_bytes,
            cache_bytes,
            notes: found.notes,
        })
    }

    /// The floor and the surface that the levels of a scalar follow.
    ///
    /// # Errors
    /// [`ForcingError::ScalarOfNodes`], and as for the scalar itself.
    fn following(
        &self,
        files: &Files<'_>,
        spec: &ScalarSpec,
        beside: Option<Beside<'_>>,
        terrain: &TerrainVariables,
        levels: &LevelsVariable,
    ) -> Result<Following, ForcingError> {
        if terrain.of_nodes.is_some() {
            let (path, variable) = (files.path(0).to_owned(), spec.variable.clone());
            return Err(ForcingError::ScalarOfNodes { path, variable });
        }
        let field = |variable: &str| {
            let of_field = ScalarSpec { variable: variable.to_owned(), ..spec.clone() };
            match self.scalar_in(files, &of_field, beside) {
                Err(ForcingError::NoScalar { .. }) if joining::is_in(files.grid, &of_field)? => {
                    let grid = match spec.dataset.data.is_empty() {
                        true => &self.spec.grid,
                        false => &spec.dataset.grid,
                    };
                    self.scalar_apart(&of_field, grid, beside)
                }
                found => found,
            }
            .map(Arc::new)
        };
        let surface = terrain.surface.as_ref().map(|surface| field(&surface.variable));
        let parts = levels.depths.iter().map(|down| -down);
        let stretched = terrain.stretched.iter().copied().chain(std::iter::repeat(f64::NAN));
        Ok(Following {
            formula: terrain.formula,
            levels: parts.zip(stretched).map(|(s, c)| [s, c]).collect(),
            floor: field(&terrain.floor)?,
            surface: surface.transpose()?,
        })
    }

    fn beside(&self) -> Beside<'_> {
        let u = &self.interpretation().u;
        let at = u.roles.iter().position(|&role| role == Role::Level);
        Beside {
            choice: &self.spec.choice,
            levels: at.and_then(|at| self.shape_of_u.get(at).copied()),
        }
    }
}

impl Scalar {
    /// Takes the grid of the velocity, or of a scalar before, where it is the same: a search tree over
    /// millions of nodes need not be there twice.
    fn share_grid(&mut self, dataset: &Dataset, others: &[Self]) {
        let is_same =
            |other: &Horizontal| member::differing_grid(other, &self.horizontal).is_none();
        if let Some(other) = others.iter().find(|other| is_same(&other.horizontal)) {
            self.grid = Arc::clone(&other.grid);
            self.horizontal = other.horizontal.clone();
        } else if is_same(&dataset.interpretation().horizontal) {
            self.grid = Arc::new(dataset.grid.on_one_level());
            self.horizontal = dataset.interpretation().horizontal.clone();
        }
        let Self { grid, horizontal, following, .. } = self;
        let fields = following.iter_mut().flat_map(Following::fields_mut);
        for field in fields
            .filter_map(Arc::get_mut)
            .filter(|field| member::differing_grid(&field.horizontal, horizontal).is_none())
        {
            field.grid = Arc::clone(grid);
            field.horizontal = horizontal.clone();
        }
    }
}
