//! Internet mail: values in, message bytes out; received bytes in, reports and parts out.
//!
//! Writes RFC 5322 messages with MIME parts (RFC 2045, 2047, 2231), always with the same bytes for
//! the same arguments: date, identifiers and boundaries come from the caller.
//! Reads delivery reports (RFC 3464), disposition notifications (RFC 8098) and ordinary bounces.
//! It deliberately knows no network, no clock, no country and no laboratory.

pub mod address;
pub mod autoconfig;
pub mod base64;
pub mod date;
mod header;
pub mod message;
mod parts;
pub mod received;
pub mod report;
mod text;

pub use address::{Address, AddressError, Mailbox, MessageId};
pub use date::Date;
pub use message::{Attachment, EncodeError, Message};
pub use received::Received;
pub use report::{Decoded, Report};
