//! From Zarr's JSON to a [`Variable`].

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use zarrs::array::data_type::{
    Float32DataType, Float64DataType, Int8DataType, Int16DataType, Int32DataType, Int64DataType,
    UInt8DataType, UInt16DataType, UInt32DataType, UInt64DataType,
};
use zarrs::array::{Array, ArrayShardedExt, DataType};
use zarrs::metadata::ArrayMetadata;
use zarrs::metadata::v2::DataTypeMetadataV2;

use crate::forcing::{Attribute, Attributes, Stored, StoredType, Variable};

/// Dimension names of v2, as xarray writes them.
const DIMENSIONS_V2: &str = "_ARRAY_DIMENSIONS";

/// An array, or why it cannot be read: its type or a codec is not known.
pub(super) fn array(name: &str, declared: &ArrayMetadata) -> Result<Array<()>, String> {
    // The library reads nothing: it needs no store.
    let path = format!("/{name}");
    Array::new_with_metadata(Arc::new(()), &path, declared.clone()).map_err(|error| {
        let of_type = declared_type(declared) == StoredType::Other;
        let codecs = codecs(declared);
        if of_type || codecs.is_empty() {
            return error.to_string();
        }
        format!(
            "it is written with {}, which drogue does not read ({error}): \
             recompress it with zstd, blosc or gzip and no other filters",
            codecs.join(" and ")
        )
    })
}

/// The names of an array's codecs and filters, but for those that only order its bytes.
fn codecs(declared: &ArrayMetadata) -> Vec<String> {
    let quoted = |name: &str| format!("`{name}`");
    match declared {
        ArrayMetadata::V2(v2) => {
            let filters = v2.filters.iter().flatten();
            filters.chain(&v2.compressor).map(|codec| quoted(codec.id())).collect()
        }
        ArrayMetadata::V3(v3) => {
            let names = v3.codecs.iter().map(|codec| codec.name());
            names.filter(|name| !matches!(*name, "bytes" | "transpose")).map(quoted).collect()
        }
    }
}

/// The type that an array declares, known whether or not its codecs are.
fn declared_type(declared: &ArrayMetadata) -> StoredType {
    let name = match declared {
        ArrayMetadata::V2(v2) => match &v2.dtype {
            DataTypeMetadataV2::Simple(name) => name.trim_start_matches(['<', '>', '|', '=']),
            DataTypeMetadataV2::Structured(_) => return StoredType::Other,
        },
        ArrayMetadata::V3(v3) => v3.data_type.name(),
    };
    match name {
        "i1" | "int8" => StoredType::I8,
        "u1" | "uint8" => StoredType::U8,
        "i2" | "int16" => StoredType::I16,
        "u2" | "uint16" => StoredType::U16,
        "i4" | "int32" => StoredType::I32,
        "u4" | "uint32" => StoredType::U32,
        "i8" | "int64" => StoredType::I64,
        "u8" | "uint64" => StoredType::U64,
        "f4" | "float32" => StoredType::F32,
        "f8" | "float64" => StoredType::F64,
        _ => StoredType::Other,
    }
}

/// What an array declares. One that cannot be read is listed with the type that it declares, so
/// that it is found and the reason given.
pub(super) fn variable(
    name: &str,
    declared: &ArrayMetadata,
    array: Option<&Array<()>>,
) -> Variable {
    let (shape, json) = match declared {
        ArrayMetadata::V2(v2) => (v2.shape.clone(), &v2.attributes),
        ArrayMetadata::V3(v3) => (v3.shape.clone(), &v3.attributes),
    };
    let stored =
        array.map_or_else(|| declared_type(declared), |array| stored_type(array.data_type()));
    let mut attributes = attributes(json, stored != StoredType::Other);
    if let Some(fill) = array.and_then(|array| chosen_fill(array, stored)) {
        attributes.0.entry("_FillValue".to_owned()).or_insert(fill);
    }
    attributes.0.remove(DIMENSIONS_V2);
    Variable {
        name: name.to_owned(),
        dimensions: dimensions(name, declared, shape.len()),
        shape,
        stored,
        chunks: array.and_then(chunk_shape),
        attributes,
    }
}

