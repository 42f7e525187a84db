//! A dataset: files joined along time into one velocity field, read one snapshot at a time.

mod component;
mod floor;
mod grid;
mod inspect;
mod layout;
mod member;
mod on_levels;
mod scalar;
mod series;
mod wet;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use futures::future::{join_all, try_join, try_join4};
pub use inspect::{FieldInspection, FileInspection, Inspection, VariableInspection, inspect};

pub use scalar::{FetchedScalar, Following, Scalar, ScalarSnapshot, ScalarSpec};

use super::cf::{Choice, Interpretation, Level, Vertical};
use super::format::{MissingChunks, open_at};
use super::place::Place;
use super::requests::{Requests, blocking};
use super::shelf::{OPEN_FILES, Shelf};
use super::{Access, ForcingError, Source, Traffic, sources};
use crate::grid::{Field, Grid, Layers, Levels, MISSING, Region, upward};
use crate::time::{Calendar, Instant};
use component::FetchedComponent;
use layout::Layout;
use member::Member;
use series::Entry;

/// What a scenario says of a dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetSpec {
    /// Files, stores, patterns, directories and URLs.
    pub data: Vec<String>,
    /// Which variables and level to take.
    pub choice: Choice,
    /// Files with the coordinates or the mask of the grid, where those with the velocity lack them.
    pub grid: Vec<String>,
    /// Whether to accept steps far longer than the others, and interpolate across them.
    pub allow_gaps: bool,
    /// What a Zarr chunk without a file means.
    pub missing_chunks: MissingChunks,
    /// How bytes are asked for.
    pub access: Access,
}

/// A velocity field over time.
pub struct Dataset {
    spec: DatasetSpec,
    shelf: Arc<Shelf>,
    members: Vec<Member>,
    u: Vec<Entry>,
    v: Vec<Entry>,
    /// None where the data move nothing up and down.
    w: Vec<Entry>,
    /// Lengths of the dimensions of u.
    shape_of_u: Vec<u64>,
    /// Whether that follows from the horizontal velocity.
    continuity: bool,
    times: Vec<Instant>,
    held: Option<Instant>,
    grid: Grid,
    notes: Vec<String>,
    mask_judged: Once,
}

/// A snapshot in memory, not yet decoded.
pub struct FetchedSnapshot {
    index: usize,
    region: Region,
    u: FetchedComponent,
    v: FetchedComponent,
    w: Option<FetchedComponent>,
    surface: Option<FetchedComponent>,
    wet: Option<FetchedComponent>,
}

impl FetchedSnapshot {
    /// Which snapshot it is.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> u64 {
        let Self { u, v, w, surface, wet, .. } = self;
        let parts = [Some(u), Some(v), w.as_ref(), surface.as_ref(), wet.as_ref()];
        parts.into_iter().flatten().map(FetchedComponent::bytes).sum()
    }
}

/// The velocity at one time: m/s at each node of a region of [`Grid::data_shape`], rows from the
/// south, each from the west, [`MISSING`](crate::grid::MISSING) where there is none. In three
/// dimensions, of one level of the data after the other, from the uppermost.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Its place among [`Dataset::times`].
    pub index: usize,
    /// Its time.
    pub time: Instant,
    /// The nodes that were read.
    pub region: Region,
    /// Eastward, or along x.
    pub u: Vec<f32>,
    /// Northward, or along y.
    pub v: Vec<f32>,
    /// Upward, where it moves particles: at the nodes, or in the middle of cells where the others go
    /// through faces; on the levels of the data, or on all of the [grid's](Grid::levels) where those
    /// follow the floor.
    pub w: Option<Vec<f32>>,
    /// The height of the surface in metres at the same points, at the nodes of a mesh, where levels follow
    /// it.
    pub surface: Option<Vec<f32>>,
}

