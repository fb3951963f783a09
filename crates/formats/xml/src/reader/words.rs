//! Bytes by eights: where a value or a text ends. Most are short, and a loop over their bytes is mispredicted
//! once for each.
//!
//! A word holds eight bytes, the first one lowest; a mask has the high bit of each byte that is meant.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// The first byte that a mask means.
fn first(mask: u64) -> Option<usize> {
    (mask != 0).then_some(mask.trailing_zeros() as usize / 8)
}

/// Bytes of that value. Exact up to the first one, which is what is asked for.
fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference & HIGHS
}

/// Bytes above `low`, at most 127, each for itself.
fn above(word: u64, low: u8) -> u64 {
    (((word & !HIGHS) + ONES * u64::from(127 - low)) | word) & HIGHS
}

/// Where the first byte is that a mask means: by words, then by bytes.
fn find(bytes: &[u8], mask: impl Fn(u64) -> u64, is_meant: impl Fn(u8) -> bool) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (n, word) in words.iter().enumerate() {
        if let Some(at) = first(mask(u64::from_le_bytes(*word))) {
            return Some(n * 8 + at);
        }
    }
    let at = rest.iter().position(|byte| is_meant(*byte))?;
    Some(words.len() * 8 + at)
}

/// Whether there is nothing but white space, in a text without other control characters.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    find(bytes, |word| above(word, b' '), |byte| byte > b' ').is_none()
}

/// Where the first byte of a text is that ends it or needs a look: `<`, `&`, `]`. None when it is not near.
pub(super) fn end_of_text(bytes: &[u8]) -> Option<usize> {
    const NEAR: usize = 128;
    let mask = |word| equal(word, b'<') | equal(word, b'&') | equal(word, b']');
    find(bytes.get(..NEAR).unwrap_or(bytes), mask, |byte| matches!(byte, b'<' | b'&' | b']'))
}

/// Whether a byte is among others.
pub(super) fn contains(bytes: &[u8], byte: u8) -> bool {
    find(bytes, |word| equal(word, byte), |it| it == byte).is_some()
}

/// Where the first byte of a value is that ends it or needs a look: its quote, `<`, `&`, a control character.
pub(super) fn end_of_value(bytes: &[u8], quote: u8) -> Option<usize> {
    let control = |word: u64| !above(word, b' ' - 1) & HIGHS;
    let mask = |word| equal(word, quote) | equal(word, b'<') | equal(word, b'&') | control(word);
    find(bytes, mask, |byte| byte == quote || matches!(byte, b'<' | b'&') || byte < b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_in_every_place_is_found_as_one_by_one() {
        for byte in 0..=u8::MAX {
            for at in 0..19 {
                let with = |around: u8| {
                    let mut bytes = [around; 19];
                    bytes[at] = byte;
                    bytes
                };
                let (blank, letters) = (with(b' '), with(b'a'));
                assert_eq!(is_blank(&blank), byte <= b' ', "{byte}");
                assert_eq!(contains(&letters, byte), letters.contains(&byte));
                assert_eq!(contains(&letters, b'\r'), byte == b'\r');
                assert_eq!(end_of_text(&letters), letters.iter().position(|it| b"<&]".contains(it)), "{byte}");
                for quote in [b'"', b'\''] {
                    let ends = |it: &u8| *it == quote || matches!(it, b'<' | b'&') || *it < b' ';
                    assert_eq!(end_of_value(&letters, quote), letters.iter().position(ends), "{byte}");
                }
            }
        }
    }
}
