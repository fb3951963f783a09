//! The files a document carries: images of its text, copies of itself, reports of others.
//!
//! In: `observationMedia` anywhere, and the body of level 1. Out: bytes that are what they are said to be.

use cda::{ClinicalDocument, Ed, FileKind, base64_on_one_line};
use std::{borrow::Cow, cell::OnceCell};

/// Bytes of one file at most; what is larger is not decoded.
const BYTES: usize = 300 << 20;

/// A file in a document.
pub struct File<'a> {
    /// The `ID` that the text refers to; empty for the body of level 1.
    pub id: Cow<'a, str>,
    /// What kind of file it is, found in its first bytes.
    pub kind: Option<FileKind>,
    encoded: Cow<'a, str>,
    decoded: OnceCell<Option<Vec<u8>>>,
}

impl<'a> File<'a> {
    fn new(id: Cow<'a, str>, value: &'a Ed<'a>) -> Self {
        let encoded = base64_on_one_line(&value.text);
        let is_base64 = value.representation.as_deref() == Some("B64");
        // Sixteen characters are twelve bytes: enough to know a file by.
        let head = encoded.get(..encoded.len().min(16)).and_then(|head| base64_simd::STANDARD.decode_to_vec(head).ok());
        let said = value.media_type.as_deref().unwrap_or_default();
        let kind = head.filter(|_| is_base64).and_then(|head| FileKind::found(said, &head));
        Self { id, kind, encoded, decoded: OnceCell::new() }
    }

    /// The bytes; none when the base64 lies.
    pub fn bytes(&self) -> Option<&[u8]> {
        let decode = || {
            (self.encoded.len() <= BYTES)
                .then(|| base64_simd::STANDARD.decode_to_vec(self.encoded.as_bytes()).ok())
                .flatten()
        };
        self.kind.and_then(|_| self.decoded.get_or_init(decode).as_deref())
    }

    /// Its base64, on one line; none when it is not readable.
    pub fn base64(&self) -> Option<&str> {
        self.bytes().map(|_| self.encoded.as_ref())
    }

    /// Whether it can be shown or offered.
    pub fn is_readable(&self) -> bool {
        self.bytes().is_some()
    }
}

/// Every file of a document, in order.
pub(super) fn of<'a>(document: &'a ClinicalDocument<'a>) -> Vec<File<'a>> {
    let mut files = Vec::new();
    for body in &document.component {
        for plain in &body.non_xml_body {
            files.extend(plain.text.iter().map(|value| File::new(Cow::Borrowed(""), value)));
        }
        let sections = body.structured_body.iter().flat_map(|it| &it.component).flat_map(|it| &it.section);
        for section in sections {
            of_section(section, &mut files);
        }
    }
    files
}

fn of_section<'a>(section: &'a cda::Section<'a>, files: &mut Vec<File<'a>>) {
    for entry in &section.entry {
        entry.observation_media.iter().for_each(|it| add(it, files));
        entry.act.iter().for_each(|it| of_relationships(&it.entry_relationship, files));
        entry.observation.iter().for_each(|it| of_relationships(&it.entry_relationship, files));
        entry.organizer.iter().for_each(|it| of_organizer(it, files));
    }
    for inner in section.component.iter().flat_map(|it| &it.section) {
        of_section(inner, files);
    }
}

fn of_relationships<'a>(all: &'a [cda::EntryRelationship<'a>], files: &mut Vec<File<'a>>) {
    for it in all {
        it.observation_media.iter().for_each(|it| add(it, files));
        it.act.iter().for_each(|it| of_relationships(&it.entry_relationship, files));
        it.observation.iter().for_each(|it| of_relationships(&it.entry_relationship, files));
        it.organizer.iter().for_each(|it| of_organizer(it, files));
    }
}

fn of_organizer<'a>(organizer: &'a cda::Organizer<'a>, files: &mut Vec<File<'a>>) {
    for it in &organizer.component {
        it.observation_media.iter().for_each(|it| add(it, files));
        it.act.iter().for_each(|it| of_relationships(&it.entry_relationship, files));
        it.observation.iter().for_each(|it| of_relationships(&it.entry_relationship, files));
        it.organizer.iter().for_each(|it| of_organizer(it, files));
    }
}

fn add<'a>(media: &'a cda::ObservationMedia<'a>, files: &mut Vec<File<'a>>) {
    let id = media.id_.as_deref().map_or(Cow::Borrowed(""), Cow::Borrowed);
    let values = media.value.iter().filter(|value| value.null_flavor.is_none());
    files.extend(values.map(|value| File::new(id.clone(), value)));
}