impl Snapshot {
    /// The uppermost level of the data alone.
    #[must_use]
    pub fn uppermost(mut self, grid: &Grid) -> Self {
        if let Some(levels) = grid.levels() {
            for planes in [&mut self.u, &mut self.v] {
                planes.truncate(planes.len() / levels.data_levels());
            }
        }
        Self { w: None, surface: None, ..self }
    }

    /// The snapshot as the engines read it.
    pub fn laid_out(&self, grid: &Grid) -> Field {
        match grid.levels() {
            None => Field::within(grid, &self.region, &self.u, &self.v),
            Some(_) => {
                let Self { u, v, w, surface, .. } = self;
                let (w, surface) = (w.as_deref(), surface.as_deref());
                Field::of_levels(grid, &self.region, Layers { u, v, w, surface })
            }
        }
    }

    /// Whether each node that was read has no velocity; of a whole snapshot whose velocities go
    /// through faces, whether each cell has none.
    pub fn missing(&self, grid: &Grid) -> Vec<bool> {
        if grid.has_faces() {
            let cells = Field::new(grid, &self.u, &self.v);
            return cells.nodes().chunks_exact(2).map(|cell| cell[0][0] == MISSING).collect();
        }
        self.u.iter().zip(&self.v).map(|(&u, &v)| u == MISSING || v == MISSING).collect()
    }
}

impl Dataset {
    /// Finds the files, interprets each, and joins them along time. Reads coordinates, no
    /// velocities.
    ///
    /// # Errors
    /// [`ForcingError`] for files that are missing or damaged, that cannot be interpreted, or that
    /// do not fit each other.
    pub fn open(spec: &DatasetSpec) -> Result<Self, ForcingError> {
        let places = find(&spec.data, spec)?;
        let files = open_all(&places, spec.missing_chunks).into_iter().collect::<Result<_, _>>()?;
        Self::join(places, files, spec)
    }

    fn join(
        places: Vec<Place>,
        files: Vec<Arc<Source>>,
        spec: &DatasetSpec,
    ) -> Result<Self, ForcingError> {
        let grid_files = open_grid(spec)?;
        let (members, unused) = member::interpret_all(&files, &grid_files, &spec.choice)?;
        let path = |file: usize| files[file].path();
        let first = &members[0];
        let with_w = members.iter().find(|member| member.w.is_some());
        for one in [Some(first), with_w].into_iter().flatten() {
            for other in &members {
                member::check_alike((path(one.file), one), (path(other.file), other))?;
            }
        }
        let joined = |part: fn(&Member) -> bool| series::join(member::series(&members, path, part));
        let mut u = joined(|member| member.u.is_some())?;
        let mut v = joined(|member| member.v.is_some())?;
        let mut w = joined(|member| member.w.is_some())?;
        let held = u.first().filter(|_| spec.choice.steady).map(|entry| entry.time);
        if spec.choice.steady {
            [u, v, w] = [&u, &v, &w].map(|entries| series::held(entries));
        }
        check_same_times(&members, &u, &v, path)?;
        if first.interpretation.w.is_some() {
            check_same_times(&members, &u, &w, path)?;
        }
        let times: Vec<Instant> = u.iter().map(|entry| entry.time).collect();
        let calendar = first.interpretation.time.calendar;
        if !spec.allow_gaps {
            series::check_gaps(&u, calendar, |entry| path(members[entry.member].file))?;
        }
        let grid = grid::of_velocity(path(first.file), &first.interpretation, spec.choice.period)?;
        let mut notes = first.interpretation.notes.clone();
        notes.extend(unused.into_iter().map(|file| {
            format!("{} holds nothing of the velocity and is left out", path(file).display())
        }));
        let continuity = spec.choice.vertical == Some(Vertical::Continuity);
        let is_plain =
            grid.has_axes() && grid.levels().is_none_or(|levels| levels.fixed().is_some());
        if continuity && !is_plain {
            return Err(ForcingError::NoContinuity { path: path(first.file).to_owned() });
        }
        let u_variable = files[first.file].variable(&first.interpretation.u.variable)?;
        Ok(Self {
            shape_of_u: u_variable.shape.clone(),
            spec: spec.clone(),
            shelf: Arc::new(Shelf::new(places, files, spec.missing_chunks)),
            u,
            v,
            w,
            continuity,
            times,
            held,
            grid,
            notes,
            mask_judged: Once::new(),
            members,
        })
    }

