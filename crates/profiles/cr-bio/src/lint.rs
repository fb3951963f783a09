//! Structural checks that the official rules do not make, run on rendered bytes before they are signed.
//!
//! In: the bytes of a document that this crate rendered, and the state of the identity. Out: findings, all of them.
//! The checks read the document again from its bytes, so that a mistake of the renderer shows.
//! Of terminologies it knows the list of units; it does not replace the schema nor the schematrons.
//!
//! | code | what is wrong |
//! |---|---|
//! | `CRBIO-XML` | the bytes are not an XML document |
//! | `CRBIO-L01` | a reference leads nowhere, or an identifier is used twice |
//! | `CRBIO-L02` | a row and its observation differ, or one has no other |
//! | `CRBIO-L03` | section and act have different codes |
//! | `CRBIO-L10` | the validator of an act does not sign the header |
//! | `CRBIO-L11` | the acts of the header are not the chapters of the body |
//! | `CRBIO-L12` | the report is final and an act is still active |
//! | `CRBIO-L16` | an element lacks a template that turns its official checks on |
//! | `CRBIO-L18` | an INS for an identity that is not qualified |
//! | `CRBIO-UNIT` | a unit is not of the national list |
//! | `CRBIO-ID` | someone who signs or answers for the report has no national identifier |
//! | `CRBIO-NAME` | a name is missing where no null flavor may stand: the patient's, the laboratory's |
//! | `CRBIO-BIRTH` | no birth date, which the structuration minimale wants |

mod row;
mod template;

use lab::{finding::Finding, patient::IdentityStatus};
use roxmltree::{Document, Node};
use std::collections::HashMap;
use terminology::ucum;

/// Namespace of CDA.
const HL7: &str = "urn:hl7-org:v3";
/// Schema instance, for `xsi:type`.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Checks a rendered document; an empty list lets it be signed.
///
/// In: bytes of [`crate::v2024_01::render`], the status of the patient's identity.
/// Out: errors only, in document order for each check; places are element paths, never values.
///
/// Source: specification of CR-BIO 2024.01, gaps of the published schematrons.
pub fn assess(document: &[u8], identity: IdentityStatus) -> Vec<Finding> {
    let parsed = std::str::from_utf8(document).ok().and_then(|text| Document::parse(text).ok());
    let Some(document) = parsed else {
        return vec![Finding::error("CRBIO-XML", "/")];
    };
    let mut findings = Vec::new();
    let report = Parts::collect(&document, &mut findings);
    references(&report, &mut findings);
    row::assess(&report, &mut findings);
    sections(&report, &mut findings);
    header(document.root_element(), &report, &mut findings);
    template::assess(&report, &mut findings);
    ins(&report, identity, &mut findings);
    findings
}

/// What the checks look at, gathered in one walk.
struct Parts<'a, 'i> {
    root: Node<'a, 'i>,
    by_id: HashMap<&'a str, Node<'a, 'i>>,
    references: Vec<Node<'a, 'i>>,
    media: Vec<Node<'a, 'i>>,
    sections: Vec<Node<'a, 'i>>,
    acts: Vec<Node<'a, 'i>>,
    organizers: Vec<Node<'a, 'i>>,
    observations: Vec<Node<'a, 'i>>,
    procedures: Vec<Node<'a, 'i>>,
    rows: Vec<Node<'a, 'i>>,
    ids: Vec<Node<'a, 'i>>,
}

impl<'a, 'i> Parts<'a, 'i> {
    fn collect(document: &'a Document<'i>, findings: &mut Vec<Finding>) -> Self {
        let mut parts = Self {
            root: document.root_element(),
            by_id: HashMap::with_capacity(256),
            references: Vec::new(),
            media: Vec::new(),
            sections: Vec::new(),
            acts: Vec::new(),
            organizers: Vec::new(),
            observations: Vec::new(),
            procedures: Vec::new(),
            rows: Vec::new(),
            ids: Vec::new(),
        };
        for node in document.descendants().filter(Node::is_element) {
            if let Some(id) = node.attribute("ID")
                && parts.by_id.insert(id, node).is_some()
            {
                findings.push(Finding::error("CRBIO-L01", path(node)));
            }
            if node.attribute("unit").is_some_and(|unit| !ucum::is_accepted(unit)) {
                findings.push(Finding::error("CRBIO-UNIT", path(node)));
            }
            match node.tag_name().name() {
                "reference" if node.has_attribute("value") => parts.references.push(node),
                "renderMultiMedia" => parts.media.push(node),
                "section" => parts.sections.push(node),
                "act" => parts.acts.push(node),
                "organizer" => parts.organizers.push(node),
                "observation" => parts.observations.push(node),
                "procedure" => parts.procedures.push(node),
                "tr" => parts.rows.push(node),
                "id" => parts.ids.push(node),
                _ => {}
            }
        }
        parts
    }
}

/// L1: every reference and every rendered object is in the document.
fn references(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let resolves = |id: &str| parts.by_id.contains_key(id);
    for reference in &parts.references {
        let target = reference.attribute("value").and_then(|value| value.strip_prefix('#'));
        if !target.is_some_and(resolves) {
            findings.push(Finding::error("CRBIO-L01", path(*reference)));
        }
    }
    for media in &parts.media {
        let mut targets = media.attribute("referencedObject").unwrap_or_default().split_whitespace().peekable();
        if targets.peek().is_none() || !targets.all(resolves) {
            findings.push(Finding::error("CRBIO-L01", path(*media)));
        }
    }
}

