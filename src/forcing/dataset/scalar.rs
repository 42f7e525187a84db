//! Scalar fields beside the velocity: temperature, salinity, the depth of the sea, each on points,
//! levels and times of its own.

mod joining;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::try_join_all;

use super::component::{self, FetchedComponent};
use super::layout::Layout;
use super::series::Entry;
use super::{Dataset, DatasetSpec, find, grid, member, open_all, open_grid};
use crate::forcing::cf::{Beside, Choice, Horizontal, MeshChoice, Role};
use crate::forcing::shelf::{OPEN_FILES, Shelf};
use crate::forcing::{Attributes, ForcingError, Source, Traffic};
use crate::grid::{Grid, Mesh, Region, Scalars};
use crate::time::Instant;
use joining::Joined;

/// What a scenario says of a scalar field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScalarSpec {
    /// Its variable, by name or CF standard name.
    pub variable: String,
    /// Where it is: no `data` for the files of the velocity, and then what is not said of it is as it is
    /// said of the velocity, as far as that fits. Whether all levels are taken, and what coordinates
    /// mean, is always as for the velocity.
    pub dataset: DatasetSpec,
}

/// A scalar field over time.
pub struct Scalar {
    shelf: Arc<Shelf>,
    /// Whether its files are not those of the velocity.
    has_own_files: bool,
    variable: String,
    attributes: Attributes,
    /// Number of each file that holds it, and where it lies in it.
    members: Vec<(usize, Layout)>,
    entries: Vec<Entry>,
    times: Vec<Instant>,
    horizontal: Horizontal,
    grid: Arc<Grid>,
    depths: Vec<f64>,
    fetched_bytes: u64,
    cache_bytes: u64,
    notes: Vec<String>,
}

/// A snapshot of a scalar in memory, not yet decoded.
pub struct FetchedScalar {
    index: usize,
    region: Region,
    component: FetchedComponent,
}

/// A scalar at one time.
pub struct ScalarSnapshot {
    /// Its place among [`Scalar::times`].
    pub index: usize,
    /// Its values in the units of the file, on [`Scalar::grid`].
    pub values: Scalars,
}

/// Files that are open.
struct Files<'a> {
    shelf: &'a Arc<Shelf>,
    files: &'a [Arc<Source>],
    grid: &'a [Arc<Source>],
    allow_gaps: bool,
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
        let choice = Choice { mesh, radius, depth, vertical: velocity.vertical, ..own.clone() };
        let joined = Joined::of(files, &spec.variable, &choice, beside)?;
        joined.check_calendar(files, (&self.paths()[0], &self.interpretation().time))?;
        let path = files.files[joined.members[0].0].path();
        let Joined { found, attributes, members, entries, times, fetched_bytes, cache_bytes } =
            joined;
        let grid = Arc::new(grid::of(path, &found.horizontal, found.mesh)?);
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
            fetched_bytes,
            cache_bytes,
            notes: found.notes,
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
    /// The variable.
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// A text that its file says of it: `units`, `standard_name`, `long_name`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.text(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The snapshots' times, strictly increasing; none where one holds for all times.
    pub fn times(&self) -> &[Instant] {
        &self.times
    }

    /// Where its points lie.
    pub fn grid(&self) -> &Arc<Grid> {
        &self.grid
    }

    /// The depths of its levels in metres, positive down, ascending; none where it has one value above
    /// another nowhere, or one level is taken.
    pub fn depths(&self) -> &[f64] {
        &self.depths
    }

    /// What was assumed or preferred, one sentence each, for people to check.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The files and stores that are read for it alone.
    pub fn own_paths(&self) -> &[PathBuf] {
        if self.has_own_files { self.shelf.paths() } else { &[] }
    }

    /// What has been asked of these so far.
    pub fn own_traffic(&self) -> Traffic {
        if self.has_own_files { self.shelf.traffic() } else { Traffic::default() }
    }

    /// Upper bound of the bytes of decoded chunks of these that are kept for later snapshots.
    pub fn own_cache_bytes(&self) -> u64 {
        let files = self.members.len().min(OPEN_FILES) as u64;
        if self.has_own_files { self.cache_bytes.saturating_mul(files) } else { 0 }
    }

    /// Bytes of a whole [`ScalarSnapshot`].
    pub fn snapshot_bytes(&self) -> u64 {
        let levels = self.depths.len().max(1) as u64;
        levels * (Scalars::most_of_level(&self.grid) * size_of::<f32>()) as u64
    }

    /// Upper estimate of the bytes of a [`FetchedScalar`].
    pub fn fetched_bytes(&self) -> u64 {
        self.fetched_bytes
    }

    /// Brings a region of a snapshot into memory as it is stored; snapshot 0 holds for all times where
    /// there are no [`times`](Self::times). Needs no runtime of the caller's.
    ///
    /// # Errors
    /// [`ForcingError`] naming the file, variable and index.
    pub async fn fetch(
        &self,
        index: usize,
        region: &Region,
    ) -> Result<FetchedScalar, ForcingError> {
        let Some(entry) = self.entries.get(index) else {
            return Err(ForcingError::NoSuchSnapshot { index, snapshots: self.entries.len() });
        };
        let (file, layout) = &self.members[entry.member];
        let component =
            component::fetch(&self.shelf, *file, layout, entry.index as u64, region).await?;
        Ok(FetchedScalar { index, region: region.clone(), component })
    }

    /// Turns a fetched snapshot into values. Computes, and blocks while it does.
    ///
    /// # Errors
    /// [`ForcingError`] naming the file, variable and index.
    pub fn decode(&self, fetched: FetchedScalar) -> Result<ScalarSnapshot, ForcingError> {
        let FetchedScalar { index, region, component } = fetched;
        let values = component.decode(&region)?;
        Ok(ScalarSnapshot { index, values: Scalars::new(&self.grid, region, values) })
    }

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
    }
}

/// The path of a file among those that are open.
fn path<'a>(files: &'a [Arc<Source>]) -> impl Fn(usize) -> &'a Path {
    |file| files[file].path()
}
