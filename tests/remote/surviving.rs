//! Faults that pass: the same bits in the end.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::faults::{Fault, PASSING};
use crate::server::Server;
use crate::stores::{ALL, read, same_bits, snapshots, spec, write_all};

/// Reads all formats while the first so many requests for each part of each file fail like this.
fn survive(fault: Fault, times: usize, serve: fn(&Path) -> Server) {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = serve(folder.path());
    server.fail(move |asked| if asked.before < times { fault } else { Fault::None });
    thread::scope(|scope| {
        for name in ALL {
            let (folder, server) = (folder.path(), &server);
            scope.spawn(move || {
                let expected = snapshots(&folder.join(name).display().to_string());
                let read = snapshots(&server.url(name));
                assert!(same_bits(&read, &expected), "{name} after {fault:?}");
            });
        }
    });
    assert!(server.record().iter().any(|asked| asked.before > 0) || times == usize::MAX);
}

#[test]
fn faults_of_a_web_server_that_pass_leave_the_same_bits() {
    thread::scope(|scope| {
        for (fault, times) in PASSING {
            scope.spawn(move || survive(fault, times, Server::folder));
        }
    });
}

#[test]
fn answers_that_break_off_are_carried_on_without_versions_too() {
    survive(Fault::ResetHalfway, 1, Server::without_versions);
    survive(Fault::Short, 1, Server::without_versions);
}

#[test]
fn only_time_ends_the_patience_and_no_number_of_failures() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let expected = snapshots(&folder.path().join("v3.zarr").display().to_string());
    thread::scope(|scope| {
        // By itself the library gives up after ten refusals.
        for (fault, times) in [(Fault::Status(503, None), 12), (Fault::Short, 6)] {
            let (folder, expected) = (&folder, &expected);
            scope.spawn(move || {
                let server = Server::without_versions(folder.path());
                server.fail(move |asked| match asked.path.as_str() {
                    "v3.zarr/uo/c/0/0/0" if asked.before < times => fault,
                    _ => Fault::None,
                });
                let url = server.url("v3.zarr");
                let read = read(&spec(&url, 32, Duration::from_secs(60))).unwrap();
                assert!(same_bits(&read, expected), "{fault:?}");
                let again = server.record().iter().filter(|asked| asked.before > 0).count();
                assert_eq!(again, times, "{fault:?}");
            });
        }
    });
}

#[test]
fn a_server_that_asks_for_time_is_given_it() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    let server = Server::folder(folder.path());
    let expected = snapshots(&server.url("v3.zarr"));
    for status in [429, 503] {
        server.record();
        server.fail(move |asked| match (asked.path.as_str(), asked.before) {
            // Far longer than the first wait of the library's own.
            ("v3.zarr/uo/c/0/0/0", 0) => Fault::Status(status, Some(2)),
            _ => Fault::None,
        });
        let started = Instant::now();
        assert!(same_bits(&snapshots(&server.url("v3.zarr")), &expected));
        assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
    }
}
