//! Reading a document: text in; names, attributes and character data out, in order, without building a tree.
//!
//! Checks that the text is well-formed and namespace-well-formed, and bounds it.
//! Knows no DTD: a document type declaration is refused, so no entity is declared and nothing external is read.
//!
//! Source: XML 1.0, fifth edition; Namespaces in XML 1.0, third edition.

mod names;
mod scan;
mod words;

pub use names::{is_nc_name, is_nmtoken};

use std::borrow::Cow;

/// Most attributes of one element, and most prefixes in scope.
pub const ATTRIBUTES_MAX: usize = 512;
/// Most namespaces of one document.
pub const NAMESPACES_MAX: usize = 512;

/// The namespace of `xml:lang` and its kin.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of `xmlns`.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
const CDATA: &[u8] = b"<![CDATA[";
/// The namespace of [`NS_XSI`].
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A namespace of the document, by order of appearance; see [`Reader::uri`].
pub type Ns = u16;
/// No namespace.
pub const NONE: Ns = 0;
/// The namespace of `xml:lang` and its kin.
pub const NS_XML: Ns = 1;
/// The namespace of `xsi:type` and its kin.
pub const NS_XSI: Ns = 2;

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// Offset in the text.
    pub at: usize,
}

/// The kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not well-formed: what was expected.
    Malformed(&'static str),
    /// A document type declaration.
    Dtd,
    /// An encoding other than UTF-8 is declared.
    Encoding,
    /// A bound was reached.
    TooLarge(&'static str),
}

/// What was read, or why reading stopped.
pub type Read<T> = Result<T, Refused>;

/// What comes next in the document.
#[derive(PartialEq, Eq)]
pub enum Event<'d> {
    /// An element opens: [`Reader::name`], [`Reader::attributes`].
    Start,
    /// The innermost element closes.
    End,
    /// All character data up to the next mark-up, CDATA sections among it, with references and line ends resolved.
    Text(Cow<'d, str>),
    /// The document is over.
    Done,
}

/// A name with its namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name<'d> {
    /// Namespace.
    pub ns: Ns,
    /// Name without prefix.
    pub local: &'d str,
}

/// An attribute that declares no namespace.
pub struct Attribute<'d> {
    /// Name.
    pub name: Name<'d>,
    prefix: &'d str,
    /// Normalized as CDATA.
    pub value: Cow<'d, str>,
    /// Offset of its name.
    pub at: usize,
}

struct Open<'d> {
    /// As written, with its prefix.
    name: &'d str,
    n_bindings: usize,
    default: Ns,
}

/// A cursor over one document.
pub struct Reader<'d> {
    text: &'d str,
    at: usize,
    event_at: usize,
    depth_max: usize,
    /// As declared, empty when it is not.
    encoding: &'d str,
    has_cr: bool,
    open: Vec<Open<'d>>,
    bindings: Vec<(&'d str, Ns)>,
    default: Ns,
    uris: Vec<Cow<'d, str>>,
    name: Name<'d>,
    attributes: Vec<Attribute<'d>>,
    /// An empty-element tag was read: its end comes next.
    closes: bool,
    root_seen: bool,
    generation: usize,
}

impl<'d> Reader<'d> {
    /// A reader at the start of a text that was decoded, whatever the encoding it declares; elements may be `depth_max`
    /// inside each other.
    ///
    /// A byte order mark and the XML declaration are passed over.
    pub fn new(text: &'d str, depth_max: usize) -> Read<Self> {
        let has_cr = scan::characters(text)?;
        let mut reader = Self {
            text,
            at: 0,
            event_at: 0,
            depth_max,
            encoding: "",
            has_cr,
            open: Vec::with_capacity(32),
            bindings: vec![("xml", NS_XML)],
            default: NONE,
            uris: vec![Cow::Borrowed(""), Cow::Borrowed(XML), Cow::Borrowed(XSI)],
            name: Name { ns: NONE, local: "" },
            attributes: Vec::with_capacity(16),
            closes: false,
            root_seen: false,
            generation: 0,
        };
        if text.starts_with('\u{feff}') {
            reader.at = '\u{feff}'.len_utf8();
        }
        reader.declaration()?;
        Ok(reader)
    }

