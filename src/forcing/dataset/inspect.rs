//! What a dataset is, for people to look at.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::{Dataset, DatasetSpec, open_grid, series};
use crate::forcing::cf::{
    self, Choice, Component, FoundBy, Level, LevelsVariable, MeshChoice, Upward, VelocityKind,
    level_at,
};
use crate::forcing::{Catalogue, ForcingError, Source, StoredType, Variable};
use crate::grid::{
    Arrangement, Curvilinear, Field, Grid, Levels, Location, MISSING, Mesh, Pointing, Points,
    Triangles,
};

/// What was found at the places that a [`DatasetSpec`] names, and what was made of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Inspection {
    /// The files and stores that could be opened.
    pub files: Vec<FileInspection>,
    /// The velocity field, if there is one.
    pub field: Option<FieldInspection>,
    /// Why the dataset cannot be used as it is.
    pub refused: Option<String>,
}

/// What a file or store declares.
#[derive(Clone, Debug, Serialize)]
pub struct FileInspection {
    /// Where it is.
    pub path: PathBuf,
    /// Its format.
    pub format: String,
    /// Its dimensions and their lengths.
    pub dimensions: Vec<(String, u64)>,
    /// Its variables.
    pub variables: Vec<VariableInspection>,
}

/// What a variable declares.
#[derive(Clone, Debug, Serialize)]
pub struct VariableInspection {
    /// Its name.
    pub name: String,
    /// Its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// Their lengths.
    pub shape: Vec<u64>,
    /// What its values are stored as.
    pub stored: String,
    /// The shape of a chunk, where it is chunked.
    pub chunks: Option<Vec<u64>>,
    /// Its CF standard name.
    pub standard_name: Option<String>,
    /// Its units.
    pub units: Option<String>,
    /// Why it cannot be read.
    pub unreadable: Option<String>,
}

/// A dataset as a velocity field.
#[derive(Clone, Debug, Serialize)]
pub struct FieldInspection {
    /// What it is the velocity of, as far as that is known.
    pub kind: Option<VelocityKind>,
    /// The eastward (or x) component: its variable, how it was found and how it is packed.
    pub u: Component,
    /// The northward (or y) component.
    pub v: Component,
    /// What the coordinates mean.
    pub mesh: Mesh,
    /// Columns and rows of the data.
    pub shape: [usize; 2],
    /// West, south, east and north end, in degrees or metres.
    pub extent: [f64; 4],
    /// Width and height of a cell, where all are alike.
    pub spacing: [Option<f64>; 2],
    /// Where on the cells the components lie, on a curvilinear grid.
    pub arrangement: Option<Arrangement>,
    /// Which points of an unstructured mesh they lie at.
    pub points: Option<Points>,
    /// The shortest side of a cell in metres.
    pub finest: f64,
    /// Whether the grid goes all the way round.
    pub periodic: bool,
    /// Whether it is tripolar: what lies beyond its last row are the rows before it.
    pub folded: bool,
    /// Number of snapshots.
    pub snapshots: usize,
    /// Whether one stands for all times.
    pub steady: bool,
    /// The first and the last time.
    pub times: [String; 2],
    /// The calendar of the times.
    pub calendar: String,
    /// The median step in seconds; absent where there is one snapshot.
    pub step: Option<f64>,
    /// The times between which data are missing.
    pub gaps: Vec<[String; 2]>,
    /// The level taken.
    pub level: Option<Level>,
    /// All levels, where motion in three dimensions is asked for.
    pub levels: Option<LevelsVariable>,
    /// The depth in metres of the lowest of them, and of the floor where they follow it.
    pub lowest: Option<f64>,
    /// The vertical velocity that moves particles then.
    pub w: Option<Upward>,
    /// Longitude and latitude, or x and y, of the middle of a cell near the middle of the domain that
    /// has a velocity in the first snapshot.
    pub place: Option<[f64; 2]>,
    /// The highest speed of that snapshot, m/s.
    pub fastest: f32,
    /// The share of the first snapshot's nodes without a velocity: land, or outside the coverage.
    pub missing_share: f64,
    /// Variables of the files, those of the grid included, that can be sampled along trajectories.
    pub sample: Vec<String>,
    /// What was assumed or preferred, for people to check.
    pub notes: Vec<String>,
}

