//! One file of a dataset: what it holds of the velocity, and on which times and grid.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use crate::forcing::cf::{
    self, CfError, Choice, Component, Horizontal, Interpretation, NodesVariables,
    TrianglesVariables,
};
use crate::forcing::{Catalogue, ForcingError, Source};

use super::layout::{Axes, Layout, Part};
use super::series;

/// A file that holds one component of the velocity or several.
pub(super) struct Member {
    /// Number of the file among the dataset's paths.
    pub(super) file: usize,
    pub(super) interpretation: Interpretation,
    /// Where the components lie, for those that this file holds.
    pub(super) u: Option<Layout>,
    pub(super) v: Option<Layout>,
    pub(super) w: Option<Layout>,
    /// The height of the surface, where levels follow it.
    pub(super) surface: Option<Layout>,
    /// Where water is at each time, where that is told.
    pub(super) wet: Option<Layout>,
    /// Upper estimate of the bytes that fetching one snapshot's part brings.
    pub(super) fetch_bytes: u64,
    pub(super) cache_bytes: u64,
}

impl Member {
    /// Which of u, v and w it holds.
    pub(super) fn holds(&self) -> [bool; 3] {
        [&self.u, &self.v, &self.w].map(|part| part.is_some())
    }
}

/// Interprets every file, those that hold some components together with files that hold the others;
/// those with u come first. Files that hold none are left out; their numbers come second.
///
/// # Errors
/// What is wrong with the first file that cannot be used.
pub(super) fn interpret_all(
    files: &[Arc<Source>],
    grid: &[Arc<Source>],
    choice: &Choice,
) -> Result<(Vec<Member>, Vec<usize>), ForcingError> {
    let mut members: Vec<Member> = Vec::new();
    let mut unused = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let mut interpretation = match interpret(file, &[], grid, choice) {
            Ok(interpretation) => interpretation,
            Err(error) if lacks_a_component(&error) => match completed(files, number, grid, choice)
            {
                Ok(interpretation) => interpretation,
                Err(together) => {
                    unused.push((number, together.unwrap_or(error)));
                    continue;
                }
            },
            Err(source) => return Err(ForcingError::Cf { path: file.path().to_owned(), source }),
        };
        if let Some(first) = members.first() {
            share(&first.interpretation, &mut interpretation);
        }
        members.push(member(number, file, interpretation, members.first())?);
    }
    // A file is only beside the point if others hold the velocity and it holds none of it.
    let left_out = |number: usize| {
        members.first().is_some_and(|first| {
            let catalogue = files[number].catalogue();
            first.interpretation.components().all(|name| catalogue.variable(name).is_none())
        })
    };
    match unused.iter().position(|(number, _)| !left_out(*number)) {
        None => {
            members.sort_by_key(|member| member.u.is_none());
            Ok((members, unused.into_iter().map(|(number, _)| number).collect()))
        }
        Some(first) => {
            let (number, source) = unused.swap_remove(first);
            Err(ForcingError::Cf { path: files[number].path().to_owned(), source })
        }
    }
}

fn lacks_a_component(error: &CfError) -> bool {
    matches!(
        error,
        CfError::NoVelocity { .. }
            | CfError::OtherKind { .. }
            | CfError::OneComponent { .. }
            | CfError::NoUpward { .. }
            | CfError::UnknownVariable { .. }
    )
}

/// The file interpreted together with the first one or two others that complete it.
///
/// # Errors
/// Why files that together hold a velocity cannot be used, where there are such.
fn completed(
    files: &[Arc<Source>],
    number: usize,
    grid: &[Arc<Source>],
    choice: &Choice,
) -> Result<Interpretation, Option<CfError>> {
    let file = &*files[number];
    let has = |name: &str| file.catalogue().variable(name).is_some();
    let mut reason = None;
    for with in companions(files, file) {
        match interpret(file, &with, grid, choice) {
            Ok(found) if found.components().any(has) && !found.components().all(has) => {
                return Ok(found);
            }
            // That u and v were found, and w was not, says more than that one of them is missing here.
            Err(error @ CfError::NoUpward { .. }) => reason = reason.or(Some(error)),
            Err(error) if !lacks_a_component(&error) => reason = reason.or(Some(error)),
            Ok(_) | Err(_) => {}
        }
    }
    Err(reason)
}

