//! Which two variables are the velocity.

use super::families::{self, Along, NAMES, STANDARD_NAMES, VelocityKind, disagree, family};
use super::{CfError, Choice, FoundBy};
use crate::forcing::{Catalogue, StoredType, Variable};

/// Two variables that are one velocity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub u: &'a Variable,
    pub v: &'a Variable,
    pub found_by: FoundBy,
    /// Where the components point.
    pub along: Along,
    /// What it is the velocity of, as far as names say.
    pub kind: Option<VelocityKind>,
}

impl<'a> Pair<'a> {
    fn new(u: &'a Variable, v: &'a Variable, found_by: FoundBy) -> Self {
        let family = family(u, 0).or(family(v, 1));
        let along = family.map_or(Along::Unsaid, |family| family.along);
        Self { u, v, found_by, along, kind: family.map(|family| family.kind) }
    }
}

/// The velocity pair of a dataset, and what people should know of the choice.
///
/// # Errors
/// [`CfError::UnknownVariable`], [`CfError::OneComponent`], [`CfError::NotAPair`],
/// [`CfError::OtherKind`] and [`CfError::NoVelocity`].
pub(super) fn find<'a>(
    catalogue: &'a Catalogue,
    choice: &Choice,
) -> Result<(Pair<'a>, Vec<String>), CfError> {
    match (&choice.u, &choice.v) {
        (Some(u), Some(v)) => named(catalogue, u, v).map(|pair| (pair, Vec::new())),
        (Some(given), None) | (None, Some(given)) => {
            Err(CfError::OneComponent { given: given.clone() })
        }
        (None, None) => search(catalogue, choice.kind),
    }
}

/// The variable that the scenario names.
pub(super) fn variable<'a>(
    catalogue: &'a Catalogue,
    wanted: &str,
) -> Result<&'a Variable, CfError> {
    catalogue.variable(wanted).ok_or_else(|| {
        let nearest = catalogue
            .variables
            .iter()
            .map(|v| {
                (strsim::jaro_winkler(&v.name.to_lowercase(), &wanted.to_lowercase()), &v.name)
            })
            .filter(|&(likeness, _)| likeness > 0.6)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| name.clone());
        CfError::UnknownVariable { wanted: wanted.to_owned(), nearest }
    })
}

/// Refuses a variable that is known not to be readable.
pub(super) fn readable(catalogue: &Catalogue, name: &str) -> Result<(), CfError> {
    catalogue.why_unreadable(name).map_or(Ok(()), |reason| {
        Err(CfError::Unreadable { variable: name.to_owned(), reason: reason.to_owned() })
    })
}

fn named<'a>(catalogue: &'a Catalogue, u: &str, v: &str) -> Result<Pair<'a>, CfError> {
    let (u, v) = (variable(catalogue, u)?, variable(catalogue, v)?);
    let not_a_pair =
        |why: &str| CfError::NotAPair { u: u.name.clone(), v: v.name.clone(), why: why.to_owned() };
    if u.name == v.name {
        return Err(not_a_pair("they are one variable"));
    }
    for variable in [u, v] {
        if is_own_coordinate(variable) {
            return Err(not_a_pair(&format!("`{}` is a coordinate", variable.name)));
        }
        if variable.stored == StoredType::Other {
            readable(catalogue, &variable.name)?;
            return Err(not_a_pair(&format!("`{}` holds no numbers", variable.name)));
        }
    }
    if family(u, 1).is_some() || family(v, 0).is_some() {
        return Err(not_a_pair("their standard names say that `u` and `v` are exchanged"));
    }
    if disagree(u, v) {
        return Err(not_a_pair("their standard names are of different velocities"));
    }
    Ok(Pair::new(u, v, FoundBy::Scenario))
}

/// Looks for a velocity of the kind that is wanted; of any kind, currents first, where none is.
fn search(
    catalogue: &Catalogue,
    wanted: Option<VelocityKind>,
) -> Result<(Pair<'_>, Vec<String>), CfError> {
    let mut pairs = by_standard_name(catalogue);
    for pair in by_name(catalogue) {
        if !pairs.iter().any(|known| known.u.name == pair.u.name || known.v.name == pair.v.name) {
            pairs.push(pair);
        }
    }
    let (mut pairs, others): (Vec<_>, Vec<_>) = pairs
        .into_iter()
        .partition(|pair| wanted.is_none() || pair.kind.is_none() || pair.kind == wanted);
    // Stable: of one kind, standard names stay before other names.
    pairs.sort_by_key(|pair| match pair.kind {
        kind if wanted.is_some() && kind == wanted => 0,
        Some(VelocityKind::Current) => 0,
        None => 1,
        Some(VelocityKind::Wind) => 2,
        Some(VelocityKind::Stokes) => 3,
    });
    let Some(&first) = pairs.first() else {
        return Err(nothing(catalogue, wanted, others.first()));
    };
    let mut notes = Vec::new();
    if pairs.len() > 1 {
        let others: Vec<_> =
            pairs[1..].iter().map(|p| format!("{} and {}", p.u.name, p.v.name)).collect();
        notes.push(format!(
            "took {} and {} for the velocity; there are also {}, which `u` and `v` can name",
            first.u.name,
            first.v.name,
            others.join(", ")
        ));
    }
    Ok((first, notes))
}