/// Looks at a dataset. What cannot be used is described all the same, with the reason.
pub fn inspect(spec: &DatasetSpec) -> Inspection {
    let mut inspection = Inspection::default();
    let places = match super::find(&spec.data, spec) {
        Ok(places) => places,
        Err(error) => return Inspection { refused: Some(error.to_string()), ..inspection },
    };
    let mut files = Vec::new();
    for opened in super::open_all(&places, spec.missing_chunks) {
        match opened {
            Ok(file) => files.push(file),
            Err(error) => inspection.refused = inspection.refused.or(Some(error.to_string())),
        }
    }
    inspection.files = files.iter().map(|file| describe(file)).collect();
    if inspection.refused.is_some() {
        return inspection;
    }
    let mut joined = Dataset::join(places.clone(), files.clone(), spec);
    if let Err(error @ ForcingError::Gap { .. }) = &joined {
        inspection.refused = Some(error.to_string());
        let spec = DatasetSpec { allow_gaps: true, ..spec.clone() };
        joined = Dataset::join(places, files.clone(), &spec);
    }
    match joined.and_then(|dataset| field(&dataset)) {
        Ok(field) => {
            files.extend(open_grid(spec).unwrap_or_default());
            let sample = sample(&files, &field);
            inspection.field = Some(FieldInspection { sample, ..field });
        }
        Err(error) => inspection.refused = Some(error.to_string()),
    }
    inspection
}

fn describe(file: &Source) -> FileInspection {
    let catalogue = file.catalogue();
    FileInspection {
        path: file.path().to_owned(),
        format: file.format().to_owned(),
        dimensions: catalogue.dimensions.clone(),
        variables: catalogue
            .variables
            .iter()
            .map(|declared| variable(catalogue, declared))
            .collect(),
    }
}

fn variable(catalogue: &Catalogue, declared: &Variable) -> VariableInspection {
    let text = |name: &str| declared.attributes.text(name).map(str::to_owned);
    VariableInspection {
        name: declared.name.clone(),
        dimensions: declared.dimensions.clone(),
        shape: declared.shape.clone(),
        stored: match declared.stored {
            StoredType::Other => "not numbers".to_owned(),
            number => format!("{number:?}").to_lowercase(),
        },
        chunks: declared.chunks.clone(),
        standard_name: text("standard_name"),
        units: text("units"),
        unreadable: catalogue.why_unreadable(&declared.name).map(str::to_owned),
    }
}

/// The middle of the cell with a velocity that is nearest to the middle of the rows and columns.
fn place(grid: &Grid, field: &Field) -> Option<[f64; 2]> {
    if let Some(triangles) = grid.triangles() {
        return place_among(triangles, field);
    }
    let (columns, rows) = (grid.columns() - 1, grid.rows() - 1);
    let there = |index: usize| field.nodes()[index][0] != MISSING;
    let is_water = |i: usize, j: usize| match grid.has_faces() {
        true => there(2 * (j * columns + i)),
        false => [0, 1].iter().all(|&up| {
            let first = (j + up) * (columns + 1) + i;
            there(first) && there(first + 1)
        }),
    };
    let from_middle = |&[i, j]: &[usize; 2]| {
        let off = |index: usize, count: usize| (2 * index + 1).abs_diff(count);
        off(i, columns).pow(2) + off(j, rows).pow(2)
    };
    let cells = (0..rows).flat_map(|j| (0..columns).map(move |i| [i, j]));
    let [i, j] = cells.filter(|&[i, j]| is_water(i, j)).min_by_key(from_middle)?;
    Some(grid.position(Location { cell: [i as i32, j as i32], offset: [0.5; 2] }))
}

/// The middle of the triangle with a velocity that is nearest to the middle of the mesh.
fn place_among(triangles: &Triangles, field: &Field) -> Option<[f64; 2]> {
    let [west, south, east, north] = triangles.bounds();
    let middle = [(west + east) / 2.0, (south + north) / 2.0];
    let wet = (0..triangles.count()).filter(|&triangle| {
        field.nodes()[3 * triangle..3 * triangle + 3].iter().all(|corner| corner[0] != MISSING)
    });
    let places = wet.map(|triangle| {
        let third = 1.0 / 3.0;
        triangles.position(Location { cell: [triangle as i32, 0], offset: [third; 2] })
    });
    let off = |at: &[f64; 2]| (at[0] - middle[0]).hypot(at[1] - middle[1]);
    places.min_by(|a, b| off(a).total_cmp(&off(b)))
}

