//! The objects of a file: bytes in; objects by their number, and what streams hold, out.
//!
//! Source: ISO 32000-1, 7.3.8, 7.3.10, 7.5.7, 7.5.8.

use crate::object::{Dictionary, Object, Reader, from_hexadecimal, is_blank};
use flate2::read::ZlibDecoder;
use memchr::memmem;
use std::{cell::Cell, collections::HashMap, io::Read};

/// Bytes that all streams together may give.
const INFLATED_BYTES_MAX: usize = 64 << 20;

/// Objects of a file at most.
const OBJECTS_MAX: usize = 400_000;

/// Bytes of objects that are read, each time counted: a file of many objects that never end is not read over and over.
const READ_BYTES_MAX: usize = 48 << 20;

/// Bytes of a trailer at most.
const TRAILER_BYTES_MAX: usize = 1 << 14;

/// References followed from one to the next at most.
const HOPS_MAX: u8 = 8;

/// Where an object stands: in the file, or in a stream of objects.
#[derive(Clone, Copy)]
enum Place {
    File(usize),
    Packed { stream: usize, at: usize },
}

/// A file whose objects were found.
pub(crate) struct File<'a> {
    bytes: &'a [u8],
    places: HashMap<u32, Place>,
    packed: Vec<Vec<u8>>,
    /// The last catalog that a trailer names.
    pub(crate) root: Option<u32>,
    pub(crate) is_encrypted: bool,
    inflate_left: Cell<usize>,
    read_left: Cell<usize>,
    /// Whether some stream could not be read.
    pub(crate) has_lost: Cell<bool>,
}

impl<'a> File<'a> {
    /// Finds every object, reading the file once.
    pub(crate) fn index(bytes: &'a [u8]) -> Self {
        let mut file = Self {
            bytes,
            places: HashMap::new(),
            packed: Vec::new(),
            root: None,
            is_encrypted: false,
            inflate_left: Cell::new(INFLATED_BYTES_MAX),
            read_left: Cell::new(READ_BYTES_MAX),
            has_lost: Cell::new(false),
        };
        let finder = memmem::Finder::new(b"obj");
        let mut at = 0;
        while let Some(found) = bytes.get(at..).and_then(|rest| finder.find(rest)) {
            let word = at + found;
            at = word + 3;
            let Some(number) = number_before(bytes, word) else { continue };
            if file.places.len() >= OBJECTS_MAX || file.read_left.get() == 0 {
                file.has_lost.set(true);
                break;
            }
            file.places.insert(number, Place::File(at));
            at = file.after(at);
        }
        for start in memmem::find_iter(bytes, b"trailer").map(|it| it + 7) {
            let end = bytes.len().min(start + TRAILER_BYTES_MAX);
            if let Some(Object::Dictionary(trailer)) = file.read(&bytes[..end], start).map(|(it, _)| it) {
                file.note_trailer(&trailer);
            }
        }
        file
    }

