//! The patient as announced (PID and its neighbors): in, segments; out, identifiers, identity traits, INS, contact.
//!
//! Nothing is decided here: an INS with a wrong key is announced as refused, and `lab::identity` says what becomes of it.

use hl7v2::{Precision, Repetition, Segment, Ts};
use jiff::civil::Date;
use lab::{
    identity::{AnnouncedIdentity, AnnouncedIns},
    patient::{Guardian, Ins, InsAuthority, InsMatricule, InsMatriculeError, Kinship, Sex, Traits},
    person::{Address, Professional},
    redact_debug,
};

use crate::{
    Quirk,
    identifier::{LocalId, local_id},
    professional::{address, telecoms, treating_physician},
    reader::Reader,
};

/// Most identifiers read from one field.
const MAX_IDENTIFIERS: usize = 50;

/// A patient as a sender announces them.
#[derive(Clone, PartialEq)]
pub struct AnnouncedPatient {
    /// Local identifiers (PID-3 but for the INS), those of type `PI` first; empty only when the INS is there.
    pub local_ids: Vec<LocalId>,
    /// Identity, for [`lab::identity::receive`].
    pub identity: AnnouncedIdentity,
    /// PID-32 as sent: `VALI`, `PROV`, `HOMA`…
    pub reliability: Vec<String>,
    /// Number of the file (PID-18, type `AN`).
    pub account: Option<LocalId>,
    /// Where the patient lives.
    pub address: Option<Address>,
    /// Telephone.
    pub phone: Option<String>,
    /// Relatives who may act for them (NK1), in order.
    pub relatives: Vec<(Kinship, Guardian)>,
    /// Médecin traitant.
    pub treating_physician: Option<Professional>,
}
redact_debug!(AnnouncedPatient);

/// Reads the patient of a PID.
///
/// Findings: `INBOUND-PATIENT-ID-MISSING` (error) without a local identifier, `INBOUND-PATIENT-NAME-MISSING` (error),
/// `IDENTITY-BIRTH-DATE-UNREADABLE`, `IDENTITY-SEX-UNKNOWN`, `IDENTITY-BIRTH-PLACE-UNREADABLE` (warnings; the trait is
/// not kept).
/// Source: PAM France 2.11, PID; Ségur SGL.INS.54.
pub(crate) fn patient(reader: &mut Reader<'_>, pid: Segment<'_>) -> AnnouncedPatient {
    let (local_ids, mut ins) = identifiers(reader, &pid, 3);
    // An INS alone is no local identifier, but it says who: the matching of patients decides.
    if local_ids.is_empty() && !matches!(ins, AnnouncedIns::Present(_)) {
        reader.error("INBOUND-PATIENT-ID-MISSING", reader.place(&pid, 3));
    }
    let reliability = codes(reader, &pid, 32);
    ins = corrected_birth_date(reader, ins);
    let stated = |code: &str| reliability.iter().any(|known| known == code);
    let identity = AnnouncedIdentity {
        ins,
        stated_valid: stated("VALI"),
        // Usurped and anonymous identities are no more certain than doubtful and fictive ones.
        stated_doubtful: ["DOUT", "FICT", "USUR", "ANOM"].into_iter().any(stated),
        traits: traits(reader, &pid),
    };
    let place = reader.place(&pid, 18);
    let account = local_id(reader, pid.field(18).repetition(1), &place);
    let (phone, _) = telecoms(reader, &pid, 13);
    AnnouncedPatient {
        local_ids,
        identity,
        reliability,
        account,
        address: home(reader, &pid),
        phone,
        relatives: relatives(reader),
        treating_physician: treating_physician(reader),
    }
}

/// Guardians and parents among the relatives (NK1-2 name, NK1-3 relation, NK1-4 address, NK1-5 telephone).
///
/// Source: HL7 v2.5 §3.4.5; table 0063 (`GRD` guardian, `MTH` mother, `FTH` father, `PAR` parent).
fn relatives(reader: &mut Reader<'_>) -> Vec<(Kinship, Guardian)> {
    let message = reader.message;
    let mut relatives = Vec::new();
    for nk1 in message.segments().filter(|it| it.name() == "NK1").take(MAX_IDENTIFIERS) {
        let (kinship, relation) = match nk1.field(3).component(1).text().trim() {
            "GRD" => (Kinship::Guardian, "représentant légal"),
            "MTH" => (Kinship::Parent, "mère"),
            "FTH" => (Kinship::Parent, "père"),
            "PAR" => (Kinship::Parent, "parent"),
            _ => continue,
        };
        let place = reader.place(&nk1, 2);
        let name = nk1.field(2).repetition(1);
        let family = reader.word(&name.component(1).subcomponent(1).text(), &place);
        let given = reader.word(&name.component(2).text(), &place);
        let place = reader.place(&nk1, 4);
        let address = address(reader, nk1.field(4).repetition(1), &place);
        let (phone, _) = telecoms(reader, &nk1, 5);
        if !family.is_empty() {
            relatives.push((kinship, Guardian { family, given, relation: relation.to_owned(), phone, address }));
        }
    }
    relatives
}

