//! Runs the program and a server of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The program with these arguments, in an environment without settings.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockbridge"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The JSON printed by a run that was done.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Holds that the run ended with `code` and said all of `words` on stderr.
    pub fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is missing: {self:?}");
        }
    }
}

/// Runs the program to its end.
pub fn run(args: &[&str]) -> Ran {
    command(args).output().unwrap().into()
}

/// Runs the program on the database in a folder.
pub fn run_in(dir: &Path, args: &[&str]) -> Ran {
    run(&[args, &["--data-dir", dir.to_str().unwrap()]].concat())
}

/// Makes a database with a tenant; answers what `init --json` printed.
pub fn init(dir: &Path) -> Value {
    run_in(
        dir,
        &[
            "init",
            "--tenant",
            "Acme",
            "--email",
            "owner@acme.example",
            "--json",
        ],
    )
    .json()
}

/// A process that stays: a server or the simulator.
pub struct Running {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    /// The first line it printed.
    pub ready: String,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Running {
    /// Starts it and waits for the line that says that it is ready.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        out.read_line(&mut ready).unwrap();
        let url = ready.split_whitespace().find(|word| word.starts_with("http://"));
        let Some(url) = url.map(str::to_owned) else {
            let _ = child.kill();
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("it did not become ready: {ready}{said}");
        };
        Self {
            child,
            out,
            ready,
            url,
        }
    }

    /// A server on the database in `dir`, on a free port.
    pub fn serve(dir: &Path) -> Self {
        Self::start(command(&[
            "serve",
            "--port",
            "0",
            "--data-dir",
            dir.to_str().unwrap(),
        ]))
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Status line and body of a GET.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a signal by its number, waits for the end; answers exit code and the rest of stdout.
    pub fn signal(&mut self, signal: &str) -> (i32, String) {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (code, rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
