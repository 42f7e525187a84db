//! The files that hold a scalar, joined along time.

use std::path::Path;
use std::sync::Arc;

use super::ScalarSpec;
use super::opening::Files;
use crate::forcing::cf::{
    self, Beside, Choice, FoundBy, ScalarInterpretation, TimeAxis, find_scalar,
};
use crate::forcing::dataset::layout::{Axes, Layout};
use crate::forcing::dataset::member::{differing_grid, differing_node, together};
use crate::forcing::dataset::series::{self, Entry, Part};
use crate::forcing::{Attributes, ForcingError, Source, Variable};
use crate::time::Instant;
use crate::units::nearest;

/// A scalar as its files have it together.
pub(super) struct Joined {
    /// How the first file was interpreted.
    pub found: ScalarInterpretation,
    /// What the first file says of the variable.
    pub attributes: Attributes,
    /// Number of each file that holds it, and where it lies in it.
    pub members: Vec<(usize, Layout)>,
    /// One alone where it is the same at all times, and then there are no times.
    pub entries: Vec<Entry>,
    pub times: Vec<Instant>,
    /// Upper estimate of what fetching one snapshot brings.
    pub fetched_bytes: u64,
    /// The most that one of the files keeps of decoded chunks.
    pub cache_bytes: u64,
}

/// Whether one of the files has the variable.
pub(super) fn is_in(files: &[Arc<Source>], spec: &ScalarSpec) -> Result<bool, ForcingError> {
    let mut has = false;
    for file in files {
        has |= found_in(file, &spec.variable)?.is_some();
    }
    Ok(has)
}

type Found<'a> = (&'a Variable, FoundBy);

fn found_in<'a>(file: &'a Source, wanted: &str) -> Result<Option<Found<'a>>, ForcingError> {
    let in_file = |source| ForcingError::Cf { path: file.path().to_owned(), source };
    find_scalar(file.catalogue(), wanted).map_err(in_file)
}

impl Joined {
    /// Interprets each file that has the variable, and joins them.
    ///
    /// # Errors
    /// [`ForcingError`] for a variable that is nowhere, a file that cannot be interpreted, and files that
    /// do not fit each other.
    pub(super) fn of(
        files: &Files<'_>,
        wanted: &str,
        choice: &Choice,
        beside: Option<Beside<'_>>,
    ) -> Result<Self, ForcingError> {
        let mut first: Option<(ScalarInterpretation, Attributes)> = None;
        let mut members: Vec<(usize, Layout)> = Vec::new();
        let mut axes: Vec<TimeAxis> = Vec::new();
        let (mut fetched_bytes, mut cache_bytes) = (0, 0);
        for (number, file) in files.files.iter().enumerate() {
            let Some(variable) = found_in(file, wanted)? else { continue };
            let found = interpret(file, files.grid, variable, choice, beside)?;
            let mut layout = layout(file, &found)?;
            fetched_bytes = file.fetch_bytes(&layout.variable, &layout.whole(0)).max(fetched_bytes);
            cache_bytes = file.cache_bytes().max(cache_bytes);
            axes.push(found.time.clone());
            match &first {
                None => first = Some((found, variable.0.attributes.clone())),
                Some((first, _)) => {
                    check_alike((files.path(members[0].0), first), (file.path(), &found))?;
                    layout.share(&members[0].1);
                }
            }
            members.push((number, layout));
        }
        let Some((found, attributes)) = first else { return Err(nowhere(files, wanted)) };
        let steady = choice.steady || beside.is_some_and(|beside| beside.choice.steady);
        let entries = join(files, &members, &axes, found.varies, steady)?;
        let is_one = steady || !found.varies && entries.len() == 1;
        let times = entries.iter().filter(|_| !is_one).map(|entry| entry.time).collect();
        if !files.allow_gaps {
            let path = |entry: &Entry| files.files[members[entry.member].0].path();
            series::check_gaps(&entries, found.time.calendar, path)?;
        }
        Ok(Self { found, attributes, members, entries, times, fetched_bytes, cache_bytes })
    }

    /// That its times are counted as those of the velocity, which is in the other file.
    ///
    /// # Errors
    /// [`ForcingError::FilesDiffer`].
    pub(super) fn check_calendar(
        &self,
        files: &Files<'_>,
        (other, axis): (&Path, &TimeAxis),
    ) -> Result<(), ForcingError> {
        let own = &self.found.time;
        if own.times.is_empty() || own.agrees_with(axis) {
            return Ok(());
        }
        Err(ForcingError::FilesDiffer {
            first: other.to_owned(),
            second: files.path(self.members[0].0).to_owned(),
            difference: format!("one has calendar {}, the other {}", axis.calendar, own.calendar),
        })
    }
}