/// A birth date that the sender corrected no longer answers to the matricule.
///
/// Source: PAM France 2.11, ZFD-4.
fn corrected_birth_date(reader: &mut Reader<'_>, ins: AnnouncedIns) -> AnnouncedIns {
    match reader.message.segment("ZFD") {
        Some(zfd) if zfd.field(4).text().trim() == "Y" && matches!(ins, AnnouncedIns::Present(_)) => {
            AnnouncedIns::Refused { place: reader.place(&zfd, 4), code: "INS-BIRTH-DATE-CORRECTED" }
        }
        _ => ins,
    }
}

fn codes(reader: &mut Reader<'_>, segment: &Segment<'_>, field: u16) -> Vec<String> {
    let place = reader.place(segment, field);
    let repetitions = segment.field(field.into()).repetitions().take(MAX_IDENTIFIERS);
    repetitions.map(|code| reader.code(&code.text(), &place)).filter(|code| !code.is_empty()).collect()
}

/// The identifiers of PID-3 or MRG-1: local ones, `PI` first, and the INS apart.
///
/// Of several INS a NIR is taken before a NIA, a readable one before a removal, a removal before an unreadable one.
/// Source: PAM France 2.11 (a receiver keeps the NIR when both are sent; `""` removes).
pub(crate) fn identifiers(reader: &mut Reader<'_>, segment: &Segment<'_>, field: u16) -> (Vec<LocalId>, AnnouncedIns) {
    let mut local_ids = Vec::new();
    let mut ins = AnnouncedIns::Absent;
    for (at, cx) in segment.field(field.into()).repetitions().take(MAX_IDENTIFIERS).enumerate() {
        let place = reader.place_of(segment, field, at + 1);
        match cx.component(5).text().trim() {
            // The NIR for billing: neither the INS nor a local number.
            "NH" | "SS" => {}
            kind if is_ins(cx, kind) => {
                let announced = announced_ins(reader, cx, place);
                if rank(&announced) > rank(&ins) {
                    ins = announced;
                }
            }
            _ => local_ids.extend(local_id(reader, cx, &place)),
        }
    }
    local_ids.sort_by_key(|id: &LocalId| id.kind != "PI");
    (local_ids, ins)
}

fn rank(ins: &AnnouncedIns) -> u8 {
    match ins {
        AnnouncedIns::Absent => 0,
        AnnouncedIns::Refused { .. } => 1,
        AnnouncedIns::Removed => 2,
        AnnouncedIns::Present(ins) if ins.authority == InsAuthority::Nia => 3,
        AnnouncedIns::Present(_) => 4,
    }
}

fn authority_oid(cx: Repetition<'_>) -> (String, bool) {
    let hd = cx.component(4);
    let universal = hd.subcomponent(2).text();
    match universal.trim() {
        "" => (hd.subcomponent(1).text().trim().to_owned(), true),
        oid => (oid.to_owned(), false),
    }
}

/// By its type, or by its authority when a sender gives another type.
fn is_ins(cx: Repetition<'_>, kind: &str) -> bool {
    matches!(kind, "INS" | "INS-NIR" | "INS-NIA") || ins::authority_of(&authority_oid(cx).0).is_some()
}

fn announced_ins(reader: &mut Reader<'_>, cx: Repetition<'_>, place: String) -> AnnouncedIns {
    if cx.component(1).is_null() {
        return AnnouncedIns::Removed;
    }
    if !cx.component(7).is_absent() {
        reader.quirk(Quirk::InsValidityDate);
    }
    let (oid, bare) = authority_oid(cx);
    let Some(authority) = ins::authority_of(&oid) else {
        return AnnouncedIns::Refused { place, code: "INS-AUTHORITY" };
    };
    if bare {
        reader.quirk(Quirk::InsAuthorityBare);
    }
    match InsMatricule::parse(cx.component(1).text().trim()) {
        Ok(matricule) => AnnouncedIns::Present(Ins { matricule, authority }),
        Err(InsMatriculeError::Key) => AnnouncedIns::Refused { place, code: "INS-KEY" },
        Err(InsMatriculeError::Length | InsMatriculeError::Character) => {
            AnnouncedIns::Refused { place, code: "INS-FORM" }
        }
    }
}

