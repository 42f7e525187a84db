//! The Zarr v3 format: a store that grows with the run and can be opened at any time.
//!
//! ```text
//! NAME.zarr/          group: attributes, and the metadata of all arrays
//!   trajectory        (trajectory)       i64  id, 0..particles
//!   release_time      (trajectory)       f64  seconds since the start, CF time
//!   output_time       (obs)              f64  the same
//!   time              (trajectory, obs)  f64  the same; NaN where there is no observation
//!   lon, lat | x, y   (trajectory, obs)  f64  degrees, or metres on a flat mesh
//!   z                 (trajectory, obs)  f32  metres, positive down; one f64 in a run at one depth
//!   status            (trajectory, obs)  u8   CF flags; 255 where there is no observation
//!   what is sampled   (trajectory, obs)  f32  in its own units; NaN where it has no value
//! ```
//!
//! Column `k` is output time `k` for all trajectories. In calendars other than the usual one,
//! xarray shows a missing time as the start of the run: go by `status` or the position there.

mod block;
mod layout;
mod reading;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use self::block::Block;
use self::layout::Layout;
use self::store::{Damage, Store};
use super::{Ending, Metadata, Observations, TrajectoryError, Writer, Written, cf};
use crate::time::Instant;

pub(super) use reading::ZarrTrajectories;

/// Bytes of blocks that are held at the same time, when particles come out of order.
const OPEN_BYTES: usize = super::WRITER_BYTES as usize;

/// Writes trajectories as Zarr.
pub(super) struct ZarrWriter {
    path: PathBuf,
    store: Store,
    layout: Layout,
    start: Instant,
    with_depth: bool,
    /// How many variables are sampled.
    samples: usize,
    /// How many blocks may be in memory.
    most_open: usize,
    /// Blocks in memory of the column of chunks that is being filled, by row of chunks.
    open: BTreeMap<u64, Block>,
    /// Rows of chunks of that column that are on disk already.
    stored: BTreeSet<u64>,
    /// Output times of that column that have ended.
    times: Vec<Instant>,
    /// Output times that readers see.
    committed: u64,
    /// The time of the slot that is open, once it has observations.
    pending: Option<Instant>,
    observations: u64,
}

impl ZarrWriter {
    /// Lays out a store at `path`, where nothing may be.
    pub(super) fn create(path: &Path, metadata: &Metadata) -> Result<Self, TrajectoryError> {
        fs::create_dir(path)
            .map_err(|cause| TrajectoryError::Folder { path: path.to_owned(), cause })?;
        let layout = Layout::of(metadata.particles, metadata.slots);
        let store = lay_out(path, metadata, layout).map_err(|cause| {
            // What little there is cannot be read; it must not be in the way of the next attempt.
            let kept = match fs::remove_dir_all(path) {
                Ok(()) => "nothing was kept",
                Err(_) => "an unreadable beginning was left there",
            };
            TrajectoryError::Write { path: path.to_owned(), kept: kept.into(), cause }
        })?;
        Ok(Self {
            path: path.to_owned(),
            store,
            layout,
            start: metadata.start,
            with_depth: metadata.depth.is_none(),
            samples: metadata.samples.len(),
            most_open: (OPEN_BYTES / Block::bytes(layout, metadata.samples.len())).max(2),
            open: BTreeMap::new(),
            stored: BTreeSet::new(),
            times: Vec::new(),
            committed: 0,
            pending: None,
            observations: 0,
        })
    }

    fn slots(&self) -> u64 {
        self.committed + self.times.len() as u64
    }

    fn column(&self) -> u64 {
        self.committed / self.layout.columns
    }

    fn damage(&self, cause: Damage) -> TrajectoryError {
        let kept = match self.committed {
            0 => "no output time was kept".to_owned(),
            n => format!("output times 0 to {} are on disk and can be read", n - 1),
        };
        TrajectoryError::Write { path: self.path.clone(), kept, cause }
    }

    /// The block of a row of chunks, taken from the disk if it was there already.
    fn block(&mut self, row: u64) -> Result<&mut Block, Damage> {
        if !self.open.contains_key(&row) {
            // In order of ids the lowest row is complete, so it is the one to let go.
            if self.open.len() >= self.most_open
                && let Some((done, block)) = self.open.pop_first()
            {
                block.store(&self.store.arrays, [done, self.column()])?;
                self.stored.insert(done);
            }
            let block = if self.stored.contains(&row) {
                Block::load(&self.store.arrays, [row, self.column()], self.with_depth)?
            } else {
                Block::empty(self.layout, self.with_depth, self.samples)
            };
            self.open.insert(row, block);
        }
        Ok(self.open.get_mut(&row).expect("it was put there"))
    }

    fn put(&mut self, batch: &Observations) -> Result<(), Damage> {
        let (rows, columns) = (self.layout.rows, self.layout.columns);
        let (start, within) = (self.start, self.times.len() as u64);
        let mut i = 0;
        while i < batch.len() {
            let row = batch.ids[i] / rows;
            let block = self.block(row)?;
            while i < batch.len() && batch.ids[i] / rows == row {
                let place = (batch.ids[i] % rows) * columns + within;
                block.put(place as usize, batch, i, start);
                i += 1;
            }
        }
        Ok(())
    }

