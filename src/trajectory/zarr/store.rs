//! The arrays of a store, and the one document that makes them visible.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use zarrs::array::codec::{BloscCodec, BloscCompressionLevel, BloscCompressor, BloscShuffleMode};
use zarrs::array::{Array, ArrayBuilder, ArrayMetadata, DataType, FillValue, data_type};
use zarrs::filesystem::FilesystemStore;

use super::layout::Layout;
use crate::grid::Mesh;
use crate::trajectory::{Metadata, Sampled, cf};

/// What the disk or the Zarr library complains of.
pub(super) use crate::trajectory::error::Cause as Damage;

/// An array in a folder.
pub(super) type Stored = Array<FilesystemStore>;

/// The arrays of trajectories.
pub(super) struct Arrays {
    /// Id of each trajectory.
    pub trajectory: Stored,
    /// When each trajectory begins.
    pub release_time: Stored,
    /// Each output time.
    pub output_time: Stored,
    /// Time of each observation.
    pub time: Stored,
    /// `lon` on a sphere, `x` on a plane.
    pub x: Stored,
    /// `lat` on a sphere, `y` on a plane.
    pub y: Stored,
    /// Depth of each observation, or a single one of them all.
    pub depth: Stored,
    /// Status of each observation.
    pub status: Stored,
    /// What is sampled at each observation.
    pub samples: Vec<Stored>,
}

/// A store that is being written.
pub(super) struct Store {
    folder: PathBuf,
    attributes: cf::Attributes,
    /// The arrays.
    pub arrays: Arrays,
}

/// The names of the horizontal coordinates.
pub(super) fn names(mesh: Mesh) -> [&'static str; 2] {
    match mesh {
        Mesh::Sphere { .. } => ["lon", "lat"],
        Mesh::Flat => ["x", "y"],
    }
}

impl Store {
    /// Lays out arrays without output times in `folder`, which must exist. Nothing is visible
    /// before the first [`Store::commit`].
    pub(super) fn create(
        folder: &Path,
        metadata: &Metadata,
        layout: Layout,
    ) -> Result<Self, Damage> {
        let plan = Plan {
            storage: Arc::new(FilesystemStore::new(folder)?),
            particles: metadata.particles,
            layout,
        };
        let [x, y] = names(metadata.mesh);
        let coordinates = json!(format!("time {x} {y} z release_time"));
        let mut status = cf::status();
        status.insert("_FillValue".into(), json!(cf::NO_STATUS));
        status.insert("coordinates".into(), coordinates.clone());
        let sampled = |sampled: &Sampled| {
            let mut attributes = cf::sampled(sampled);
            attributes.insert("coordinates".into(), coordinates.clone());
            let f32s = (data_type::float32(), FillValue::from(f32::NAN));
            plan.array(&sampled.name, &["trajectory", "obs"], &f32s, attributes)
        };
        let f64s = (data_type::float64(), FillValue::from(f64::NAN));
        let arrays = Arrays {
            trajectory: plan.array(
                "trajectory",
                &["trajectory"],
                &(data_type::int64(), FillValue::from(-1_i64)),
                cf::trajectory(),
            )?,
            release_time: plan.array(
                "release_time",
                &["trajectory"],
                &f64s,
                cf::time(metadata, "when the particle is released"),
            )?,
            output_time: plan.array(
                "output_time",
                &["obs"],
                &f64s,
                cf::time(metadata, "output time; particles that finished before it have their own"),
            )?,
            time: plan.array(
                "time",
                &["trajectory", "obs"],
                &f64s,
                cf::time(metadata, "when the observation was made"),
            )?,
            x: plan.array(x, &["trajectory", "obs"], &f64s, cf::x(metadata.mesh))?,
            y: plan.array(y, &["trajectory", "obs"], &f64s, cf::y(metadata.mesh))?,
            depth: match metadata.depth {
                Some(_) => plan.array("z", &[], &f64s, cf::depth())?,
                None => plan.array(
                    "z",
                    &["trajectory", "obs"],
                    &(data_type::float32(), FillValue::from(f32::NAN)),
                    cf::depth(),
                )?,
            },
            status: plan.array(
                "status",
                &["trajectory", "obs"],
                &(data_type::uint8(), FillValue::from(cf::NO_STATUS)),
                status,
            )?,
            samples: metadata.samples.iter().map(sampled).collect::<Result<_, _>>()?,
        };
        if let Some(depth) = metadata.depth {
            arrays.depth.store_chunk(&[], &[depth])?;
        }
        Ok(Self { folder: folder.to_owned(), attributes: cf::file(metadata), arrays })
    }

