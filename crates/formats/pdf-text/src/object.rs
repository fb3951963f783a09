//! The syntax of objects: bytes in; names, numbers, strings, arrays, dictionaries and references out.
//!
//! Also that of drawing instructions, whose operators are [`Object::Word`]. Comments are skipped, marks that fit nowhere too.
//!
//! Source: ISO 32000-1, 7.2, 7.3.

use std::borrow::Cow;

/// Deeper than this, nothing is read.
const DEPTH_MAX: u8 = 40;

/// Values in one object, inner ones included.
const VALUES_MAX: u32 = 300_000;

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Object<'a> {
    /// An operator, `true`, `false`, `null`, `obj`…
    Word(&'a [u8]),
    Number(f64),
    Name(Cow<'a, [u8]>),
    String(Cow<'a, [u8]>),
    Array(Vec<Object<'a>>),
    Dictionary(Dictionary<'a>),
    /// The number of another object.
    Reference(u32),
}

/// Keys and values in the order of the file.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Dictionary<'a>(pub(crate) Vec<(Cow<'a, [u8]>, Object<'a>)>);

impl<'a> Dictionary<'a> {
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Object<'a>> {
        self.0.iter().find(|(it, _)| **it == *key).map(|(_, value)| value)
    }

    /// Whether the value of a key is this name.
    pub(crate) fn is(&self, key: &[u8], name: &[u8]) -> bool {
        self.get(key).and_then(Object::name) == Some(name)
    }
}

impl<'a> Object<'a> {
    pub(crate) fn name(&self) -> Option<&[u8]> {
        if let Self::Name(it) = self { Some(it) } else { None }
    }

    pub(crate) fn dictionary(&self) -> Option<&Dictionary<'a>> {
        if let Self::Dictionary(it) = self { Some(it) } else { None }
    }

    pub(crate) fn array(&self) -> Option<&[Object<'a>]> {
        if let Self::Array(it) = self { Some(it) } else { None }
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&self) -> Option<usize> {
        match self {
            Self::Number(it) if *it >= 0.0 && it.fract() == 0.0 && *it < 4e9 => Some(*it as usize),
            _ => None,
        }
    }
}

/// Reads objects one after the other.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
    values_left: u32,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, values_left: VALUES_MAX }
    }

    /// The next object; `None` at the end, or where a bound is reached. `12 0 R` is one object.
    pub(crate) fn object(&mut self) -> Option<Object<'a>> {
        self.values_left = VALUES_MAX;
        self.value(0, true)
    }

    /// The next operand or operator, among which there are no references.
    pub(crate) fn instruction(&mut self) -> Option<Object<'a>> {
        self.values_left = VALUES_MAX;
        self.value(0, false)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Past white space and comments.
    pub(crate) fn skip_blanks(&mut self) {
        while let Some(next) = self.peek() {
            if next == b'%' {
                let rest = &self.bytes[self.at..];
                self.at += memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            } else if is_blank(next) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn value(&mut self, depth: u8, has_references: bool) -> Option<Object<'a>> {
        loop {
            self.values_left = self.values_left.checked_sub(1)?;
            self.skip_blanks();
            let next = self.peek()?;
            return Some(match next {
                b'/' => Object::Name(self.name()),
                b'(' => Object::String(self.literal()),
                b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => self.dictionary(depth, has_references)?,
                b'<' => Object::String(self.hexadecimal()),
                b'[' => self.array(depth, has_references)?,
                b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(has_references),
                b']' | b'>' | b'{' | b'}' | b')' => {
                    // Stray, unless who called looks for it.
                    self.at += 1;
                    continue;
                }
                _ => Object::Word(self.word()),
            });
        }
    }

    fn array(&mut self, depth: u8, has_references: bool) -> Option<Object<'a>> {
        if depth >= DEPTH_MAX {
            return None;
        }
        self.at += 1;
        let mut values = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    return Some(Object::Array(values));
                }
                _ => values.push(self.value(depth + 1, has_references)?),
            }
        }
    }

    fn dictionary(&mut self, depth: u8, has_references: bool) -> Option<Object<'a>> {
        if depth >= DEPTH_MAX {
            return None;
        }
        self.at += 2;
        let mut entries = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek()? {
                b'>' => {
                    self.at = (self.at + 2).min(self.bytes.len());
                    return Some(Object::Dictionary(Dictionary(entries)));
                }
                b'/' => {
                    let key = self.name();
                    self.skip_blanks();
                    // A key without value, before the end.
                    if self.peek()? != b'>' {
                        entries.push((key, self.value(depth + 1, has_references)?));
                    }
                }
                // No key: an object that was never closed, or something left out.
                _ => {
                    let stray = self.value(depth + 1, has_references)?;
                    if matches!(stray, Object::Word(b"endobj" | b"stream" | b"obj")) {
                        return Some(Object::Dictionary(Dictionary(entries)));
                    }
                }
            }
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|it| !is_regular(*it)).unwrap_or(rest.len());
        self.at += len.max(1);
        &rest[..len.max(1).min(rest.len())]
    }

    fn name(&mut self) -> Cow<'a, [u8]> {
        self.at += 1;
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|it| !is_regular(*it)).unwrap_or(rest.len());
        self.at += len;
        let written = &rest[..len];
        if !written.contains(&b'#') {
            return Cow::Borrowed(written);
        }
        let mut name = Vec::with_capacity(len);
        let mut from = written;
        while let Some((first, after)) = from.split_first() {
            match after {
                [high, low, after @ ..] if *first == b'#' && digit(*high).is_some() && digit(*low).is_some() => {
                    name.push(digit(*high).unwrap_or(0) << 4 | digit(*low).unwrap_or(0));
                    from = after;
                }
                _ => {
                    name.push(*first);
                    from = after;
                }
            }
        }
        Cow::Owned(name)
    }

    fn number(&mut self, has_references: bool) -> Object<'a> {
        let number = self.plain_number();
        // Two whole numbers and an R are a reference.
        if has_references && number >= 0.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) {
            let here = self.at;
            self.skip_blanks();
            if self.peek().is_some_and(|it| it.is_ascii_digit()) {
                self.plain_number();
                self.skip_blanks();
                let is_word = self.bytes.get(self.at + 1).is_none_or(|it| !is_regular(*it));
                if self.peek() == Some(b'R') && is_word {
                    self.at += 1;
                    return Object::Reference(number as u32);
                }
            }
            self.at = here;
        }
        Object::Number(number)
    }

    /// Digits of coordinates do not matter here, and those of counts are few: precision is lost behind the fifteenth.
    fn plain_number(&mut self) -> f64 {
        let (mut number, mut scale, mut is_negative, mut has_point) = (0.0, 1.0, false, false);
        while let Some(next) = self.peek() {
            match next {
                b'0'..=b'9' => {
                    number = number * 10.0 + f64::from(next - b'0');
                    if has_point {
                        scale *= 10.0;
                    }
                }
                b'.' => has_point = true,
                b'-' => is_negative = true,
                b'+' => {}
                _ => break,
            }
            self.at += 1;
        }
        let number = if has_point { number / scale } else { number };
        if is_negative { -number } else { number }
    }

    fn literal(&mut self) -> Cow<'a, [u8]> {
        self.at += 1;
        let start = self.at;
        let rest = &self.bytes[start..];
        // Most strings hold nothing that is written in another way.
        if let Some(end) = rest.iter().position(|it| matches!(it, b'(' | b')' | b'\\' | b'\r'))
            && rest[end] == b')'
        {
            self.at += end + 1;
            return Cow::Borrowed(&rest[..end]);
        }
        let mut string = Vec::new();
        let mut depth = 0_u32;
        while let Some(next) = self.peek() {
            self.at += 1;
            match next {
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                b'(' => depth += 1,
                b'\\' => {
                    self.escaped(&mut string);
                    continue;
                }
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    string.push(b'\n');
                    continue;
                }
                _ => {}
            }
            string.push(next);
        }
        Cow::Owned(string)
    }

    fn escaped(&mut self, string: &mut Vec<u8>) {
        let Some(next) = self.peek() else { return };
        self.at += 1;
        match next {
            b'n' => string.push(b'\n'),
            b'r' => string.push(b'\r'),
            b't' => string.push(b'\t'),
            b'b' => string.push(8),
            b'f' => string.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'0'..=b'7' => {
                let mut code = u32::from(next - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(it @ b'0'..=b'7') => code = code * 8 + u32::from(it - b'0'),
                        _ => break,
                    }
                    self.at += 1;
                }
                string.push((code & 0xFF) as u8);
            }
            other => string.push(other),
        }
    }

    fn hexadecimal(&mut self) -> Cow<'a, [u8]> {
        self.at += 1;
        let rest = &self.bytes[self.at..];
        let len = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        self.at = (self.at + len + 1).min(self.bytes.len());
        Cow::Owned(from_hexadecimal(&rest[..len]))
    }
}

