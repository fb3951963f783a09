//! The code map of `docs/ARCHITECTURE.md`: each crate and module by the first sentence of its head.
//!
//! In: the `//!` lines. Out: the text between two marks of the document.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = "docs/ARCHITECTURE.md";
const START: &str = "<!-- code map: written by `cargo xtask codemap` -->\n";
const END: &str = "<!-- end of the code map -->\n";

/// Folders in reading order.
const ORDER: &[&str] = &[
    "crates/lab",
    "crates/terminology",
    "crates/wording",
    "crates/formats",
    "crates/profiles",
    "crates/rendering",
    "crates/store",
    "crates/records",
    "crates/transport",
    "crates/app",
    "crates/web",
    "crates/server",
    "sandbox",
    "e2e",
    "xtask",
];

/// Replaces the code map in the document.
pub fn write(workspace: &Workspace) -> Result<()> {
    let path = workspace.root.join(DOCUMENT);
    let document = std::fs::read_to_string(&path).context(DOCUMENT)?;
    std::fs::write(&path, replaced(&document, &map(workspace)?)?)?;
    println!("{DOCUMENT} holds the code map");
    Ok(())
}

/// Whether the document's code map is what would be written now.
pub fn is_current(workspace: &Workspace) -> Result<bool> {
    let document = std::fs::read_to_string(workspace.root.join(DOCUMENT)).context(DOCUMENT)?;
    Ok(replaced(&document, &map(workspace)?)? == document)
}

fn replaced(document: &str, map: &str) -> Result<String> {
    let (before, rest) = document.split_once(START).context("no mark where the code map starts")?;
    let (_, after) = rest.split_once(END).context("no mark where the code map ends")?;
    Ok(format!("{before}{START}\n{map}\n{END}{after}"))
}

fn map(workspace: &Workspace) -> Result<String> {
    let mut folders: Vec<(usize, String, &Path)> = Vec::new();
    for (name, member) in &workspace.members {
        let folder = workspace.relative(&member.folder);
        let rank = ORDER.iter().position(|it| Path::new(&folder).starts_with(it)).unwrap_or(ORDER.len());
        folders.push((rank, name.clone(), &member.folder));
    }
    folders.sort();
    let mut out = String::new();
    for (_, name, folder) in folders {
        let Some(root) = ["src/lib.rs", "src/main.rs"].iter().map(|it| folder.join(it)).find(|it| it.is_file()) else {
            continue;
        };
        let source = std::fs::read_to_string(&root)?;
        let _ = writeln!(out, "- **`{name}`** (`{}`): {}", workspace.relative(folder), first_sentence(&source));
        for module in modules(&source) {
            if let Some(file) = file_of(folder, &module) {
                let _ = writeln!(out, "  - `{module}`: {}", first_sentence(&std::fs::read_to_string(file)?));
            }
        }
    }
    Ok(out)
}

/// Modules in files of their own, in the order they are declared; test modules are left out.
fn modules(source: &str) -> Vec<String> {
    let mut modules = Vec::new();
    let mut before = "";
    for line in source.lines() {
        let declared = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        if let Some(name) = declared.strip_prefix("mod ").and_then(|it| it.strip_suffix(';'))
            && !before.contains("cfg(test)")
        {
            modules.push(name.to_owned());
        }
        before = line;
    }
    modules
}

fn file_of(folder: &Path, module: &str) -> Option<PathBuf> {
    [format!("src/{module}.rs"), format!("src/{module}/mod.rs")]
        .iter()
        .map(|it| folder.join(it))
        .find(|it| it.is_file())
}

/// The first sentence of a file's head.
fn first_sentence(source: &str) -> String {
    let head = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraph: Vec<&str> = head.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ").replace("[`", "`").replace("`]", "`");
    let end = paragraph.match_indices(". ").map(|(at, _)| at + 1).find(|end| {
        let next = paragraph[*end..].trim_start().chars().next();
        next.is_some_and(char::is_uppercase)
    });
    paragraph[..end.unwrap_or(paragraph.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_of_a_head_may_span_lines() {
        assert_eq!(
            first_sentence("//! A rule: v2.5 in,\n//! [`Plan`] out. More.\n//!\n//! Rest.\nuse x;"),
            "A rule: v2.5 in, `Plan` out."
        );
        assert_eq!(first_sentence("fn main() {}"), "");
    }

    #[test]
    fn modules_are_listed_as_declared_without_those_of_tests() {
        let source = "pub mod b;\nmod a;\n#[cfg(test)]\nmod tests;\nmod inline {\n}\n";
        assert_eq!(modules(source), ["b", "a"]);
    }

    #[test]
    fn the_map_stands_between_its_marks() {
        let document = format!("before\n{START}old{END}after\n");
        let once = replaced(&document, "- new\n").expect("marks");
        assert!(once.contains("- new") && !once.contains("old") && once.ends_with("after\n"));
        assert_eq!(replaced(&once, "- new\n").expect("marks"), once);
    }
}
