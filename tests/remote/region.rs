//! Where the environment says which bucket is meant, and where Amazon has to be asked.

use assert_cmd::Command;
use hyper::Method;
use predicates::str::contains;

use crate::program::{buckets, drogue, scenario};
use crate::server::{Asked, KEY, Server};

/// A program that can reach hosts of others by way of this proxy only.
fn behind(proxy: &Server) -> Command {
    let mut command = drogue();
    command.env("HTTPS_PROXY", proxy.url("")).env_remove("NO_PROXY").env_remove("no_proxy");
    command
}

#[test]
fn amazon_is_not_asked_for_the_region_of_a_bucket_elsewhere() {
    let folder = buckets();
    let (server, proxy) = (Server::s3(folder.path(), false), Server::folder(folder.path()));
    for name in ["AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
        let mut command = behind(&proxy);
        command.env(name, server.url("").trim_end_matches('/'));
        command.env("AWS_ACCESS_KEY_ID", KEY[0]).env("AWS_SECRET_ACCESS_KEY", KEY[1]);
        command.args(["inspect", "s3://ocean/v2.zarr"]).assert().success().stdout(contains("uo"));
        assert_eq!(proxy.record(), [], "{name}");
    }
}

#[test]
fn a_bucket_that_does_not_tell_its_region_is_asked_again() {
    let folder = buckets();
    let proxy = Server::folder(folder.path());
    let url = "s3://ocean/v2.zarr";
    let path = scenario(folder.path(), "far", url);
    let text = std::fs::read_to_string(&path).unwrap().replace("'20s'", "'2s'");
    std::fs::write(&path, text).unwrap();
    behind(&proxy).arg("plan").arg(&path).assert().failure().stderr(contains(url));
    let asked = proxy.record();
    let of_bucket = |asked: &Asked| {
        asked.method == Method::CONNECT && asked.path.starts_with("ocean.s3.amazonaws.com")
    };
    assert!(asked.len() > 2 && asked.iter().all(of_bucket), "{asked:?}");
}

#[test]
fn credentials_that_are_set_to_nothing_are_none() {
    let folder = buckets();
    let server = Server::s3(folder.path(), true);
    let mut command = drogue();
    command.env("AWS_ENDPOINT", server.url("").trim_end_matches('/'));
    command.env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
    command.args(["inspect", "s3://ocean/v2.zarr"]).assert().success();
    assert!(server.record().iter().all(|asked| asked.authorization.is_none()));
}
