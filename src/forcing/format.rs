//! Which format a file or store has, told by what it contains.

use std::path::Path;
use std::sync::Arc;

use super::place::Place;
use super::requests::{Access, Requests};
use super::source::Source;
use super::{ForcingError, netcdf, zarr};

/// What a Zarr chunk without a file means.
///
/// Zarr says: all its values are the fill value, and zarr-python 3 leaves such chunks out. But the
/// same happens to a chunk that was lost on the way, and then particles stand still in a hole that
/// nobody sees. So it is an error unless the scenario knows better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingChunks {
    /// Data that were lost.
    #[default]
    Refuse,
    /// All its values are the fill value.
    Fill,
}

/// Bytes of a file that tell what it is.
const START: u64 = 256;

/// Opens a file or store of this machine by what it contains; its name does not matter. Blocks.
///
/// # Errors
/// [`ForcingError::UnknownFormat`] naming what was found, or why it cannot be opened.
pub fn open(path: &Path, missing: MissingChunks) -> Result<Arc<Source>, ForcingError> {
    let requests = Arc::new(Requests::new(Access::default()));
    open_at(Place::local(path, &requests), missing)
}

/// The same for any place.
pub(super) fn open_at(place: Place, missing: MissingChunks) -> Result<Arc<Source>, ForcingError> {
    let mut denied = None;
    if place.is_remote() || place.name().is_dir() {
        match pollster::block_on(zarr::open(&place, missing)) {
            Ok(Some(store)) => return Ok(Arc::new(store)),
            Ok(None) => {}
            // Some stores refuse what they do not have: a file has no marks of Zarr below it.
            Err(error @ ForcingError::Denied { .. }) => denied = Some(error),
            // People know what they named, and nothing of marks.
            Err(ForcingError::Request { reason, .. }) => {
                return Err(ForcingError::Request { path: place.name().to_owned(), reason });
            }
            Err(error) => return Err(error),
        }
        if !place.is_remote() {
            return Err(ForcingError::UnknownFormat {
                path: place.name().to_owned(),
                found: "a directory without Zarr metadata".to_owned(),
            });
        }
    }
    let start = read_start(&place).map_err(|error| denied.unwrap_or(error))?;
    if is_netcdf(&start) {
        return Ok(Arc::new(netcdf::open(place, missing)?));
    }
    let path = place.name().to_owned();
    Err(ForcingError::UnknownFormat { path, found: describe(&start) })
}

/// Whether a directory of this machine is a Zarr store.
pub(super) fn is_zarr(path: &Path) -> bool {
    zarr::MARKS.iter().any(|name| path.join(name).is_file())
}

/// Whether a file starts as NetCDF does.
pub(super) fn is_netcdf(start: &[u8]) -> bool {
    start.starts_with(b"\x89HDF\r\n\x1a\n")
        || [b"CDF\x01", b"CDF\x02", b"CDF\x05"].iter().any(|magic| start.starts_with(*magic))
}

/// The first bytes of a file, fewer where it is shorter. Blocks.
pub(super) fn read_start(place: &Place) -> Result<Vec<u8>, ForcingError> {
    let start = pollster::block_on(place.read_range(0..START))?;
    start.map(|start| start.to_vec()).ok_or_else(|| ForcingError::NotFound {
        pattern: place.name().display().to_string(),
        reason: "there is no such file, and no Zarr store".to_owned(),
    })
}

fn describe(start: &[u8]) -> String {
    let text = String::from_utf8_lossy(start);
    let name = match start {
        [] => "empty",
        _ if start.starts_with(b"GRIB") => "GRIB (convert it to NetCDF)",
        _ if start.starts_with(b"PK") => "a zip archive (unpack it)",
        _ if start.starts_with(b"\x1f\x8b") => "gzip-compressed (unpack it)",
        _ if start.starts_with(b"CDF") => "NetCDF of an unknown version",
        _ if text.trim_start().starts_with(['{', '[']) => "JSON",
        _ if text.trim_start().starts_with('<') => {
            "a web page or XML (an error message of the server it came from?)"
        }
        _ if text.chars().all(|c| !c.is_control() || c.is_whitespace()) => "text",
        _ => {
            return format!(
                "of an unknown kind (it starts with {:02x?})",
                &start[..start.len().min(8)]
            );
        }
    };
    name.to_owned()
}