/// L3, L10: an act says what its section says, and its validator signs the header.
fn sections(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let signers: Vec<_> =
        children(parts.root, "authenticator").filter_map(|it| find(it, &["assignedEntity", "id"])).collect();
    for section in &parts.sections {
        let Some(act) = find(*section, &["entry", "act"]) else {
            continue;
        };
        if coded(child(*section, "code")) != coded(child(act, "code")) {
            findings.push(Finding::error("CRBIO-L03", path(act)));
        }
        for validator in children(act, "participant").filter(|it| it.attribute("typeCode") == Some("AUTHEN")) {
            let id = find(validator, &["participantRole", "id"]);
            let signs = signers.iter().any(|signer| id.is_some_and(|id| same_id(*signer, id)));
            if !signs {
                findings.push(Finding::error("CRBIO-L10", path(validator)));
            }
        }
    }
}

fn same_id(one: Node<'_, '_>, other: Node<'_, '_>) -> bool {
    one.has_attribute("root")
        && one.attribute("root") == other.attribute("root")
        && one.attribute("extension") == other.attribute("extension")
}

/// L11, L12 and what the header may not leave out.
fn header(root: Node<'_, '_>, parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let acts: Vec<_> = children(root, "documentationOf").filter_map(|it| child(it, "serviceEvent")).collect();
    let listed = acts.iter().map(|act| coded(child(*act, "code")));
    let chapters = find(root, &["component", "structuredBody"])
        .into_iter()
        .flat_map(|body| children(body, "component"))
        .filter_map(|component| child(component, "section"))
        .filter(|section| template::has(*section, template::CHAPTER))
        .map(|section| coded(child(section, "code")));
    if !listed.eq(chapters) {
        findings.push(Finding::error("CRBIO-L11", "/ClinicalDocument/documentationOf"));
    }

    let status = acts.first().and_then(|act| child(*act, "statusCode")).and_then(|it| it.attribute("code"));
    if status == Some("completed") {
        for it in parts.acts.iter().chain(&parts.organizers) {
            if child(*it, "statusCode").and_then(|it| it.attribute("code")) == Some("active") {
                findings.push(Finding::error("CRBIO-L12", path(*it)));
            }
        }
    }

    for place in SIGNING {
        for first in children(root, place[0]) {
            let Some(person) = find(first, &place[1..]) else {
                continue;
            };
            if child(person, "id").is_some_and(|it| it.has_attribute("nullFlavor")) {
                findings.push(Finding::error("CRBIO-ID", path(person)));
            }
        }
    }
    let Some(patient) = find(root, &["recordTarget", "patientRole", "patient"]) else {
        return;
    };
    if child(patient, "birthTime").is_none() {
        findings.push(Finding::error("CRBIO-BIRTH", path(patient)));
    }
    let unknown = child(patient, "name").is_none_or(|name| name.children().any(|it| it.has_attribute("nullFlavor")));
    if unknown {
        findings.push(Finding::error("CRBIO-NAME", path(patient)));
    }
    let laboratory = find(root, &["custodian", "assignedCustodian", "representedCustodianOrganization"]);
    if laboratory.and_then(|it| child(it, "name")).is_none_or(|name| name.text().is_none_or(|it| it.trim().is_empty()))
    {
        findings.push(Finding::error("CRBIO-NAME", "/ClinicalDocument/custodian"));
    }
}

/// Where the structuration minimale wants the national identifier of someone of the laboratory.
const SIGNING: [&[&str]; 5] = [
    &["author", "assignedAuthor"],
    &["legalAuthenticator", "assignedEntity"],
    &["authenticator", "assignedEntity"],
    &["documentationOf", "serviceEvent", "performer", "assignedEntity"],
    &["componentOf", "encompassingEncounter", "responsibleParty", "assignedEntity"],
];

/// L18: an INS leaves only when the identity is qualified. Source: RNIV; Ségur SGL.INS.37.
fn ins(parts: &Parts<'_, '_>, identity: IdentityStatus, findings: &mut Vec<Finding>) {
    if identity == IdentityStatus::Qualified {
        return;
    }
    for id in &parts.ids {
        if id.attribute("root").and_then(ins::authority_of).is_some() {
            findings.push(Finding::error("CRBIO-L18", path(*id)));
        }
    }
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |it| it.is_element() && it.tag_name().name() == name)
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

fn find<'a, 'i>(node: Node<'a, 'i>, steps: &[&'static str]) -> Option<Node<'a, 'i>> {
    steps.iter().try_fold(node, |node, step| child(node, step))
}

fn coded<'a>(code: Option<Node<'a, '_>>) -> Option<(Option<&'a str>, Option<&'a str>)> {
    code.map(|code| (code.attribute("code"), code.attribute("codeSystem")))
}

/// `/ClinicalDocument/component/…/observation[2]`: names and ranks among siblings of the same name.
fn path(node: Node<'_, '_>) -> String {
    let mut steps: Vec<String> = node
        .ancestors()
        .filter(Node::is_element)
        .map(|it| {
            let name = it.tag_name().name();
            let rank = it.prev_siblings().skip(1).filter(|twin| twin.has_tag_name((HL7, name))).count();
            if rank == 0 { name.to_owned() } else { format!("{name}[{}]", rank + 1) }
        })
        .collect();
    steps.reverse();
    format!("/{}", steps.join("/"))
}
