//! Elements that have no class here: narrative, and what the standard does not know in some place.
//!
//! In: any element below the bound of depth. Out: the same element, names and values as they were.

use crate::{
    class::{Content, append},
    namespace::Namespace,
    read::{Source, Step},
};
use std::borrow::Cow;
use xml::Writer;

/// An element by name.
#[derive(Clone, PartialEq)]
pub struct Element<'a> {
    /// Namespace.
    pub namespace: Namespace<'a>,
    /// Name without prefix.
    pub name: Cow<'a, str>,
    /// Attributes: namespace, name, value.
    pub attributes: Vec<(Namespace<'a>, Cow<'a, str>, Cow<'a, str>)>,
    /// Content.
    pub children: Vec<Node<'a>>,
}

/// A piece of content.
#[derive(Clone, PartialEq)]
pub enum Node<'a> {
    /// An element.
    Element(Element<'a>),
    /// Text.
    Text(Cow<'a, str>),
}

// Names only: the content may be a patient's.
impl std::fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Element(…)")
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Node(…)")
    }
}

impl<'a> Element<'a> {
    /// A CDA element without content.
    pub fn new(name: &'static str) -> Self {
        Self { namespace: Namespace::Hl7, name: Cow::Borrowed(name), attributes: Vec::new(), children: Vec::new() }
    }

    /// With an attribute.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.attributes.push((Namespace::None, Cow::Borrowed(name), value.into()));
        self
    }

    /// With text after what it holds; an empty text adds nothing.
    #[must_use]
    pub fn text(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.push_text(text);
        self
    }

    /// With a child after what it holds.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    /// Adds text after what it holds; an empty text adds nothing.
    pub fn push_text(&mut self, text: impl Into<Cow<'a, str>>) {
        let text = text.into();
        if !text.is_empty() {
            self.children.push(Node::Text(text));
        }
    }

    /// Adds a child after what it holds.
    pub fn push(&mut self, child: Self) {
        self.children.push(Node::Element(child));
    }

    /// An attribute without namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(namespace, it, _)| *namespace == Namespace::None && it == name);
        found.map(|(.., value)| value.as_ref())
    }

    /// Its child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Writes attributes and content into the element that is open; `default` is the default namespace there.
    fn write_inside(&self, w: &mut Writer, default: &Namespace<'_>) {
        write_attributes(&self.attributes, w);
        for child in &self.children {
            match child {
                Node::Element(element) => element.write_as_is(w, default),
                Node::Text(text) => _ = w.text(text),
            }
        }
    }

    /// Writes attributes and content into the CDA element that is open.
    pub(crate) fn write_content(&self, w: &mut Writer) {
        self.write_inside(w, &Namespace::Hl7);
    }

    /// Writes it under its own name. An unknown namespace gets a prefix, declared on each element that needs it.
    pub(crate) fn write_as_is(&self, w: &mut Writer, default: &Namespace<'_>) {
        match (&self.namespace, self.namespace.prefix()) {
            (Namespace::Other(uri), _) => {
                w.open(&format!("o:{}", self.name)).attr("xmlns:o", uri);
                self.write_inside(w, default);
            }
            (own, "") => {
                w.open(&self.name);
                if own != default {
                    w.attr("xmlns", if *own == Namespace::None { "" } else { crate::HL7 });
                }
                self.write_inside(w, own);
            }
            (_, prefix) => {
                w.open(&format!("{prefix}:{}", self.name));
                self.write_inside(w, default);
            }
        }
        w.close();
    }
}

impl<'a> Content<'a> for Element<'a> {
    fn read(source: &mut Source<'a>) -> Self {
        let place = source.place();
        let (namespace, name) = source.name();
        let (namespace, name) = (namespace.clone(), Cow::Borrowed(name));
        let mut it = Self { namespace, name, attributes: Vec::new(), children: Vec::new() };
        while let Some((namespace, name, value)) = source.attribute(it.attributes.len()) {
            it.attributes.push((namespace.clone(), Cow::Borrowed(name), value));
        }
        if source.enter(place) {
            loop {
                match source.next() {
                    Step::Element => it.children.push(Node::Element(Self::read(source))),
                    // A comment between two texts is not kept: they are one.
                    Step::Text(text) => match it.children.last_mut() {
                        Some(Node::Text(before)) => append(before, text),
                        _ => it.children.push(Node::Text(text)),
                    },
                    Step::End => break,
                }
            }
            source.leave();
        }
        it
    }

    fn write(&self, w: &mut Writer, name: &'static str) {
        w.open(name);
        self.write_content(w);
        w.close();
    }
}

/// What stands in an element without being in its table.
#[derive(Clone, Default, PartialEq)]
pub struct Others<'a>(Option<Box<Other<'a>>>);

/// Attributes, text and elements that the standard does not know in their place.
#[derive(Clone, Default, PartialEq)]
pub struct Other<'a> {
    /// Attributes: namespace, name, value.
    pub attributes: Vec<(Namespace<'a>, Cow<'a, str>, Cow<'a, str>)>,
    /// Text.
    pub text: Cow<'a, str>,
    /// Elements.
    pub elements: Vec<Element<'a>>,
}

impl<'a> Others<'a> {
    /// What there is, nearly always nothing.
    pub fn found(&self) -> Option<&Other<'a>> {
        self.0.as_deref()
    }

    pub(crate) fn get(&mut self) -> &mut Other<'a> {
        self.0.get_or_insert_default()
    }

    pub(crate) fn write_attributes(&self, w: &mut Writer) {
        if let Some(other) = &self.0 {
            write_attributes(&other.attributes, w);
        }
    }

    /// Writes the text and the elements, after the known children.
    pub(crate) fn write_elements(&self, w: &mut Writer) {
        if let Some(other) = &self.0 {
            w.text(&other.text);
            for element in &other.elements {
                element.write_as_is(w, &Namespace::Hl7);
            }
        }
    }
}

/// Writes attributes; one of an unknown namespace declares it.
fn write_attributes(attributes: &[(Namespace<'_>, Cow<'_, str>, Cow<'_, str>)], w: &mut Writer) {
    for (n, (namespace, name, value)) in attributes.iter().enumerate() {
        match (namespace, namespace.prefix()) {
            (Namespace::Other(uri), _) => {
                w.attr(&format!("xmlns:o{n}"), uri).attr(&format!("o{n}:{name}"), value);
            }
            (_, "") => _ = w.attr(name, value),
            (_, prefix) => _ = w.attr(&format!("{prefix}:{name}"), value),
        }
    }
}
