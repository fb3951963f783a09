//! One connection seen by a server: lines and message data in, buffered replies out.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::faults::Handshake;

/// A peer silent for that long is closed.
const IDLE_LIMIT: Duration = Duration::from_secs(600);
/// A handshake may take that long, once it has begun.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
/// How much of the server's first message goes out when a handshake is cut: less than a `ServerHello`.
const N_BYTES_BEFORE_CUT: usize = 40;
/// Sent instead of a `ServerHello`.
const GARBAGE: &[u8] = b"\xde\xad\xbe\xef not TLS (simulation)\r\n";
/// Largest capacity reserved because a peer announced a size.
const MAX_RESERVED: usize = 1024 * 1024;

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection and its buffers.
pub(super) struct Wire {
    stream: Stream,
    unread: BytesMut,
    replies: Vec<u8>,
}

/// What `DATA` gave.
pub(super) enum Data {
    /// Prefix, then the message without its transparency dots.
    Complete(Vec<u8>),
    /// Larger than the bound; read to its end and dropped.
    TooLarge,
}

impl Wire {
    pub(super) fn new(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        Ok(Self { stream: Stream::Plain(tcp), unread: BytesMut::with_capacity(8192), replies: Vec::new() })
    }

    pub(super) fn is_protected(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// Performs the handshake, or breaks it on request. What the peer sent in clear after its request is dropped.
    ///
    /// Errors: `ConnectionAborted` for a handshake broken on request; those of the connection.
    pub(super) async fn protect(self, acceptor: &TlsAcceptor, (wait, end): (Duration, Handshake)) -> io::Result<Self> {
        let Stream::Plain(tcp) = self.stream else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        tokio::time::sleep(wait).await;
        let made = async {
            match end {
                Handshake::Made => acceptor.accept(tcp).await,
                Handshake::Cut => Err(cut(tcp, acceptor).await),
                Handshake::Garbled => Err(garble(tcp).await),
            }
        };
        let stream = timeout(HANDSHAKE_LIMIT, made).await??;
        Ok(Self {
            stream: Stream::Tls(Box::new(stream)),
            unread: BytesMut::with_capacity(16 * 1024),
            replies: Vec::new(),
        })
    }

    /// Adds to the replies, sent at the next flush.
    pub(super) fn reply(&mut self, text: &str) {
        self.replies.extend_from_slice(text.as_bytes());
    }

    /// Sends the waiting replies, then these bytes, without copying them.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.flush().await?;
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes).await,
            Stream::Tls(stream) => stream.write_all(bytes).await,
        }
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        let result = match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(&self.replies).await,
            Stream::Tls(stream) => {
                stream.write_all(&self.replies).await?;
                stream.flush().await
            }
        };
        self.replies.clear();
        result
    }

    /// Sends the waiting replies and says goodbye.
    pub(super) async fn close(mut self) -> io::Result<()> {
        self.flush().await?;
        match &mut self.stream {
            Stream::Plain(stream) => stream.shutdown().await,
            Stream::Tls(stream) => stream.shutdown().await,
        }
    }

    /// Reads one line without its line end; `None` when the peer closed.
    /// Replies are flushed first, unless a line is already there: a peer that pipelines gets
    /// its answers together.
    ///
    /// Errors: `InvalidData` for a line longer than `max`.
    pub(super) async fn line(&mut self, max: usize) -> io::Result<Option<Bytes>> {
        let mut searched = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.unread[searched..]) {
                let mut line = self.unread.split_to(searched + at + 1);
                line.truncate(searched + at);
                if line.last() == Some(&b'\r') {
                    line.truncate(line.len() - 1);
                }
                return Ok(Some(line.freeze()));
            }
            searched = self.unread.len();
            if searched > max {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.flush().await?;
            if self.read_more().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Reads exactly `n` bytes: an IMAP literal.
    pub(super) async fn exactly(&mut self, n: usize) -> io::Result<Bytes> {
        self.flush().await?;
        while self.unread.len() < n {
            if self.read_more().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.unread.split_to(n).freeze())
    }

    /// Reads message data up to the final dot, appended to `prefix`.
    pub(super) async fn data(&mut self, prefix: Vec<u8>, announced: usize, max: usize) -> io::Result<Data> {
        self.flush().await?;
        let start = prefix.len();
        let mut body = prefix;
        body.reserve(announced.min(max).min(MAX_RESERVED) + 16 * 1024);
        body.extend_from_slice(&self.unread);
        self.unread.clear();
        let finder = memmem::Finder::new(b"\r\n.\r\n");
        let mut is_too_large = false;
        let mut searched = start;
        loop {
            let end = if body[start..].starts_with(b".\r\n") {
                Some((start, start + 3))
            } else {
                finder.find(&body[searched..]).map(|at| (searched + at + 2, searched + at + 5))
            };
            if let Some((end, after)) = end {
                self.unread.extend_from_slice(&body[after..]);
                body.truncate(end);
                if is_too_large || end - start > max {
                    return Ok(Data::TooLarge);
                }
                remove_transparency(&mut body, start);
                return Ok(Data::Complete(body));
            }
            if body.len() - start > max + 4 {
                // Only the last bytes matter now, in case the final dot is cut in two. Something
                // stays before them so that they are not taken for the start of the message.
                is_too_large = true;
                let tail = body.len() - 4;
                body.drain(start + 1..tail);
            }
            searched = body.len().saturating_sub(4).max(start);
            if body.capacity() - body.len() < 16 * 1024 {
                body.reserve(body.len().max(64 * 1024));
            }
            if self.read_into(&mut body).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn read_more(&mut self) -> io::Result<usize> {
        self.unread.reserve(4096);
        let mut unread = std::mem::take(&mut self.unread);
        let read = match &mut self.stream {
            Stream::Plain(stream) => timeout(IDLE_LIMIT, stream.read_buf(&mut unread)).await,
            Stream::Tls(stream) => timeout(IDLE_LIMIT, stream.read_buf(&mut unread)).await,
        };
        self.unread = unread;
        read?
    }

    async fn read_into(&mut self, body: &mut Vec<u8>) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(stream) => timeout(IDLE_LIMIT, stream.read_buf(body)).await?,
            Stream::Tls(stream) => timeout(IDLE_LIMIT, stream.read_buf(body)).await?,
        }
    }

    /// Waits for bytes without taking them: `false` when the peer closed.
    pub(super) async fn readable(&mut self) -> io::Result<bool> {
        self.flush().await?;
        if self.unread.has_remaining() {
            return Ok(true);
        }
        Ok(self.read_more().await? > 0)
    }
}

