//! Canonical bytes of an element: Canonical XML 1.0 and Exclusive XML Canonicalization 1.0.
//!
//! In: an element of a tree, perhaps without one of its descendants. Out: UTF-8 bytes.
//! It deliberately does not know node-sets other than one subtree, whole documents, nor document types.
//!
//! Sources: Canonical XML 1.0 (W3C, 2001), sections 1.1, 2.3, 2.4; Exclusive XML Canonicalization 1.0 (W3C, 2002), section 3.

use crate::Error;
use roxmltree::{Node, NodeId};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

/// Elements inside each other, from the element that is canonicalized.
pub const MAX_DEPTH: usize = 512;

const XML_NS: &str = "http://www.w3.org/XML/1998/namespace";

/// Which norm, and whether comments are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canonicalization {
    /// Exclusive XML Canonicalization 1.0: what stands around the element does not count.
    Exclusive,
    /// The same, comments kept.
    ExclusiveWithComments,
    /// Canonical XML 1.0: namespaces and `xml:` attributes of the ancestors are written too.
    Inclusive,
    /// The same, comments kept.
    InclusiveWithComments,
}

impl Canonicalization {
    /// The identifier of the algorithm.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Exclusive => "http://www.w3.org/2001/10/xml-exc-c14n#",
            Self::ExclusiveWithComments => "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
            Self::Inclusive => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
            Self::InclusiveWithComments => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        }
    }

    /// The algorithm of an identifier; `None` for those we do not know, Canonical XML 1.1 among them.
    pub fn from_uri(uri: &str) -> Option<Self> {
        [Self::Exclusive, Self::ExclusiveWithComments, Self::Inclusive, Self::InclusiveWithComments]
            .into_iter()
            .find(|it| it.uri() == uri)
    }

    /// Whether namespaces are written where they are used only.
    pub fn is_exclusive(self) -> bool {
        matches!(self, Self::Exclusive | Self::ExclusiveWithComments)
    }

    /// The same norm, comments left out: what is referenced by `#id` has lost its comments before.
    ///
    /// Source: XML-DSig core, 4.3.3.3 (same-document URI references).
    pub fn without_comments(self) -> Self {
        if self.is_exclusive() { Self::Exclusive } else { Self::Inclusive }
    }

    fn keeps_comments(self) -> bool {
        matches!(self, Self::ExclusiveWithComments | Self::InclusiveWithComments)
    }
}

/// A text with the line ends that a parser must give, which the parser we use does not do everywhere:
/// it keeps those of comments and instructions, and a carriage return before a character reference.
///
/// Source: XML 1.0, 2.11.
pub fn line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// Writes the canonical form of an element and all it holds, but for the descendant `except` (an enveloped signature).
///
/// `inclusive_prefixes` is the `PrefixList` of `InclusiveNamespaces`: prefixes that exclusive canonicalization treats
/// as the inclusive one does, `#default` for the default namespace.
/// It is ignored by inclusive canonicalization.
/// A node that is no element gives no bytes.
///
/// The tree is that of a text that went through [`line_ends`].
///
/// Errors: [`Error::LineEnds`] when it did not; [`Error::TooLarge`] beyond [`MAX_DEPTH`]; [`Error::Namespace`] for a relative namespace name,
/// which both norms require to refuse.
pub fn canonicalize(
    element: Node<'_, '_>,
    except: Option<NodeId>,
    how: Canonicalization,
    inclusive_prefixes: &[&str],
) -> Result<Vec<u8>, Error> {
    if element.document().input_text().contains('\r') {
        return Err(Error::LineEnds);
    }
    let mut writer = Canonical {
        how,
        inclusive_prefixes,
        out: Vec::new(),
        rendered: HashMap::new(),
        undo: Vec::new(),
        open: Vec::new(),
    };
    if element.is_element() {
        writer.subtree(element, except)?;
    }
    Ok(writer.out)
}