/// The other files that may complete one, each alone and then each two of them. Those of one series
/// hold the same variables: the first stands for them.
fn companions<'a>(files: &'a [Arc<Source>], file: &Source) -> Vec<Vec<&'a Source>> {
    let names = |file: &'a Source| -> Vec<&'a str> {
        file.catalogue().variables.iter().map(|variable| &*variable.name).collect()
    };
    let mut kinds: Vec<(Vec<&str>, &Source)> = Vec::new();
    for other in files {
        let of_other = names(other);
        let is_more = of_other.iter().any(|name| file.catalogue().variable(name).is_none());
        if is_more && kinds.iter().all(|(known, _)| *known != of_other) {
            kinds.push((of_other, other));
        }
    }
    let others: Vec<&Source> = kinds.into_iter().map(|(_, other)| other).collect();
    let alone = others.iter().map(|&other| vec![other]);
    let pairs = others.iter().enumerate();
    let pairs = pairs
        .flat_map(|(first, &one)| others[first + 1..].iter().map(move |&other| vec![one, other]));
    alone.chain(pairs).collect()
}

/// A file, with what its companions and the files of the grid have beside it.
fn interpret(
    file: &Source,
    with: &[&Source],
    grid: &[Arc<Source>],
    choice: &Choice,
) -> Result<Interpretation, CfError> {
    let others: Vec<&Source> =
        with.iter().copied().chain(grid.iter().map(|file| &**file)).collect();
    let (catalogue, read) = together(file, &others);
    cf::interpret(&catalogue, &read, choice)
}

/// A file's catalogue with what others have beside it, and what reads the coordinates in all of them.
pub(super) fn together<'a>(
    file: &'a Source,
    others: &'a [&'a Source],
) -> (Cow<'a, Catalogue>, impl Fn(&str) -> Result<Vec<f64>, String> + 'a) {
    let holds = |source: &Source, name: &str| source.catalogue().variable(name).is_some();
    let read = move |name: &str| {
        let other = others.iter().find(|other| !holds(file, name) && holds(other, name));
        other.map_or(file, |other| other).read_numbers(name).map_err(|error| error.to_string())
    };
    let catalogue = match others {
        [] => Cow::Borrowed(file.catalogue()),
        others => Cow::Owned(
            others
                .iter()
                .fold(file.catalogue().clone(), |all, other| joined(&all, other.catalogue())),
        ),
    };
    (catalogue, read)
}

/// A file's catalogue with what only its partner has. The partner's fields are given the file's
/// dimension lengths: the two need not hold the same number of times.
fn joined(file: &Catalogue, partner: &Catalogue) -> Catalogue {
    let mut both = file.clone();
    let length = |name: &str| file.dimensions.iter().find(|(known, _)| known == name);
    for variable in &partner.variables {
        if file.variable(&variable.name).is_some() {
            continue;
        }
        let mut variable = variable.clone();
        if variable.dimensions.len() > 1 {
            for (name, shape) in variable.dimensions.iter().zip(&mut variable.shape) {
                if let Some((_, length)) = length(name) {
                    *shape = *length;
                }
            }
        }
        both.variables.push(variable);
    }
    both.unreadable.extend(
        partner.unreadable.iter().filter(|(name, _)| file.variable(name).is_none()).cloned(),
    );
    for (name, length) in &partner.dimensions {
        if !both.dimensions.iter().any(|(known, _)| known == name) {
            both.dimensions.push((name.clone(), *length));
        }
    }
    both
}

