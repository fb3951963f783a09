//! The specimen of a section: a sentence and the sampling procedure.
//!
//! In: one specimen. Out: a paragraph and a `procedure` with its reception act.
//! The sampling act is coded by its general LOINC code: the model does not hold the NABM act.
//! Not supported: pooled specimens, target site, collector.
//!
//! Source: FR-Prelevement and FR-Reception-echantillon; the shipped rules want exactly one specimen with one identifier.

use super::{
    body::{Page, or},
    element::{Anchor, extension, id, original_text, time, token},
    narrative::anchored,
};
use crate::codes::SPECIMEN_TYPE;
use lab::order::Specimen;

pub(super) fn write(page: &mut Page<'_>, specimen: &Specimen) {
    let anchor = Anchor::new("s", page.number(), "");
    let clock = page.context.clock;
    let label = or(&specimen.kind.label, or(&specimen.kind.code, "Échantillon"));

    let w = &mut page.text;
    w.open("paragraph").text("Prélèvement : ");
    anchored(w, anchor, label);
    if let Some(at) = specimen.collected_at {
        w.text(", le ").text(clock.french(at).as_str());
    }
    if let Some(at) = specimen.received_at {
        w.text(" ; reçu le ").text(clock.french(at).as_str());
    }
    w.close();

    let number = extension(&specimen.number).unwrap_or(&page.context.report.request.number);
    let w = &mut page.entry;
    w.open("entryRelationship").attr("typeCode", "COMP");
    w.open("procedure").attr("classCode", "PROC").attr("moodCode", "EVN");
    w.constant(concat!(
        "<templateId root=\"1.3.6.1.4.1.19376.1.3.1.2\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.3.77\"/>",
        "<code code=\"33882-2\" displayName=\"Prélèvement\" ",
        "codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>",
    ));
    match specimen.collected_at {
        Some(at) => {
            w.open("effectiveTime");
            time(w, "high", clock.hl7(at));
            w.close();
        }
        None => _ = w.constant("<effectiveTime nullFlavor=\"UNK\"/>"),
    }
    w.open("participant").attr("typeCode", "PRD");
    w.open("participantRole").attr("classCode", "SPEC");
    id(w, page.context.settings.roots.specimens.as_str(), number);
    w.open("playingEntity").open("code");
    if !specimen.kind.code.is_empty() {
        w.attr("code", &token(&specimen.kind.code)).attr("displayName", label).attr("codeSystem", SPECIMEN_TYPE);
    }
    original_text(w, anchor);
    w.close().close().close().close();
    if let Some(at) = specimen.received_at {
        w.open("entryRelationship").attr("typeCode", "COMP");
        w.open("act").attr("classCode", "ACT").attr("moodCode", "EVN");
        w.constant(concat!(
            "<templateId root=\"1.3.6.1.4.1.19376.1.3.1.3\"/>",
            "<templateId root=\"1.2.250.1.213.1.1.3.107\"/>",
            "<code code=\"SPRECEIVE\" displayName=\"Échantillon reçu\" ",
            "codeSystem=\"1.3.5.1.4.1.19376.1.5.3.2\" codeSystemName=\"IHEActCode\"/>",
        ));
        time(w, "effectiveTime", clock.hl7(at));
        w.close().close();
    }
    w.close().close();
}
