//! The document sharing model: a submission set, its document entries and their associations.
//! Values only; [`crate::encode_submit_objects_request`] and [`crate::decode`] give them bytes.
//!
//! An attribute a peer left out is `None` or empty; [`crate::missing_attributes`] lists them.
//! Source: ITI TF-3 4.2.1 (model), 4.2.3 (attributes).

use crate::hl7::opaque_debug;
use crate::{Cx, Dtm, SourcePatientInfo, Xcn, Xon};

/// One code of a coding scheme.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Code {
    /// The code.
    pub code: String,
    /// OID (or name) of the coding scheme.
    pub scheme: String,
    /// Display name.
    pub display: String,
}

impl Code {
    /// A code from its three parts.
    pub fn new(code: &str, scheme: &str, display: &str) -> Self {
        Self { code: code.into(), scheme: scheme.into(), display: display.into() }
    }
}

/// Who wrote a document, or who submits it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// The person or the system.
    pub person: Option<Xcn>,
    /// The organizations the author acts for.
    pub institutions: Vec<Xon>,
    /// Roles, as texts.
    pub roles: Vec<String>,
    /// Specialties, as texts or coded strings of the affinity domain.
    pub specialties: Vec<String>,
}

/// A named list of values: what the model has no field for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Slot {
    /// Name, an URN for anything that is not in the norm.
    pub name: String,
    /// Values, in order.
    pub values: Vec<String>,
}

impl Slot {
    /// A slot with one value.
    pub fn new(name: &str, value: &str) -> Self {
        Self { name: name.into(), values: vec![value.into()] }
    }
}

/// Metadata of one document.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DocumentEntry {
    /// `entryUUID`: a symbolic identifier when submitted (`Document01`), `urn:uuid:…` once registered.
    pub id: String,
    /// `logicalID`, only given by a registry.
    pub logical_id: Option<String>,
    /// `availabilityStatus`, only given by a registry.
    pub availability_status: Option<String>,
    /// `repositoryUniqueId`, only given by a repository.
    pub repository_unique_id: Option<String>,
    /// Authors of the document, at least one.
    pub authors: Vec<Author>,
    /// Class of the document (coarse).
    pub class_code: Option<Code>,
    /// Comment on the document.
    pub comments: Option<String>,
    /// Confidentiality codes, at least one, in order.
    pub confidentiality_codes: Vec<Code>,
    /// When the document was written, UTC.
    pub creation_time: Option<Dtm>,
    /// Acts the document reports.
    pub event_codes: Vec<Code>,
    /// Technical format.
    pub format_code: Option<Code>,
    /// SHA-1 of the bytes, hexadecimal.
    pub hash: Option<String>,
    /// Type of the place where the act was done.
    pub healthcare_facility_type: Option<Code>,
    /// Language of the document, e.g. `fr-FR`.
    pub language_code: Option<String>,
    /// Who answers for the content.
    pub legal_authenticator: Option<Xcn>,
    /// MIME type of the bytes.
    pub mime_type: String,
    /// The patient, as the affinity domain identifies them.
    pub patient_id: Option<Cx>,
    /// Clinical specialty or setting of the act.
    pub practice_setting: Option<Code>,
    /// Identifiers of orders, accessions and other objects the document refers to (CXi).
    pub reference_ids: Vec<Cx>,
    /// Start of the act, UTC.
    pub service_start_time: Option<Dtm>,
    /// End of the act, UTC.
    pub service_stop_time: Option<Dtm>,
    /// Size of the document in bytes.
    pub size_bytes: Option<u64>,
    /// The patient, as the source identifies them.
    pub source_patient_id: Option<Cx>,
    /// Demographics as the source knows them.
    pub source_patient_info: Option<SourcePatientInfo>,
    /// Title.
    pub title: Option<String>,
    /// Type of the document (fine).
    pub type_code: Option<Code>,
    /// Globally unique identifier of the document, an OID (`root` or `root^extension`).
    pub unique_id: Option<String>,
    /// File name of the document inside an XDM archive, relative to its metadata.
    pub uri: Option<String>,
    /// Any other slot.
    pub extra_slots: Vec<Slot>,
}

/// Metadata of one submission: who sends what, when.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SubmissionSet {
    /// `entryUUID`: symbolic when submitted (`SubmissionSet01`).
    pub id: String,
    /// Who submits.
    pub authors: Vec<Author>,
    /// Comment on the submission.
    pub comments: Option<String>,
    /// Kind of clinical activity that led to the submission.
    pub content_type: Option<Code>,
    /// Intended recipients, HL7 `XON|XCN|XTN` strings as they stand.
    pub intended_recipients: Vec<String>,
    /// The patient; the same as in every entry.
    pub patient_id: Option<Cx>,
    /// OID of the sending system.
    pub source_id: Option<String>,
    /// When it is submitted, UTC.
    pub submission_time: Option<Dtm>,
    /// Title of the submission.
    pub title: Option<String>,
    /// Globally unique identifier of the submission, an OID.
    pub unique_id: Option<String>,
    /// Any other slot.
    pub extra_slots: Vec<Slot>,
}

