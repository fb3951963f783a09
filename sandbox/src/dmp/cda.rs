//! What the DMP reads in a deposited CDA: the document's and the patient's identifiers, the type,
//! what it replaces. In: bytes. Out: values to compare with the metadata. It checks no content.

use roxmltree::{Document, Node, ParsingOptions};

const HL7: &str = "urn:hl7-org:v3";

/// Identifiers found in a CDA header.
pub(crate) struct CdaHeader {
    /// `ClinicalDocument/id`: `root`, or `root^extension`.
    pub id: String,
    /// `ClinicalDocument/code/@code`.
    pub code: String,
    /// `recordTarget/patientRole/id`: (root, extension).
    pub patient_ids: Vec<(String, String)>,
    /// `relatedDocument[@typeCode='RPLC']/parentDocument/id`.
    pub replaces: Option<String>,
}

/// Reads the header; `None` when the bytes are not XML with a `ClinicalDocument` (which may be
/// inside a self-presentable document).
pub(crate) fn read(bytes: &[u8]) -> Option<CdaHeader> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let options = ParsingOptions { nodes_limit: 2_000_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    let cda = document.descendants().find(|n| n.has_tag_name((HL7, "ClinicalDocument")))?;
    let patient_ids = children(cda, "recordTarget")
        .flat_map(|t| children(t, "patientRole"))
        .flat_map(|r| children(r, "id"))
        .map(|id| (attribute(id, "root"), attribute(id, "extension")))
        .collect();
    let replaces = children(cda, "relatedDocument")
        .filter(|r| r.attribute("typeCode") == Some("RPLC"))
        .flat_map(|r| children(r, "parentDocument"))
        .flat_map(|p| children(p, "id"))
        .map(instance_identifier)
        .next();
    Some(CdaHeader {
        id: children(cda, "id").map(instance_identifier).next()?,
        code: children(cda, "code").map(|c| attribute(c, "code")).next().unwrap_or_default(),
        patient_ids,
        replaces,
    })
}

fn instance_identifier(id: Node<'_, '_>) -> String {
    match id.attribute("extension") {
        Some(extension) => format!("{}^{extension}", attribute(id, "root")),
        None => attribute(id, "root"),
    }
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
    node.children().filter(move |n| n.has_tag_name((HL7, name)))
}

fn attribute(node: Node<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}
