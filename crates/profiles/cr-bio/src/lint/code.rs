//! Codes by themselves. Findings `CRBIO-L04`, `CRBIO-L05`.

use super::{Parts, child, path, template};
use crate::codes::{LOINC, SECOND_LABORATORY, WAITING};
use lab::finding::Finding;
use terminology::{chapters, loinc};

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

/// Whether a code is a number with its check digit. Codes that start with a letter (parts, answers) are not numbers of
/// this kind and are not checked.
fn has_check_digit(code: &str) -> bool {
    let is_number = !code.starts_with(|it: char| it.is_ascii_uppercase());
    !is_number || loinc::number(code).is_some()
}

#[cfg(test)]
mod tests {
    use super::has_check_digit;

    #[test]
    fn a_number_needs_its_check_digit() {
        for right in ["11502-2", "2160-0", "LA6576-8"] {
            assert!(has_check_digit(right), "{right}");
        }
        for wrong in ["11502-3", "2160-", "2160", "", "-0", "abc-1"] {
            assert!(!has_check_digit(wrong), "{wrong}");
        }
    }
}
