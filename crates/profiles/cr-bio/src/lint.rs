//! Checks that the official rules do not make: on what we are about to sign, and on what others made.
//!
//! In: the bytes of a document; of ours, also the state of the identity. Out: findings, all of them.
//! The checks read the document again from its bytes, so that a mistake of the renderer shows.
//! Of terminologies it knows the list of units, the chapters, the check digit of LOINC and the property of most of its codes;
//! it does not replace the schema nor the schematrons. Not checked: whether a LOINC code exists, is active and is of the national
//! list (L4 in full), for which the files of a catalogue are needed; and whether a PDF is PDF/A beyond what it says.
//!
//! | code | what is wrong | of |
//! |---|---|---|
//! | `CRBIO-XML` | the bytes are not an XML document | all |
//! | `CRBIO-L01` | a reference leads nowhere, or an identifier is used twice | all |
//! | `CRBIO-L02` | text and coded value differ; of ours, a row and its observation in any point | all |
//! | `CRBIO-L03` | section and act have different codes | all |
//! | `CRBIO-L04` | a LOINC code whose check digit is wrong | all |
//! | `CRBIO-L05` | a chapter that is not of the national list | all |
//! | `CRBIO-L06` | a unit that the LOINC property of the test cannot have | all |
//! | `CRBIO-L07` | usual values: low above high, or another unit than the value | all |
//! | `CRBIO-L08` | an interpretation that its own value and usual values contradict | all |
//! | `CRBIO-L09` | a previous result without date or value, of another test or unit, or later | all |
//! | `CRBIO-L10` | the validator of an act does not sign the header | all |
//! | `CRBIO-L11` | the acts of the header are not the chapters of the body | all |
//! | `CRBIO-L12` | the report is final and an act is still active | all |
//! | `CRBIO-L13` | a PDF is none, or does not say that it is PDF/A; the copy does not print the value of a result | all |
//! | `CRBIO-L13-UNREAD` | the text of the copy could not be read, so that nothing was compared | all |
//! | `CRBIO-L14` | an INS with a wrong key, or of both worlds, real and test | all |
//! | `CRBIO-L15` | a time of day without time zone | all |
//! | `CRBIO-L16` | an element lacks a template that turns its official checks on | all |
//! | `CRBIO-L17` | base64 that is not, or a file that is not what it is said to be | all |
//! | `CRBIO-L18` | an INS for an identity that is not qualified | ours |
//! | `CRBIO-L19` | a second laboratory in the header, of which the body says nothing | all |
//! | `CRBIO-L20` | a test not done, without a comment | all |
//! | `CRBIO-L21` | a code of a cervical screening that is not of its value set | all |
//! | `CRBIO-L22` | what a cervical screening tells the patient denies its results | all |
//! | `CRBIO-VERSION` | a later version that replaces nothing, a first one that replaces, or a version that replaces itself | all |
//! | `CRBIO-UNIT` | a unit is not of the national list | all |
//! | `CRBIO-ID` | someone who signs or answers for the report has no national identifier | ours |
//! | `CRBIO-NAME` | a name is missing where no null flavor may stand: the patient's, the laboratory's | ours |
//! | `CRBIO-BIRTH` | no birth date, which the structuration minimale wants | ours |

mod code;
mod copy;
mod file;
mod identity;
mod printed;
mod property;
mod row;
mod screening;
mod template;
mod time;
mod value;
mod version;

use crate::codes::{SECOND_LABORATORY, WAITING};
use cda::HL7;
use lab::{finding::Finding, patient::IdentityStatus};
use roxmltree::{Document, Node};
use std::collections::HashMap;
use terminology::ucum;

/// Schema instance, for `xsi:type`.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Checks a document that we rendered; an empty list lets it be signed.
///
/// In: bytes of [`crate::v2024_01::render`], the status of the patient's identity.
/// Out: errors and warnings, in document order for each check; places are element paths, never values.
///
/// Source: specification of CR-BIO 2024.01, gaps of the published schematrons.
pub fn assess(document: &[u8], identity: IdentityStatus) -> Vec<Finding> {
    with_parts(document, |parts, findings| {
        common(parts, findings);
        row::assess(parts, findings);
        ours(parts.root, findings);
        identity::not_qualified(parts, identity, findings);
    })
}

/// Checks a CR-BIO of anyone, as far as the norm lets us: another layout of tables is no fault.
pub fn examine(document: &[u8]) -> Vec<Finding> {
    with_parts(document, common)
}

