//! MLLP over real loopback sockets: cuts, garbage, bounds, silence, order, shutdown, TLS.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};
use tokio_util::sync::CancellationToken;

use super::*;

/// Answers `ack:<message>`; tells what it received. `slow…` is handled slowly, `panic…` never, `mute…` without answer.
struct Echo {
    events: mpsc::UnboundedSender<Event>,
    n_at_work: AtomicUsize,
    most_at_work: AtomicUsize,
}

impl Handler for Echo {
    fn receive<'a>(&'a self, _peer: &'a Peer, event: Event) -> HandlerFuture<'a> {
        Box::pin(async move {
            let n_at_work = self.n_at_work.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_work.fetch_max(n_at_work, Ordering::SeqCst);
            let answer = match &event {
                Event::Frame(bytes) if bytes.starts_with(b"mute") => None,
                Event::Frame(bytes) => {
                    assert!(!bytes.starts_with(b"panic"), "asked for");
                    if bytes.starts_with(b"slow") {
                        sleep(Duration::from_millis(60)).await;
                    }
                    Some([b"ack:", bytes.as_ref()].concat())
                }
                Event::TooLarge { .. } => Some(b"too large".to_vec()),
                Event::Truncated { .. } => None,
            };
            self.n_at_work.fetch_sub(1, Ordering::SeqCst);
            let _ = self.events.send(event);
            answer
        })
    }
}

struct Server {
    addr: SocketAddr,
    echo: Arc<Echo>,
    events: mpsc::UnboundedReceiver<Event>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(settings: ServerSettings) -> Self {
        Self::start_with(settings, None).await
    }

    async fn start_with(settings: ServerSettings, tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let (sender, events) = mpsc::unbounded_channel();
        let echo = Arc::new(Echo { events: sender, n_at_work: 0.into(), most_at_work: 0.into() });
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(listener, tls, settings, echo.clone(), stop.clone()));
        Self { addr, echo, events, stop, task }
    }

    async fn event(&mut self) -> Event {
        timeout(Duration::from_secs(5), self.events.recv()).await.expect("an event in time").expect("an event")
    }

    async fn client(&self) -> MllpClient {
        MllpClient::connect(self.addr, None, ClientSettings::default()).await.expect("a connection")
    }

    async fn raw(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        stream
    }
}

fn short() -> ServerSettings {
    ServerSettings { idle_timeout: Duration::from_millis(80), ..ServerSettings::default() }
}

fn frame(bytes: &'static [u8]) -> Event {
    Event::Frame(Bytes::from_static(bytes))
}

fn framed(messages: &[&[u8]]) -> Vec<u8> {
    let mut out = BytesMut::new();
    for message in messages {
        Codec::new(1).encode(*message, &mut out).expect("no mark inside");
    }
    out.to_vec()
}

/// Everything until the peer closes.
async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await.expect("a close in time").expect("no reset");
    bytes
}

fn events_of(codec: &mut Codec, chunks: &[&[u8]]) -> Vec<Event> {
    let mut buffer = BytesMut::new();
    let mut events = Vec::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        while let Some(event) = codec.decode(&mut buffer).expect("no error") {
            events.push(event);
        }
    }
    while let Some(event) = codec.decode_eof(&mut buffer).expect("no error") {
        events.push(event);
    }
    events
}

#[test]
fn frames_are_found_whatever_the_cut_and_whatever_lies_between() {
    let stream = b"junk\x0bone\x1c\r\r\n\x0btwo\x1c\x0bthree\x1c\r\x0b\x0bfour\x0bfive\x1c\rtail";
    let cut = |bytes: &'static [u8], cut| Event::Truncated { bytes: Bytes::from_static(bytes), cut };
    let expected = [frame(b"one"), frame(b"two"), frame(b"three"), cut(b"four", Cut::NewFrame), frame(b"five")];
    for size in 1..=stream.len() {
        let mut codec = Codec::new(100);
        let chunks: Vec<&[u8]> = stream.chunks(size).collect();
        assert_eq!(events_of(&mut codec, &chunks), expected, "chunks of {size}");
        // "junk", CR LF, the doubled start, "tail".
        assert_eq!((codec.n_stray_bytes(), codec.n_missing_cr()), (4 + 2 + 1 + 4, 1), "chunks of {size}");
    }
    assert_eq!(events_of(&mut Codec::new(100), &[b"\x0bhalf"]), [cut(b"half", Cut::EndOfStream)]);
}

