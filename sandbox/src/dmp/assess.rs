//! What the DMP refuses: a deposit and the state of the store in, errors out, all of them at once.
//! French texts, without any data of the patient.
//!
//! Source: ITI TF-3 4.2.3, 4.2.4.1 (codes); CI-SIS Partage de documents de santé, métadonnées.

use super::Settings;
use super::cda::{self, CdaHeader};
use super::matricule::has_right_key;
use super::store::{Status, Store};
use std::collections::HashSet;
use xds::iti41::Provided;
use xds::{AssociationKind, Cx, DocumentEntry, ErrorCode, FindingCode, RegistryError, SubmissionSet};

/// Class code of a digital signature document (IHE DSG), which signs the submission set.
const SIGNATURE_CLASS: &str = "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1";

/// Everything wrong with a deposit; nothing when it may be recorded.
pub(crate) fn assess(provided: &Provided<'_>, settings: &Settings, store: &Store) -> Vec<RegistryError> {
    let mut errors = Errors(Vec::new());
    let submission = &provided.submission;
    errors.findings(provided);
    errors.set(&submission.set);
    if submission.entries.is_empty() {
        let text = "Le lot ne contient aucun document.";
        errors.add(ErrorCode::RegistryMetadataError, text);
    }
    for entry in &submission.entries {
        errors.entry(entry);
    }
    errors.patient(provided, settings, store);
    errors.unique_ids(provided, store);
    errors.associations(provided, store);
    for entry in &submission.entries {
        errors.content(entry, provided, store);
    }
    if !store.has_room_for(submission.entries.len()) {
        let text = "Capacité du simulateur atteinte.";
        errors.add(ErrorCode::RegistryOutOfResources, text);
    }
    errors.0
}

struct Errors(Vec<RegistryError>);

impl Errors {
    fn add(&mut self, code: ErrorCode, context: &str) {
        self.0.push(RegistryError::new(code, context));
    }

    fn metadata(&mut self, context: &str) {
        self.add(ErrorCode::RegistryMetadataError, context);
    }

    /// What could be seen while reading: shape of attributes, documents against their entries.
    fn findings(&mut self, provided: &Provided<'_>) {
        for finding in &provided.findings {
            let at = &finding.at;
            let (code, text) = match finding.code {
                FindingCode::MissingDocument => (ErrorCode::MissingDocument, "Document absent du message"),
                FindingCode::MissingEntry => (ErrorCode::MissingDocumentMetadata, "Document sans métadonnées"),
                FindingCode::WrongHash => {
                    (ErrorCode::RepositoryMetadataError, "L'empreinte (hash) n'est pas celle du document reçu")
                }
                FindingCode::WrongSize => {
                    (ErrorCode::RepositoryMetadataError, "La taille (size) n'est pas celle du document reçu")
                }
                FindingCode::NotOneSubmissionSet => {
                    (ErrorCode::RegistryMetadataError, "Un lot de soumission et un seul est attendu")
                }
                FindingCode::DanglingAssociation => {
                    (ErrorCode::RegistryMetadataError, "Association absente ou vers un objet inconnu")
                }
                _ => (ErrorCode::RegistryMetadataError, "Métadonnée incorrecte"),
            };
            self.add(code, &format!("{text} ({at})."));
        }
    }

    fn require(&mut self, object: &str, attributes: &[(&str, bool)]) {
        for (attribute, present) in attributes {
            if !present {
                self.metadata(&format!("Attribut obligatoire absent : {object}.{attribute}."));
            }
        }
    }

    fn set(&mut self, set: &SubmissionSet) {
        self.require(
            "SubmissionSet",
            &[
                ("submissionTime", set.submission_time.as_ref().is_some_and(|t| t.as_str().len() == 14)),
                ("author", set.authors.iter().any(|a| a.person.is_some())),
                ("authorInstitution", set.authors.iter().any(|a| !a.institutions.is_empty())),
                ("contentTypeCode", set.content_type.as_ref().is_some_and(is_whole)),
                ("patientId", set.patient_id.is_some()),
                ("sourceId", set.source_id.as_deref().is_some_and(is_oid)),
                ("uniqueId", set.unique_id.as_deref().is_some_and(is_oid)),
            ],
        );
    }

