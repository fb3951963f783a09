//! Every text shown to people, one catalogue per language, as plain `key = text` lines.
//!
//! In: a language and a key. Out: the text. A test of this crate finds missing and unused keys in the workspace.
//! It does not know pages, nor where a text is shown.

use std::{collections::HashMap, sync::LazyLock};

/// A language of the screens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// French, the language of the laboratories.
    #[default]
    French,
    /// English, for those who develop and evaluate.
    English,
}

impl Language {
    /// The code of `lang` attributes: `fr`, `en`.
    pub fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::French, Self::English].into_iter().find(|language| language.code() == code)
    }
}

/// The texts of a language.
pub struct Catalogue {
    texts: HashMap<&'static str, &'static str>,
}

/// The catalogue of a language, read once.
pub fn catalogue(language: Language) -> &'static Catalogue {
    static FRENCH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(include_str!("fr.txt")));
    static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(include_str!("en.txt")));
    match language {
        Language::French => &FRENCH,
        Language::English => &ENGLISH,
    }
}

impl Catalogue {
    /// Reads `key = text` lines; empty lines and lines that begin with `#` are left out.
    pub fn read(source: &'static str) -> Self {
        let texts = source
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, text)| (key.trim(), text.trim()))
            .collect();
        Self { texts }
    }

    /// The text of a key; for a key without text, the text of `unknown`. The tests prove that no known key is without.
    pub fn get(&self, key: &str) -> &'static str {
        self.find(key).or_else(|| self.find("unknown")).unwrap_or("?")
    }

    /// The text of a key, if it has one.
    pub fn find(&self, key: &str) -> Option<&'static str> {
        self.texts.get(key).copied()
    }

    /// The text of a code in a family: `of("finding", "INS-KEY")`. For codes that come from records, which an earlier
    /// version of the program may have written.
    pub fn of(&self, family: &str, code: &str) -> &'static str {
        self.get(&format!("{family}.{code}"))
    }

    /// A text with its `{name}` places filled.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut rest = self.get(key);
        let mut filled = String::with_capacity(rest.len());
        // One pass, so that a value that holds braces is not filled again.
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let place = after.split_once('}').and_then(|(name, after)| {
                values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, after))
            });
            match place {
                Some((value, after)) => {
                    filled.push_str(value);
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    /// Every key, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.texts.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_values_are_left_as_they_are() {
        let catalogue = Catalogue::read("# note\nk = {a} de {b} {c}\n");
        assert_eq!(catalogue.with("k", &[("a", "{b}"), ("b", "2")]), "{b} de 2 {c}");
        assert_eq!(catalogue.find("# note"), None);
    }

    #[test]
    fn every_language_has_the_same_keys_and_places() {
        let (french, english) = (catalogue(Language::French), catalogue(Language::English));
        let sorted = |catalogue: &Catalogue| {
            let mut keys: Vec<_> = catalogue.keys().collect();
            keys.sort_unstable();
            keys
        };
        assert_eq!(sorted(french), sorted(english));
        let places = |text: &str| {
            let mut places: Vec<String> =
                text.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|(name, _)| name.to_owned()).collect();
            places.sort();
            places
        };
        for key in french.keys() {
            assert!(!french.get(key).is_empty(), "{key}");
            assert_eq!(places(french.get(key)), places(english.get(key)), "{key}");
        }
    }

    #[test]
    fn no_key_is_written_twice() {
        for source in [include_str!("fr.txt"), include_str!("en.txt")] {
            let mut keys: Vec<_> = source
                .lines()
                .filter(|line| !line.starts_with('#'))
                .filter_map(|line| line.split_once(" = "))
                .map(|(key, _)| key)
                .collect();
            let n = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), n);
        }
    }
}