fn member(
    number: usize,
    file: &Source,
    interpretation: Interpretation,
    first: Option<&Member>,
) -> Result<Member, ForcingError> {
    let held = |component: &Component, part: Part| -> Result<Option<Layout>, ForcingError> {
        let Some(variable) = file.catalogue().variable(&component.variable) else {
            return Ok(None);
        };
        let axes = Axes::of(&interpretation, part);
        Layout::new(variable, component, &axes).map(Some).map_err(|shape| {
            ForcingError::ShapesDiffer {
                path: file.path().to_owned(),
                variable: variable.name.clone(),
                shape: variable.shape.clone(),
                expected: shape,
            }
        })
    };
    let (mut u, mut v) = (held(&interpretation.u, Part::U)?, held(&interpretation.v, Part::V)?);
    let w = match &interpretation.w {
        Some(w) => held(&w.component, Part::W)?,
        None => None,
    };
    let surface = interpretation.terrain.as_ref().and_then(|terrain| terrain.surface.as_ref());
    let surface = match surface {
        Some(component) => held(component, Part::Surface)?,
        None => None,
    };
    let wet = match &interpretation.wet {
        Some(wet) => held(&wet.component, Part::Plane)?,
        None => None,
    };
    if let Some(first) = first {
        let layouts = [(&mut u, &first.u), (&mut v, &first.v)];
        for (own, first) in layouts.map(|(own, first)| (own.as_mut(), first.as_ref())) {
            if let (Some(own), Some(first)) = (own, first) {
                own.share(first);
            }
        }
    }
    let fetch_bytes = [&u, &v, &w, &surface, &wet].into_iter().flatten().filter_map(|layout| {
        let variable = file.catalogue().variable(&layout.variable)?;
        Some(file.fetch_bytes(&variable.name, &layout.whole(0)))
    });
    if interpretation.time.times.is_empty() {
        return Err(ForcingError::NoTimes { path: file.path().to_owned() });
    }
    Ok(Member {
        file: number,
        fetch_bytes: fetch_bytes.sum(),
        cache_bytes: file.cache_bytes(),
        u,
        v,
        w,
        surface,
        wet,
        interpretation,
    })
}

/// What is joined along time: the members that are wanted.
pub(super) fn series<'a>(
    members: &'a [Member],
    path: impl Fn(usize) -> &'a Path,
    wanted: impl Fn(&Member) -> bool,
) -> Vec<series::Part<'a>> {
    let parts = members.iter().enumerate().filter(|(_, member)| wanted(member));
    let part = |(number, member): (usize, &'a Member)| series::Part {
        member: number,
        path: path(member.file),
        axis: &member.interpretation.time,
    };
    parts.map(part).collect()
}

/// Checks that two files lie on one grid, level and calendar, and agree on the variables.
pub(super) fn check_alike(
    first: (&Path, &Member),
    other: (&Path, &Member),
) -> Result<(), ForcingError> {
    let (a, b) = (&first.1.interpretation, &other.1.interpretation);
    let difference = if a.u.variable != b.u.variable || a.v.variable != b.v.variable {
        let names =
            |found: &Interpretation| format!("`{}` and `{}`", found.u.variable, found.v.variable);
        format!("the velocity is {} in one and {} in the other", names(a), names(b))
    } else if a.mesh != b.mesh {
        format!("one is on {:?}, the other on {:?}", a.mesh, b.mesh)
    } else if let Some(difference) = differing_grid(&a.horizontal, &b.horizontal) {
        difference
    } else if !a.time.agrees_with(&b.time) {
        format!("one has calendar {}, the other {}", a.time.calendar, b.time.calendar)
    } else if a.level.as_ref().map(|level| level.depth) != b.level.as_ref().map(|level| level.depth)
    {
        "the level taken lies at different depths".to_owned()
    } else if let Some(difference) = differing_levels(first.1, other.1) {
        difference
    } else if let Some(difference) = differing_terrain(a, b) {
        difference
    } else {
        return Ok(());
    };
    Err(ForcingError::FilesDiffer {
        first: first.0.to_owned(),
        second: other.0.to_owned(),
        difference,
    })
}

/// Lets a file that has the nodes, the floor and the mask of the first keep no others: of a large grid, each
/// file of a long series would otherwise hold its own.
fn share(first: &Interpretation, own: &mut Interpretation) {
    if let (Horizontal::Nodes(first), Horizontal::Nodes(own)) =
        (&first.horizontal, &mut own.horizontal)
        && differing_nodes(first, own).is_none()
    {
        own.longitudes = Arc::clone(&first.longitudes);
        own.latitudes = Arc::clone(&first.latitudes);
    }
    if let (Horizontal::Triangles(first), Horizontal::Triangles(own)) =
        (&first.horizontal, &mut own.horizontal)
        && differing_meshes(first, own).is_none()
    {
        own.nodes = Arc::clone(&first.nodes);
        own.faces = Arc::clone(&first.faces);
    }
    if let (Some(first_terrain), Some(own_terrain)) = (&first.terrain, &mut own.terrain) {
        if first_terrain.depths == own_terrain.depths {
            own_terrain.depths = Arc::clone(&first_terrain.depths);
        }
        if first_terrain.of_nodes == own_terrain.of_nodes {
            own_terrain.of_nodes.clone_from(&first_terrain.of_nodes);
        }
    }
    if let (Some(first), Some(own)) = (&first.mask, &mut own.mask)
        && first.land == own.land
    {
        own.land = Arc::clone(&first.land);
    }
}

