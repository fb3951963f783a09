//! `format-number` with the default decimal format (XSLT 2.0 §16.4, XPath 3.1 Functions and Operators §4.7).

use crate::cast::text;
use crate::error::{Error, Res, type_error};
use crate::value::Atomic;

/// Bytes of one picture: each digit is compared with each separator.
const MAX_LENGTH: usize = 1_000;

/// Formats a number by a picture. Half goes to the even digit. `FODF1310` for a picture that cannot be read.
///
/// Not supported: the exponent of XPath 3.1 (`0.0e0`), named decimal formats.
pub(crate) fn format_number(value: &Atomic<'_>, picture: &str) -> Res<String> {
    if picture.len() > MAX_LENGTH {
        return Err(Error::new("LIMIT", "a picture too long to be written out"));
    }
    let (positive, negative) = match picture.split_once(';') {
        Some((positive, negative)) => (Picture::read(positive)?, Some(Picture::read(negative)?)),
        None => (Picture::read(picture)?, None),
    };
    let plain = match value {
        Atomic::Double(value) if value.is_nan() => return Ok("NaN".to_string()),
        Atomic::Float(value) if value.is_nan() => return Ok("NaN".to_string()),
        Atomic::Double(value) => value.to_string(),
        Atomic::Float(value) => value.to_string(),
        _ if value.is_numeric() => text(value).into_owned(),
        _ => return type_error("a number"),
    };
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.as_str()),
    };
    let (sign, picture) = match negative {
        Some(negative) if sign == "-" => ("", negative),
        _ => (sign, positive),
    };
    let number = if digits == "inf" { "Infinity".to_string() } else { picture.format(digits) };
    Ok(format!("{sign}{}{number}{}", picture.prefix, picture.suffix))
}

/// One of the two parts of a picture.
#[derive(Debug, Default)]
struct Picture {
    prefix: String,
    suffix: String,
    /// By how many places the point moves: 2 for percent, 3 for per mille.
    shift: usize,
    least_whole: usize,
    least_fraction: usize,
    most_fraction: usize,
    /// How many digits stand right of each grouping separator of the whole part.
    whole_groups: Vec<usize>,
    /// How many digits of the fraction stand left of each.
    fraction_groups: Vec<usize>,
}

fn malformed<T>(reason: &'static str) -> Res<T> {
    Err(Error::new("FODF1310", reason))
}

impl Picture {
    fn read(text: &str) -> Res<Self> {
        let is_active = |c: char| matches!(c, '0'..='9' | '#' | '.' | ',');
        let (Some(from), Some(last)) = (text.find(is_active), text.rfind(is_active)) else {
            return malformed("a picture with a digit");
        };
        let parts = (text.get(..from), text.get(from..=last), text.get(last + 1..));
        let (Some(prefix), Some(middle), Some(suffix)) = parts else { return malformed("a picture with a digit") };
        if !middle.chars().all(is_active) {
            return malformed("digits, separators and a point in one piece (exponents are not supported)");
        }
        let count = |wanted: char| prefix.matches(wanted).count() + suffix.matches(wanted).count();
        let shift = match (count('%'), count('‰')) {
            (0, 0) => 0,
            (1, 0) => 2,
            (0, 1) => 3,
            _ => return malformed("at most one percent or per mille sign"),
        };
        if text.contains(';') || middle.matches('.').count() > 1 {
            return malformed("at most two pictures, with one point each");
        }
        let (whole, fraction) = middle.split_once('.').unwrap_or((middle, ""));
        if whole.ends_with(',') || fraction.starts_with(',') || middle.contains(",,") {
            return malformed("digits on both sides of a separator");
        }
        let mandatory = |c: char| c.is_ascii_digit();
        let digits = |text: &str| text.chars().filter(|c| *c != ',').collect::<String>();
        let (whole_digits, fraction_digits) = (digits(whole), digits(fraction));
        if whole_digits.trim_start_matches('#').contains('#') || fraction_digits.trim_end_matches('#').contains('#') {
            return malformed("optional digits outside the mandatory ones");
        }
        if whole_digits.is_empty() && fraction_digits.is_empty() {
            return malformed("a picture with a digit");
        }
        let mut picture = Self {
            prefix: prefix.to_string(),
            suffix: suffix.to_string(),
            shift,
            least_whole: whole_digits.chars().filter(|c| mandatory(*c)).count(),
            least_fraction: fraction_digits.chars().filter(|c| mandatory(*c)).count(),
            most_fraction: fraction_digits.len(),
            whole_groups: separators(whole.chars().rev()),
            fraction_groups: separators(fraction.chars()),
        };
        if picture.least_whole == 0 && picture.least_fraction == 0 {
            match picture.most_fraction {
                0 => picture.least_whole = 1,
                _ => picture.least_fraction = 1,
            }
        }
        Ok(picture)
    }

