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
use crate::bench::ocean::COMPONENTS;
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
        store_chunk(&array(name, &[values.len()], attributes)?, [0, 0], values)?;
    }
    let mut shape = vec![times.len(), latitudes.len(), longitudes.len()];
    if let depths @ [_, ..] = workload.depths() {
        let attributes =
            json!({ "units": "m", "positive": "down", "standard_name": "depth", "axis": "Z" });
        store_chunk(&array("depth", &[depths.len()], attributes)?, [0, 0], depths)?;
        shape.insert(1, depths.len());
    }
    let velocity = |direction: &str| json!({ "units": "m s-1", "standard_name": format!("{direction}_sea_water_velocity") });
    let components = COMPONENTS.into_iter().take(workload.components());
    let components = components
        .map(|(name, direction)| array(name, &shape, velocity(direction)))
        .collect::<Result<Vec<_>, _>>()?;
    let plane = latitudes.len() * longitudes.len();
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
        for (array, values) in components.iter().zip(ocean.velocities(seconds)) {
            for (level, values) in values.chunks_exact(plane).enumerate() {
                store_chunk(array, [index as u64, level as u64], values)?;
            }
        }
        watch.advance(1);
        Ok(())
    })
}

/// `.zarray` and `.zattrs` of an array. Velocities have a chunk for each time and level, coordinates
/// one.
fn describe(name: &str, shape: &[usize], mut attributes: Value) -> [(String, Value); 2] {
    let (chunks, dimensions) = match *shape {
        [_, rows, columns] => (vec![1, rows, columns], vec!["time", "lat", "lon"]),
        [_, _, rows, columns] => (vec![1, 1, rows, columns], vec!["time", "depth", "lat", "lon"]),
        _ => (shape.to_vec(), vec![name]),
    };
    let velocity = shape.len() > 1;
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

/// Stores a chunk that spans the last two dimensions of the array, or all of one that has one.
fn store_chunk<T: Element>(
    array: &Array<FilesystemStore>,
    at: [u64; 2],
    values: &[T],
) -> Result<(), Cause> {
    let mut indices = vec![0; array.dimensionality()];
    for (index, at) in indices.iter_mut().rev().skip(2).rev().zip(at) {
        *index = at;
    }
    array.store_chunk(&indices, values)?;
    Ok(())
}