fn interpret(
    file: &Source,
    grid: &[Arc<Source>],
    (variable, found_by): Found<'_>,
    choice: &Choice,
    beside: Option<Beside<'_>>,
) -> Result<ScalarInterpretation, ForcingError> {
    let others: Vec<&Source> = grid.iter().map(|file| &**file).collect();
    let (catalogue, read) = together(file, &others);
    cf::interpret_scalar(&catalogue, &read, (variable, found_by), choice, beside)
        .map_err(|source| ForcingError::Cf { path: file.path().to_owned(), source })
}

fn layout(file: &Source, found: &ScalarInterpretation) -> Result<Layout, ForcingError> {
    let variable = file.variable(&found.component.variable)?;
    Layout::new(variable, &found.component, &Axes::of_scalar(found)).map_err(|expected| {
        ForcingError::ShapesDiffer {
            path: file.path().to_owned(),
            variable: variable.name.clone(),
            shape: variable.shape.clone(),
            expected,
        }
    })
}

/// The snapshots in order of time: one alone of what does not vary, or is held.
fn join(
    files: &Files<'_>,
    members: &[(usize, Layout)],
    axes: &[TimeAxis],
    varies: bool,
    steady: bool,
) -> Result<Vec<Entry>, ForcingError> {
    let path = |member: usize| files.path(members[member].0);
    let untold = axes.iter().position(|axis| axis.times.is_empty());
    match untold {
        Some(member) if varies && !steady => {
            return Err(ForcingError::NoTimes { path: path(member).to_owned() });
        }
        // Without a dimension of time, files that tell theirs are a series; one alone is the field.
        None if varies || members.len() > 1 => {}
        _ => return Ok(vec![Entry { time: Instant(0), member: 0, index: 0 }]),
    }
    let part = |(member, axis)| Part { member, path: path(member), axis };
    let mut entries = series::join(axes.iter().enumerate().map(part).collect())?;
    if steady {
        entries.truncate(1);
    }
    Ok(entries)
}

fn check_alike(
    (first, a): (&Path, &ScalarInterpretation),
    (second, b): (&Path, &ScalarInterpretation),
) -> Result<(), ForcingError> {
    let name = &a.component.variable;
    let depths = |found: &ScalarInterpretation| -> Vec<f64> {
        found.levels.as_ref().map(|levels| levels.depths.clone()).unwrap_or_default()
    };
    let level = |found: &ScalarInterpretation| found.level.as_ref().map(|level| level.depth);
    let difference = if let Some(difference) = differing_grid(&a.horizontal, &b.horizontal) {
        format!("of `{name}`, {difference}")
    } else if level(a) != level(b) || differing_node(&depths(a), &depths(b)).is_some() {
        format!("the levels of `{name}` differ")
    } else if a.varies != b.varies {
        format!("`{name}` has a dimension of time in one and none in the other")
    } else if !a.time.agrees_with(&b.time) {
        format!("one has calendar {}, the other {}", a.time.calendar, b.time.calendar)
    } else {
        return Ok(());
    };
    Err(ForcingError::FilesDiffer {
        first: first.to_owned(),
        second: second.to_owned(),
        difference,
    })
}

/// That no file has it, and what there is in its place.
fn nowhere(files: &Files<'_>, wanted: &str) -> ForcingError {
    let mut known: Vec<&str> = Vec::new();
    let choice = Choice::default();
    for file in files.files {
        for name in cf::scalars(file.catalogue(), &choice) {
            if !known.contains(&name) {
                known.push(name);
            }
        }
    }
    let variables = || files.files.iter().flat_map(|file| &file.catalogue().variables);
    let standard_names = variables().filter_map(|v| v.attributes.text("standard_name"));
    let names = known.iter().copied().chain(variables().map(|v| &*v.name)).chain(standard_names);
    ForcingError::NoScalar {
        path: files.path(0).to_owned(),
        more: files.files.len() - 1,
        variable: wanted.to_owned(),
        nearest: nearest(wanted, names).map(str::to_owned),
        known: known.iter().map(|&name| name.to_owned()).collect(),
    }
}
