//! MLLP: HL7 v2 messages over TCP or TLS, each between `0x0B` and `0x1C 0x0D`.
//!
//! In: a listener and a [`Handler`], or an address and bytes to send. Out: events for the handler, whose answers go back
//! in order; the peer's answer for a client. It knows frames, time limits and bounds, and nothing of what a frame holds.
//!
//! Source: HL7 v2 Transport Specification, MLLP release 1 (the acknowledgment is the HL7 message in the answer).

mod client;
mod codec;
mod server;
#[cfg(test)]
#[expect(clippy::panic, reason = "tests fail aloud")]
mod tests;

pub use client::{ClientSettings, ClientTls, MllpClient, MllpError};
pub use codec::{Codec, Cut, Event};
pub use server::{Handler, HandlerFuture, Peer, ServerSettings, serve};

/// Longest message by default: 32 MiB, some ten times the largest documents seen.
pub const DEFAULT_MAX_FRAME_BYTES: usize = 32 << 20;