#[test]
fn a_frame_beyond_the_bound_is_reported_once_and_skipped() {
    let stream = b"\x0b12345\x1c\r\x0b123456\x1c\r\x0bok\x1c\r";
    for size in 1..=stream.len() {
        let chunks: Vec<&[u8]> = stream.chunks(size).collect();
        let events = events_of(&mut Codec::new(5), &chunks);
        assert_eq!(events.len(), 3, "chunks of {size}: {events:?}");
        assert_eq!((&events[0], &events[2]), (&frame(b"12345"), &frame(b"ok")));
        assert!(matches!(events[1], Event::TooLarge { limit_bytes: 5, .. }), "chunks of {size}: {events:?}");
    }
}

#[test]
fn a_message_that_would_break_its_frame_is_not_framed() {
    for message in [&b"a\x1cb"[..], b"a\x0bb"] {
        assert!(Codec::new(9).encode(message, &mut BytesMut::new()).is_err());
    }
}

#[test]
fn debug_shows_lengths_only() {
    let shown = format!("{:?} {:?}", frame(b"SECRET"), Event::Truncated { bytes: "SECRET".into(), cut: Cut::Idle });
    assert!(!shown.contains("SECRET"), "{shown}");
}

#[tokio::test]
async fn a_message_sent_byte_by_byte_is_answered() {
    let mut server = Server::start(ServerSettings::default()).await;
    let mut stream = server.raw().await;
    for byte in framed(&[b"MSH|slowly"]) {
        stream.write_all(&[byte]).await.expect("sent");
        tokio::task::yield_now().await;
    }
    assert_eq!(server.event().await, frame(b"MSH|slowly"));
    stream.shutdown().await.expect("half closed");
    assert_eq!(read_all(&mut stream).await, framed(&[b"ack:MSH|slowly"]));
}

#[tokio::test]
async fn messages_of_one_packet_are_answered_in_order_though_handled_side_by_side() {
    let server = Server::start(ServerSettings::default()).await;
    let mut stream = server.raw().await;
    let messages: [&[u8]; 6] = [b"slow 1", b"2", b"mute", b"slow 3", b"4", b"5"];
    stream.write_all(&framed(&messages)).await.expect("sent");
    stream.shutdown().await.expect("half closed");
    let answers: [&[u8]; 5] = [b"ack:slow 1", b"ack:2", b"ack:slow 3", b"ack:4", b"ack:5"];
    assert_eq!(read_all(&mut stream).await, framed(&answers));
    assert!(server.echo.most_at_work.load(Ordering::SeqCst) >= 2);
}

