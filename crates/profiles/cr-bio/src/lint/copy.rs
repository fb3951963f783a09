//! The PDF copy against the entries. Findings `CRBIO-L13`, `CRBIO-L13-UNREAD`.
//!
//! In: the parts of a document. Out: a warning for each result whose value is not in the text of the copy; one information when
//! that text cannot be read, a scan say, or would take too long to compare.
//!
//! Text is compared without white space, case, diacritics and typographic forms. A number is found as it is printed, with a
//! comma or a point and any zeros behind: `5.6` is `5,60`, but `5` is not in `15` nor in `5,2`. Of a coded value any of its
//! wordings will do. Not compared: labels, units, usual values, previous results, and where on the page a value stands.
//! Files of other laboratories beside the copy are not looked at.

use super::{Parts, child, children, find, path, template, template::is_result, text, type_of};
use cda::base64_on_one_line;
use lab::finding::Finding;
use roxmltree::Node;

/// Values times bytes of text that are compared at most: a second. The largest report tried, of 1 260 results, is a fifth of it.
const COST_MAX: usize = 1 << 31;

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let Some(copy) = parts.files.iter().find(|it| is_copy(**it)) else { return };
    let encoded = base64_on_one_line(copy.text().unwrap_or_default());
    // What is no PDF has its own finding.
    let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(encoded.as_bytes()) else { return };
    if !bytes.starts_with(b"%PDF") {
        return;
    }
    let results = parts.observations.iter().copied().filter(|it| is_result(*it) && child(*it, "value").is_some());
    // Each value, with the wordings it may have.
    let values = results.clone().flat_map(|it| children(it, "value")).flat_map(|it| it.descendants());
    let n_values = values.filter(Node::is_element).count();
    if n_values == 0 {
        return;
    }
    let printed = pdf_text::text(&bytes).ok().filter(|it| it.is_whole).and_then(|it| Printed::new(&it.characters));
    let printed = printed.filter(|it| it.cost().saturating_mul(n_values) <= COST_MAX);
    let Some(printed) = printed else {
        findings.push(Finding::information("CRBIO-L13-UNREAD", path(*copy)));
        return;
    };
    for observation in results {
        if children(observation, "value").any(|value| !has(&printed, parts, value)) {
            findings.push(Finding::warning("CRBIO-L13", path(observation)));
        }
    }
}

/// A PDF in the section that holds the copy of the document.
fn is_copy(file: Node<'_, '_>) -> bool {
    let section = file.ancestors().find(|it| it.tag_name().name() == "section");
    file.attribute("mediaType") == Some("application/pdf")
        && section.is_some_and(|it| template::has(it, template::COPY))
}

