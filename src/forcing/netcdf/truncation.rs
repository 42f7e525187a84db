//! Whether a file holds all the data that its header declares.

use hdf5_reader::io::Cursor;
use hdf5_reader::superblock::Superblock;
use netcdf_reader::NcVariable;
use netcdf_reader::classic::data::compute_record_stride;
use netcdf_reader::classic::header::{ClassicHeader, parse_header};

use super::classic;
use super::storage::Storage;
use crate::forcing::ForcingError;
use crate::forcing::place::Place;
use crate::forcing::tiles::Unread;

/// Headers larger than this are left to the reader.
const LARGEST_HEADER: u64 = 64 << 20;

/// Bytes in which an HDF5 superblock ends.
const SUPERBLOCK: u64 = 256;

/// Compares the file's length with where each variable ends, so that a file cut short by an
/// interrupted download is refused at once, with the number of records it does hold, and not when
/// a run reaches its last record. A header that cannot be parsed is left to the reader to explain.
///
/// Returns the header of a classic file.
pub(super) fn check(storage: &Storage) -> Result<Option<ClassicHeader>, Unread> {
    let length = storage.shared().len();
    let Some(header) = header(storage, length)? else {
        return check_hdf5(storage, length).map(|()| None);
    };
    check_classic(storage.place(), &header, length)?;
    Ok(Some(header))
}

fn check_classic(place: &Place, header: &ClassicHeader, length: u64) -> Result<(), ForcingError> {
    let variables = &header.variables;
    let Ok(stride) = compute_record_stride(variables) else { return Ok(()) };
    let needed = |variable: &NcVariable| end(variable, stride, header.numrecs).unwrap_or(u64::MAX);
    let Some(short) = variables.iter().find(|variable| needed(variable) > length) else {
        return Ok(());
    };
    // A record is whole when every record variable reaches its end.
    let whole = |variable: &NcVariable| {
        let body = length.saturating_sub(variable.data_offset);
        let first = variable.record_size;
        if body < first { 0 } else { (body - first) / stride.max(1) + 1 }
    };
    let record_variables = || variables.iter().filter(|variable| variable.is_record_var);
    let records = short.is_record_var.then(|| {
        let complete = record_variables().map(whole).min().unwrap_or(0);
        (complete.min(header.numrecs), header.numrecs)
    });
    Err(ForcingError::Truncated {
        path: place.name().to_owned(),
        variable: Some(short.name.clone()),
        length,
        needed: variables.iter().map(needed).max().unwrap_or(u64::MAX),
        records,
    })
}

/// Compares an HDF5 file's length with the end that its superblock declares, which is an address in
/// the whole file. A superblock that cannot be parsed is left to the reader to explain.
fn check_hdf5(storage: &Storage, length: u64) -> Result<(), Unread> {
    let start = storage.start(SUPERBLOCK)?;
    let Ok(superblock) = Superblock::parse(&mut Cursor::new(&start)) else { return Ok(()) };
    let needed = superblock.eof_address;
    // All bits set, in whatever size addresses have: never declared.
    let undefined = u64::MAX >> (64 - 8 * u32::from(superblock.offset_size.clamp(1, 8)));
    if needed <= length || needed == undefined {
        return Ok(());
    }
    let (path, variable, records) = (storage.place().name().to_owned(), None, None);
    Err(ForcingError::Truncated { path, variable, length, needed, records }.into())
}

/// The header of a classic file; none for other formats or where it does not parse.
fn header(storage: &Storage, length: u64) -> Result<Option<ClassicHeader>, Unread> {
    let mut size = 64 << 10;
    loop {
        let start = storage.start(size)?;
        let Some(format) = classic::format(&start) else { return Ok(None) };
        match parse_header(&start, format) {
            Ok(header) => return Ok(Some(header)),
            Err(_) if size < length.min(LARGEST_HEADER) => size *= 4,
            Err(_) => return Ok(None),
        }
    }
}

/// The byte after the variable's last value; `None` where that overflows.
fn end(variable: &NcVariable, stride: u64, records: u64) -> Option<u64> {
    if variable.is_record_var {
        let Some(before_last) = records.checked_sub(1) else { return Some(0) };
        let last = before_last.checked_mul(stride)?.checked_add(variable.data_offset)?;
        return last.checked_add(variable.record_size);
    }
    let size = u64::try_from(variable.dtype.size().ok()?).ok()?;
    let values = variable.dimensions.iter().try_fold(1_u64, |n, dim| n.checked_mul(dim.size))?;
    variable.data_offset.checked_add(values.checked_mul(size)?)
}