    /// The same for a text that is UTF-8 as received; another declared encoding is refused.
    pub fn of_utf8(text: &'d str, depth_max: usize) -> Read<Self> {
        let reader = Self::new(text, depth_max)?;
        if scan::is_utf8(reader.encoding) { Ok(reader) } else { Err(Refused { why: Refusal::Encoding, at: 0 }) }
    }

    /// The element that [`Event::Start`] opened.
    pub fn name(&self) -> Name<'d> {
        self.name
    }

    /// Its attributes, in document order.
    pub fn attributes(&self) -> &[Attribute<'d>] {
        &self.attributes
    }

    /// The same, for whoever takes the values out.
    pub fn attributes_mut(&mut self) -> &mut [Attribute<'d>] {
        &mut self.attributes
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The names of the open elements as written, outermost first; an empty element is open until its end is read.
    pub fn path(&self) -> impl Iterator<Item = &'d str> {
        self.open.iter().map(|open| open.name)
    }

    /// Offset where the last event starts.
    pub fn event_at(&self) -> usize {
        self.event_at
    }

    /// Offset just after the last event.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The address of a namespace; empty for none.
    pub fn uri(&self, ns: Ns) -> &str {
        self.uris.get(usize::from(ns)).map_or("", |uri| uri)
    }

    /// The addresses of the namespaces met so far, by number.
    pub fn uris(&self) -> &[Cow<'d, str>] {
        &self.uris
    }

    /// The namespace a prefix stands for here; the empty prefix stands for the default one.
    pub fn lookup(&self, prefix: &str) -> Option<Ns> {
        if prefix.is_empty() {
            return Some(self.default);
        }
        self.bindings.iter().rev().find(|(known, _)| *known == prefix).map(|(_, ns)| *ns)
    }

    /// Every binding in scope but the default one, innermost last.
    pub fn bindings(&self) -> &[(&'d str, Ns)] {
        &self.bindings
    }

    /// Changes whenever the bindings in scope do.
    pub fn generation(&self) -> usize {
        self.generation
    }

    /// Reads up to the next event.
    pub fn event(&mut self) -> Read<Event<'d>> {
        if self.closes {
            self.closes = false;
            self.close();
            return Ok(Event::End);
        }
        loop {
            self.event_at = self.at;
            let rest = self.rest();
            match rest.first() {
                None if self.open.is_empty() && self.root_seen => return Ok(Event::Done),
                None => return Err(self.malformed("the end of every element")),
                Some(b'<') => match rest.get(1) {
                    Some(b'/') => {
                        self.end_tag()?;
                        return Ok(Event::End);
                    }
                    Some(b'!') if rest.starts_with(b"<!--") => self.comment()?,
                    Some(b'!') if rest.starts_with(CDATA) && !self.open.is_empty() => {
                        let text = self.cdata()?;
                        return self.text(text);
                    }
                    Some(b'!') if rest.starts_with(b"<!DOCTYPE") => return Err(self.refused(Refusal::Dtd)),
                    Some(b'?') => self.instruction()?,
                    _ => {
                        self.start_tag()?;
                        return Ok(Event::Start);
                    }
                },
                Some(_) if self.open.is_empty() => {
                    let blank = rest.iter().take_while(|byte| is_blank(**byte)).count();
                    if blank == 0 {
                        return Err(self.malformed("nothing but comments around the root element"));
                    }
                    self.at += blank;
                }
                Some(_) => {
                    if let Some(text) = self.plain_text() {
                        return Ok(Event::Text(Cow::Borrowed(text)));
                    }
                    let text = self.characters()?;
                    return self.text(text);
                }
            }
        }
    }

    fn rest(&self) -> &'d [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> &'d str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn refused(&self, why: Refusal) -> Refused {
        Refused { why, at: self.at }
    }

    fn malformed(&self, expected: &'static str) -> Refused {
        self.refused(Refusal::Malformed(expected))
    }

    /// Moves past `bytes`, which must come next.
    fn expect(&mut self, bytes: &[u8], expected: &'static str) -> Read<()> {
        if !self.rest().starts_with(bytes) {
            return Err(self.malformed(expected));
        }
        self.at += bytes.len();
        Ok(())
    }

    fn skip_blank(&mut self) -> bool {
        let n = self.rest().iter().take_while(|byte| is_blank(**byte)).count();
        self.at += n;
        n > 0
    }

    fn comment(&mut self) -> Read<()> {
        self.at += 4;
        let rest = self.rest();
        let Some(end) = memchr::memchr_iter(b'-', rest).find(|n| rest.get(n + 1) == Some(&b'-')) else {
            return Err(self.malformed("the end of a comment"));
        };
        self.at += end;
        self.expect(b"-->", "no double hyphen in a comment")
    }

    fn instruction(&mut self) -> Read<()> {
        self.at += 2;
        let target = self.nc_name("a target of a processing instruction")?;
        if target.eq_ignore_ascii_case("xml") {
            return Err(self.malformed("the XML declaration at the very start"));
        }
        if !self.rest().starts_with(b"?>") && !self.skip_blank() {
            return Err(self.malformed("white space after a target"));
        }
        let Some(end) = memchr::memmem::find(self.rest(), b"?>") else {
            return Err(self.malformed("the end of a processing instruction"));
        };
        self.at += end + 2;
        Ok(())
    }

    /// A text that was begun, with the characters and CDATA sections that follow it.
    fn text(&mut self, mut text: Cow<'d, str>) -> Read<Event<'d>> {
        loop {
            let more = match self.rest() {
                [b'<', b'!', b'[', ..] => self.cdata()?,
                [] | [b'<', ..] => return Ok(Event::Text(text)),
                _ => self.characters()?,
            };
            text.to_mut().push_str(&more);
        }
    }

    fn cdata(&mut self) -> Read<Cow<'d, str>> {
        self.expect(CDATA, "a CDATA section")?;
        let Some(end) = memchr::memmem::find(self.rest(), b"]]>") else {
            return Err(self.malformed("the end of a CDATA section"));
        };
        let text = self.slice(self.at, self.at + end);
        self.at += end + 3;
        Ok(self.line_ends(text))
    }

    /// Character data up to the next tag, when it is short and says what stands there, as most does.
    fn plain_text(&mut self) -> Option<&'d str> {
        let rest = self.rest();
        let n = words::end_of_text(rest)?;
        // A CDATA section would go on with it.
        if rest.get(n) != Some(&b'<') || rest.get(n + 2) == Some(&b'[') {
            return None;
        }
        let text = self.slice(self.at, self.at + n);
        let text = if self.has_cr { one_line_end(text)? } else { text };
        self.at += n;
        Some(text)
    }

    /// A run of characters and references up to the next mark-up.
    fn characters(&mut self) -> Read<Cow<'d, str>> {
        let rest = self.rest();
        let end = memchr::memchr(b'<', rest).map_or(self.text.len(), |n| self.at + n);
        let run = self.slice(self.at, end);
        let said = run.as_bytes();
        let (mut has_bracket, mut has_reference) = (false, false);
        for n in memchr::memchr2_iter(b']', b'&', said) {
            has_reference |= said.get(n) == Some(&b'&');
            has_bracket |= said.get(n) == Some(&b']');
        }
        if has_bracket && let Some(n) = run.find("]]>") {
            self.at += n;
            return Err(self.malformed("no ]]> in character data"));
        }
        if !has_reference {
            self.at = end;
            return Ok(self.line_ends(run));
        }
        let mut text = String::with_capacity(run.len());
        while self.at < end {
            let rest = self.slice(self.at, end);
            let plain = memchr::memchr(b'&', rest.as_bytes()).unwrap_or(rest.len());
            text.push_str(&self.line_ends(rest.get(..plain).unwrap_or_default()));
            self.at += plain;
            if self.at < end {
                text.push(self.reference()?);
            }
        }
        Ok(Cow::Owned(text))
    }

    /// Line ends as XML 1.0 §2.11 reads them.
    fn line_ends(&self, text: &'d str) -> Cow<'d, str> {
        if !self.has_cr {
            return Cow::Borrowed(text);
        }
        if let Some(text) = one_line_end(text) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    }

    /// `&name;` or `&#number;`.
    fn reference(&mut self) -> Read<char> {
        let rest = self.rest();
        let window = rest.get(..rest.len().min(16)).unwrap_or_default();
        let Some(end) = window.iter().position(|byte| *byte == b';') else {
            return Err(self.malformed("a reference that ends with a semicolon"));
        };
        let Some(character) = scan::reference(self.slice(self.at + 1, self.at + end)) else {
            return Err(self.malformed("one of the five predefined entities, or a character that XML allows"));
        };
        self.at += end + 1;
        Ok(character)
    }

    fn start_tag(&mut self) -> Read<()> {
        if self.root_seen && self.open.is_empty() {
            return Err(self.malformed("one root element"));
        }
        if self.open.len() >= self.depth_max {
            return Err(self.refused(Refusal::TooLarge("depth")));
        }
        self.at += 1;
        let from = self.at;
        let (prefix, local) = self.qname("the name of an element")?;
        let name = self.slice(from, self.at);
        self.open.push(Open { name, n_bindings: self.bindings.len(), default: self.default });
        self.root_seen = true;
        self.attributes.clear();
        loop {
            let blank = self.skip_blank();
            match self.rest().first() {
                Some(b'>') => {
                    self.at += 1;
                    break;
                }
                Some(b'/') => {
                    self.expect(b"/>", "/> at the end of an empty element")?;
                    self.closes = true;
                    break;
                }
                Some(_) if blank => self.attribute()?,
                _ => return Err(self.malformed("white space, > or /> in a start tag")),
            }
        }
        let ns = self.resolve(prefix, from)?;
        self.name = Name { ns, local };
        self.resolve_attributes()
    }

    fn attribute(&mut self) -> Read<()> {
        let at = self.at;
        let (prefix, local) = self.qname("the name of an attribute")?;
        self.skip_blank();
        self.expect(b"=", "= after the name of an attribute")?;
        self.skip_blank();
        let value = match self.plain_value() {
            Some(value) => Cow::Borrowed(value),
            None => self.value()?,
        };
        if self.attributes.len() >= ATTRIBUTES_MAX || self.bindings.len() >= ATTRIBUTES_MAX {
            return Err(self.refused(Refusal::TooLarge("attributes")));
        }
        if prefix == "xmlns" {
            self.declare(local, value, at)
        } else if prefix.is_empty() && local == "xmlns" {
            self.declare("", value, at)
        } else {
            self.attributes.push(Attribute { name: Name { ns: NONE, local }, prefix, value, at });
            Ok(())
        }
    }

    /// A quoted value that needs no normalization, as most do.
    fn plain_value(&mut self) -> Option<&'d str> {
        let (quote @ (b'"' | b'\''), rest) = self.rest().split_first()? else { return None };
        let n = words::end_of_value(rest, *quote)?;
        if rest.get(n) != Some(quote) {
            return None;
        }
        let from = self.at + 1;
        self.at = from + n + 1;
        Some(self.slice(from, from + n))
    }

    /// A quoted value, normalized (XML 1.0 §3.3.3).
    fn value(&mut self) -> Read<Cow<'d, str>> {
        let quote = match self.rest().first() {
            Some(quote @ (b'"' | b'\'')) => *quote,
            _ => return Err(self.malformed("a quoted value")),
        };
        self.at += 1;
        let from = self.at;
        loop {
            let Some(n) = memchr::memchr3(quote, b'<', b'&', self.rest()) else {
                self.at = from;
                return Err(self.malformed("the end of a quoted value"));
            };
            self.at += n;
            match self.rest().first() {
                Some(b'<') => return Err(self.malformed("no < in a value")),
                Some(b'&') => {}
                _ => break,
            }
            self.at += 1;
        }
        let end = self.at;
        self.at = from;
        let mut value = String::with_capacity(end - from);
        while self.at < end {
            let mut chars = self.slice(self.at, end).chars();
            match chars.next() {
                Some('&') => {
                    value.push(self.reference()?);
                    continue;
                }
                Some('\r') => {
                    value.push(' ');
                    self.at += 1 + usize::from(chars.next() == Some('\n'));
                    continue;
                }
                Some('\n' | '\t') => value.push(' '),
                Some(other) => {
                    value.push(other);
                    self.at += other.len_utf8();
                    continue;
                }
                None => break,
            }
            self.at += 1;
        }
        self.at = end + 1;
        Ok(Cow::Owned(value))
    }

    /// `xmlns` and `xmlns:prefix` (Namespaces in XML §3, §5).
    fn declare(&mut self, prefix: &'d str, uri: Cow<'d, str>, at: usize) -> Read<()> {
        let refuse = |expected| Err(Refused { why: Refusal::Malformed(expected), at });
        let own = self.open.last().map_or(0, |open| open.n_bindings);
        if self.bindings.iter().skip(own).any(|(known, _)| *known == prefix) {
            return refuse("each prefix declared once in a tag");
        }
        if prefix == "xmlns" || uri == XMLNS || (prefix == "xml") != (uri == XML) {
            return refuse("xml and xmlns left to their namespaces");
        }
        if uri.is_empty() && !prefix.is_empty() {
            return refuse("an address for each prefix");
        }
        let ns = match self.uris.iter().position(|known| *known == uri) {
            Some(known) => known,
            None if self.uris.len() >= NAMESPACES_MAX => {
                return Err(Refused { why: Refusal::TooLarge("namespaces"), at });
            }
            None => {
                self.uris.push(uri);
                self.uris.len() - 1
            }
        };
        let ns = Ns::try_from(ns).unwrap_or(NONE);
        // The default namespace is among the bindings too, so that a second declaration in a tag is seen.
        self.bindings.push((prefix, ns));
        self.generation += 1;
        if prefix.is_empty() {
            self.default = ns;
        }
        Ok(())
    }

    fn resolve(&self, prefix: &str, at: usize) -> Read<Ns> {
        self.lookup(prefix).ok_or(Refused { why: Refusal::Malformed("a declared prefix"), at })
    }

    fn resolve_attributes(&mut self) -> Read<()> {
        for n in 0..self.attributes.len() {
            let Some(attribute) = self.attributes.get(n) else { break };
            let (prefix, at, mut name) = (attribute.prefix, attribute.at, attribute.name);
            if !prefix.is_empty() {
                name.ns = self.resolve(prefix, at)?;
            }
            if self.attributes.iter().take(n).any(|other| other.name == name) {
                return Err(Refused { why: Refusal::Malformed("each attribute once"), at });
            }
            if let Some(attribute) = self.attributes.get_mut(n) {
                attribute.name = name;
            }
        }
        Ok(())
    }

    fn end_tag(&mut self) -> Read<()> {
        let Some(open) = self.open.last() else {
            return Err(self.malformed("no end tag outside of the root element"));
        };
        let name = open.name;
        self.at += 2;
        self.expect(name.as_bytes(), "the end tag of the innermost element")?;
        self.skip_blank();
        self.expect(b">", "the end tag of the innermost element")?;
        self.close();
        Ok(())
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.generation += usize::from(open.n_bindings < self.bindings.len());
            self.bindings.truncate(open.n_bindings);
            self.default = open.default;
        }
    }

    #[inline(always)]
    fn qname(&mut self, expected: &'static str) -> Read<(&'d str, &'d str)> {
        let first = self.nc_name(expected)?;
        if self.rest().first() != Some(&b':') {
            return Ok(("", first));
        }
        self.at += 1;
        Ok((first, self.nc_name(expected)?))
    }

    #[inline(always)]
    fn nc_name(&mut self, expected: &'static str) -> Read<&'d str> {
        let n = names::nc_name(self.text, self.at);
        if n == 0 {
            return Err(self.malformed(expected));
        }
        let name = self.slice(self.at, self.at + n);
        self.at += n;
        Ok(name)
    }

    /// `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, where present.
    fn declaration(&mut self) -> Read<()> {
        let rest = self.rest();
        if !rest.starts_with(b"<?xml") || !rest.get(5).is_some_and(|byte| is_blank(*byte)) {
            return Ok(());
        }
        let Some(end) = memchr::memmem::find(rest, b"?>") else {
            return Err(self.malformed("the end of the XML declaration"));
        };
        let declaration = self.slice(self.at + 5, self.at + end);
        let expected = "version, encoding and standalone in the XML declaration";
        self.encoding = scan::declaration(declaration).ok_or_else(|| self.malformed(expected))?;
        self.at += end + 2;
        Ok(())
    }
}

/// One line end at most, at the start, and what indents the next line: nothing to copy.
fn one_line_end(text: &str) -> Option<&str> {
    let text = if text.starts_with("\r\n") { &text[1..] } else { text };
    (!words::contains(text.as_bytes(), b'\r')).then_some(text)
}

/// Whether a text that was read is nothing but white space.
pub fn is_all_blank(text: &str) -> bool {
    words::is_blank(text.as_bytes())
}

/// White space as XML knows it.
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests;
