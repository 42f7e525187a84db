//! Zarr v2 and v3, sharded or not.

mod ahead;
mod array;
mod hierarchy;
mod metadata;
mod shards;

use std::collections::HashMap;
use std::path::PathBuf;

use super::place::Place;
use super::source::Source;
use super::{Catalogue, ForcingError, MissingChunks};
use ahead::Ahead;
use hierarchy::Hierarchy;
pub(super) use hierarchy::MARKS;

/// Opens a store and reads the metadata of the arrays in its root group; `None` where the place
/// holds no Zarr metadata.
///
/// # Errors
/// [`ForcingError::Unreadable`].
pub(super) async fn open(
    place: &Place,
    missing: MissingChunks,
) -> Result<Option<Source>, ForcingError> {
    let mut ahead = Ahead::of(place);
    let hierarchy = ahead.during(Hierarchy::read(place)).await?;
    let Some(Hierarchy { version, attributes, arrays }) = hierarchy else { return Ok(None) };
    let arrays: Vec<_> = arrays
        .into_iter()
        .map(|(name, declared)| {
            let array = metadata::array(&name, &declared);
            (name, declared, array)
        })
        .collect();
    let axes = arrays.iter().filter_map(|(_, _, array)| array::first_of_axis(array.as_ref().ok()?));
    let axes: Vec<PathBuf> = axes.map(|key| place.child(&key).name().to_owned()).collect();
    ahead.wait_for(&axes).await;
    let attributes = metadata::attributes(&attributes, false);
    let mut catalogue = Catalogue { attributes, ..Catalogue::default() };
    let mut readable = HashMap::new();
    for (name, declared, array) in arrays {
        let variable = metadata::variable(&name, &declared, array.as_ref().ok());
        for (dimension, &length) in variable.dimensions.iter().zip(&variable.shape) {
            if !catalogue.dimensions.iter().any(|(known, _)| known == dimension) {
                catalogue.dimensions.push((dimension.clone(), length));
            }
        }
        catalogue.variables.push(variable);
        match array.and_then(|array| array::cut(array, place, &mut ahead)) {
            Ok(array) => _ = readable.insert(name, array),
            Err(reason) => catalogue.unreadable.push((name, reason)),
        }
    }
    Ok(Some(Source::new(place.clone(), version, catalogue, readable, missing)))
}
