//! The files of a schema: paths in, the compiled set of `xsd-schema` and findings about the pack out.

use crate::{error::Error, pattern};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use xsd_schema::{
    DirectiveFailure, LocationRequest, ResolverConfig, SchemaError, SchemaLoader, SchemaResolver, SchemaResult,
    SchemaSet, SchemaSetBuilder, schema::model::XsdVersion,
};

/// Most files of one schema, missing ones included.
const FILES_MAX: usize = 512;
/// Most bytes of one schema, all files together.
const BYTES_MAX: usize = 32 << 20;

pub(crate) const XSLT: &str = "http://www.w3.org/1999/XSL/Transform";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// How the root of the pack is called inside of the resolver; never read from.
const ROOT: &str = "pack:///";
/// Where imports that are left out lead to.
const LEFT_OUT: &str = "left-out:///";

/// Gives the files of a pack.
///
/// A path is relative to the root of the pack, uses `/`, and never holds `..`.
pub trait Files: Send + Sync {
    /// The bytes of a file; `None` when there is none.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}

impl<F: Fn(&str) -> Option<Vec<u8>> + Send + Sync> Files for F {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self(path)
    }
}

/// A defect of a pack that did not prevent its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which defect.
    pub code: FindingCode,
    /// The file that names another one, by its path in the pack.
    pub file: String,
    /// Line in that file, from 1; 0 when unknown.
    pub line: u32,
    /// The location as written there, or the name of the element.
    pub location: String,
}

/// The defects of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingCode {
    /// The import of the schema for XSLT, or of the schema for schemas, was left out.
    ImportLeftOut,
    /// A file that is included or imported is not in the pack.
    MissingFile,
    /// The type of an element is not in the pack: no such element is valid.
    MissingType,
}

impl FindingCode {
    /// The stable code shown to people and kept in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImportLeftOut => "XSD-PACK-01",
            Self::MissingFile => "XSD-PACK-02",
            Self::MissingType => "XSD-PACK-03",
        }
    }
}

/// The files of one schema. Each is read once, however often the schema is compiled.
pub(crate) struct Pack {
    shelf: Shelf,
    path: String,
}

impl Pack {
    pub fn new(files: impl Files + 'static, path: &str) -> Self {
        let shelf = Shelf { files: Arc::new(files), taken: Arc::default() };
        Self { shelf, path: normalized(path) }
    }

    /// Compiles the schema and all that it includes and imports.
    pub fn compile(&self) -> Result<(SchemaSet, Vec<Finding>), Error> {
        let first = format!("{ROOT}{}", self.path);
        if self.shelf.take(&self.path)?.is_none() {
            return Err(Error::Missing { path: self.path.clone() });
        }
        let mut resolver =
            SchemaResolver::with_config_and_loader(ResolverConfig::default(), Box::new(self.shelf.clone()));
        resolver.set_location_rewriter(leave_out);
        let builder = SchemaSetBuilder::with_resolver(resolver, XsdVersion::V1_0);
        let compiled = builder.add("", &first).and_then(SchemaSetBuilder::compile).map_err(|e| error(&e))?;
        let mut findings: Vec<Finding> = compiled.directive_failures().iter().map(finding).collect();
        let mut set = compiled.into_schema_set();
        findings.extend(missing_types(&set));
        let invalid = |pattern| Error::Invalid { file: String::new(), line: 0, message: format!("pattern {pattern}") };
        pattern::rewrite_all(&mut set).map_err(invalid)?;
        Ok((set, findings))
    }
}

/// `xs:import` of XSLT and of the schema for schemas leads nowhere.
///
/// Published packs import them although no document of theirs uses their types, and both break rules of the norm:
/// the schema for schemas is not a schema that a schema may import (part 1, §3.15.2).
fn leave_out(request: &LocationRequest<'_>, _: &SchemaResolver) -> Option<String> {
    let left_out = matches!(request.namespace, Some(XSLT | XSD));
    left_out.then(|| format!("{LEFT_OUT}{}", request.location))
}

