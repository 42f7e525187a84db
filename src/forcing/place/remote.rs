//! What is asked of an object store, and what its refusals mean.

use std::error::Error;
use std::fmt::Write;
use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt};

use super::Refusal;
use super::http::NoList;

/// Waited before the second try; twice as long before each further one.
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Never waited longer than this.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(5);

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
    let ask = || get_once(Arc::clone(&store), at.clone(), options.clone());
    Ok(persist(patience, ask).await?)
}

/// What is known of an object.
pub(super) async fn head(
    store: Arc<dyn ObjectStore>,
    at: ObjectPath,
    patience: Duration,
) -> Result<ObjectMeta, Refusal> {
    let ask = || {
        let (store, at) = (Arc::clone(&store), at.clone());
        async move { store.head(&at).await }
    };
    Ok(persist(patience, ask).await?)
}

/// Asks again where an answer may come the next time, until the patience is over. The library does so
/// where there is no answer, and goes on where one broke off; this is for what it takes for answers.
pub(super) async fn persist<T, F>(
    patience: Duration,
    ask: impl Fn() -> F,
) -> Result<T, object_store::Error>
where
    F: Future<Output = Result<T, object_store::Error>>,
{
    let (started, mut wait) = (Instant::now(), FIRST_WAIT);
    loop {
        match ask().await {
            Err(error) if may_pass(&error) && started.elapsed() + wait < patience => {
                tokio::time::sleep(wait).await;
                wait = (2 * wait).min(LONGEST_WAIT);
            }
            answer => return answer,
        }
    }
}

/// Whether a request may be answered the next time.
fn may_pass(error: &object_store::Error) -> bool {
    // Of this kind are the failures that pass; those of the store's own mind are not.
    matches!(error, object_store::Error::Generic { .. }) && !lists_nothing(error)
}

async fn get_once(
    store: Arc<dyn ObjectStore>,
    at: ObjectPath,
    options: GetOptions,
) -> Result<Bytes, object_store::Error> {
    let found = store.get_opts(&at, options).await?;
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
    patience: Duration,
) -> Result<Vec<String>, Refusal> {
    let listed = persist(patience, || store.list_with_delimiter(Some(&at))).await?;
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
        _ if may_pass(error) => {
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
