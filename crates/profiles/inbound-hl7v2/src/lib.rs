//! HL7 v2 that reaches a French laboratory: decoded messages in, neutral values of `lab` out, with findings and quirks.
//!
//! In reading order: [`oru`] (results: ORU^R01, OUL^R22), [`adt`] (identities: PAM France), what both announce
//! ([`patient`], [`professional`], [`visit`], [`identifier`]), and the tolerated deviations ([`Quirk`]).
//!
//! It does not decide: whether a sender is trusted, which analysis a code is, what an identity becomes are rules of `lab`.
//! No bytes, no transport, no clock; the time zone of the laboratory is an argument.

pub mod adt;
pub mod identifier;
pub mod oru;
pub mod patient;
pub mod professional;
mod quirk;
mod reader;
pub mod visit;

pub use quirk::Quirk;