fn by_standard_name(catalogue: &Catalogue) -> Vec<Pair<'_>> {
    let having = |standard_name: &str| -> Vec<&Variable> {
        let is = |v: &&Variable| {
            v.attributes.text("standard_name").map(str::trim) == Some(standard_name)
        };
        gridded(catalogue).filter(is).collect()
    };
    let mut pairs = Vec::new();
    for [u_name, v_name] in STANDARD_NAMES.iter().flat_map(|(_, _, names)| *names) {
        let candidates = having(v_name);
        for u in having(u_name) {
            // Where a file has several velocities of one kind, like names belong together.
            let partner = candidates
                .iter()
                .min_by_key(|v| (dimensions_differ(u, v), strsim::levenshtein(&u.name, &v.name)));
            if let Some(v) = partner {
                pairs.push(Pair::new(u, v, FoundBy::StandardName));
            }
        }
    }
    pairs
}

fn by_name(catalogue: &Catalogue) -> impl Iterator<Item = Pair<'_>> {
    let called = |name: &str| gridded(catalogue).find(|v| v.name.to_lowercase() == name);
    let names = NAMES.iter().flat_map(|&(kind, names)| names.iter().map(move |pair| (kind, pair)));
    names.filter_map(move |(kind, [u, v])| {
        let pair = Pair::new(called(u)?, called(v)?, FoundBy::Name);
        // A standard name knows better than a name.
        (!disagree(pair.u, pair.v)).then_some(Pair { kind: pair.kind.or(kind), ..pair })
    })
}

fn dimensions_differ(u: &Variable, v: &Variable) -> bool {
    let sorted = |variable: &Variable| {
        let mut dimensions = variable.dimensions.clone();
        dimensions.sort();
        dimensions
    };
    sorted(u) != sorted(v)
}

/// Variables that can be fields: numbers over at least one dimension of several points.
fn gridded(catalogue: &Catalogue) -> impl Iterator<Item = &Variable> {
    catalogue.variables.iter().filter(|v| {
        v.stored != StoredType::Other && !v.dimensions.is_empty() && !is_own_coordinate(v)
    })
}

fn is_own_coordinate(variable: &Variable) -> bool {
    variable.dimensions.len() == 1 && variable.dimensions[0] == variable.name
}

/// The kind of velocity that a variable is a component of, and the other component's name.
fn partner_of(variable: &Variable) -> Option<(Option<VelocityKind>, &'static str)> {
    let standard_name = variable.attributes.text("standard_name").unwrap_or_default().trim();
    families::partner_of(standard_name, &variable.name.to_lowercase())
}

/// Why there is no velocity of the kind that is wanted, given a pair of another kind.
fn nothing(
    catalogue: &Catalogue,
    wanted: Option<VelocityKind>,
    other: Option<&Pair<'_>>,
) -> CfError {
    let mut lost = catalogue.unreadable.iter().filter_map(|(name, reason)| {
        let variable = catalogue.variable(name)?;
        Some((partner_of(variable)?.0, variable, reason))
    });
    // One whose type is not known is no number, and was not looked at.
    let lost = lost.find(|(kind, ..)| wanted.is_none() || kind.is_none() || *kind == wanted);
    if let Some((_, variable, reason)) = lost {
        let (variable, reason) = (variable.name.clone(), reason.clone());
        return CfError::Unreadable { variable, reason };
    }
    let half = gridded(catalogue).find_map(|variable| {
        let (kind, partner) = partner_of(variable)?;
        (wanted.is_none() || kind.is_none() || kind == wanted).then(|| {
            format!(
                "`{}` is one component and its partner `{partner}` is not here (is it in another file? give both files)",
                variable.name
            )
        })
    });
    if let (None, Some(wanted), Some(&Pair { u, v, kind: Some(kind), .. })) = (&half, wanted, other)
    {
        return CfError::OtherKind { wanted, kind, u: u.name.clone(), v: v.name.clone() };
    }
    let in_group = || {
        catalogue.groups.iter().find_map(|(group, variables)| {
            let inside = Catalogue { variables: variables.clone(), ..Catalogue::default() };
            let (Pair { u, v, .. }, _) = search(&inside, wanted).ok()?;
            Some(format!(
                "`{}` and `{}` are in the group `{group}`, and groups are not read: copy them to the root group, for instance with `ncks -G : -g {group} IN OUT`",
                u.name, v.name
            ))
        })
    };
    let unreadable = || {
        let (name, reason) = catalogue.unreadable.iter().find(|(name, _)| {
            catalogue.variable(name).is_some_and(|variable| variable.dimensions.len() >= 2)
        })?;
        Some(format!("`{name}` cannot be read: {reason}"))
    };
    CfError::NoVelocity {
        found: half.or_else(in_group).or_else(unreadable).unwrap_or_else(|| {
            "no variable has a velocity's standard name or a well-known name".to_owned()
        }),
        candidates: gridded(catalogue)
            .filter(|v| v.dimensions.len() >= 2)
            .map(|v| v.name.clone())
            .collect(),
    }
}
