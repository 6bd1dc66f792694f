//! Serving HTTP, and stopping: signals end it, work under way is finished first, and not for ever.

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Listens on an address.
///
/// # Errors
/// A sentence naming the port and the remedy.
pub async fn listen(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    TcpListener::bind((plain, port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {port} on {host} is in use by another program; stop that one, or choose another with --port \
             (0 takes a free one)"
        ),
        io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "port {port} may not be used by this account; choose one above 1023 with --port"
        ),
        _ => anyhow::anyhow!(
            "cannot listen on {host}:{port} ({error}); name an address of this machine with --host"
        ),
    })
}

/// Ends when the process is asked to stop: Ctrl-C or SIGTERM.
///
/// # Errors
/// When signals cannot be received.
pub async fn stop_signal() -> anyhow::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let hint = "signals cannot be received";
    let mut terminate = signal(SignalKind::terminate()).context(hint)?;
    let mut interrupt = signal(SignalKind::interrupt()).context(hint)?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}

/// Tasks that run until told to stop.
pub struct Tasks {
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: watch::Sender<bool>,
}

impl Tasks {
    /// None yet.
    pub fn new() -> Self {
        Self {
            running: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// Turns true when the tasks are to stop.
    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts a task.
    pub fn start(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.running.spawn(async move { (name, task.await) });
    }

    /// Runs until a signal comes or a task fails, then stops all and waits for them, `at_most` that long.
    ///
    /// # Errors
    /// That of the task that failed first.
    pub async fn run(mut self, at_most: Duration) -> anyhow::Result<()> {
        let first = tokio::select! {
            signal = stop_signal() => signal.map(|signal| {
                tracing::info!(signal, "stopping: work under way is finished, for at most {} s", at_most.as_secs());
            }),
            Some(ended) = self.running.join_next() => named(ended),
        };
        self.stop.send_replace(true);
        let rest = async {
            while let Some(ended) = self.running.join_next().await {
                named(ended)?;
            }
            anyhow::Ok(())
        };
        tokio::select! {
            rest = tokio::time::timeout(at_most, rest) => match rest {
                Ok(ended) => first.and(ended),
                Err(_) => {
                    tracing::warn!("not everything was finished in time; it is taken up again at the next start");
                    first
                }
            },
            signal = stop_signal() => {
                tracing::warn!(signal = signal?, "stopping at once; what was cut off is taken up again at the next start");
                first
            }
        }
    }
}

fn named(ended: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>) -> anyhow::Result<()> {
    let (name, result) = ended.context("a part of the server broke; please report it with the log")?;
    result.with_context(|| format!("{name} ended"))
}