fn traits(reader: &mut Reader<'_>, pid: &Segment<'_>) -> Traits {
    let names: Vec<Repetition<'_>> = pid.field(5).repetitions().take(MAX_IDENTIFIERS).collect();
    let kind = |name: &Repetition<'_>| name.component(7).text().trim().to_owned();
    let birth = names.iter().position(|name| kind(name) == "L").or_else(|| {
        let untyped = names.iter().position(|name| kind(name).is_empty() && !name.is_null());
        if untyped.is_some() {
            reader.quirk(Quirk::NameTypeMissing);
        }
        untyped
    });
    let used = names.iter().position(|name| kind(name) == "D");

    let mut birth_name = String::new();
    let (mut first_given, mut given_names) = (String::new(), String::new());
    if let Some(at) = birth {
        let (name, place) = (names[at], reader.place_of(pid, 5, at + 1));
        birth_name = strict(&reader.word(&name.component(1).subcomponent(1).text(), &place));
        first_given = strict(&reader.word(&name.component(2).text(), &place));
        given_names = strict(&reader.word(&name.component(3).text(), &place));
        let starts_with_first = given_names
            .strip_prefix(first_given.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '-']));
        if !given_names.is_empty() && !starts_with_first {
            reader.quirk(Quirk::GivenNamesWithoutFirst);
            given_names = format!("{first_given} {given_names}").trim_start().to_owned();
        }
    }
    let (mut used_name, mut used_given) = (None, None);
    if let Some(at) = used {
        let (name, place) = (names[at], reader.place_of(pid, 5, at + 1));
        let present = |word: String| Some(word).filter(|word| !word.is_empty());
        used_name = present(reader.word(&name.component(1).subcomponent(1).text(), &place).to_uppercase());
        used_given = present(reader.word(&name.component(2).text(), &place));
    }
    if birth_name.is_empty() && used_name.is_none() {
        reader.error("INBOUND-PATIENT-NAME-MISSING", reader.place(pid, 5));
    }
    Traits {
        birth_name,
        first_given,
        given_names,
        birth_date: birth_date(reader, pid),
        sex: sex(reader, pid),
        birth_place: birth_place(reader, pid),
        used_name,
        used_given,
    }
}

/// A strict trait as the national identity writes it; a name in another script is kept in upper case as it is.
fn strict(name: &str) -> String {
    let folded = ins::fold(name);
    if folded.is_empty() && name.contains(char::is_alphabetic) { name.to_uppercase() } else { folded }
}

/// A date of the calendar; lunar and incomplete dates are not kept, for a corrected date would not be the national one.
fn birth_date(reader: &mut Reader<'_>, pid: &Segment<'_>) -> Option<Date> {
    let text = pid.field(7).component(1).text();
    let text = text.trim();
    if text.is_empty() || text == "\"\"" {
        return None;
    }
    let date = Ts::parse(text).ok().filter(|ts| ts.precision >= Precision::Day).and_then(|ts| {
        let (month, day) = (i8::try_from(ts.month).ok()?, i8::try_from(ts.day).ok()?);
        Date::new(i16::try_from(ts.year).ok()?, month, day).ok()
    });
    if date.is_none() {
        reader.warning("IDENTITY-BIRTH-DATE-UNREADABLE", reader.place(pid, 7));
    }
    date
}

fn sex(reader: &mut Reader<'_>, pid: &Segment<'_>) -> Sex {
    match pid.field(8).component(1).text().trim() {
        "F" => Sex::Female,
        "M" => Sex::Male,
        "" | "U" | "\"\"" => Sex::Unknown,
        _ => {
            reader.warning("IDENTITY-SEX-UNKNOWN", reader.place(pid, 8));
            Sex::Unknown
        }
    }
}

/// XAD-9 of the repetition of type `BDL`: the code officiel géographique, five letters or digits.
fn birth_place(reader: &mut Reader<'_>, pid: &Segment<'_>) -> Option<String> {
    let (at, xad) = pid.field(11).repetitions().enumerate().find(|(_, xad)| xad.component(7).text().trim() == "BDL")?;
    let place = reader.place_of(pid, 11, at + 1);
    let code = reader.code(&xad.component(9).text(), &place);
    if code.is_empty() {
        return None;
    }
    let readable = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !readable {
        reader.warning("IDENTITY-BIRTH-PLACE-UNREADABLE", place);
    }
    readable.then(|| code.to_ascii_uppercase())
}

fn home(reader: &mut Reader<'_>, pid: &Segment<'_>) -> Option<Address> {
    let (at, xad) = pid
        .field(11)
        .repetitions()
        .enumerate()
        .find(|(_, xad)| matches!(xad.component(7).text().trim(), "H" | "L" | "M" | "C" | ""))?;
    let place = reader.place_of(pid, 11, at + 1);
    address(reader, xad, &place)
}
