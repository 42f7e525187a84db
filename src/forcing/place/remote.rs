//! URLs: which store they mean, and how it is reached.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::aws::{AmazonS3Builder, resolve_bucket_region};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path as ObjectPath;
use object_store::{
    ClientOptions, GetOptions, ObjectMeta, ObjectStore, ObjectStoreScheme, RetryConfig,
};
use url::{Position, Url};

use super::Refusal;
use super::http::{Connector, NoList};
use crate::forcing::ForcingError;
use crate::forcing::requests::Requests;

/// A connection is made within this time or not at all.
const CONNECT: Duration = Duration::from_secs(10);

/// A server that sends nothing for so long has forgotten the request.
const SILENCE: Duration = Duration::from_secs(30);

/// Any store may take so long for an answer, whatever the patience.
const SHORTEST: Duration = Duration::from_millis(500);

/// How often a request is made whose answer breaks off or is not what was asked for. The library
/// itself tries again where there is no answer, or goes on where one broke off, up to ten times.
const TRIES: u32 = 5;

/// Waited before the second try; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// A request that no other object is answered to with that takes the place of this one.
pub(super) fn pinned(found: &ObjectMeta) -> GetOptions {
    // A weak tag stands for the meaning of a page: no condition on bytes may name it.
    match found.e_tag.as_ref().filter(|tag| !tag.starts_with("W/")) {
        Some(tag) => GetOptions::new().with_if_match(Some(tag)),
        // Where the server says nothing of it, the library puts the time at zero.
        None if found.last_modified.timestamp() > 0 => {
            GetOptions::new().with_if_unmodified_since(Some(found.last_modified))
        }
        None => GetOptions::new(),
    }
}

type Connected = (Arc<dyn ObjectStore>, ObjectPath);

/// The store that a URL means, and the path in it.
pub(super) async fn connect(url: &str, requests: &Requests) -> Result<Connected, ForcingError> {
    let refused = |reason: String| ForcingError::Url { url: url.to_owned(), reason };
    let parsed = Url::parse(url).map_err(|error| refused(error.to_string()))?;
    if parsed.query().is_some() {
        return Err(refused(
            "a part after `?` cannot be sent along; name the object itself".into(),
        ));
    }
    // Hosts of Amazon and Microsoft may carry the bucket as the first part of the path.
    let (scheme, path) = ObjectStoreScheme::parse(&parsed).map_err(|_| {
        refused(format!(
            "`{}` is no scheme that drogue reads; it reads http, https, s3, gs and az",
            parsed.scheme()
        ))
    })?;
    // No store has been asked yet: what is wrong is in the URL or in the environment.
    let failed = |error: object_store::Error| refused(format!("{error}; {SETTINGS}"));
    let store: Arc<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::Http => {
            let host = &parsed[..Position::BeforePath];
            let store = HttpBuilder::new()
                .with_http_connector(connector(requests))
                .with_client_options(options(requests))
                .with_retry(retries(requests))
                .with_url(host);
            Arc::new(store.build().map_err(failed)?)
        }
        ObjectStoreScheme::AmazonS3 => {
            let store = amazon(&parsed, requests).await;
            let store = store.map_err(|error| refused(explain(&error)))?;
            Arc::new(store.with_url(url).build().map_err(failed)?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let store = GoogleCloudStorageBuilder::from_env()
                .with_http_connector(connector(requests))
                .with_skip_signature(!any_set(&GOOGLE))
                .with_client_options(options(requests))
                .with_retry(retries(requests))
                .with_url(url);
            Arc::new(store.build().map_err(failed)?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let store = MicrosoftAzureBuilder::from_env()
                .with_http_connector(connector(requests))
                .with_skip_signature(!any_set(&AZURE))
                .with_client_options(options(requests))
                .with_retry(retries(requests))
                .with_url(url);
            Arc::new(store.build().map_err(failed)?)
        }
        _ => return Err(refused("name a file of this machine by its path alone".into())),
    };
    let at =
        ObjectPath::from_url_path(path.as_ref()).map_err(|error| refused(error.to_string()))?;
    Ok((store, at))
}

/// What to do about a store that cannot even be asked.
const SETTINGS: &str = "check the URL and what the environment says of the store \
    (az:// needs AZURE_STORAGE_ACCOUNT_NAME)";

/// Without these, a bucket is read as everybody may: otherwise the library would look for a
/// machine's own identity, which only machines of that cloud have.
const AMAZON: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
];
const GOOGLE: [&str; 7] = [
    "SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_BEARER_TOKEN",
    "GOOGLE_SKIP_SIGNATURE",
];
const AZURE: [&str; 15] = [
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_MASTER_KEY",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_TOKEN",
    "AZURE_STORAGE_CLIENT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_MSI_ENDPOINT",
    "AZURE_IDENTITY_ENDPOINT",
    "AZURE_USE_AZURE_CLI",
    "AZURE_STORAGE_USE_EMULATOR",
    "AZURE_CREDENTIAL_TYPE",
    "AZURE_SKIP_SIGNATURE",
];

fn any_set(names: &[&str]) -> bool {
    names.iter().any(|name| env::var_os(name).is_some())
}

