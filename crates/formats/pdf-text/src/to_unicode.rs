//! `ToUnicode` maps: a stream in; which characters each code of a font stands for, out.
//!
//! Source: ISO 32000-1, 9.10.3; Adobe Technical Note 5411.

use crate::object::{Object, Reader};

/// Entries of a map at most.
const ENTRIES_MAX: usize = 70_000;

/// Codes from `low` to `high`, whose characters follow each other as the codes do.
struct Range {
    low: u32,
    high: u32,
    first: String,
}

/// What codes stand for.
#[derive(Default)]
pub(crate) struct ToUnicode {
    ranges: Vec<Range>,
    /// Bytes of a code, where the map says it.
    pub(crate) n_bytes: Option<usize>,
}

impl ToUnicode {
    /// Reads a map; what is not understood is left out.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut reader = Reader::new(bytes, 0);
        // The operands since the last operator: of a range of codes at most a hundred groups.
        let mut operands: Vec<Object<'_>> = Vec::new();
        while let Some(next) = reader.instruction() {
            match next {
                Object::Word(word) => {
                    match word {
                        b"endcodespacerange" => map.code_space(&operands),
                        b"endbfchar" => map.characters(&operands),
                        b"endbfrange" => map.ranges(&operands),
                        _ => {}
                    }
                    operands.clear();
                }
                other if operands.len() < ENTRIES_MAX => operands.push(other),
                _ => break,
            }
            if map.ranges.len() >= ENTRIES_MAX {
                break;
            }
        }
        map.ranges.sort_by_key(|it| it.low);
        map
    }

    fn code_space(&mut self, operands: &[Object<'_>]) {
        self.n_bytes = operands.iter().filter_map(string).map(<[u8]>::len).max().filter(|it| (1..=4).contains(it));
    }

    fn characters(&mut self, operands: &[Object<'_>]) {
        for pair in operands.chunks_exact(2) {
            if let (Some(code), Some(characters)) = (string(&pair[0]), string(&pair[1])) {
                let code = number(code);
                self.ranges.push(Range { low: code, high: code, first: utf_16(characters) });
            }
        }
    }

    fn ranges(&mut self, operands: &[Object<'_>]) {
        for group in operands.chunks_exact(3) {
            let (Some(low), Some(high)) = (string(&group[0]).map(number), string(&group[1]).map(number)) else {
                continue;
            };
            match &group[2] {
                Object::String(first) => self.ranges.push(Range { low, high, first: utf_16(first) }),
                Object::Array(each) => {
                    for (code, characters) in (low..=high).zip(each) {
                        if let Some(characters) = string(characters) {
                            self.ranges.push(Range { low: code, high: code, first: utf_16(characters) });
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds the characters of a code; false when the map has none.
    pub(crate) fn push(&self, code: u32, into: &mut String) -> bool {
        let before = self.ranges.partition_point(|it| it.low <= code);
        let Some(range) = before.checked_sub(1).and_then(|at| self.ranges.get(at)) else { return false };
        if code > range.high || range.first.is_empty() {
            return false;
        }
        let step = code - range.low;
        let mut characters = range.first.chars();
        let Some(last) = characters.next_back() else { return false };
        let Some(last) = char::from_u32(u32::from(last).saturating_add(step)) else { return false };
        into.push_str(characters.as_str());
        into.push(last);
        true
    }
}

fn string<'o>(object: &'o Object<'_>) -> Option<&'o [u8]> {
    if let Object::String(it) = object { Some(it) } else { None }
}

/// A code of up to four bytes.
pub(crate) fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, it| number << 8 | u32::from(*it))
}

fn utf_16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).take(64).map(|it| u16::from_be_bytes([it[0], it[1]]));
    char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_characters() {
        let map = ToUnicode::read(
            b"1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfchar <0003> <0020> <0004> <00660069> endbfchar \
              2 beginbfrange <0010> <0012> <0041> <0020> <0021> [<0061> <D83DDE00>] endbfrange",
        );
        let said = |code| {
            let mut said = String::new();
            map.push(code, &mut said).then_some(said)
        };
        assert_eq!(map.n_bytes, Some(2));
        assert_eq!(
            [3, 4, 0x10, 0x12, 0x20, 0x21].map(said),
            [" ", "fi", "A", "C", "a", "😀"].map(|it| Some(it.to_owned()))
        );
        assert_eq!([0, 2, 5, 0x13, 0x22, u32::MAX].map(said), [const { None }; 6]);
        assert!(!ToUnicode::read(b"\xFF<<(").push(3, &mut String::new()));
    }
}
