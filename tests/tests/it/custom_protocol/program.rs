//! The examples in another language, as programs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use stockbridge_channels::http::{HttpOptions, HttpTransport};
use stockbridge_domain::channel::{HttpRequest, Transport};

use super::{Buyers, OtherSide, SECRET};

/// A program of `examples/custom-channel`, ended with the test.
pub(super) struct Program {
    child: Child,
    pub(super) base: String,
    transport: Arc<dyn Transport>,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Nothing, having said so, where there is no Python.
    pub(super) fn start(name: &str) -> Option<Self> {
        let path = format!("{}/../examples/custom-channel/{name}", env!("CARGO_MANIFEST_DIR"));
        let started = Command::new("python3")
            .args(["-B", &path, "0"])
            .env("SECRET", SECRET)
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => {
                println!("left out: the example {name}, because python3 cannot be started ({error})");
                return None;
            }
        };
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        let options = HttpOptions {
            allow_private: true,
            ..HttpOptions::default()
        };
        Some(Self {
            child,
            base,
            transport: HttpTransport::new(options).unwrap(),
        })
    }

    pub(super) fn other_side(&self) -> OtherSide {
        OtherSide {
            base: self.base.clone(),
            transport: self.transport.clone(),
        }
    }

    async fn ask(&self, path: &str, body: serde_json::Value) -> serde_json::Value {
        let mut request = HttpRequest::new(body.to_string().into());
        *request.method_mut() = "POST".parse().unwrap();
        *request.uri_mut() = format!("{}{path}", self.base).parse().unwrap();
        let answer = self
            .transport
            .send(request, Duration::from_secs(30))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.body());
        serde_json::from_slice(answer.body()).unwrap()
    }
}

impl Buyers for Program {
    async fn buy(&self, sku: &str, quantity: u32) -> String {
        let wish = serde_json::json!({"sku": sku, "quantity": quantity});
        let order = self.ask("/shop/buy", wish).await;
        order["id"].as_str().unwrap().to_owned()
    }

    async fn send_back(&self, order: &str) {
        let wish = serde_json::json!({"order": order, "quantity": 1});
        self.ask("/shop/send-back", wish).await;
    }
}
