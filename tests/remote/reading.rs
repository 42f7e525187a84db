//! Every format comes over the network as from disk, bit for bit.

use std::fs;

use drogue::forcing::{Dataset, ForcingError, MissingChunks};
use drogue::grid::MISSING;
use netcdf_writer::NcWriteFormat;
use tempfile::TempDir;

use crate::faults::Fault;
use crate::folder::Versions;
use crate::sample::Sample;
use crate::server::Server;
use crate::stores::{ALL, PATIENCE, read, refusal, same_bits, snapshots, spec, write_all};
use crate::write;

#[test]
fn every_format_gives_the_same_bits_as_from_disk() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    for name in ALL {
        let expected = snapshots(&folder.path().join(name).display().to_string());
        assert_eq!(expected.len(), 4);
        assert!(same_bits(&snapshots(&server.url(name)), &expected), "{name}");
    }
}

#[test]
fn one_bit_that_the_server_turns_is_seen() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    let expected = snapshots(&folder.path().join("plain.zarr").display().to_string());
    server.fail(|asked| match asked.path.as_str() {
        "plain.zarr/vo/c/0/0/0" => Fault::Flip,
        _ => Fault::None,
    });
    assert!(!same_bits(&snapshots(&server.url("plain.zarr")), &expected));
    // What is compressed does not decode.
    server.fail(|asked| match asked.path.as_str() {
        "v2.zarr/vo/0.0.0" => Fault::Flip,
        _ => Fault::None,
    });
    let error = refusal(&spec(&server.url("v2.zarr"), 32, PATIENCE));
    assert!(matches!(error, ForcingError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("v2.zarr/vo/0.0.0"), "{error}");
}

/// How often a list was asked for.
fn listings(server: &Server) -> usize {
    server.record().iter().filter(|asked| asked.method == "PROPFIND").count()
}

#[test]
fn a_server_that_lists_nothing_needs_consolidated_metadata() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    fs::remove_file(folder.path().join("v2.zarr/.zmetadata")).unwrap();
    let root = r#"{"zarr_format": 3, "node_type": "group"}"#;
    fs::write(folder.path().join("v3.zarr/zarr.json"), root).unwrap();
    let server = Server::folder(folder.path());
    // Servers refuse to list in different words.
    for listing in [Fault::None, Fault::Status(404, None), Fault::Status(501, None)] {
        server.fail(move |asked| match asked.method.as_str() {
            "PROPFIND" => listing,
            _ => Fault::None,
        });
        for name in ["v2.zarr", "v3.zarr"] {
            let error = refusal(&spec(&server.url(name), 32, PATIENCE)).to_string();
            assert!(error.contains("zarr.consolidate_metadata"), "{listing:?}: {error}");
            assert!(error.contains(&server.url(name)), "{error}");
            assert_eq!(listings(&server), 1, "{listing:?}: asking again does not help");
        }
        let error = refusal(&spec(&server.url("*.nc"), 32, PATIENCE)).to_string();
        assert!(error.contains("name each of them"), "{listing:?}: {error}");
        assert!(!error.contains("run.patience"), "{listing:?}: {error}");
        assert_eq!(listings(&server), 1, "{listing:?}: asking again does not help");
    }
}

#[test]
fn a_chunk_that_is_not_there_is_missing_unless_it_is_to_be_filled() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    for (name, chunk) in
        [("v2.zarr", "uo/1.0.1"), ("v3.zarr", "uo/c/1/0/1"), ("sharded.zarr", "uo/c/0/0/0")]
    {
        let path = folder.path().join(name);
        fs::remove_file(path.join(chunk)).unwrap();
        let mut spec = spec(&server.url(name), 32, PATIENCE);
        let error = refusal(&spec);
        assert!(matches!(error, ForcingError::MissingChunk { .. }), "{error}");
        assert!(error.to_string().contains(&server.url(&format!("{name}/{chunk}"))), "{error}");
        spec.missing_chunks = MissingChunks::Fill;
        let filled = read(&spec).unwrap();
        let mut from_disk = spec.clone();
        from_disk.data = vec![path.display().to_string()];
        assert!(same_bits(&filled, &read(&from_disk).unwrap()), "{name}");
        // The fill value of the v2 store says that there is no value.
        assert_eq!(filled[2].u[4] == MISSING, name == "v2.zarr");
    }
}

#[test]
fn a_file_that_is_replaced_meanwhile_is_not_mixed_with_the_new_one() {
    let kinds = [Versions::Tags, Versions::WeakTags, Versions::Times];
    let cases = kinds.iter().flat_map(|kind| ["classic.nc", "hdf5.nc"].map(|name| (kind, name)));
    for (&kind, name) in cases {
        let folder = TempDir::new().unwrap();
        write_all(folder.path());
        let server = Server::versioned(folder.path(), kind);
        let dataset = Dataset::open(&spec(&server.url(name), 32, PATIENCE)).unwrap();
        dataset.read(0).unwrap();
        let format = if name == "hdf5.nc" { NcWriteFormat::Nc4 } else { NcWriteFormat::Classic };
        let other = Sample::at(&[0.0, 6.0, 12.0, 19.0]);
        write::netcdf(&folder.path().join(name), &other, format);
        let error = dataset.read(3).unwrap_err();
        assert!(matches!(error, ForcingError::Changed { .. }), "{kind:?}, {name}: {error}");
        assert!(error.to_string().contains(&server.url(name)), "{error}");
        fs::remove_file(folder.path().join(name)).unwrap();
        let error = dataset.read(3).unwrap_err();
        assert!(matches!(error, ForcingError::Changed { .. }), "{kind:?}, {name}: {error}");
    }
}
