//! The replacement string of `fn:replace` (F&O §7.6.3).

use crate::error::{Error, Res};

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it is.
    Text(String),
    /// What a group matched; 0 is the whole match.
    Group(usize),
}

/// Reads a replacement: `$N` takes as many digits as make the number of a group, `\$` and `\\` are themselves.
///
/// A group that the expression does not have is empty. `FORX0004` for any other use of `$` and `\`.
pub(crate) fn replacement(text: &str, n_groups: usize) -> Res<Vec<Piece>> {
    let malformed = || Error::new("FORX0004", "a digit after $, and $ or \\ after \\");
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(escaped @ ('\\' | '$')) => plain.push(escaped),
                _ => return Err(malformed()),
            },
            '$' => {
                let digit = chars.next().and_then(|c| c.to_digit(10)).ok_or_else(malformed)?;
                let mut group = digit as usize;
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group.saturating_mul(10).saturating_add(digit as usize);
                    if longer > n_groups {
                        break;
                    }
                    group = longer;
                    chars.next();
                }
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                if group <= n_groups {
                    pieces.push(Piece::Group(group));
                }
            }
            _ => plain.push(c),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_as_many_digits_as_there_are_groups() {
        let text = |text: &str| Piece::Text(text.to_string());
        assert_eq!(replacement("a$1b", 1), Ok(vec![text("a"), Piece::Group(1), text("b")]));
        assert_eq!(replacement("$12", 1), Ok(vec![Piece::Group(1), text("2")]));
        assert_eq!(replacement("$12", 12), Ok(vec![Piece::Group(12)]));
        assert_eq!(replacement("[$3]", 1), Ok(vec![text("["), text("]")]));
        assert_eq!(replacement(r"\$\\", 0), Ok(vec![text(r"$\")]));
        for malformed in ["$", "$a", r"\", r"\a"] {
            assert!(replacement(malformed, 3).is_err_and(|error| error.code == "FORX0004"));
        }
    }
}
