//! `demo`: the whole product against a simulated marketplace, without credentials.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::demo::{DemoOptions, FaultLevel, run};
use crate::{output, telemetry};

/// Run everything against a simulated marketplace, without credentials.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stockbridge demo\n  \
    stockbridge demo --for 60s --faults wild --json out.json\n\n\
    Ends with what really happened beside what the hub believes; exit code 1 if an invariant is broken.")]
pub struct Demo {
    /// Let buyers buy for SPAN (such as 60s or 5m), then settle and judge; without it until Ctrl-C.
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    duration: Option<Duration>,
    /// Everything the simulated world starts from follows from SEED.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Serve the dashboard on PORT of this machine; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8800)]
    port: u16,
    /// How the marketplace misbehaves.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FaultLevel::Mild)]
    faults: FaultLevel,
    /// Keep the database in DIR, which must hold none yet; a temporary folder otherwise.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write the report to FILE as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a span of time; write seconds or minutes, such as 60s or 5m");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(wrong()),
    };
    match digits.parse::<u64>() {
        Ok(number) if (1..=86_400).contains(&(number.saturating_mul(factor))) => {
            Ok(Duration::from_secs(number * factor))
        }
        _ => Err(wrong()),
    }
}

impl Demo {
    /// Runs the demo.
    ///
    /// # Errors
    /// When something cannot be started.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        telemetry::start_demo();
        let options = DemoOptions {
            duration: self.duration,
            seed: self.seed,
            port: self.port,
            faults: self.faults,
            data_dir: self.data_dir,
            json: self.json,
        };
        let held = run(options, |text: &str| output::line(text)).await?;
        Ok(if held {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_seconds_minutes_or_hours() {
        assert_eq!(span("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(span("90"), Ok(Duration::from_secs(90)));
        assert_eq!(span("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["", "s", "0s", "1.5m", "-3s", "60 seconds", "99h"] {
            assert!(span(wrong).unwrap_err().contains("60s"), "{wrong}");
        }
    }
}
