//! What the library of object stores does not make of a server's answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};

/// Connections on which a server is heard that asks to be left alone for a while, and one that
/// lists nothing; and on which people hear of the first failure that the library gets over.
#[derive(Debug)]
pub(super) struct Connector {
    /// Who asks for more time than this is asked again before, since nobody would wait so long.
    pub(super) patience: Duration,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        let patient = AtomicBool::new(false);
        Ok(HttpClient::new(Service { client, patience: self.patience, patient }))
    }
}

#[derive(Debug)]
struct Service {
    client: HttpClient,
    patience: Duration,
    /// Whether people know that requests are made again.
    patient: AtomicBool,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let lists = request.method().as_str() == "PROPFIND";
        let server = request.uri().authority().map(ToString::to_string);
        let answer = match self.client.execute(request).await {
            Ok(answer) => answer,
            Err(error) => {
                self.tell(server, &error.to_string());
                return Err(error);
            }
        };
        let status = answer.status();
        if matches!(status.as_u16(), 408 | 429 | 500..) && !lists {
            self.tell(server, &format!("it answers {status}"));
        }
        match status.as_u16() {
            // The library takes 501 for a failure that may pass.
            405 | 501 if lists => Err(HttpError::new(HttpErrorKind::Unknown, NoList)),
            // It makes the next request after a time of its own, which comes on top of this.
            429 | 503 => {
                // There must be time left to ask again.
                let wait = retry_after(&answer).filter(|&wait| wait < self.patience / 2);
                tokio::time::sleep(wait.unwrap_or_default()).await;
                Ok(answer)
            }
            _ => Ok(answer),
        }
    }
}

impl Service {
    fn tell(&self, server: Option<String>, reason: &str) {
        if !self.patient.swap(true, Ordering::Relaxed) {
            let (server, patience) = (server.unwrap_or_default(), self.patience);
            tracing::warn!(
                "a request to {server} failed ({reason}); such are made again for {patience:?} \
                 (`run.patience`)"
            );
        }
    }
}

/// How long the server wants to be left alone, where it says so in seconds.
fn retry_after(answer: &HttpResponse) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

/// A web server that is none of WebDAV's.
#[derive(Debug, thiserror::Error)]
#[error("the server does not list its files; name each of them")]
pub(super) struct NoList;
