//! The receiving side: connections in, events to a [`Handler`], answers back in the order of the messages.
//!
//! A peer need not wait for an answer before its next message: handlers of one connection run side by side, up to a bound in
//! number and in bytes, and their answers are put in order. It does not know what is answered, nor why.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesOrdered, StreamExt};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::Encoder;
use tokio_util::sync::CancellationToken;

use super::codec::{Codec, Cut, Event};

/// Answers waiting to be taken by the peer, above which its messages wait too.
const MAX_WAITING_BYTES: usize = 1 << 20;
/// How long a refused peer may go on sending before the connection is cut, so that it can read why.
const LINGER: Duration = Duration::from_secs(2);

/// Bounds and patience of a server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Longest frame. A connection holds at most three times this.
    pub max_frame_bytes: usize,
    /// Longest silence of a peer whose messages are all answered, and longest wait for it to take an answer.
    pub idle_timeout: Duration,
    /// Longest TLS handshake.
    pub handshake_timeout: Duration,
    /// Connections at a time; the next ones are closed at once.
    pub max_connections: usize,
    /// Messages of one connection being handled at a time.
    pub max_in_flight: usize,
    /// How long messages being handled may take to end when the server stops.
    pub shutdown_grace: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            max_frame_bytes: super::DEFAULT_MAX_FRAME_BYTES,
            idle_timeout: Duration::from_secs(300),
            handshake_timeout: Duration::from_secs(10),
            max_connections: 256,
            max_in_flight: 64,
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// Who is at the other end.
#[derive(Clone)]
pub struct Peer {
    /// Its address.
    pub addr: SocketAddr,
    /// Number of the connection since the server started, from 1.
    pub connection: u64,
    /// Its certificate (DER), verified, when TLS asked for one.
    pub certificate: Option<CertificateDer<'static>>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificate = if self.certificate.is_some() { ", with certificate" } else { "" };
        write!(f, "Peer({} #{}{certificate})", self.addr, self.connection)
    }
}

/// The answer to come: ER7 bytes without frame, or `None` to say nothing.
pub type HandlerFuture<'a> = Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send + 'a>>;

/// What takes the messages.
pub trait Handler: Send + Sync + 'static {
    /// Called in the order of reception of each connection; the futures of one connection then run side by side.
    ///
    /// After [`Event::TooLarge`] the answer is sent and the connection closed. After [`Event::Truncated`] an answer is
    /// seldom read. An answer that holds a frame mark is not sent. A panic ends the connection, not the server.
    fn receive<'a>(&'a self, peer: &'a Peer, event: Event) -> HandlerFuture<'a>;
}

/// Serves until `shutdown` is cancelled, then lets messages being handled end, within the grace.
///
/// With `tls`, every connection starts with a handshake. A failing connection is logged and harms no other.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    settings: ServerSettings,
    handler: Arc<dyn Handler>,
    shutdown: CancellationToken,
) {
    let mut connections = JoinSet::new();
    let mut n_accepted = 0;
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                report_end(ended);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let (stream, addr) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or a peer gone before we looked: both pass.
                tracing::warn!(%error, "an MLLP connection could not be accepted");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if connections.len() >= settings.max_connections {
            tracing::warn!(peer = %addr, limit = settings.max_connections, "an MLLP connection was refused: too many");
            continue;
        }
        n_accepted += 1;
        let peer = Peer { addr, connection: n_accepted, certificate: None };
        let server = (tls.clone(), settings.clone(), handler.clone(), shutdown.clone());
        connections.spawn(async move {
            let (tls, settings, handler, shutdown) = server;
            if let Err(error) = welcome(stream, tls, peer, &settings, &*handler, &shutdown).await {
                tracing::info!(peer = %addr, %error, "an MLLP connection broke");
            }
        });
    }
    drop(listener);
    let all = async {
        while let Some(ended) = connections.join_next().await {
            report_end(ended);
        }
    };
    if timeout(settings.shutdown_grace, all).await.is_err() {
        tracing::warn!(n_connections = connections.len(), "MLLP connections were cut at shutdown");
        connections.shutdown().await;
    }
}

fn report_end(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("an MLLP connection ended by a panic of its handler");
    }
}

async fn welcome(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    mut peer: Peer,
    settings: &ServerSettings,
    handler: &dyn Handler,
    shutdown: &CancellationToken,
) -> io::Result<()> {
    // Answers are short and awaited.
    stream.set_nodelay(true)?;
    let Some(tls) = tls else {
        return converse(stream, &peer, settings, handler, shutdown).await;
    };
    let stream = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        stream = timeout(settings.handshake_timeout, tls.accept(stream)) => stream??,
    };
    let certificates = stream.get_ref().1.peer_certificates();
    peer.certificate = certificates.and_then(|chain| chain.first()).map(|leaf| leaf.clone().into_owned());
    converse(stream, &peer, settings, handler, shutdown).await
}

