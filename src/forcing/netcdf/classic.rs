//! The values of classic NetCDF: big-endian, one plane or record after another.

use std::collections::HashMap;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use netcdf_reader::classic::data::compute_record_stride;
use netcdf_reader::classic::header::ClassicHeader;
use netcdf_reader::{NcFormat, NcVariable};

use crate::forcing::place::Place;
use crate::forcing::source::Array;
use crate::forcing::tiles::{Location, Tiles, Tiling, Unread};

use super::filters::to_native;
use super::metadata::shape;

/// A variable without chunks. Its tiles are the planes of its last two dimensions.
struct Planes {
    file: Place,
    /// Where the first value is.
    start: u64,
    /// Bytes from one record to the next, for a variable of records.
    stride: Option<u64>,
    tiling: Tiling,
    element: usize,
}

/// All variables that hold numbers.
pub(super) fn arrays(
    file: &Place,
    header: &ClassicHeader,
) -> HashMap<String, Result<Array, String>> {
    let stride = compute_record_stride(&header.variables).map_err(|error| error.to_string());
    let arrays = header.variables.iter().filter_map(|variable| {
        let element = super::metadata::stored_type(&variable.dtype).bytes()?;
        let made =
            stride.clone().and_then(|stride| array(file, variable, element as usize, stride));
        Some((variable.name.clone(), made))
    });
    arrays.collect()
}

fn array(
    file: &Place,
    variable: &NcVariable,
    element: usize,
    stride: u64,
) -> Result<Array, String> {
    let shape = shape(variable);
    let plane = shape.len().saturating_sub(2).max(usize::from(variable.is_record_var));
    let mut tile = shape.clone();
    tile[..plane.min(shape.len())].fill(1);
    // An array without values has no tile that is asked for.
    tile.iter_mut().for_each(|length| *length = (*length).max(1));
    let tiling = Tiling::new(shape, tile, true, element)?;
    let planes = Planes {
        file: file.clone(),
        start: variable.data_offset,
        stride: variable.is_record_var.then_some(stride),
        tiling: tiling.clone(),
        element,
    };
    // Nothing of a classic variable is unwritten: the file is as long as its header says.
    Ok(Array { tiling, tiles: Box::new(planes), fill: vec![0; element] })
}

impl Tiles for Planes {
    fn file(&self, _: &[u64]) -> Place {
        self.file.clone()
    }

    fn locate<'a>(&'a self, tile: &'a [u64]) -> BoxFuture<'a, Result<Location, Unread>> {
        let length = self.tiling.bytes(tile) as u64;
        // Records of all variables take turns; within one, values follow each other.
        let mut inner = tile.to_vec();
        let records = match (self.stride, inner.first_mut()) {
            (Some(stride), Some(record)) => std::mem::take(record) * stride,
            _ => 0,
        };
        let before = self.tiling.first_value(&inner) * self.element as u64;
        let start = self.start + records + before;
        future::ready(Ok(Location::Part(self.file.clone(), start..start + length))).boxed()
    }

    fn decode(&self, _: &[u64], stored: Bytes, length: usize) -> Result<Bytes, String> {
        if stored.len() != length {
            return Err(format!("it has {} bytes instead of {length}", stored.len()));
        }
        Ok(to_native(stored, self.element, cfg!(target_endian = "little")))
    }
}

/// The classic format that a file of these first bytes has.
pub(super) fn format(start: &[u8]) -> Option<NcFormat> {
    match start.get(..4) {
        Some(b"CDF\x01") => Some(NcFormat::Classic),
        Some(b"CDF\x02") => Some(NcFormat::Offset64),
        Some(b"CDF\x05") => Some(NcFormat::Cdf5),
        _ => None,
    }
}
