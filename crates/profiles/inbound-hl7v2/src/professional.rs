//! Professionals (XCN, CNN, ROL, PRT): in, parts of a message; out, who they are and their secure mailbox.
//!
//! It does not ask a directory: a number without a readable form is left out, with a finding.

use std::borrow::Cow;

use hl7v2::{Component, Repetition, Segment};
use lab::person::{Address, MssanteAddress, Professional, Rpps};

use crate::{Quirk, reader::Reader};

/// Object identifier of the national numbers of professionals (PS_IdNat).
const PS_ID_NAT: &str = "1.2.250.1.71.4.2.1";

/// The parts of an XCN or CNN that name a person.
struct Named<'m> {
    id: Cow<'m, str>,
    family: Cow<'m, str>,
    given: Cow<'m, str>,
    prefix: Cow<'m, str>,
    degree: Cow<'m, str>,
    authority: Cow<'m, str>,
    has_authority: bool,
    kind: Cow<'m, str>,
}

/// Reads an XCN; `None` when it names nobody or a patient.
///
/// Findings: `PROFESSIONAL-ID-UNREADABLE` for a national number that is no RPPS number (the person is kept without).
pub(crate) fn xcn(reader: &mut Reader<'_>, xcn: Repetition<'_>, place: &str) -> Option<Professional> {
    let named = Named {
        id: xcn.component(1).text(),
        family: xcn.component(2).subcomponent(1).text(),
        given: xcn.component(3).text(),
        prefix: xcn.component(6).text(),
        degree: xcn.component(7).text(),
        authority: xcn.component(9).subcomponent(2).text(),
        has_authority: !xcn.component(9).is_absent(),
        kind: xcn.component(13).text(),
    };
    person(reader, &named, place)
}

/// Reads a CNN, the parts of which are subcomponents (OBR-32).
pub(crate) fn cnn(reader: &mut Reader<'_>, cnn: Component<'_>, place: &str) -> Option<Professional> {
    let named = Named {
        id: cnn.subcomponent(1).text(),
        family: cnn.subcomponent(2).text(),
        given: cnn.subcomponent(3).text(),
        prefix: cnn.subcomponent(6).text(),
        degree: cnn.subcomponent(7).text(),
        authority: cnn.subcomponent(10).text(),
        has_authority: !cnn.subcomponent(9).is_absent() || !cnn.subcomponent(10).is_absent(),
        kind: Cow::Borrowed(""),
    };
    person(reader, &named, place)
}

fn person(reader: &mut Reader<'_>, named: &Named<'_>, place: &str) -> Option<Professional> {
    let kind = reader.code(&named.kind, place);
    if matches!(kind.as_str(), "INS" | "INS-NIR" | "INS-NIA" | "PI" | "NH") {
        return None;
    }
    let id = reader.word(&named.id, place);
    let family = reader.word(&named.family, place);
    if id.is_empty() && family.is_empty() {
        return None;
    }
    let is_national = matches!(kind.as_str(), "RPPS" | "IDNPS") || named.authority.trim() == PS_ID_NAT;
    let is_bare = kind.is_empty() && !named.has_authority;
    let rpps = Rpps::parse(&id).filter(|_| is_national || is_bare);
    if rpps.is_some() && is_bare {
        reader.quirk(Quirk::ProfessionalIdWithoutType);
    }
    if rpps.is_some() && kind == "RPPS" && id.len() == 12 {
        reader.quirk(Quirk::RppsWithTypeDigit);
    }
    if rpps.is_none() && is_national && !id.is_empty() {
        reader.information("PROFESSIONAL-ID-UNREADABLE", place);
    }
    let given = reader.word(&named.given, place);
    Some(Professional {
        rpps,
        family: family.to_uppercase(),
        given,
        title: title(&named.prefix).or_else(|| title(&named.degree)).unwrap_or_default().to_owned(),
        specialty: None,
        mailbox: None,
        phone: None,
        address: None,
    })
}

/// The title as JDV_J246 codes it; the senders' spellings are free text.
fn title(text: &str) -> Option<&'static str> {
    match text.trim().trim_end_matches('.').to_uppercase().as_str() {
        "DR" | "DOCTEUR" | "DOCTOR" => Some("DR"),
        "PR" | "PROF" | "PROFESSEUR" => Some("PR"),
        "MC" => Some("MC"),
        "MG" => Some("MG"),
        "PC" => Some("PC"),
        "PG" => Some("PG"),
        _ => None,
    }
}

