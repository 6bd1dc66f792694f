//! Serving HTTP, and stopping: signals end it, work under way is finished first, and not for ever.

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
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

/// The signals that ask the process to stop, received from the moment this is made.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn receive() -> anyhow::Result<Self> {
        let receive = |kind| signal(kind).context("signals cannot be received");
        Ok(Self {
            terminate: receive(SignalKind::terminate())?,
            interrupt: receive(SignalKind::interrupt())?,
        })
    }

    /// Ends with the name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Tasks that run until told to stop.
pub struct Tasks {
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: watch::Sender<bool>,
    signals: StopSignals,
}

impl Tasks {
    /// None yet. From here on Ctrl-C and SIGTERM are kept for [`Tasks::run`] instead of ending the process: whoever was
    /// told that it is ready may ask it to stop at once, and is answered with an orderly end.
    ///
    /// # Errors
    /// When signals cannot be received.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            running: JoinSet::new(),
            stop: watch::Sender::new(false),
            signals: StopSignals::receive()?,
        })
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
            signal = self.signals.next() => {
                tracing::info!(signal, "stopping: work under way is finished, for at most {} s", at_most.as_secs());
                Ok(())
            }
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
            signal = self.signals.next() => {
                tracing::warn!(signal, "stopping at once; what was cut off is taken up again at the next start");
                first
            }
        }
    }
}

fn named(ended: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>) -> anyhow::Result<()> {
    let (name, result) = ended.context("a part of the server broke; please report it with the log")?;
    result.with_context(|| format!("{name} ended"))
}