    fn entry(&mut self, entry: &DocumentEntry) {
        let code = |code: &Option<xds::Code>| code.as_ref().is_some_and(is_whole);
        let text = |text: &Option<String>| text.as_deref().is_some_and(|t| !t.trim().is_empty());
        let n_confidentiality = entry.confidentiality_codes.len();
        self.require(
            "DocumentEntry",
            &[
                ("id", !entry.id.is_empty()),
                ("mimeType", !entry.mime_type.is_empty()),
                ("author", entry.authors.iter().any(|a| a.person.is_some())),
                ("classCode", code(&entry.class_code)),
                (
                    "confidentialityCode",
                    (1..=4).contains(&n_confidentiality) && entry.confidentiality_codes.iter().all(is_whole),
                ),
                ("creationTime", entry.creation_time.is_some()),
                ("formatCode", code(&entry.format_code)),
                // The repository could compute these two; a sender that does not give them cannot
                // be told that its document was damaged on the way.
                ("hash", text(&entry.hash)),
                ("size", entry.size_bytes.is_some()),
                ("healthcareFacilityTypeCode", code(&entry.healthcare_facility_type)),
                ("languageCode", text(&entry.language_code)),
                ("legalAuthenticator", entry.legal_authenticator.is_some()),
                ("patientId", entry.patient_id.is_some()),
                ("practiceSettingCode", code(&entry.practice_setting)),
                ("serviceStartTime", entry.service_start_time.is_some()),
                ("sourcePatientId", entry.source_patient_id.is_some()),
                ("sourcePatientInfo", entry.source_patient_info.is_some()),
                ("title", text(&entry.title)),
                ("typeCode", code(&entry.type_code)),
                ("uniqueId", entry.unique_id.is_some()),
            ],
        );
        if entry.id.starts_with("urn:") {
            self.metadata("L'identifiant d'une fiche soumise est symbolique : le registre attribue l'entryUUID.");
        }
        if !entry.unique_id.as_deref().is_none_or(is_oid) {
            self.metadata("uniqueId : un OID d'au plus 64 caractères est attendu, sans extension.");
        }
        let has = |wanted: &str| entry.confidentiality_codes.iter().any(|c| c.code == wanted);
        if !is_signature(entry) && has("MASQUE_PS") && has("INVISIBLE_PATIENT") {
            self.metadata("Un document ne peut être à la fois masqué aux professionnels et invisible au patient.");
        }
    }

    fn patient(&mut self, provided: &Provided<'_>, settings: &Settings, store: &Store) {
        let submission = &provided.submission;
        let Some(patient) = &submission.set.patient_id else {
            return;
        };
        let same = |other: &Cx| other.id == patient.id && other.authority == patient.authority;
        let others = submission.entries.iter().filter_map(|e| e.patient_id.as_ref());
        if others.into_iter().any(|other| !same(other)) {
            let text = "Le patient diffère entre le lot et ses documents.";
            self.add(ErrorCode::PatientIdDoesNotMatch, text);
        }
        let unknown = ErrorCode::UnknownPatientId;
        if !settings.accepted_ins_oids.contains(&patient.authority) {
            self.add(unknown, "L'OID de l'INS n'est pas celui de cet environnement.");
        } else if patient.type_code != "NH" {
            self.add(unknown, "Le type de l'identifiant du patient n'est pas NH.");
        } else if !has_right_key(&patient.id) {
            self.add(unknown, "Le matricule INS est mal formé ou sa clé est fausse.");
        } else {
            match store.is_open(&patient.id) {
                None => self.add(unknown, "Aucun DMP pour ce patient."),
                Some(false) => {
                    self.add(ErrorCode::Other("DMPClosed".into()), "Le DMP du patient est fermé.");
                }
                Some(true) => {}
            }
        }
    }

    fn unique_ids(&mut self, provided: &Provided<'_>, store: &Store) {
        let submission = &provided.submission;
        let mut seen = HashSet::new();
        for entry in &submission.entries {
            let Some(unique_id) = &entry.unique_id else {
                continue;
            };
            if !seen.insert(unique_id) {
                let text = "Deux documents du lot ont le même uniqueId.";
                self.add(ErrorCode::DuplicateUniqueIdInMessage, text);
            }
            let Some(known) = store.by_unique_id(unique_id) else {
                continue;
            };
            let document = provided.documents.iter().find(|d| d.entry_id == entry.id);
            if document.is_some_and(|d| xds::is_hash_of(&known.hash, &d.bytes)) {
                let text = "Ce document a déjà été déposé.";
                self.add(ErrorCode::DuplicateUniqueIdInRegistry, text);
            } else {
                let text = "Un autre contenu a déjà été déposé sous cet uniqueId.";
                self.add(ErrorCode::NonIdenticalHash, text);
            }
        }
        let set_id = submission.set.unique_id.as_deref().unwrap_or_default();
        if store.has_set(set_id) {
            let text = "Un lot a déjà été déposé sous cet uniqueId.";
            self.add(ErrorCode::DuplicateUniqueIdInRegistry, text);
        }
    }