/// What an association says of its two ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssociationKind {
    /// The submission set (source) contains the entry (target).
    HasMember,
    /// The source replaces the target, which becomes deprecated.
    Replaces,
    /// The source adds to the target.
    Appends,
    /// The source is the target in another form.
    Transforms,
    /// The source is the target in another form, and replaces it.
    TransformsAndReplaces,
    /// The source is a digital signature of the target.
    Signs,
    /// The submission set asks to change the status of the target (ITI-57).
    UpdateAvailabilityStatus,
    /// Another association, by its URN.
    Other(String),
}

const KINDS: [(AssociationKind, &str); 7] = [
    (AssociationKind::HasMember, "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"),
    (AssociationKind::Replaces, "urn:ihe:iti:2007:AssociationType:RPLC"),
    (AssociationKind::Appends, "urn:ihe:iti:2007:AssociationType:APND"),
    (AssociationKind::Transforms, "urn:ihe:iti:2007:AssociationType:XFRM"),
    (AssociationKind::TransformsAndReplaces, "urn:ihe:iti:2007:AssociationType:XFRM_RPLC"),
    (AssociationKind::Signs, "urn:ihe:iti:2007:AssociationType:signs"),
    (AssociationKind::UpdateAvailabilityStatus, "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"),
];

impl AssociationKind {
    /// The URN. Source: ITI TF-3 table 4.2.2-1.
    pub fn as_urn(&self) -> &str {
        match self {
            Self::Other(urn) => urn,
            known => KINDS.iter().find(|(kind, _)| kind == known).map_or("", |(_, urn)| urn),
        }
    }

    /// The kind an URN names; the bare suffix (`HasMember`) of older senders is understood.
    pub fn from_urn(urn: &str) -> Self {
        KINDS
            .iter()
            .find(|(_, known)| *known == urn || known.rsplit(':').next() == Some(urn))
            .map_or_else(|| Self::Other(urn.to_owned()), |(kind, _)| kind.clone())
    }
}

/// A directed link between two objects, by their identifiers.
#[derive(Clone, PartialEq, Eq)]
pub struct Association {
    /// What the link says.
    pub kind: AssociationKind,
    /// Identifier of the source object.
    pub source: String,
    /// Identifier of the target object, symbolic or `urn:uuid:…`.
    pub target: String,
    /// Slots such as `SubmissionSetStatus`, `OriginalStatus`, `NewStatus`.
    pub slots: Vec<Slot>,
}

impl Association {
    /// A link without slots.
    pub fn new(kind: AssociationKind, source: &str, target: &str) -> Self {
        Self { kind, source: source.into(), target: target.into(), slots: Vec::new() }
    }
}

/// Everything one `SubmitObjectsRequest` says.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Submission {
    /// The submission set.
    pub set: SubmissionSet,
    /// The document entries, in order.
    pub entries: Vec<DocumentEntry>,
    /// The associations, in order.
    pub associations: Vec<Association>,
    /// Language of titles and display names (`xml:lang`); empty leaves the attribute out.
    pub lang: String,
}

impl Submission {
    /// A submission whose set holds every entry as an original member.
    pub fn new(set: SubmissionSet, entries: Vec<DocumentEntry>, lang: &str) -> Self {
        let associations = entries
            .iter()
            .map(|entry| Association {
                slots: vec![Slot::new("SubmissionSetStatus", "Original")],
                ..Association::new(AssociationKind::HasMember, &set.id, &entry.id)
            })
            .collect();
        Self { set, entries, associations, lang: lang.into() }
    }

    /// Adds the link by which `entry_id` (of this submission) replaces `old_entry_uuid`
    /// (`urn:uuid:…`, registered before).
    pub fn replace(&mut self, entry_id: &str, old_entry_uuid: &str) {
        let kind = AssociationKind::Replaces;
        self.associations.push(Association::new(kind, entry_id, old_entry_uuid));
    }

    /// The entries this submission replaces: (identifier of the new entry, old `entryUUID`).
    pub fn replacements(&self) -> impl Iterator<Item = (&str, &str)> {
        self.associations
            .iter()
            .filter(|a| a.kind == AssociationKind::Replaces)
            .map(|a| (a.source.as_str(), a.target.as_str()))
    }
}

opaque_debug!(Author Slot DocumentEntry SubmissionSet Association Submission);
