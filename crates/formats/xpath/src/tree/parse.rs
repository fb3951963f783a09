//! Bytes of XML 1.0 to a document: namespaces resolved, entities of XML itself only, nothing fetched.
//!
//! Our own reading of markup, because it is a quarter of the time of a check: each byte is looked at by vector
//! searches only, and the tree is written as it comes.

use super::{Document, Kind, Limits, Node, ParseError, source};
use crate::names::{NO_NAME, NO_NAMESPACE, NameId, Names, StrId};
use foldhash::fast::RandomState;
use memchr::{memchr, memchr2_iter, memchr3, memmem};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Attributes of one element: each is compared with the others.
const ATTRIBUTES: usize = 1_000;
/// Namespaces in scope: each name is looked for among them.
const NAMESPACES: usize = 1_000;

/// Where it went wrong, in bytes, and why.
pub(super) struct Fault(pub(super) usize, pub(super) String);

type Parsed<T> = Result<T, Fault>;

impl Document {
    /// Parses a document.
    ///
    /// UTF-8 unless a byte order mark says UTF-16 or the declaration another encoding. Document types are read past:
    /// their entities are not known, external ones never fetched.
    pub fn parse(bytes: &[u8], names: &Arc<Names>, limits: &Limits) -> Result<Self, ParseError> {
        let (text, lines) =
            source::decode(bytes, limits).map_err(|reason| ParseError { line: 1, column: 1, reason })?;
        Builder::new(&text, lines, names, limits).run().map_err(|Fault(offset, reason)| {
            let before = &text.as_bytes()[..offset.min(text.len())];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
            ParseError { line: line as u32, column: column as u32, reason }
        })
    }
}

/// One attribute of the element being opened.
struct RawAttribute<'s> {
    key: &'s str,
    value: Cow<'s, str>,
}

