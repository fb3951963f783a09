//! Checks of the documents: what they point to exists, what is generated is current, one sentence stands on a line.

use crate::suite::{Suite, Test};
use crate::{code_map, workspace::Workspace};
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;

/// What a path in a document starts with.
const ROOTS: &[&str] =
    &["crates/", "docs/", "xtask/", "sandbox/", "conformance/", "fixtures/", "migrations/", "e2e/", ".ci/"];

/// Written by a program.
const GENERATED: &str = "docs/requirements.md";

/// Every problem in the Markdown files of the project.
pub fn assess(workspace: &Workspace, suite: &Suite) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    if !code_map::is_current(workspace)? {
        problems.push("docs/ARCHITECTURE.md: the code map is not up to date; run `cargo xtask codemap`".to_owned());
    }
    let tests: BTreeSet<String> = suite.tests.iter().map(Test::id).collect();
    for file in workspace.files()? {
        let path = file.display().to_string();
        if !path.ends_with(".md") {
            continue;
        }
        let text = std::fs::read_to_string(workspace.root.join(&file))?;
        let folder = workspace.root.join(&file).parent().unwrap_or(&workspace.root).to_owned();
        let prose = prose(&text);
        for (number, line) in &prose {
            let place = format!("{path}:{number}");
            problems.extend(broken_links(line, &folder).into_iter().map(|it| format!("{place}: {it}")));
            for code in backticked(line) {
                if is_path(code) && !workspace.root.join(code).exists() {
                    problems.push(format!("{place}: {code} does not exist"));
                }
                if path != GENERATED && is_test_name(workspace, code) && !tests.contains(code) {
                    problems.push(format!("{place}: there is no test {code}"));
                }
            }
            let ours = path.starts_with("docs/") || !path.contains('/');
            if ours && path != GENERATED && has_two_sentences(line) {
                problems.push(format!("{place}: one sentence per line"));
            }
        }
    }
    Ok(problems)
}

/// The lines outside fenced code, numbered from 1.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((number + 1, line));
        }
    }
    lines
}

fn broken_links(line: &str, folder: &Path) -> Vec<String> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
        .filter(|target| !folder.join(target).exists())
        .map(|target| format!("the link to {target} is broken"))
        .collect()
}

/// What stands between single backticks.
fn backticked(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(code: &str) -> bool {
    let plain = !code.contains(['*', '<', '{', ' ', '…', '$', ':']);
    plain && ROOTS.iter().any(|root| code.starts_with(root))
}

/// `crate::a_sentence_like_this`.
fn is_test_name(workspace: &Workspace, code: &str) -> bool {
    code.split_once("::").is_some_and(|(package, name)| {
        let is_sentence = name.matches('_').count() >= 3 && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
        workspace.members.contains_key(package) && is_sentence
    })
}

/// Whether a sentence ends within a line and another starts; tables and lists of the form `x: y` are one.
fn has_two_sentences(line: &str) -> bool {
    if line.trim_start().starts_with('|') {
        return false;
    }
    let outside: String = line.split('`').enumerate().map(|(n, part)| if n % 2 == 0 { part } else { "code" }).collect();
    outside.match_indices(['.', '?', '!']).any(|(at, _)| {
        let mut after = outside[at + 1..].chars();
        let (space, next) = (after.next(), after.next());
        let word = outside[..at].rsplit([' ', '(']).next().unwrap_or_default();
        let is_abbreviation = word.len() <= 2 || word.contains('.') || word.chars().all(|c| c.is_ascii_digit());
        space == Some(' ') && next.is_some_and(char::is_uppercase) && !is_abbreviation
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sentences_on_a_line_are_seen_and_abbreviations_are_not() {
        assert!(has_two_sentences("It starts. Then it stops."));
        assert!(has_two_sentences("It runs `x`. Then it stops."));
        assert!(!has_two_sentences("Source: IHE ITI TF-3 4.2. See `a. B`."));
        assert!(!has_two_sentences("1. Store before you understand."));
        assert!(!has_two_sentences("| a. B | c |"));
    }

    #[test]
    fn links_and_paths_must_lead_somewhere() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(broken_links("see [it](Cargo.toml#top) and [web](https://example.test)", folder).is_empty());
        assert_eq!(broken_links("see [it](gone.md)", folder).len(), 1);
        assert!(is_path("crates/lab") && !is_path("crates/*/src") && !is_path("lab::routing"));
        assert_eq!(backticked("a `b` c `d`").collect::<Vec<_>>(), ["b", "d"]);
        assert_eq!(prose("a\n```\nb\n```\nc"), [(1, "a"), (5, "c")]);
    }
}