    /// Where the velocities lie.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The snapshots' times, strictly increasing; one at least.
    pub fn times(&self) -> &[Instant] {
        &self.times
    }

    /// The time of the one snapshot that stands for all times, long before and after its own; `None`
    /// where the data tell how the velocity changes.
    pub fn held(&self) -> Option<Instant> {
        self.held
    }

    /// The calendar of the times.
    pub fn calendar(&self) -> Calendar {
        self.interpretation().time.calendar
    }

    /// Whether an instant of one is the same moment of the other.
    pub fn agrees_in_time_with(&self, other: &Self) -> bool {
        let agrees = |a: &Self, b: &Self| {
            let axis = &a.interpretation().time;
            b.members.iter().all(|member| member.interpretation.time.agrees_with(axis))
        };
        agrees(self, other) && agrees(other, self)
    }

    /// The level taken, where the velocities have levels.
    pub fn level(&self) -> Option<&Level> {
        self.interpretation().level.as_ref()
    }

    /// Number of snapshots.
    #[expect(clippy::len_without_is_empty, reason = "a dataset has one snapshot at least")]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// The files and stores that it is read from.
    pub fn paths(&self) -> &[PathBuf] {
        self.shelf.paths()
    }

    /// What was assumed or preferred, one sentence each, for people to check.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How the first file was interpreted.
    pub fn interpretation(&self) -> &Interpretation {
        &self.members[0].interpretation
    }

    /// A whole snapshot. Blocks while it is read and decoded.
    ///
    /// # Errors
    /// [`ForcingError`] naming the file, variable and index.
    pub fn read(&self, index: usize) -> Result<Snapshot, ForcingError> {
        let whole = Region::whole(&self.grid);
        self.decode(pollster::block_on(self.fetch(index, &whole))?)
    }

    /// What has been asked of the disk or the store so far.
    pub fn traffic(&self) -> Traffic {
        self.shelf.traffic()
    }

    /// Brings a region of a snapshot into memory as it is stored. Needs no runtime of the caller's.
    ///
    /// # Errors
    /// [`ForcingError`] naming the file, variable and index.
    pub async fn fetch(
        &self,
        index: usize,
        region: &Region,
    ) -> Result<FetchedSnapshot, ForcingError> {
        let (Some(&u), Some(&v)) = (self.u.get(index), self.v.get(index)) else {
            return Err(ForcingError::NoSuchSnapshot { index, snapshots: self.times.len() });
        };
        let (of_u, of_v) = (&self.members[u.member], &self.members[v.member]);
        let u = self.fetch_component(of_u, of_u.u.as_ref(), u, region);
        let v = self.fetch_component(of_v, of_v.v.as_ref(), v, region);
        let w = async {
            let Some(&entry) = self.w.get(index) else { return Ok(None) };
            let member = &self.members[entry.member];
            self.fetch_component(member, member.w.as_ref(), entry, region).await.map(Some)
        };
        let beside = async |layout: Option<&Layout>| match layout {
            Some(_) => self.fetch_component(of_u, layout, self.u[index], region).await.map(Some),
            None => Ok(None),
        };
        let planes = try_join(beside(of_u.surface.as_ref()), beside(of_u.wet.as_ref()));
        let (u, v, w, (surface, wet)) = try_join4(u, v, w, planes).await?;
        Ok(FetchedSnapshot { index, region: region.clone(), u, v, w, surface, wet })
    }