/// How the levels differ of what two files hold. A vertical velocity may have others than u and v, under
/// the same name if it is in a file of its own.
fn differing_levels(a: &Member, b: &Member) -> Option<String> {
    let both = |parts: &[usize]| {
        [a, b].into_iter().all(|member| parts.iter().any(|&part| member.holds()[part]))
    };
    let of_w = |found: &Interpretation| found.w.as_ref().map(|w| w.levels.clone());
    let (own, other) = (&a.interpretation, &b.interpretation);
    let pairs = [
        both(&[0, 1]).then(|| (own.levels.clone(), other.levels.clone())),
        both(&[2]).then(|| (of_w(own), of_w(other))),
    ];
    pairs.into_iter().flatten().find_map(|(a, b)| {
        let (Some(a), Some(b)) = (a, b) else { return None };
        let index = differing_node(&a.depths, &b.depths)?;
        Some(format!("their levels along `{}` differ at level {index}", a.variable))
    })
}

/// How the floors differ that the levels of two files follow.
fn differing_terrain(a: &Interpretation, b: &Interpretation) -> Option<String> {
    let (Some(a), Some(b)) = (&a.terrain, &b.terrain) else { return None };
    let differs = a.formula != b.formula
        || a.stretched != b.stretched
        || a.shape != b.shape
        || a.depths != b.depths
        || a.of_nodes != b.of_nodes;
    differs.then(|| format!("the levels that follow the floor `{}` differ", a.floor))
}

/// How the grids of two files differ.
pub(super) fn differing_grid(a: &Horizontal, b: &Horizontal) -> Option<String> {
    match (a, b) {
        (Horizontal::Axes { x, y }, Horizontal::Axes { x: other_x, y: other_y }) => {
            [(x, other_x), (y, other_y)].into_iter().find_map(|(axis, other)| {
                let index = differing_node(&axis.nodes, &other.nodes)?;
                Some(format!("their `{}` axes differ at node {index}", axis.name))
            })
        }
        (Horizontal::Nodes(a), Horizontal::Nodes(b)) => differing_nodes(a, b),
        (Horizontal::Triangles(a), Horizontal::Triangles(b)) => differing_meshes(a, b),
        _ => Some("they are grids of different kinds".to_owned()),
    }
}

/// How the nodes of two files differ.
fn differing_nodes(a: &NodesVariables, b: &NodesVariables) -> Option<String> {
    let same = |a: &Arc<Vec<f64>>, b: &Arc<Vec<f64>>| {
        let all = || a.iter().zip(b.iter()).all(|(&a, &b)| is_same(a, b));
        Arc::ptr_eq(a, b) || a.len() == b.len() && all()
    };
    let differs = a.columns != b.columns
        || a.arrangement != b.arrangement
        || !same(&a.longitudes, &b.longitudes)
        || !same(&a.latitudes, &b.latitudes);
    differs.then(|| format!("their nodes (`{}`, `{}`) differ", a.longitude, a.latitude))
}

/// How the meshes of two files differ.
fn differing_meshes(a: &TrianglesVariables, b: &TrianglesVariables) -> Option<String> {
    let same_node = |(a, b): (&[f64; 2], &[f64; 2])| (0..2).all(|d| is_same(a[d], b[d]));
    let differs = a.points != b.points
        || a.width != b.width
        || a.nodes.len() != b.nodes.len()
        || !a.nodes.iter().zip(b.nodes.iter()).all(same_node)
        || a.faces != b.faces;
    differs.then(|| format!("their meshes (`{}`) differ", a.connectivity))
}

/// Whether two files tell the same coordinate. Some round theirs to f32, and nodes without one have NaN.
fn is_same(a: f64, b: f64) -> bool {
    (a as f32).to_bits() == (b as f32).to_bits()
}

/// The first node at which two axes differ by more than a thousandth of the mean spacing: some
/// files round their coordinates to f32.
pub(super) fn differing_node(a: &[f64], b: &[f64]) -> Option<usize> {
    if a.len() != b.len() {
        return Some(a.len().min(b.len()));
    }
    let spacing = (a.last()? - a.first()?) / a.len() as f64;
    a.iter().zip(b).position(|(a, b)| (a - b).abs() > 1e-3 * spacing)
}