    /// Makes the first `slots` output times visible.
    ///
    /// The group's document holds the metadata of all arrays and is replaced in one move. A reader
    /// who uses it, as xarray does, sees all arrays before this or all of them after it, however
    /// the run ends.
    pub(super) fn commit(&mut self, slots: u64) -> Result<(), Damage> {
        let mut consolidated = serde_json::Map::new();
        let folder = self.folder.clone();
        for array in self.arrays.all_mut() {
            let shape = match array.shape() {
                [particles, _] => vec![*particles, slots],
                [_] if array.path().as_str() == "/output_time" => vec![slots],
                other => other.to_vec(),
            };
            array.set_shape(shape)?;
            let name = array.path().as_str().trim_start_matches('/').to_owned();
            write_json(&folder.join(&name), array.metadata())?;
            consolidated.insert(name, serde_json::to_value(array.metadata())?);
        }
        let group = json!({
            "zarr_format": 3,
            "node_type": "group",
            "attributes": self.attributes,
            "consolidated_metadata": {
                "kind": "inline", "must_understand": false, "metadata": consolidated,
            },
        });
        write_json(&self.folder, &group)
    }

    /// Adds an attribute of the whole store, visible from the next commit on.
    pub(super) fn annotate(&mut self, name: &str, value: Value) {
        self.attributes.insert(name.to_owned(), value);
    }
}

impl Arrays {
    fn all_mut(&mut self) -> impl Iterator<Item = &mut Stored> {
        let own = [
            &mut self.trajectory,
            &mut self.release_time,
            &mut self.output_time,
            &mut self.time,
            &mut self.x,
            &mut self.y,
            &mut self.depth,
            &mut self.status,
        ];
        own.into_iter().chain(&mut self.samples)
    }
}

/// What the arrays of a store have in common.
struct Plan {
    storage: Arc<FilesystemStore>,
    particles: u64,
    layout: Layout,
}

impl Plan {
    fn array(
        &self,
        name: &str,
        dimensions: &[&str],
        (data_type, fill): &(DataType, FillValue),
        attributes: cf::Attributes,
    ) -> Result<Stored, Damage> {
        let (shape, chunk): (Vec<u64>, Vec<u64>) = dimensions
            .iter()
            .map(|&dimension| match dimension {
                "trajectory" => (self.particles, self.layout.rows),
                _ => (0, self.layout.columns),
            })
            .unzip();
        // Neighbouring positions share their high bytes: shuffled, zstd sees them as runs. The
        // fastest level is what the writer can afford beside a GPU; higher ones gain little.
        let codec = BloscCodec::new(
            BloscCompressor::Zstd,
            BloscCompressionLevel::try_from(1).map_err(|level| format!("level {level}"))?,
            None,
            BloscShuffleMode::Shuffle,
            data_type.fixed_size(),
        )?;
        Ok(ArrayBuilder::new(shape, chunk, data_type.clone(), fill.clone())
            .bytes_to_bytes_codecs(vec![Arc::new(codec)])
            .dimension_names(Some(dimensions.iter().copied()))
            .attributes(attributes)
            .build(self.storage.clone(), &format!("/{name}"))?)
    }
}

/// Replaces the `zarr.json` of `folder` in one move.
fn write_json(folder: &Path, value: &impl Serialize) -> Result<(), Damage> {
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".zarr.json.");
    let mut file = crate::trajectory::destination::readable(&mut builder).tempfile_in(folder)?;
    serde_json::to_writer_pretty(file.as_file_mut(), value)?;
    file.flush()?;
    file.persist(folder.join("zarr.json")).map_err(|failed| failed.error)?;
    Ok(())
}

/// Opens one array of a store that may still be growing, as its group describes it.
pub(super) fn open(
    storage: &Arc<FilesystemStore>,
    name: &str,
    metadata: &Value,
) -> Result<Stored, Damage> {
    let metadata: ArrayMetadata = serde_json::from_value(metadata.clone())?;
    Ok(Array::new_with_metadata(storage.clone(), &format!("/{name}"), metadata)?)
}
