//! A released migration is never edited: databases in service have already run it.
//!
//! `xtask/released_migrations.txt` holds `<sha256>  <file>` per released file, as `sha256sum` prints it.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Released files that changed or are gone.
pub fn assess(workspace: &Workspace) -> Result<Vec<String>> {
    let list = workspace.root.join("xtask/released_migrations.txt");
    let list = std::fs::read_to_string(&list).with_context(|| list.display().to_string())?;
    let read = |file: &str| std::fs::read(workspace.root.join("migrations").join(file)).ok();
    Ok(changed(&list, read))
}

fn changed(list: &str, read: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .filter_map(|line| {
            let Some((hash, file)) = line.split_once("  ") else {
                return Some(format!("xtask/released_migrations.txt: not `<sha256>  <file>`: {line}"));
            };
            match read(file) {
                Some(bytes) if fingerprint(&bytes) == hash => None,
                Some(_) => Some(format!("migrations/{file}: released, must not change; add a migration instead")),
                None => Some(format!("migrations/{file}: released, must stay")),
            }
        })
        .collect()
}

/// SHA-256 in lower-case hexadecimal.
fn fingerprint(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_released_file_stays_as_it_was() {
        let list = format!("# hash  file\n{}  0001.sql\n", fingerprint(b"CREATE"));
        assert!(changed(&list, |_| Some(b"CREATE".to_vec())).is_empty());
        assert_eq!(changed(&list, |_| Some(b"CREATE ".to_vec())).len(), 1);
        assert_eq!(changed(&list, |_| None).len(), 1);
        assert_eq!(changed("0001.sql", |_| None).len(), 1);
    }
}