    async fn fetch_component(
        &self,
        member: &Member,
        layout: Option<&Layout>,
        entry: Entry,
        region: &Region,
    ) -> Result<FetchedComponent, ForcingError> {
        let layout = layout.expect("entries are made from the members that hold the component");
        component::fetch(&self.shelf, member.file, layout, entry.index as u64, region).await
    }

    /// Whether snapshots are to be fetched whole: their vertical velocity depends on neighbours, or what
    /// lies at a corner on the middle of the cells around it.
    pub fn needs_whole(&self) -> bool {
        self.continuity || self.grid.has_faces() && self.grid.levels().is_some()
    }

    /// Turns a fetched snapshot into velocities. Computes, and blocks while it does.
    ///
    /// # Errors
    /// [`ForcingError`] naming the file, variable and index.
    ///
    /// # Panics
    /// If the snapshot is a part of one that [must be whole](Self::needs_whole).
    pub fn decode(&self, fetched: FetchedSnapshot) -> Result<Snapshot, ForcingError> {
        let FetchedSnapshot { index, region, u, v, w, surface, wet } = fetched;
        let of_w = || w.map(|w| w.decode(&region)).transpose();
        let plane =
            |part: Option<FetchedComponent>| part.map(|part| part.decode(&region)).transpose();
        let (surface, wet) = (plane(surface)?, plane(wet)?);
        let (u, (v, w)) =
            rayon::join(|| u.decode(&region), || rayon::join(|| v.decode(&region), of_w));
        let (mut u, mut v, w) = (u?, v?, w?);
        if let (Some(mask), Some(variable)) = (wet, &self.interpretation().wet) {
            wet::close(&self.grid, &region, variable.is_water, &mask, [&mut u, &mut v]);
        }
        let w = match w {
            Some(w) => Some(self.on_levels_of_u(w)),
            None => self.continuity.then(|| upward(&self.grid, &u, &v)),
        };
        let read = Snapshot { index, time: self.times[index], region, u, v, w, surface };
        self.mask_judged.call_once(|| {
            if let Some(note) = doubtful_mask(&self.grid, &read) {
                tracing::warn!("{note}");
            }
        });
        Ok(read)
    }

    /// A vertical velocity on the levels of the horizontal one, or on all of the grid's where those follow
    /// the floor.
    fn on_levels_of_u(&self, w: Vec<f32>) -> Vec<f32> {
        let terrain = self.grid.levels().and_then(Levels::terrain);
        match (self.levels_of_w(), &self.interpretation().levels, terrain) {
            (Some(own), _, Some(terrain)) => on_levels::between(w, own, &terrain.parts()),
            (Some(own), Some(levels), None) => on_levels::between(w, own, &levels.depths),
            _ => w,
        }
    }

    /// Depths of the levels of the vertical velocity, as the file tells them that holds it.
    fn levels_of_w(&self) -> Option<&[f64]> {
        let holding = &self.members[self.w.first()?.member];
        holding.interpretation.w.as_ref().map(|w| &*w.levels.depths)
    }

    /// Upper estimate of [`FetchedSnapshot::bytes`] of any snapshot.
    pub fn fetched_bytes(&self) -> u64 {
        // The components of a snapshot come from files that hold several or one: of each sort, one.
        let mut most = HashMap::new();
        for member in &self.members {
            let of_sort = most.entry(member.holds()).or_insert(0);
            *of_sort = member.fetch_bytes.max(*of_sort);
        }
        most.values().sum()
    }

    /// Bytes of any [`Snapshot`].
    pub fn snapshot_bytes(&self) -> u64 {
        let [columns, rows] = self.grid.data_shape();
        let levels = self.grid.levels().map_or(1, Levels::data_levels);
        // The vertical velocity is held on its own levels before it is on those of the others.
        let terrain = self.grid.levels().and_then(Levels::terrain);
        let of_w = match self.levels_of_w() {
            Some(own) => own.len().max(terrain.map_or(levels, |terrain| terrain.parts().len())),
            None if self.continuity => levels,
            None => 0,
        };
        let beside = |part: fn(&Member) -> bool| usize::from(self.members.iter().any(part));
        let planes =
            beside(|member| member.surface.is_some()) + beside(|member| member.wet.is_some());
        ((2 * levels + of_w + planes) * columns * rows * size_of::<f32>()) as u64
    }

