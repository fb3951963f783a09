//! Units: which UCUM codes the national terminology check lets through, and what they measure.
//!
//! In: a unit code. Out: yes or no, or a [`Dimension`]. The national check is membership in a fixed list; nothing is
//! converted.

mod accepted;
mod dimension;

pub(crate) use dimension::Base;
pub use dimension::{Dimension, dimension};

use accepted::ACCEPTED;

/// Whether a CR-BIO document may carry this unit.
///
/// Annotations are deleted first, then the rest must be in the list to the character; nothing left passes. An annotation
/// is deleted when it holds at least two characters and only lower-case letters strictly between the first and the last
/// one: `mL/min{surface}` passes, `{INR}` and `mL/min/{1.73_m2}` do not.
///
/// Source: schematron `terminologie.sch`, rule `is-code-ucum-exist` (`replace(@unit, '\{.[a-z]*.\}', '')`); CR-BIO 2024.01.
pub fn is_accepted(unit: &str) -> bool {
    let rest = without_annotations(unit);
    rest.is_empty() || is_listed(&rest)
}

/// The unit without the annotations that the national check ignores.
pub fn without_annotations(unit: &str) -> String {
    let mut rest = String::with_capacity(unit.len());
    let mut from = unit;
    while let Some(next) = from.chars().next() {
        match annotation_len(from) {
            Some(len) => from = &from[len..],
            None => {
                rest.push(next);
                from = &from[next.len_utf8()..];
            }
        }
    }
    rest
}

/// Bytes of the annotation that `text` starts with, by the rule of the check; `None` when it starts with none.
fn annotation_len(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('{')?;
    let mut chars = inner.char_indices();
    let (_, first) = chars.next()?;
    let letters_at = first.len_utf8();
    let n_letters = inner[letters_at..].bytes().take_while(u8::is_ascii_lowercase).count();
    let after = letters_at + n_letters;
    // The expression is greedy: the last character is the one after the letters if a brace follows it…
    let last = inner[after..].chars().next()?;
    let line_end = |c: char| matches!(c, '\n' | '\r');
    if line_end(first) || line_end(last) {
        return None;
    }
    let close = after + last.len_utf8();
    if inner[close..].starts_with('}') {
        return Some(1 + close + 1);
    }
    // …else the last of the letters.
    (last == '}' && n_letters > 0).then_some(1 + close)
}

fn is_listed(code: &str) -> bool {
    ACCEPTED.binary_search(&code).is_ok()
}

/// Every code of the list.
pub fn accepted() -> &'static [&'static str] {
    ACCEPTED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_the_official_check_was_seen_to_accept_are_accepted() {
        for unit in [
            "g/L",
            "ug/dL",
            "mmol/L",
            "umol/L",
            "mg/mmol",
            "m[IU]/L",
            "m[IU]/mL",
            "k[IU]/L",
            "[IU]/L",
            "U/L",
            "kat/L",
            "10*9/L",
            "10*12/L",
            "/uL",
            "/mL",
            "fL",
            "pg",
            "%",
            "mm/h",
            "mm[Hg]",
            "mosm/kg",
            "mL/min",
            "mL/min/m2",
            "mmol/(24.h)",
            "[pH]",
            "[CFU]/mL",
            "[arb'U]/mL",
            "{ratio}",
            "{index}",
            "{titer}",
            "{score}",
            "{copies}/mL",
            "{cells}/uL",
            "/100{wbc}",
            "{rlu}",
            "{inr}",
            "{log}",
            "{ufc}/mL",
            "mL/min{surface}",
        ] {
            assert!(is_accepted(unit), "{unit}");
        }
    }

    #[test]
    fn units_that_the_official_check_was_seen_to_reject_are_rejected() {
        for unit in [
            "1",
            "ukat/L",
            "nkat/L",
            "g/mol",
            "mL/min/{1.73_m2}",
            "mL/min/(173.10*-2.m2)",
            "log",
            "{RLU}",
            "{INR}",
            "{CFU}/mL",
            "{UFC}/mL",
            "{log_copies}/mL",
            "[copies]/mL",
            "mmol/24.h",
            "pg/ml",
            "G/L",
            "mmol/l",
            " g/L",
        ] {
            assert!(!is_accepted(unit), "{unit}");
        }
    }

    #[test]
    fn annotations_are_deleted_as_the_expression_of_the_check_deletes_them() {
        // Expected values: the same expression run by an independent engine.
        let table = [
            ("{ab}", ""),
            ("{a}", "{a}"),
            ("{}", "{}"),
            ("{}}", "{}}"),
            ("{}}}", ""),
            ("{ab}}", ""),
            ("{aB}", ""),
            ("{aBc}", "{aBc}"),
            ("x{1y}z{é2}", "xz"),
            ("{{ab}}", ""),
            ("{a\n}", "{a\n}"),
            ("{", "{"),
            ("{abc", "{abc"),
        ];
        for (unit, expected) in table {
            assert_eq!(without_annotations(unit), expected, "{unit:?}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_whole() {
        assert_eq!(ACCEPTED.len(), 761);
        assert!(ACCEPTED.is_sorted());
        // Published so: the code without its final space is not in the list.
        assert!(is_listed("g/kg ") && !is_listed("g/kg"));
    }
}
