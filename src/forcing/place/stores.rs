//! URLs: which store they mean, and how it is reached.

use std::collections::HashMap;
use std::env;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, resolve_bucket_region};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path as ObjectPath;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::{Position, Url};

use super::Refusal;
use super::http::Connector;
use super::remote::{FIRST_WAIT, LONGEST_WAIT, explain, persist};
use crate::forcing::ForcingError;
use crate::forcing::requests::Requests;

/// A connection is made within this time or not at all.
const CONNECT: Duration = Duration::from_secs(10);

/// A server that sends nothing for so long has forgotten the request.
const SILENCE: Duration = Duration::from_secs(30);

/// Any store may take so long for an answer, whatever the patience.
const SHORTEST: Duration = Duration::from_millis(500);

/// The stores that the URLs of a dataset lie in: one connection, and one question about its region,
/// for all URLs of a bucket.
pub(in crate::forcing) struct Stores {
    requests: Arc<Requests>,
    known: HashMap<String, Arc<dyn ObjectStore>>,
}

impl Stores {
    pub(in crate::forcing) fn new(requests: &Arc<Requests>) -> Self {
        Self { requests: Arc::clone(requests), known: HashMap::new() }
    }

    pub(super) fn requests(&self) -> &Arc<Requests> {
        &self.requests
    }

    /// The store that a URL means, and the path in it.
    pub(super) async fn connect(
        &mut self,
        url: &str,
    ) -> Result<(Arc<dyn ObjectStore>, ObjectPath), ForcingError> {
        let (parsed, scheme, at) = parse(url)?;
        let root = root(&parsed, &at);
        let store = match self.known.get(&root) {
            Some(store) => Arc::clone(store),
            None => connect(&parsed, scheme, &self.requests).await?,
        };
        self.known.insert(root, Arc::clone(&store));
        Ok((store, at))
    }
}

fn refused(url: &str, reason: String) -> ForcingError {
    ForcingError::Url { url: url.to_owned(), reason }
}

fn parse(url: &str) -> Result<(Url, ObjectStoreScheme, ObjectPath), ForcingError> {
    let refused = |reason| refused(url, reason);
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
    let at =
        ObjectPath::from_url_path(path.as_ref()).map_err(|error| refused(error.to_string()))?;
    Ok((parsed, scheme, at))
}

/// What a URL has before the path in its store.
fn root(url: &Url, at: &ObjectPath) -> String {
    let segments = url.path_segments().into_iter().flatten();
    let segments: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
    let bucket = segments.len().saturating_sub(at.parts().count());
    format!("{}/{}", &url[..Position::BeforePath], segments[..bucket].join("/"))
}

async fn connect(
    url: &Url,
    scheme: ObjectStoreScheme,
    requests: &Requests,
) -> Result<Arc<dyn ObjectStore>, ForcingError> {
    let refused = |reason| refused(url.as_str(), reason);
    // No store has been asked yet: what is wrong is in the URL or in the environment.
    let failed = |error: object_store::Error| refused(format!("{error}; {SETTINGS}"));
    Ok(match scheme {
        ObjectStoreScheme::Http => {
            let host = &url[..Position::BeforePath];
            let store = HttpBuilder::new()
                .with_http_connector(connector(requests))
                .with_client_options(options(requests))
                .with_retry(retries(requests))
                .with_url(host);
            Arc::new(store.build().map_err(failed)?)
        }
        ObjectStoreScheme::AmazonS3 => {
            let store = amazon(url, requests).await;
            let store = store.map_err(|error| refused(explain(&error)))?;
            Arc::new(store.with_url(url.as_str()).build().map_err(failed)?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let store = GoogleCloudStorageBuilder::from_env()
                .with_http_connector(connector(requests))
                .with_skip_signature(!any_set(&GOOGLE))
                .with_client_options(options(requests))
                .with_retry(retries(requests))
                .with_url(url.as_str());
            Arc::new(store.build().map_err(failed)?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let store = MicrosoftAzureBuilder::from_env()
                .with_http_connector(connector(requests))
                .with_skip_signature(!any_set(&AZURE))
                .with_client_options(options(requests))
                .with_retry(retries(requests))
                .with_url(url.as_str());
            Arc::new(store.build().map_err(failed)?)
        }
        _ => return Err(refused("name a file of this machine by its path alone".into())),
    })
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
/// Where the buckets of Amazon's kind are.
const PLACED: [&str; 5] =
    ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"];
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
    // A script that lacks a secret often sets it to nothing.
    names.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
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
    if url.scheme() == "s3" && !any_set(&PLACED) {
        let bucket = url.host_str().unwrap_or_default().to_owned();
        let (options, patience) = (options(requests), requests.access().patience);
        let resolve = move || {
            let (bucket, options) = (bucket.clone(), options.clone());
            async move { resolve_bucket_region(&bucket, &options).await }
        };
        let ask = async move { Ok::<_, Refusal>(persist(patience, resolve).await?) };
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
    let patience = requests.access().patience;
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: FIRST_WAIT,
            // The last wait begins before the patience is over, and may last beyond it.
            max_backoff: LONGEST_WAIT.min(patience / 4),
            ..BackoffConfig::default()
        },
        // As many as there is time for: that alone ends it.
        max_retries: patience.div_duration_f64(FIRST_WAIT) as usize + 1,
        retry_timeout: patience,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forcing::requests::Access;

    #[test]
    fn urls_of_a_bucket_share_one_connection() {
        let mut stores = Stores::new(&Arc::new(Requests::new(Access::default())));
        let mut connect = |url: &str| pollster::block_on(stores.connect(url)).unwrap();
        let hosts = ["https://s3.eu-north-1.amazonaws.com/ocean", "http://localhost:1", "gs://sea"];
        for host in hosts {
            let (a, at) = connect(&format!("{host}/days/a.nc"));
            assert_eq!(at.as_ref(), "days/a.nc", "{host}");
            let (b, _) = connect(&format!("{host}/b%20c.zarr/"));
            assert!(Arc::ptr_eq(&a, &b), "{host}");
        }
        let others =
            ["https://s3.eu-north-1.amazonaws.com/sea", "http://localhost:2", "gs://ocean"];
        for (host, other) in hosts.into_iter().zip(others) {
            let [(a, _), (b, _)] = [host, other].map(|host| connect(&format!("{host}/a.nc")));
            assert!(!Arc::ptr_eq(&a, &b), "{host} {other}");
        }
    }
}
