//! The signals that end a run: Ctrl-C, and those that batch systems and closed terminals send.

use std::io;

#[cfg(unix)]
pub(crate) use unix::Signals;

#[cfg(unix)]
mod unix {
    use std::future::poll_fn;
    use std::task::Poll;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::io;

    /// SIGINT, SIGTERM and SIGHUP, taken alike.
    pub(crate) struct Signals(Vec<Signal>);

    impl Signals {
        /// Sets the handlers; within a Tokio runtime.
        pub fn new() -> io::Result<Self> {
            let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
            // `nohup` has the program ignore it, which a handler would undo.
            if !hangup_is_ignored() {
                kinds.push(SignalKind::hangup());
            }
            kinds.into_iter().map(signal).collect::<io::Result<_>>().map(Self)
        }

        /// Waits for any of them.
        pub async fn next(&mut self) {
            poll_fn(|context| {
                match self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }
            })
            .await;
        }
    }

    /// Linux tells; where no system does, SIGHUP is left as it was found.
    fn hangup_is_ignored() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        // Signal n is bit n - 1.
        ignored.is_none_or(|mask| mask & 1 != 0)
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Within a Tokio runtime.
    pub fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for Ctrl-C; for ever where it cannot be told.
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
