//! Reading an archive a peer made: bounded, tolerant of what real senders write, and saying so.
//!
//! The five rules of the NIST reference decoder become findings: root files and directory,
//! directory entries, metadata in each subset, `URI`/`hash`/`size` matching, ISO 9660 names.

use super::{XdmError, is_iso9660_level_1};
use crate::{Finding, FindingCode, Submission, decode, is_hash_of};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// What is refused for being too big. Sizes are after decompression: they also bound ZIP bombs.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The archive itself, in bytes.
    pub archive_bytes: u64,
    /// Entries of the archive, directories included.
    pub n_entries: usize,
    /// One file, in bytes.
    pub file_bytes: u64,
    /// All files together, in bytes.
    pub total_bytes: u64,
}

impl Default for Limits {
    /// 64 MiB, 1 000 entries, 64 MiB a file, 128 MiB together.
    fn default() -> Self {
        Self { archive_bytes: 64 << 20, n_entries: 1_000, file_bytes: 64 << 20, total_bytes: 128 << 20 }
    }
}

/// A document of a subset, with the entry it belongs to.
#[derive(Clone)]
pub struct ReadDocument {
    /// Index of its entry in the subset's submission.
    pub entry: usize,
    /// Path inside the archive.
    pub path: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for ReadDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReadDocument({} bytes)", self.bytes.len())
    }
}

/// One submission of an archive.
#[derive(Debug, Clone)]
pub struct ReadSubset {
    /// Name of its directory, as written.
    pub name: String,
    /// The metadata.
    pub submission: Submission,
    /// The documents found, in the order of the entries.
    pub documents: Vec<ReadDocument>,
}

/// What an archive holds.
#[derive(Debug, Clone)]
pub struct Archive {
    /// The subsets whose metadata could be read.
    pub subsets: Vec<ReadSubset>,
    /// Everything that is not as the norm says.
    pub findings: Vec<Finding>,
}

struct File {
    path: String,
    at: String,
    bytes: Vec<u8>,
}

/// Reads an archive.
///
/// Names are compared without regard to case; `__MACOSX/` and hidden files are ignored; a subset
/// is any directory of `IHE_XDM` holding a `METADATA.XML`; a document without `URI` is found by
/// its hash, or when it is the only candidate.
/// Errors: not a ZIP, or a bound reached. Everything else is a finding.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Archive, XdmError> {
    let mut findings = Vec::new();
    let (files, directories) = unzip(bytes, limits, &mut findings)?;
    for (name, code) in [("INDEX.HTM", FindingCode::MissingIndex), ("README.TXT", FindingCode::MissingReadme)] {
        match files.iter().find(|f| f.path.eq_ignore_ascii_case(name)) {
            None => findings.push(Finding::new(code, name)),
            Some(f) if f.path != name => {
                findings.push(Finding::new(FindingCode::WrongCase, &f.at));
            }
            Some(_) => {}
        }
    }
    let mut subsets = Vec::new();
    let names = subset_directories(&files);
    if names.is_empty() && !directories.iter().any(|d| is_xdm_root(d)) {
        findings.push(Finding::new(FindingCode::MissingXdmDirectory, "IHE_XDM/"));
    }
    for (n, directory) in names.iter().enumerate() {
        let at = format!("subset[{}]", n + 1);
        if !directories.contains(directory) {
            findings.push(Finding::new(FindingCode::MissingDirectoryEntry, &at));
        }
        subsets.extend(subset(directory, &at, &files, &mut findings));
    }
    Ok(Archive { subsets, findings })
}

/// Files and directory names (ending with `/`), in archive order.
fn unzip(bytes: &[u8], limits: &Limits, findings: &mut Vec<Finding>) -> Result<(Vec<File>, Vec<String>), XdmError> {
    let too_large = |what, limit| XdmError::TooLarge { what, limit };
    if bytes.len() as u64 > limits.archive_bytes {
        return Err(too_large("archive bytes", limits.archive_bytes));
    }
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| XdmError::NotZip)?;
    if zip.len() > limits.n_entries {
        return Err(too_large("entries", limits.n_entries as u64));
    }
    let mut remaining = limits.total_bytes;
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for index in 0..zip.len() {
        let at = format!("file[{}]", index + 1);
        let Ok(mut entry) = zip.by_index(index) else {
            findings.push(Finding::new(FindingCode::UnreadableFile, at));
            continue;
        };
        let Ok(path) = entry.name().map(|name| name.replace('\\', "/")) else {
            findings.push(Finding::new(FindingCode::UnreadableFile, at));
            continue;
        };
        if is_junk(&path) {
            continue;
        }
        if path.ends_with('/') {
            directories.push(path);
            continue;
        }
        // The declared size is only a hint: the bound is on what really comes out.
        let bound = limits.file_bytes.min(remaining);
        let mut content = Vec::with_capacity(entry.size().min(bound).min(1 << 20) as usize);
        let outcome = entry.by_ref().take(bound + 1).read_to_end(&mut content);
        if content.len() as u64 > limits.file_bytes {
            return Err(too_large("file bytes", limits.file_bytes));
        }
        if content.len() as u64 > remaining {
            return Err(too_large("total bytes", limits.total_bytes));
        }
        remaining -= content.len() as u64;
        match outcome {
            Ok(_) => files.push(File { path, at, bytes: content }),
            Err(_) => findings.push(Finding::new(FindingCode::UnreadableFile, at)),
        }
    }
    Ok((files, directories))
}