struct Canonical<'a> {
    how: Canonicalization,
    inclusive_prefixes: &'a [&'a str],
    out: Vec<u8>,
    /// The namespace of each prefix, as the output says it where we stand; the default one is under the empty prefix.
    rendered: HashMap<&'a str, &'a str>,
    /// What `rendered` held before each of its changes.
    undo: Vec<(&'a str, Option<&'a str>)>,
    /// The open elements: their name, and how many changes were there before them.
    open: Vec<(&'a str, usize)>,
}

impl<'a> Canonical<'a> {
    /// Walks without recursion: a deep document costs memory, never the stack.
    fn subtree(&mut self, apex: Node<'a, 'a>, except: Option<NodeId>) -> Result<(), Error> {
        let mut at = apex;
        loop {
            let is_left_out = Some(at.id()) == except;
            if !is_left_out {
                self.start(at, at == apex)?;
                if let Some(child) = at.first_child() {
                    at = child;
                    continue;
                }
                self.end(at);
            }
            loop {
                if at == apex {
                    return Ok(());
                }
                if let Some(next) = at.next_sibling() {
                    at = next;
                    break;
                }
                let Some(parent) = at.parent() else { return Ok(()) };
                at = parent;
                self.end(at);
            }
        }
    }

    fn start(&mut self, node: Node<'a, 'a>, is_apex: bool) -> Result<(), Error> {
        if node.is_element() {
            return self.start_element(node, is_apex);
        }
        if node.is_text() {
            push_escaped(&mut self.out, node.text().unwrap_or_default(), Inside::Text);
        } else if node.is_comment() && self.how.keeps_comments() {
            self.out.extend_from_slice(b"<!--");
            self.out.extend_from_slice(node.text().unwrap_or_default().as_bytes());
            self.out.extend_from_slice(b"-->");
        } else if let Some(pi) = node.pi() {
            self.out.extend_from_slice(b"<?");
            self.out.extend_from_slice(pi.target.as_bytes());
            if let Some(value) = pi.value {
                self.out.push(b' ');
                self.out.extend_from_slice(value.as_bytes());
            }
            self.out.extend_from_slice(b"?>");
        }
        Ok(())
    }

    fn start_element(&mut self, node: Node<'a, 'a>, is_apex: bool) -> Result<(), Error> {
        if self.open.len() == MAX_DEPTH {
            return Err(Error::TooLarge { what: "elements inside each other", limit: MAX_DEPTH });
        }
        let source = node.document().input_text();
        // The tree keeps the namespace of a name and not its prefix, which the canonical form needs.
        let name = qualified_name(source, node.range().start + 1);
        self.open.push((name, self.undo.len()));
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());

