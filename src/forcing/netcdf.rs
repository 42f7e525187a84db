//! NetCDF: classic, 64-bit offset, CDF-5 and NetCDF-4.
//!
//! The reader inflates the chunks of NetCDF-4 as it reads them, in parallel, so for this format
//! [`Format::fetch`] both waits and computes and [`Format::decode`] only hands the values over.
//! Classic files are not compressed; there is nothing to decode.

mod chunks;
mod metadata;
mod truncation;

use std::path::{Path, PathBuf};

use netcdf_reader::{NcFile, NcFormat, NcOpenOptions, NcReadable, NcSliceInfo, NcSliceInfoElem};

use super::format::{Fetched, Format, Parts, check_bounds};
use super::{Catalogue, ForcingError, Slab, Stored, StoredType, Variable};

/// An opened NetCDF file.
pub struct NetCdf {
    path: PathBuf,
    file: NcFile,
    catalogue: Catalogue,
    cache_bytes: u64,
}

impl NetCdf {
    /// Opens a file and checks that it is complete as far as can be told without reading it all.
    ///
    /// # Errors
    /// [`ForcingError::Unreadable`], and [`ForcingError::Truncated`] for a file that is shorter than
    /// its header declares.
    pub fn open(path: &Path) -> Result<Self, ForcingError> {
        let unreadable = |reason: String| ForcingError::Unreadable {
            path: path.to_owned(),
            format: "NetCDF",
            reason: format!("{reason}; the file may be damaged or cut short"),
        };
        truncation::check(path)?;
        let chunks = chunks::shapes(path).map_err(&unreadable)?;
        let cache_bytes = chunks::cache_bytes(&chunks);
        let options = NcOpenOptions {
            chunk_cache_bytes: usize::try_from(cache_bytes).unwrap_or(usize::MAX),
            filter_registry: Some(chunks::filters()),
            ..NcOpenOptions::default()
        };
        let file = NcFile::open_with_options(path, options)
            .map_err(|error| unreadable(error.to_string()))?;
        let catalogue =
            metadata::catalogue(&file, &chunks).map_err(|error| unreadable(error.to_string()))?;
        Ok(Self { path: path.to_owned(), file, catalogue, cache_bytes })
    }

    fn read<T: NcReadable>(
        &self,
        variable: &Variable,
        slab: &Slab,
    ) -> Result<Vec<T>, ForcingError> {
        let selections = slab
            .start
            .iter()
            .zip(&slab.count)
            .map(|(&start, &count)| NcSliceInfoElem::Slice { start, end: start + count, step: 1 });
        let selection = NcSliceInfo { selections: selections.collect() };
        let values = if slab.start.is_empty() {
            self.file.read_variable::<T>(&variable.name)
        } else {
            self.file.read_variable_slice_parallel::<T>(&variable.name, &selection)
        };
        let damaged = |reason: String| ForcingError::Damaged {
            path: self.path.clone(),
            variable: variable.name.clone(),
            index: slab.to_string(),
            reason,
        };
        let values = values.map_err(|error| damaged(error.to_string()))?;
        let values = if values.is_standard_layout() {
            values.into_raw_vec_and_offset().0
        } else {
            values.iter().cloned().collect()
        };
        if values.len() as u64 == slab.values() {
            Ok(values)
        } else {
            Err(damaged(format!("{} values came instead of {}", values.len(), slab.values())))
        }
    }
}

impl Format for NetCdf {
    fn path(&self) -> &Path {
        &self.path
    }

    fn name(&self) -> &'static str {
        match self.file.format() {
            NcFormat::Classic => "NetCDF-3 classic",
            NcFormat::Offset64 => "NetCDF-3 64-bit offset",
            NcFormat::Cdf5 => "NetCDF-3 CDF-5",
            NcFormat::Nc4 => "NetCDF-4",
            NcFormat::Nc4Classic => "NetCDF-4 classic model",
        }
    }

    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn fetch(&self, variable: &str, slab: &Slab) -> Result<Fetched, ForcingError> {
        let variable = self.variable(variable)?;
        check_bounds(&self.path, variable, slab)?;
        if let Some(reason) = self.catalogue.why_unreadable(&variable.name) {
            return Err(ForcingError::NotNumbers {
                path: self.path.clone(),
                variable: variable.name.clone(),
                reason: reason.to_owned(),
            });
        }
        let values = match variable.stored {
            StoredType::I8 => Stored::I8(self.read(variable, slab)?),
            StoredType::U8 => Stored::U8(self.read(variable, slab)?),
            StoredType::I16 => Stored::I16(self.read(variable, slab)?),
            StoredType::U16 => Stored::U16(self.read(variable, slab)?),
            StoredType::I32 => Stored::I32(self.read(variable, slab)?),
            StoredType::U32 => Stored::U32(self.read(variable, slab)?),
            StoredType::I64 => Stored::I64(self.read(variable, slab)?),
            StoredType::U64 => Stored::U64(self.read(variable, slab)?),
            StoredType::F32 => Stored::F32(self.read(variable, slab)?),
            StoredType::F64 => Stored::F64(self.read(variable, slab)?),
            StoredType::Other => {
                return Err(ForcingError::NotNumbers {
                    path: self.path.clone(),
                    variable: variable.name.clone(),
                    reason: "it holds text or a user-defined type".to_owned(),
                });
            }
        };
        Ok(Fetched {
            variable: variable.name.clone(),
            slab: slab.clone(),
            parts: Parts::Values(values),
        })
    }

    fn decode(&self, fetched: Fetched) -> Result<Stored, ForcingError> {
        match fetched.parts {
            Parts::Values(values) => Ok(values),
            Parts::Tiles(_) => Err(ForcingError::Damaged {
                path: self.path.clone(),
                variable: fetched.variable,
                index: fetched.slab.to_string(),
                reason: "it was fetched from a store of another format".to_owned(),
            }),
        }
    }

    fn fetch_bytes(&self, variable: &Variable, slab: &Slab) -> u64 {
        slab.values().saturating_mul(variable.stored.bytes().unwrap_or(0))
    }

    fn cache_bytes(&self) -> u64 {
        self.cache_bytes
    }
}
