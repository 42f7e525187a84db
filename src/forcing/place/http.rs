//! What the library of object stores does not make of a server's answers.

use std::time::Duration;

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};

/// Connections on which a server is heard that asks to be left alone for a while, and one that
/// lists nothing.
#[derive(Debug)]
pub(super) struct Connector {
    /// Who asks for more time than this is asked again before, since nobody would wait so long.
    pub(super) patience: Duration,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Service { client, patience: self.patience }))
    }
}

#[derive(Debug)]
struct Service {
    client: HttpClient,
    patience: Duration,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let lists = request.method().as_str() == "PROPFIND";
        let answer = self.client.execute(request).await?;
        match answer.status().as_u16() {
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

/// How long the server wants to be left alone, where it says so in seconds.
fn retry_after(answer: &HttpResponse) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

/// A web server that is none of WebDAV's.
#[derive(Debug, thiserror::Error)]
#[error("the server does not list its files; name each of them")]
pub(super) struct NoList;
