//! The pace of sending, `max_per_minute`: a bound over all connections together, which loses and doubles nothing.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient, SmtpSettings};
use transport::tls::Security;

/// Fast enough for a test; 40 milliseconds between two messages.
const MAX_PER_MINUTE: u32 = 1_500;
const APART: Duration = Duration::from_millis(40);
/// How long the server takes to answer each message: several connections are needed to keep the pace.
const SLOWNESS: Duration = Duration::from_millis(100);

/// What a server was brought: when each message began, and what it said.
#[derive(Default)]
struct Brought {
    n_connections: AtomicUsize,
    messages: Mutex<Vec<(Instant, String)>>,
}

async fn server() -> (u16, Arc<Brought>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let brought = Arc::new(Brought::default());
    let shared = Arc::clone(&brought);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            shared.n_connections.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    });
    (port, brought)
}

async fn serve(stream: TcpStream, brought: Arc<Brought>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 hello\r\n").await?;
    let (mut line, mut began, mut body) = (String::new(), None, None::<String>);
    while stream.read_line(&mut line).await? > 0 {
        let command = std::mem::take(&mut line);
        match &mut body {
            Some(text) if command == ".\r\n" => {
                let at = began.take().unwrap();
                brought.messages.lock().unwrap().push((at, std::mem::take(text)));
                body = None;
                tokio::time::sleep(SLOWNESS).await;
                stream.write_all(b"250 ok\r\n").await?;
            }
            Some(text) => text.push_str(&command),
            None if command == "DATA\r\n" => {
                body = Some(String::new());
                stream.write_all(b"354 go\r\n").await?;
            }
            None => {
                if command.starts_with("MAIL") {
                    began = Some(Instant::now());
                }
                stream.write_all(b"250 ok\r\n").await?;
            }
        }
    }
    Ok(())
}

fn client(port: u16, max_per_minute: Option<u32>) -> Arc<SmtpClient> {
    Arc::new(SmtpClient::new(SmtpSettings {
        max_connections: 4,
        max_per_minute: max_per_minute.and_then(NonZeroU32::new),
        ..SmtpSettings::new("127.0.0.1", port, Security::PlainLoopback)
    }))
}

/// Sends them all at once; every one must be taken.
async fn send(client: &Arc<SmtpClient>, numbers: std::ops::Range<usize>) {
    let mut tasks = JoinSet::new();
    for n in numbers {
        let client = Arc::clone(client);
        tasks.spawn(async move {
            let (from, to) = ("a@labo.mssante.fr", "b@chb.mssante.fr");
            let envelope = Envelope { from, to, envelope_id: None, notify: Notify::Everything };
            client.send(&envelope, format!("Subject: {n}\r\n\r\nx\r\n").as_bytes()).await
        });
    }
    while let Some(outcome) = tasks.join_next().await {
        let outcome = outcome.unwrap();
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    }
}

/// When each message began, in order, once sure that each of `n` came once.
fn begun(brought: &Brought, n: usize) -> Vec<Instant> {
    let messages = brought.messages.lock().unwrap();
    let distinct: BTreeSet<&str> = messages.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!((messages.len(), distinct.len()), (n, n), "each message once");
    let mut begun: Vec<Instant> = messages.iter().map(|(at, _)| *at).collect();
    begun.sort();
    begun
}

#[tokio::test]
async fn a_pace_bounds_all_connections_together_and_every_message_arrives_once() {
    const N: usize = 16;
    let (port, brought) = server().await;
    let client = client(port, Some(MAX_PER_MINUTE));
    let start = Instant::now();
    send(&client, 0..N).await;
    // The n-th message waits for n turns: a late machine only makes it later.
    for (n, at) in begun(&brought, N).into_iter().enumerate() {
        assert!(at >= start + APART * n as u32, "message {n} left {:?} after the first could", at - start);
    }
    assert!(brought.n_connections.load(Ordering::Relaxed) > 1, "one connection alone would keep the pace by itself");
}

#[tokio::test]
async fn a_silence_saves_up_no_burst() {
    let (port, brought) = server().await;
    let client = client(port, Some(MAX_PER_MINUTE));
    send(&client, 0..1).await;
    tokio::time::sleep(APART * 8).await;
    let start = Instant::now();
    send(&client, 1..7).await;
    for (n, at) in begun(&brought, 7).into_iter().skip(1).enumerate() {
        assert!(at >= start + APART * n as u32, "message {n} left {:?} after the first could", at - start);
    }
}

#[tokio::test]
async fn without_a_pace_messages_leave_as_fast_as_connections_allow() {
    // What the bound of the other tests would refuse: all four connections begin at once.
    for attempt in 1.. {
        let (port, brought) = server().await;
        let start = Instant::now();
        send(&client(port, None), 0..4).await;
        let last = *begun(&brought, 4).last().unwrap();
        if last < start + APART * 3 {
            return;
        }
        assert!(attempt < 10, "four messages began over {:?}", last - start);
    }
}
