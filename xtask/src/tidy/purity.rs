//! Pure crates: neither runtime nor database, neither files nor clock, in what they link and in what they say.

use crate::shell;
use crate::tidy::files;
use crate::workspace::Workspace;
use anyhow::Result;

/// The pure crates, listed once.
const PURE: &[&str] = &[
    "lab",
    "terminology",
    "wording",
    "hl7v2",
    "cda",
    "xml",
    "xds",
    "soap",
    "dsig",
    "mail",
    "xpath",
    "schematron",
    "xsd",
    "cr-bio",
    "cda-pack",
    "ins",
    "dmp",
    "mssante",
    "inbound-hl7v2",
    "annuaire",
    "rendering",
];

/// Libraries that bring a runtime, a database, a network or a log.
const IMPURE_LIBRARIES: &[&str] = &[
    "async-imap",
    "async-std",
    "aws-lc-rs",
    "axum",
    "chrono",
    "hyper",
    "hyper-util",
    "lettre",
    "mail-send",
    "mio",
    "native-tls",
    "openssl",
    "postgres",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "socket2",
    "sqlx",
    "time",
    "tokio",
    "tokio-postgres",
    "tracing",
    "ureq",
];

/// Libraries of that list that a pure crate may link all the same: which, only through which other library, and why.
const TOLERATED: &[(&str, &str)] = &[
    // `xsd-schema` names it for the XPath of XSD 1.1, a feature that is off: no code of it is compiled in.
    ("chrono", "xsd-schema"),
];

/// What pure sources must not say, and why.
const IMPURE_WORDS: &[(&str, &str)] = &[
    ("SystemTime", "a clock"),
    ("Instant::", "a clock"),
    ("time::Instant", "a clock"),
    ("Timestamp::now", "a clock"),
    ("Zoned::now", "a clock"),
    ("now_v7", "a clock"),
    ("new_v4", "chance"),
    ("std::fs", "files"),
    ("std::net", "the network"),
    ("std::env::var", "the environment"),
    ("std::process", "processes"),
    ("std::thread::sleep", "a wait"),
];

/// What makes a pure crate impure.
pub fn assess(workspace: &Workspace) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for name in PURE {
        let Some(member) = workspace.members.get(*name) else {
            problems.push(format!("{name}: listed as pure, and is no crate of the workspace"));
            continue;
        };
        let arguments = ["tree", "--locked", "-e", "normal", "--prefix", "depth", "-f", "{p}", "-p", name];
        let tree = shell::output(&mut workspace.cargo(&arguments))?;
        problems.extend(impure_libraries(name, &tree));
        let folder = format!("{}/src/", workspace.relative(&member.folder));
        for file in workspace.files()? {
            let path = file.display().to_string();
            if path.starts_with(&folder) && path.ends_with(".rs") && !files::is_test(&path) {
                let source = std::fs::read_to_string(workspace.root.join(&file))?;
                problems.extend(impure_words(&path, files::before_tests(&source)));
            }
        }
    }
    Ok(problems)
}

/// In: what `cargo tree --prefix depth` prints, a library a line, its depth before its name.
fn impure_libraries(name: &str, tree: &str) -> Vec<String> {
    let mut above: Vec<&str> = Vec::new();
    let mut found: Vec<&str> = Vec::new();
    for line in tree.lines() {
        let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
        let (depth, rest) = line.split_at(digits);
        let library = rest.split(' ').next().unwrap_or_default();
        above.truncate(depth.parse().unwrap_or(0));
        let user = above.last().copied().unwrap_or_default();
        if IMPURE_LIBRARIES.contains(&library) && !TOLERATED.contains(&(library, user)) {
            found.push(library);
        }
        above.push(library);
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|library| format!("{name}: is pure, and links {library}")).collect()
}

fn impure_words(path: &str, source: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, line) in source.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (word, what) in IMPURE_WORDS {
            if line.contains(word) {
                problems.push(format!("{path}:{}: a pure crate uses {what} ({word})", number + 1));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_in_the_tree_and_a_clock_in_the_source_are_seen() {
        assert_eq!(impure_libraries("lab", "0lab v0.1.0\n1jiff v0.2\n2tokio v1.54\n1tokio v1.54 (*)\n").len(), 1);
        assert_eq!(impure_words("a.rs", "let now = Timestamp::now();\n// std::fs is not used\n").len(), 1);
    }

    #[test]
    fn a_library_is_tolerated_only_where_it_was_looked_at() {
        assert!(impure_libraries("xsd", "0xsd v0.1.0\n1xsd-schema v0.3.0\n2ahash v0.8\n2chrono v0.4\n").is_empty());
        assert_eq!(impure_libraries("xsd", "0xsd v0.1.0\n1xsd-schema v0.3.0\n1chrono v0.4\n").len(), 1);
    }
}