/// Begins a true handshake and closes in the middle of the server's first message.
async fn cut(tcp: TcpStream, acceptor: &TlsAcceptor) -> io::Error {
    let (server, between) = tokio::io::duplex(16 * 1024);
    let (mut from_server, mut to_server) = tokio::io::split(between);
    let (mut from_peer, mut to_peer) = tcp.into_split();
    let answer = async {
        let mut part = [0; N_BYTES_BEFORE_CUT];
        from_server.read_exact(&mut part).await?;
        to_peer.write_all(&part).await
    };
    let ended = tokio::select! {
        answered = answer => answered,
        copied = tokio::io::copy(&mut from_peer, &mut to_server) => copied.map(drop),
        accepted = acceptor.accept(server) => accepted.map(drop),
    };
    ended.err().unwrap_or_else(|| io::ErrorKind::ConnectionAborted.into())
}

/// Waits for the peer's first bytes, answers anything but TLS and closes.
async fn garble(mut tcp: TcpStream) -> io::Error {
    // What stays unread would make the close an error, which may overtake the garbage.
    let mut hello = [0; 16 * 1024];
    let answered = async {
        match tcp.read(&mut hello).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => tcp.write_all(GARBAGE).await,
        }
    };
    answered.await.err().unwrap_or_else(|| io::ErrorKind::ConnectionAborted.into())
}

/// Drops the dot added before each line that starts with one (RFC 5321 §4.5.2), in place.
fn remove_transparency(body: &mut Vec<u8>, start: usize) {
    let finder = memmem::Finder::new(b"\r\n.");
    let mut read = start;
    let mut write = start;
    if body.get(start) == Some(&b'.') {
        read += 1;
    }
    while let Some(at) = finder.find(&body[read..]) {
        let end = read + at + 2;
        body.copy_within(read..end, write);
        write += end - read;
        read = end + 1;
    }
    if read != write {
        body.copy_within(read.., write);
        let len = body.len() - (read - write);
        body.truncate(len);
    }
}

#[cfg(test)]
mod tests {
    use super::remove_transparency;

    #[test]
    fn added_dots_are_removed_wherever_lines_start() {
        for (sent, expected) in [
            (&b"P..a\r\n...b\r\nc.d\r\n"[..], &b"P.a\r\n..b\r\nc.d\r\n"[..]),
            (b"Pa\r\nb\r\n", b"Pa\r\nb\r\n"),
            (b"P", b"P"),
            (b"Pa\r\n..", b"Pa\r\n."),
        ] {
            let mut body = sent.to_vec();
            remove_transparency(&mut body, 1);
            assert_eq!(body, expected);
        }
    }
}