    fn associations(&mut self, provided: &Provided<'_>, store: &Store) {
        let submission = &provided.submission;
        for association in &submission.associations {
            let is_original =
                association.slots.iter().any(|s| s.name == "SubmissionSetStatus" && s.values == ["Original"]);
            match association.kind {
                AssociationKind::HasMember if !is_original => {
                    self.metadata("HasMember : SubmissionSetStatus doit valoir Original.");
                }
                AssociationKind::HasMember | AssociationKind::Signs => {}
                AssociationKind::Replaces => {
                    self.replacement(provided, &association.source, &association.target, store);
                }
                _ => self.metadata("Type d'association non accepté au dépôt."),
            }
        }
    }

    fn replacement(&mut self, provided: &Provided<'_>, source: &str, target: &str, store: &Store) {
        let entry = provided.submission.entries.iter().find(|e| e.id == source);
        let Some(entry) = entry else {
            self.metadata("RPLC : la source n'est pas un document du lot.");
            return;
        };
        let Some(old) = store.by_uuid(target) else {
            let text = "Le document à remplacer est inconnu.";
            self.add(ErrorCode::ReplaceFailed, text);
            return;
        };
        if old.status != Status::Approved {
            let text = "Le document à remplacer n'est plus en vigueur.";
            self.add(ErrorCode::ReplaceFailed, text);
        }
        if entry.patient_id.as_ref().is_some_and(|p| p.id != old.patient_id) {
            let text = "Le document à remplacer est celui d'un autre patient.";
            self.add(ErrorCode::PatientIdDoesNotMatch, text);
        }
    }

    /// A CDA says the same as its metadata.
    fn content(&mut self, entry: &DocumentEntry, provided: &Provided<'_>, store: &Store) {
        let is_cda = matches!(entry.mime_type.as_str(), "text/xml" | "application/xslt+xml");
        let document = provided.documents.iter().find(|d| d.entry_id == entry.id);
        let Some(document) = document.filter(|_| is_cda && !is_signature(entry)) else {
            return;
        };
        let mut wrong = |text: &str| self.add(ErrorCode::InvalidDocumentContent, text);
        let Some(header) = cda::read(&document.bytes) else {
            wrong("Le document n'est pas un CDA lisible.");
            return;
        };
        if Some(&header.id) != entry.unique_id.as_ref() {
            wrong("ClinicalDocument/id n'est pas l'uniqueId de la fiche.");
        }
        if entry.type_code.as_ref().is_some_and(|c| c.code != header.code) {
            wrong("ClinicalDocument/code n'est pas le typeCode de la fiche.");
        }
        if entry.patient_id.as_ref().is_some_and(|p| !names_patient(&header, p)) {
            wrong("Le patient du CDA n'est pas celui de la fiche.");
        }
        let replaced = provided
            .submission
            .replacements()
            .find(|(source, _)| *source == entry.id)
            .and_then(|(_, target)| store.by_uuid(target))
            .map(|old| &old.unique_id);
        if replaced.is_some() && replaced != header.replaces.as_ref() {
            wrong("relatedDocument/parentDocument/id n'est pas le document remplacé.");
        }
    }
}

fn names_patient(header: &CdaHeader, patient: &Cx) -> bool {
    header.patient_ids.iter().any(|(root, extension)| *root == patient.authority && *extension == patient.id)
}

fn is_signature(entry: &DocumentEntry) -> bool {
    entry.class_code.as_ref().is_some_and(|c| c.code == SIGNATURE_CLASS)
}

fn is_whole(code: &xds::Code) -> bool {
    !code.code.is_empty() && !code.scheme.is_empty() && !code.display.is_empty()
}

/// An OID of at most 64 characters: arcs of digits, without leading zeros.
fn is_oid(text: &str) -> bool {
    text.len() <= 64
        && text.contains('.')
        && matches!(text.as_bytes().first(), Some(b'0'..=b'2'))
        && text.split('.').all(|arc| {
            !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
        })
}
