//! ebRIM to model. Local names decide, prefixes do not matter; classifications are accepted inside
//! their object or beside it (`classifiedObject`); what is wrong becomes a finding.

use super::{REFERENCE_ID_LIST, SUBMISSION_SET_NODE, entry_scheme, set_scheme};
use crate::errors::parse;
use crate::{
    Association, AssociationKind, Author, Code, Cx, DecodeError, DocumentEntry, Dtm, Finding, FindingCode, Slot,
    SourcePatientInfo, Submission, SubmissionSet, Xcn, Xon,
};
use roxmltree::Node;

/// Reads the metadata of a submission: a `SubmitObjectsRequest`, alone or inside another element.
///
/// Bounds: 16 MiB, 500 000 nodes, no DTD. Findings: `XDS-META-02` to `-05`; required attributes
/// are looked at by [`crate::missing_attributes`], not here.
pub fn decode(bytes: &[u8]) -> Result<(Submission, Vec<Finding>), DecodeError> {
    let document = parse(bytes)?;
    decode_node(document.root_element())
}

/// Same, from a parsed element that is, or contains, a `RegistryObjectList`.
pub fn decode_node(node: Node<'_, '_>) -> Result<(Submission, Vec<Finding>), DecodeError> {
    let list = node
        .descendants()
        .find(|n| n.is_element() && n.tag_name().name() == "RegistryObjectList")
        .ok_or(DecodeError::Malformed { at: "metadata", expected: "a RegistryObjectList" })?;
    let mut reader = Reader { list, findings: Vec::new() };
    let submission = reader.submission();
    Ok((submission, reader.findings))
}

struct Reader<'a, 'i> {
    list: Node<'a, 'i>,
    findings: Vec<Finding>,
}

impl<'a, 'i> Reader<'a, 'i> {
    fn submission(&mut self) -> Submission {
        let mut submission = Submission::default();
        let mut n_sets = 0;
        for (n, object) in self.list.children().filter(Node::is_element).enumerate() {
            match object.tag_name().name() {
                "RegistryPackage" if self.is_submission_set(object) => {
                    n_sets += 1;
                    if n_sets == 1 {
                        submission.set = self.set(object);
                        submission.lang = first_lang(object);
                    }
                }
                "ExtrinsicObject" => {
                    let at = format!("DocumentEntry[{}]", submission.entries.len() + 1);
                    let entry = self.entry(object, &at);
                    if submission.lang.is_empty() {
                        submission.lang = first_lang(object);
                    }
                    submission.entries.push(entry);
                }
                "Association" => submission.associations.push(association(object)),
                "Classification" => {}
                _ => {
                    let at = format!("RegistryObjectList[{}]", n + 1);
                    self.findings.push(Finding::new(FindingCode::SkippedObject, at));
                }
            }
        }
        if n_sets != 1 {
            let finding = Finding::new(FindingCode::NotOneSubmissionSet, "SubmissionSet");
            self.findings.push(finding);
        }
        self.associations(&submission);
        submission
    }

    /// Every entry is a member of the set; every `HasMember` leads to an entry that is there or to
    /// one already registered.
    fn associations(&mut self, submission: &Submission) {
        let members = |entry: &DocumentEntry| {
            submission
                .associations
                .iter()
                .any(|a| a.kind == AssociationKind::HasMember && a.source == submission.set.id && a.target == entry.id)
        };
        for (n, entry) in submission.entries.iter().enumerate() {
            if !members(entry) {
                let at = format!("DocumentEntry[{}]", n + 1);
                self.findings.push(Finding::new(FindingCode::DanglingAssociation, at));
            }
        }
        for (n, a) in submission.associations.iter().enumerate() {
            let known = |id: &str| {
                id.starts_with("urn:uuid:") || id == submission.set.id || submission.entries.iter().any(|e| e.id == id)
            };
            if !known(&a.source) || !known(&a.target) {
                let at = format!("Association[{}]", n + 1);
                self.findings.push(Finding::new(FindingCode::DanglingAssociation, at));
            }
        }
    }

    /// Classifications of an object, wherever they stand.
    fn classifications(&self, object: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
        let id = object.attribute("id").unwrap_or_default();
        let beside = children(self.list, "Classification").filter(move |c| c.attribute("classifiedObject") == Some(id));
        children(object, "Classification").chain(beside)
    }

