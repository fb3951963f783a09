//! The HTTP client against peers written by hand on a loopback socket, each misbehaving in its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use transport::http::{Client, HttpError, Limits};

const WAIT: Duration = Duration::from_secs(5);

fn client(limits: Limits) -> Client {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::new(tls, limits)
}

/// Reads one request: head and announced body.
async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| l.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
                .map_or(0, |v| v.parse::<usize>().expect("a number"));
            if body.len() >= length {
                return Some(text);
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A peer that answers every request with these bytes; counts connections.
async fn peer(answer: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("http://{}/svc", listener.local_addr().expect("address"));
    let n_connections = Arc::new(AtomicUsize::new(0));
    let count = n_connections.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                while let Some(request) = read_request(&mut socket).await {
                    assert!(request.starts_with("POST /svc HTTP/1.1\r\n"));
                    assert!(request.contains("x-test: e-less"));
                    if answer.is_empty() {
                        return;
                    }
                    socket.write_all(answer).await.expect("written");
                }
            });
        }
    });
    (url, n_connections)
}

async fn post(client: &Client, url: &str, timeout: Duration) -> Result<transport::http::Response, HttpError> {
    client.post(url, &[("X-Test", "e-less")], "hello", timeout).await
}

#[tokio::test]
async fn answers_are_whole_and_the_connection_is_kept() {
    let (url, n_connections) =
        peer(b"HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno").await;
    let client = client(Limits::default());
    for _ in 0..3 {
        let answer = post(&client, &url, WAIT).await.expect("answered");
        assert_eq!((answer.status, &answer.body[..]), (500, &b"no"[..]));
        assert_eq!(answer.header("content-type"), Some("text/plain"));
    }
    assert_eq!(n_connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nobody_listening_is_definitely_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("http://{}/svc", listener.local_addr().expect("address"));
    drop(listener);
    let error = post(&client(Limits::default()), &url, WAIT).await.expect_err("nobody");
    assert!(matches!(error, HttpError::NotConnected(_)), "{error:?}");
    assert!(error.is_definitely_not_sent());
}

#[tokio::test]
async fn a_connection_closed_after_the_request_leaves_the_outcome_unknown() {
    for cut in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"] {
        let (url, _) = peer(cut).await;
        let timeout = Duration::from_millis(300);
        let error = post(&client(Limits::default()), &url, timeout).await.expect_err("cut");
        assert!(!error.is_definitely_not_sent(), "{error:?}");
        match cut {
            b"" => assert!(matches!(error, HttpError::ConnectionLost(_)), "{error:?}"),
            _ => assert!(matches!(error, HttpError::TimedOut), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_peer_that_accepts_and_stays_silent_times_out_as_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("http://{}/svc", listener.local_addr().expect("address"));
    let error = post(&client(Limits::default()), &url, Duration::from_millis(200)).await.expect_err("silent");
    assert!(matches!(error, HttpError::TimedOut), "{error:?}");
    drop(listener);
}

#[tokio::test]
async fn an_answer_beyond_the_bound_is_refused_with_its_status() {
    let (url, _) = peer(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789").await;
    let limits = Limits { response_bytes: 10, ..Limits::default() };
    let error = post(&client(limits), &url, WAIT).await.expect_err("too large");
    assert!(matches!(error, HttpError::ResponseTooLarge { status: 200, limit_bytes: 10 }));
}

#[tokio::test]
async fn clear_text_leaves_this_machine_for_nowhere() {
    let client = client(Limits::default());
    for url in ["http://192.0.2.1/x", "http://dmp.example/x", "http://127.0.0.1.example/x"] {
        let error = post(&client, url, WAIT).await.expect_err("refused");
        assert!(matches!(error, HttpError::Insecure), "{url}");
    }
    for url in ["", "/x", "ftp://127.0.0.1/", "http://"] {
        let error = post(&client, url, WAIT).await.expect_err("refused");
        assert!(error.is_definitely_not_sent(), "{url}");
    }
    let error = client.post("https://127.0.0.1:1/", &[("a b", "c")], "", WAIT).await;
    assert!(matches!(error, Err(HttpError::Misused { .. })));
}