fn finding(failure: &DirectiveFailure) -> Finding {
    let left_out = failure.resolved_location().is_some_and(|location| location.starts_with(LEFT_OUT));
    let code = if left_out { FindingCode::ImportLeftOut } else { FindingCode::MissingFile };
    let (file, line) = failure.location().map_or((String::new(), 0), |at| (path(&at.base_uri), at.line));
    let location = failure.schema_location().unwrap_or_default().to_owned();
    Finding { code, file, line: u32::try_from(line).unwrap_or(0), location }
}

fn missing_types(set: &SchemaSet) -> impl Iterator<Item = Finding> {
    let lacking = set.arenas.elements.values().filter(|it| it.deferred_type_error.is_some());
    lacking.map(|element| {
        let at = set.locate(element.source.as_ref());
        let (file, line) = at.map_or((String::new(), 0), |at| (path(&at.base_uri), at.line));
        let location = element.name.map(|name| set.name_table.resolve(name)).unwrap_or_default();
        Finding { code: FindingCode::MissingType, file, line: u32::try_from(line).unwrap_or(0), location }
    })
}

fn error(error: &SchemaError) -> Error {
    let (file, line) = error.location().map_or((String::new(), 0), |at| (path(&at.base_uri), at.line));
    let line = u32::try_from(line).unwrap_or(0);
    match error {
        SchemaError::LimitExceeded { message, .. } => Error::TooLarge(message.clone()),
        SchemaError::Internal(_) => Error::Internal,
        SchemaError::StructuralError { constraint, message, .. } => {
            Error::Invalid { file, line, message: format!("{constraint}: {message}") }
        }
        SchemaError::XmlError { message, .. }
        | SchemaError::NamespaceError { message, .. }
        | SchemaError::FeatureError { message, .. }
        | SchemaError::ResolutionError { message } => Error::Invalid { file, line, message: message.clone() },
        other => Error::Invalid { file, line, message: other.to_string() },
    }
}

/// The path in the pack of a location of ours.
fn path(location: &str) -> String {
    normalized(location.strip_prefix(ROOT).unwrap_or(location))
}

/// A path without `.`, `..` and percent signs; what would leave the root stays at the root.
fn normalized(path: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        match decoded(part).as_str() {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            // A separator of another system, or one that hid behind a percent sign.
            other if other.contains(['/', '\\', '\0']) => parts.push("_".to_owned()),
            other => parts.push(other.to_owned()),
        }
    }
    parts.join("/")
}

/// Percent signs resolved, where they give UTF-8.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

/// What was read so far, shared with the resolver.
#[derive(Clone)]
struct Shelf {
    files: Arc<dyn Files>,
    taken: Arc<Mutex<HashMap<String, Option<String>>>>,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shelf")
    }
}

impl Shelf {
    fn take(&self, path: &str) -> Result<Option<String>, Error> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = taken.get(path) {
            return Ok(text.clone());
        }
        let bytes = self.files.read(path);
        let size = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let n_bytes: usize = taken.values().map(size).sum::<usize>() + bytes.as_ref().map_or(0, Vec::len);
        if taken.len() >= FILES_MAX || n_bytes > BYTES_MAX {
            return Err(Error::TooLarge(format!("more than {FILES_MAX} files or {BYTES_MAX} bytes")));
        }
        let text = bytes.map(xsd_schema::decode_xml_bytes).transpose().map_err(|e| error(&e))?;
        taken.insert(path.to_owned(), text.clone());
        Ok(text)
    }
}

impl SchemaLoader for Shelf {
    fn load(&self, location: &str) -> SchemaResult<String> {
        let Some(path) = location.strip_prefix(ROOT) else {
            return Err(SchemaError::resolution("outside of the pack"));
        };
        match self.take(&normalized(path)) {
            Ok(Some(text)) => Ok(text),
            Ok(None) => Err(SchemaError::resolution("not in the pack")),
            Err(error) => Err(SchemaError::xml(error.to_string(), None)),
        }
    }

    fn can_load(&self, location: &str) -> bool {
        location.starts_with(ROOT)
    }
}
