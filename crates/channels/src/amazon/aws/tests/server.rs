//! moto, a server that answers as AWS does, started by the test that needs it.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{Io, SecretText, Transport};
use stockbridge_domain::clock::Stepped;

use crate::amazon::aws::sign::Keys;
use crate::amazon::aws::sqs::{Queue, QueueAddress, SEND};
use crate::amazon::aws::sts::{Role, TakenRole};
use crate::auth::session::Session;
use crate::http::{HttpOptions, HttpTransport};
use crate::testing::{World, account, answer};

/// A server of its own for one test; it ends with it.
pub(super) struct Moto {
    process: Child,
    base: String,
    transport: Arc<dyn Transport>,
    clock: Arc<Stepped>,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where `scripts/moto` puts the server, or what `STOCKBRIDGE_MOTO` names.
#[expect(
    clippy::disallowed_methods,
    reason = "tests find the server where the developer keeps it, and say when there is none"
)]
fn program() -> Option<PathBuf> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/moto/bin/moto_server");
    let path = std::env::var_os("STOCKBRIDGE_MOTO").map_or_else(|| PathBuf::from(own), PathBuf::from);
    if path.is_file() {
        return Some(path);
    }
    println!("left out: queues and roles against moto, which is not there; scripts/moto installs it");
    None
}

impl Moto {
    /// Starts it; nothing where it is not installed.
    pub(super) fn start() -> Option<Self> {
        let mut process = Command::new(program()?)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(process.stderr.take().unwrap());
        let mut base = String::new();
        let mut line = String::new();
        while base.is_empty() && told.read_line(&mut line).unwrap() > 0 {
            if let Some((_, address)) = line.split_once("Running on ") {
                base = address.trim().to_owned();
            }
            line.clear();
        }
        assert!(base.starts_with("http://127.0.0.1:"), "moto did not start");
        // Whatever it says from now on must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        let options = HttpOptions {
            allow_private: true,
            ..HttpOptions::default()
        };
        Some(Self {
            process,
            base,
            transport: HttpTransport::new(options).unwrap(),
            clock: Stepped::new(now(), 1),
        })
    }

    fn io(&self) -> Io {
        // Pacer and keeper of a world that answers nothing.
        let rest = World::new(|_| answer(500, "")).io();
        Io {
            transport: self.transport.clone(),
            env: self.clock.env(),
            ..rest
        }
    }

    /// Lets time pass for whoever signs.
    pub(super) fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// A queue of this name with these attributes, made now.
    pub(super) async fn queue(&self, name: &str, given: Value) -> Queue {
        let url = format!("{}/123456789012/{name}", self.base);
        let queue = Queue {
            address: QueueAddress::parse(&url).unwrap(),
            base: self.base.clone(),
            region: "eu-west-1".to_owned(),
            role: Role {
                own: Keys {
                    access_key_id: "AKIATEST".to_owned(),
                    secret: SecretText::new("secret"),
                    session_token: None,
                },
                taken: None,
            },
            account: account(),
            io: self.io(),
        };
        let body = json!({"QueueName": name, "Attributes": given});
        let _made: Value = queue.call(&SEND, "CreateQueue", &body).await.unwrap();
        queue
    }

    /// Puts a message into a queue.
    pub(super) async fn send(&self, queue: &Queue, text: &str) {
        let body = json!({"QueueUrl": queue.address.url, "MessageBody": text});
        let _sent: Value = queue.call(&SEND, "SendMessage", &body).await.unwrap();
    }

    /// A role to take on.
    pub(super) fn role(&self, arn: &str) -> TakenRole {
        TakenRole {
            arn: arn.to_owned(),
            base: self.base.clone(),
            region: "eu-west-1".to_owned(),
            session: Arc::new(Session::default()),
        }
    }
}

/// The system's time: AWS looks at when a request was signed.
#[expect(clippy::disallowed_methods, reason = "the server keeps its own time")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}
