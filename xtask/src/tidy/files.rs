//! What may stand in a file of the project, line by line.

use crate::workspace::Workspace;
use anyhow::Result;

/// Longer files hold more than one idea.
const MAX_LINES: usize = 700;

/// Tests are lists of cases, and may be longer.
const MAX_TEST_LINES: usize = 1000;

/// Files that may be longer still, each with its reason.
const LONG: &[(&str, &str)] = &[];

/// Files that are not ours to word, by suffix.
const NOT_OURS: &[&str] = &["LICENSE", "Cargo.lock"];

/// Words that stand nowhere (given names that people bear are not among them), each in two halves so that this file passes its own check, and what they are.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("/wo", "rk/", "a path of one machine"),
    ("/ro", "ot/", "a path of one machine"),
    ("/ho", "me/", "a path of one machine"),
    ("/Us", "ers/", "a path of one machine"),
    ("index.cra", "tes.io", "a registry host"),
    ("static.cra", "tes.io", "a registry host"),
    ("py", "pi.org", "a registry host"),
    ("python", "hosted.org", "a registry host"),
    ("registry.np", "mjs", "a registry host"),
    ("deb.de", "bian.org", "a registry host"),
    ("arti", "factory", "a registry host"),
    ("cla", "ude code", "the name of an assistant"),
    ("anth", "ropic", "the name of an assistant"),
    ("chat", "gpt", "the name of an assistant"),
    ("open", "ai", "the name of an assistant"),
    ("copi", "lot", "the name of an assistant"),
    ("as an ", "ai", "the name of an assistant"),
    ("language ", "model", "the name of an assistant"),
];

/// Every problem in the files that git tracks or would track.
pub fn assess(workspace: &Workspace) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let files = workspace.files()?;
    if !files.iter().any(|file| file.as_os_str() == "Cargo.lock") {
        problems.push("Cargo.lock: must be committed".to_owned());
    }
    for file in files {
        let path = file.display().to_string();
        if NOT_OURS.iter().any(|suffix| path.ends_with(suffix)) {
            continue;
        }
        // Binary files hold no words.
        let Ok(text) = String::from_utf8(std::fs::read(workspace.root.join(&file))?) else {
            continue;
        };
        problems.extend(words(&path, &text));
        if path.ends_with(".rs") {
            problems.extend(source(&path, &text));
        }
    }
    Ok(problems)
}

/// Whether a file holds tests, by its place.
pub fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.contains("/examples/")
        || path.contains("/contract/")
        || ["/tests.rs", "/testing.rs", "/contract.rs"].iter().any(|name| path.ends_with(name))
}

/// The part of a source before its tests.
pub fn before_tests(source: &str) -> &str {
    let end = source.match_indices("#[cfg(test)]").map(|(at, _)| at).find(|at| {
        let after = source[*at..].lines().find(|line| !line.trim_start().starts_with("#["));
        after.is_some_and(|line| line.contains("mod ") && line.trim_end().ends_with('{'))
    });
    &source[..end.unwrap_or(source.len())]
}

fn words(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        for (head, tail, what) in FORBIDDEN {
            let word = format!("{head}{tail}").to_lowercase();
            if holds_word(&lower, &word) {
                problems.push(format!("{path}:{}: holds {what}", number + 1));
            }
        }
        for mark in ["TODO", "FIXME"] {
            if line.split(|c: char| !c.is_alphanumeric()).any(|word| word == mark)
                && !line.contains(&format!("{mark}("))
                && !path.ends_with("tidy/files.rs")
            {
                problems.push(format!("{path}:{}: {mark} without an owner; write {mark}(who): what", number + 1));
            }
        }
    }
    problems
}

/// Whether a line holds a word that starts and ends at a letter's edge; paths and hosts have edges of their own.
fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let starts_with_letter = word.starts_with(char::is_alphanumeric);
        let ends_with_letter = word.ends_with(char::is_alphanumeric);
        !(starts_with_letter && inside(line[..at].chars().next_back())
            || ends_with_letter && inside(line[at + word.len()..].chars().next()))
    })
}

fn source(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !text.starts_with("//!") {
        problems.push(format!("{path}: must start with //! (what it is, what goes in, what comes out)"));
    }
    let n_lines = text.lines().count();
    let most = if is_test(path) { MAX_TEST_LINES } else { MAX_LINES };
    if n_lines > most && !LONG.iter().any(|(long, _)| *long == path) {
        problems.push(format!("{path}: {n_lines} lines; more than {most} need a reason in xtask/src/tidy/files.rs"));
    }
    if path.ends_with("tidy/files.rs") || is_test(path) {
        return problems;
    }
    let mut of_tests = false;
    for (number, line) in before_tests(text).lines().enumerate() {
        // An attribute under `#[cfg(test)]` is about a module of tests.
        of_tests = line.contains("#[cfg(test)]") || of_tests && line.starts_with("#[");
        let code = line.split("//").next().unwrap_or_default();
        if code.contains(".unwrap()") {
            problems.push(format!("{path}:{}: unwrap; say why it holds with expect, or handle it", number + 1));
        }
        let allows = code.contains("allow(") || code.contains("expect(clippy");
        if allows
            && !of_tests
            && ["unwrap_used", "clippy::panic", "clippy::todo"].iter().any(|lint| code.contains(lint))
        {
            problems.push(format!("{path}:{}: silences a lint that guards against panics", number + 1));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        let machine = format!("see /wo{}x", "rk/");
        assert_eq!(words("a.md", &machine).len(), 1);
        let name = format!("{}{}", "Chat", "GPT");
        assert_eq!(words("a.md", &name).len(), 1);
        assert!(words("a.md", &format!("{name}eau")).is_empty());
        assert_eq!(words("a.rs", "// TODO later").len(), 1);
        assert!(words("a.rs", "// TODO(fabre): the second page").is_empty());
    }

    #[test]
    fn a_source_has_a_head_a_length_and_no_unwrap_before_its_tests() {
        assert_eq!(source("a.rs", "fn main() {}").len(), 1);
        assert_eq!(source("a.rs", "//! A.\nfn a() { b().unwrap(); }").len(), 1);
        assert!(source("a.rs", "//! A.\n#[cfg(test)]\nmod tests {\n fn a() { b().unwrap(); }\n}").is_empty());
        assert_eq!(source("a.rs", "//! A.\n#[cfg(test)]\nmod tests;\nfn a() { b().unwrap(); }").len(), 1);
        assert_eq!(source("a.rs", &"//! A.\n".repeat(701)).len(), 1);
        let silenced = "#[allow(clippy::unwrap_used)]\nmod a;";
        assert_eq!(source("a.rs", &format!("//! A.\n{silenced}")).len(), 1);
        assert!(source("a.rs", &format!("//! A.\n#[cfg(test)]\n{silenced}")).is_empty());
    }
}
