//! Whether a classic file holds all the data that its header declares.

use std::path::Path;

use netcdf_reader::NcVariable;
use netcdf_reader::classic::data::compute_record_stride;

use crate::forcing::ForcingError;

/// Compares the file's length with where each variable ends, so that a file cut short by an
/// interrupted download is refused at once and not when a run reaches its last record.
pub(super) fn check(
    path: &Path,
    variables: &[NcVariable],
    length: u64,
) -> Result<(), ForcingError> {
    let stride = compute_record_stride(variables).map_err(|error| ForcingError::Unreadable {
        path: path.to_owned(),
        format: "NetCDF",
        reason: error.to_string(),
    })?;
    let needed =
        |variable: &NcVariable| end(variable, stride, records(variable)).unwrap_or(u64::MAX);
    let Some(short) = variables.iter().find(|variable| needed(variable) > length) else {
        return Ok(());
    };
    // A record is whole when every record variable reaches its end.
    let whole = |variable: &NcVariable| {
        let body = length.saturating_sub(variable.data_offset);
        let after_last = body.saturating_sub(variable.record_size);
        if body < variable.record_size { 0 } else { after_last / stride.max(1) + 1 }
    };
    let record_variables = || variables.iter().filter(|variable| variable.is_record_var);
    let records = short.is_record_var.then(|| {
        let declared = records(short);
        (record_variables().map(whole).min().unwrap_or(0).min(declared), declared)
    });
    let reach = if short.is_record_var {
        record_variables().map(needed).max().unwrap_or(u64::MAX)
    } else {
        needed(short)
    };
    Err(ForcingError::Truncated {
        path: path.to_owned(),
        variable: short.name.clone(),
        length,
        needed: reach,
        records,
    })
}

fn records(variable: &NcVariable) -> u64 {
    variable.dimensions.first().filter(|_| variable.is_record_var).map_or(0, |dim| dim.size)
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
