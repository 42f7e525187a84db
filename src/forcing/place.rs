//! Where bytes lie: a file or a folder of files, on this machine or on an object store.

mod disk;
mod http;
mod remote;
mod stores;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, ObjectStore, coalesce_ranges};

use super::ForcingError;
use super::requests::{Requests, Traffic};
pub(super) use stores::Stores;

/// Ranges of a remote file that are closer together than this are one request: the bytes between
/// them cost less than another way to the store and back. On a disk only those that touch are.
const COALESCE: u64 = 1 << 20;

/// A file, or a folder of files.
#[derive(Clone)]
pub(super) struct Place {
    root: Root,
    /// The path or URL, for people.
    name: PathBuf,
    requests: Arc<Requests>,
}

/// Files of this machine are read by their own paths: those of [`ObjectPath`] cannot spell every
/// name that a file system allows.
#[derive(Clone)]
enum Root {
    Disk { version: Option<disk::Version> },
    Objects { store: Arc<dyn ObjectStore>, at: ObjectPath, version: GetOptions },
}

impl Place {
    /// A path on this machine.
    pub(super) fn local(path: &Path, requests: &Arc<Requests>) -> Self {
        Self {
            root: Root::Disk { version: None },
            name: path.to_owned(),
            requests: Arc::clone(requests),
        }
    }

    /// A URL, with credentials from the environment.
    pub(super) async fn remote(url: &str, stores: &mut Stores) -> Result<Self, ForcingError> {
        let (store, at) = stores.connect(url).await?;
        let name = PathBuf::from(url.trim_end_matches('/'));
        Ok(Self {
            root: Root::Objects { store, at, version: GetOptions::new() },
            name,
            requests: Arc::clone(stores.requests()),
        })
    }

    /// The path or URL.
    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    pub(super) fn is_remote(&self) -> bool {
        matches!(self.root, Root::Objects { .. })
    }

    pub(super) fn requests_at_once(&self) -> usize {
        self.requests.access().at_once
    }

    fn patience(&self) -> Duration {
        self.requests.access().patience
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.requests.traffic()
    }

    /// What lies at this path, of names joined by `/`, below the place.
    pub(super) fn child(&self, path: &str) -> Self {
        let root = match &self.root {
            Root::Disk { .. } => Root::Disk { version: None },
            Root::Objects { store, at, .. } => {
                let at = path.split('/').fold(at.clone(), ObjectPath::join);
                Root::Objects { store: Arc::clone(store), at, version: GetOptions::new() }
            }
        };
        Self { root, name: self.name.join(path), requests: Arc::clone(&self.requests) }
    }

    /// The file as it is now, so that parts of another that takes its place later are not mistaken
    /// for parts of it, and its length in bytes; `None` where no file is there.
    pub(super) async fn pinned(&self) -> Result<Option<(Self, u64)>, ForcingError> {
        let (name, mut pinned) = (self.name.clone(), self.clone());
        let size = match &mut pinned.root {
            Root::Disk { version } => {
                let found = self.requests.make(disk::version(name), |_| 0).await;
                found.map_err(Refusal::from).map(|(found, size)| {
                    *version = Some(found);
                    size
                })
            }
            Root::Objects { store, at, version } => {
                let head = remote::head(Arc::clone(store), at.clone(), self.patience());
                self.requests.make(head, |_| 0).await.map(|found| {
                    *version = remote::pinned(&found);
                    found.size
                })
            }
        };
        Ok(self.found(size)?.map(|size| (pinned, size)))
    }

    /// The whole file; `None` where there is none.
    pub(super) async fn read(&self) -> Result<Option<Bytes>, ForcingError> {
        let bytes = self.get(None).await;
        self.found(bytes)
    }

    /// A part of the file, shorter than asked for where the file ends before it does; `None` where
    /// there is none.
    pub(super) async fn read_range(
        &self,
        range: Range<u64>,
    ) -> Result<Option<Bytes>, ForcingError> {
        let part = self.get(Some(range)).await;
        self.found(part)
    }

    /// Parts of the file, in the order asked for; `None` where there is none. A part is shorter
    /// than asked for where the file ends before it does.
    pub(super) async fn read_ranges(
        &self,
        ranges: &[Range<u64>],
    ) -> Result<Option<Vec<Bytes>>, ForcingError> {
        let near = if self.is_remote() { COALESCE } else { 0 };
        let parts = coalesce_ranges(ranges, |range| self.get(Some(range)), near).await;
        self.found(parts)
    }

    /// The file, or a range of it.
    async fn get(&self, range: Option<Range<u64>>) -> Result<Bytes, Refusal> {
        match &self.root {
            Root::Disk { version } => {
                let part = disk::read(self.name.clone(), range, *version);
                Ok(self.requests.make(part, length).await?)
            }
            Root::Objects { store, at, version } => {
                let options = version.clone().with_range(range);
                let get = remote::get(Arc::clone(store), at.clone(), options, self.patience());
                self.requests.make(get, length).await
            }
        }
    }

    /// The files and folders directly in this folder, sorted by name.
    ///
    /// Plain web servers have no such list.
    pub(super) async fn list(&self) -> Result<Vec<Self>, ForcingError> {
        let name = self.name.clone();
        let names = match &self.root {
            Root::Disk { .. } => {
                self.requests.make(disk::list(name), |_| 0).await.map_err(Into::into)
            }
            Root::Objects { store, at, .. } => {
                let list = remote::list(Arc::clone(store), at.clone(), self.patience());
                self.requests.make(list, |_| 0).await
            }
        };
        let names = names.map_err(|refusal| self.error(refusal))?;
        Ok(names.iter().map(|name| self.child(name)).collect())
    }

    /// What has become of a file that was here before.
    pub(super) fn gone(&self) -> ForcingError {
        ForcingError::Changed { path: self.name.clone(), reason: "the file is gone".to_owned() }
    }

    fn found<T>(&self, answer: Result<T, Refusal>) -> Result<Option<T>, ForcingError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(refusal) if refusal.is_absence() => Ok(None),
            Err(refusal) => Err(self.error(refusal)),
        }
    }

    fn error(&self, refusal: Refusal) -> ForcingError {
        let path = self.name.clone();
        match refusal {
            Refusal::Disk(source)
                if source.kind() == std::io::ErrorKind::StaleNetworkFileHandle =>
            {
                ForcingError::Changed { path, reason: "another file lies there now".to_owned() }
            }
            Refusal::Disk(source) => ForcingError::Io { path, source },
            Refusal::Store(object_store::Error::Precondition { .. }) => {
                ForcingError::Changed { path, reason: "another file lies there now".to_owned() }
            }
            Refusal::Store(error) => {
                let reason = remote::explain(&error);
                match remote::is_denied(&error) {
                    true => ForcingError::Denied { path, reason },
                    false => ForcingError::Request { path, reason },
                }
            }
        }
    }
}

fn length(bytes: &Bytes) -> u64 {
    bytes.len() as u64
}

/// Why a request was not answered.
#[derive(Debug)]
enum Refusal {
    Disk(std::io::Error),
    Store(object_store::Error),
}

impl Refusal {
    fn is_absence(&self) -> bool {
        match self {
            // A path that goes through a file, as where a folder was expected, leads nowhere.
            Self::Disk(error) => matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ),
            Self::Store(error) => matches!(error, object_store::Error::NotFound { .. }),
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<object_store::Error> for Refusal {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error)
    }
}
