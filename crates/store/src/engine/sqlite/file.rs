//! The database file: where it is, who may read it, and its copies.
//!
//! In: the path part of the URL. Out: an existing file readable by its owner only.
//! It does not know what the file holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::fault::fault;
use crate::error::StoreError;

/// The file, and the temporary folder removed with it for `sqlite::memory:`.
pub(in crate::engine) struct File {
    path: PathBuf,
    folder: Option<PathBuf>,
}

impl File {
    pub(in crate::engine) fn locate(path: &str) -> Result<Self, StoreError> {
        let (path, folder) = match path {
            ":memory:" => {
                let folder = temporary_folder()?;
                (folder.join("store.db"), Some(folder))
            }
            "" => {
                return Err(StoreError::Url { expected: "sqlite:<path>" });
            }
            path => (PathBuf::from(path), None),
        };
        // SQLite gives its log and its index the rights of the file it finds.
        match private().create_new(true).open(&path) {
            Ok(_) => sync_folder(&path)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self { path, folder })
    }

    pub(in crate::engine) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder
            && let Err(error) = fs::remove_dir_all(folder)
        {
            tracing::warn!(error = %error, "a temporary database could not be removed");
        }
    }
}

/// Makes the name of a new file as durable as its content.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn temporary_folder() -> io::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    loop {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("paillasse-{}-{n}", std::process::id()));
        match builder.create(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|()| folder),
        }
    }
}

/// Copies the database into a new file, then gives it its name.
pub(in crate::engine) fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    if to.exists() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    private().create(true).truncate(true).open(&partial)?;
    let named = copy(from, &partial)
        .and_then(|()| Ok(fs::File::open(&partial)?.sync_all()?))
        .and_then(|()| Ok(fs::rename(&partial, to)?))
        .and_then(|()| Ok(sync_folder(to)?));
    if named.is_err() {
        // The first error is the one to tell; a second backup would overwrite this file anyway.
        drop(fs::remove_file(&partial));
    }
    named
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let from = Connection::open_with_flags(from, flags).map_err(fault)?;
    let mut to = Connection::open_with_flags(to, flags).map_err(fault)?;
    let backup = Backup::new(&from, &mut to).map_err(fault)?;
    // All pages in one step: one snapshot, which neither waits for the writer nor starts over after it.
    match backup.step(-1).map_err(fault)? {
        StepResult::Done => Ok(()),
        _ => Err(StoreError::Busy),
    }
}
