//! Names as the national identity writes them: upper case, without diacritics.
//!
//! In: a name as typed or received, composed or decomposed Unicode. Out: ASCII.
//! Hyphens, apostrophes and single spaces stay: they are part of the trait as INSi returns it.

/// A strict trait: upper case, without diacritics, only `A`–`Z`, space, hyphen and apostrophe.
///
/// Any other character separates words, like a space. Never fails; may be empty.
/// Source: RNIV, saisie des traits stricts.
#[must_use]
pub fn fold(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in unaccented(name).chars() {
        match c.to_ascii_uppercase() {
            c @ ('A'..='Z' | '-' | '\'') => out.push(c),
            _ if !out.is_empty() && !out.ends_with(' ') => out.push(' '),
            _ => {}
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The same text in ASCII: letters keep their case and lose their diacritics, typographic signs become plain ones,
/// control characters become spaces, a character without equivalent becomes a space.
#[must_use]
pub fn unaccented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Combining diacritics of decomposed text.
            '\u{300}'..='\u{36f}' => {}
            c if c.is_ascii_control() => out.push(' '),
            c if c.is_ascii() => out.push(c),
            c => out.push_str(plain(c)),
        }
    }
    out
}

/// Latin-1 Supplement and Latin Extended-A, by base letter; then Romanian letters with a comma and typographic signs.
fn plain(c: char) -> &'static str {
    match c {
        'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ª' => "a",
        'Æ' => "AE",
        'æ' => "ae",
        'Ç' | 'Ć' | 'Ĉ' | 'Ċ' | 'Č' => "C",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'Ð' | 'Ď' | 'Đ' => "D",
        'ð' | 'ď' | 'đ' => "d",
        'È'..='Ë' | 'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' => "E",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => "G",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'Ĥ' | 'Ħ' => "H",
        'ĥ' | 'ħ' => "h",
        'Ì'..='Ï' | 'Ĩ' | 'Ī' | 'Ĭ' | 'Į' | 'İ' => "I",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'Ĵ' => "J",
        'ĵ' => "j",
        'Ķ' => "K",
        'ķ' | 'ĸ' => "k",
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ŀ' | 'Ł' => "L",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'Ñ' | 'Ń' | 'Ņ' | 'Ň' | 'Ŋ' => "N",
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => "n",
        'ŉ' => "'n",
        'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ŏ' | 'Ő' => "O",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'º' => "o",
        'Œ' => "OE",
        'œ' => "oe",
        'Ŕ' | 'Ŗ' | 'Ř' => "R",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'Ś' | 'Ŝ' | 'Ş' | 'Š' | 'Ș' => "S",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' | 'ſ' => "s",
        'ẞ' => "SS",
        'ß' => "ss",
        'Ţ' | 'Ť' | 'Ŧ' | 'Ț' => "T",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'Þ' => "TH",
        'þ' => "th",
        'Ù'..='Ü' | 'Ũ' | 'Ū' | 'Ŭ' | 'Ů' | 'Ű' | 'Ų' => "U",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'Ŵ' => "W",
        'ŵ' => "w",
        'Ý' | 'Ÿ' | 'Ŷ' => "Y",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        '‘' | '’' | '´' | 'ʼ' | '′' => "'",
        '‐'..='―' | '−' => "-",
        '«' | '»' | '“' | '”' => "\"",
        '…' => "...",
        _ => " ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_traits_lose_case_and_diacritics_and_keep_hyphens_and_apostrophes() {
        for (given, expected) in [
            ("pat-trois", "PAT-TROIS"),
            ("Dominique", "DOMINIQUE"),
            ("Éléonore  Zoë", "ELEONORE ZOE"),
            ("E\u{301}le\u{301}onore", "ELEONORE"),
            ("d’Arc--Lœvenbruck", "D'ARC--LOEVENBRUCK"),
            ("Nuñez y Ærø", "NUNEZ Y AERO"),
            ("Łukasz Şahin-Dvořák", "LUKASZ SAHIN-DVORAK"),
            ("Groß", "GROSS"),
            (" Le\r\nGall\t2 ", "LE GALL"),
            ("李", ""),
        ] {
            assert_eq!(fold(given), expected, "{given:?}");
        }
    }

    #[test]
    fn unaccented_text_is_ascii_and_keeps_its_case() {
        assert_eq!(unaccented("Électrophorèse des protéines – sérum"), "Electrophorese des proteines - serum");
        assert_eq!(unaccented("a\r\nb"), "a  b");
        let every: String = ('\u{1}'..='\u{2100}').collect();
        assert!(unaccented(&every).bytes().all(|b| b.is_ascii() && !b.is_ascii_control()));
    }

    #[test]
    fn folding_is_idempotent() {
        let every: String = ('\u{1}'..='\u{2100}').collect();
        assert_eq!(fold(&fold(&every)), fold(&every));
    }
}
