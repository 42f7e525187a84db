//! The picture in a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Figure, Record};
use crate::pipeline::Timeline;
use crate::report::writable;
use crate::run::Overlap;

/// What a timeline is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A picture.
    Svg,
    /// A page with the picture, and the numbers of the bar under the pointer.
    Html,
    /// All numbers.
    Json,
}

/// Why a timeline could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// The name does not say which format is wanted.
    #[error("cannot tell from {} how to draw the timeline: let it end in .svg, .html or .json", .path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot write the timeline {}: {source}; check that the directory exists and has room", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Format {
    /// The format that the ending of a file's name stands for.
    ///
    /// # Errors
    /// [`TimelineError::UnknownFormat`].
    pub fn of(path: &Path) -> Result<Self, TimelineError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
        match ending.as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("html" | "htm") => Ok(Self::Html),
            Some("json") => Ok(Self::Json),
            _ => Err(TimelineError::UnknownFormat { path: path.to_owned() }),
        }
    }

    /// Makes sure that a timeline can be written to `path`: better known before hours of work than
    /// after.
    ///
    /// # Errors
    /// [`TimelineError`].
    pub fn prepare(path: &Path) -> Result<Self, TimelineError> {
        let format = Self::of(path)?;
        match writable(path) {
            Ok(()) => Ok(format),
            Err(source) => Err(TimelineError::Write { path: path.to_owned(), source }),
        }
    }

    /// Writes the timeline of a run to a file, with how well it overlapped what it had to do.
    ///
    /// # Errors
    /// [`TimelineError::Write`].
    pub fn write(
        self,
        timeline: &Timeline,
        overlap: Option<&Overlap>,
        title: &str,
        path: &Path,
    ) -> Result<(), TimelineError> {
        let figure = || Figure::of_run(timeline, overlap);
        let write = || {
            let mut file = BufWriter::new(File::create(path)?);
            match self {
                Self::Svg => file.write_all(figure().to_svg().as_bytes())?,
                Self::Html => file.write_all(figure().to_html(title).as_bytes())?,
                Self::Json => {
                    let items = timeline.item_names();
                    serde_json::to_writer(&mut file, &Record { overlap, items, timeline })?;
                }
            }
            file.flush()
        };
        write().map_err(|source| TimelineError::Write { path: path.to_owned(), source })
    }
}