        let mut attributes: Vec<(&str, &str, &str, &str)> = node
            .attributes()
            .map(|it| (it.namespace().unwrap_or(""), it.name(), qualified_name(source, it.range().start), it.value()))
            .collect();
        self.namespaces(node, name, &attributes)?;
        if is_apex && !self.how.is_exclusive() {
            inherit(node, &mut attributes);
        }
        attributes.sort_unstable();
        for (_, _, name, value) in attributes {
            self.attribute(name, value);
        }
        self.out.push(b'>');
        Ok(())
    }

    /// The namespace nodes that this element is written with, in the order of their prefixes.
    fn namespaces(
        &mut self,
        node: Node<'a, 'a>,
        name: &'a str,
        attributes: &[(&str, &str, &'a str, &str)],
    ) -> Result<(), Error> {
        let mut wanted: BTreeMap<&'a str, &'a str> = BTreeMap::new();
        if self.how.is_exclusive() {
            let of_attributes = attributes.iter().map(|it| prefix(it.2)).filter(|it| !it.is_empty());
            for used in of_attributes.chain([prefix(name)]) {
                wanted.insert(used, node.lookup_namespace_uri(some(used)).unwrap_or(""));
            }
            for listed in self.inclusive_prefixes {
                let listed = if *listed == "#default" { "" } else { *listed };
                match node.lookup_namespace_uri(some(listed)) {
                    Some(uri) => wanted.insert(listed, uri),
                    None if listed.is_empty() => wanted.insert("", ""),
                    None => None,
                };
            }
        } else {
            wanted.insert("", "");
            let mut n_defaults = 0;
            for namespace in node.namespaces() {
                n_defaults += usize::from(namespace.name().is_none());
                wanted.insert(namespace.name().unwrap_or(""), namespace.uri());
            }
            if n_defaults > 1 {
                return Err(Error::Namespace);
            }
        }
        wanted.remove("xml");
        for (prefix, uri) in wanted {
            if self.rendered.get(prefix).copied().unwrap_or("") == uri {
                continue;
            }
            if (uri.is_empty() && !prefix.is_empty()) || !(uri.is_empty() || is_absolute(uri)) {
                return Err(Error::Namespace);
            }
            self.undo.push((prefix, self.rendered.insert(prefix, uri)));
            if prefix.is_empty() {
                self.attribute("xmlns", uri);
            } else {
                self.attribute_of("xmlns:", prefix, uri);
            }
        }
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.attribute_of("", name, value);
    }

    fn attribute_of(&mut self, before: &str, name: &str, value: &str) {
        self.out.push(b' ');
        self.out.extend_from_slice(before.as_bytes());
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
        push_escaped(&mut self.out, value, Inside::Attribute);
        self.out.push(b'"');
    }

    fn end(&mut self, node: Node<'_, '_>) {
        if !node.is_element() {
            return;
        }
        let Some((name, n_changes)) = self.open.pop() else { return };
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'>');
        for (prefix, before) in self.undo.drain(n_changes..).rev() {
            match before {
                Some(uri) => self.rendered.insert(prefix, uri),
                None => self.rendered.remove(prefix),
            };
        }
    }
}

/// The attributes of the `xml` namespace that ancestors give, the nearest first, unless the element has its own.
///
/// Source: Canonical XML 1.0, 2.4 (document subsets).
fn inherit<'a>(element: Node<'a, 'a>, attributes: &mut Vec<(&'a str, &'a str, &'a str, &'a str)>) {
    for ancestor in element.ancestors().skip(1).filter(Node::is_element) {
        for it in ancestor.attributes().filter(|it| it.namespace() == Some(XML_NS)) {
            if !attributes.iter().any(|own| own.0 == XML_NS && own.1 == it.name()) {
                let name = qualified_name(ancestor.document().input_text(), it.range().start);
                attributes.push((XML_NS, it.name(), name, it.value()));
            }
        }
    }
}

/// The name with its prefix that starts at this byte of the source.
fn qualified_name(source: &str, from: usize) -> &str {
    let rest = source.get(from..).unwrap_or_default();
    let end = rest.find([' ', '\t', '\r', '\n', '/', '>', '=']).unwrap_or(rest.len());
    &rest[..end]
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn some(prefix: &str) -> Option<&str> {
    (!prefix.is_empty()).then_some(prefix)
}

/// Whether a namespace name has a scheme. Source: RFC 3986, 3.1.
fn is_absolute(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Text,
    Attribute,
}

/// Source: Canonical XML 1.0, 2.3 (text nodes, attribute nodes).
fn push_escaped(out: &mut Vec<u8>, value: &str, inside: Inside) {
    for byte in value.bytes() {
        let escaped: &[u8] = match (byte, inside) {
            (b'&', _) => b"&amp;",
            (b'<', _) => b"&lt;",
            (b'\r', _) => b"&#xD;",
            (b'>', Inside::Text) => b"&gt;",
            (b'"', Inside::Attribute) => b"&quot;",
            (b'\t', Inside::Attribute) => b"&#x9;",
            (b'\n', Inside::Attribute) => b"&#xA;",
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(escaped);
    }
}
