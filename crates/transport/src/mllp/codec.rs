//! Frames in a stream of bytes. In: bytes in any cut. Out: [`Event`]s. Forgiving about what lies between frames (counted),
//! about a missing CR after the end mark (counted), and about a frame that starts inside another (reported).

use std::fmt;
use std::io;

use memchr::{memchr, memchr2};
use tokio_util::bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// Start of a frame.
const START: u8 = 0x0B;
/// End of a frame, followed by CR.
const END: u8 = 0x1C;
const CR: u8 = 0x0D;

/// What a peer sent. `Debug` shows lengths only.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// A whole frame, marks removed.
    Frame(Bytes),
    /// The beginning of a frame whose end never came.
    Truncated {
        /// What came, never empty.
        bytes: Bytes,
        /// Why no more came.
        cut: Cut,
    },
    /// A frame beyond the bound. The rest of it is skipped; a server closes the connection after the answer.
    TooLarge {
        /// The bound.
        limit_bytes: usize,
        /// What came before the bound was noticed: the header of the message is in it.
        head: Bytes,
    },
}

/// Why a frame has no end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// Another frame started.
    NewFrame,
    /// The peer closed, or the connection broke.
    EndOfStream,
    /// The peer kept silent for too long.
    Idle,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(bytes) => write!(f, "Frame({} bytes)", bytes.len()),
            Self::Truncated { bytes, cut } => {
                write!(f, "Truncated({} bytes, {cut:?})", bytes.len())
            }
            Self::TooLarge { limit_bytes, .. } => write!(f, "TooLarge({limit_bytes} bytes)"),
        }
    }
}

impl Event {
    /// Bytes held.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Frame(bytes) | Self::Truncated { bytes, .. } | Self::TooLarge { head: bytes, .. } => bytes.len(),
        }
    }
}

/// The frame reader and writer.
#[derive(Debug)]
pub struct Codec {
    max_frame_bytes: usize,
    state: State,
    n_stray_bytes: u64,
    n_missing_cr: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Waiting for a start mark; `after_end`: a CR is due first.
    Between { after_end: bool },
    /// The first `scanned` bytes of the buffer hold no mark.
    Inside { scanned: usize },
    /// In a frame beyond the bound.
    Skipping,
}

impl Codec {
    /// A codec that refuses frames of more than so many bytes, marks not counted.
    pub fn new(max_frame_bytes: usize) -> Self {
        Self { max_frame_bytes, state: State::Between { after_end: false }, n_stray_bytes: 0, n_missing_cr: 0 }
    }

    /// Bytes met outside of frames so far.
    pub fn n_stray_bytes(&self) -> u64 {
        self.n_stray_bytes
    }

    /// Frames whose end mark was followed by another byte than CR so far.
    pub fn n_missing_cr(&self) -> u64 {
        self.n_missing_cr
    }

    /// The next event in the buffer, `None` when more bytes are needed.
    pub fn next_event(&mut self, buffer: &mut BytesMut) -> Option<Event> {
        loop {
            match self.state {
                State::Between { after_end } => {
                    let first = *buffer.first()?;
                    self.state = State::Between { after_end: false };
                    if after_end && first == CR {
                        buffer.advance(1);
                        continue;
                    }
                    self.n_missing_cr += u64::from(after_end);
                    let n_stray = memchr(START, buffer).unwrap_or(buffer.len());
                    self.n_stray_bytes += n_stray as u64;
                    if n_stray == buffer.len() {
                        buffer.clear();
                        return None;
                    }
                    buffer.advance(n_stray + 1);
                    self.state = State::Inside { scanned: 0 };
                }
                State::Inside { scanned } => {
                    let length = memchr2(START, END, &buffer[scanned..]).map(|at| scanned + at);
                    let too_large = length.unwrap_or(buffer.len()) > self.max_frame_bytes;
                    let Some(length) = length else {
                        if too_large {
                            self.state = State::Skipping;
                            return Some(self.too_large(buffer.split()));
                        }
                        self.state = State::Inside { scanned: buffer.len() };
                        return None;
                    };
                    let content = buffer.split_to(length);
                    let cut = self.pass_mark(buffer);
                    match (too_large, cut) {
                        (true, _) => return Some(self.too_large(content)),
                        (false, None) => return Some(Event::Frame(content.freeze())),
                        (false, Some(_)) if content.is_empty() => self.n_stray_bytes += 1,
                        (false, Some(cut)) => {
                            return Some(Event::Truncated { bytes: content.freeze(), cut });
                        }
                    }
                }
                State::Skipping => {
                    let Some(length) = memchr2(START, END, buffer) else {
                        buffer.clear();
                        return None;
                    };
                    buffer.advance(length);
                    self.pass_mark(buffer);
                }
            }
        }
    }

    /// Takes the mark at the head of the buffer; says whether it cut the frame.
    fn pass_mark(&mut self, buffer: &mut BytesMut) -> Option<Cut> {
        let is_start = buffer.first() == Some(&START);
        buffer.advance(1);
        self.state = if is_start { State::Inside { scanned: 0 } } else { State::Between { after_end: true } };
        is_start.then_some(Cut::NewFrame)
    }

    fn too_large(&self, head: BytesMut) -> Event {
        Event::TooLarge { limit_bytes: self.max_frame_bytes, head: head.freeze() }
    }

    /// When no more bytes will come: what is left of a frame, if one had started.
    pub fn last_event(&mut self, buffer: &mut BytesMut, cut: Cut) -> Option<Event> {
        let inside = matches!(self.state, State::Inside { .. });
        self.state = State::Between { after_end: false };
        let bytes = buffer.split().freeze();
        (inside && !bytes.is_empty()).then_some(Event::Truncated { bytes, cut })
    }
}

impl Decoder for Codec {
    type Item = Event;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Event>> {
        Ok(self.next_event(buffer))
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Event>> {
        Ok(self.next_event(buffer).or_else(|| self.last_event(buffer, Cut::EndOfStream)))
    }
}

impl Encoder<&[u8]> for Codec {
    type Error = io::Error;

    /// Frames a message. `InvalidData` when it holds a mark, which would break the frame: well-formed ER7 never does.
    fn encode(&mut self, message: &[u8], out: &mut BytesMut) -> io::Result<()> {
        if memchr2(START, END, message).is_some() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the message holds a frame mark"));
        }
        out.reserve(message.len() + 3);
        out.put_u8(START);
        out.put_slice(message);
        out.put_slice(&[END, CR]);
        Ok(())
    }
}