/// Bytes from digits; what is none is skipped, a last one alone is the upper half.
pub(crate) fn from_hexadecimal(written: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = written.iter().filter_map(|it| digit(*it)).collect();
    digits.chunks(2).map(|it| it[0] << 4 | it.get(1).copied().unwrap_or(0)).collect()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

/// Neither white space nor a mark that ends a word.
pub(crate) fn is_regular(byte: u8) -> bool {
    !is_blank(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<Object<'_>> {
        Reader::new(bytes, 0).object()
    }

    #[test]
    fn objects_are_read_as_they_are_written() {
        let string = |it: &'static [u8]| Some(Object::String(Cow::Borrowed(it)));
        assert_eq!(read(b"(a\\(b\\)\\101\\\nc(d)\\\\)"), string(b"a(b)Ac(d)\\"));
        assert_eq!(read(b"<48 65 6C6C6F2>"), string(b"Hello "));
        assert_eq!(read(b"/A#20B"), Some(Object::Name(Cow::Borrowed(b"A B"))));
        assert_eq!(read(b"12 0 R"), Some(Object::Reference(12)));
        assert_eq!(read(b"-.5"), Some(Object::Number(-0.5)));
        assert_eq!(read(b"12 0 Rx"), Some(Object::Number(12.0)));
        let found = read(b"% note\n<</A[1 2 0 R(x)]/B<</C/D>>/E>>").expect("a dictionary");
        let found = found.dictionary().expect("a dictionary");
        assert!(found.get(b"A").and_then(Object::array).is_some_and(|it| it.len() == 3));
        assert!(found.get(b"B").and_then(Object::dictionary).is_some_and(|it| it.is(b"C", b"D")));
        assert_eq!(found.get(b"E"), None);
    }

    #[test]
    fn what_never_ends_or_is_too_deep_is_nothing() {
        assert_eq!(read(b"[1 2"), None);
        assert_eq!(read(b"<</A"), None);
        assert_eq!(read(&b"[".repeat(100_000)), None);
        assert_eq!(read(&b"<</A".repeat(100_000)), None);
        assert_eq!(read(&[b"[".as_slice(), &b"1 ".repeat(400_000), b"]"].concat()), None);
        assert!(matches!(read(b"(abc"), Some(Object::String(_))));
    }
}
