//! Usual values as senders print them (OBX-7): text in, bounds out when they are numbers.

use lab::{
    matching,
    quantity::{Decimal, ReferenceRange},
};

/// Words between two bounds. A hyphen is looked for last, for it may be a sign.
const BETWEEN: [&str; 6] = [" - ", " à ", ";", "–", "..", " a "];

/// Reads `3.5-5.0`, `3,5 à 5,0`, `[3.5 ; 5.0]`, `<5`, `≥ 60`; anything else is kept as words.
///
/// `None` for an empty text. Bounds are included, as [`ReferenceRange`] wants it: `<5` gives an upper bound of 5.
pub(super) fn range(text: &str) -> Option<ReferenceRange> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (low, high) = bounds(text.trim_matches(['[', ']', '(', ')']).trim()).unwrap_or((None, None));
    let words = (low.is_none() && high.is_none()).then(|| text.to_owned());
    Some(ReferenceRange { low, high, text: words, group: None })
}

type Bounds = (Option<Decimal>, Option<Decimal>);

fn bounds(text: &str) -> Option<Bounds> {
    for (sign, is_low) in [("<=", false), ("≤", false), ("<", false), (">=", true), ("≥", true), (">", true)] {
        if let Some(number) = text.strip_prefix(sign) {
            let bound = Some(decimal(number)?);
            return Some(if is_low { (bound, None) } else { (None, bound) });
        }
    }
    let (low, high) = BETWEEN.iter().find_map(|between| text.split_once(between)).or_else(|| around_hyphen(text))?;
    let (low, high) = (decimal(low)?, decimal(high)?);
    (low <= high).then_some((Some(low), Some(high)))
}

/// The two sides of the first hyphen that is not the sign of the first number.
fn around_hyphen(text: &str) -> Option<(&str, &str)> {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '-')?.0;
    Some((&text[..at], &text[at + 1..]))
}

fn decimal(text: &str) -> Option<Decimal> {
    match matching::number(text) {
        Some((None, number)) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_senders_print_them() {
        let table = [
            ("3.5-5.0", Some("3.5"), Some("5.0")),
            ("3,50 - 5,00", Some("3.50"), Some("5.00")),
            ("[4 ; 10]", Some("4"), Some("10")),
            ("0,27 à 4,20", Some("0.27"), Some("4.20")),
            ("-2-3", Some("-2"), Some("3")),
            ("-2.0 - -1.0", Some("-2.0"), Some("-1.0")),
            ("<5", None, Some("5")),
            ("<= 0,5", None, Some("0.5")),
            ("≤0,5", None, Some("0.5")),
            (">60", Some("60"), None),
            ("≥ 60", Some("60"), None),
        ];
        for (text, low, high) in table {
            let range = range(text).unwrap_or_else(|| unreachable!("{text} is not empty"));
            let printed = |bound: Option<Decimal>| bound.map(|bound| bound.to_string());
            assert_eq!((printed(range.low).as_deref(), printed(range.high).as_deref()), (low, high), "{text}");
            assert_eq!(range.text, None);
        }
    }

    #[test]
    fn what_is_not_two_ordered_numbers_stays_words() {
        for text in ["Négatif", "5-3", "<x", "1-2-3", "3,5 -", "voir commentaire", "-", "é-"] {
            let range = range(text).unwrap_or_else(|| unreachable!("{text} is not empty"));
            assert_eq!((range.low, range.high, range.text.as_deref()), (None, None, Some(text)));
        }
        assert_eq!(range("  "), None);
    }
}
