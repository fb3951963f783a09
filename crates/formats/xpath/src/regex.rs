//! Regular expressions of XPath, translated to those of the crate `regex`, and kept once compiled.
//!
//! Source: F&O §7.6.1 over XML Schema part 2 appendix F, with what XPath 3.1 added and Saxon takes: `(?:…)` and the flag `q`.
//! Not supported: back-references, which a linear-time engine does not have; the error says so.

mod blocks;
mod class;
mod replacement;
mod translate;

pub(crate) use replacement::{Piece, replacement};

use crate::error::{Error, Res};
use foldhash::fast::RandomState;
use regex::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Room for one compiled expression and for the cache of its automaton, the least that does; what a byte of text costs.
///
/// The worst time of a search is the product of the two lengths: few expressions are as large as the last.
const SIZES: [(usize, u64); 4] = [(16 << 10, 1), (128 << 10, 8), (1 << 20, 64), (4 << 20, 256)];
/// Room for the cache of the automaton of the smaller ones.
const CACHE_BYTES: usize = 4 << 20;
/// Bytes of one expression: each of its classes takes some kilobytes before it is compiled.
const MAX_LENGTH: usize = 32 << 10;
/// Bytes of one expression in the syntax of the crate.
const MAX_WRITTEN: usize = 1 << 20;
/// What it costs to compile one of the smallest.
const COMPILED_STEPS: u64 = 10_000;
/// How many compiled expressions are kept.
const MAX_ENTRIES: usize = 1024;
/// Groups within groups.
const MAX_DEPTH: u32 = 100;

/// Compiles an expression. `FORX0001` for a flag that does not exist, `FORX0002` for what is malformed or not supported.
///
/// In multi-line mode `^` also matches after a line break that ends the text, where the standard excepts it.
pub(crate) fn compile(pattern: &str, flags: &str) -> Res<Weighed> {
    let flags = Flags::read(flags)?;
    let translated = if flags.literal { regex::escape(pattern) } else { translate::translate(pattern, flags)? };
    for (size_bytes, weight) in SIZES {
        let mut builder = RegexBuilder::new(&translated);
        let builder = builder.case_insensitive(flags.ignore_case).size_limit(size_bytes).dfa_size_limit(CACHE_BYTES);
        match builder.build() {
            Ok(regex) => return Ok(Weighed { takes_nothing: regex.is_match(""), regex, weight }),
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(_) => return Err(Error::new("FORX0002", "a regular expression")),
        }
    }
    Err(Error::new("FORX0002", "a regular expression of 4 MiB once compiled"))
}

/// A compiled expression, with what it costs to use it.
#[derive(Debug)]
pub(crate) struct Weighed {
    regex: Regex,
    weight: u64,
    /// It matches the empty text, which `replace` and `tokenize` refuse.
    pub(crate) takes_nothing: bool,
}

impl std::ops::Deref for Weighed {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        &self.regex
    }
}

impl Weighed {
    /// Steps to go through a text of this length.
    pub(crate) fn search_steps(&self, n_bytes: usize) -> u64 {
        self.weight.saturating_mul(n_bytes as u64) / 16
    }

    /// Steps to compile it.
    pub(crate) fn compile_steps(&self) -> u64 {
        self.weight * COMPILED_STEPS
    }
}

/// The flags of `matches`, `replace` and `tokenize`. Source: F&O §7.6.1.1.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    /// `s`: the dot matches line breaks.
    dot_all: bool,
    /// `m`
    multi_line: bool,
    /// `i`
    ignore_case: bool,
    /// `x`: white space in the expression means nothing.
    extended: bool,
    /// `q`: the expression is plain text.
    literal: bool,
}

impl Flags {
    fn read(text: &str) -> Res<Self> {
        let mut flags = Self::default();
        for flag in text.chars() {
            *(match flag {
                's' => &mut flags.dot_all,
                'm' => &mut flags.multi_line,
                'i' => &mut flags.ignore_case,
                'x' => &mut flags.extended,
                'q' => &mut flags.literal,
                _ => return Err(Error::new("FORX0001", "flags among s, m, i, x and q")),
            }) = true;
        }
        Ok(flags)
    }
}

/// Whether the flags ask for plain text: then a replacement is plain text too.
pub(crate) fn is_literal(flags: &str) -> bool {
    flags.contains('q')
}

type Compiled = Res<Arc<Weighed>>;

/// Compiled expressions of one pattern, by flags.
type ByFlags = Vec<(Box<str>, Compiled)>;

/// Compiled expressions by pattern, then by flags; refusals are kept too. Emptied when full.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: RwLock<HashMap<Box<str>, ByFlags, RandomState>>,
}

