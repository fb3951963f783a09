//! Model to ebRIM bytes. Children follow the schema's order: slots, name, description,
//! classifications, external identifiers. Identifiers of classifications are counted, so the same
//! submission gives the same bytes.

use super::{LCM_NS, REFERENCE_ID_LIST, RIM_NS, STABLE_DOCUMENT, SUBMISSION_SET_NODE};
use super::{entry_scheme, set_scheme};
use crate::{Association, Author, Code, Cx, DocumentEntry, Slot, Submission, SubmissionSet};
use xml::Writer;

/// The metadata of a submission as a stand-alone XML document: `METADATA.XML` of an XDM archive.
///
/// Order of objects: submission set, entries, associations. Absent attributes are not written,
/// nothing is checked here: see [`crate::missing_attributes`].
pub fn encode_submit_objects_request(submission: &Submission) -> Vec<u8> {
    let mut w = Writer::with_capacity(2048 + 8192 * submission.entries.len());
    w.declaration();
    write_submit_objects_request(&mut w, submission);
    w.finish()
}

/// Writes the `lcm:SubmitObjectsRequest` element inside a larger message.
pub fn write_submit_objects_request(w: &mut Writer, submission: &Submission) {
    let mut objects = Objects { w, lang: &submission.lang, n_ids: 0 };
    objects.w.open("lcm:SubmitObjectsRequest");
    objects.w.attr("xmlns:lcm", LCM_NS).attr("xmlns", RIM_NS);
    objects.w.open("RegistryObjectList");
    objects.set(&submission.set);
    for entry in &submission.entries {
        objects.entry(entry);
    }
    for association in &submission.associations {
        objects.association(association);
    }
    objects.w.close().close();
}

struct Objects<'a> {
    w: &'a mut Writer,
    lang: &'a str,
    n_ids: usize,
}

