//! Forcing from web servers and object stores: the same bits as from disk, no more requests than
//! the run needs, and what faults on the way come to.

mod access;
mod clouds;
mod failing;
mod faults;
mod folder;
mod following;
mod hidden;
mod program;
mod reading;
mod region;
#[expect(dead_code, reason = "shared with the tests of formats, which use more of it")]
#[path = "../forcing_conformance/sample.rs"]
mod sample;
mod server;
mod shards;
mod stores;
mod surviving;
#[path = "../forcing_conformance/write.rs"]
mod write;
