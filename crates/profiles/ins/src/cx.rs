//! How an INS is spelled as an HL7 `CX`: in HL7 v2 messages, and in XDS metadata.
//!
//! In: an [`Ins`] that may be sent, or a repetition of `PID-3`. Out: the identifier as text, or what was announced.
//! The two spellings differ by their type code: `INS` in HL7 v2, `NH` in XDS.
//!
//! Sources: Interop'Santé, contraintes sur les types de données HL7 v2.5 (CX, INS); CI-SIS volet partage de documents
//! (`patientId`).

use crate::authority::{Environment, authority_of, oid, parse};
use hl7v2::{Cell, Repetition, SegmentBuilder};
use lab::{
    identity::AnnouncedIns,
    patient::{Ins, InsAuthority},
};

/// Type code of an INS in HL7 v2 (CX-5).
pub const HL7V2_TYPE: &str = "INS";
/// Type code of an INS in XDS and XDM metadata.
pub const XDS_TYPE: &str = "NH";

/// The namespace HL7 v2 writes beside the object identifier (CX-4.1). Test identities use that of the NIR.
#[must_use]
pub fn namespace(authority: InsAuthority) -> &'static str {
    match authority {
        InsAuthority::Nir | InsAuthority::NirTest | InsAuthority::NirDemo => "ASIP-SANTE-INS-NIR",
        InsAuthority::Nia => "ASIP-SANTE-INS-NIA",
    }
}

/// In HL7 v2: `279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS`. No character needs an escape.
#[must_use]
pub fn hl7v2(ins: &Ins) -> String {
    let (matricule, authority) = (ins.matricule.as_str(), ins.authority);
    format!("{matricule}^^^{}&{}&ISO^{HL7V2_TYPE}", namespace(authority), oid(authority))
}

/// In XDS: `279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH`.
#[must_use]
pub fn xds(ins: &Ins) -> String {
    format!("{}^^^&{}&ISO^{XDS_TYPE}", ins.matricule.as_str(), oid(ins.authority))
}

/// Writes an INS into a field of type CX, whatever the separators of the message.
pub fn write_hl7v2(segment: &mut SegmentBuilder, cell: Cell, ins: &Ins) {
    segment.text(cell.component(1), ins.matricule.as_str());
    segment.text(cell.component(4).subcomponent(1), namespace(ins.authority));
    segment.text(cell.component(4).subcomponent(2), oid(ins.authority));
    segment.text(cell.component(4).subcomponent(3), "ISO");
    segment.text(cell.component(5), HL7V2_TYPE);
}

/// Reads a repetition of `PID-3` (or `MRG-1`); `None` when it is not an INS.
///
/// It is one when its type is `INS` or its object identifier is that of an INS. The type `NH` alone is not: it marks
/// the number used for billing. `place` names the field in a refusal, for example `PID-3[2]`.
/// The INS-C of former years (type `INS-C`) is not an INS.
#[must_use]
pub fn read_hl7v2(cx: &Repetition<'_>, place: &str, environment: Environment) -> Option<AnnouncedIns> {
    let authority = cx.component(4).subcomponent(2).text();
    let is_ins = cx.component(5).text() == HL7V2_TYPE || authority_of(&authority).is_some();
    if !is_ins {
        return None;
    }
    if cx.component(1).is_null() {
        return Some(AnnouncedIns::Removed);
    }
    Some(match parse(cx.component(1).text().trim(), &authority, environment) {
        Ok(ins) => AnnouncedIns::Present(ins),
        Err(refusal) => AnnouncedIns::Refused { place: place.to_owned(), code: refusal.code() },
    })
}
