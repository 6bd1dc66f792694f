//! An idle server: how soon it is ready, how much memory it holds.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::env::{Stopwatch, number};
use crate::machine::field;
use crate::report::{Goal, Report};

/// How long it may take at most before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it idles before its memory is looked at.
const IDLES: Duration = Duration::from_secs(5);

/// Measures the release binary beside this one.
pub async fn run(report: &mut Report) -> anyhow::Result<()> {
    let Some(binary) = binary()? else {
        report.leave_out("idle: there is no `stockbridge` beside this program; cargo build --release first");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let (first, child) = start(&binary, folder.path()).await?;
    stop(child).await?;
    let mut ready = Vec::new();
    let mut resident = 0;
    for _ in 0..5 {
        let (took, child) = start(&binary, folder.path()).await?;
        ready.push(took);
        tokio::time::sleep(IDLES / 5).await;
        resident = resident_kib(&child)?;
        stop(child).await?;
    }
    ready.sort_unstable();
    let mut section = report.section("idle", "sqlite");
    section.add(
        "ready, first start with an empty folder",
        first.as_secs_f64() * 1_000.0,
        "ms",
    );
    section.goal(
        "ready, median of 5 starts",
        ready.get(2).map_or(0.0, Duration::as_secs_f64) * 1_000.0,
        "ms",
        Goal::Below(300.0),
    );
    section.goal(
        "resident memory, idle",
        number(resident) / 1_024.0,
        "MiB",
        Goal::Below(60.0),
    );
    Ok(())
}

fn binary() -> anyhow::Result<Option<PathBuf>> {
    let path = std::env::current_exe()?.with_file_name("stockbridge");
    Ok(path.is_file().then_some(path))
}

/// Starts the server and waits until it says that it is ready.
async fn start(binary: &Path, folder: &Path) -> anyhow::Result<(Duration, Child)> {
    // A free port: bound, noted and let go.
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let watch = Stopwatch::start();
    let mut child = Command::new(binary)
        .args(["serve", "--port", &port.to_string(), "--data-dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| binary.display().to_string())?;
    while watch.elapsed() < PATIENCE {
        if is_ready(port).await.unwrap_or(false) {
            return Ok((watch.elapsed(), child));
        }
        if let Some(status) = child.try_wait()? {
            bail!("{} serve ended by itself: {status}", binary.display());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bail!("{} serve was not ready within {PATIENCE:?}", binary.display())
}

async fn is_ready(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

async fn stop(mut child: Child) -> anyhow::Result<()> {
    child.kill().await?;
    Ok(())
}

fn resident_kib(child: &Child) -> anyhow::Result<usize> {
    let id = child.id().context("the server ended")?;
    let text = field(&format!("/proc/{id}/status"), "VmRSS").context("the server ended")?;
    let kib = text.split(' ').next().unwrap_or_default();
    kib.parse().with_context(|| format!("VmRSS is `{text}`"))
}