#[tokio::test]
async fn messages_in_flight_are_bounded_and_none_is_lost() {
    let server = Server::start(ServerSettings { max_in_flight: 3, ..ServerSettings::default() }).await;
    let mut client = server.client().await;
    for _ in 0..10 {
        client.submit(b"slow").await.expect("sent");
    }
    for _ in 0..10 {
        assert_eq!(client.answer().await.expect("an answer"), "ack:slow");
    }
    assert_eq!(server.echo.most_at_work.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn bytes_in_flight_are_bounded_too() {
    let server = Server::start(ServerSettings { max_frame_bytes: 100, ..ServerSettings::default() }).await;
    let mut client = server.client().await;
    let message = [&b"slow"[..], &[b'x'; 86]].concat();
    for _ in 0..6 {
        client.submit(&message).await.expect("sent");
    }
    for _ in 0..6 {
        client.answer().await.expect("an answer");
    }
    assert_eq!(server.echo.most_at_work.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn garbage_around_frames_is_passed_over() {
    let server = Server::start(ServerSettings::default()).await;
    let mut stream = server.raw().await;
    stream.write_all(b"\r\nGET / HTTP/1.1\r\n\x0ba\x1c\r\n\n\x0bb\x1cnoise").await.expect("sent");
    stream.shutdown().await.expect("half closed");
    assert_eq!(read_all(&mut stream).await, framed(&[b"ack:a", b"ack:b"]));
}

#[tokio::test]
async fn a_message_beyond_the_bound_is_refused_aloud_while_the_peer_still_sends() {
    let mut server = Server::start(ServerSettings { max_frame_bytes: 1_000, ..ServerSettings::default() }).await;
    let mut stream = server.raw().await;
    let message = [&b"\x0bMSH|"[..], &vec![b'x'; 3_000_000], b"\x1c\r"].concat();
    stream.write_all(&message).await.expect("sent whole: the server lingers");
    match server.event().await {
        Event::TooLarge { limit_bytes: 1_000, head } => assert!(head.starts_with(b"MSH|")),
        other => panic!("{other:?}"),
    }
    stream.shutdown().await.expect("half closed");
    assert_eq!(read_all(&mut stream).await, framed(&[b"too large"]));
}

#[tokio::test]
async fn a_cut_message_is_kept_with_its_reason() {
    let mut server = Server::start(short()).await;
    let mut closing = server.raw().await;
    closing.write_all(b"\x0bhalf").await.expect("sent");
    drop(closing);
    let bytes = Bytes::from_static(b"half");
    assert_eq!(server.event().await, Event::Truncated { bytes: bytes.clone(), cut: Cut::EndOfStream });

    let mut silent = server.raw().await;
    silent.write_all(b"\x0bhalf").await.expect("sent");
    assert_eq!(server.event().await, Event::Truncated { bytes, cut: Cut::Idle });
    assert_eq!(read_all(&mut silent).await, b"");
}

#[tokio::test]
async fn silence_ends_a_connection_but_a_slow_handler_does_not() {
    let server = Server::start(ServerSettings { idle_timeout: Duration::from_millis(20), ..short() }).await;
    let mut client = server.client().await;
    assert_eq!(client.send(b"slow").await.expect("an answer"), "ack:slow");
    let mut silent = server.raw().await;
    assert_eq!(read_all(&mut silent).await, b"");
}

#[tokio::test]
async fn many_connections_each_get_their_own_answers() {
    let server = Server::start(ServerSettings::default()).await;
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..32 {
        let addr = server.addr;
        clients.spawn(async move {
            let mut client = MllpClient::connect(addr, None, ClientSettings::default()).await.expect("a connection");
            for turn in 0..50 {
                let message = format!("{number}/{turn}");
                let answer = client.send(message.as_bytes()).await.expect("an answer");
                assert_eq!(answer, format!("ack:{message}"));
            }
            client.close().await;
            number
        });
    }
    let done: HashSet<i32> = clients.join_all().await.into_iter().collect();
    assert_eq!(done.len(), 32);
}

#[tokio::test]
async fn connections_beyond_the_bound_are_closed_and_room_comes_back() {
    let server = Server::start(ServerSettings { max_connections: 1, ..ServerSettings::default() }).await;
    let mut first = server.client().await;
    assert_eq!(first.send(b"a").await.expect("an answer"), "ack:a");
    let mut second = server.client().await;
    assert!(second.send(b"b").await.is_err());
    assert!(!second.is_usable());
    first.close().await;
    for _ in 0..100 {
        if let Ok(answer) = server.client().await.send(b"c").await {
            assert_eq!(answer, "ack:c");
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("no room came back");
}

#[tokio::test]
async fn a_panic_of_the_handler_harms_its_connection_only() {
    let server = Server::start(ServerSettings::default()).await;
    let mut other = server.client().await;
    assert_eq!(other.send(b"a").await.expect("an answer"), "ack:a");
    assert!(server.client().await.send(b"panic").await.is_err());
    assert_eq!(other.send(b"b").await.expect("an answer"), "ack:b");
}

#[tokio::test]
async fn a_stopping_server_answers_what_it_took() {
    let server = Server::start(ServerSettings::default()).await;
    let mut client = server.client().await;
    client.submit(b"slow").await.expect("sent");
    while server.echo.n_at_work.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    server.stop.cancel();
    assert_eq!(client.answer().await.expect("an answer"), "ack:slow");
    timeout(Duration::from_secs(2), server.task).await.expect("in time").expect("no panic");
    assert!(MllpClient::connect(server.addr, None, ClientSettings::default()).await.is_err());
}

#[tokio::test]
async fn a_peer_that_vanishes_does_not_stop_the_handler() {
    let mut server = Server::start(ServerSettings::default()).await;
    let mut stream = server.raw().await;
    stream.write_all(&framed(&[b"slow"])).await.expect("sent");
    while server.echo.n_at_work.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    // Closing with a reset, as a crashed peer does.
    stream.set_zero_linger().expect("a socket");
    drop(stream);
    assert_eq!(server.event().await, frame(b"slow"));
}

#[tokio::test]
async fn a_late_answer_is_never_taken_for_another() {
    let server = Server::start(ServerSettings::default()).await;
    let settings = ClientSettings { answer_timeout: Duration::from_millis(10), ..ClientSettings::default() };
    let mut client = MllpClient::connect(server.addr, None, settings).await.expect("a connection");
    assert!(matches!(client.send(b"a\x1cb").await, Err(MllpError::FrameMark)));
    assert_eq!(client.send(b"fast").await.expect("an answer"), "ack:fast");
    assert!(matches!(client.send(b"slow").await, Err(MllpError::TimedOut { what: "answer", .. })));
    assert!(matches!(client.send(b"fast").await, Err(MllpError::Unusable)));
}

/// One self-signed certificate that both ends show and trust.
fn mutual_tls() -> (tokio_rustls::TlsAcceptor, ClientTls, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = || PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("a root");
    let roots = Arc::new(roots);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());

    let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.build().expect("a verifier"))
        .with_single_cert(vec![certificate.clone()], key())
        .expect("an identity");
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate.clone()], key())
        .expect("an identity");
    let server_name = ServerName::try_from("localhost").expect("a name");
    let client = ClientTls { config: Arc::new(client), server_name };
    (Arc::new(server).into(), client, certificate.to_vec())
}

/// Answers with the certificate of the peer.
struct ShowCertificate;

impl Handler for ShowCertificate {
    fn receive<'a>(&'a self, peer: &'a Peer, _event: Event) -> HandlerFuture<'a> {
        let length = peer.certificate.as_ref().map_or(0, |certificate| certificate.len());
        Box::pin(async move { Some(length.to_string().into_bytes()) })
    }
}

#[tokio::test]
async fn over_mutual_tls_large_messages_pass_and_the_handler_knows_the_certificate() {
    let (acceptor, client_tls, certificate) = mutual_tls();
    let server = Server::start_with(ServerSettings::default(), Some(acceptor.clone())).await;
    let settings = ClientSettings { max_answer_bytes: 2 << 20, ..ClientSettings::default() };
    let mut client = MllpClient::connect(server.addr, Some(client_tls.clone()), settings).await.expect("a handshake");
    let message = vec![b'x'; 1 << 20];
    let answer = client.send(&message).await.expect("an answer");
    assert_eq!(answer.len(), message.len() + 4);
    client.close().await;

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let handler = Arc::new(ShowCertificate);
    tokio::spawn(serve(listener, Some(acceptor), ServerSettings::default(), handler, CancellationToken::new()));
    let mut client = MllpClient::connect(addr, Some(client_tls), settings).await.expect("a handshake");
    assert_eq!(client.send(b"who am I").await.expect("an answer"), certificate.len().to_string());
    // A peer that speaks in clear gets nothing.
    let mut clear = MllpClient::connect(addr, None, settings).await.expect("a connection");
    assert!(clear.send(b"hello").await.is_err());
}
