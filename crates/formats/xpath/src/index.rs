//! Sets of texts: value sets and terminologies, compact enough for the largest ones.

use crate::error::{Error, Res};
use crate::expr::{Axis, Key, NodeTest, Step};
use crate::names::Names;
use quick_xml::{Reader, events::Event};
use std::hash::BuildHasher;
use std::io::BufRead;

/// A set of texts: one buffer, and a table of places in it.
#[derive(Debug, Default)]
pub(crate) struct TextSet {
    text: String,
    /// Where each text ends.
    ends: Vec<u32>,
    /// Open addressing: 1 + number of a text, 0 for free; a power of two, at most half full.
    table: Vec<u32>,
    hasher: foldhash::fast::FixedState,
}

impl TextSet {
    fn get(&self, number: u32) -> &str {
        let start = if number == 0 { 0 } else { self.ends[number as usize - 1] };
        &self.text[start as usize..self.ends[number as usize] as usize]
    }

    /// The place of a text in the table, or the free place where it goes.
    fn place(&self, text: &str) -> usize {
        let mask = self.table.len() - 1;
        let mut at = self.hasher.hash_one(text) as usize & mask;
        while self.table[at] != 0 && self.get(self.table[at] - 1) != text {
            at = (at + 1) & mask;
        }
        at
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        !self.table.is_empty() && self.table[self.place(text)] != 0
    }

    pub(crate) fn insert(&mut self, text: &str) {
        if (self.ends.len() + 1) * 2 > self.table.len() {
            let size = (self.table.len() * 2).max(16);
            self.table = vec![0; size];
            for number in 0..self.ends.len() as u32 {
                let place = self.place(self.get(number));
                self.table[place] = number + 1;
            }
        }
        let place = self.place(text);
        if self.table[place] == 0 {
            self.text.push_str(text);
            self.ends.push(self.text.len() as u32);
            self.table[place] = self.ends.len() as u32;
        }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.text.len() + 4 * (self.ends.len() + self.table.len())
    }

    pub(crate) fn shrink(mut self) -> Self {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self
    }
}

/// Between the values of several keys: no XML text holds it.
pub(crate) const BETWEEN: char = '\0';

/// Whether a look-up can be answered by reading a file once from end to end: `//name[key]`.
pub(crate) fn is_streamable(steps: &[Step], keys: &[Key]) -> bool {
    matches!(steps, [Step { axis: Axis::Descendant, test: NodeTest::Name(_), .. }])
        && (keys == [Key::Text] || keys.iter().all(|key| matches!(key, Key::Attribute(_))))
}

/// Reads a file from end to end and keeps only the keys of one element name.
pub(crate) fn stream(source: Box<dyn BufRead + '_>, names: &Names, steps: &[Step], keys: &[Key]) -> Res<TextSet> {
    let [Step { test: NodeTest::Name(wanted), .. }] = steps else { return Ok(TextSet::default()) };
    let (namespace, local) = names.name(*wanted);
    let mut reader = Reader::from_reader(source);
    let mut scopes: Vec<(usize, Option<Vec<u8>>, String)> = Vec::new();
    let (mut buffer, mut set, mut depth, mut open) = (Vec::new(), TextSet::default(), 0usize, None);
    let mut text = String::new();
    let malformed = |_| Error::new("FODC0002", "a file of the pack is not XML");
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(malformed)?;
        let is_empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(start) | Event::Empty(start) => {
                depth += 1;
                flush(&mut open, depth, &mut text, &mut set);
                let mut values: Vec<Option<String>> = vec![None; keys.len()];
                for attribute in start.attributes().with_checks(false).flatten() {
                    let key = attribute.key.as_ref();
                    let value = || crate::tree::source::attribute_value(&attribute.value).map(|it| it.into_owned());
                    if key == "xmlns" {
                        scopes.push((depth, None, value().unwrap_or_default()));
                    } else if let Some(prefix) = key.strip_prefix("xmlns:") {
                        scopes.push((depth, Some(prefix.as_bytes().to_vec()), value().unwrap_or_default()));
                    }
                    for (place, wanted) in keys.iter().enumerate() {
                        if let Key::Attribute(name) = wanted
                            && names.name(*name) == ("", key)
                        {
                            values[place] = value().ok();
                        }
                    }
                }
                let name = start.name();
                let lexical = name.as_ref();
                let (prefix, own) =
                    lexical.split_once(':').map_or((None, lexical), |(prefix, own)| (Some(prefix), own));
                let bound = scopes.iter().rev().find(|(_, it, _)| it.as_deref() == prefix.map(str::as_bytes));
                if own == local && bound.map_or("", |(.., it)| it) == namespace {
                    if keys == [Key::Text] {
                        open = Some(depth);
                    } else if let Some(values) = values.into_iter().collect::<Option<Vec<_>>>() {
                        set.insert(&values.join(&BETWEEN.to_string()));
                    }
                }
                if is_empty {
                    close(&mut depth, &mut scopes, &mut open);
                }
            }
            Event::End(_) => {
                flush(&mut open, depth, &mut text, &mut set);
                close(&mut depth, &mut scopes, &mut open);
            }
            Event::Text(it) if open == Some(depth) => text.push_str(&it.into_inner()),
            Event::CData(it) if open == Some(depth) => text.push_str(&it.into_inner()),
            Event::GeneralRef(it) if open == Some(depth) => {
                let found = crate::tree::source::reference(&it.into_inner());
                text.push(found.map_err(|reason| Error::new("FODC0002", reason))?);
            }
            Event::Comment(_) | Event::PI(_) => flush(&mut open, depth, &mut text, &mut set),
            Event::Eof => return Ok(set.shrink()),
            _ => {}
        }
    }
}

/// Ends a text node of the element whose texts are keys.
fn flush(open: &mut Option<usize>, depth: usize, text: &mut String, set: &mut TextSet) {
    if open.is_some_and(|it| it <= depth) && !text.is_empty() {
        set.insert(&text.replace("\r\n", "\n").replace('\r', "\n"));
    }
    text.clear();
}

fn close(depth: &mut usize, scopes: &mut Vec<(usize, Option<Vec<u8>>, String)>, open: &mut Option<usize>) {
    scopes.retain(|(at, ..)| at != depth);
    if *open == Some(*depth) {
        *open = None;
    }
    *depth -= 1;
}

/// Whether a file is XML from end to end, read without keeping it.
pub(crate) fn is_well_formed(source: Box<dyn BufRead + '_>) -> bool {
    let mut reader = Reader::from_reader(source);
    let mut buffer = Vec::new();
    let mut n_elements = 0u64;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => return n_elements > 0,
            Ok(Event::Start(_) | Event::Empty(_)) => n_elements += 1,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}