/// Resource forks of macOS and hidden files.
fn is_junk(path: &str) -> bool {
    path.split('/').any(|level| level.eq_ignore_ascii_case("__MACOSX") || level.starts_with('.'))
}

fn is_xdm_root(directory: &str) -> bool {
    directory.trim_end_matches('/').eq_ignore_ascii_case("IHE_XDM")
}

/// Directories right under `IHE_XDM`, in order of appearance, as the files show them.
fn subset_directories(files: &[File]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for file in files {
        let mut levels = file.path.splitn(3, '/');
        let (Some(root), Some(subset), Some(_)) = (levels.next(), levels.next(), levels.next()) else {
            continue;
        };
        let directory = format!("{root}/{subset}/");
        if is_xdm_root(root) && !found.contains(&directory) {
            found.push(directory);
        }
    }
    found
}

fn subset(directory: &str, place: &str, files: &[File], findings: &mut Vec<Finding>) -> Option<ReadSubset> {
    let members: Vec<&File> = files.iter().filter(|f| f.path.starts_with(directory)).collect();
    for file in &members {
        if !is_iso9660_level_1(&file.path) {
            findings.push(Finding::new(FindingCode::NotIso9660, &file.at));
        }
    }
    let relative = |f: &File| f.path[directory.len()..].to_owned();
    let Some(metadata) = members.iter().find(|f| relative(f).eq_ignore_ascii_case("METADATA.XML")) else {
        findings.push(Finding::new(FindingCode::MissingMetadata, place));
        return None;
    };
    let without_bom = metadata.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&metadata.bytes);
    let Ok((submission, of_metadata)) = decode(without_bom) else {
        findings.push(Finding::new(FindingCode::UnreadableMetadata, &metadata.path));
        return None;
    };
    findings.extend(of_metadata.into_iter().map(|f| Finding { at: format!("{place}.{}", f.at), ..f }));
    let candidates: Vec<&File> = members.iter().copied().filter(|f| f.path != metadata.path).collect();
    let mut documents = Vec::new();
    for (n, entry) in submission.entries.iter().enumerate() {
        let at = |attribute: &str| format!("{place}.DocumentEntry[{}]{attribute}", n + 1);
        let by_uri = entry.uri.as_deref().and_then(|uri| {
            let uri = uri.trim_start_matches("./").replace('\\', "/");
            candidates
                .iter()
                .find(|f| relative(f) == uri)
                .or_else(|| candidates.iter().find(|f| relative(f).eq_ignore_ascii_case(&uri)))
                .copied()
        });
        let found = by_uri.or_else(|| {
            let by_hash = |hash: &String| candidates.iter().find(|f| is_hash_of(hash, &f.bytes));
            let alone = candidates.len() == 1 && submission.entries.len() == 1;
            entry.hash.as_ref().and_then(by_hash).or(candidates.first().filter(|_| alone)).copied()
        });
        if entry.uri.is_none() {
            findings.push(Finding::new(FindingCode::MissingUri, at(".URI")));
        }
        let Some(file) = found else {
            findings.push(Finding::new(FindingCode::MissingDocument, at("")));
            continue;
        };
        if by_uri.is_some() && entry.uri.as_ref().is_some_and(|uri| *uri != relative(file)) {
            findings.push(Finding::new(FindingCode::WrongCase, &file.at));
        }
        match &entry.hash {
            None => findings.push(Finding::new(FindingCode::MissingAttribute, at(".hash"))),
            Some(hash) if !is_hash_of(hash, &file.bytes) => {
                findings.push(Finding::new(FindingCode::WrongHash, at(".hash")));
            }
            Some(_) => {}
        }
        match entry.size_bytes {
            None => findings.push(Finding::new(FindingCode::MissingAttribute, at(".size"))),
            Some(size) if size != file.bytes.len() as u64 => {
                findings.push(Finding::new(FindingCode::WrongSize, at(".size")));
            }
            Some(_) => {}
        }
        documents.push(ReadDocument { entry: n, path: file.path.clone(), bytes: file.bytes.clone() });
    }
    let name = directory.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    Some(ReadSubset { name, submission, documents })
}
