//! Requests for bytes: who waits for them, how many at once, and how long they take.

use std::io;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

/// How long a thread that reads from a disk is kept for the next read: each holds on to memory of its own.
const IDLE: Duration = Duration::from_secs(1);

/// How bytes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Requests that may be under way at once; 0 counts as 1.
    pub at_once: usize,
    /// Waited before each request: an experiment that moves a store further away.
    pub latency: Duration,
    /// How long a request to an object store is tried again before it fails.
    pub patience: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Self { at_once: 32, latency: Duration::ZERO, patience: Duration::from_secs(60) }
    }
}

/// What has been asked for so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Requests that were answered.
    pub requests: u64,
    /// Bytes that came.
    pub bytes: u64,
    /// Time that requests took, summed over them: more than has passed where they overlap.
    pub waited: Duration,
}

impl Traffic {
    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            bytes: self.bytes + other.bytes,
            waited: self.waited + other.waited,
        }
    }
}

/// The requests of one dataset.
pub(super) struct Requests {
    access: Access,
    permits: Semaphore,
    traffic: Mutex<Traffic>,
}

impl Requests {
    pub(super) fn new(access: Access) -> Self {
        let permits = Semaphore::new(access.at_once.clamp(1, Semaphore::MAX_PERMITS));
        Self { access, permits, traffic: Mutex::default() }
    }

    /// Makes a request as soon as there is room among those under way. `bytes` says how many its
    /// answer holds.
    pub(super) async fn make<T: Send + 'static, E: From<io::Error> + Send + 'static>(
        &self,
        request: impl Future<Output = Result<T, E>> + Send + 'static,
        bytes: impl FnOnce(&T) -> u64,
    ) -> Result<T, E> {
        let _permit = self.permits.acquire().await.expect("it is never closed");
        let (started, latency) = (Instant::now(), self.access.latency);
        let task = host()?.spawn(async move {
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            request.await
        });
        let answer = AbortOnDropHandle::new(task).await.map_err(io::Error::other)??;
        let mut traffic = self.traffic.lock().expect("no panic while held");
        traffic.requests += 1;
        traffic.bytes += bytes(&answer);
        traffic.waited += started.elapsed();
        drop(traffic);
        Ok(answer)
    }

    pub(super) fn access(&self) -> Access {
        self.access
    }

    pub(super) fn traffic(&self) -> Traffic {
        *self.traffic.lock().expect("no panic while held")
    }
}

/// Runs what blocks, on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let task = host()?.spawn_blocking(work);
    AbortOnDropHandle::new(task).await.map_err(io::Error::other)
}

/// The one thread that waits for all requests of the program. A request computes next to nothing,
/// so that one thread can wait for thousands of them; and whoever needs bytes, inside a runtime or
/// outside of any, may wait for this one.
fn host() -> io::Result<&'static Handle> {
    static HOST: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("drogue-requests")
            .thread_keep_alive(IDLE)
            .enable_all()
            .build()
    });
    let unavailable = |error: &io::Error| io::Error::new(error.kind(), error.to_string());
    HOST.as_ref().map(Runtime::handle).map_err(unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_than_so_many_are_under_way_at_once() {
        let requests = Requests::new(Access { at_once: 3, ..Access::default() });
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = (0..20_u64).map(|number| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            let request = async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(2)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, io::Error>(number)
            };
            requests.make(request, |_| 10)
        });
        let answers = pollster::block_on(futures::future::try_join_all(all)).unwrap();
        assert_eq!(answers, (0..20).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3);
        let traffic = requests.traffic();
        assert_eq!((traffic.requests, traffic.bytes), (20, 200));
        assert!(traffic.waited >= Duration::from_millis(40));
    }

    #[test]
    fn a_panic_in_a_request_is_an_error_of_that_request() {
        let requests = Requests::new(Access::default());
        let request = async { panic!("a planted panic") };
        let answer = pollster::block_on(requests.make::<(), io::Error>(request, |()| 0));
        assert!(answer.unwrap_err().to_string().contains("planted"));
    }
}