    /// Digits with a point perhaps, without sign, as the picture wants them.
    fn format(&self, digits: &str) -> String {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut all: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        let mut point = whole.len() + self.shift;
        while all.len() < point {
            all.push(0);
        }
        if round_half_even(&mut all, point + self.most_fraction) {
            point += 1;
        }
        let (whole, fraction) = all.split_at(point.min(all.len()));
        let n_zeros = whole.iter().take_while(|digit| **digit == 0).count();
        let mut whole = whole.get(n_zeros..).unwrap_or_default().to_vec();
        while whole.len() < self.least_whole {
            whole.insert(0, 0);
        }
        let mut fraction = fraction.to_vec();
        while fraction.len() > self.least_fraction && fraction.last() == Some(&0) {
            fraction.pop();
        }
        fraction.resize(fraction.len().max(self.least_fraction), 0);
        let mut out = String::new();
        for (place, digit) in whole.iter().enumerate() {
            let n_right = whole.len() - place;
            if place > 0 && self.is_grouped(n_right) {
                out.push(',');
            }
            out.push(char::from(digit + b'0'));
        }
        if !fraction.is_empty() {
            out.push('.');
        }
        for (place, digit) in fraction.iter().enumerate() {
            if self.fraction_groups.contains(&place) {
                out.push(',');
            }
            out.push(char::from(digit + b'0'));
        }
        out
    }

    /// Whether a separator stands left of so many digits: where the picture has one, and on, when they are regular.
    fn is_grouped(&self, n_right: usize) -> bool {
        let Some(&first) = self.whole_groups.first() else { return false };
        let is_regular = self.whole_groups.iter().enumerate().all(|(place, group)| *group == first * (place + 1));
        if is_regular { n_right.is_multiple_of(first) } else { self.whole_groups.contains(&n_right) }
    }
}

/// How many digits come before each separator.
fn separators(chars: impl Iterator<Item = char>) -> Vec<usize> {
    let mut n_digits = 0;
    let mut out = Vec::new();
    for c in chars {
        if c == ',' { out.push(n_digits) } else { n_digits += 1 }
    }
    out
}

/// Keeps so many digits. Whether a digit was added in front: 9.9 becomes 10.
fn round_half_even(digits: &mut Vec<u8>, n_kept: usize) -> bool {
    let Some((first, rest)) = digits.get(n_kept..).and_then(|cut| cut.split_first()) else { return false };
    let is_above = *first > 5 || *first == 5 && rest.iter().any(|digit| *digit != 0);
    let is_half = *first == 5 && !is_above;
    digits.truncate(n_kept);
    let is_odd = digits.last().is_some_and(|digit| digit % 2 == 1);
    if !(is_above || is_half && is_odd) {
        return false;
    }
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return false;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are Saxon's.
    #[test]
    fn pictures_are_those_of_saxon() {
        let decimal = |text: &str| Atomic::Decimal(text.parse().unwrap_or_default());
        let table = [
            (decimal("12345.6"), "#,###.00", "12,345.60"),
            (decimal("12345678.9"), "9,999.99", "12,345,678.90"),
            (decimal("0.14"), "01%", "14%"),
            (Atomic::Integer(-6), "000", "-006"),
            (decimal("0.5"), "#.#", ".5"),
            (Atomic::Integer(0), "#.#", ".0"),
            (Atomic::Integer(0), "#", "0"),
            (decimal("1.5"), "0", "2"),
            (decimal("2.5"), "0", "2"),
            (decimal("9.96"), "0.0", "10.0"),
            (Atomic::Double(2.675), "0.00", "2.68"),
            (Atomic::Integer(1_234_567), "#,##,##0", "12,34,567"),
            (Atomic::Integer(1_234_567), "#,###,#0", "12,345,67"),
            (Atomic::Integer(-3), "0;(0)", "(3)"),
            (Atomic::Double(f64::NAN), "0.0", "NaN"),
            (Atomic::Double(f64::INFINITY), "#0;(0)", "Infinity"),
            (Atomic::Double(f64::NEG_INFINITY), "#0", "-Infinity"),
            (Atomic::Double(-0.0), "0", "-0"),
            (decimal("0.00012"), "0.0‰", "0.1‰"),
            (Atomic::Double(1e20), "0", "100000000000000000000"),
            (decimal("123.456"), "a#.##b", "a123.46b"),
            (Atomic::Integer(5), "#00.0##", "05.0"),
            (decimal("0.1234567"), "0.000,000,0", "0.123,456,7"),
            (decimal("0.5"), ".00", ".50"),
            (decimal("0.5"), "0.", "0"),
            (decimal("-0.001"), "0", "-0"),
        ];
        for (value, picture, expected) in table {
            assert_eq!(format_number(&value, picture).as_deref(), Ok(expected), "{picture}");
        }
        for picture in ["abc", "0.0.0", "0%‰", "0#", "#,", "0;0;0", ""] {
            let refused = format_number(&Atomic::Integer(12), picture).is_err_and(|error| error.code == "FODF1310");
            assert!(refused, "{picture}");
        }
    }
}
