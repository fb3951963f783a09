//! ITI-57 Update Document Set, its status change only: the way to archive or delete a registered
//! document without touching its metadata. In: an `entryUUID` and two statuses. Out: a submission
//! and its SOAP body. It does not know which statuses a service adds to those of the norm.
//!
//! Source: ITI TF-2 3.57.4.1.3.3.2.

use crate::{Association, AssociationKind, Slot, Submission, SubmissionSet};
use xml::Writer;

/// WS-Addressing action of the request.
pub const ACTION: &str = "urn:ihe:iti:2010:UpdateDocumentSet";
/// WS-Addressing action of the answer.
pub const RESPONSE_ACTION: &str = "urn:ihe:iti:2010:UpdateDocumentSetResponse";
/// Status of a document in force.
pub const APPROVED: &str = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved";
/// Status of a replaced document.
pub const DEPRECATED: &str = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated";

/// A wish to change the status of one registered document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The registered entry, `urn:uuid:…`.
    pub entry_uuid: String,
    /// Its current status, an URN.
    pub original_status: String,
    /// The status wanted, an URN.
    pub new_status: String,
}

/// A submission asking for these status changes, and nothing else.
pub fn status_changes(set: SubmissionSet, changes: &[StatusChange], lang: &str) -> Submission {
    let associations = changes
        .iter()
        .map(|change| Association {
            slots: vec![
                Slot::new("OriginalStatus", &change.original_status),
                Slot::new("NewStatus", &change.new_status),
            ],
            ..Association::new(AssociationKind::UpdateAvailabilityStatus, &set.id, &change.entry_uuid)
        })
        .collect();
    Submission { set, entries: Vec::new(), associations, lang: lang.into() }
}

/// The status changes a received submission asks for.
pub fn requested_changes(submission: &Submission) -> Vec<StatusChange> {
    let value = |association: &Association, name: &str| {
        association.slots.iter().find(|s| s.name == name).and_then(|s| s.values.first().cloned()).unwrap_or_default()
    };
    submission
        .associations
        .iter()
        .filter(|a| a.kind == AssociationKind::UpdateAvailabilityStatus)
        .map(|a| StatusChange {
            entry_uuid: a.target.clone(),
            original_status: value(a, "OriginalStatus"),
            new_status: value(a, "NewStatus"),
        })
        .collect()
}

/// The `SubmitObjectsRequest` element: a SOAP body.
pub fn encode_body(submission: &Submission) -> Vec<u8> {
    let mut w = Writer::with_capacity(4096);
    crate::write_submit_objects_request(&mut w, submission);
    w.finish()
}