fn with_parts(document: &[u8], check: impl FnOnce(&Parts<'_, '_>, &mut Vec<Finding>)) -> Vec<Finding> {
    let text = std::str::from_utf8(document).ok().map(|text| text.trim_start_matches('\u{FEFF}'));
    let parsed = text.and_then(|text| Document::parse(text).ok());
    let Some(document) = parsed else {
        return vec![Finding::error("CRBIO-XML", "/")];
    };
    let mut findings = Vec::new();
    let parts = Parts::collect(&document, &mut findings);
    check(&parts, &mut findings);
    findings
}

fn common(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    references(parts, findings);
    printed::assess(parts, findings);
    sections(parts, findings);
    header(parts.root, parts, findings);
    template::assess(parts, findings);
    code::assess(parts, findings);
    property::assess(parts, findings);
    value::assess(parts, findings);
    file::assess(parts, findings);
    copy::assess(parts, findings);
    identity::assess(parts, findings);
    time::assess(parts, findings);
    version::assess(parts, findings);
    screening::assess(parts, findings);
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
    codes: Vec<Node<'a, 'i>>,
    times: Vec<Node<'a, 'i>>,
    files: Vec<Node<'a, 'i>>,
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
            codes: Vec::new(),
            times: Vec::new(),
            files: Vec::new(),
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
                "code" | "translation" if node.has_attribute("code") => parts.codes.push(node),
                "effectiveTime" | "time" | "low" | "high" if node.has_attribute("value") => parts.times.push(node),
                "value" | "text" if node.attribute("representation") == Some("B64") => parts.files.push(node),
                _ => {}
            }
        }
        parts
    }
}

impl<'a, 'i> Parts<'a, 'i> {
    /// The node that a `reference` leads to.
    fn target(&self, reference: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
        self.by_id.get(reference.attribute("value")?.strip_prefix('#')?).copied()
    }
}

/// The type that a value says it has, without prefix.
fn type_of<'a>(value: Node<'a, '_>) -> Option<&'a str> {
    value.attribute((XSI, "type")).map(|it| it.rsplit(':').next().unwrap_or(it))
}

/// The text of a node.
fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|it| it.text()).collect()
}

/// A text without any white space: line breaks have another form in a narrative.
fn spaceless(text: &str) -> String {
    text.chars().filter(|it| !it.is_whitespace()).collect()
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
        // The act of a rapid test says more precisely than its chapter what is examined.
        let is_free = template::has(parts.root, template::RAPID_TEST);
        if !is_free && coded(child(*section, "code")) != coded(child(act, "code")) {
            findings.push(Finding::error("CRBIO-L03", path(act)));
        }
        for validator in act.descendants().filter(is_validator) {
            let id = find(validator, &["participantRole", "id"]);
            let signs = signers.iter().any(|signer| id.is_some_and(|id| same_id(*signer, id)));
            if !signs {
                findings.push(Finding::error("CRBIO-L10", path(validator)));
            }
        }
    }
}

/// Of the whole act, or of some of its results when several biologists validated them.
fn is_validator(node: &Node<'_, '_>) -> bool {
    node.tag_name().name() == "participant" && node.attribute("typeCode") == Some("AUTHEN")
}

fn same_id(one: Node<'_, '_>, other: Node<'_, '_>) -> bool {
    one.has_attribute("root")
        && one.attribute("root") == other.attribute("root")
        && one.attribute("extension") == other.attribute("extension")
}

/// L11, L12: the header says what the body holds.
fn header(root: Node<'_, '_>, parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let acts: Vec<_> = children(root, "documentationOf").filter_map(|it| child(it, "serviceEvent")).collect();
    // A second laboratory has an act of its own, and its results as a chapter or as an attached report.
    let is_here = |code: &Option<_>| *code != Some((Some(SECOND_LABORATORY), Some(WAITING)));
    let listed = acts.iter().map(|act| coded(child(*act, "code"))).filter(is_here);
    let chapters = find(root, &["component", "structuredBody"])
        .into_iter()
        .flat_map(|body| children(body, "component"))
        .filter_map(|component| child(component, "section"))
        .filter(|section| template::has(*section, template::CHAPTER))
        .map(|section| coded(child(section, "code")))
        .filter(is_here);
    // The acts of a rapid test are the conditions it looks for.
    if !template::has(root, template::RAPID_TEST) && !listed.eq(chapters) {
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
}

/// What our header may not leave out.
fn ours(root: Node<'_, '_>, findings: &mut Vec<Finding>) {
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