/// Takes the messages of one connection and sends their answers, until the peer closes, is silent or is refused.
///
/// Whatever happens to the connection, a handler that has started runs to its end: its message may be half stored.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: &Peer,
    settings: &ServerSettings,
    handler: &dyn Handler,
    shutdown: &CancellationToken,
) -> io::Result<()> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut exchange = Exchange::new(peer, settings, handler);
    let mut deadline = Instant::now() + settings.idle_timeout;
    loop {
        exchange.take_messages();
        if exchange.is_over() {
            break;
        }
        // In this order, so that answers that are ready leave in one write.
        tokio::select! {
            biased;
            Some(answer) = exchange.in_flight.next(), if exchange.to_send.len() < MAX_WAITING_BYTES => {
                exchange.answer(answer);
            }
            sent = send(&mut writer, &mut exchange.to_send, &mut exchange.unflushed), if exchange.has_to_send() => {
                if let Err(error) = sent {
                    exchange.abandon(error);
                }
            }
            () = shutdown.cancelled(), if exchange.open => exchange.open = false,
            read = reader.read_buf(&mut exchange.received), if exchange.open && exchange.has_room() => match read {
                Ok(1..) => {}
                Ok(0) => exchange.last_message(Cut::EndOfStream),
                Err(error) => {
                    exchange.last_message(Cut::EndOfStream);
                    exchange.abandon(error);
                }
            },
            () = sleep_until(deadline), if exchange.waits_for_peer() => {
                if exchange.to_send.is_empty() {
                    exchange.last_message(Cut::Idle);
                } else {
                    exchange.abandon(io::Error::new(io::ErrorKind::TimedOut, "the peer takes no answer"));
                }
            }
        }
        deadline = Instant::now() + settings.idle_timeout;
    }
    tracing::debug!(
        ?peer,
        n_stray_bytes = exchange.codec.n_stray_bytes(),
        n_missing_cr = exchange.codec.n_missing_cr(),
        "an MLLP connection ended"
    );
    if let Some(error) = exchange.error {
        return Err(error);
    }
    let farewell = async {
        writer.shutdown().await?;
        // Closing while bytes arrive resets the connection, and the peer would lose our answer.
        let mut sink = vec![0; 1 << 14];
        while exchange.refused && reader.read(&mut sink).await? > 0 {}
        Ok(())
    };
    timeout(LINGER, farewell).await.unwrap_or(Ok(()))
}

/// One step of sending: a write, or a flush when all is written. Loses nothing when dropped half-way.
async fn send(writer: &mut (impl AsyncWrite + Unpin), to_send: &mut BytesMut, unflushed: &mut bool) -> io::Result<()> {
    if to_send.is_empty() {
        writer.flush().await?;
        *unflushed = false;
    } else if writer.write_buf(to_send).await? == 0 {
        return Err(io::ErrorKind::WriteZero.into());
    } else {
        *unflushed = true;
    }
    Ok(())
}

/// The state of one connection.
struct Exchange<'a> {
    peer: &'a Peer,
    settings: &'a ServerSettings,
    handler: &'a dyn Handler,
    codec: Codec,
    received: BytesMut,
    in_flight: FuturesOrdered<HandlerFuture<'a>>,
    /// Bytes of each message in flight, in the same order.
    in_flight_bytes: VecDeque<usize>,
    to_send: BytesMut,
    unflushed: bool,
    /// More messages are wanted.
    open: bool,
    /// The peer may still be sending the message that we refused.
    refused: bool,
    /// Why answers no longer reach the peer.
    error: Option<io::Error>,
}

impl<'a> Exchange<'a> {
    fn new(peer: &'a Peer, settings: &'a ServerSettings, handler: &'a dyn Handler) -> Self {
        Self {
            peer,
            settings,
            handler,
            codec: Codec::new(settings.max_frame_bytes),
            received: BytesMut::new(),
            in_flight: FuturesOrdered::new(),
            in_flight_bytes: VecDeque::new(),
            to_send: BytesMut::new(),
            unflushed: false,
            open: true,
            refused: false,
            error: None,
        }
    }

    fn is_over(&self) -> bool {
        !self.open && self.in_flight.is_empty() && !self.has_to_send()
    }

    fn has_to_send(&self) -> bool {
        !self.to_send.is_empty() || self.unflushed
    }

    fn has_room(&self) -> bool {
        self.in_flight.len() < self.settings.max_in_flight
            && self.in_flight_bytes.iter().sum::<usize>() <= self.settings.max_frame_bytes
    }

    /// Nothing can happen before the peer sends or takes something.
    fn waits_for_peer(&self) -> bool {
        self.in_flight.is_empty() || self.to_send.len() >= MAX_WAITING_BYTES
    }

    /// Hands the messages already received to the handler, as far as there is room.
    fn take_messages(&mut self) {
        while self.open && self.has_room() {
            let Some(event) = self.codec.next_event(&mut self.received) else {
                return;
            };
            if matches!(event, Event::TooLarge { .. }) {
                self.open = false;
                self.refused = true;
            }
            self.hand_over(event);
        }
    }

    /// No more messages, except the part of one.
    fn last_message(&mut self, cut: Cut) {
        self.open = false;
        if let Some(event) = self.codec.last_event(&mut self.received, cut) {
            self.hand_over(event);
        }
    }

    fn hand_over(&mut self, event: Event) {
        self.in_flight_bytes.push_back(event.len());
        self.in_flight.push_back(self.handler.receive(self.peer, event));
    }

    fn answer(&mut self, answer: Option<Vec<u8>>) {
        self.in_flight_bytes.pop_front();
        let Some(answer) = answer.filter(|_| self.error.is_none()) else {
            return;
        };
        if self.codec.encode(&answer, &mut self.to_send).is_err() {
            tracing::error!(peer = ?self.peer, "an answer holds a frame mark and was not sent");
        }
    }

    /// The connection is broken: what is being handled ends, nothing more is read or sent.
    fn abandon(&mut self, error: io::Error) {
        self.open = false;
        self.unflushed = false;
        self.to_send.clear();
        self.error = Some(error);
    }
}
