//! The shared medical record (DMP, Mon espace santé): a signed report in, requests out; answers in, outcomes out.
//!
//! In: a [`lab::report::Report`], the bytes of its CDA document, the identifiers planned with the delivery.
//! Out: metadata ([`metadata`], [`submission`]), the bytes of a deposit ([`deposit_request`]) or of a search
//! ([`find_entry_request`]), and what an answer means ([`read_answer`]).
//! It deliberately does not know HTTP, TLS, certificates, the clock, nor when to try again.
//!
//! Not there yet, each with its place:
//! - the VIHF (signed SAML assertion): a header block given in [`Envelope::extra_headers`];
//! - the XAdES signature of the submission set and the level-1 copy of the report: further entries and documents of
//!   the [`xds::Submission`], which is plain data ([`deposit_request`] takes any number of documents);
//! - deletion (TD3.3c) and the existence test (TD0.2).
//!
//! Sources: DMP integration of LPS (TD2.1, TD3.1) as restated by the ANS volets; IHE ITI-41 and ITI-18;
//! CI-SIS volet partage de documents de santé.

mod answer;
mod codes;
mod deposit;
pub mod metadata;
mod participant;
mod request;

pub use answer::{Answer, Refusal, RefusalClass, read_answer};
pub use deposit::{Deposit, SubmissionError, submission};
pub use request::{Envelope, deposit_request, find_entry_request};
