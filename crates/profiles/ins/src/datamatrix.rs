//! What the Datamatrix beside a qualified identity holds.
//!
//! In: a patient, the environment. Out: the text to encode, or nothing. Does not draw.
//!
//! Source: ANS, « INS — Format datamatrix », v2.2 of 2023-09-26, §3 (header) and §5 (fields), as two independent public
//! implementations restate it (the published text was not at hand): they agree on the header, the seven fields, their
//! sizes, the separator and the form of the date.

use jiff::civil::Date;
use lab::patient::{Ins, Patient, Sex, Traits};

use crate::{Environment, fold, oid, sendable};

/// `IS`, version `01`, then 22 reserved zeros: the unsigned variant.
///
/// The norm asks for C40 encodation of these characters; the encoder chooses the shortest one, and a reader gives the
/// same text back in any case.
const HEADER: &str = "IS010000000000000000000000";

/// Ends a field of variable length that is shorter than it may be and is not the last.
const GS: char = '\u{1D}';

/// Longest object identifier (`S2`).
const MAX_OID: usize = 20;
/// Longest list of given names (`S3`) and longest name (`S4`).
///
/// What a writer does with a longer one is not said by our sources: there is no symbol then, rather than a wrong one.
const MAX_NAME: usize = 100;

/// The text of the INS Datamatrix: header, then fields in the order of the table.
///
/// | field | holds                                           | size           |
/// |-------|-------------------------------------------------|----------------|
/// | `S1`  | matricule with its key                          | 15             |
/// | `S2`  | object identifier of the authority              | at most 20     |
/// | `S3`  | given names of birth, separated by spaces       | at most 100    |
/// | `S4`  | name of birth                                   | at most 100    |
/// | `S5`  | sex, `M` or `F`                                 | 1              |
/// | `S6`  | date of birth, `JJ-MM-AAAA`                     | 10             |
/// | `S7`  | place of birth, code officiel géographique      | 5, may be left out |
///
/// Names are strict traits: upper case, no diacritics. `None` unless the INS may leave ([`sendable`]): an identity that
/// is not qualified, lacks a trait or belongs to another environment has no symbol.
///
/// Source: see the module; Ségur SGL.DOC.06 and SGL.INS.51 (a symbol beside a qualified identity only).
#[must_use]
pub fn datamatrix(patient: &Patient, environment: Environment) -> Option<String> {
    datamatrix_of_document(sendable(patient, environment)?, &patient.traits)
}

/// The text for an identity that a document already bears: whoever wrote it there said that it was qualified.
///
/// `None` when a trait is missing or too long.
#[must_use]
pub fn datamatrix_of_document(ins: &Ins, traits: &Traits) -> Option<String> {
    let sex = match traits.sex {
        Sex::Female => 'F',
        Sex::Male => 'M',
        Sex::Unknown => return None,
    };
    let mut text = format!("{HEADER}S1{}", ins.matricule.as_str());
    variable(&mut text, "S2", oid(ins.authority), MAX_OID)?;
    variable(&mut text, "S3", &fold(&traits.given_names), MAX_NAME)?;
    variable(&mut text, "S4", &fold(&traits.birth_name), MAX_NAME)?;
    text.push_str("S5");
    text.push(sex);
    text.push_str("S6");
    text.push_str(&date(traits.birth_date?));
    if let Some(place) = traits.birth_place.as_deref().filter(|place| is_place(place)) {
        text.push_str("S7");
        text.push_str(place);
    }
    Some(text)
}

/// Adds a field that another one follows; `None` when it is empty or too long.
fn variable(text: &mut String, name: &str, value: &str, max: usize) -> Option<()> {
    if value.is_empty() || value.len() > max {
        return None;
    }
    text.push_str(name);
    text.push_str(value);
    if value.len() < max {
        text.push(GS);
    }
    Some(())
}

fn date(date: Date) -> String {
    format!("{:02}-{:02}-{:04}", date.day(), date.month(), date.year())
}

/// Five characters, as the INSEE codes communes and countries: `51215`, `2A004`, `99100`.
fn is_place(place: &str) -> bool {
    place.len() == 5 && place.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'A' | b'B'))
}