    fn of_scheme(
        &self,
        object: Node<'a, 'i>,
        scheme: &'static str,
    ) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
        self.classifications(object).filter(move |c| same_urn(c.attribute("classificationScheme"), scheme))
    }

    fn is_submission_set(&self, package: Node<'a, 'i>) -> bool {
        self.classifications(package).any(|c| same_urn(c.attribute("classificationNode"), SUBMISSION_SET_NODE))
    }

    fn set(&mut self, object: Node<'a, 'i>) -> SubmissionSet {
        let at = "SubmissionSet";
        let mut set = SubmissionSet {
            id: attribute(object, "id"),
            authors: self.of_scheme(object, set_scheme::AUTHOR).map(author).collect(),
            comments: localized(object, "Description"),
            content_type: self.of_scheme(object, set_scheme::CONTENT_TYPE).next().map(code),
            patient_id: external_id(object, set_scheme::PATIENT_ID).map(|v| Cx::decode(&v)),
            source_id: external_id(object, set_scheme::SOURCE_ID),
            title: localized(object, "Name"),
            unique_id: external_id(object, set_scheme::UNIQUE_ID),
            ..SubmissionSet::default()
        };
        for slot in slots(object) {
            match slot.name.as_str() {
                "submissionTime" => set.submission_time = self.time(&slot, at),
                "intendedRecipient" => set.intended_recipients = slot.values,
                _ => set.extra_slots.push(slot),
            }
        }
        set
    }

    fn entry(&mut self, object: Node<'a, 'i>, at: &str) -> DocumentEntry {
        let first = |scheme| self.of_scheme(object, scheme).next().map(code);
        let all = |scheme| self.of_scheme(object, scheme).map(code).collect::<Vec<_>>();
        let mut entry = DocumentEntry {
            id: attribute(object, "id"),
            logical_id: object.attribute("lid").map(Into::into),
            availability_status: object.attribute("status").map(Into::into),
            authors: self.of_scheme(object, entry_scheme::AUTHOR).map(author).collect(),
            class_code: first(entry_scheme::CLASS),
            comments: localized(object, "Description"),
            confidentiality_codes: all(entry_scheme::CONFIDENTIALITY),
            event_codes: all(entry_scheme::EVENT),
            format_code: first(entry_scheme::FORMAT),
            healthcare_facility_type: first(entry_scheme::FACILITY),
            mime_type: attribute(object, "mimeType"),
            patient_id: external_id(object, entry_scheme::PATIENT_ID).map(|v| Cx::decode(&v)),
            practice_setting: first(entry_scheme::PRACTICE),
            title: localized(object, "Name"),
            type_code: first(entry_scheme::TYPE),
            unique_id: external_id(object, entry_scheme::UNIQUE_ID),
            ..DocumentEntry::default()
        };
        for slot in slots(object) {
            self.entry_slot(&mut entry, slot, at);
        }
        entry
    }

    fn entry_slot(&mut self, entry: &mut DocumentEntry, slot: Slot, at: &str) {
        let first = slot.values.first().cloned();
        match slot.name.as_str() {
            "creationTime" => entry.creation_time = self.time(&slot, at),
            "serviceStartTime" => entry.service_start_time = self.time(&slot, at),
            "serviceStopTime" => entry.service_stop_time = self.time(&slot, at),
            "hash" => entry.hash = first,
            "languageCode" => entry.language_code = first,
            "repositoryUniqueId" => entry.repository_unique_id = first,
            "legalAuthenticator" => entry.legal_authenticator = first.as_deref().map(Xcn::decode),
            "sourcePatientId" => entry.source_patient_id = first.as_deref().map(Cx::decode),
            "sourcePatientInfo" => {
                let lines = slot.values.iter().map(String::as_str);
                entry.source_patient_info = Some(SourcePatientInfo::decode(lines));
            }
            "size" => {
                entry.size_bytes = first.and_then(|v| v.parse().ok());
                if entry.size_bytes.is_none() {
                    self.malformed(at, "size");
                }
            }
            "URI" => entry.uri = uri(&slot.values),
            REFERENCE_ID_LIST => {
                entry.reference_ids = slot.values.iter().map(|v| Cx::decode(v)).collect();
            }
            _ => entry.extra_slots.push(slot),
        }
    }

    fn time(&mut self, slot: &Slot, at: &str) -> Option<Dtm> {
        let time = slot.values.first().and_then(|v| Dtm::new(v));
        if time.is_none() {
            self.malformed(at, &slot.name);
        }
        time
    }

    fn malformed(&mut self, at: &str, attribute: &str) {
        let at = format!("{at}.{attribute}");
        self.findings.push(Finding::new(FindingCode::MalformedAttribute, at));
    }
}