    /// Puts the column on disk and makes it visible.
    fn flush(&mut self) -> Result<(), Damage> {
        let column = self.column();
        while let Some((row, block)) = self.open.pop_first() {
            block.store(&self.store.arrays, [row, column])?;
        }
        let mut times = vec![f64::NAN; self.layout.columns as usize];
        for (stored, &time) in times.iter_mut().zip(&self.times) {
            *stored = cf::seconds(time, self.start);
        }
        self.store.arrays.output_time.store_chunk(&[column], &times)?;
        self.store.commit(self.slots())?;
        self.committed = self.slots();
        self.times.clear();
        self.stored.clear();
        Ok(())
    }
}

impl Writer for ZarrWriter {
    fn write(&mut self, batch: &Observations) -> Result<(), TrajectoryError> {
        self.pending = Some(batch.time);
        self.observations += batch.len() as u64;
        self.put(batch).map_err(|cause| self.damage(cause))
    }

    fn end_slot(&mut self, time: Instant) -> Result<(), TrajectoryError> {
        self.pending = None;
        self.times.push(time);
        if self.times.len() as u64 == self.layout.columns {
            self.flush().map_err(|cause| self.damage(cause))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: Ending) -> Result<Written, TrajectoryError> {
        if let Some(time) = self.pending.take() {
            self.store.annotate(cf::INCOMPLETE, json!(self.slots()));
            self.times.push(time);
        }
        self.store.annotate(cf::RUN_ENDED, json!(ending.name()));
        let ended =
            if self.times.is_empty() { self.store.commit(self.committed) } else { self.flush() };
        ended.map_err(|cause| self.damage(cause))?;
        Ok(Written {
            path: self.path,
            slots: self.committed as u32,
            observations: self.observations,
        })
    }
}

/// A store in the folder `path` with all that is known before the run.
fn lay_out(path: &Path, metadata: &Metadata, layout: Layout) -> Result<Store, Damage> {
    let mut store = Store::create(path, metadata, layout)?;
    store_particles(&store, metadata, layout)?;
    store.annotate(cf::RUN_ENDED, json!("not yet"));
    store.commit(0)?;
    Ok(store)
}

/// Writes what is known of the particles before they move.
fn store_particles(store: &Store, metadata: &Metadata, layout: Layout) -> Result<(), Damage> {
    for chunk in 0..layout.chunks(metadata.particles) {
        let first = chunk * layout.rows;
        let range = first..(first + layout.rows).min(metadata.particles);
        let released = metadata.release_times.of(range.clone());
        if released.len() as u64 != range.end - range.start {
            return Err(format!(
                "{} release times were given for the particles {range:?}",
                released.len()
            )
            .into());
        }
        let mut ids: Vec<i64> = range.map(|id| id as i64).collect();
        ids.resize(layout.rows as usize, -1);
        let mut seconds: Vec<f64> =
            released.into_iter().map(|time| cf::seconds(time, metadata.start)).collect();
        seconds.resize(layout.rows as usize, f64::NAN);
        store.arrays.trajectory.store_chunk(&[chunk], &ids)?;
        store.arrays.release_time.store_chunk(&[chunk], &seconds)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Device, DeviceKind, Status};
    use crate::grid::Mesh;
    use crate::time::Calendar;
    use crate::trajectory::{Ending, ReleaseTimes, Trajectories};

    #[test]
    fn particles_in_no_order_find_their_blocks_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scattered.zarr");
        let metadata = Metadata {
            particles: 3 << 17,
            slots: None,
            calendar: Calendar::Standard,
            start: Instant(0),
            mesh: Mesh::Flat,
            depth: None,
            samples: Vec::new(),
            title: String::new(),
            scenario: String::new(),
            version: String::new(),
            device: Device {
                kind: DeviceKind::Cpu,
                name: String::new(),
                backend: String::new(),
                driver: String::new(),
            },
            seed: 0,
            history: None,
            release_times: ReleaseTimes::at(Instant(0)),
        };
        let mut writer = ZarrWriter::create(&path, &metadata).unwrap();
        writer.most_open = 1;
        let ids = [0, 1 << 17, 1, (3 << 17) - 1, 2, 1 << 17 | 1];
        for &id in &ids {
            let mut one = Observations::empty(0, Instant(0), true);
            one.ids.push(id);
            one.x.push(id as f64);
            one.y.push(-(id as f64));
            one.status.push(Status::Active);
            one.depth.as_mut().unwrap().push(7.0);
            writer.write(&one).unwrap();
            assert_eq!(writer.open.len(), 1);
        }
        writer.end_slot(Instant(0)).unwrap();
        Box::new(writer).finish(Ending::Complete).unwrap();

        let back = Trajectories::open(&path).unwrap();
        for track in back.tracks(&ids).unwrap() {
            assert_eq!(track.x, [track.id as f64]);
            assert_eq!(track.y, [-(track.id as f64)]);
            assert_eq!(track.depth, Some(vec![7.0]));
        }
        assert_eq!(back.final_states().unwrap().tally().accounted(), ids.len() as u64);
    }
}
