//! HL7 v2.x messages in ER7 ("pipes and hats"): bytes in, a [`Message`] with lazy field access out, and back.
//!
//! In reading order: [`decode`] and [`Limits`], the [`Message`] and its [`Segment`]s and [`Field`]s, [`Ts`] (times),
//! [`MessageBuilder`] (writing), [`ack`] (acknowledgments), [`oru`] (result groups).
//!
//! The crate knows the international standard only. It knows no country, no laboratory, no transport: framing (MLLP)
//! is elsewhere, and time and identifiers are always arguments.
//!
//! ```
//! let bytes = b"MSH|^~\\&|LAB|SITE|EHR|SITE|20240104161000||ORU^R01^ORU_R01|42|P|2.5\rPID|1||123^^^LAB\r";
//! let message = hl7v2::decode(bytes, &hl7v2::Limits::default()).expect("a plain message");
//! assert_eq!(message.control_id(), "42");
//! let pid = message.segment("PID").expect("a PID");
//! assert_eq!(pid.field(3).component(1).text(), "123");
//! assert_eq!(message.encode(), bytes);
//! ```

mod charset;
mod decode;
mod delimiters;
mod element;
mod error;
mod escape;
mod message;
mod path;

pub mod ack;
mod builder;
pub mod oru;
mod ts;

pub use builder::{BuildError, Cell, MessageBuilder, SegmentBuilder};
pub use charset::Charset;
pub use decode::{Limits, decode};
pub use delimiters::Delimiters;
pub use element::{Component, Field, FieldValue, Repetition, Segment, Subcomponent};
pub use error::{DecodeError, Place};
pub use message::{Message, MessageType, Quirk};
pub use path::{FieldPath, SegmentName};
pub use ts::{Precision, Ts, TsError};
