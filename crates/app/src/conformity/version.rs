//! Which version of a pack is in a folder: the commit of a checkout, else the date of its newest common schema.

use super::folder::Folder;
use jiff::Timestamp;
use std::fs;

/// Which version of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackVersion {
    /// A checkout of this commit.
    Commit(String),
    /// Files, the newest of which was changed then.
    Date(Timestamp),
    /// Nothing tells.
    Unknown,
}

impl PackVersion {
    /// Of the pack in a folder.
    pub(super) fn read(folder: &Folder) -> Self {
        if let Some(commit) = commit(folder) {
            return Self::Commit(commit);
        }
        let common = cda_pack::COMMON.iter().copied().chain([cda_pack::VOLETS]);
        let dates = common.filter_map(|it| fs::metadata(folder.path(it)?).ok()?.modified().ok());
        dates.max().and_then(|it| Timestamp::try_from(it).ok()).map_or(Self::Unknown, Self::Date)
    }
}

/// What `HEAD` of a checkout leads to.
fn commit(folder: &Folder) -> Option<String> {
    let git = folder.root().join(".git");
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let commit = match head.trim().strip_prefix("ref: ") {
        None => head.trim().to_owned(),
        Some(name) => match fs::read_to_string(git.join(name)) {
            Ok(commit) => commit.trim().to_owned(),
            Err(_) => {
                let packed = fs::read_to_string(git.join("packed-refs")).ok()?;
                let line = packed.lines().find(|it| it.ends_with(&format!(" {name}")))?;
                line.split(' ').next()?.to_owned()
            }
        },
    };
    (commit.len() >= 40 && commit.bytes().all(|it| it.is_ascii_hexdigit())).then_some(commit)
}
