//! Small CDA elements that recur: identifiers, codes, times, anchors between narrative and entries.
//!
//! In: values of the model. Out: elements appended to a writer.
//! Knows what the schema forbids in data (a space in a code, an empty attribute) and stays within it.

use super::clock::Short;
use crate::codes::code_system;
use lab::quantity::{CodeSystem, Coded};
use std::borrow::Cow;
use xml::Writer;

/// Largest `extension` the structuration minimale accepts.
const EXTENSION_MAX: usize = 64;

/// An identifier of the narrative, unique in the document: `r12`, `r12m`.
#[derive(Clone, Copy)]
pub(super) struct Anchor {
    bytes: [u8; 16],
    len: usize,
}

impl Anchor {
    /// `kind` and `part` are one or two ASCII letters; `kind` is not empty, an `xs:ID` starts with a letter.
    pub(super) fn new(kind: &'static str, number: u32, part: &'static str) -> Self {
        let mut anchor = Self { bytes: [b'#'; 16], len: 1 };
        anchor.push(kind.as_bytes());
        let mut digits = [0; 10];
        let (mut rest, mut at) = (number, digits.len());
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        anchor.push(&digits[at..]);
        anchor.push(part.as_bytes());
        anchor
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// As an `ID`.
    pub(super) fn id(&self) -> &str {
        std::str::from_utf8(&self.bytes[1..self.len]).unwrap_or_default()
    }

    /// As a `reference`: `#` and the identifier.
    fn reference(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

/// `<id root extension/>`
pub(super) fn id(w: &mut Writer, root: &str, extension: &str) {
    w.open("id").attr("root", root).attr("extension", extension).close();
}

/// A number that may stand as an extension: not blank, not too long.
pub(super) fn extension(number: &str) -> Option<&str> {
    let number = number.trim();
    (1..=EXTENSION_MAX).contains(&number.chars().count()).then_some(number)
}

/// An identifier without extension under an arc: `<id root="arc.n"/>`.
pub(super) fn sub_id(w: &mut Writer, arc: &str, n: u32) {
    w.open("id").attr_display("root", format_args!("{arc}.{n}")).close();
}

/// A time element whose value is a point in time.
pub(super) fn time(w: &mut Writer, name: &'static str, at: Short) {
    w.open(name).attr("value", at.as_str()).close();
}

/// `<reference value="#…"/>`
pub(super) fn reference(w: &mut Writer, anchor: Anchor) {
    w.open("reference").attr("value", anchor.reference()).close();
}

/// `<originalText><reference value="#…"/></originalText>`
pub(super) fn original_text(w: &mut Writer, anchor: Anchor) {
    w.open("originalText");
    reference(w, anchor);
    w.close();
}

/// Opens a coded element with its code, label and system; the caller closes it.
pub(super) fn open_coded(w: &mut Writer, name: &'static str, coded: &Coded, local: &str) {
    let (oid, system) = code_system(&coded.system, local);
    let label = if coded.label.is_empty() { &coded.code } else { &coded.label };
    w.open(name)
        .attr("code", &token(&coded.code))
        .attr("displayName", label)
        .attr("codeSystem", oid)
        .attr("codeSystemName", system);
}

/// A coded element of constants, without content.
pub(super) fn constant_code(w: &mut Writer, name: &'static str, (code, label): (&str, &str), system: &str) {
    w.open(name).attr("code", code).attr("displayName", label).attr("codeSystem", system).close();
}

/// A LOINC `code` element, without content.
pub(super) fn loinc(w: &mut Writer, (code, label): (&str, &str)) {
    w.open("code")
        .attr("code", &token(code))
        .attr("displayName", label)
        .attr("codeSystem", crate::codes::LOINC)
        .attr("codeSystemName", "LOINC")
        .close();
}

/// Opens a `code` whose wording is the narrative's: LOINC attributes, or none and a translation.
///
/// The closed form without attributes is the only one batteries and isolates accept for other systems.
pub(super) fn worded_code(w: &mut Writer, coded: &Coded, anchor: Anchor, local: &str) {
    if coded.system == CodeSystem::Loinc && !coded.code.is_empty() {
        open_coded(w, "code", coded, local);
        original_text(w, anchor);
    } else {
        w.open("code");
        original_text(w, anchor);
        if !coded.code.is_empty() {
            open_coded(w, "translation", coded, local);
            w.close();
        }
    }
    w.close();
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
    fn the_largest_anchor_fits() {
        assert_eq!(Anchor::new("rr", u32::MAX, "mm").id(), "rr4294967295mm");
        assert_eq!(Anchor::new("r", 0, "").reference(), "#r0");
    }

    #[test]
    fn a_code_with_a_space_becomes_a_token() {
        assert_eq!(token("T4 L\n1"), "T4_L_1");
        assert_eq!(token(""), "_");
        assert_eq!(token("K"), "K");
    }
}
