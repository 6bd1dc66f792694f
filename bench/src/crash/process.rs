//! The server as a process that is started, killed and asked.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use stockbridge_store::DbConfig;
use stockbridge_store::testing::TestDb;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::http::Api;
use crate::env::Stopwatch;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program beside this one, on a database of its own.
pub(super) struct Server {
    binary: PathBuf,
    folder: PathBuf,
    url: Option<String>,
    port: u16,
    child: Option<Child>,
    pub(super) token: String,
}

impl Server {
    pub(super) async fn new(folder: &Path, database: Option<&TestDb>) -> anyhow::Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("stockbridge");
        anyhow::ensure!(
            binary.is_file(),
            "there is no `stockbridge` beside this program; build it: cargo build -p stockbridge (--release)"
        );
        // A free port: bound, noted and let go.
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let url = database.and_then(|database| match &database.config {
            DbConfig::Postgres { url, .. } => Some(url.clone()),
            _ => None,
        });
        Ok(Self {
            binary,
            folder: folder.to_owned(),
            url,
            port,
            child: None,
            token: String::new(),
        })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(args)
            .env_clear()
            .env("STOCKBRIDGE__STORE__DATA_DIR", &self.folder)
            .env("STOCKBRIDGE__CHANNELS__ENDPOINT_OVERRIDES", "true")
            // The same name each time: what a killed server held is given back when it starts again.
            .env("STOCKBRIDGE__WORKER__NAME", "crash-test")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(url) = &self.url {
            command.env("STOCKBRIDGE__STORE__DATABASE_URL", url);
        }
        command
    }

    /// Makes the database with a tenant.
    pub(super) async fn init(&mut self) -> anyhow::Result<()> {
        let args = [
            "init",
            "--tenant",
            "Crash",
            "--email",
            "owner@crash.example",
            "--json",
        ];
        let made = self.ask(&args).await?;
        self.token = made["token"].as_str().context("init gave no token")?.to_owned();
        Ok(())
    }

    /// Runs a command that answers JSON, whatever its exit code.
    async fn ask(&self, args: &[&str]) -> anyhow::Result<Value> {
        let output = self.command(args).output().await?;
        let told = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(&told).with_context(|| {
            format!(
                "{args:?} said `{told}` and `{}`",
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    /// Starts it and waits until it is ready; answers how long that took.
    pub(super) async fn start(&mut self) -> anyhow::Result<Duration> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("server.log"))?;
        let watch = Stopwatch::start();
        let mut child = self
            .command(&["serve", "--port", &self.port.to_string()])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| self.binary.display().to_string())?;
        let api = self.api();
        while watch.elapsed() < PATIENCE {
            if api.get("/readyz").await.is_ok_and(|answer| answer.status == 200) {
                self.child = Some(child);
                return Ok(watch.elapsed());
            }
            if let Some(status) = child.try_wait()? {
                bail!("the server ended by itself: {status}");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the server was not ready within {PATIENCE:?}")
    }

    /// SIGKILL, in the middle of whatever it does.
    pub(super) async fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("the server does not run")?;
        anyhow::ensure!(child.try_wait()?.is_none(), "the server ended by itself");
        child.kill().await?;
        Ok(())
    }

    /// `stockbridge check` on the database of the server, which is killed first.
    pub(super) async fn check(&mut self) -> anyhow::Result<Value> {
        self.kill().await?;
        self.ask(&["check", "--json"]).await
    }

    pub(super) fn api(&self) -> Api {
        Api {
            port: self.port,
            token: self.token.clone(),
        }
    }
}
