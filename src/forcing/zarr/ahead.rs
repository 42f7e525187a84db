//! Coordinates, asked for together with the metadata.
//!
//! Metadata tell where coordinates are, and those which chunks a run needs: two answers to wait for,
//! one after the other, before the first snapshot can be asked for. Far away that is what opening a
//! store costs. But most stores call their coordinates by one of a few names, and put each in one
//! chunk: asked for on the chance that they are there, they come with the metadata.

use std::collections::HashMap;
use std::path::PathBuf;

use bytes::Bytes;
use futures::future::join_all;

use crate::forcing::place::Place;

/// What CF's own examples, Copernicus, NCEP and HYCOM call their axes.
const NAMES: [&str; 6] = ["time", "depth", "lat", "lon", "latitude", "longitude"];

/// What v2 and v3 call an axis' first chunk.
const FIRST: [&str; 2] = ["0", "c/0"];

/// First chunks of axes, by the names of their files.
pub(super) type Ahead = HashMap<PathBuf, Bytes>;

/// Asks for the first chunks of what may be the axes. What is not there, or cannot be read, is not
/// among them: whoever needs it asks again, and says what is wrong.
pub(super) async fn axes(store: &Place) -> Ahead {
    let files = NAMES.iter().flat_map(|name| FIRST.map(|chunk| format!("{name}/{chunk}")));
    let files: Vec<Place> = files.map(|file| store.child(&file)).collect();
    // Where few requests may be under way, these would keep the others waiting.
    if store.requests_at_once() < 2 * files.len() {
        return Ahead::new();
    }
    let read = files.iter().map(|file| async {
        let bytes = file.read().await.ok()??;
        Some((file.name().to_owned(), bytes))
    });
    join_all(read).await.into_iter().flatten().collect()
}
