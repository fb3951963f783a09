//! The copy of the PDF inside the document.
//!
//! In: the PDF bytes. Out: the section `FR-Document-PDF-copie`, base64 on one line.
//! Its identifiers are arcs under the document's: fresh with every version, without chance.
//!
//! Source: CR-BIO 2024.01 (compulsory section); FR-Document-attache.

use super::{
    Context,
    element::{Anchor, reference, sub_id},
};
use xml::Writer;

pub(super) fn pdf_copy(w: &mut Writer, context: Context<'_>, pdf: &[u8]) {
    let document = context.report.ids.document.as_str();
    let anchor = Anchor::new("pdf", 1, "");
    w.open("component").open("section");
    w.constant("<templateId root=\"1.2.250.1.213.1.1.2.243\"/>");
    sub_id(w, document, 1);
    w.constant(concat!(
        "<code code=\"55108-5\" displayName=\"Copie du document\" ",
        "codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>",
        "<title>Copie du document</title>",
    ));
    w.open("text").open("paragraph").open("renderMultiMedia").attr("referencedObject", anchor.id());
    w.close().close().close();
    w.open("entry").open("organizer").attr("classCode", "CLUSTER").attr("moodCode", "EVN");
    w.constant("<templateId root=\"1.2.250.1.213.1.1.3.18\"/>");
    sub_id(w, document, 2);
    w.constant(concat!(
        "<code code=\"55107-7\" displayName=\"Document attaché\" ",
        "codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>",
        "<statusCode code=\"completed\"/>",
    ));
    w.open("component").open("observation").attr("classCode", "OBS").attr("moodCode", "EVN");
    w.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.4.13\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.48\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.48.18\"/>",
    ));
    sub_id(w, document, 3);
    w.constant(concat!(
        "<code code=\"69764-9\" displayName=\"Type de document\" ",
        "codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>",
    ));
    w.open("text");
    reference(w, anchor);
    w.close();
    w.constant(concat!(
        "<statusCode code=\"completed\"/>",
        "<effectiveTime nullFlavor=\"NA\"/>",
        "<value xsi:type=\"CD\" code=\"55108-5\" displayName=\"Copie du document\" ",
        "codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>",
    ));
    w.close().close();
    w.open("component").open("observationMedia").attr("classCode", "OBS").attr("moodCode", "EVN");
    w.attr("ID", anchor.id());
    if pdf.is_empty() {
        w.constant("<value nullFlavor=\"NI\"/>");
    } else {
        w.open("value").attr("mediaType", "application/pdf").attr("representation", "B64");
        w.raw_ascii_base64(base64_simd::STANDARD.encode_to_string(pdf).as_bytes()).close();
    }
    w.close().close().close().close().close().close();
}
