//! The transport against servers that misbehave.

use super::*;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Serves one connection with `reply` (nothing: the connection is dropped) and gives back what was asked.
async fn serve(reply: &'static [u8], hold_open: bool) -> (String, JoinSet<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = read_head(&mut stream).await;
        stream.write_all(reply).await.unwrap();
        if hold_open {
            std::future::pending::<()>().await;
        }
        asked
    });
    (address, server)
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

fn transport(allow_private: bool) -> Arc<dyn Transport> {
    HttpTransport::new(HttpOptions {
        allow_private,
        max_body_bytes: 64,
        ..HttpOptions::default()
    })
    .unwrap()
}

async fn get(url: String) -> Result<HttpResponse, TransportError> {
    let request = ::http::Request::get(url).body(Bytes::new()).unwrap();
    transport(true).send(request, Duration::from_millis(300)).await
}

#[tokio::test]
async fn an_answer_comes_whole_and_a_get_announces_no_body() {
    let (url, mut server) = serve(b"HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 2\r\n\r\nhi", false).await;
    let answer = get(format!("{url}/a%2Fb?c=d%2Ce")).await.unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            &answer.body()[..],
            &answer.headers()["x-a"]
        ),
        (200, &b"hi"[..], &"b".parse().unwrap())
    );
    let asked = server.join_next().await.unwrap().unwrap().to_lowercase();
    assert!(asked.starts_with("get /a%2fb?c=d%2ce http/1.1"), "{asked}");
    assert!(
        !asked.contains("content-length") && !asked.contains("transfer-encoding"),
        "{asked}"
    );
    assert!(asked.contains("user-agent: stockbridge/"), "{asked}");
}

#[tokio::test]
async fn a_port_nobody_listens_on_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert!(matches!(
        get(format!("http://{address}/")).await,
        Err(TransportError::NotSent(_))
    ));
    assert!(matches!(
        get("http://no-such-host.invalid/".into()).await,
        Err(TransportError::NotSent(_))
    ));
}

#[tokio::test]
async fn a_failed_tls_handshake_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"this is not TLS").await.unwrap();
    });
    let outcome = get(url).await;
    assert!(matches!(outcome, Err(TransportError::NotSent(_))), "{outcome:?}");
}

#[tokio::test]
async fn whatever_fails_after_sending_means_no_answer() {
    let cases: [(&[u8], bool); 3] = [
        (b"", false),
        (b"", true),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\ncut off", false),
    ];
    for (reply, hold_open) in cases {
        let (url, _server) = serve(reply, hold_open).await;
        let outcome = get(url).await;
        assert!(matches!(outcome, Err(TransportError::NoAnswer(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn too_large_answers_are_cut_whether_announced_or_not() {
    let cases: [&[u8]; 2] = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n01234567890123456789012345678901234567890123456789012345678901234",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n28\r\n0123456789012345678901234567890123456789\r\n28\r\n0123456789012345678901234567890123456789\r\n0\r\n\r\n",
    ];
    for reply in cases {
        let (url, _server) = serve(reply, false).await;
        assert_eq!(
            get(url).await.unwrap_err(),
            TransportError::TooLarge { limit_bytes: 64 }
        );
    }
}

#[tokio::test]
async fn compressed_answers_are_bounded_after_decompression() {
    // 1000 zero characters, compressed to far less than the bound.
    const GZIP: &[u8] = include_bytes!("fixtures/zeros.gz");
    assert!(GZIP.len() < 64);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        GZIP.len()
    );
    let reply: &'static [u8] = Vec::leak([head.as_bytes(), GZIP].concat());
    let (url, _server) = serve(reply, false).await;
    assert_eq!(
        get(url).await.unwrap_err(),
        TransportError::TooLarge { limit_bytes: 64 }
    );
}

#[tokio::test]
async fn a_request_may_ask_for_less() {
    let (url, _server) = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n012345678", false).await;
    let mut request = ::http::Request::get(url).body(Bytes::new()).unwrap();
    request.extensions_mut().insert(MaxBody(8));
    let outcome = transport(true).send(request, Duration::from_secs(5)).await;
    assert_eq!(outcome.unwrap_err(), TransportError::TooLarge { limit_bytes: 8 });
}

#[tokio::test]
async fn redirects_are_answers_not_followed() {
    let (url, _server) = serve(
        b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        false,
    )
    .await;
    assert_eq!(get(url).await.unwrap().status().as_u16(), 307);
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    for url in ["http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/"] {
        let request = ::http::Request::get(url).body(Bytes::new()).unwrap();
        let outcome = transport(false).send(request, Duration::from_secs(1)).await;
        let Err(TransportError::NotSent(why)) = outcome else {
            panic!("{url}: {outcome:?}")
        };
        assert!(why.contains("private"), "{url}: {why}");
    }
}

#[tokio::test]
async fn errors_do_not_repeat_the_address() {
    let (url, _server) = serve(b"", false).await;
    let error = get(format!("{url}/?token=PLANTED")).await.unwrap_err();
    assert!(!error.to_string().contains("PLANTED"), "{error}");
}