/// Whether a value is printed; true for one that has nothing to print.
fn has(printed: &Printed, parts: &Parts<'_, '_>, value: Node<'_, '_>) -> bool {
    let number = |it: Node<'_, '_>| it.attribute("value").is_none_or(|it| printed.has_number(it));
    let numbers = |names: [&'static str; 2]| names.iter().filter_map(|it| child(value, it)).all(number);
    match type_of(value) {
        Some("PQ" | "REAL" | "INT") => number(value),
        Some("IVL_PQ" | "IVL_REAL" | "IVL_INT") => numbers(["low", "high"]),
        Some(it) if it.starts_with("RTO") => numbers(["numerator", "denominator"]),
        Some("CD" | "CE" | "CV" | "CO") => {
            let mut wordings = value
                .descendants()
                .filter(|it| matches!(it.tag_name().name(), "value" | "translation"))
                .filter_map(|it| it.attribute("displayName").map(str::to_owned))
                .chain(find(value, &["originalText"]).map(|it| words(parts, it)))
                .filter(|it| !it.trim().is_empty())
                .peekable();
            wordings.peek().is_none() || wordings.any(|it| printed.has_text(&it))
        }
        Some("ST" | "ED") if value.attribute("representation").is_none() => printed.has_text(&words(parts, value)),
        _ => true,
    }
}

/// The text of a node, or that of the narrative which it refers to.
fn words(parts: &Parts<'_, '_>, node: Node<'_, '_>) -> String {
    text(child(node, "reference").and_then(|it| parts.target(it)).unwrap_or(node))
}

/// The text of a file without white space.
struct Printed {
    /// Folded: see [`fold`].
    text: String,
    /// For each byte of `text` and its end, whether something begins there, behind white space or elsewhere on the page.
    starts: Vec<bool>,
    /// The characters one by one, see [`alike`], when some of them are not known.
    raw: Vec<char>,
}

impl Printed {
    /// `None` when there is nothing to read, or a fifth of it is not known.
    fn new(characters: &str) -> Option<Self> {
        let mut text = String::with_capacity(characters.len());
        let mut starts = Vec::with_capacity(characters.len());
        for word in characters.split_whitespace() {
            starts.resize(text.len() + 1, false);
            starts[text.len()] = true;
            text.push_str(&fold(word));
        }
        starts.resize(text.len() + 1, false);
        starts[text.len()] = true;
        let n_unknown = characters.matches(char::REPLACEMENT_CHARACTER).count();
        let raw: Vec<char> = match n_unknown {
            0 => Vec::new(),
            _ => characters.chars().filter(|it| !it.is_whitespace()).map(alike).collect(),
        };
        (!text.is_empty() && n_unknown * 5 <= raw.len()).then_some(Self { text, starts, raw })
    }

    /// Of looking for one value, in bytes of text.
    fn cost(&self) -> usize {
        self.text.len() + 4 * self.raw.len()
    }

    fn has_text(&self, wanted: &str) -> bool {
        self.text.contains(&fold(wanted)) || self.has_like(wanted)
    }

    /// The same, an unknown character standing for any other.
    fn has_like(&self, wanted: &str) -> bool {
        let wanted: Vec<char> = wanted.chars().filter(|it| !it.is_whitespace()).map(alike).collect();
        let is_like = |(have, want): (&char, &char)| *have == char::REPLACEMENT_CHARACTER || have == want;
        !wanted.is_empty() && self.raw.windows(wanted.len()).any(|it| it.iter().zip(&wanted).all(is_like))
    }

    /// Whether a number stands there by itself; true for what is no plain decimal.
    fn has_number(&self, wanted: &str) -> bool {
        let digits = wanted.trim_start_matches(['-', '+']);
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || !whole.bytes().chain(decimals.bytes()).all(|it| it.is_ascii_digit()) {
            return true;
        }
        let decimals = decimals.trim_end_matches('0');
        let is_negative = wanted.starts_with('-') && digits.bytes().any(|it| matches!(it, b'1'..=b'9'));
        let stands_at = |at: usize| {
            let has_sign = at.checked_sub(1).is_some_and(|it| self.byte(it) == Some(b'-'));
            (has_sign || !is_negative)
                && self.begins(at)
                && self.end_of(at + whole.len(), decimals).is_some_and(|end| self.ends(end))
        };
        // One may begin inside of what looks like another: `1` and `11,5` are printed `111,5`.
        let mut places = self.text.match_indices(&whole[..1]).map(|(at, _)| at);
        places.any(|at| self.text[at..].starts_with(whole) && stands_at(at))
            || self.has_like(wanted)
            || self.has_like(&wanted.replace('.', ","))
    }

    fn is_start(&self, at: usize) -> bool {
        self.starts.get(at).copied().unwrap_or(true)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn is_digit(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|it| it.is_ascii_digit())
    }

    fn is_sign(&self, at: usize) -> bool {
        matches!(self.byte(at), Some(b'.' | b','))
    }

    /// No digit of the same number stands before.
    fn begins(&self, at: usize) -> bool {
        if at == 0 || self.is_start(at) {
            return true;
        }
        let is_behind_sign = self.is_sign(at - 1) && !self.is_start(at - 1) && at >= 2 && self.is_digit(at - 2);
        !self.is_digit(at - 1) && !is_behind_sign
    }

    /// Where a number ends whose whole part ends here: its decimals and zeros, or zeros alone.
    fn end_of(&self, at: usize, decimals: &str) -> Option<usize> {
        let mut end = at;
        if !decimals.is_empty() {
            end += 1 + decimals.len();
            if !self.is_sign(at) || self.text.get(at + 1..end)? != decimals {
                return None;
            }
        } else if self.is_sign(at) && self.byte(at + 1) == Some(b'0') && !self.is_start(at) {
            end += 1;
        }
        while end > at && self.byte(end) == Some(b'0') && !self.is_start(end) {
            end += 1;
        }
        Some(end)
    }

    /// No digit of the same number follows.
    fn ends(&self, end: usize) -> bool {
        self.is_start(end)
            || !(self.is_digit(end) || self.is_sign(end) && self.is_digit(end + 1) && !self.is_start(end + 1))
    }
}

/// One character without case, diacritics and typographic form; itself when that leaves none.
fn alike(character: char) -> char {
    fold(character.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(character)
}

/// Without white space, case, diacritics and typographic forms; what is not Latin is left out.
fn fold(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|it| match it {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{2018}' | '\u{2019}' => '\'',
            // Soft hyphens and marks without width.
            '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' => ' ',
            it => it,
        })
        .collect();
    let mut folded = ins::unaccented(&plain);
    folded.retain(|it| !it.is_whitespace());
    folded.make_ascii_lowercase();
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Printed {
        Printed::new(text).expect("a text")
    }

    #[test]
    fn a_number_is_found_as_it_is_printed_and_not_in_another() {
        let text = printed(
            "Glucose 5,60 mmol/L\n3,50 - 6,10\nvitamine B12\n250\nPSA < 0.5\nexcès -1,5 total 10 000 \n7\n8,1\n9.",
        );
        for there in
            ["5.60", "5.6", "5.600", "3.5", "6.1", "250", "250.0", "0.5", "-1.5", "1.5", "10000", "7", "8.1", "9"]
        {
            assert!(text.has_number(there), "{there}");
        }
        for not_there in ["5", "60", "0", "6", "56", "25", "122", "2", "-5.6", "-7", "1", "5.61", "0.05"] {
            assert!(!text.has_number(not_there), "{not_there}");
        }
        assert!(printed("1/1\n11,095").has_number("11.095"));
        // Each glyph may stand at a place of its own, so that what follows may be of the same number.
        assert!(printed("5\n,\n6\n0").has_number("5.6"));
        assert!(text.has_number("1E3") && text.has_number(""));
    }

    #[test]
    fn a_wording_is_found_in_any_typography() {
        let text = printed("Absence d’anticorps anti-\nérythrocytaires\nSTAPHYLOCOCCUS  aureus");
        assert!(text.has_text("absence d'anticorps anti-érythrocytaires"));
        assert!(text.has_text("Staphylococcus aureus") && !text.has_text("Staphylococcus epidermidis"));
    }

    #[test]
    fn what_the_file_does_not_tell_may_be_anything_unless_it_is_much() {
        let text = printed("Résultat : n\u{FFFD}gatif, 4,\u{FFFD} g/L");
        assert!(text.has_text("négatif") && text.has_number("4.2") && !text.has_text("positif"));
        assert!(Printed::new("\u{FFFD}\u{FFFD}\u{FFFD} ab").is_none() && Printed::new(" \n").is_none());
    }
}
