//! Acknowledgments: the answer to a message, also to one we could not read, and the reading of a peer's answer.
//!
//! In: the received message, what to say, a time and a control id. Out: ER7 bytes, or an [`Acknowledgment`].
//! Not known here: when to answer what, nor the "enhanced" mode of MSH-15 and MSH-16.
//!
//! Source: HL7 v2.5 §2.9.2, §2.15.5 (ERR), §2.15.8 (MSA).

mod error_detail;
mod read;
mod write;

pub use error_detail::{ErrorCondition, ErrorDetail, Severity};
pub use read::{AckError, Acknowledgment, read};
pub use write::{Reply, acknowledge, acknowledge_undecodable};

/// MSA-1, table 0008.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AckCode {
    /// `AA`: taken, the sender may forget the message.
    Accept,
    /// `AE`: the message is wrong; sending it again unchanged is useless.
    Error,
    /// `AR`: not now, or not here; the message may be sent again.
    Reject,
}

impl AckCode {
    /// The code as written.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accept => "AA",
            Self::Error => "AE",
            Self::Reject => "AR",
        }
    }

    /// Reads a code. The commit codes `CA`, `CE` and `CR` of the enhanced mode read as their counterpart.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "AA" | "CA" => Some(Self::Accept),
            "AE" | "CE" => Some(Self::Error),
            "AR" | "CR" => Some(Self::Reject),
            _ => None,
        }
    }
}
