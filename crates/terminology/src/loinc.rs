//! LOINC codes: in, a code; out, its number when the check digit is right, and the property of its results.
//!
//! LOINC content: see [`crate::LOINC_NOTICE`]. It does not know which codes exist: the property of most of them is known.

mod property;

pub use property::{Property, property};

/// The number of a LOINC code: the digits before the hyphen, one to seven of them, when the digit behind is theirs.
///
/// `None` for anything else, also for parts and answers (`LP…`, `LA…`), which are not numbers of this kind.
///
/// Source: LOINC Users' Guide, appendix C (modulus 10, the digits in odd places from the right doubled).
pub fn number(code: &str) -> Option<u32> {
    let (digits, check) = code.split_once('-')?;
    let [check] = check.as_bytes() else { return None };
    if !(1..=7).contains(&digits.len()) || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let sum: u32 = digits
        .bytes()
        .rev()
        .map(|it| u32::from(it - b'0'))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
        .sum();
    (u32::from(*check) == u32::from(b'0') + (10 - sum % 10) % 10).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn the_check_digit_of_a_number_is_known() {
        for right in ["11502-2", "2160-0", "718-7", "14771-0", "58410-2", "20-8", "100898-6"] {
            assert_eq!(number(right), right.split_once('-').and_then(|(it, _)| it.parse().ok()), "{right}");
        }
        for wrong in
            ["11502-3", "2160-", "2160", "", "-0", "abc-1", "2160-00x", "2160-0x", "12345678-2", "²-1", "LA6576-8"]
        {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
