//! One opened file or store, whatever its format.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::netcdf::NetCdf;
use super::zarr::{Tile, Zarr};
use super::{Catalogue, ForcingError, Slab, Stored, Variable};

/// A file or store that holds variables.
///
/// Reading is in two parts, so that a host can overlap them: [`Format::fetch`] waits for the disk,
/// [`Format::decode`] computes. Both block and belong on threads that may.
pub trait Format: Send + Sync {
    /// Where it is.
    fn path(&self) -> &Path;

    /// What people call this format.
    fn name(&self) -> &'static str;

    /// What it holds.
    fn catalogue(&self) -> &Catalogue;

    /// Brings a block of a variable into memory as it is stored.
    ///
    /// # Errors
    /// [`ForcingError`] naming the variable and the block.
    fn fetch(&self, variable: &str, slab: &Slab) -> Result<Fetched, ForcingError>;

    /// Turns what [`Format::fetch`] brought into values, row-major over the block.
    ///
    /// # Errors
    /// [`ForcingError::Damaged`] where it cannot be decoded.
    fn decode(&self, fetched: Fetched) -> Result<Stored, ForcingError>;

    /// An upper estimate of the bytes that [`Format::fetch`] of this block holds.
    fn fetch_bytes(&self, variable: &Variable, slab: &Slab) -> u64;

    /// Bytes of decoded chunks that are kept for later blocks, at most.
    fn cache_bytes(&self) -> u64;

    /// All values of a coordinate variable as f64, neither scaled nor masked. Integers below 2^53
    /// are exact.
    ///
    /// # Errors
    /// As [`Format::fetch`], and [`ForcingError::TooManyValues`].
    fn read_numbers(&self, variable: &str) -> Result<Vec<f64>, ForcingError> {
        let declared = self.variable(variable)?;
        let slab = Slab::whole(&declared.shape);
        if slab.values() > MOST_COORDINATES {
            return Err(ForcingError::TooManyValues {
                path: self.path().to_owned(),
                variable: variable.to_owned(),
                values: slab.values(),
            });
        }
        Ok(self.decode(self.fetch(variable, &slab)?)?.to_f64())
    }

    /// The declaration of a variable.
    ///
    /// # Errors
    /// [`ForcingError::NoSuchVariable`].
    fn variable(&self, name: &str) -> Result<&Variable, ForcingError> {
        self.catalogue().variable(name).ok_or_else(|| ForcingError::NoSuchVariable {
            path: self.path().to_owned(),
            variable: name.to_owned(),
            known: self.catalogue().variables.iter().map(|known| known.name.clone()).collect(),
        })
    }
}

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

/// Two-dimensional coordinates of the largest ocean grids have some 10^8 values.
const MOST_COORDINATES: u64 = 1 << 28;

/// A block of a variable, in memory but not necessarily decoded.
#[derive(Debug)]
pub struct Fetched {
    pub(super) variable: String,
    pub(super) slab: Slab,
    pub(super) parts: Parts,
}

/// What was brought.
#[derive(Debug)]
pub(super) enum Parts {
    /// Values that the format's reader had to decode on the way.
    Values(Stored),
    /// Chunks as they are stored.
    Tiles(Vec<Tile>),
}

impl Fetched {
    /// Bytes that it holds.
    pub fn bytes(&self) -> u64 {
        match &self.parts {
            Parts::Values(values) => values.as_bytes().len() as u64,
            Parts::Tiles(tiles) => tiles.iter().map(Tile::bytes).sum(),
        }
    }
}

/// Checks that a block lies inside its variable.
pub(super) fn check_bounds(
    path: &Path,
    variable: &Variable,
    slab: &Slab,
) -> Result<(), ForcingError> {
    if slab.fits(&variable.shape) {
        return Ok(());
    }
    Err(ForcingError::OutOfBounds {
        path: path.to_owned(),
        variable: variable.name.clone(),
        slab: slab.to_string(),
        shape: variable.shape.clone(),
    })
}

/// Opens a file or store by what it contains; its name does not matter.
///
/// # Errors
/// [`ForcingError::UnknownFormat`] naming what was found, or why it cannot be opened.
pub fn open(path: &Path, missing: MissingChunks) -> Result<Arc<dyn Format>, ForcingError> {
    if path.is_dir() {
        return if is_zarr(path) {
            Ok(Arc::new(Zarr::open(path, missing)?))
        } else {
            Err(ForcingError::UnknownFormat {
                path: path.to_owned(),
                found: "a directory without Zarr metadata".to_owned(),
            })
        };
    }
    let start = read_start(path)?;
    if is_netcdf(&start) {
        return Ok(Arc::new(NetCdf::open(path)?));
    }
    Err(ForcingError::UnknownFormat { path: path.to_owned(), found: describe(&start) })
}

/// Whether a directory is a Zarr store.
pub(super) fn is_zarr(path: &Path) -> bool {
    ["zarr.json", ".zgroup", ".zmetadata", ".zarray"].iter().any(|name| path.join(name).is_file())
}

/// Whether a file starts as NetCDF does.
pub(super) fn is_netcdf(start: &[u8]) -> bool {
    start.starts_with(b"\x89HDF\r\n\x1a\n")
        || [b"CDF\x01", b"CDF\x02", b"CDF\x05"].iter().any(|magic| start.starts_with(*magic))
}

/// The first bytes of a file, fewer where it is shorter.
pub(super) fn read_start(path: &Path) -> Result<Vec<u8>, ForcingError> {
    let io = |source| ForcingError::Io { path: path.to_owned(), source };
    let mut start = Vec::new();
    File::open(path).map_err(io)?.take(256).read_to_end(&mut start).map_err(io)?;
    Ok(start)
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