fn field(dataset: &Dataset) -> Result<FieldInspection, ForcingError> {
    let found = dataset.interpretation();
    let first = dataset.read(0)?.uppermost(dataset.grid());
    let (grid, times) = (&dataset.grid().on_one_level(), dataset.times());
    let laid_out = first.laid_out(grid);
    let missing = first.missing(grid);
    let missing_count = missing.iter().filter(|&&missing| missing).count();
    let missing_share = missing_count as f64 / missing.len() as f64;
    let text = |time| dataset.calendar().format(time);
    let ends = [times[0], times[times.len() - 1]].map(|end| dataset.held().unwrap_or(end));
    let [columns, rows] = grid.data_shape();
    let mut notes = dataset.notes().to_vec();
    notes.extend(super::doubtful_mask(grid, &first));
    if times.len() == 1 {
        notes.push("a run needs two times, and here is one: join it with other files, or set `steady = true` to hold it for all times".to_owned());
    }
    let [west, south, east, north] = match found.horizontal.axes() {
        Some(axes) => {
            let [[west, east], [south, north]] =
                axes.map(|axis| [axis.nodes[0], axis.nodes[axis.nodes.len() - 1]]);
            [west, south, east, north]
        }
        None => grid.bounds(),
    };
    Ok(FieldInspection {
        kind: found.kind,
        place: place(grid, &laid_out),
        fastest: laid_out.fastest(),
        u: found.u.clone(),
        v: found.v.clone(),
        mesh: found.mesh,
        shape: [columns, rows],
        extent: [west, south, east, north],
        spacing: [grid.x().spacing(), grid.y().spacing()],
        arrangement: grid.curvilinear().map(Curvilinear::arrangement),
        points: grid.triangles().map(|triangles| triangles.points()),
        finest: grid.finest(),
        periodic: grid.is_periodic(),
        folded: grid.fold().is_some(),
        snapshots: if dataset.held().is_some() { 1 } else { dataset.len() },
        steady: dataset.held().is_some(),
        times: ends.map(text),
        calendar: dataset.calendar().to_string(),
        step: series::median_step(times).map(|step| step.seconds()),
        gaps: (series::gaps(times).into_iter())
            .map(|after| [text(times[after - 1]), text(times[after])])
            .collect(),
        level: dataset.level().cloned(),
        levels: found.levels.clone(),
        lowest: dataset.grid().levels().map(Levels::lowest),
        w: found.w.clone(),
        missing_share,
        sample: Vec::new(),
        notes,
    })
}

