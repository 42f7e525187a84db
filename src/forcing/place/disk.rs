//! Files of this machine, read on threads that may block.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::time::SystemTime;

use bytes::Bytes;
use tokio::task::spawn_blocking;

/// Tells a file from another that takes its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Version {
    length: u64,
    modified: Option<SystemTime>,
}

impl Version {
    fn of(found: &Metadata) -> Self {
        Self { length: found.len(), modified: found.modified().ok() }
    }
}

/// The version and the length of a file.
pub(super) async fn version(path: PathBuf) -> io::Result<(Version, u64)> {
    blocking(move || {
        let found = fs::metadata(path)?;
        Ok((Version::of(&found), found.len()))
    })
    .await
}

/// A file, or a range of it, shorter where the file ends before the range does.
///
/// # Errors
/// [`io::ErrorKind::StaleNetworkFileHandle`] where the file is not of the `version` asked for.
pub(super) async fn read(
    path: PathBuf,
    range: Option<Range<u64>>,
    version: Option<Version>,
) -> io::Result<Bytes> {
    blocking(move || {
        let mut file = File::open(path)?;
        let found = file.metadata()?;
        if version.is_some_and(|version| version != Version::of(&found)) {
            return Err(io::ErrorKind::StaleNetworkFileHandle.into());
        }
        let range = range.unwrap_or(0..found.len());
        let end = range.end.min(found.len());
        let length = end.saturating_sub(range.start);
        let mut part = Vec::with_capacity(length as usize);
        file.seek(SeekFrom::Start(range.start))?;
        file.take(length).read_to_end(&mut part)?;
        Ok(part.into())
    })
    .await
}

/// The names in a folder that can be written as text, sorted.
pub(super) async fn list(path: PathBuf) -> io::Result<Vec<String>> {
    blocking(move || {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}
