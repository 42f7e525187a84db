//! Buckets of Google and containers of Microsoft, played by a web server of a folder: paths, byte
//! ranges, versions and who is said to ask are those of the real ones.
//!
//! The server believes every key and keeps no list. So neither signatures are tested here, nor how
//! a key becomes a token, nor stores without consolidated metadata.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::json;

use crate::program::{buckets, drogue, from_disk, run};
use crate::server::Server;

type Variables = Vec<(&'static str, String)>;

/// The program with these variables in its environment.
fn with(variables: Variables) -> Command {
    let mut command = drogue();
    command.envs(variables);
    command
}

/// Runs on this scheme give the same bits as from disk, and every request says that it comes from
/// somebody whose name starts so; from nobody without one.
fn same_as_from_disk(scheme: &str, who: Option<&str>, variables: fn(endpoint: &str) -> Variables) {
    let folder = buckets();
    let server = Server::folder(folder.path());
    let endpoint = server.url("");
    for data in ["v3.zarr", "sharded.zarr", "hdf5.nc"] {
        let url = format!("{scheme}://ocean/{data}");
        let command = with(variables(endpoint.trim_end_matches('/')));
        let found = run(command, folder.path(), "cloud", &url);
        assert_eq!(found, from_disk(folder.path(), data), "{url}");
        for asked in server.record() {
            match (asked.authorization.as_deref(), who) {
                (Some(said), Some(who)) => assert!(said.starts_with(who), "{said}"),
                (said, who) => assert_eq!(said, who, "{asked:?}"),
            }
        }
    }
}

#[test]
fn a_bucket_of_google_is_read_as_everybody_may() {
    same_as_from_disk("gs", None, |endpoint| vec![("GOOGLE_BASE_URL", endpoint.to_owned())]);
}

#[test]
fn a_bucket_of_google_is_read_with_a_service_account_or_a_token() {
    // A key that asks for no token, since there is nobody here to give one, sends none.
    same_as_from_disk("gs", None, |endpoint| {
        let key = json!({
            "gcs_base_url": endpoint, "disable_oauth": true, "client_email": "",
            "private_key": "", "private_key_id": "",
        });
        vec![("GOOGLE_SERVICE_ACCOUNT_KEY", key.to_string())]
    });
    same_as_from_disk("gs", Some("Bearer a-token"), |endpoint| {
        let token = "a-token".to_owned();
        vec![("GOOGLE_BASE_URL", endpoint.to_owned()), ("GOOGLE_BEARER_TOKEN", token)]
    });
}

/// A container of the account `drogue`.
fn azure(endpoint: &str) -> Variables {
    vec![
        ("AZURE_STORAGE_ENDPOINT", endpoint.to_owned()),
        ("AZURE_STORAGE_ACCOUNT_NAME", "drogue".to_owned()),
    ]
}

#[test]
fn a_container_of_microsoft_is_read_as_everybody_may() {
    same_as_from_disk("az", None, azure);
}

#[test]
fn a_container_of_microsoft_is_read_with_a_key_or_a_token() {
    same_as_from_disk("az", Some("SharedKey drogue:"), |endpoint| {
        let key = "bm8gc2VjcmV0".to_owned();
        [azure(endpoint), vec![("AZURE_STORAGE_ACCOUNT_KEY", key)]].concat()
    });
    same_as_from_disk("az", Some("Bearer a-token"), |endpoint| {
        [azure(endpoint), vec![("AZURE_STORAGE_TOKEN", "a-token".to_owned())]].concat()
    });
}

#[test]
fn a_container_without_an_account_says_what_to_set() {
    let mut command = drogue();
    let said = contains("AZURE_STORAGE_ACCOUNT_NAME").and(contains("az://ocean/v3.zarr"));
    command.args(["inspect", "az://ocean/v3.zarr"]).assert().failure().stdout(said);
}
