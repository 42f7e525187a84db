//! Faults that stay: an error that names the URL and says what to do, in time.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use drogue::forcing::ForcingError;
use tempfile::TempDir;

use crate::faults::Fault;
use crate::server::Server;
use crate::stores::{ALL, SHORT, refusal, spec, write_all};

/// Generous: the patience is one second, and what takes this long does not end.
const ENDED: Duration = Duration::from_secs(60);

/// All formats are refused where this fault stays, from the start or from the velocities on. The
/// error names the URL and holds these words.
fn refuse(fault: Fault, words: &str) {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    for from_the_start in [true, false] {
        let server = Server::folder(folder.path());
        server.fail(move |asked| match from_the_start || asked.path.contains("uo/") {
            true => fault,
            false => Fault::None,
        });
        thread::scope(|scope| {
            // A file is opened and read by requests of one kind.
            for name in ALL.iter().filter(|name| from_the_start || name.ends_with(".zarr")) {
                let server = &server;
                scope.spawn(move || {
                    let started = Instant::now();
                    let error = refusal(&spec(&server.url(name), 32, SHORT)).to_string();
                    assert!(started.elapsed() < ENDED, "{name}: {:?}", started.elapsed());
                    assert!(error.contains(&server.url(name)), "{name}: {error}");
                    assert!(error.contains(words), "{name} at {fault:?}: {error}");
                });
            }
        });
    }
}

#[test]
fn a_store_that_does_not_answer() {
    refuse(Fault::Hang, "run.patience");
}

#[test]
fn a_store_that_stops_within_an_answer() {
    refuse(Fault::Stall, "run.patience");
}

#[test]
fn resets_without_end() {
    refuse(Fault::Reset, "run.patience");
    refuse(Fault::ResetHalfway, "run.patience");
}

#[test]
fn answers_that_are_always_cut() {
    refuse(Fault::Short, "run.patience");
}

#[test]
fn refusals_without_end() {
    refuse(Fault::Status(503, None), "run.patience");
    refuse(Fault::Status(429, Some(3600)), "run.patience");
}

#[test]
fn access_denied_names_the_variables_to_set() {
    refuse(Fault::Status(401, None), "AWS_SECRET_ACCESS_KEY");
    refuse(Fault::Status(403, None), "AWS_SECRET_ACCESS_KEY");
}

#[test]
fn parts_that_are_always_too_small() {
    let folder = TempDir::new().unwrap();
    write_all(folder.path());
    for fault in [Fault::Lie, Fault::HalfTheRange] {
        for name in ["classic.nc", "hdf5.nc", "sharded.zarr"] {
            let server = Server::folder(folder.path());
            server.fail(move |asked| if asked.range.is_some() { fault } else { Fault::None });
            let error = refusal(&spec(&server.url(name), 32, SHORT)).to_string();
            assert!(error.contains(&server.url(name)), "{error}");
            assert!(error.contains("run.patience"), "{name} at {fault:?}: {error}");
        }
    }
}

#[test]
fn nobody_listens_there() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [format!("http://127.0.0.1:{port}/a.nc"), "http://nowhere.invalid/a.nc".to_owned()] {
        let error = refusal(&spec(&url, 32, SHORT));
        assert!(matches!(error, ForcingError::Request { .. }), "{error}");
        assert!(error.to_string().starts_with(&format!("cannot read {url}: ")), "{error}");
        assert!(error.to_string().contains("check the address"), "{error}");
    }
}

#[test]
fn nothing_is_there() {
    let folder = TempDir::new().unwrap();
    let server = Server::folder(folder.path());
    let error = refusal(&spec(&server.url("a.nc"), 32, SHORT));
    assert!(matches!(error, ForcingError::NotFound { .. }), "{error}");
    assert!(error.to_string().contains(&server.url("a.nc")), "{error}");
}
