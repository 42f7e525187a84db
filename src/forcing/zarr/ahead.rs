//! Coordinates, asked for together with the metadata.
//!
//! Metadata tell where coordinates are, and those which chunks a run needs: two answers to wait for,
//! one after the other, before the first snapshot can be asked for. Far away that is what opening a
//! store costs. But most stores call their coordinates by one of a few names, and put each in one
//! chunk: asked for on the chance that they are there, they come with the metadata.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::pin::pin;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::{BoxFuture, Either, FutureExt, select};
use futures::stream::FuturesUnordered;

use crate::forcing::place::Place;

/// What CF's own examples, Copernicus, NCEP and HYCOM call their axes.
const NAMES: [&str; 6] = ["time", "depth", "lat", "lon", "latitude", "longitude"];

/// What v2 and v3 call an axis' first chunk.
const FIRST: [&str; 2] = ["0", "c/0"];

/// What may be the first chunks of axes, by the names of their files.
#[derive(Default)]
pub(super) struct Ahead {
    /// Those without an answer yet: dropped, they are not waited for.
    asked: FuturesUnordered<BoxFuture<'static, (PathBuf, Option<Bytes>)>>,
    unanswered: HashSet<PathBuf>,
    /// Those that were there.
    found: HashMap<PathBuf, Bytes>,
}

impl Ahead {
    /// Asks for the first chunks of what may be the axes of a store, if it is one by its name: at a
    /// URL there may as well be a NetCDF file.
    pub fn of(store: &Place) -> Self {
        let mut ahead = Self::default();
        let is_named = store.name().extension().is_some_and(|extension| extension == "zarr");
        // Where few requests may be under way, these would keep the others waiting.
        let has_room = store.requests_at_once() >= 2 * NAMES.len() * FIRST.len();
        if !(is_named && has_room) {
            return ahead;
        }
        for name in NAMES {
            for chunk in FIRST {
                let file = store.child(&format!("{name}/{chunk}"));
                ahead.unanswered.insert(file.name().to_owned());
                let read = async move {
                    let bytes = file.read().await.ok().flatten();
                    (file.name().to_owned(), bytes)
                };
                ahead.asked.push(read.boxed());
            }
        }
        ahead
    }

    /// Waits for something else.
    pub async fn during<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        while !self.asked.is_empty() {
            match select(other.as_mut(), self.asked.next()).await {
                Either::Left((done, _)) => return done,
                Either::Right((Some(answer), _)) => self.keep(answer),
                Either::Right((None, _)) => break,
            }
        }
        other.await
    }

    /// Waits for those of these files that were asked for, and for no others any more. What was not
    /// there, or could not be read, is not kept: whoever needs it asks again, and says what is wrong.
    pub async fn wait_for<'a>(&mut self, files: impl Iterator<Item = &'a PathBuf> + Clone) {
        while files.clone().any(|file| self.unanswered.contains(file))
            && let Some(answer) = self.asked.next().await
        {
            self.keep(answer);
        }
        self.asked.clear();
    }

    fn keep(&mut self, (name, bytes): (PathBuf, Option<Bytes>)) {
        self.unanswered.remove(&name);
        if let Some(bytes) = bytes {
            self.found.insert(name, bytes);
        }
    }

    /// The contents of a file, if it came.
    pub fn take(&mut self, file: &Path) -> Option<Bytes> {
        self.found.remove(file)
    }
}
