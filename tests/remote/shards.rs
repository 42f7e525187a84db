//! The indices of shards: asked for once, and believed only of the very file that they were read
//! from.

use std::fs;
use std::path::Path;

use drogue::forcing::{Dataset, ForcingError};
use serde_json::json;
use tempfile::TempDir;

use crate::faults::Fault;
use crate::sample::{FILL_U, Sample, Values};
use crate::server::{Asked, Server};
use crate::stores::{PATIENCE, SHORT, read, refusal, same_bits, snapshots, spec, write_all};
use crate::write;

const STORE: &str = "sharded.zarr";
const SHARD: &str = "sharded.zarr/uo/c/0/0/0";

fn served() -> (TempDir, Server) {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    (folder, server)
}

/// Whether this asks for the index of the shard.
fn is_index(asked: &Asked, length: u64) -> bool {
    asked.path == SHARD && asked.range.as_ref().is_some_and(|range| range.end == length)
}

/// Shards of other values than the sample's.
fn replace(store: &Path) {
    let zstd = json!([{"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "zstd", "configuration": {"level": 1, "checksum": false}}]);
    let mut other = Sample::new();
    for made in &mut other.0 {
        if let Values::I16(values) = &mut made.values {
            values.iter_mut().filter(|value| **value != FILL_U).for_each(|value| *value += 1);
        }
    }
    fs::remove_dir_all(store).unwrap();
    write::zarr_v3(store, &other, &zstd, Some("end"));
}

#[test]
fn the_index_of_a_shard_is_asked_for_once() {
    let (folder, server) = served();
    let length = fs::metadata(folder.path().join(SHARD)).unwrap().len();
    let dataset = Dataset::open(&spec(&server.url(STORE), 32, PATIENCE)).unwrap();
    server.record();
    // Four of its tiles at the same time, and then four others.
    dataset.read(0).unwrap();
    dataset.read(2).unwrap();
    let record = server.record();
    let of_shard = |wanted: &dyn Fn(&Asked) -> bool| {
        record.iter().filter(|asked| asked.path == SHARD && wanted(asked)).count()
    };
    assert_eq!(of_shard(&|asked| is_index(asked, length)), 1, "{record:?}");
    assert_eq!(of_shard(&|asked| asked.method == "HEAD"), 1, "{record:?}");
    assert_eq!(of_shard(&|asked| asked.range.is_none()), 1, "{record:?}");
}

#[test]
fn a_shard_that_is_replaced_after_its_index_was_read_is_not_mixed_with_the_new_one() {
    let (folder, server) = served();
    let store = folder.path().join(STORE);
    for data in [server.url(STORE), store.display().to_string()] {
        let dataset = Dataset::open(&spec(&data, 32, PATIENCE)).unwrap();
        dataset.read(0).unwrap();
        replace(&store);
        let error = dataset.read(2).unwrap_err();
        assert!(matches!(error, ForcingError::Changed { .. }), "{error}");
        assert!(error.to_string().contains(&data), "{error}");
        fs::remove_file(folder.path().join(SHARD)).unwrap();
        fs::remove_file(folder.path().join(SHARD.replace("uo", "vo"))).unwrap();
        let error = dataset.read(2).unwrap_err();
        assert!(matches!(error, ForcingError::Changed { .. }), "{error}");
        replace(&store);
    }
}

#[test]
fn an_index_that_does_not_come_is_an_error_of_its_request() {
    let (folder, server) = served();
    let length = fs::metadata(folder.path().join(SHARD)).unwrap().len();
    let whole = snapshots(&server.url(STORE));
    for head in [true, false] {
        let fails = move |asked: &Asked| match head {
            true => asked.path == SHARD && asked.method == "HEAD",
            false => is_index(asked, length),
        };
        let unavailable = Fault::Status(503, None);
        server.fail(move |asked| if fails(asked) { unavailable } else { Fault::None });
        let error = refusal(&spec(&server.url(STORE), 32, SHORT));
        assert!(matches!(error, ForcingError::Request { .. }), "{error}");
        assert!(error.to_string().contains(&server.url(SHARD)), "{error}");
        assert!(error.to_string().contains("run.patience"), "{error}");

        server.record();
        server.fail(move |asked| match fails(asked) && asked.before < 2 {
            true => unavailable,
            false => Fault::None,
        });
        let found = read(&spec(&server.url(STORE), 32, PATIENCE)).unwrap();
        assert!(same_bits(&found, &whole));
        assert!(server.record().iter().any(|asked| fails(asked) && asked.before == 2));
    }
}

#[test]
fn an_index_that_makes_no_sense_is_damage() {
    let (folder, server) = served();
    let shard = folder.path().join(SHARD);
    let whole = fs::read(&shard).unwrap();
    let mut flipped = whole.clone();
    // Before the checksum of four bytes.
    let index = whole.len() - 10;
    flipped[index] ^= 1;
    for (damaged, words) in [(&flipped[..], "checksum"), (&whole[..20], "fewer than")] {
        fs::write(&shard, damaged).unwrap();
        for data in [server.url(STORE), folder.path().join(STORE).display().to_string()] {
            let error = refusal(&spec(&data, 32, PATIENCE));
            assert!(matches!(error, ForcingError::Damaged { .. }), "{error}");
            let error = error.to_string();
            assert!(error.contains("uo/c/0/0/0") && error.contains("`uo` chunk"), "{error}");
            assert!(error.contains(words), "{error}");
        }
    }
}