impl Objects<'_> {
    fn set(&mut self, set: &SubmissionSet) {
        self.w.open("RegistryPackage").attr("id", &set.id);
        self.slot_opt("submissionTime", set.submission_time.as_ref().map(|t| t.as_str()));
        if !set.intended_recipients.is_empty() {
            self.slot("intendedRecipient", set.intended_recipients.iter().map(String::as_str));
        }
        self.extra_slots(&set.extra_slots);
        self.localized("Name", set.title.as_deref());
        self.localized("Description", set.comments.as_deref());
        for author in &set.authors {
            self.author(&set.id, set_scheme::AUTHOR, author);
        }
        self.code_opt(&set.id, set_scheme::CONTENT_TYPE, set.content_type.as_ref());
        let id = self.next_id("cl");
        self.w.open("Classification").attr("id", &id);
        self.w.attr("classifiedObject", &set.id);
        self.w.attr("classificationNode", SUBMISSION_SET_NODE).close();
        let patient_id = set.patient_id.as_ref().map(Cx::encode);
        for (scheme, name, value) in [
            (set_scheme::PATIENT_ID, "XDSSubmissionSet.patientId", patient_id.as_deref()),
            (set_scheme::SOURCE_ID, "XDSSubmissionSet.sourceId", set.source_id.as_deref()),
            (set_scheme::UNIQUE_ID, "XDSSubmissionSet.uniqueId", set.unique_id.as_deref()),
        ] {
            self.external_id(&set.id, scheme, name, value);
        }
        self.w.close();
    }

    fn entry(&mut self, entry: &DocumentEntry) {
        self.w.open("ExtrinsicObject").attr("id", &entry.id);
        self.w.attr_opt("lid", entry.logical_id.as_deref());
        self.w.attr("mimeType", &entry.mime_type);
        self.w.attr("objectType", STABLE_DOCUMENT);
        self.w.attr_opt("status", entry.availability_status.as_deref());
        self.entry_slots(entry);
        self.localized("Name", entry.title.as_deref());
        self.localized("Description", entry.comments.as_deref());
        self.entry_classifications(entry);
        let patient_id = entry.patient_id.as_ref().map(Cx::encode);
        for (scheme, name, value) in [
            (entry_scheme::PATIENT_ID, "XDSDocumentEntry.patientId", patient_id.as_deref()),
            (entry_scheme::UNIQUE_ID, "XDSDocumentEntry.uniqueId", entry.unique_id.as_deref()),
        ] {
            self.external_id(&entry.id, scheme, name, value);
        }
        self.w.close();
    }

    fn entry_slots(&mut self, entry: &DocumentEntry) {
        self.slot_opt("creationTime", entry.creation_time.as_ref().map(|t| t.as_str()));
        self.slot_opt("hash", entry.hash.as_deref());
        self.slot_opt("languageCode", entry.language_code.as_deref());
        let authenticator = entry.legal_authenticator.as_ref().map(crate::Xcn::encode);
        self.slot_opt("legalAuthenticator", authenticator.as_deref());
        self.slot_opt("repositoryUniqueId", entry.repository_unique_id.as_deref());
        self.slot_opt("serviceStartTime", entry.service_start_time.as_ref().map(|t| t.as_str()));
        self.slot_opt("serviceStopTime", entry.service_stop_time.as_ref().map(|t| t.as_str()));
        let size = entry.size_bytes.map(|n| n.to_string());
        self.slot_opt("size", size.as_deref());
        let source_patient_id = entry.source_patient_id.as_ref().map(Cx::encode);
        self.slot_opt("sourcePatientId", source_patient_id.as_deref());
        if let Some(info) = &entry.source_patient_info {
            let lines = info.encode();
            self.slot("sourcePatientInfo", lines.iter().map(String::as_str));
        }
        self.slot_opt("URI", entry.uri.as_deref());
        if !entry.reference_ids.is_empty() {
            let ids: Vec<String> = entry.reference_ids.iter().map(Cx::encode).collect();
            self.slot(REFERENCE_ID_LIST, ids.iter().map(String::as_str));
        }
        self.extra_slots(&entry.extra_slots);
    }

    fn entry_classifications(&mut self, entry: &DocumentEntry) {
        let id = &entry.id;
        for author in &entry.authors {
            self.author(id, entry_scheme::AUTHOR, author);
        }
        self.code_opt(id, entry_scheme::CLASS, entry.class_code.as_ref());
        for code in &entry.confidentiality_codes {
            self.code(id, entry_scheme::CONFIDENTIALITY, code);
        }
        for code in &entry.event_codes {
            self.code(id, entry_scheme::EVENT, code);
        }
        self.code_opt(id, entry_scheme::FORMAT, entry.format_code.as_ref());
        self.code_opt(id, entry_scheme::FACILITY, entry.healthcare_facility_type.as_ref());
        self.code_opt(id, entry_scheme::PRACTICE, entry.practice_setting.as_ref());
        self.code_opt(id, entry_scheme::TYPE, entry.type_code.as_ref());
    }

    fn association(&mut self, association: &Association) {
        let id = self.next_id("as");
        self.w.open("Association").attr("id", &id);
        self.w.attr("associationType", association.kind.as_urn());
        self.w.attr("sourceObject", &association.source);
        self.w.attr("targetObject", &association.target);
        self.extra_slots(&association.slots);
        self.w.close();
    }

    fn author(&mut self, object: &str, scheme: &str, author: &Author) {
        self.open_classification(object, scheme, "");
        let institutions: Vec<String> = author.institutions.iter().map(crate::Xon::encode).collect();
        let person = author.person.as_ref().map(crate::Xcn::encode);
        if !institutions.is_empty() {
            self.slot("authorInstitution", institutions.iter().map(String::as_str));
        }
        self.slot_opt("authorPerson", person.as_deref());
        if !author.roles.is_empty() {
            self.slot("authorRole", author.roles.iter().map(String::as_str));
        }
        if !author.specialties.is_empty() {
            self.slot("authorSpecialty", author.specialties.iter().map(String::as_str));
        }
        self.w.close();
    }

    fn code_opt(&mut self, object: &str, scheme: &str, code: Option<&Code>) {
        if let Some(code) = code {
            self.code(object, scheme, code);
        }
    }

    fn code(&mut self, object: &str, scheme: &str, code: &Code) {
        self.open_classification(object, scheme, &code.code);
        self.slot("codingScheme", [code.scheme.as_str()]);
        self.localized("Name", Some(&code.display));
        self.w.close();
    }

    fn open_classification(&mut self, object: &str, scheme: &str, node: &str) {
        let id = self.next_id("cl");
        self.w.open("Classification").attr("id", &id);
        self.w.attr("classificationScheme", scheme);
        self.w.attr("classifiedObject", object);
        self.w.attr("nodeRepresentation", node);
    }

    fn external_id(&mut self, object: &str, scheme: &str, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        let id = self.next_id("ei");
        self.w.open("ExternalIdentifier").attr("id", &id);
        self.w.attr("identificationScheme", scheme);
        self.w.attr("registryObject", object).attr("value", value);
        self.w.open("Name").open("LocalizedString").attr("value", name);
        self.w.close().close().close();
    }

    fn localized(&mut self, element: &'static str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.w.open(element).open("LocalizedString");
        self.w.attr("charset", "UTF-8");
        if !self.lang.is_empty() {
            self.w.attr("xml:lang", self.lang);
        }
        self.w.attr("value", value).close().close();
    }

    fn extra_slots(&mut self, slots: &[Slot]) {
        for slot in slots {
            self.slot(&slot.name, slot.values.iter().map(String::as_str));
        }
    }

    fn slot_opt(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.slot(name, [value]);
        }
    }

    fn slot<'v>(&mut self, name: &str, values: impl IntoIterator<Item = &'v str>) {
        self.w.open("Slot").attr("name", name).open("ValueList");
        for value in values {
            self.w.element("Value", value);
        }
        self.w.close().close();
    }

    fn next_id(&mut self, prefix: &str) -> String {
        self.n_ids += 1;
        format!("{prefix}{:02}", self.n_ids)
    }
}