    /// The object at a place, and where it ends.
    fn read<'b>(&self, bytes: &'b [u8], at: usize) -> Option<(Object<'b>, usize)> {
        let left = self.read_left.get();
        if left == 0 {
            self.has_lost.set(true);
            return None;
        }
        let mut reader = Reader::new(bytes, at);
        let found = reader.object();
        self.read_left.set(left.saturating_sub(reader.at - at));
        Some((found?, reader.at))
    }

    fn note_trailer(&mut self, trailer: &Dictionary<'_>) {
        if let Some(Object::Reference(root)) = trailer.get(b"Root") {
            self.root = Some(*root);
        }
        self.is_encrypted |= trailer.get(b"Encrypt").is_some();
    }

    /// Where to go on behind an object; streams of objects are opened on the way.
    fn after(&mut self, start: usize) -> usize {
        let bytes = self.bytes;
        let Some((Object::Dictionary(dictionary), here)) = self.read(bytes, start) else { return start };
        let Some((data, end)) = stream_data(bytes, here, &dictionary) else { return here };
        if dictionary.is(b"Type", b"XRef") {
            self.note_trailer(&dictionary);
        } else if dictionary.is(b"Type", b"ObjStm") {
            match self.decode(&dictionary, data) {
                Some(objects) => self.open(&dictionary, objects),
                None => self.has_lost.set(true),
            }
        }
        end
    }

    /// A stream of objects: pairs of number and place, then the objects.
    fn open(&mut self, dictionary: &Dictionary<'_>, objects: Vec<u8>) {
        let count = |key| dictionary.get(key).and_then(Object::count).unwrap_or(0);
        let (n, first) = (count(b"N"), count(b"First"));
        let mut reader = Reader::new(&objects, 0);
        for _ in 0..n.min(OBJECTS_MAX) {
            let (Some(number), Some(at)) = (reader.instruction(), reader.instruction()) else { break };
            let (Some(number), Some(at)) = (number.count(), at.count()) else { break };
            if self.places.len() < OBJECTS_MAX
                && let Ok(number) = u32::try_from(number)
            {
                self.places.insert(number, Place::Packed { stream: self.packed.len(), at: first.saturating_add(at) });
            }
        }
        self.packed.push(objects);
    }

    /// The object with a number.
    pub(crate) fn object(&self, number: u32) -> Option<Object<'_>> {
        let (bytes, at) = match *self.places.get(&number)? {
            Place::File(at) => (self.bytes, at),
            Place::Packed { stream, at } => (self.packed.get(stream)?.as_slice(), at),
        };
        self.read(bytes, at).map(|(found, _)| found)
    }

    /// What an object is, references followed.
    pub(crate) fn resolved<'s>(&'s self, object: &Object<'s>) -> Option<Object<'s>> {
        let &Object::Reference(mut number) = object else { return Some(object.clone()) };
        for _ in 0..HOPS_MAX {
            match self.object(number)? {
                Object::Reference(next) => number = next,
                found => return Some(found),
            }
        }
        None
    }

    /// The value of a key, references followed.
    pub(crate) fn get<'s>(&'s self, dictionary: &Dictionary<'s>, key: &[u8]) -> Option<Object<'s>> {
        self.resolved(dictionary.get(key)?)
    }

    pub(crate) fn dictionary<'s>(&'s self, dictionary: &Dictionary<'s>, key: &[u8]) -> Option<Dictionary<'s>> {
        match self.get(dictionary, key)? {
            Object::Dictionary(it) => Some(it),
            _ => None,
        }
    }

    /// The dictionary and the decoded bytes of the stream that a reference names; a loss is noted.
    pub(crate) fn stream(&self, object: &Object<'_>) -> Option<(Dictionary<'_>, Vec<u8>)> {
        let Object::Reference(number) = object else { return None };
        let Some(Place::File(at)) = self.places.get(number) else { return None };
        let Some((Object::Dictionary(dictionary), end)) = self.read(self.bytes, *at) else { return None };
        let (data, _) = stream_data(self.bytes, end, &dictionary)?;
        let decoded = self.decode(&dictionary, data);
        if decoded.is_none() {
            self.has_lost.set(true);
        }
        Some((dictionary, decoded?))
    }

    /// Every filter undone; `None` for one that is not supported, or when the bound is reached.
    fn decode(&self, dictionary: &Dictionary<'_>, data: &[u8]) -> Option<Vec<u8>> {
        let filters = match dictionary.get(b"Filter").or_else(|| dictionary.get(b"F")) {
            None => Vec::new(),
            Some(Object::Name(one)) => vec![one.to_vec()],
            Some(Object::Array(some)) => some.iter().map(|it| it.name().map(<[u8]>::to_vec)).collect::<Option<_>>()?,
            Some(_) => return None,
        };
        let is_predicted = |it: &Dictionary<'_>| it.get(b"Predictor").and_then(Object::count).is_some_and(|it| it > 1);
        let parameters = dictionary.get(b"DecodeParms");
        let has_predictor = match parameters {
            Some(Object::Dictionary(one)) => is_predicted(one),
            Some(Object::Array(some)) => some.iter().filter_map(Object::dictionary).any(is_predicted),
            _ => false,
        };
        if has_predictor || filters.len() > 4 {
            return None;
        }
        let mut decoded = data.to_vec();
        for filter in filters {
            decoded = match filter.as_slice() {
                b"FlateDecode" | b"Fl" => self.inflate(&decoded)?,
                b"ASCIIHexDecode" | b"AHx" => {
                    let end = memchr::memchr(b'>', &decoded).unwrap_or(decoded.len());
                    from_hexadecimal(&decoded[..end])
                }
                _ => return None,
            };
        }
        Some(decoded)
    }

    /// A damaged end gives what comes before it.
    fn inflate(&self, data: &[u8]) -> Option<Vec<u8>> {
        let left = self.inflate_left.get();
        let mut inflated = Vec::new();
        let ended = ZlibDecoder::new(data).take(left as u64).read_to_end(&mut inflated);
        self.inflate_left.set(left - inflated.len().min(left));
        if ended.is_err() {
            self.has_lost.set(true);
        }
        (inflated.len() < left && (ended.is_ok() || !inflated.is_empty())).then_some(inflated)
    }
}

/// The number of the object that the word `obj` at this place opens: `12 0 obj`.
fn number_before(bytes: &[u8], word: usize) -> Option<u32> {
    let mut before = &bytes[..word];
    let mut last = |need_blank: bool| {
        let n_blanks = before.iter().rev().take_while(|it| is_blank(**it)).count();
        before = &before[..before.len() - n_blanks];
        let n_digits = before.iter().rev().take(10).take_while(|it| it.is_ascii_digit()).count();
        let (rest, digits) = before.split_at(before.len() - n_digits);
        before = rest;
        let number = std::str::from_utf8(digits).ok()?.parse::<u32>().ok();
        number.filter(|_| n_blanks > 0 || !need_blank)
    };
    last(false)?;
    last(true)
}

/// The raw bytes of a stream whose dictionary ends here, and where they end; `None` when no stream follows.
fn stream_data<'a>(bytes: &'a [u8], here: usize, dictionary: &Dictionary<'_>) -> Option<(&'a [u8], usize)> {
    let mut reader = Reader::new(bytes, here);
    reader.skip_blanks();
    let rest = bytes.get(reader.at..)?.strip_prefix(b"stream")?;
    let rest = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")).or(rest.strip_prefix(b"\r")).unwrap_or(rest);
    let is_end = |len: usize| {
        let after = rest.get(len..)?;
        let n_blanks = after.iter().take(2).take_while(|it| is_blank(**it)).count();
        after.get(n_blanks..)?.starts_with(b"endstream").then_some(len)
    };
    // The length is often a reference, sometimes wrong.
    let len = dictionary.get(b"Length").and_then(Object::count).and_then(is_end);
    let len = len.or_else(|| memmem::find(rest, b"endstream")).unwrap_or(rest.len());
    Some((&rest[..len], bytes.len() - rest.len() + len))
}