struct Builder<'s> {
    source: &'s str,
    limits: Limits,
    document: Document,
    extra_string_ids: HashMap<Box<str>, StrId, RandomState>,
    extra_name_ids: HashMap<(StrId, StrId), NameId, RandomState>,
    /// Bindings in scope: prefix, namespace.
    scope: Vec<(&'s str, StrId)>,
    /// Names as written, with elements (`true`) and attributes apart, while no binding changes.
    known: HashMap<(bool, &'s str), (NameId, Option<StrId>), RandomState>,
    /// Open elements: node, and how many bindings were in scope before it.
    open: Vec<(u32, usize)>,
    /// Names of the open elements, as written.
    open_names: Vec<&'s str>,
    /// Attributes of the element being opened.
    attributes: Vec<RawAttribute<'s>>,
}

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

impl<'s> Builder<'s> {
    fn new(source: &'s str, lines: Vec<u32>, names: &Arc<Names>, limits: &Limits) -> Self {
        let document = Document {
            nodes: Vec::with_capacity(source.len() / 40 + 16),
            // A report may be one picture from end to end.
            text: String::with_capacity(source.len()),
            values: String::with_capacity(source.len() / 4),
            names: names.clone(),
            extra_strings: Vec::new(),
            extra_names: Vec::new(),
            declarations: Vec::new(),
            prefixes: Vec::new(),
            lines,
            uri: None,
            positions: OnceLock::new(),
            by_name: OnceLock::new(),
        };
        Self {
            source,
            limits: *limits,
            document,
            extra_string_ids: HashMap::default(),
            extra_name_ids: HashMap::default(),
            scope: Vec::new(),
            known: HashMap::default(),
            open: Vec::new(),
            open_names: Vec::new(),
            attributes: Vec::new(),
        }
    }

    fn run(mut self) -> Parsed<Document> {
        source::check_characters(self.source)?;
        if self.source.starts_with('\u{FEFF}') {
            // The reader would pass over it without counting it.
            return Err(Fault(0, "a second byte order mark".into()));
        }
        let xml = self.string(XML);
        self.scope.push(("xml", xml));
        self.push(Kind::Document, NO_NAME, (0, 0), 0);
        self.open.push((0, 1));
        let source = self.source;
        let mut at = self.declaration()?;
        let (mut n_roots, mut has_type) = (0, false);
        while at < source.len() {
            if self.document.nodes.len() > self.limits.nodes {
                return Err(Fault(at, format!("more than {} nodes", self.limits.nodes)));
            }
            let Some(markup) = memchr(b'<', &source.as_bytes()[at..]).map(|it| at + it) else {
                self.characters(&source[at..], at)?;
                break;
            };
            if markup > at {
                self.characters(&source[at..markup], at)?;
            }
            let rest = &source[markup..];
            let is_outside = self.open.len() == 1;
            at = markup
                + match rest.as_bytes().get(1) {
                    Some(b'/') => self.end_tag(rest, markup)?,
                    Some(b'?') => self.instruction(rest, markup)?,
                    Some(b'!') if rest.starts_with("<!--") => self.comment(rest, markup)?,
                    Some(b'!') if rest.starts_with("<![CDATA[") && !is_outside => {
                        let length = 9 + length_to(&rest[9..], "]]>", markup)?;
                        self.text(&rest[9..length - 3], markup);
                        length
                    }
                    Some(b'!') if rest.starts_with("<!DOCTYPE") && is_outside && n_roots == 0 && !has_type => {
                        has_type = true;
                        doctype(rest, markup)?
                    }
                    Some(b'!') => return Err(Fault(markup, "markup that does not belong here".into())),
                    _ => {
                        n_roots += usize::from(is_outside);
                        if n_roots > 1 {
                            return Err(Fault(markup, "more than one root element".into()));
                        }
                        self.start_tag(rest, markup)?
                    }
                };
        }
        if self.open.len() > 1 || n_roots == 0 {
            let reason = if n_roots == 0 { "no root element" } else { "an element is not closed" };
            return Err(Fault(source.len(), reason.into()));
        }
        self.end();
        Ok(self.document)
    }

    /// Passes over the XML declaration; where what follows starts.
    fn declaration(&self) -> Parsed<usize> {
        match self.source.strip_prefix("<?xml") {
            Some(rest) if rest.starts_with([' ', '\t', '\n']) => {
                let length = length_to(self.source, "?>", 0)?;
                match source::is_declaration(&self.source[..length]) {
                    true => Ok(length),
                    false => Err(Fault(0, "an XML declaration that is not written as XML 1.0 wants it".into())),
                }
            }
            _ => Ok(0),
        }
    }

    fn end_tag(&mut self, rest: &'s str, at: usize) -> Parsed<usize> {
        // As it is nearly always written: the name of the open element, and nothing more.
        if let Some(name) = self.open_names.last()
            && rest.as_bytes().get(2 + name.len()) == Some(&b'>')
            && rest.as_bytes()[2..].starts_with(name.as_bytes())
        {
            let length = name.len() + 3;
            self.open_names.pop();
            self.end();
            return Ok(length);
        }
        let length = length_to(rest, ">", at)?;
        let name = rest[2..length - 1].trim_end_matches([' ', '\t', '\n']);
        if self.open_names.pop() != Some(name) {
            return Err(Fault(at, "an end tag that closes another element than the open one".into()));
        }
        self.end();
        Ok(length)
    }

    fn start_tag(&mut self, rest: &'s str, at: usize) -> Parsed<usize> {
        let bytes = rest.as_bytes();
        let mut end = 1;
        loop {
            let unclosed = || Fault(at, "a tag that is not closed".into());
            end += memchr3(b'>', b'"', b'\'', &bytes[end..]).ok_or_else(unclosed)?;
            if bytes[end] == b'>' {
                break;
            }
            end += 2 + memchr(bytes[end], &bytes[end + 1..]).ok_or_else(unclosed)?;
        }
        let raw = &rest[1..end];
        match raw.strip_suffix('/') {
            Some(raw) => {
                self.start(raw, at)?;
                self.end();
            }
            None => {
                let name = self.start(raw, at)?;
                self.open_names.push(name);
            }
        }
        Ok(end + 1)
    }

    fn comment(&mut self, rest: &str, at: usize) -> Parsed<usize> {
        let unclosed = |_| Fault(at, "--> was expected".into());
        let length = length_to(&rest[4..], "--", at).map_err(unclosed)? + 4;
        if rest.as_bytes().get(length) != Some(&b'>') {
            return Err(Fault(at, "two hyphens in a comment".into()));
        }
        let (text, length) = (&rest[4..length - 2], length + 1);
        self.leaf(Kind::Comment, NO_NAME, text, at);
        Ok(length)
    }

    fn instruction(&mut self, rest: &str, at: usize) -> Parsed<usize> {
        let length = 2 + length_to(&rest[2..], "?>", at)?;
        let content = &rest[2..length - 2];
        let (target, value) = content.split_once([' ', '\t', '\n']).unwrap_or((content, ""));
        if target.eq_ignore_ascii_case("xml") || !source::is_ncname(target) {
            return Err(Fault(at, "not the name of a processing instruction".into()));
        }
        let name = self.name(NO_NAMESPACE, target);
        self.leaf(Kind::ProcessingInstruction, name, value.trim_start_matches([' ', '\t', '\n']), at);
        Ok(length)
    }

    /// What stands between two pieces of markup: references are replaced, `]]>` is refused (XML 1.0 §2.4).
    fn characters(&mut self, text: &str, offset: usize) -> Parsed<()> {
        if self.open.len() == 1 {
            let is_blank = text.bytes().all(|it| matches!(it, b' ' | b'\t' | b'\n'));
            return if is_blank { Ok(()) } else { Err(Fault(offset, "text outside the root element".into())) };
        }
        // Vector searches only pay on longer texts.
        if text.len() < 32 && !text.bytes().any(|it| matches!(it, b'&' | b']')) {
            self.text(text, offset);
            return Ok(());
        }
        let mut from = 0;
        for at in memchr2_iter(b'&', b']', text.as_bytes()) {
            let fail = |reason: String| Fault(offset + at, reason);
            if at < from {
                continue;
            }
            if text[at..].starts_with("]]>") {
                return Err(fail("]]> in text".into()));
            }
            if let Some(rest) = text[at..].strip_prefix('&') {
                let (name, _) =
                    rest.split_once(';').ok_or_else(|| fail("an ampersand that starts no reference".into()))?;
                let found = source::reference(name).map_err(fail)?;
                self.text(&text[from..at], offset + from);
                self.text(found.encode_utf8(&mut [0; 4]), offset + at);
                from = at + name.len() + 2;
            }
        }
        self.text(&text[from..], offset + from);
        Ok(())
    }

    fn push(&mut self, kind: Kind, name: NameId, text: (u32, u32), offset: usize) -> u32 {
        let at = self.document.nodes.len() as u32;
        let parent = self.open.last().map_or(0, |(parent, _)| *parent);
        let offset = offset as u32;
        self.document.nodes.push(Node {
            kind,
            declares: false,
            name,
            parent,
            end: at + 1,
            content: at + 1,
            text,
            offset,
        });
        at
    }

    /// Opens an element from what stands between `<` and `>`; its name as written.
    fn start(&mut self, raw: &'s str, offset: usize) -> Parsed<&'s str> {
        if self.open.len() > self.limits.depth {
            return Err(Fault(offset, format!("more than {} elements inside each other", self.limits.depth)));
        }
        let name_len = raw.bytes().position(is_space).unwrap_or(raw.len());
        let (lexical, rest) = raw.split_at(name_len);
        let bindings_before = self.scope.len();
        let index = self.document.nodes.len() as u32;
        if !rest.is_empty() {
            self.read_attributes(rest, offset + 1 + name_len, index)?;
        }
        let declares = self.scope.len() > bindings_before;
        if declares {
            self.known.clear();
        }
        let name = self.resolve(true, lexical, offset, index)?;
        let start = self.document.text.len() as u32;
        self.push(Kind::Element, name, (start, start), offset);
        self.open.push((index, bindings_before));
        let mut attributes = std::mem::take(&mut self.attributes);
        for (nth, attribute) in attributes.iter().enumerate() {
            let at = index + 1 + nth as u32;
            let name = self.resolve(false, attribute.key, offset, at)?;
            if self.document.nodes[index as usize + 1..].iter().any(|it| it.name == name) {
                return Err(Fault(offset, "an attribute twice on one element".into()));
            }
            let start = self.document.values.len() as u32;
            self.document.values.push_str(&attribute.value);
            let end = self.document.values.len() as u32;
            self.push(Kind::Attribute, name, (start, end), offset);
        }
        let element = &mut self.document.nodes[index as usize];
        element.declares = declares;
        element.content = index + 1 + attributes.len() as u32;
        attributes.clear();
        self.attributes = attributes;
        Ok(lexical)
    }

    fn end(&mut self) {
        let Some((index, bindings_before)) = self.open.pop() else { return };
        let end = self.document.nodes.len() as u32;
        let text_end = self.document.text.len() as u32;
        let node = &mut self.document.nodes[index as usize];
        node.end = end;
        node.text.1 = text_end;
        if node.declares {
            self.known.clear();
            self.scope.truncate(bindings_before);
        }
    }

    /// Splits attributes; namespace declarations go into the scope, the others into `attributes`.
    fn read_attributes(&mut self, raw: &'s str, base: usize, owner: u32) -> Parsed<()> {
        let bytes = raw.as_bytes();
        let past_space = |mut at: usize| {
            while bytes.get(at).copied().is_some_and(is_space) {
                at += 1;
            }
            at
        };
        let mut place = 0;
        loop {
            let start = past_space(place);
            let at = base + start;
            if start == bytes.len() {
                return Ok(());
            }
            if start == place {
                return Err(Fault(at, "no space before an attribute".into()));
            }
            let malformed = || Fault(at, "an attribute is not written name=\"value\"".into());
            let mut end = start;
            while bytes.get(end).is_some_and(|byte| *byte != b'=' && !is_space(*byte)) {
                end += 1;
            }
            let equals = past_space(end);
            let open = past_space(equals + 1);
            let quote = match (bytes.get(equals), bytes.get(open)) {
                (Some(b'='), Some(quote @ (b'"' | b'\''))) => *quote,
                _ => return Err(malformed()),
            };
            let close = open + 1 + memchr(quote, &bytes[open + 1..]).ok_or_else(malformed)?;
            let (key, value) = (&raw[start..end], &raw[open + 1..close]);
            place = close + 1;
            let value = source::attribute_value(value).map_err(|reason| Fault(at, reason))?;
            match key.strip_prefix("xmlns") {
                Some("") => self.declare("", &value, at, owner)?,
                Some(name) if name.starts_with(':') => self.declare(&name[1..], &value, at, owner)?,
                _ if self.attributes.len() >= ATTRIBUTES => {
                    return Err(Fault(at, format!("more than {ATTRIBUTES} attributes on one element")));
                }
                _ => self.attributes.push(RawAttribute { key, value }),
            }
        }
    }

    /// Namespaces in XML 1.0 §3: what may be declared.
    fn declare(&mut self, prefix: &'s str, namespace: &str, at: usize, owner: u32) -> Parsed<()> {
        let is_reserved = namespace == XML || namespace == XMLNS;
        let is_allowed = match prefix {
            "" => !is_reserved,
            "xml" => namespace == XML,
            _ => source::is_ncname(prefix) && !namespace.is_empty() && prefix != "xmlns" && !is_reserved,
        };
        if !is_allowed {
            return Err(Fault(at, "a namespace declaration that XML does not allow".into()));
        }
        if self.scope.len() > NAMESPACES {
            return Err(Fault(at, format!("more than {NAMESPACES} namespaces in scope")));
        }
        let prefix_id = self.string(prefix);
        let mut declared_here = self.document.declarations.iter().rev().take_while(|(it, ..)| *it == owner);
        if declared_here.any(|(_, it, _)| *it == prefix_id) {
            return Err(Fault(at, "an attribute twice on one element".into()));
        }
        let namespace = self.string(namespace);
        self.scope.push((prefix, namespace));
        self.document.declarations.push((owner, prefix_id, namespace));
        Ok(())
    }

    /// The number of a name as written, in the scope reached.
    fn resolve(&mut self, is_element: bool, lexical: &'s str, offset: usize, node: u32) -> Parsed<NameId> {
        let (name, prefix) = match self.known.get(&(is_element, lexical)) {
            Some(known) => *known,
            None => {
                let (prefix, local) = lexical.split_once(':').unwrap_or(("", lexical));
                let is_name = source::is_ncname(local) && (prefix.is_empty() || source::is_ncname(prefix));
                if !is_name || lexical.starts_with(':') {
                    return Err(Fault(offset, "not a name".into()));
                }
                let bound = self.scope.iter().rev().find(|(it, _)| *it == prefix).map(|(_, namespace)| *namespace);
                let namespace = match bound {
                    _ if prefix.is_empty() && !is_element => NO_NAMESPACE,
                    Some(namespace) => namespace,
                    None if prefix.is_empty() => NO_NAMESPACE,
                    None => return Err(Fault(offset, "a prefix without declaration".into())),
                };
                let prefix = if prefix.is_empty() { None } else { Some(self.string(prefix)) };
                let found = (self.name(namespace, local), prefix);
                self.known.insert((is_element, lexical), found);
                found
            }
        };
        if let Some(prefix) = prefix {
            self.document.prefixes.push((node, prefix));
        }
        Ok(name)
    }

    fn text(&mut self, text: &str, offset: usize) {
        if text.is_empty() {
            return;
        }
        let start = self.document.text.len() as u32;
        self.document.text.push_str(text);
        let end = self.document.text.len() as u32;
        let parent = self.open.last().map_or(0, |(parent, _)| *parent);
        match self.document.nodes.last_mut() {
            // Text that a reference or a CDATA section cuts is one node.
            Some(last) if last.kind == Kind::Text && last.parent == parent => last.text.1 = end,
            _ => _ = self.push(Kind::Text, NO_NAME, (start, end), offset),
        }
    }

    fn leaf(&mut self, kind: Kind, name: NameId, value: &str, offset: usize) {
        let start = self.document.values.len() as u32;
        self.document.values.push_str(value);
        let end = self.document.values.len() as u32;
        self.push(kind, name, (start, end), offset);
    }

    fn string(&mut self, text: &str) -> StrId {
        if let Some(id) = self.document.names.find_str(text) {
            return id;
        }
        if let Some(id) = self.extra_string_ids.get(text) {
            return *id;
        }
        let id = StrId((self.document.names.n_strings() + self.document.extra_strings.len()) as u32);
        self.document.extra_strings.push(text.into());
        self.extra_string_ids.insert(text.into(), id);
        id
    }

    fn name(&mut self, namespace: StrId, local: &str) -> NameId {
        let local = self.string(local);
        if let Some(id) = self.document.names.find(namespace, local) {
            return id;
        }
        let n_shared = self.document.names.n_names();
        let extra = &mut self.document.extra_names;
        *self.extra_name_ids.entry((namespace, local)).or_insert_with(|| {
            extra.push((namespace, local));
            NameId((n_shared + extra.len() - 1) as u32)
        })
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t')
}

/// How many bytes up to the end of a mark.
fn length_to(rest: &str, mark: &str, at: usize) -> Parsed<usize> {
    match memmem::find(rest.as_bytes(), mark.as_bytes()) {
        Some(found) => Ok(found + mark.len()),
        None => Err(Fault(at, format!("{mark} was expected"))),
    }
}

/// Passes over a document type: quoted texts, comments, and one internal subset.
fn doctype(rest: &str, at: usize) -> Parsed<usize> {
    let bytes = rest.as_bytes();
    let (mut place, mut is_inside) = (9, false);
    while let Some(byte) = bytes.get(place) {
        place += match byte {
            b'"' | b'\'' => 1 + length_to(&rest[place + 1..], if *byte == b'"' { "\"" } else { "'" }, at)?,
            b'<' if rest[place..].starts_with("<!--") => length_to(&rest[place..], "-->", at)?,
            b'[' if !is_inside => {
                is_inside = true;
                1
            }
            b']' => {
                is_inside = false;
                1
            }
            b'>' if !is_inside => return Ok(place + 1),
            _ => 1,
        };
    }
    Err(Fault(at, "a document type that is not closed".into()))
}