impl Cache {
    /// As [`compile`], once for each pair of pattern and flags. A hit allocates nothing; `spend` is told what else costs.
    pub(crate) fn get(&self, pattern: &str, flags: &str, spend: &dyn Fn(u64) -> Res<()>) -> Compiled {
        {
            let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = entries.get(pattern).and_then(|known| known.iter().find(|entry| *entry.0 == *flags)) {
                return found.1.clone();
            }
        }
        let compiled = compile(pattern, flags).map(Arc::new);
        // One that is refused has been read, or compiled up to the largest size.
        spend(compiled.as_ref().map_or(16 * COMPILED_STEPS, |it| it.compile_steps()))?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        let known = entries.entry(pattern.into()).or_default();
        // Flags are few, yet their spellings are not: `i`, `ii`, `iii`…
        known.truncate(31);
        known.push((flags.into(), compiled.clone()));
        compiled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are Saxon's, but for what is not supported.
    #[test]
    fn expressions_match_what_saxon_matches() {
        let table = [
            ("\r", "^.$", "", "no"),
            ("\n", "^.$", "s", "yes"),
            ("a\n", "a$", "", "no"),
            ("a\nb", "a$", "m", "yes"),
            ("abc", "^+?abc", "", "yes"),
            ("abc", "^*abc$+", "", "yes"),
            ("b", "[a-z-[aeiou]]", "", "yes"),
            ("a", "[a-z-[aeiou]]", "", "no"),
            ("1", "[^a-z-[1]]", "", "no"),
            ("2", "[^a-z-[1]]", "", "yes"),
            ("a", "[a-c-[b-[b]]]", "", "yes"),
            ("-", r"[\d-z]", "", "yes"),
            ("&", "^[&&a]$", "", "yes"),
            ("~", "^[~~a]$", "", "yes"),
            ("a b", "a b", "x", "no"),
            ("a b", "a[ ]b", "x", "yes"),
            ("a.b", "A.B", "qi", "yes"),
            ("a", r"\p{Lu}", "i", "no"),
            ("a", r"[\p{Lu}]", "i", "no"),
            ("É", "[à-ÿ]", "i", "yes"),
            ("b", "[^B]", "i", "no"),
            ("_", r"\w", "", "no"),
            ("$", r"\w", "", "yes"),
            ("٣", r"\d", "", "yes"),
            ("a:b", r"^\i\c*$", "", "yes"),
            ("1", r"\i", "", "no"),
            ("é", r"\p{IsLatin-1Supplement}", "", "yes"),
            ("a", r"\P{IsBasicLatin}", "", "no"),
            ("a", "(?:a)", "", "yes"),
            ("a", "()|b||", "", "yes"),
            ("a", r"\p{IsNowhere}", "", "FORX0002"),
            ("a", "a]", "", "FORX0002"),
            ("a", "a{,2}", "", "FORX0002"),
            ("a", "a{2,1}", "", "FORX0002"),
            ("a", "a{1000000}", "", "FORX0002"),
            ("a", "a**", "", "FORX0002"),
            ("a", "*a", "", "FORX0002"),
            ("a", r"a\/b", "", "FORX0002"),
            ("a", "(a", "", "FORX0002"),
            ("a", "a)", "", "FORX0002"),
            ("a", "[b-a]", "", "FORX0002"),
            ("a", "[]", "", "FORX0002"),
            ("a", "[[]", "", "FORX0002"),
            ("a", "(?=a)", "", "FORX0002"),
            ("aa", r"(a)\1", "", "FORX0002"),
            ("a", "a\\", "", "FORX0002"),
            ("a", "a", "z", "FORX0001"),
        ];
        for (text, pattern, flags, expected) in table {
            let found = compile(pattern, flags).map(|regex| if regex.is_match(text) { "yes" } else { "no" });
            let found = found.map_or_else(|error| error.code.to_string(), str::to_string);
            assert_eq!(found, expected, "matches({text:?}, {pattern:?}, {flags:?})");
        }
    }

    #[test]
    fn an_expression_is_compiled_once() {
        let cache = Cache::default();
        let (first, again) = (cache.get("a+", "i", &|_| Ok(())), cache.get("a+", "i", &|_| Ok(())));
        assert!(matches!((first, again), (Ok(a), Ok(b)) if Arc::ptr_eq(&a, &b)));
        for n in 0..2 * MAX_ENTRIES {
            let _ = cache.get(&format!("a{n}"), "", &|_| Ok(()));
        }
        assert!(cache.entries.read().is_ok_and(|entries| entries.len() <= MAX_ENTRIES));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(compile(&"(".repeat(100_000), "").is_err());
        assert!(compile(&"[a-".repeat(100_000), "").is_err());
    }

    #[test]
    fn size_is_bounded() {
        assert!(compile(&r"\p{L}".repeat(100_000), "").is_err());
        assert!(compile(&format!("[{}]", "\u{1}-\u{2FFF}".repeat(5_000)), "i").is_err());
        assert!(compile("((((a{0,99}){0,99}){0,99}){0,99}){0,99}", "").is_err());
        assert!(compile("a+b?", "").is_ok_and(|it| it.search_steps(1_600) == 100));
        assert!(compile("a{1000}", "").is_ok_and(|it| it.search_steps(1_600) > 100));
    }
}
