//! Which variable a name means, and which there are.

use super::pair;
use crate::forcing::cf::kind::Kind;
use crate::forcing::cf::layout::Layout;
use crate::forcing::cf::places::Places;
use crate::forcing::cf::{CfError, Choice, FoundBy};
use crate::forcing::{Catalogue, StoredType, Variable};

/// The variable of this name, else of this CF standard name.
///
/// # Errors
/// [`CfError::SeveralScalars`] for a standard name that several have.
pub fn find_scalar<'a>(
    catalogue: &'a Catalogue,
    wanted: &str,
) -> Result<Option<(&'a Variable, FoundBy)>, CfError> {
    if let Some(variable) = catalogue.variable(wanted) {
        return Ok(Some((variable, FoundBy::Scenario)));
    }
    let has_name =
        |v: &&Variable| v.attributes.text("standard_name").map(str::trim) == Some(wanted);
    let mut found = catalogue.variables.iter().filter(has_name);
    let first = found.next();
    let others: Vec<_> = found.map(|variable| variable.name.clone()).collect();
    match first {
        Some(first) if !others.is_empty() => Err(CfError::SeveralScalars {
            wanted: wanted.to_owned(),
            first: first.name.clone(),
            others,
        }),
        first => Ok(first.map(|variable| (variable, FoundBy::StandardName))),
    }
}

/// The names of the variables that look like fields: numbers over rows and columns, or over the points
/// of a mesh, that are no coordinates.
pub fn scalars<'a>(catalogue: &'a Catalogue, choice: &'a Choice) -> impl Iterator<Item = &'a str> {
    let is_field = |variable: &&Variable| {
        let pair = pair(variable, choice);
        let placed = || {
            let places = Places::of_scalar(catalogue, &pair, choice)?;
            Layout::of(catalogue, &pair, choice, places.as_ref())
        };
        variable.stored != StoredType::Other
            && !matches!(Kind::of(variable), Kind::Longitude | Kind::Latitude | Kind::Vertical)
            && catalogue.why_unreadable(&variable.name).is_none()
            && placed()
                .is_ok_and(|layout| layout.time.is_none_or(|time| time.name != variable.name))
    };
    let fields = catalogue.variables.iter().filter(|variable| !variable.dimensions.is_empty());
    fields.filter(is_field).map(|variable| variable.name.as_str())
}
