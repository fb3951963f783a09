//! Licenses of the libraries we link, against the list of those we accept.
//!
//! Reads the SPDX expressions that `cargo metadata` gives, so nothing is downloaded; cargo-deny, where installed, reads
//! `deny.toml` besides.

use crate::shell;
use crate::workspace::{Library, Workspace};
use anyhow::Result;

/// Accepted licenses, by SPDX identifier; the same as in `deny.toml`.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Bitstream-Vera",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "EUPL-1.2",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// The only registry, as the lock file names it.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Libraries with a license we did not accept, or from somewhere else.
pub fn assess(workspace: &Workspace) -> Result<Vec<String>> {
    let mut problems: Vec<String> = workspace.libraries.iter().filter_map(problem).collect();
    if shell::has("cargo-deny") {
        let mut deny = workspace.cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"]);
        if let Err(error) = shell::output(&mut deny) {
            problems.push(format!("{error:#}"));
        }
    }
    Ok(problems)
}

fn problem(library: &Library) -> Option<String> {
    let name = format!("{} {}", library.name, library.version);
    if library.source != REGISTRY {
        return Some(format!("{name}: comes from elsewhere than the public registry"));
    }
    match &library.license {
        None => Some(format!("{name}: states no license")),
        Some(license) if is_accepted(license) => None,
        Some(license) => Some(format!("{name}: license {license} is not on the list of xtask/src/tidy/licenses.rs")),
    }
}

/// Whether an SPDX expression leaves us an accepted choice. `/` is the old spelling of OR.
fn is_accepted(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at) && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> bool {
    let mut accepted = all(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        accepted |= all(words, at);
    }
    accepted
}

fn all(words: &[&str], at: &mut usize) -> bool {
    let mut accepted = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        accepted &= one(words, at);
    }
    accepted
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if *word == "(" {
        let accepted = any(words, at);
        let closed = words.get(*at) == Some(&")");
        *at += usize::from(closed);
        return accepted && closed;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at = words.len().min(*at + 2);
        return ACCEPTED.contains(&format!("{word} WITH {exception}").as_str());
    }
    ACCEPTED.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_with_their_choices() {
        for accepted in [
            "MIT",
            "MIT/Apache-2.0",
            "Apache-2.0 OR GPL-2.0-only",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0-only",
            "ISC AND (Apache-2.0 OR ISC)",
        ] {
            assert!(is_accepted(accepted), "{accepted}");
        }
        for refused in ["GPL-3.0-only", "MIT AND AGPL-3.0-only", "MIT AND", "(MIT", "MIT)", "MIT WITH other", ""] {
            assert!(!is_accepted(refused), "{refused}");
        }
    }

    #[test]
    fn a_library_without_license_or_from_elsewhere_is_a_problem() {
        let library = |license: Option<&str>, source: &str| Library {
            name: "x".into(),
            version: "1.0.0".into(),
            license: license.map(str::to_owned),
            source: source.into(),
        };
        assert!(problem(&library(Some("MIT"), REGISTRY)).is_none());
        assert!(problem(&library(None, REGISTRY)).is_some());
        assert!(problem(&library(Some("MIT"), "git+https://example.test/x")).is_some());
    }
}
