//! Reads trajectories back from a Zarr store, also while it still grows.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use zarrs::filesystem::FilesystemStore;

use super::block::Block;
use super::layout::Layout;
use super::store::{Arrays, Damage, names, open};
use crate::time::Instant;
use crate::trajectory::read::{Header, Source, Visit};
use crate::trajectory::{Observations, TrajectoryError, cf};

/// Trajectories in a Zarr store.
pub(in crate::trajectory) struct ZarrTrajectories {
    path: PathBuf,
    header: Header,
    arrays: Arrays,
    layout: Layout,
}

impl ZarrTrajectories {
    pub(in crate::trajectory) fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let read = |cause: Damage| TrajectoryError::Read { path: path.to_owned(), cause };
        let document = fs::read(path.join("zarr.json")).map_err(|e| read(e.into()))?;
        let group: Value = serde_json::from_slice(&document).map_err(|e| read(e.into()))?;
        let lacks = |what: &str| TrajectoryError::NotTrajectories {
            path: path.to_owned(),
            reason: format!("it lacks {what}"),
        };
        let described = &group["consolidated_metadata"]["metadata"];
        let storage = Arc::new(FilesystemStore::new(path).map_err(|e| read(e.into()))?);
        let array = |name: &str| match &described[name] {
            Value::Null => Err(lacks(&format!("the array `{name}`"))),
            metadata => open(&storage, name, metadata).map_err(read),
        };
        let mesh = group["attributes"][cf::MESH]
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or_else(|| lacks("the attribute `mesh`"))?;
        let [x, y] = names(mesh);
        let sampled = cf::sampled_names(group["attributes"][cf::SAMPLED].as_str());
        let arrays = Arrays {
            trajectory: array("trajectory")?,
            release_time: array("release_time")?,
            output_time: array("output_time")?,
            time: array("time")?,
            x: array(x)?,
            y: array(y)?,
            depth: array("z")?,
            status: array("status")?,
            samples: sampled.iter().map(|name| array(name)).collect::<Result<_, _>>()?,
        };
        let samples = sampled.into_iter().zip(&arrays.samples).map(|(name, array)| {
            cf::parse_sampled(name, |attribute| {
                array.attributes().get(attribute)?.as_str().map(str::to_owned)
            })
        });
        let samples = samples.collect();
        let text = |attribute: &str| arrays.time.attributes().get(attribute)?.as_str();
        let (start, calendar) = text("units")
            .zip(text("calendar"))
            .and_then(|(units, calendar)| cf::parse_time(units, calendar).ok())
            .ok_or_else(|| lacks("CF units and a calendar of `time`"))?;
        let layout = layout_of(&arrays).map_err(read)?;
        let output_times: Vec<f64> = arrays
            .output_time
            .retrieve_array_subset(&arrays.output_time.subset_all())
            .map_err(|e| read(e.into()))?;
        let depth = match arrays.depth.shape() {
            [] => {
                let depth: Vec<f64> =
                    arrays.depth.retrieve_chunk(&[]).map_err(|e| read(e.into()))?;
                depth.first().copied()
            }
            _ => None,
        };
        let [particles, _] = arrays.time.shape() else {
            return Err(lacks("the dimensions (trajectory, obs) of `time`"));
        };
        let header = Header {
            particles: *particles,
            output_times: output_times.into_iter().map(|s| cf::instant(s, start)).collect(),
            calendar,
            start,
            mesh,
            depth,
            samples,
            attributes: crate::trajectory::read::texts(group["attributes"].as_object()),
        };
        Ok(Self { path: path.to_owned(), header, arrays, layout })
    }

    /// The observations of one output time in a block that begins with particle `first`.
    fn slot(&self, block: &Block, first: u64, slot: usize) -> Result<Observations, Damage> {
        let time = self.header.output_times[slot];
        let mut batch = Observations::empty(slot as u32, time, block.depth.is_some());
        batch.samples = vec![Vec::new(); block.samples.len()];
        let mut times: Vec<Instant> = Vec::new();
        let columns = self.layout.columns as usize;
        let places = (slot % columns..block.status.len()).step_by(columns);
        for (id, place) in (first..self.header.particles).zip(places) {
            let code = block.status[place];
            if code == cf::NO_STATUS {
                continue;
            }
            batch.ids.push(id);
            batch.x.push(block.x[place]);
            batch.y.push(block.y[place]);
            batch.status.push(
                cf::parse_status(code)
                    .ok_or_else(|| format!("particle {id} has the unknown status {code}"))?,
            );
            if let (Some(depths), Some(stored)) = (&mut batch.depth, &block.depth) {
                depths.push(stored[place]);
            }
            for (values, stored) in batch.samples.iter_mut().zip(&block.samples) {
                values.push(stored[place]);
            }
            times.push(cf::instant(block.time[place], self.header.start));
        }
        batch.times = times.iter().any(|&at| at != time).then_some(times);
        Ok(batch)
    }

    fn slots_of(
        &self,
        slots: std::ops::Range<usize>,
        wanted: Option<&[u64]>,
        visit: Visit<'_>,
    ) -> Result<(), Damage> {
        let column = slots.start as u64 / self.layout.columns;
        for row in 0..self.layout.chunks(self.header.particles) {
            let first = row * self.layout.rows;
            let next = wanted.map(|ids| ids.partition_point(|&id| id < first));
            let here = |at: usize| {
                wanted.and_then(|ids| ids.get(at)).is_some_and(|&id| id < first + self.layout.rows)
            };
            if next.is_some_and(|at| !here(at)) {
                continue;
            }
            let block = Block::load(&self.arrays, [row, column], self.header.depth.is_none())?;
            for slot in slots.clone() {
                let batch = self.slot(&block, first, slot)?;
                if !batch.is_empty() {
                    visit(&batch);
                }
            }
        }
        Ok(())
    }
}

/// The chunks of the arrays, which must agree where observations are.
fn layout_of(arrays: &Arrays) -> Result<Layout, Damage> {
    let chunk = |array: &super::store::Stored| -> Result<Vec<u64>, Damage> {
        let zeros = vec![0; array.dimensionality()];
        Ok(array.chunk_shape(&zeros)?.iter().map(|n| n.get()).collect())
    };
    let of_time = chunk(&arrays.time)?;
    for array in [&arrays.x, &arrays.y, &arrays.status].into_iter().chain(&arrays.samples) {
        if array.shape() != arrays.time.shape() || chunk(array)? != of_time {
            return Err(format!("{} is not laid out as time is", array.path()).into());
        }
    }
    match of_time[..] {
        [rows, columns] => Ok(Layout { rows, columns }),
        _ => Err("time does not have the dimensions (trajectory, obs)".into()),
    }
}

impl Source for ZarrTrajectories {
    fn header(&self) -> &Header {
        &self.header
    }

    fn stream(&self, wanted: Option<&[u64]>, visit: Visit<'_>) -> Result<(), TrajectoryError> {
        let slots = self.header.output_times.len();
        // Slots come in order. With several rows of chunks, each is visited for every slot.
        let at_once = match self.layout.chunks(self.header.particles) {
            0 | 1 => self.layout.columns as usize,
            _ => 1,
        };
        for from in (0..slots).step_by(at_once) {
            self.slots_of(from..(from + at_once).min(slots), wanted, visit)
                .map_err(|cause| TrajectoryError::Read { path: self.path.clone(), cause })?;
        }
        Ok(())
    }
}