/// A bucket with what the environment says of it. Where that does not say the region, Amazon is
/// asked: a request to another region is refused.
async fn amazon(url: &Url, requests: &Requests) -> Result<AmazonS3Builder, object_store::Error> {
    let mut builder = AmazonS3Builder::from_env()
        .with_http_connector(connector(requests))
        .with_client_options(options(requests))
        .with_retry(retries(requests))
        .with_allow_http(true);
    if !any_set(&AMAZON) {
        builder = builder.with_skip_signature(true);
    }
    let placed = ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT", "AWS_ENDPOINT_URL"];
    if url.scheme() == "s3" && !any_set(&placed) {
        let bucket = url.host_str().unwrap_or_default().to_owned();
        let options = options(requests);
        let ask = async move { Ok::<_, Refusal>(resolve_bucket_region(&bucket, &options).await?) };
        builder = match requests.make(ask, |_| 0).await {
            Ok(region) => builder.with_region(region),
            Err(Refusal::Store(error)) => return Err(error),
            Err(Refusal::Disk(error)) => {
                return Err(object_store::Error::Generic { store: "S3", source: error.into() });
            }
        };
    }
    Ok(builder)
}

fn options(requests: &Requests) -> ClientOptions {
    // Who has little patience waits for no silence that is longer.
    let patience = requests.access().patience.max(SHORTEST);
    ClientOptions::new()
        .with_allow_http(true)
        .with_connect_timeout(CONNECT.min(patience))
        .with_read_timeout(SILENCE.min(patience))
        // Large chunks on slow lines take their time; silence is what ends a request.
        .with_timeout_disabled()
}

fn connector(requests: &Requests) -> Connector {
    Connector { patience: requests.access().patience }
}

fn retries(requests: &Requests) -> RetryConfig {
    RetryConfig { retry_timeout: requests.access().patience, ..RetryConfig::default() }
}

/// An object or a part of it, all of it.
///
/// # Errors
/// Where the store refuses, or does not answer in full until the patience is over.
pub(super) async fn get(
    store: Arc<dyn ObjectStore>,
    at: ObjectPath,
    options: GetOptions,
    patience: Duration,
) -> Result<Bytes, Refusal> {
    let (started, mut wait) = (Instant::now(), FIRST_WAIT);
    for _ in 1..TRIES {
        match get_once(&store, &at, &options).await {
            // Of this kind are the failures that may pass; those of the store's own mind are not.
            Err(object_store::Error::Generic { .. }) if started.elapsed() + wait < patience => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            answer => return Ok(answer?),
        }
    }
    Ok(get_once(&store, &at, &options).await?)
}

async fn get_once(
    store: &Arc<dyn ObjectStore>,
    at: &ObjectPath,
    options: &GetOptions,
) -> Result<Bytes, object_store::Error> {
    let found = store.get_opts(at, options.clone()).await?;
    let told = found.range.end - found.range.start;
    let bytes = found.bytes().await?;
    if bytes.len() as u64 == told {
        return Ok(bytes);
    }
    // The library believes what the headers say.
    let reason = format!("{} bytes came where the server said {told}", bytes.len());
    Err(object_store::Error::Generic { store: "remote", source: reason.into() })
}

/// The names directly below a path, sorted.
pub(super) async fn list(
    store: Arc<dyn ObjectStore>,
    at: ObjectPath,
) -> Result<Vec<String>, Refusal> {
    let listed = store.list_with_delimiter(Some(&at)).await?;
    let objects = listed.objects.iter().map(|object| &object.location);
    let names = objects.chain(&listed.common_prefixes).filter_map(|path| path.filename());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    Ok(names)
}

/// Why a store refused, with the reasons behind it and what helps.
pub(super) fn explain(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    for reason in reasons(error).map(ToString::to_string) {
        if !text.contains(&reason) {
            let _ = write!(text, ": {reason}");
        }
    }
    let remedy = match error {
        _ if is_denied(error) => {
            "; set the store's credentials in the environment (AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_ACCOUNT_KEY); \
             or it is not there: a store that may not be listed refuses what it does not have"
        }
        object_store::Error::NotSupported { .. } => {
            "; its server gives whole files only: download the file"
        }
        object_store::Error::Generic { .. } if !lists_nothing(error) => {
            "; check the address and the connection, try again later, or set a longer \
             `run.patience`"
        }
        _ => "",
    };
    text.push_str(remedy);
    text
}

/// What lies behind an error, the nearest first.
fn reasons(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(error.source(), |&reason| reason.source())
}

/// Whether a store refused because of who asked, or because it does not tell strangers what it has.
pub(super) fn is_denied(error: &object_store::Error) -> bool {
    use object_store::Error as E;
    // Azure calls it a conflict where an account is closed to those without a key.
    matches!(
        error,
        E::Unauthenticated { .. } | E::PermissionDenied { .. } | E::AlreadyExists { .. }
    )
}

/// Whether a web server was asked for a list that it does not keep.
fn lists_nothing(error: &object_store::Error) -> bool {
    reasons(error).any(|reason| reason.is::<NoList>())
}
