//! NetCDF: classic, 64-bit offset, CDF-5 and NetCDF-4.
//!
//! The library reads the metadata. The values are read from where it says that they are: fetching
//! needs nothing but their addresses, and decoding them nothing but their bytes, so that the two
//! can overlap and take place anywhere.

mod classic;
mod filters;
mod hdf5;
mod metadata;
mod storage;
mod truncation;

use std::collections::HashMap;
use std::sync::Arc;

use netcdf_reader::{NcFile, NcFormat};

use super::place::Place;
use super::source::{Array, Source};
use super::tiles::Unread;
use super::{ForcingError, MissingChunks};
use storage::Storage;

/// Opens a file and checks that it is complete as far as can be told without reading it all.
/// Blocks.
///
/// # Errors
/// [`ForcingError::Unreadable`], and [`ForcingError::Truncated`] for a file that is shorter than
/// its header declares.
pub(super) fn open(place: Place, missing: MissingChunks) -> Result<Source, ForcingError> {
    let name = place.name().to_owned();
    let unreadable = |unread: Unread| match unread {
        Unread::Refused(error) => error,
        Unread::Damaged(reason) => ForcingError::Unreadable {
            path: name.clone(),
            format: "NetCDF",
            reason: format!("{reason}; the file may be damaged or cut short"),
        },
    };
    let pinned = pollster::block_on(place.pinned())?;
    let (place, length) = pinned.ok_or_else(|| place.gone())?;
    let storage = Arc::new(Storage::new(&place, length));
    let header = truncation::check(&storage).map_err(&unreadable)?;
    let file = storage.watch(|| NcFile::from_storage(storage.shared())).map_err(&unreadable)?;
    let mut arrays: HashMap<String, Result<Array, String>> = match &header {
        Some(header) => classic::arrays(&place, header),
        None => storage.watch(|| hdf5::arrays(&storage)).map_err(&unreadable)?,
    };
    let catalogue = storage.watch(|| metadata::catalogue(&file, &arrays));
    let mut catalogue = catalogue.map_err(&unreadable)?;
    // Unlimited dimensions may be longer than what one of their variables holds of them.
    for variable in &catalogue.variables {
        if let Some(Ok(array)) = arrays.get_mut(&variable.name) {
            array.tiling.lengthen(&variable.shape);
        }
    }
    let mut readable = HashMap::new();
    for (name, array) in arrays {
        match array {
            Ok(array) => _ = readable.insert(name, array),
            Err(reason) => catalogue.unreadable.push((name, reason)),
        }
    }
    catalogue.unreadable.sort();
    Ok(Source::new(place, format(file.format()), catalogue, readable, missing))
}

fn format(format: NcFormat) -> &'static str {
    match format {
        NcFormat::Classic => "NetCDF-3 classic",
        NcFormat::Offset64 => "NetCDF-3 64-bit offset",
        NcFormat::Cdf5 => "NetCDF-3 CDF-5",
        NcFormat::Nc4 => "NetCDF-4",
        NcFormat::Nc4Classic => "NetCDF-4 classic model",
    }
}
