//! The documents to check: names as given in, files in, bytes out.

use std::{
    fs,
    io::{Error, ErrorKind, Read as _, Result},
    path::{Path, PathBuf},
};

/// Folders inside each other.
const DEPTH: usize = 32;

/// Files as they are, folders by their `.xml` files, in order of name.
pub fn collect(names: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for name in names {
        if !name.is_dir() {
            files.push(name.clone());
            continue;
        }
        let before = files.len();
        walk(name, 0, &mut files).map_err(|error| anyhow::anyhow!("{} : {}", name.display(), reason(&error)))?;
        anyhow::ensure!(files.len() > before, "{} ne contient aucun fichier .xml", name.display());
    }
    Ok(files)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|it| it.path()).collect();
    entries.sort_unstable();
    for entry in entries {
        let is_hidden = entry.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
        if is_hidden {
            continue;
        }
        if entry.is_dir() {
            if depth < DEPTH && !entry.is_symlink() {
                walk(&entry, depth + 1, files)?;
            }
        } else if entry.extension().is_some_and(|it| it.eq_ignore_ascii_case("xml")) {
            files.push(entry);
        }
    }
    Ok(())
}

/// The bytes of a file, one more than `bound` at most; `-` is the standard input.
pub fn read(file: &Path, bound: usize) -> Result<Vec<u8>> {
    let bound = bound as u64 + 1;
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(bound).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let opened = fs::File::open(file)?;
    let size = opened.metadata()?.len();
    bytes.reserve(usize::try_from(size.min(bound)).unwrap_or(0));
    opened.take(bound).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why a file could not be read, in plain French.
pub fn reason(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "ce fichier n'existe pas".to_owned(),
        ErrorKind::PermissionDenied => "la lecture de ce fichier n'est pas permise".to_owned(),
        ErrorKind::IsADirectory => "c'est un dossier".to_owned(),
        _ => format!("lecture impossible ({error})"),
    }
}
