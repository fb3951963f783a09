//! The encodings of simple fonts: a code of one byte, or the name of a glyph, in; a character out.
//!
//! Source: ISO 32000-1, annex D; Adobe Glyph List, the names of the Latin sets of that annex and a few more.

/// A predefined encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Encoding {
    Standard,
    WinAnsi,
    MacRoman,
}

/// What stands for a code without meaning.
pub(crate) const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// Codes from 0x80 to 0x9F of WinAnsi; the rest above is Latin-1.
const WIN_ANSI: &str = "€\u{FFFD}‚ƒ„…†‡ˆ‰Š‹Œ\u{FFFD}Ž\u{FFFD}\u{FFFD}‘’“”•–—˜™š›œ\u{FFFD}žŸ";

/// Codes from 0x80 of MacRoman.
const MAC_ROMAN: &str = "\
ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
¿¡¬√ƒ≈∆«»…\u{A0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄¤‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{FFFD}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

/// Codes from 0xA0 of the standard encoding.
const STANDARD: &str = "\
\u{FFFD}¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ\u{FFFD}–†‡·\u{FFFD}¶•‚„”»…‰\u{FFFD}¿\u{FFFD}`´ˆ˜¯˘˙¨\u{FFFD}˚¸\u{FFFD}˝˛ˇ—\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}Æ\u{FFFD}ª\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}ŁØŒº\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}æ\u{FFFD}\u{FFFD}\u{FFFD}ı\u{FFFD}\u{FFFD}łøœß\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}";

impl Encoding {
    /// The character of each code.
    pub(crate) fn table(self) -> [char; 256] {
        let mut table = [UNKNOWN; 256];
        for (code, slot) in (0_u8..=255).zip(&mut table).skip(0x20) {
            *slot = char::from(code);
        }
        table[0x7F] = UNKNOWN;
        let (from, upper) = match self {
            Self::WinAnsi => (0x80, WIN_ANSI),
            Self::MacRoman => (0x80, MAC_ROMAN),
            Self::Standard => {
                table[0x80..0xA0].fill(UNKNOWN);
                (0xA0, STANDARD)
            }
        };
        for (slot, character) in table[from..].iter_mut().zip(upper.chars()) {
            *slot = character;
        }
        table
    }
}

/// The character that a glyph is named after.
pub(crate) fn of_glyph(name: &[u8]) -> char {
    let Ok(name) = std::str::from_utf8(name) else { return UNKNOWN };
    // What follows a point says which form of the same character it is.
    let name = name.split('.').next().unwrap_or(name);
    let mut characters = name.chars();
    if let (Some(one), None) = (characters.next(), characters.next()) {
        return one;
    }
    let number = name.strip_prefix("uni").or(name.strip_prefix('u')).filter(|it| (4..=6).contains(&it.len()));
    let numbered = number.and_then(|it| u32::from_str_radix(it, 16).ok()).and_then(char::from_u32);
    let named = GLYPHS.binary_search_by_key(&name, |(it, _)| it).ok().map(|at| GLYPHS[at].1);
    named.or(numbered).unwrap_or(UNKNOWN)
}

/// By name, in byte order.
#[rustfmt::skip]
const GLYPHS: &[(&str, char)] = &[
    ("AE", 'Æ'), ("Aacute", 'Á'), ("Acircumflex", 'Â'), ("Adieresis", 'Ä'), ("Agrave", 'À'), ("Aring", 'Å'),
    ("Atilde", 'Ã'), ("Ccedilla", 'Ç'), ("Eacute", 'É'), ("Ecircumflex", 'Ê'), ("Edieresis", 'Ë'), ("Egrave", 'È'),
    ("Eth", 'Ð'), ("Euro", '€'), ("Iacute", 'Í'), ("Icircumflex", 'Î'), ("Idieresis", 'Ï'), ("Igrave", 'Ì'),
    ("Ntilde", 'Ñ'), ("OE", 'Œ'), ("Oacute", 'Ó'), ("Ocircumflex", 'Ô'), ("Odieresis", 'Ö'), ("Ograve", 'Ò'),
    ("Omega", 'Ω'), ("Oslash", 'Ø'), ("Otilde", 'Õ'), ("Scaron", 'Š'), ("Thorn", 'Þ'), ("Uacute", 'Ú'),
    ("Ucircumflex", 'Û'), ("Udieresis", 'Ü'), ("Ugrave", 'Ù'), ("Yacute", 'Ý'), ("Ydieresis", 'Ÿ'), ("Zcaron", 'Ž'),
    ("aacute", 'á'), ("acircumflex", 'â'), ("acute", '´'), ("adieresis", 'ä'), ("ae", 'æ'), ("agrave", 'à'),
    ("alpha", 'α'), ("ampersand", '&'), ("aring", 'å'), ("arrowdown", '↓'), ("arrowup", '↑'), ("asciicircum", '^'),
    ("asciitilde", '~'), ("asterisk", '*'), ("at", '@'), ("atilde", 'ã'), ("backslash", '\\'), ("bar", '|'),
    ("beta", 'β'), ("braceleft", '{'), ("braceright", '}'), ("bracketleft", '['), ("bracketright", ']'),
    ("brokenbar", '¦'), ("bullet", '•'), ("ccedilla", 'ç'), ("cedilla", '¸'), ("cent", '¢'), ("circumflex", 'ˆ'),
    ("colon", ':'), ("comma", ','), ("copyright", '©'), ("currency", '¤'), ("dagger", '†'), ("daggerdbl", '‡'),
    ("degree", '°'), ("delta", 'δ'), ("dieresis", '¨'), ("divide", '÷'), ("dollar", '$'), ("dotlessi", 'ı'),
    ("eacute", 'é'), ("ecircumflex", 'ê'), ("edieresis", 'ë'), ("egrave", 'è'), ("eight", '8'), ("ellipsis", '…'),
    ("emdash", '—'), ("endash", '–'), ("equal", '='), ("eth", 'ð'), ("exclam", '!'), ("exclamdown", '¡'), ("ff", 'ﬀ'),
    ("fi", 'ﬁ'), ("five", '5'), ("fl", 'ﬂ'), ("florin", 'ƒ'), ("four", '4'), ("fraction", '⁄'), ("gamma", 'γ'),
    ("germandbls", 'ß'), ("grave", '`'), ("greater", '>'), ("greaterequal", '≥'), ("guillemotleft", '«'),
    ("guillemotright", '»'), ("guilsinglleft", '‹'), ("guilsinglright", '›'), ("hyphen", '-'), ("iacute", 'í'),
    ("icircumflex", 'î'), ("idieresis", 'ï'), ("igrave", 'ì'), ("infinity", '∞'), ("kappa", 'κ'), ("lambda", 'λ'),
    ("less", '<'), ("lessequal", '≤'), ("logicalnot", '¬'), ("macron", '¯'), ("minus", '−'), ("mu", 'µ'),
    ("multiply", '×'), ("nbspace", '\u{A0}'), ("nine", '9'), ("notequal", '≠'), ("ntilde", 'ñ'), ("numbersign", '#'),
    ("oacute", 'ó'), ("ocircumflex", 'ô'), ("odieresis", 'ö'), ("oe", 'œ'), ("ograve", 'ò'), ("one", '1'),
    ("onehalf", '½'), ("onequarter", '¼'), ("onesuperior", '¹'), ("ordfeminine", 'ª'), ("ordmasculine", 'º'),
    ("oslash", 'ø'), ("otilde", 'õ'), ("paragraph", '¶'), ("parenleft", '('), ("parenright", ')'), ("percent", '%'),
    ("period", '.'), ("periodcentered", '·'), ("perthousand", '‰'), ("plus", '+'), ("plusminus", '±'),
    ("question", '?'), ("questiondown", '¿'), ("quotedbl", '"'), ("quotedblbase", '„'), ("quotedblleft", '“'),
    ("quotedblright", '”'), ("quoteleft", '‘'), ("quoteright", '’'), ("quotesinglbase", '‚'), ("quotesingle", '\''),
    ("registered", '®'), ("scaron", 'š'), ("section", '§'), ("semicolon", ';'), ("seven", '7'), ("six", '6'),
    ("slash", '/'), ("softhyphen", '\u{AD}'), ("space", ' '), ("sterling", '£'), ("thorn", 'þ'), ("three", '3'),
    ("threequarters", '¾'), ("threesuperior", '³'), ("tilde", '˜'), ("trademark", '™'), ("two", '2'),
    ("twosuperior", '²'), ("uacute", 'ú'), ("ucircumflex", 'û'), ("udieresis", 'ü'), ("ugrave", 'ù'),
    ("underscore", '_'), ("yacute", 'ý'), ("ydieresis", 'ÿ'), ("yen", '¥'), ("zcaron", 'ž'), ("zero", '0'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_glyphs_are_the_characters_of_the_annex() {
        let table = Encoding::WinAnsi.table();
        assert_eq!([0x41, 0x80, 0x92, 0xB5, 0xE9].map(|it| table[it]), ['A', '€', '’', 'µ', 'é']);
        let table = Encoding::MacRoman.table();
        assert_eq!([0x41, 0x8E, 0xB2, 0xCA, 0xFF].map(|it| table[it]), ['A', 'é', '≤', '\u{A0}', 'ˇ']);
        let table = Encoding::Standard.table();
        assert_eq!([0x41, 0xAE, 0xD0, 0xFB].map(|it| table[it]), ['A', 'ﬁ', '—', 'ß']);
        assert!(GLYPHS.is_sorted_by_key(|(name, _)| name));
        let names: [&[u8]; 7] = [b"A", b"eacute", b"comma.alt", b"uni2265", b"u00B5", b"g12", b"\xFF"];
        assert_eq!(names.map(of_glyph), ['A', 'é', ',', '≥', 'µ', UNKNOWN, UNKNOWN]);
    }
}
