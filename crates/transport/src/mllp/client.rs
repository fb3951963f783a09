//! The sending side: one connection, messages out, answers in.
//!
//! It pairs answers with messages by their order and looks into neither: comparing MSA-2 with MSH-10 is the caller's.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::bytes::{Bytes, BytesMut};
use tokio_util::codec::Encoder;

use super::codec::{Codec, Event};

/// Bounds and patience of a client.
#[derive(Clone, Copy, Debug)]
pub struct ClientSettings {
    /// Connection and TLS handshake together.
    pub connect_timeout: Duration,
    /// Sending one message.
    pub send_timeout: Duration,
    /// From a sent message to the end of its answer.
    pub answer_timeout: Duration,
    /// Longest answer.
    pub max_answer_bytes: usize,
}

impl Default for ClientSettings {
    /// 10 s, 30 s, 30 s, 1 MiB.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
            max_answer_bytes: 1 << 20,
        }
    }
}

/// How to speak TLS to a server.
#[derive(Clone, Debug)]
pub struct ClientTls {
    /// What is trusted and shown; see [`crate::tls`].
    pub config: Arc<ClientConfig>,
    /// The name the server's certificate must bear.
    pub server_name: ServerName<'static>,
}

/// Why a message got no answer. Whether the peer took the message is unknown, except for `Connect` and `FrameMark`: send it
/// again under the same control id.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MllpError {
    /// No connection, or the TLS handshake failed.
    #[error("the peer cannot be reached")]
    Connect(#[source] io::Error),
    /// The message holds a frame mark (0x0B or 0x1C) and was not sent.
    #[error("the message holds a frame mark")]
    FrameMark,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] io::Error),
    /// A time limit passed.
    #[error("no {what} within {after:?}")]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// The limit.
        after: Duration,
    },
    /// The peer closed before the end of its answer.
    #[error("the peer closed without a whole answer")]
    Closed,
    /// The answer is longer than the bound.
    #[error("the answer is larger than {limit_bytes} bytes")]
    AnswerTooLarge {
        /// The bound.
        limit_bytes: usize,
    },
    /// An earlier error left answers that could be taken for others: connect again.
    #[error("the connection failed before")]
    Unusable,
}

trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// A connection to a peer.
pub struct MllpClient {
    stream: Box<dyn Stream>,
    settings: ClientSettings,
    codec: Codec,
    received: BytesMut,
    usable: bool,
    peer: SocketAddr,
}

impl MllpClient {
    /// Connects, and shakes hands when `tls` is given.
    ///
    /// # Errors
    /// [`MllpError::Connect`] and [`MllpError::TimedOut`].
    pub async fn connect(
        addr: impl ToSocketAddrs,
        tls: Option<ClientTls>,
        settings: ClientSettings,
    ) -> Result<Self, MllpError> {
        let connecting = async {
            let tcp = TcpStream::connect(addr).await?;
            tcp.set_nodelay(true)?;
            let peer = tcp.peer_addr()?;
            let stream: Box<dyn Stream> = match tls {
                None => Box::new(tcp),
                Some(tls) => Box::new(TlsConnector::from(tls.config).connect(tls.server_name, tcp).await?),
            };
            Ok((stream, peer))
        };
        let (stream, peer) =
            in_time(settings.connect_timeout, "connection", connecting).await?.map_err(MllpError::Connect)?;
        let codec = Codec::new(settings.max_answer_bytes);
        Ok(Self { stream, settings, codec, received: BytesMut::new(), usable: true, peer })
    }

    /// Sends a message (ER7, without frame) and waits for its answer (likewise).
    ///
    /// # Errors
    /// Any [`MllpError`]. After any but `FrameMark` the connection is unusable, so that a late answer is never taken for
    /// the answer to a later message.
    pub async fn send(&mut self, message: &[u8]) -> Result<Bytes, MllpError> {
        self.submit(message).await?;
        self.answer().await
    }

    /// Sends a message without waiting. Each must be followed, later and in order, by one [`Self::answer`]; a server takes
    /// a bounded number of messages ahead, so keep few in flight.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn submit(&mut self, message: &[u8]) -> Result<(), MllpError> {
        self.check()?;
        let mut frame = BytesMut::new();
        self.codec.encode(message, &mut frame).map_err(|_| MllpError::FrameMark)?;
        // Until it is whole on its way, even when the caller drops this future.
        self.usable = false;
        let sending = async {
            self.stream.write_all(&frame).await?;
            self.stream.flush().await
        };
        in_time(self.settings.send_timeout, "room to send", sending).await?.map_err(MllpError::Broken)?;
        self.usable = true;
        Ok(())
    }

    /// The answer to the oldest message that has none yet.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn answer(&mut self) -> Result<Bytes, MllpError> {
        self.check()?;
        self.usable = false;
        let (stream, codec, received) = (&mut self.stream, &mut self.codec, &mut self.received);
        let answering = async {
            loop {
                match codec.next_event(received) {
                    Some(Event::Frame(answer)) => return Ok(answer),
                    Some(Event::Truncated { .. }) => return Err(MllpError::Closed),
                    Some(Event::TooLarge { limit_bytes, .. }) => {
                        return Err(MllpError::AnswerTooLarge { limit_bytes });
                    }
                    None => match stream.read_buf(received).await {
                        Ok(0) => return Err(MllpError::Closed),
                        Ok(_) => {}
                        Err(error) => return Err(MllpError::Broken(error)),
                    },
                }
            }
        };
        let answer = in_time(self.settings.answer_timeout, "answer", answering).await??;
        self.usable = true;
        Ok(answer)
    }

    /// The address connected to.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// False once an error made the order of answers unsure.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    /// Ends the connection politely, within the time limit of sending.
    pub async fn close(mut self) {
        let _ = timeout(self.settings.send_timeout, self.stream.shutdown()).await;
    }

    fn check(&self) -> Result<(), MllpError> {
        if self.usable { Ok(()) } else { Err(MllpError::Unusable) }
    }
}

async fn in_time<T>(after: Duration, what: &'static str, future: impl Future<Output = T>) -> Result<T, MllpError> {
    timeout(after, future).await.map_err(|_| MllpError::TimedOut { what, after })
}

impl fmt::Debug for MllpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MllpClient({})", self.peer)
    }
}
