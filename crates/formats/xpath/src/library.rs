//! The files of a pack that expressions open: read inside one folder, parsed or indexed once, shared by all runs.

use crate::error::{Error, Res};
use crate::expr::ExprId;
use crate::index::TextSet;
use crate::names::Names;
use crate::tree::{Document, Limits};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, Read};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// Where files come from: names with `/`, relative to the folder of the pack, without `.` or `..`.
pub trait Files: Send + Sync {
    /// A file's bytes, none when there is no such file.
    fn open(&self, name: &str) -> std::io::Result<Option<Box<dyn BufRead + '_>>>;

    /// Its size, none when there is no such file.
    fn size_bytes(&self, name: &str) -> Option<u64>;
}

/// Files larger than this are never kept as a tree.
const TREE_BYTES: u64 = 16 << 20;

/// What a run found in a file, kept for the next ones.
type Kept<T> = Mutex<HashMap<(Box<str>, u32), Arc<OnceLock<Res<T>>>, RandomState>>;

/// The files of a pack.
pub struct Library {
    files: Box<dyn Files>,
    names: Arc<Names>,
    limits: Limits,
    documents: Kept<Arc<Document>>,
    readable: Kept<bool>,
    indexes: Kept<Arc<TextSet>>,
    sets: Kept<Option<Arc<TextSet>>>,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

impl Library {
    /// A library over files; documents share the names of the expressions.
    pub fn new(files: Box<dyn Files>, names: Arc<Names>) -> Self {
        Self {
            files,
            names,
            limits: Limits::default(),
            documents: Kept::default(),
            readable: Kept::default(),
            indexes: Kept::default(),
            sets: Kept::default(),
        }
    }

    /// The names that expressions mention.
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// The document a name leads to.
    pub(crate) fn document(&self, name: &str) -> Res<Arc<Document>> {
        once(&self.documents, name, 0, || self.parse(name).map(Arc::new))
    }

    /// Parsed, and not kept.
    pub(crate) fn parse(&self, name: &str) -> Res<Document> {
        let size = self.files.size_bytes(name).ok_or_else(|| absent(name))?;
        if size > TREE_BYTES {
            return Err(Error::new("LIMIT", format!("{name} is too large to be read as a whole")));
        }
        let mut bytes = Vec::with_capacity(size as usize);
        self.reader(name)?.read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
        let mut document = Document::parse(&bytes, &self.names, &self.limits)
            .map_err(|error| Error::new("FODC0002", format!("{name} is not XML: {error}")))?;
        document.set_uri(name);
        Ok(document)
    }

    pub(crate) fn is_large(&self, name: &str) -> bool {
        self.files.size_bytes(name).is_some_and(|size| size > TREE_BYTES / 8)
    }

    pub(crate) fn reader(&self, name: &str) -> Res<Box<dyn BufRead + '_>> {
        match self.files.open(name) {
            Ok(Some(reader)) => Ok(reader),
            Ok(None) => Err(absent(name)),
            Err(error) => Err(unreadable(name, &error)),
        }
    }

    /// Whether a name leads to a document that can be read (`doc-available`).
    pub(crate) fn is_available(&self, name: &str) -> bool {
        let found = once(&self.readable, name, 0, || {
            if self.files.size_bytes(name).is_none() {
                return Ok(false);
            }
            Ok(crate::index::is_well_formed(self.reader(name)?))
        });
        found.unwrap_or(false)
    }

    /// An index, made at most once for each file and look-up.
    pub(crate) fn index(&self, name: &str, lookup: ExprId, make: impl FnOnce() -> Res<TextSet>) -> Res<Arc<TextSet>> {
        once(&self.indexes, name, lookup.0, || make().map(Arc::new))
    }

    /// The texts of an expression that only depends on files; none when it gives anything but texts.
    pub(crate) fn set(
        &self,
        base: &str,
        expr: ExprId,
        make: impl FnOnce() -> Res<Option<TextSet>>,
    ) -> Res<Option<Arc<TextSet>>> {
        once(&self.sets, base, expr.0, || make().map(|it| it.map(Arc::new)))
    }

    /// Bytes of memory its indexes and documents hold, roughly.
    pub fn size_bytes(&self) -> usize {
        let documents = lock(&self.documents)
            .values()
            .filter_map(|it| it.get()?.as_ref().ok().map(|it| it.size_bytes()))
            .sum::<usize>();
        let indexes = lock(&self.indexes)
            .values()
            .filter_map(|it| it.get()?.as_ref().ok().map(|it| it.size_bytes()))
            .sum::<usize>();
        documents + indexes
    }
}

fn once<T: Clone>(kept: &Kept<T>, name: &str, number: u32, make: impl FnOnce() -> Res<T>) -> Res<T> {
    let cell = lock(kept).entry((name.into(), number)).or_default().clone();
    // Outside the lock: a large file holds up only those who want it.
    cell.get_or_init(make).clone()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn absent(name: &str) -> Box<Error> {
    Error::new("FODC0002", format!("{name} is not in the pack"))
}

fn unreadable(name: &str, error: &std::io::Error) -> Box<Error> {
    Error::new("FODC0002", format!("{name} cannot be read: {error}"))
}

/// A relative name from the folder of a schema, `.` and `..` resolved; none when it leads outside the pack.
pub fn resolve(base: &str, name: &str) -> Option<String> {
    if name.contains(':') || name.starts_with('/') || name.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = base.split('/').filter(|it| !it.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
