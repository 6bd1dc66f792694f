//! Describes the machine, because a figure without it says nothing.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::env::{Stopwatch, percentile_ms};

/// How often the disk is asked.
const SYNCS: usize = 200;
/// How much is written before each sync: a small transaction's worth.
const BLOCK_BYTES: usize = 4_096;

/// What the figures were measured on.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The processor, as the kernel names it.
    pub processor: String,
    /// Cores this program may use.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Processes that wanted a core, averaged over the minute before: other work makes every figure worse.
    pub load: f64,
    /// The kernel's release.
    pub kernel: String,
    /// Median time to append 4 KiB to a file in the folder for temporary files and have it on disk, milliseconds.
    pub fsync_median_ms: f64,
    /// 99th percentile of the same.
    pub fsync_p99_ms: f64,
}

impl Machine {
    /// Looks, and tries the disk.
    pub fn look() -> anyhow::Result<Self> {
        let mut syncs = sync_times()?;
        Ok(Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory_mib(),
            load: fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|text| text.split(' ').next()?.parse().ok())
                .unwrap_or_default(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned()),
            fsync_median_ms: percentile_ms(&mut syncs, 50),
            fsync_p99_ms: percentile_ms(&mut syncs, 99),
        })
    }

    /// One line for people.
    pub fn line(&self) -> String {
        format!(
            "{} cores of {}, {} MiB, Linux {}, fsync {:.2} ms (p99 {:.2} ms), load {}",
            self.cores,
            self.processor,
            self.memory_mib,
            self.kernel,
            self.fsync_median_ms,
            self.fsync_p99_ms,
            self.load
        )
    }
}

/// The value of a `name : value` line of one of the kernel's files.
pub fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory_mib() -> u64 {
    field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .map_or(0, |kib| kib / 1_024)
}

fn sync_times() -> anyhow::Result<Vec<Duration>> {
    let mut file = tempfile::tempfile()?;
    (0..SYNCS)
        .map(|_| {
            file.write_all(&[7; BLOCK_BYTES])?;
            let watch = Stopwatch::start();
            file.sync_data()?;
            Ok(watch.elapsed())
        })
        .collect()
}
