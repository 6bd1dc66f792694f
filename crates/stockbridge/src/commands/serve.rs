//! `serve`: the server.

use clap::{Args, ValueEnum};
use stockbridge_engine::{Hub, Worker, WorkerOptions};
use stockbridge_web::WebOptions;

use super::Context;
use crate::cli::Place;
use crate::config::{Flags, Settings};
use crate::serve::{Tasks, listen};
use crate::wiring::{self, Opening};
use crate::{output, telemetry};

/// Run the server: dashboard, API and background work.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stockbridge serve --data-dir ./data --port 8080\n  \
    stockbridge serve --database postgresql://hub@db/hub --role worker\n\n\
    Ctrl-C or SIGTERM stops it: requests and jobs under way are finished first.")]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Listen on PORT; 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Listen on HOST's address.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// What this process does; several processes can share one PostgreSQL database.
    #[arg(long, value_enum, default_value_t = Role::All)]
    role: Role,
    /// Work N lanes at the same time.
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
}

/// What a server process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Dashboard and API.
    Api,
    /// Background work.
    Worker,
    /// Both.
    All,
}

impl Serve {
    fn flags(&self) -> Flags {
        let mut flags = self.place.flags();
        if let Some(port) = self.port {
            flags.push(("server.port", port.into()));
        }
        if let Some(host) = &self.host {
            flags.push(("server.host", host.clone().into()));
        }
        if let Some(lanes) = self.workers {
            flags.push(("worker.lanes", lanes.into()));
        }
        flags
    }

    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let settings = context.load(&self.flags())?.settings;
        telemetry::start(&settings.log)?;
        // The port comes first: when it is taken nothing else has been touched.
        let listener = match self.role {
            Role::Worker => None,
            Role::Api | Role::All => Some(listen(&settings.server.host, settings.server.port).await?),
        };
        let store = wiring::store(&settings, Opening::MayCreate).await?;
        let backend = store.backend();
        let hub = wiring::hub(&settings, store)?;
        let mut tasks = Tasks::new()?;
        if self.role != Role::Api {
            end_old_leases(&settings, &hub).await?;
            let options = WorkerOptions {
                workers: settings.worker.lanes,
                owner: settings.worker.owner(),
            };
            let worker = Worker::new(hub.clone(), options);
            let stopped = tasks.stopped();
            tasks.start("the worker", async move {
                worker.run(stopped).await;
                Ok(())
            });
        }
        let mut address = None;
        if let Some(listener) = listener {
            address = Some(settings.server.base_url(listener.local_addr()?.port()));
            let options = WebOptions {
                cookie_secure: settings.server.is_https(),
                shutdown: Some(tasks.stopped()),
                max_webhook_bytes: Some(settings.server.max_webhook_kib * 1024),
            };
            let app = stockbridge_web::app(hub, options);
            let mut stopped = tasks.stopped();
            tasks.start("the HTTP server", async move {
                let stop = async move {
                    let _sender_gone = stopped.wait_for(|stop| *stop).await;
                };
                Ok(stockbridge_web::serve(listener, app, stop).await?)
            });
        }
        announce(&settings, address.as_deref(), backend, self.role);
        tasks.run(settings.server.shutdown_timeout()).await
    }
}

/// A process that was killed left lanes behind that nobody else may touch for a minute and a half. On the embedded database
/// this process is the only one; on a server a process is known again by the name it was given.
async fn end_old_leases(settings: &Settings, hub: &Hub) -> anyhow::Result<()> {
    let system = hub.store().system();
    let ended = match (hub.store().backend(), &settings.worker.name) {
        ("sqlite", _) => system.end_leases(None).await?,
        (_, Some(name)) => system.end_leases(Some(name)).await?,
        (_, None) => 0,
    };
    if ended > 0 {
        tracing::info!(
            lanes = ended,
            "took over the lanes of a process that ended without giving them back"
        );
    }
    Ok(())
}

/// The line that says that the server is ready; scripts wait for it.
fn announce(settings: &Settings, address: Option<&str>, backend: &str, role: Role) {
    let version = env!("CARGO_PKG_VERSION");
    let lanes = match role {
        Role::Api => "no background work".to_owned(),
        Role::Worker | Role::All => format!("{} lanes", settings.worker.lanes),
    };
    match address {
        Some(address) => output::line(format_args!(
            "Stockbridge {version} is ready at {address} ({backend}, {lanes})"
        )),
        None => output::line(format_args!(
            "Stockbridge {version} is ready to work ({backend}, {lanes}, no HTTP)"
        )),
    }
}
