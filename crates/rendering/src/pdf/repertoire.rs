//! The characters a page can print, and how received text becomes them.
//!
//! In: any text a peer sent. Out: slots, the indices of printable characters in one list.
//! Does not know fonts: the list is filtered by what the faces hold in `fonts`.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Index of a printable character in [`Repertoire::characters`].
pub(super) type Slot = u16;

/// What stands for a character that cannot be printed: visible, and U+FFFD when the text is copied.
pub(super) const REPLACEMENT: Slot = 0;
/// A space at which a line may break.
pub(super) const SPACE: Slot = 1;
/// A space at which a line may not break; drawn and copied as a space.
pub(super) const NO_BREAK_SPACE: Slot = 2;
/// Sign of a shortened text.
pub(super) const ELLIPSIS: Slot = 3;
/// Where an overlong word may break.
pub(super) const HYPHEN: Slot = 4;
/// Where an overlong word may break.
pub(super) const SLASH: Slot = 5;

/// The slots with a constant, in its order; then what French laboratory reports use. Embedded in every document.
const CORE: &str = "\u{FFFD} \u{A0}…-/!\"#$%&'()*+,.0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\
    ÀÂÄÆÇÈÉÊËÎÏÔÖŒÙÛÜŸàâäæçèéêëîïôöœùûüÿñ°±²³µμ·×÷½¼«»–—‘’“”•‰€≤≥≈≠→↑↓⁰¹⁴⁵⁶⁷⁸⁹⁻αβγδκλΔ©";

/// Embedded only in a document that uses one of them: other Latin, Greek and Cyrillic letters, punctuation, signs.
const EXTENDED: &[std::ops::RangeInclusive<char>] = &[
    '\u{A1}'..='\u{24F}',
    '\u{384}'..='\u{3CE}',
    '\u{400}'..='\u{45F}',
    '\u{1E00}'..='\u{1EF9}',
    '\u{2010}'..='\u{2027}',
    '\u{2030}'..='\u{205E}',
    '\u{2070}'..='\u{209C}',
    '\u{20A0}'..='\u{20B5}',
    '\u{2100}'..='\u{214E}',
    '\u{2150}'..='\u{2189}',
    '\u{2190}'..='\u{21FF}',
    '\u{2200}'..='\u{22FF}',
    '\u{25A0}'..='\u{25FF}',
];

/// Characters above this are not printable, except U+FFFD.
const LAST: usize = 0x2600;

/// The printable characters and the way to them.
pub(super) struct Repertoire {
    /// Printable characters by slot: the core ones first.
    pub(super) characters: Vec<char>,
    /// Number of core characters.
    pub(super) n_core: usize,
    slots: Vec<Slot>,
}

impl Repertoire {
    /// Lists the characters that the faces hold. Core characters are all kept, so that constants stay true.
    pub(super) fn new(is_held: impl Fn(char) -> bool) -> Self {
        let mut characters: Vec<char> = CORE.chars().collect();
        let n_core = characters.len();
        let mut slots = vec![REPLACEMENT; LAST];
        let extended = EXTENDED.iter().cloned().flatten().filter(|char| is_held(*char));
        for char in CORE.chars().chain(extended) {
            let Some(slot) = slots.get_mut(char as usize) else {
                continue;
            };
            if *slot == REPLACEMENT {
                let known = characters[..n_core].iter().position(|core| *core == char);
                *slot = known.unwrap_or_else(|| {
                    characters.push(char);
                    characters.len() - 1
                }) as Slot;
            }
        }
        Self { characters, n_core, slots }
    }

    /// Appends a text as slots: composed, one space per control white space, invisible characters dropped.
    ///
    /// Spaces that French typography ties to a sign (`: ; ! ? » % «`, comparison signs) do not break.
    pub(super) fn append(&self, text: &str, out: &mut Vec<Slot>) {
        let from = out.len();
        if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
            text.chars().for_each(|char| self.append_char(char, from, out));
        } else {
            text.nfc().for_each(|char| self.append_char(char, from, out));
        }
    }

    fn append_char(&self, char: char, from: usize, out: &mut Vec<Slot>) {
        let previous = (out.len() > from).then(|| out[out.len() - 1]);
        let slot = match char {
            '\u{A0}' | '\u{202F}' | '\u{2007}' => NO_BREAK_SPACE,
            _ if char.is_whitespace() => match previous.map(|slot| self.characters[slot as usize]) {
                Some('«' | '<' | '>' | '≤' | '≥' | '°') => NO_BREAK_SPACE,
                _ => SPACE,
            },
            _ if is_invisible(char) => return,
            _ => self.slots.get(char as usize).copied().unwrap_or(REPLACEMENT),
        };
        if previous == Some(SPACE) && matches!(char, ':' | ';' | '!' | '?' | '»' | '%' | '–') {
            let last = out.len() - 1;
            out[last] = NO_BREAK_SPACE;
        }
        out.push(slot);
    }
}

/// Joiners, direction marks, variation selectors, soft hyphen: nothing to see, and able to reorder what is seen.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let repertoire = Repertoire::new(|_| true);
        let mut slots = Vec::new();
        repertoire.append(text, &mut slots);
        slots.iter().map(|slot| repertoire.characters[*slot as usize]).collect()
    }

    #[test]
    fn constants_name_their_character() {
        let repertoire = Repertoire::new(|_| true);
        for (slot, char) in [
            (REPLACEMENT, '\u{FFFD}'),
            (SPACE, ' '),
            (NO_BREAK_SPACE, '\u{A0}'),
            (ELLIPSIS, '…'),
            (HYPHEN, '-'),
            (SLASH, '/'),
        ] {
            assert_eq!(repertoire.characters[slot as usize], char);
        }
    }

    #[test]
    fn each_character_is_listed_once_and_leads_back_to_itself() {
        let repertoire = Repertoire::new(|_| true);
        for (slot, char) in repertoire.characters.iter().enumerate().skip(1) {
            assert_eq!(repertoire.slots[*char as usize] as usize, slot, "U+{:04X}", *char as u32);
        }
    }

    #[test]
    fn what_cannot_be_printed_is_replaced_visibly() {
        assert_eq!(read("A\u{7}😀محB"), "A\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}B");
        assert_eq!(read("e\u{301}te\u{301}"), "été");
        assert_eq!(read("a\tb\u{202E}c\u{200D}"), "a bc");
    }

    #[test]
    fn french_double_signs_keep_their_space() {
        assert_eq!(read("a : b"), "a\u{A0}: b");
        assert_eq!(read("< 5"), "<\u{A0}5");
        assert_eq!(read("3,5 – 5,0"), "3,5\u{A0}– 5,0");
    }
}
