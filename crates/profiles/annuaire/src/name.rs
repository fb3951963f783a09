//! Names as they are searched, and the date in the name of a file.

use std::ops::RangeInclusive;

/// Letters that a key holds.
const LETTERS: u32 = 12;

/// A letter without its accent, a digit, or a space for what separates words; `None` for what is not read.
pub(crate) fn base(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => c.to_ascii_uppercase(),
        ' ' | '-' => ' ',
        'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' | 'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'Æ' | 'æ' => 'A',
        'Ç' | 'ç' => 'C',
        'È' | 'É' | 'Ê' | 'Ë' | 'è' | 'é' | 'ê' | 'ë' => 'E',
        'Ì' | 'Í' | 'Î' | 'Ï' | 'ì' | 'í' | 'î' | 'ï' => 'I',
        'Ñ' | 'ñ' => 'N',
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'Œ' | 'œ' | 'Ø' | 'ø' => 'O',
        'Ù' | 'Ú' | 'Û' | 'Ü' | 'ù' | 'ú' | 'û' | 'ü' => 'U',
        'Ý' | 'Ÿ' | 'ý' | 'ÿ' => 'Y',
        _ => return None,
    })
}

/// The first twelve letters of a name as a number that sorts as they do: five bits each, below 2⁶⁰.
///
/// Accents, case, apostrophes and digits do not count; a hyphen is a space. Numbers sort alike in every database, which
/// texts do not, and take half the place in an index.
pub fn name_key(parts: &[&str]) -> i64 {
    *name_range(parts).start()
}

/// The keys of every name that begins so; of every name for an empty one.
pub fn name_range(parts: &[&str]) -> RangeInclusive<i64> {
    let (mut key, mut n_letters) = (0_i64, 0);
    for c in letters(parts).take(LETTERS as usize) {
        key = (key << 5) | if c == ' ' { 1 } else { i64::from(u32::from(c) - u32::from('A')) + 2 };
        n_letters += 1;
    }
    let shift = 5 * (LETTERS - n_letters);
    let low = key << shift;
    low..=low | ((1_i64 << shift) - 1)
}

/// A name as it is compared: upper case, without accents, apostrophes or digits, one space between words.
pub fn plain_name(parts: &[&str]) -> String {
    letters(parts).collect()
}

fn letters<'a>(parts: &'a [&'a str]) -> impl Iterator<Item = char> + 'a {
    let all = parts.iter().flat_map(|part| part.chars().filter_map(base).chain(std::iter::once(' ')));
    let (mut started, mut pending) = (false, false);
    all.filter(|c| !c.is_ascii_digit()).flat_map(move |c| {
        // A space is given with the letter that follows it: none at the end.
        let before = (c != ' ' && pending).then_some(' ');
        pending = c == ' ' && (pending || started);
        started |= c != ' ';
        before.into_iter().chain((c != ' ').then_some(c))
    })
}

/// When an extraction was made, by the name of its file: `…_AAAAMMJJhhmm.txt` gives `AAAA-MM-JJ hh:mm`.
pub fn published(file_name: &str) -> Option<String> {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let digits = stem.rsplit('_').next()?;
    let plain = digits.len() == 12 && digits.bytes().all(|it| it.is_ascii_digit());
    plain.then(|| {
        let part = |from: usize, to: usize| &digits[from..to];
        format!("{}-{}-{} {}:{}", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_in_the_range_of_each_beginning_of_its_name_and_of_no_other() {
        let key = name_key(&["D'Île-Éluard", "Zoé"]);
        for typed in [&["d"][..], &["dile"], &["DILE ELU"], &["dile-éluard"], &["Dile Eluard", "z"], &[""]] {
            assert!(name_range(typed).contains(&key), "{typed:?}");
        }
        for other in [&["e"][..], &["dile f"], &["dilee"], &["Dileeluard"]] {
            assert!(!name_range(other).contains(&key), "{other:?}");
        }
        let short = name_key(&["LE", "Anne"]);
        assert!(name_range(&["le"]).contains(&short) && name_range(&["le", "an"]).contains(&short));
        assert!(name_range(&["le"]).contains(&name_key(&["LEROY", "Anne"])), "a beginning of a longer word");
        assert!(!name_range(&["le", "an"]).contains(&name_key(&["LEROY", "Anne"])));
    }

    #[test]
    fn keys_sort_as_names_do() {
        let names = ["ABEL", "ABEL ANNE", "ABELARD", "BRUN", "ZED"];
        let keys: Vec<i64> = names.iter().map(|name| name_key(&[name])).collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn the_date_of_a_file_is_read_from_its_name() {
        let at = published("Extraction_Correspondance_MSSante_202608261013.txt");
        assert_eq!(at.as_deref(), Some("2026-08-26 10:13"));
        assert_eq!(published("extraction.txt"), None);
        assert_eq!(published("a_20260826é013.txt"), None);
    }
}
