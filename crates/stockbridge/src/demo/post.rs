//! Carries the platforms' messages to the hub, as the internet would.

use std::sync::Arc;
use std::time::Duration;

use stockbridge_domain::channel::Transport;
use stockbridge_sim::Platform;
use tokio::sync::watch;

/// Between two rounds.
const ROUND: Duration = Duration::from_millis(200);
/// How long a message may take; what is later is lost, and the hub finds out by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// Carries messages until `stopped`. One that is not taken is not sent again.
pub(super) async fn run(
    platforms: Vec<Arc<dyn Platform>>,
    transport: Arc<dyn Transport>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => return,
            () = tokio::time::sleep(ROUND) => {}
        }
        for message in platforms.iter().flat_map(|p| p.take_webhooks()) {
            let to = message.uri().path().to_owned();
            match transport.send(message, PATIENCE).await {
                Ok(answer) if answer.status().is_success() => {}
                Ok(answer) => {
                    tracing::debug!(to, status = answer.status().as_u16(), "a message was not taken")
                }
                Err(error) => tracing::debug!(to, %error, "a message did not arrive"),
            }
        }
    }
}
