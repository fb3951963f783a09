//! Withdrawal: an issued report that must not be used any more, without another that replaces it.
//!
//! What was signed and sent stays as it was; the withdrawal stands beside it and is told to those who hold it.
//!
//! Source: Ségur SGL.MSS.25 (MSS/va1.37: a preset message to every recipient of a deleted report).

use crate::id::WithdrawalId;
use jiff::Timestamp;

/// Why a report is withdrawn; each has its own sentence in the message, so that nobody types one that says a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum WithdrawalReason {
    /// It is about somebody else.
    WrongPatient,
    /// The specimens were mixed up, or unfit.
    WrongSpecimen,
    /// A result is wrong, and a corrected report will not follow at once.
    WrongResult,
    /// It should not have been issued.
    IssuedByMistake,
}

/// Every reason with its stored code, also the end of the key of its sentence, in the order of the form.
pub const WITHDRAWAL_REASONS: [(WithdrawalReason, &str); 4] = [
    (WithdrawalReason::WrongPatient, "wrong_patient"),
    (WithdrawalReason::WrongSpecimen, "wrong_specimen"),
    (WithdrawalReason::WrongResult, "wrong_result"),
    (WithdrawalReason::IssuedByMistake, "issued_by_mistake"),
];

impl WithdrawalReason {
    /// The stored code.
    pub fn code(self) -> &'static str {
        WITHDRAWAL_REASONS.iter().find(|(reason, _)| *reason == self).map_or("", |(_, code)| code)
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        WITHDRAWAL_REASONS.iter().find(|(_, known)| *known == code).map(|(reason, _)| *reason)
    }
}

/// The withdrawal of one version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Withdrawal {
    /// Its identifier; what is sent of it is numbered after it.
    pub id: WithdrawalId,
    /// When.
    pub at: Timestamp,
    /// The account that acted.
    pub by: String,
    /// Why.
    pub reason: WithdrawalReason,
}
