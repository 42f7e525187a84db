//! Workloads as Zarr v2 stores with consolidated metadata, as xarray writes them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::{Map, Value, json};
use zarrs::array::{Array, Element};
use zarrs::filesystem::FilesystemStore;
use zarrs::metadata::ArrayMetadata;
use zarrs::metadata::v2::ArrayMetadataV2;

use super::{Cause, TIME_UNITS};
use crate::bench::{Watch, Workload};

/// Fills `store`.
pub(super) fn write(workload: Workload, store: &Path, watch: &dyn Watch) -> Result<(), Cause> {
    let storage = Arc::new(FilesystemStore::new(store)?);
    let (longitudes, latitudes) = (workload.longitudes(), workload.latitudes());
    let at = |index: usize| index as f64 * workload.interval().seconds();
    let times: Vec<f64> = (0..workload.snapshots()).map(at).collect();
    let mut documents = vec![
        (".zgroup".to_owned(), json!({ "zarr_format": 2 })),
        (".zattrs".to_owned(), json!({ "Conventions": "CF-1.8" })),
    ];
    let mut array = |name: &str, shape: &[usize], attributes| {
        documents.extend(describe(name, shape, attributes));
        let metadata: ArrayMetadataV2 =
            serde_json::from_value(documents[documents.len() - 2].1.clone())?;
        let path = format!("/{name}");
        Ok::<_, Cause>(Array::new_with_metadata(
            storage.clone(),
            &path,
            ArrayMetadata::V2(metadata),
        )?)
    };
    let coordinates = [
        (
            "time",
            &times,
            json!({
                "units": TIME_UNITS, "calendar": "standard", "standard_name": "time", "axis": "T"
            }),
        ),
        (
            "lat",
            &latitudes,
            json!({
                "units": "degrees_north", "standard_name": "latitude", "axis": "Y"
            }),
        ),
        (
            "lon",
            &longitudes,
            json!({
                "units": "degrees_east", "standard_name": "longitude", "axis": "X"
            }),
        ),
    ];
    for (name, values, attributes) in coordinates {
        store_chunk(&array(name, &[values.len()], attributes)?, 0, values)?;
    }
    let shape = [times.len(), latitudes.len(), longitudes.len()];
    let velocity = |direction: &str| json!({ "units": "m s-1", "standard_name": format!("{direction}_sea_water_velocity") });
    let u = array("u", &shape, velocity("eastward"))?;
    let v = array("v", &shape, velocity("northward"))?;
    for (key, document) in &documents {
        let path = store.join(key);
        fs::create_dir_all(path.parent().expect("it lies in the store"))?;
        fs::write(path, serde_json::to_vec_pretty(document)?)?;
    }
    let metadata: Map<String, Value> = documents.into_iter().collect();
    let consolidated = json!({ "zarr_consolidated_format": 1, "metadata": metadata });
    fs::write(store.join(".zmetadata"), serde_json::to_vec_pretty(&consolidated)?)?;

    let ocean = workload.ocean();
    watch.begin(&format!("making {workload} as Zarr"), times.len() as u64);
    times.par_iter().enumerate().try_for_each(|(index, &seconds)| {
        for (array, values) in [&u, &v].into_iter().zip(ocean.velocities(seconds)) {
            store_chunk(array, index as u64, &values)?;
        }
        watch.advance(1);
        Ok(())
    })
}

/// `.zarray` and `.zattrs` of an array. Velocities have a chunk for each time, coordinates one.
fn describe(name: &str, shape: &[usize], mut attributes: Value) -> [(String, Value); 2] {
    let velocity = shape.len() == 3;
    let (chunks, dimensions) = match velocity {
        true => (vec![1, shape[1], shape[2]], vec!["time", "lat", "lon"]),
        false => (shape.to_vec(), vec![name]),
    };
    let blosc =
        json!({ "id": "blosc", "cname": "zstd", "clevel": 3, "shuffle": 1, "blocksize": 0 });
    let array = json!({
        "zarr_format": 2,
        "shape": shape,
        "chunks": chunks,
        "dtype": if velocity { "<f4" } else { "<f8" },
        "compressor": if velocity { blosc } else { Value::Null },
        "fill_value": null,
        "order": "C",
        "filters": null
    });
    attributes["_ARRAY_DIMENSIONS"] = json!(dimensions);
    [(format!("{name}/.zarray"), array), (format!("{name}/.zattrs"), attributes)]
}

/// Stores a chunk that spans all of the array but for its first dimension.
fn store_chunk<T: Element>(
    array: &Array<FilesystemStore>,
    index: u64,
    values: &[T],
) -> Result<(), Cause> {
    let mut indices = vec![0; array.dimensionality()];
    indices[0] = index;
    array.store_chunk(&indices, values)?;
    Ok(())
}