    /// Upper bound of the bytes of decoded chunks kept for later snapshots.
    pub fn cache_bytes(&self) -> u64 {
        let largest = self.members.iter().map(|member| member.cache_bytes).max().unwrap_or(0);
        largest.saturating_mul(self.members.len().min(OPEN_FILES) as u64)
    }
}

fn find(data: &[String], spec: &DatasetSpec) -> Result<Vec<Place>, ForcingError> {
    pollster::block_on(sources::find(data, &Arc::new(Requests::new(spec.access))))
}

/// The files that tell of the grid alone.
fn open_grid(spec: &DatasetSpec) -> Result<Vec<Arc<Source>>, ForcingError> {
    if spec.grid.is_empty() {
        return Ok(Vec::new());
    }
    open_all(&find(&spec.grid, spec)?, spec.missing_chunks).into_iter().collect()
}

/// Opens all places at once: far away, each takes a while.
fn open_all(places: &[Place], missing: MissingChunks) -> Vec<Result<Arc<Source>, ForcingError>> {
    let opened = places.iter().map(|place| async {
        let (path, place) = (place.name().to_owned(), place.clone());
        let opened = blocking(move || open_at(place, missing)).await;
        let source = opened.map_err(|source| ForcingError::Io { path, source })??;
        source.fetch_axes().await;
        Ok(source)
    });
    pollster::block_on(join_all(opened))
}

/// What people should know where no node has a velocity, or u and v are missing at different nodes.
fn doubtful_mask(grid: &Grid, read: &Snapshot) -> Option<String> {
    let is_there = |value: &f32| *value != MISSING;
    let count = |values: &[f32]| values.iter().filter(|value| is_there(value)).count();
    for (component, values) in [("u", &read.u), ("v", &read.v)] {
        if count(values) == 0 {
            return Some(format!(
                "all nodes that are read of snapshot {} are missing: {component} is known at none, and no particle can move; check the file, the level, `_FillValue` and the valid range",
                read.index
            ));
        }
    }
    if grid.has_faces() {
        return None;
    }
    let differ = read.u.iter().zip(&read.v).any(|(u, v)| is_there(u) != is_there(v));
    differ.then(|| {
        format!(
            "u is known at {} nodes and v at {}, not all of them the same: if they were written from a staggered grid, one of them lies up to half a cell off",
            count(&read.u),
            count(&read.v)
        )
    })
}

/// Components in files of their own must have the same times.
fn check_same_times<'a>(
    members: &[Member],
    u: &[Entry],
    v: &[Entry],
    path: impl Fn(usize) -> &'a Path,
) -> Result<(), ForcingError> {
    let differing = (0..u.len().max(v.len())).find(|&index| {
        u.get(index).map(|entry| entry.time) != v.get(index).map(|entry| entry.time)
    });
    let Some(index) = differing else { return Ok(()) };
    let at = |entries: &[Entry]| match entries.get(index).or(entries.last()) {
        Some(entry) => {
            let member = &members[entry.member];
            let time = member.interpretation.time.calendar.format(entry.time);
            (path(member.file).to_owned(), time)
        }
        None => (path(0).to_owned(), "nothing".to_owned()),
    };
    let ((first, u_time), (second, v_time)) = (at(u), at(v));
    let count = |entries: &[Entry]| entries.len();
    Err(ForcingError::FilesDiffer {
        first,
        second,
        difference: format!(
            "the components have different times: {} and {} of them, and at index {index} {u_time} and {v_time}",
            count(u),
            count(v)
        ),
    })
}
