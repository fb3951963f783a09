//! Names: each expanded name, namespace and local part is one small number, shared by expressions and documents.
//!
//! A pack of schemas owns one frozen table; a document adds the names that no expression mentions to a table of its own.

use foldhash::fast::RandomState;
use std::collections::HashMap;

/// An expanded name: a namespace and a local part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct NameId(pub(crate) u32);

/// A string of the table: a namespace or a local part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct StrId(pub(crate) u32);

/// The empty string: no namespace.
pub(crate) const NO_NAMESPACE: StrId = StrId(0);
/// No name at all: text, comment, the document.
pub(crate) const NO_NAME: NameId = NameId(0);

/// A table of names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    strings: Vec<Box<str>>,
    string_ids: HashMap<Box<str>, u32, RandomState>,
    names: Vec<(StrId, StrId)>,
    name_ids: HashMap<(StrId, StrId), u32, RandomState>,
}

impl Names {
    /// A table that holds only the empty name.
    pub fn new() -> Self {
        let mut names = Self::default();
        names.intern("", "");
        names
    }

    /// The number of a name, new or known.
    pub fn intern(&mut self, namespace: &str, local: &str) -> NameId {
        let key = (self.intern_str(namespace), self.intern_str(local));
        if let Some(&id) = self.name_ids.get(&key) {
            return NameId(id);
        }
        let id = self.names.len() as u32;
        self.names.push(key);
        self.name_ids.insert(key, id);
        NameId(id)
    }

    /// The number of a string, new or known.
    pub fn intern_str(&mut self, text: &str) -> StrId {
        if let Some(&id) = self.string_ids.get(text) {
            return StrId(id);
        }
        let id = self.strings.len() as u32;
        self.strings.push(text.into());
        self.string_ids.insert(text.into(), id);
        StrId(id)
    }

    pub(crate) fn find_str(&self, text: &str) -> Option<StrId> {
        self.string_ids.get(text).copied().map(StrId)
    }

    pub(crate) fn find(&self, namespace: StrId, local: StrId) -> Option<NameId> {
        self.name_ids.get(&(namespace, local)).copied().map(NameId)
    }

    /// How many names it holds.
    pub fn n_names(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn n_strings(&self) -> usize {
        self.strings.len()
    }

    pub(crate) fn parts(&self, id: NameId) -> (StrId, StrId) {
        self.names[id.0 as usize]
    }

    pub(crate) fn text(&self, id: StrId) -> &str {
        &self.strings[id.0 as usize]
    }

    /// Namespace and local part.
    pub fn name(&self, id: NameId) -> (&str, &str) {
        let (namespace, local) = self.parts(id);
        (self.text(namespace), self.text(local))
    }
}

/// A table as a cache file keeps it: strings, then names as pairs of their numbers.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    strings: Vec<Box<str>>,
    names: Vec<(StrId, StrId)>,
}

impl serde::Serialize for Names {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored { strings: self.strings.clone(), names: self.names.clone() }.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Names {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { strings, names } = Stored::deserialize(deserializer)?;
        if names.iter().any(|(a, b)| a.0.max(b.0) as usize >= strings.len()) {
            return Err(serde::de::Error::custom("a name points outside the table"));
        }
        let string_ids = strings.iter().enumerate().map(|(id, text)| (text.clone(), id as u32)).collect();
        let name_ids = names.iter().enumerate().map(|(id, name)| (*name, id as u32)).collect();
        Ok(Self { strings, string_ids, names, name_ids })
    }
}
