//! Inbound: what a sender may bring, and whether a message is processed again.

use crate::report::Review;

/// What kind of sender a connection is declared as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum ConnectionKind {
    /// Its results match dossiers that exist.
    Analyzer,
    /// Its results bring patient, prescriber and copies, and open the dossier.
    Sgl,
    /// As [`Sgl`](Self::Sgl), and final results that name a known biologist are validated by that biologist.
    SglValidated,
    /// As [`SglValidated`](Self::SglValidated), and its rules validate results that no biologist looks at: the report
    /// says so unless a biologist signs it here.
    SglAutomatic,
}

impl ConnectionKind {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Analyzer => "analyzer",
            Self::Sgl => "sgl",
            Self::SglValidated => "sgl_validated",
            Self::SglAutomatic => "sgl_automatic",
        }
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Analyzer, Self::Sgl, Self::SglValidated, Self::SglAutomatic].into_iter().find(|kind| kind.code() == code)
    }

    /// Whether its final results are taken as validated, and how they were; `None` when they wait for us.
    pub fn review(self) -> Option<Review> {
        match self {
            Self::Analyzer | Self::Sgl => None,
            Self::SglValidated => Some(Review::ByBiologist),
            Self::SglAutomatic => Some(Review::Automatic),
        }
    }

    /// Whether a message of this sender may open a dossier.
    pub fn opens_dossiers(self) -> bool {
        !matches!(self, Self::Analyzer)
    }
}

/// What a message that bears a known control id is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repetition {
    /// Not seen before from this peer.
    First,
    /// Same peer, same control id, same content but for its time: answered the same way, not processed again.
    Duplicate,
    /// Same control id, other content: processed, and noted.
    ReusedControlId,
}

/// Compares a message with an earlier one of the same peer and control id, by the hash of its content.
pub fn repetition(earlier_content: Option<&[u8]>, content: &[u8]) -> Repetition {
    match earlier_content {
        None => Repetition::First,
        Some(earlier) if earlier == content => Repetition::Duplicate,
        Some(_) => Repetition::ReusedControlId,
    }
}
