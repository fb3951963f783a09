//! Small CDA values that recur: identifiers, codes, times, anchors between narrative and entries.
//!
//! In: values of the model. Out: values of CDA that borrow from them.
//! Knows what the schema forbids in data (a space in a code, an empty attribute) and stays within it.

use super::clock::Short;
use crate::codes::{LOINC, code_system};
use cda::{Attribute, Cd, Ed, Ii, Tel, Time};
use lab::quantity::{CodeSystem, Coded};
use std::borrow::Cow;

/// Largest `extension` the structuration minimale accepts.
const EXTENSION_MAX: usize = 64;

/// An identifier of the narrative, unique in the document: `r12`, `r12m`.
#[derive(Clone, Copy)]
pub(super) struct Anchor {
    kind: &'static str,
    number: u32,
    part: &'static str,
}

impl Anchor {
    /// `kind` and `part` are ASCII letters; `kind` is not empty, an `xs:ID` starts with a letter.
    pub(super) fn new(kind: &'static str, number: u32, part: &'static str) -> Self {
        Self { kind, number, part }
    }

    /// As an `ID`.
    pub(super) fn id(self) -> String {
        format!("{}{}{}", self.kind, self.number, self.part)
    }

    /// A `reference`: `#` and the identifier.
    pub(super) fn reference<'a>(self) -> Tel<'a> {
        let value = format!("#{}{}{}", self.kind, self.number, self.part);
        Tel { value: Some(Cow::Owned(value)), ..Tel::default() }
    }

    /// A text that stands in the narrative.
    pub(super) fn text<'a>(self) -> Vec<Ed<'a>> {
        vec![Ed { reference: vec![self.reference()], ..Ed::default() }]
    }
}

/// The value of an attribute.
pub(super) fn value<'a>(value: impl Into<Cow<'a, str>>) -> Attribute<'a> {
    Some(value.into())
}

/// An identifier by root and extension.
pub(super) fn id<'a>(root: &'a str, extension: impl Into<Cow<'a, str>>) -> Ii<'a> {
    Ii { root: value(root), extension: value(extension), ..Ii::default() }
}

/// An identifier without extension.
pub(super) fn oid<'a>(root: impl Into<Cow<'a, str>>) -> Ii<'a> {
    Ii { root: value(root), ..Ii::default() }
}

/// The templates of a place.
pub(super) fn templates<'a>(roots: &[&'static str]) -> Vec<Ii<'a>> {
    roots.iter().map(|root| oid(*root)).collect()
}

/// A number that may stand as an extension: not blank, not too long.
pub(super) fn extension(number: &str) -> Option<&str> {
    let number = number.trim();
    (1..=EXTENSION_MAX).contains(&number.chars().count()).then_some(number)
}

/// A point in time.
pub(super) fn at<'a>(at: Short) -> Time<'a> {
    Time { value: value(at.as_str().to_owned()), ..Time::default() }
}

/// An interval of which the end is known.
pub(super) fn until<'a>(end: Short) -> Time<'a> {
    Time { high: vec![at(end)], ..Time::default() }
}

/// A time that is not known, or that there is not.
pub(super) fn no_time<'a>(reason: &'static str) -> Time<'a> {
    Time { null_flavor: value(reason), ..Time::default() }
}

/// A code of constants.
pub(super) fn constant<'a>((code, label): (&'a str, &'a str), system: &'static str) -> Cd<'a> {
    Cd { code: value(code), display_name: value(label), code_system: value(system), ..Cd::default() }
}

/// A LOINC code.
pub(super) fn loinc<'a>((code, label): (&'a str, &'a str)) -> Cd<'a> {
    Cd {
        code: value(token(code)),
        display_name: value(label),
        code_system: value(LOINC),
        code_system_name: value("LOINC"),
        ..Cd::default()
    }
}

/// A code alone: a status, a signature, a language.
pub(super) fn simple<'a>(code: &'static str) -> Vec<Cd<'a>> {
    vec![Cd { code: value(code), ..Cd::default() }]
}

/// A code with its label and system; `local` is the arc of the laboratory's catalogue.
pub(super) fn coded<'a>(coded: &'a Coded, local: &'a str) -> Cd<'a> {
    let (oid, system) = code_system(&coded.system, local);
    let label = if coded.label.is_empty() { &coded.code } else { &coded.label };
    Cd {
        code: value(token(&coded.code)),
        display_name: value(label),
        code_system: value(oid),
        code_system_name: value(system),
        ..Cd::default()
    }
}

/// A code whose wording is the narrative's: LOINC attributes, or none and a translation.
///
/// The closed form without attributes is the only one batteries and isolates accept for other systems.
pub(super) fn worded_code<'a>(it: &'a Coded, anchor: Anchor, local: &'a str) -> Cd<'a> {
    let original_text = anchor.text();
    if it.system == CodeSystem::Loinc && !it.code.is_empty() {
        return Cd { original_text, ..coded(it, local) };
    }
    let translation = if it.code.is_empty() { Vec::new() } else { vec![coded(it, local)] };
    Cd { original_text, translation, ..Cd::default() }
}

/// A code as the schema takes it: not empty, without white space (written `_`).
pub(super) fn token(code: &str) -> Cow<'_, str> {
    if code.is_empty() {
        Cow::Borrowed("_")
    } else if code.contains(char::is_whitespace) {
        Cow::Owned(code.chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect())
    } else {
        Cow::Borrowed(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_an_identifier_and_what_refers_to_it() {
        assert_eq!(Anchor::new("rr", u32::MAX, "mm").id(), "rr4294967295mm");
        assert_eq!(Anchor::new("r", 0, "").reference().value.as_deref(), Some("#r0"));
    }

    #[test]
    fn a_code_with_a_space_becomes_a_token() {
        assert_eq!(token("T4 L\n1"), "T4_L_1");
        assert_eq!(token(""), "_");
        assert_eq!(token("K"), "K");
    }
}