/// The médecin traitant: the ROL of role `ODRP`, else the first PD1-4.
///
/// Source: PAM France 2.11, ROL-3 table 0443 (`ODRP`); PD1-4 for senders before v2.5.
pub(crate) fn treating_physician(reader: &mut Reader<'_>) -> Option<Professional> {
    let message = reader.message;
    for rol in message.segments_named("ROL") {
        if rol.field(3).component(1).text().trim() != "ODRP" {
            continue;
        }
        let place = reader.place(&rol, 4);
        if let Some(mut physician) = xcn(reader, rol.field(4).repetition(1), &place) {
            physician.address = address(reader, rol.field(11).repetition(1), &place);
            let (phone, mailbox) = telecoms(reader, &rol, 12);
            physician.phone = phone;
            physician.mailbox = mailbox;
            return Some(physician);
        }
    }
    let pd1 = message.segment("PD1")?;
    let place = reader.place(&pd1, 4);
    xcn(reader, pd1.field(4).repetition(1), &place)
}

/// Reads an XAD as a postal address; `None` when it has no line, code or town.
pub(crate) fn address(reader: &mut Reader<'_>, xad: Repetition<'_>, place: &str) -> Option<Address> {
    let street = reader.word(&xad.component(1).subcomponent(1).text(), place);
    let other = reader.word(&xad.component(2).text(), place);
    let city = reader.word(&xad.component(3).text(), place);
    let postal_code = reader.word(&xad.component(5).text(), place);
    let lines: Vec<String> = [street, other].into_iter().filter(|line| !line.is_empty()).collect();
    let is_empty = lines.is_empty() && city.is_empty() && postal_code.is_empty();
    (!is_empty).then_some(Address { lines, postal_code, city })
}

/// The first telephone number and the first secure mail address of a repeated XTN.
///
/// Findings, for a mail address that is not kept: `RECIPIENT-ADDRESS-OUTSIDE-MSSANTE` outside the space of trust,
/// `RECIPIENT-DOMAIN-NOT-LISTED` outside the white list.
pub(crate) fn telecoms(
    reader: &mut Reader<'_>,
    segment: &Segment<'_>,
    field: u16,
) -> (Option<String>, Option<MssanteAddress>) {
    let (mut phone, mut mailbox) = (None, None);
    for (at, xtn) in segment.field(field.into()).repetitions().enumerate() {
        let place = reader.place_of(segment, field, at + 1);
        let mail = reader.word(&xtn.component(4).text(), &place);
        if mail.contains('@') {
            match reader.trusted.read(&mail) {
                Ok(address) => mailbox = mailbox.or(Some(address)),
                Err(refusal) => reader.warning(refusal.code(), place),
            }
            continue;
        }
        phone = phone.or_else(|| telephone(reader, xtn, &place));
    }
    (phone, mailbox)
}

/// The number of an XTN: unformatted (12, v2.5), as printed (1), or area and number (6, 7); not a fax.
fn telephone(reader: &mut Reader<'_>, xtn: Repetition<'_>, place: &str) -> Option<String> {
    if xtn.component(3).text().trim() == "FX" {
        return None;
    }
    let local = format!("{}{}", xtn.component(6).text().trim(), xtn.component(7).text().trim());
    [xtn.component(12).text(), xtn.component(1).text(), Cow::Owned(local)]
        .iter()
        .map(|number| reader.word(number, place))
        .find(|number| number.bytes().filter(u8::is_ascii_digit).count() >= 4)
}

/// Who takes part and how they are reached (PRT).
pub(crate) struct Participant {
    /// Role, code of table 0912: `RCT` (copy), `OP` (ordering provider)…
    pub(crate) role: String,
    /// The person; `None` for an organization, a device or the patient.
    pub(crate) person: Option<Professional>,
}

/// Reads PRT. The mailbox is looked for in PRT-15, and one field around it.
pub(crate) fn participant(reader: &mut Reader<'_>, prt: &Segment<'_>) -> Participant {
    let place = reader.place(prt, 4);
    let role = reader.code(&prt.field(4).component(1).text(), &place);
    let place = reader.place(prt, 5);
    let mut person = xcn(reader, prt.field(5).repetition(1), &place);
    if let Some(person) = &mut person {
        let (phone, mut mailbox) = telecoms(reader, prt, 15);
        for shifted in [14, 16] {
            if mailbox.is_none() && prt.field(shifted.into()).text().contains('@') {
                reader.quirk(Quirk::ParticipantAddressShifted);
                mailbox = telecoms(reader, prt, shifted).1;
            }
        }
        person.phone = phone;
        person.mailbox = mailbox;
    }
    Participant { role, person }
}

/// Adds a mailbox to the professionals that bear the same number and have none.
pub(crate) fn share_mailbox<'p>(known: impl Iterator<Item = &'p mut Professional>, from: &Professional) {
    let Some(rpps) = &from.rpps else { return };
    for professional in known.filter(|it| it.rpps.as_ref() == Some(rpps)) {
        professional.mailbox = professional.mailbox.take().or_else(|| from.mailbox.clone());
    }
}