/// The variables in these files that can be sampled, but for the velocity's own.
fn sample(files: &[Arc<Source>], field: &FieldInspection) -> Vec<String> {
    let mesh = match field.mesh {
        Mesh::Flat => MeshChoice::Flat,
        Mesh::Sphere { .. } => MeshChoice::Sphere,
    };
    let choice = Choice { mesh, ..Choice::default() };
    let w = field.w.as_ref().map(|w| &w.component);
    let velocity: Vec<&str> =
        [Some(&field.u), Some(&field.v), w].into_iter().flatten().map(|c| &*c.variable).collect();
    let mut found: Vec<String> = Vec::new();
    for file in files {
        for name in cf::scalars(file.catalogue(), &choice) {
            if !velocity.contains(&name) && !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// Variables are listed for the first file only: the others hold the same.
impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = self.files.first() {
            writeln!(f, "{}: {}", file.path.display(), file.format)?;
            for variable in &file.variables {
                writeln!(f, "  {variable}")?;
            }
        }
        match &self.files[..] {
            [] | [_] => {}
            [_, more @ ..] => writeln!(f, "and {} more files", more.len())?,
        }
        if let Some(field) = &self.field {
            write!(f, "{field}")?;
        }
        if let Some(reason) = &self.refused {
            writeln!(f, "refused: {reason}")?;
        }
        Ok(())
    }
}

impl fmt::Display for VariableInspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths =
            self.dimensions.iter().zip(&self.shape).map(|(name, n)| format!("{name} {n}"));
        write!(f, "{} {}({})", self.stored, self.name, lengths.collect::<Vec<_>>().join(", "))?;
        if let Some(chunks) = &self.chunks {
            write!(f, " in chunks {chunks:?}")?;
        }
        for text in [&self.standard_name, &self.units].into_iter().flatten() {
            write!(f, ", {text}")?;
        }
        if let Some(reason) = &self.unreadable {
            write!(f, " (cannot be read: {reason})")?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldInspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let w = self.w.as_ref().map(|w| ("w", &w.component));
        for (side, component) in [("u", &self.u), ("v", &self.v)].into_iter().chain(w) {
            let found_by = match component.found_by {
                FoundBy::StandardName => "found by its standard name",
                FoundBy::Name => "found by its name",
                FoundBy::Scenario => "named by the scenario",
            };
            writeln!(f, "{side}: {} ({found_by})", component.variable)?;
        }
        let unit = if self.mesh == Mesh::Flat { "m" } else { "degrees" };
        let kind = match (self.points, self.arrangement, self.mesh) {
            (Some(Points::Faces), ..) => "unstructured, velocities in the middle of faces",
            (Some(Points::Nodes), ..) => "unstructured, velocities at the nodes",
            (_, Some(Arrangement::Nodes(Pointing::Earth)), _) => {
                "curvilinear, components to the east and north"
            }
            (_, Some(Arrangement::Nodes(Pointing::Grid { .. })), _) => {
                "curvilinear, components along the grid's own axes"
            }
            (_, Some(Arrangement::Faces), _) => {
                "curvilinear, components through the faces of cells (Arakawa C)"
            }
            (None, None, Mesh::Sphere { .. }) => "longitude and latitude",
            (None, None, Mesh::Flat) => "plane",
        };
        let [west, south, east, north] = self.extent;
        let [columns, rows] = self.shape;
        let size = match self.points {
            Some(Points::Faces) => format!("{columns} faces"),
            Some(Points::Nodes) => format!("{columns} nodes"),
            None => format!("{columns} x {rows} nodes"),
        };
        writeln!(f, "grid: {kind}, {size}, {west} to {east} by {south} to {north} {unit}")?;
        let width =
            |spacing: Option<f64>| spacing.map_or("uneven".to_owned(), |s| format!("{s:.6}"));
        if self.arrangement.is_none() && self.points.is_none() {
            let [x, y] = self.spacing.map(width);
            writeln!(f, "spacing: {x} by {y} {unit}")?;
        } else {
            writeln!(f, "finest spacing: {:.0} m", self.finest)?;
        }
        if self.periodic {
            writeln!(f, "the grid goes all the way round")?;
        }
        if self.folded {
            writeln!(f, "its last row is folded together: particles go on beyond it")?;
        }
        let [first, last] = &self.times;
        if self.steady {
            writeln!(f, "time: that of {first} ({}) stands for all", self.calendar)?;
        } else {
            write!(f, "times: {} from {first} to {last} ({})", self.snapshots, self.calendar)?;
            match self.step {
                Some(step) => writeln!(f, ", every {} h", step / 3600.0)?,
                None => writeln!(f)?,
            }
        }
        for [before, after] in &self.gaps {
            writeln!(f, "gap: nothing between {before} and {after}")?;
        }
        if let Some(level) = &self.level {
            match level.depth {
                Some(depth) => writeln!(f, "level: index {}, {}", level.index, level_at(depth))?,
                None => writeln!(f, "level: index {}, at no fixed depth", level.index)?,
            }
        }
        if let (Some(LevelsVariable { variable, depths, terrain, .. }), Some(lowest)) =
            (&self.levels, self.lowest)
        {
            let count = depths.len();
            write!(f, "levels: {count} along `{variable}`, ")?;
            match (terrain, depths.first()) {
                (true, _) => writeln!(
                    f,
                    "from the surface to the floor, which is {lowest} m deep at most; depths are positive down"
                )?,
                (false, first) => {
                    let first = first.copied().unwrap_or_default();
                    writeln!(f, "{first} m to {lowest} m below the surface")?;
                }
            }
        }
        writeln!(f, "missing: {:.1} % of the first snapshot", 100.0 * self.missing_share)?;
        if !self.sample.is_empty() {
            writeln!(f, "can be sampled: {}", self.sample.join(", "))?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}
