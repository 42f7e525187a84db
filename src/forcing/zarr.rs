//! Zarr v2 and v3, sharded or not.

mod ahead;
mod array;
mod hierarchy;
mod metadata;
mod shards;

use std::collections::HashMap;

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
            let axis = array.as_ref().ok().and_then(array::first_of_axis);
            let axis = axis.map(|key| place.child(&key).name().to_owned());
            (name, declared, array, axis)
        })
        .collect();
    ahead.wait_for(arrays.iter().filter_map(|(.., axis)| axis.as_ref())).await;
    let attributes = metadata::attributes(&attributes, false);
    let mut catalogue = Catalogue { attributes, ..Catalogue::default() };
    let mut readable = HashMap::new();
    for (name, declared, array, axis) in arrays {
        let variable = metadata::variable(&name, &declared, array.as_ref().ok());
        for (dimension, &length) in variable.dimensions.iter().zip(&variable.shape) {
            if !catalogue.dimensions.iter().any(|(known, _)| known == dimension) {
                catalogue.dimensions.push((dimension.clone(), length));
            }
        }
        catalogue.variables.push(variable);
        let first = axis.and_then(|file| ahead.take(&file));
        match array.and_then(|array| array::cut(array, place, first)) {
            Ok(array) => _ = readable.insert(name, array),
            Err(reason) => catalogue.unreadable.push((name, reason)),
        }
    }
    Ok(Some(Source::new(place.clone(), version, catalogue, readable, missing)))
}
