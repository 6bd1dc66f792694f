//! The subscriber of `examples/medusa-subscriber` inside a real server: what it sends is taken, and names the order.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use stockbridge_domain::channel::{Inbound, Nudge};

use crate::contract::parcels::{line_of, notice};
use crate::side::{Side, now};

/// Reads one request and answers it.
fn take(mut stream: TcpStream) -> Option<Inbound> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    loop {
        let split = bytes.windows(4).position(|w| w == b"\r\n\r\n");
        if let Some(split) = split {
            let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
            let mut headers = http::HeaderMap::new();
            for line in head.lines().skip(1) {
                let (name, value) = line.split_once(": ")?;
                headers.insert(name.parse::<http::HeaderName>().ok()?, value.parse().ok()?);
            }
            let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
            if bytes.len() >= split + 4 + length {
                stream
                    .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
                    .ok()?;
                return Some(Inbound {
                    topic: "events".into(),
                    url: "http://127.0.0.1/hooks/events".into(),
                    method: "POST".into(),
                    headers,
                    body: bytes::Bytes::copy_from_slice(&bytes[split + 4..]),
                    key: None,
                });
            }
        }
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
}

#[tokio::test]
async fn a_real_servers_subscriber_is_heard() {
    let Some(side) = Side::real() else { return };
    let listener = TcpListener::bind(("127.0.0.1", side.webhook_port())).unwrap();
    let (heard, hear) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if let Some(inbound) = take(stream.unwrap())
                && heard.send(inbound).is_err()
            {
                return;
            }
        }
    });
    let connection = side.connect();
    let id = side.buy("MUG-BLUE", 1).await;
    let line = line_of(&*connection, &id).await;
    connection
        .fulfilment()
        .unwrap()
        .confirm(&notice(&id, 1, &line, 1, "JD-5"))
        .await
        .unwrap();
    side.capture(&id).await;
    // Other scenarios run on the same server: their orders are heard as well.
    let mut waiting = vec![
        "order.placed",
        "order.fulfillment_created",
        "shipment.created",
        "payment.captured",
    ];
    while !waiting.is_empty() {
        let inbound = hear
            .recv_timeout(std::time::Duration::from_secs(30))
            .unwrap_or_else(|_| panic!("not heard: {waiting:?}"));
        let event = connection.events().unwrap().receive(&inbound, now()).unwrap();
        if event.nudges == [Nudge::Order(id.clone())] {
            waiting.retain(|topic| *topic != event.topic);
        }
    }
}
