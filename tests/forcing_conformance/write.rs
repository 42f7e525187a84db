//! Writes a [`Sample`] in every format, through other libraries than drogue's own code.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use drogue::forcing::{Attribute, StoredType};
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
use serde::Serialize;
use serde_json::{Map, Value, json};
use zarrs::array::{Array, ArraySubset};
use zarrs::filesystem::FilesystemStore;

use crate::sample::{Made, Sample, Values};

/// Writes a NetCDF file; NetCDF-4 is chunked, shuffled and deflated. Time is the record dimension.
pub fn netcdf(path: &Path, sample: &Sample, format: NcWriteFormat) {
    let mut file = NcFileBuilder::new();
    let mut dimensions = Vec::new();
    for (name, length) in sample.dimensions() {
        let id = if name == "time" {
            file.add_unlimited_dimension(name.clone())
        } else {
            file.add_dimension(name.clone(), length)
        };
        dimensions.push((name, id.unwrap()));
    }
    let is_hdf5 = matches!(format, NcWriteFormat::Nc4 | NcWriteFormat::Nc4Classic);
    for Made { variable, values } in &sample.0 {
        let is_counter = variable.stored == StoredType::I64;
        if is_counter && matches!(format, NcWriteFormat::Classic | NcWriteFormat::Offset64) {
            continue;
        }
        let of: Vec<_> = (variable.dimensions.iter())
            .map(|name| dimensions.iter().find(|(known, _)| known == name).unwrap().1)
            .collect();
        let name = variable.name.as_str();
        let id = match values {
            Values::I16(v) => {
                let id = file.add_variable::<i16>(name, &of).unwrap();
                file.write_variable(id, v).unwrap();
                id
            }
            Values::I64(v) => {
                let id = file.add_variable::<i64>(name, &of).unwrap();
                file.write_variable(id, v).unwrap();
                id
            }
            Values::F32(v) => {
                let id = file.add_variable::<f32>(name, &of).unwrap();
                file.write_variable(id, v).unwrap();
                id
            }
            Values::F64(v) => {
                let id = file.add_variable::<f64>(name, &of).unwrap();
                file.write_variable(id, v).unwrap();
                id
            }
        };
        for (name, value) in &variable.attributes.0 {
            let value = match value {
                Attribute::Text(text) => NcAttrValue::Chars(text.clone()),
                // The library insists on the data's own type for the fill value.
                Attribute::Floats(numbers) if variable.stored == StoredType::F32 => {
                    NcAttrValue::Floats(numbers.iter().map(|&number| number as f32).collect())
                }
                Attribute::Floats(numbers) => NcAttrValue::Doubles(numbers.clone()),
                Attribute::Integers(numbers) => {
                    NcAttrValue::Shorts(numbers.iter().map(|&number| number as i16).collect())
                }
            };
            file.add_variable_attribute(id, name.as_str(), value).unwrap();
        }
        if let (true, Some(chunks)) = (is_hdf5, &variable.chunks) {
            file.set_variable_chunking(id, chunks.clone()).unwrap();
            file.set_variable_deflate(id, Some(4), true).unwrap();
        }
    }
    let (_, bytes) = file.to_vec(NcWriteOptions { format }).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes a Zarr v2 store with this compressor. `order` is that of the bytes: `<` or `>`.
pub fn zarr_v2(path: &Path, sample: &Sample, compressor: &Value, order: char) {
    fs::create_dir_all(path).unwrap();
    write_json(&path.join(".zgroup"), &json!({"zarr_format": 2}));
    for made in &sample.0 {
        let variable = &made.variable;
        let at = path.join(&variable.name);
        fs::create_dir_all(&at).unwrap();
        let kind = match variable.stored {
            StoredType::I16 => "i2",
            StoredType::I64 => "i8",
            StoredType::F32 => "f4",
            _ => "f8",
        };
        let mut attributes = json_attributes(made);
        // As xarray does: the fill value is the array's own.
        let fill = attributes.remove("_FillValue").unwrap_or(Value::Null);
        attributes.insert("_ARRAY_DIMENSIONS".to_owned(), json!(variable.dimensions));
        let chunks = variable.chunks.as_ref().unwrap_or(&variable.shape);
        write_json(
            &at.join(".zarray"),
            &json!({
                "zarr_format": 2, "shape": variable.shape, "chunks": chunks, "order": "C",
                "dtype": format!("{order}{kind}"), "compressor": compressor, "fill_value": fill,
                "filters": null, "dimension_separator": ".",
            }),
        );
        write_json(&at.join(".zattrs"), &Value::Object(attributes));
    }
    store_values(path, sample);
}

/// Writes a Zarr v3 store with these codecs. With `shards`, chunks become sub-chunks of shards of
/// twice their size, whose index is at this end of them: `start` or `end`.
pub fn zarr_v3(path: &Path, sample: &Sample, codecs: &Value, shards: Option<&str>) {
    fs::create_dir_all(path).unwrap();
    write_json(&path.join("zarr.json"), &json!({"zarr_format": 3, "node_type": "group"}));
    for made in &sample.0 {
        let variable = &made.variable;
        let at = path.join(&variable.name);
        fs::create_dir_all(&at).unwrap();
        let chunks = variable.chunks.as_ref().unwrap_or(&variable.shape);
        let doubled: Vec<u64> = chunks.iter().map(|length| 2 * length).collect();
        let (outer, codecs) = if let Some(end) = shards {
            let little = json!([{"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "crc32c"}]);
            let sharding = json!([{"name": "sharding_indexed", "configuration": {
                "chunk_shape": chunks, "codecs": codecs, "index_codecs": little,
                "index_location": end}}]);
            (&doubled, sharding)
        } else {
            (chunks, codecs.clone())
        };
        let kind = match variable.stored {
            StoredType::I16 => "int16",
            StoredType::I64 => "int64",
            StoredType::F32 => "float32",
            _ => "float64",
        };
        write_json(
            &at.join("zarr.json"),
            &json!({
                "zarr_format": 3, "node_type": "array", "shape": variable.shape, "data_type": kind,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": outer}},
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                "fill_value": 0, "codecs": codecs, "attributes": json_attributes(made),
                "dimension_names": variable.dimensions,
            }),
        );
    }
    store_values(path, sample);
}

fn json_attributes(made: &Made) -> Map<String, Value> {
    let attributes = made.variable.attributes.0.iter().map(|(name, value)| {
        let value = match value {
            Attribute::Text(text) => json!(text),
            Attribute::Floats(numbers) => one_or_all(numbers),
            Attribute::Integers(numbers) => {
                let integers: Vec<i64> = numbers.iter().map(|&number| number as i64).collect();
                one_or_all(&integers)
            }
        };
        (name.clone(), value)
    });
    attributes.collect()
}

fn one_or_all<T: Serialize>(numbers: &[T]) -> Value {
    match numbers {
        [one] => json!(one),
        all => json!(all),
    }
}

fn store_values(path: &Path, sample: &Sample) {
    let store = Arc::new(FilesystemStore::new(path).unwrap());
    for Made { variable, values } in &sample.0 {
        let array = Array::open(store.clone(), &format!("/{}", variable.name)).unwrap();
        let all = ArraySubset::new_with_shape(variable.shape.clone());
        match values {
            Values::I16(v) => array.store_array_subset(&all, v.as_slice()),
            Values::I64(v) => array.store_array_subset(&all, v.as_slice()),
            Values::F32(v) => array.store_array_subset(&all, v.as_slice()),
            Values::F64(v) => array.store_array_subset(&all, v.as_slice()),
        }
        .unwrap();
    }
}

fn write_json(path: &Path, value: &Value) {
    fs::write(path, value.to_string()).unwrap();
}
