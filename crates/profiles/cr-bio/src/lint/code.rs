//! Codes by themselves. Findings `CRBIO-L04`, `CRBIO-L05`.

use super::{Parts, child, path, template};
use crate::codes::{LOINC, SECOND_LABORATORY, WAITING};
use lab::finding::Finding;
use terminology::chapters;

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    for code in &parts.codes {
        let value = code.attribute("code").unwrap_or_default();
        if code.attribute("codeSystem") == Some(LOINC) && !has_check_digit(value) {
            findings.push(Finding::error("CRBIO-L04", path(*code)));
        }
    }
    for section in parts.sections.iter().filter(|it| template::has(**it, template::CHAPTER)) {
        let code = child(*section, "code");
        let value = code.and_then(|it| it.attribute("code")).unwrap_or_default();
        let system = code.and_then(|it| it.attribute("codeSystem"));
        let is_known = chapters::label(value).is_some() || (value == SECOND_LABORATORY && system == Some(WAITING));
        if !is_known {
            findings.push(Finding::warning("CRBIO-L05", path(*section)));
        }
    }
}

/// Whether the digit behind the hyphen is that of the number before it (modulus 10 of Luhn).
///
/// Codes that start with a letter (parts, answers) are not numbers of this kind and are not checked.
/// Source: LOINC Users' Guide, check digit.
fn has_check_digit(code: &str) -> bool {
    let Some((number, check)) = code.rsplit_once('-') else { return false };
    if number.starts_with(|it: char| it.is_ascii_uppercase()) {
        return true;
    }
    if number.is_empty() || number.len() > 10 || !number.bytes().all(|it| it.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2 == 0, u32::from(digit - b'0')) {
            (true, digit) if digit > 4 => 2 * digit - 9,
            (true, digit) => 2 * digit,
            (false, digit) => digit,
        })
        .sum();
    check.parse() == Ok((10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::has_check_digit;

    #[test]
    fn the_check_digit_of_loinc_is_known() {
        for right in ["11502-2", "2160-0", "718-7", "14771-0", "58410-2", "LA6576-8"] {
            assert!(has_check_digit(right), "{right}");
        }
        for wrong in ["11502-3", "2160-", "2160", "", "-0", "abc-1", "2160-00x", "123456789012-3"] {
            assert!(!has_check_digit(wrong), "{wrong}");
        }
    }
}
