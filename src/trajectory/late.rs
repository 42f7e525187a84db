//! A writer that touches the disk when there is something to write.

use std::path::PathBuf;

use super::destination::{self, Format};
use super::parquet::ParquetWriter;
use super::zarr::ZarrWriter;
use super::{Ending, Metadata, Observations, TrajectoryError, Writer, Written};
use crate::time::Instant;

/// Starts its output with the first observation, so that a run that fails before it leaves a former
/// output alone, and none of its own in the way of the next attempt.
pub(super) struct Late {
    path: PathBuf,
    format: Format,
    metadata: Metadata,
    overwrite: bool,
    begun: Option<Box<dyn Writer>>,
}

impl Late {
    /// Sees to it that an output can be written at `path`, and changes nothing.
    pub(super) fn new(
        path: PathBuf,
        metadata: Metadata,
        overwrite: bool,
    ) -> Result<Self, TrajectoryError> {
        let format = Format::of(&path)?;
        destination::check(&path, format, overwrite)?;
        Ok(Self { path, format, metadata, overwrite, begun: None })
    }

    fn begun(&mut self) -> Result<&mut Box<dyn Writer>, TrajectoryError> {
        if self.begun.is_none() {
            destination::clear(&self.path, self.format, self.overwrite)?;
            let (path, metadata) = (&self.path, &self.metadata);
            self.begun = Some(match self.format {
                Format::Zarr => Box::new(ZarrWriter::create(path, metadata)?),
                Format::Parquet => Box::new(ParquetWriter::create(path, metadata, self.overwrite)?),
            });
        }
        Ok(self.begun.as_mut().expect("it was begun"))
    }
}

impl Writer for Late {
    fn write(&mut self, batch: &Observations) -> Result<(), TrajectoryError> {
        self.begun()?.write(batch)
    }

    fn end_slot(&mut self, time: Instant) -> Result<(), TrajectoryError> {
        self.begun()?.end_slot(time)
    }

    fn finish(self: Box<Self>, ending: Ending) -> Result<Written, TrajectoryError> {
        match self.begun {
            Some(writer) => writer.finish(ending),
            None => Ok(Written { path: self.path, slots: 0, observations: 0 }),
        }
    }
}
