//! A server on this machine that records what it is asked for and fails on demand.

use std::future::Future;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, RANGE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use object_store::path::Path as ObjectPath;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::faults::{Answer, Fault, spoil};
use crate::folder::{self, Versions};

/// A request, as the server saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub method: Method,
    /// Without the leading slash. Of a proxy: the host that it is to lead to.
    pub path: String,
    /// The bytes asked for, where a part of the file was.
    pub range: Option<Range<u64>>,
    /// What it said to be let in.
    pub authorization: Option<String>,
    /// How often the same was asked for before.
    pub before: usize,
}

type Faults = Box<dyn Fn(&Asked) -> Fault + Send + Sync>;

enum Kind {
    Folder { root: PathBuf, versions: Versions },
    S3(S3Service),
}

struct State {
    kind: Kind,
    faults: Mutex<Faults>,
    record: Mutex<Vec<Asked>>,
    /// Requests under way now, and the most that ever were.
    under_way: watch::Sender<(usize, usize)>,
}

/// Ends with its last handle.
pub struct Server {
    state: Arc<State>,
    port: u16,
    _runtime: Runtime,
}

/// The key that the S3 server accepts, and its secret.
pub const KEY: [&str; 2] = ["TESTKEY", "testsecret"];

impl Server {
    /// A plain web server of a folder.
    pub fn folder(root: &Path) -> Self {
        Self::versioned(root, Versions::Tags)
    }

    /// The same, which does not tell versions apart.
    pub fn without_versions(root: &Path) -> Self {
        Self::versioned(root, Versions::None)
    }

    /// The same, which tells versions apart like this.
    pub fn versioned(root: &Path, versions: Versions) -> Self {
        Self::new(Kind::Folder { root: root.to_owned(), versions })
    }

    /// An S3 server whose buckets are the folders in `root`. With `KEY`, or open to everybody.
    pub fn s3(root: &Path, open: bool) -> Self {
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
        if !open {
            builder.set_auth(SimpleAuth::from_single(KEY[0], KEY[1]));
        }
        Self::new(Kind::S3(builder.build()))
    }

    fn new(kind: Kind) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            kind,
            faults: Mutex::new(Box::new(|_| Fault::None)),
            record: Mutex::default(),
            under_way: watch::Sender::new((0, 0)),
        });
        let shared = Arc::clone(&state);
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        Self { state, port, _runtime: runtime }
    }

    /// `http://127.0.0.1:PORT/path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// What is done to requests from now on.
    pub fn fail(&self, faults: impl Fn(&Asked) -> Fault + Send + Sync + 'static) {
        *self.state.faults.lock().unwrap() = Box::new(faults);
    }

    /// What was asked for since this was called last.
    pub fn record(&self) -> Vec<Asked> {
        self.state.under_way.send_modify(|(now, most)| *most = *now);
        std::mem::take(&mut *self.state.record.lock().unwrap())
    }

    /// The most requests that were under way at once since the record was taken last.
    pub fn most_at_once(&self) -> usize {
        self.state.under_way.borrow().1
    }
}

async fn serve(socket: TcpStream, state: Arc<State>) -> io::Result<()> {
    // A second handle of the socket, for faults below HTTP.
    let socket = socket.into_std()?;
    let below = Arc::new(TcpStream::from_std(socket.try_clone()?)?);
    let service =
        service_fn(move |request| answer(request, Arc::clone(&state), Arc::clone(&below)));
    let io = TokioIo::new(TcpStream::from_std(socket)?);
    // A connection that ends early is what the faults are for.
    _ = http1::Builder::new().serve_connection(io, service).await;
    Ok(())
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<State>,
    socket: Arc<TcpStream>,
) -> io::Result<Answer> {
    let asked = state.note(&request);
    let fault = state.faults.lock().unwrap()(&asked);
    let _under_way = UnderWay::begin(&state.under_way);
    match fault {
        Fault::Late(latency) => sleep(latency).await,
        Fault::Gather(many) => gather(&state.under_way, many).await,
        _ => {}
    }
    let answer = state.answer(request, &asked).await;
    spoil(answer, fault, &socket).await
}

/// Waits until so many requests have been under way at once, and then for more than those.
async fn gather(under_way: &watch::Sender<(usize, usize)>, many: usize) {
    const TOO_LONG: Duration = Duration::from_secs(20);
    const FOR_MORE: Duration = Duration::from_millis(30);
    let mut watched = under_way.subscribe();
    _ = timeout(TOO_LONG, watched.wait_for(|&(_, most)| most >= many)).await;
    sleep(FOR_MORE).await;
}

/// Counts a request as under way until it is dropped. That is before the first byte of its answer
/// leaves, so that who waits for the whole answer cannot be counted twice.
struct UnderWay<'a>(&'a watch::Sender<(usize, usize)>);

impl<'a> UnderWay<'a> {
    fn begin(count: &'a watch::Sender<(usize, usize)>) -> Self {
        count.send_modify(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|(now, _)| *now -= 1);
    }
}

impl State {
    fn note(&self, request: &Request<Incoming>) -> Asked {
        let range = request.headers().get(RANGE).and_then(|range| {
            let (start, last) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
            Some(start.parse().ok()?..last.parse::<u64>().ok()? + 1)
        });
        let (method, uri) = (request.method().clone(), request.uri());
        // Google's library spells even the slashes of a path out.
        let path = match (&method, uri.authority()) {
            (&Method::CONNECT, Some(host)) => host.to_string(),
            _ => ObjectPath::from_url_path(uri.path()).expect("a path").to_string(),
        };
        let authorization = request.headers().get(AUTHORIZATION);
        let authorization = authorization.map(|said| said.to_str().expect("text").to_owned());
        let mut record = self.record.lock().unwrap();
        let same =
            |other: &&Asked| (&other.method, &other.path, &other.range) == (&method, &path, &range);
        let before = record.iter().filter(same).count();
        let asked = Asked { method, path, range, authorization, before };
        record.push(asked.clone());
        asked
    }

    async fn answer(&self, request: Request<Incoming>, asked: &Asked) -> Response<Bytes> {
        match &self.kind {
            Kind::Folder { root, versions } => {
                folder::answer(root, *versions, &asked.method, &asked.path, request.headers())
            }
            Kind::S3(service) => collected(hyper::service::Service::call(service, request)).await,
        }
    }
}

async fn collected<B, E, F>(answer: impl Future<Output = Result<Response<B>, F>>) -> Response<Bytes>
where
    B: hyper::body::Body<Data = Bytes, Error = E>,
    E: std::fmt::Debug,
    F: std::fmt::Debug,
{
    let (parts, body) = answer.await.expect("the store answers").into_parts();
    let body = body.collect().await.expect("the files can be read");
    Response::from_parts(parts, body.to_bytes())
}