/// Names are optional in both versions; what has none gets one that no other variable shares.
fn dimensions(name: &str, declared: &ArrayMetadata, count: usize) -> Vec<String> {
    let named: Vec<Option<String>> = match declared {
        ArrayMetadata::V3(v3) => v3.dimension_names.clone().unwrap_or_default(),
        ArrayMetadata::V2(v2) => match v2.attributes.get(DIMENSIONS_V2) {
            Some(Value::Array(names)) => {
                names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        },
    };
    let unnamed = |index: usize| Variable::own_dimension(name, index);
    (0..count)
        .map(|index| named.get(index).cloned().flatten().unwrap_or_else(|| unnamed(index)))
        .collect()
}

/// The part that is read at once: a sub-chunk of a shard, or a chunk.
fn chunk_shape(array: &Array<()>) -> Option<Vec<u64>> {
    let shape = array
        .subchunk_shape()
        .or_else(|| array.chunk_shape(&vec![0; array.dimensionality()]).ok())?;
    Some(shape.iter().map(|length| length.get()).collect())
}

/// The array's own fill value, where somebody chose it to mean "missing".
///
/// xarray reads it so in v2, and writes a `_FillValue` attribute beside it in v3. Zero does not
/// count: it is what libraries write when nothing was chosen, and a velocity or a longitude may
/// well be zero. NaN is missing without being told so.
fn chosen_fill(array: &Array<()>, stored: StoredType) -> Option<Attribute> {
    let fill = Stored::new(stored, array.fill_value().as_ne_bytes().to_vec())?;
    let &[value] = &fill.to_f64()[..] else { return None };
    if value == 0.0 || value.is_nan() {
        return None;
    }
    Some(match stored {
        StoredType::F32 | StoredType::F64 => Attribute::Floats(vec![value]),
        _ => Attribute::Integers(vec![value]),
    })
}

fn stored_type(data_type: &DataType) -> StoredType {
    macro_rules! first_of {
        ($($theirs:ty => $ours:ident),*) => {
            $(if data_type.is::<$theirs>() { return StoredType::$ours; })*
        };
    }
    first_of!(
        Int8DataType => I8, UInt8DataType => U8, Int16DataType => I16, UInt16DataType => U16,
        Int32DataType => I32, UInt32DataType => U32, Int64DataType => I64, UInt64DataType => U64,
        Float32DataType => F32, Float64DataType => F64
    );
    StoredType::Other
}

/// JSON attributes. Those of a variable with `numbers` may write their fill value as text.
pub(super) fn attributes(json: &Map<String, Value>, numbers: bool) -> Attributes {
    let known = json.iter().filter_map(|(name, value)| {
        let value = match value {
            Value::String(text) if numbers && is_value_of_data(name) => data_value(text)
                .map_or_else(
                    || Attribute::Text(text.clone()),
                    |value| Attribute::Floats(vec![value]),
                ),
            Value::String(text) => Attribute::Text(text.clone()),
            Value::Bool(flag) => Attribute::Integers(vec![f64::from(u8::from(*flag))]),
            Value::Number(_) => list(std::slice::from_ref(value))?,
            Value::Array(items) => list(items)?,
            Value::Null | Value::Object(_) => return None,
        };
        Some((name.clone(), value))
    });
    Attributes(known.collect())
}

fn list(items: &[Value]) -> Option<Attribute> {
    let numbers: Option<Vec<f64>> = items.iter().map(Value::as_f64).collect();
    if let Some(numbers) = numbers {
        // JSON tells `20.0` from `20`, and so do those who write it.
        return Some(match items.iter().any(Value::is_f64) {
            true => Attribute::Floats(numbers),
            false => Attribute::Integers(numbers),
        });
    }
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    Some(Attribute::Text(texts?.join(" ")))
}

/// Attributes that hold one of the variable's own values.
fn is_value_of_data(name: &str) -> bool {
    matches!(name, "_FillValue" | "missing_value" | "valid_min" | "valid_max")
}

/// A float that JSON cannot hold is written as text: by name, or by xarray as the base64 of its
/// eight little-endian bytes.
fn data_value(text: &str) -> Option<f64> {
    match text {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let bytes = STANDARD.decode(text).ok()?;
    Some(f64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_values_written_as_text_are_read() {
        assert!(data_value("AAAAAAAA+H8=").unwrap().is_nan());
        assert!(data_value("NaN").unwrap().is_nan());
        let thousand = STANDARD.encode(999.0_f64.to_le_bytes());
        assert_eq!(data_value(&thousand), Some(999.0));
        assert_eq!(data_value("missing"), None);
    }
}
