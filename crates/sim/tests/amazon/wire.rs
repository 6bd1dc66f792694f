//! The simulator over a real socket: answers, silence, and connections that break.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use stockbridge_sim::{BuyerConfig, Fault, Sim, SimConfig, TimeMode, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::bench::{SELLER, config};

const SIGN_IN: &str = "POST /auth/o2/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                       content-type: application/x-www-form-urlencoded\r\n";

/// Runs `client` against a served `sim`, then stops the server and waits for its end.
async fn with_server<T, F: Future<Output = T>>(sim: &Arc<Sim>, client: impl FnOnce(TcpStream) -> F) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = serve(Arc::clone(sim), listener, async move { drop(stopped.await) });
    let run = async {
        let result = client(TcpStream::connect(address).await.unwrap()).await;
        drop(stop);
        result
    };
    let (served, result) = tokio::join!(server, run);
    served.unwrap();
    result
}

fn sign_in() -> String {
    let form = format!(
        "grant_type=refresh_token&refresh_token=Atzr%7C{SELLER}&client_id=amzn1.application-oa2-client.{SELLER}\
         &client_secret=amzn1.oa2-cs.v1.{SELLER}"
    );
    format!("{SIGN_IN}content-length: {}\r\n\r\n{form}", form.len())
}

/// Everything the server sends until it closes.
async fn exchange(sim: &Arc<Sim>) -> String {
    with_server(sim, async |mut stream| {
        stream.write_all(sign_in().as_bytes()).await.unwrap();
        let mut all = Vec::new();
        // A reset is one of the ways a connection breaks.
        drop(stream.read_to_end(&mut all).await);
        String::from_utf8(all).unwrap()
    })
    .await
}

#[tokio::test]
async fn an_answer_comes_whole() {
    let answer = exchange(&Sim::new(config())).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["token_type"], "bearer");
}

#[tokio::test]
async fn a_dropped_call_closes_without_a_byte() {
    let sim = Sim::new(config());
    sim.fail_next("token", Fault::DropAfter, 1);
    assert_eq!(exchange(&sim).await, "");
    assert_eq!(sim.truth().calls["token"], 1);
}

#[tokio::test]
async fn a_lost_call_is_held_and_then_closed_without_a_byte() {
    let sim = Sim::new(SimConfig {
        hang_ms: 5,
        ..config()
    });
    sim.fail_next("token", Fault::TimeoutAfter, 1);
    assert_eq!(exchange(&sim).await, "");
}

#[tokio::test]
async fn a_cut_answer_closes_in_the_middle_of_its_body() {
    let sim = Sim::new(config());
    sim.fail_next("token", Fault::Truncated, 1);
    let answer = exchange(&sim).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let promised = head
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "))
        .unwrap();
    assert!(
        !body.is_empty() && body.len() < promised.parse().unwrap(),
        "{answer}"
    );
}

#[tokio::test]
async fn the_server_stops_although_a_call_is_being_held() {
    let sim = Sim::new(SimConfig {
        hang_ms: 3_600_000,
        ..config()
    });
    sim.fail_next("token", Fault::TimeoutAfter, 1);
    let held = Arc::clone(&sim);
    let stream = with_server(&sim, async |mut stream| {
        stream.write_all(sign_in().as_bytes()).await.unwrap();
        while held.truth().calls.is_empty() {
            tokio::task::yield_now().await;
        }
        stream
    });
    drop(
        tokio::time::timeout(Duration::from_secs(20), stream)
            .await
            .unwrap(),
    );
}

#[tokio::test]
async fn buyers_come_in_real_time() {
    let buyers = BuyerConfig {
        orders_per_second: 10_000.0,
        ..BuyerConfig::default()
    };
    let sim = Sim::new(SimConfig {
        time: TimeMode::Auto,
        buyers,
        ..config()
    });
    let busy = Arc::clone(&sim);
    with_server(&sim, async |_| {
        while busy.truth().orders.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    sim.stop_buyers();
}
