//! The folder of a pack: names in, bytes out, nothing outside of it.

use schematron::Files;
use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufRead, BufReader, ErrorKind, Result},
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Files of one folder, read only.
#[derive(Clone)]
pub struct Folder {
    root: Arc<PathBuf>,
}

impl Folder {
    /// The files below `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root: Arc::new(root) }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names in one of its folders, sorted; none when there is no such folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Some(Ok(entries)) = self.path(folder).map(std::fs::read_dir) else { return Vec::new() };
        let mut names: Vec<String> = entries.flatten().filter_map(|it| it.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    }

    /// Where a file is; none for a name that leads out of the folder.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let is_inside = Path::new(name).components().all(|it| matches!(it, Component::Normal(_)));
        is_inside.then(|| self.root.join(name))
    }
}

impl Files for Folder {
    fn open(&self, name: &str) -> Result<Option<Box<dyn BufRead + '_>>> {
        let Some(path) = self.path(name) else { return Ok(None) };
        match File::open(path) {
            Ok(file) if file.metadata()?.is_file() => Ok(Some(Box::new(BufReader::with_capacity(64 << 10, file)))),
            Ok(_) => Ok(None),
            // A file where a folder is expected holds no file of that name either.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn size_bytes(&self, name: &str) -> Option<u64> {
        std::fs::metadata(self.path(name)?).ok().filter(std::fs::Metadata::is_file).map(|it| it.len())
    }
}

/// Files that remember which names were asked for, found or not.
pub struct Recording<F> {
    files: Arc<F>,
    names: Mutex<BTreeSet<String>>,
}

impl<F: Files> Recording<F> {
    /// Records what is asked of `files`.
    pub fn new(files: Arc<F>) -> Self {
        Self { files, names: Mutex::default() }
    }

    /// The names asked for until now, sorted.
    pub fn names(&self) -> Vec<String> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn note(&self, name: &str) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
    }
}

impl<F: Files> Files for Recording<F> {
    fn open(&self, name: &str) -> Result<Option<Box<dyn BufRead + '_>>> {
        self.note(name);
        self.files.open(name)
    }

    fn size_bytes(&self, name: &str) -> Option<u64> {
        self.note(name);
        self.files.size_bytes(name)
    }
}

/// Shared files, for those who want their own.
pub struct Shared<F>(pub Arc<F>);

impl<F: Files> Files for Shared<F> {
    fn open(&self, name: &str) -> Result<Option<Box<dyn BufRead + '_>>> {
        self.0.open(name)
    }

    fn size_bytes(&self, name: &str) -> Option<u64> {
        self.0.size_bytes(name)
    }
}
