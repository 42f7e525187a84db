//! Stores that may not be listed, and refuse what they do not have as if it were there.

use std::fs;

use drogue::forcing::{DatasetSpec, ForcingError, MissingChunks};
use tempfile::TempDir;

use crate::faults::Fault;
use crate::server::Server;
use crate::stores::{ALL, PATIENCE, consolidate, refusal, same_bits, snapshots, spec, write_all};

/// A web server of the samples that tells nobody what it does not have.
fn hidden() -> (TempDir, Server) {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    server.fail(|_| Fault::Hidden);
    (folder, server)
}

#[test]
fn what_is_there_is_read() {
    let (folder, server) = hidden();
    // Attributes may be left out, too.
    let store = folder.path().join("v2.zarr");
    fs::remove_file(store.join("counter/.zattrs")).unwrap();
    consolidate(&store);
    for name in ALL {
        let expected = snapshots(&folder.path().join(name).display().to_string());
        assert!(same_bits(&snapshots(&server.url(name)), &expected), "{name}");
    }
}

#[test]
fn a_chunk_that_is_refused_is_an_error_that_says_what_it_may_mean() {
    let (folder, server) = hidden();
    for (name, chunk) in [("v2.zarr", "uo/1.0.1"), ("sharded.zarr", "uo/c/0/0/0")] {
        fs::remove_file(folder.path().join(name).join(chunk)).unwrap();
        for missing_chunks in [MissingChunks::Refuse, MissingChunks::Fill] {
            let spec = spec(&server.url(name), 32, PATIENCE);
            let error = refusal(&DatasetSpec { missing_chunks, ..spec });
            assert!(matches!(error, ForcingError::Denied { .. }), "{error}");
            let error = error.to_string();
            assert!(error.contains(&server.url(&format!("{name}/{chunk}"))), "{error}");
            assert!(error.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
            assert!(error.contains("or it is not there"), "{error}");
        }
    }
}

#[test]
fn a_store_of_which_all_is_refused_is_denied() {
    let (_folder, server) = hidden();
    let nowhere = refusal(&spec(&server.url("nowhere.zarr"), 32, PATIENCE));
    server.fail(|_| Fault::Status(403, None));
    let closed = ALL.map(|name| refusal(&spec(&server.url(name), 32, PATIENCE)));
    for error in closed.into_iter().chain([nowhere]) {
        assert!(matches!(error, ForcingError::Denied { .. }), "{error}");
        assert!(error.to_string().contains("AWS_SECRET_ACCESS_KEY"), "{error}");
    }
}

#[test]
fn what_is_no_data_is_named_where_only_its_marks_are_refused() {
    let (folder, server) = hidden();
    fs::write(folder.path().join("notes.txt"), "text").unwrap();
    let error = refusal(&spec(&server.url("notes.txt"), 32, PATIENCE));
    assert!(matches!(error, ForcingError::UnknownFormat { .. }), "{error}");
}