/// A long URI may be cut into numbered values, `1|…`, `2|…` (ITI TF-3 4.2.3.2.27).
fn uri(values: &[String]) -> Option<String> {
    let numbered: Option<Vec<(u32, &str)>> =
        values.iter().map(|v| v.split_once('|').and_then(|(n, s)| Some((n.parse().ok()?, s)))).collect();
    match numbered {
        Some(mut pieces) if !pieces.is_empty() => {
            pieces.sort_by_key(|(n, _)| *n);
            Some(pieces.into_iter().map(|(_, s)| s).collect())
        }
        _ => values.first().cloned(),
    }
}

fn association(node: Node<'_, '_>) -> Association {
    Association {
        kind: AssociationKind::from_urn(node.attribute("associationType").unwrap_or_default()),
        source: attribute(node, "sourceObject"),
        target: attribute(node, "targetObject"),
        slots: slots(node).collect(),
    }
}

fn author(classification: Node<'_, '_>) -> Author {
    let mut author = Author::default();
    for slot in slots(classification) {
        match slot.name.as_str() {
            "authorPerson" => author.person = slot.values.first().map(|v| Xcn::decode(v)),
            "authorInstitution" => {
                author.institutions = slot.values.iter().map(|v| Xon::decode(v)).collect();
            }
            "authorRole" => author.roles = slot.values,
            "authorSpecialty" => author.specialties = slot.values,
            _ => {}
        }
    }
    author
}

fn code(classification: Node<'_, '_>) -> Code {
    Code {
        code: attribute(classification, "nodeRepresentation"),
        scheme: slot_values(classification, "codingScheme").into_iter().next().unwrap_or_default(),
        display: localized(classification, "Name").unwrap_or_default(),
    }
}

fn external_id(object: Node<'_, '_>, scheme: &str) -> Option<String> {
    children(object, "ExternalIdentifier")
        .find(|e| same_urn(e.attribute("identificationScheme"), scheme))
        .and_then(|e| e.attribute("value"))
        .map(|v| v.trim().to_owned())
        .filter(|v| !v.is_empty())
}

fn localized(object: Node<'_, '_>, element: &str) -> Option<String> {
    child(object, element).and_then(|n| child(n, "LocalizedString")).and_then(|n| n.attribute("value")).map(Into::into)
}

/// The language of the object's own title, or of the first of its display names that has one.
fn first_lang(object: Node<'_, '_>) -> String {
    object
        .descendants()
        .filter(|n| n.tag_name().name() == "LocalizedString")
        .find_map(|n| n.attribute(("http://www.w3.org/XML/1998/namespace", "lang")))
        .unwrap_or_default()
        .to_owned()
}

fn slots<'a, 'i>(object: Node<'a, 'i>) -> impl Iterator<Item = Slot> + use<'a, 'i> {
    children(object, "Slot").map(|slot| Slot { name: attribute(slot, "name"), values: values(slot) })
}

fn values(slot: Node<'_, '_>) -> Vec<String> {
    child(slot, "ValueList")
        .into_iter()
        .flat_map(|list| children(list, "Value"))
        .map(|v| {
            let text: String = v.children().filter_map(|n| n.text()).collect();
            text.trim().to_owned()
        })
        .collect()
}

/// Values of the slot `name` of an object; none when there is no such slot.
fn slot_values(object: Node<'_, '_>, name: &str) -> Vec<String> {
    children(object, "Slot").find(|s| s.attribute("name") == Some(name)).map(values).unwrap_or_default()
}

pub(crate) fn children<'a, 'i>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
    node.children().filter(move |n| n.is_element() && n.tag_name().name() == name)
}

pub(crate) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|n| n.is_element() && n.tag_name().name() == name)
}

fn attribute(node: Node<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}

/// UUIDs are written in either case.
fn same_urn(value: Option<&str>, urn: &str) -> bool {
    value.is_some_and(|v| v.trim().eq_ignore_ascii_case(urn))
}
