//! What is deposited: the submission of one version of a report, new or in place of another.
//!
//! In: the report, its bytes, the identifiers planned with the delivery. Out: the whole submission, or why the DMP
//! may not receive it. The same arguments give the same submission, so that a retry is the same act.
//!
//! Source: DMP TD2.1 (alimentation), new document and replacement.

use crate::metadata::{ENTRY_ID, LANGUAGE, Mask, Source, document_entry, media_type, submission_set};
use jiff::Timestamp;
use lab::{id::Oid, report::Report};
use xds::Submission;

/// One deposit, as planned.
#[derive(Clone, Copy)]
pub struct Deposit<'a> {
    /// The signed version.
    pub report: &'a Report,
    /// Its CDA document, byte for byte as signed.
    pub cda: &'a [u8],
    /// Identifier of the submission set, chosen when the delivery was planned.
    pub submission_set: &'a Oid,
    /// Who must not see it.
    pub masks: &'a [Mask],
    /// Registry identifier (`urn:uuid:…`) of the document this one replaces, found by
    /// [`crate::find_entry_request`]; `None` for a document that stands alone.
    pub replaces: Option<&'a str>,
    /// When it is submitted. A retry keeps it.
    pub submitted_at: Timestamp,
}
lab::redact_debug!(Deposit<'_>);

/// Why a report may not be deposited. No attempt helps before a person acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmissionError {
    /// Nothing is deposited without a qualified INS of this environment.
    #[error("the patient has no INS that may be sent")]
    NoIns,
    /// The DMP knows authors by their national identifier only.
    #[error("the signer has no national identifier")]
    NoSignerId,
    /// Hidden from the patient and masked to professionals at once: refused by the DMP.
    #[error("a document is not hidden from the patient and masked to professionals at once")]
    MaskedToEveryone,
    /// `replaces` is not a registry identifier.
    #[error("replaces: expected urn:uuid: and an identifier")]
    EntryUuid,
}

/// The submission of a report: one set, one entry with its hash and size, and the link to what it replaces.
///
/// Errors: [`SubmissionError`].
/// Source: DMP requirements EX_2.1-1050 (visibility), EX_2.1-1130 (uniqueId); CI-SIS partage de documents de santé.
pub fn submission(deposit: &Deposit<'_>, source: &Source) -> Result<Submission, SubmissionError> {
    let report = deposit.report;
    ins::sendable(&report.patient, source.documents.environment).ok_or(SubmissionError::NoIns)?;
    report.signer.rpps.as_ref().ok_or(SubmissionError::NoSignerId)?;
    if deposit.masks.contains(&Mask::Patient) && deposit.masks.contains(&Mask::Professionals) {
        return Err(SubmissionError::MaskedToEveryone);
    }
    let mut entry = document_entry(report, deposit.masks, source);
    entry.mime_type = media_type(deposit.cda).into();
    entry.describe_bytes(deposit.cda);
    let set = submission_set(report, deposit.submission_set, deposit.submitted_at, source);
    let mut submission = Submission::new(set, vec![entry], LANGUAGE);
    if let Some(old) = deposit.replaces {
        let known = old.strip_prefix("urn:uuid:").is_some_and(|it| uuid::Uuid::parse_str(it).is_ok());
        known.then_some(()).ok_or(SubmissionError::EntryUuid)?;
        submission.replace(ENTRY_ID, old);
    }
    Ok(submission)
}
