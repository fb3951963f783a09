//! Changes of one element: its place, name, namespace, content and texts.

use super::{Mutation, Surroundings};
use roxmltree::Node;
use std::ops::Range;

/// Values of `nullFlavor`, and one that is none.
const NULL_FLAVORS: &[&str] = &["NI", "UNK", "NA", "MSK", "NASK", "OTH", "zzz"];
/// What a short text becomes.
const TEXTS: &[(&str, &str)] = &[("text-space", " \n\t "), ("text-zero", "0"), ("text-other", "zzz 1.5")];
/// Texts longer than this are changed as a whole only.
const SHORT_BYTES: usize = 200;
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Adds every change of an element.
pub(super) fn add(mutations: &mut Vec<Mutation>, around: &Surroundings<'_>, element: Node<'_, '_>, position: usize) {
    let Some(tags) = Tags::of(around.text, element) else { return };
    if element.parent_element().is_some() {
        places(mutations, around, element);
    }
    names(mutations, around, element, &tags, position);
    contents(mutations, around, element, &tags);
    additions(mutations, element, &tags);
    texts(mutations, around, element);
}

/// Deleted, doubled, moved.
fn places(mutations: &mut Vec<Mutation>, around: &Surroundings<'_>, element: Node<'_, '_>) {
    let (range, source) = (element.range(), slice(around.text, element.range()));
    mutations.push(Mutation::new("delete", range.clone(), ""));
    mutations.push(Mutation::new("duplicate", range.end..range.end, source));
    if let Some(next) = element.next_sibling_element() {
        let swapped = Mutation::new("swap", range.clone(), slice(around.text, next.range()));
        mutations.push(swapped.and(next.range(), source));
        if let Some(last) = element.parent().and_then(|it| it.last_child()) {
            let end = last.range().end;
            mutations.push(Mutation::new("move-to-end", range, "").and(end..end, source));
        }
    }
}

/// Another name, known or not; another namespace.
fn names(
    mutations: &mut Vec<Mutation>,
    around: &Surroundings<'_>,
    element: Node<'_, '_>,
    tags: &Tags,
    position: usize,
) {
    let name = slice(around.text, tags.name.clone());
    let mut renamed = |operator, new: &str| {
        let mutation = Mutation::new(operator, tags.name.clone(), new);
        mutations.push(match &tags.closing_name {
            Some(closing) => mutation.and(closing.clone(), new),
            None => mutation,
        });
    };
    renamed("rename-unknown", &format!("{name}X"));
    if let Some(other) = around.names.get((position * 7 + 3) % around.names.len().max(1)) {
        renamed("rename-known", other);
    }
    if let Some(sibling) = element.next_sibling_element().or(element.prev_sibling_element()) {
        renamed("rename-as-sibling", &written_name(around.text, sibling));
    }
    let attribute = name.split_once(':').map_or("xmlns".to_owned(), |(prefix, _)| format!("xmlns:{prefix}"));
    for (operator, namespace) in [("namespace", "urn:other"), ("no-namespace", "")] {
        if operator == "namespace" || !name.contains(':') {
            let declaration = format!(" {attribute}=\"{namespace}\"");
            mutations.push(Mutation::new(operator, tags.declaration(around.text, &attribute), declaration));
        }
    }
}

/// Emptied, or with one more child.
fn contents(mutations: &mut Vec<Mutation>, around: &Surroundings<'_>, element: Node<'_, '_>, tags: &Tags) {
    let Some(content) = tags.content.clone() else { return };
    if !content.is_empty() {
        mutations.push(Mutation::new("empty", content.clone(), ""));
        mutations.push(Mutation::new("only-space", content.clone(), "  "));
    }
    let name = slice(around.text, tags.name.clone());
    let prefix = name.split_once(':').map(|(prefix, _)| format!("{prefix}:")).unwrap_or_default();
    let start = content.start..content.start;
    mutations.push(Mutation::new("unknown-child", start.clone(), format!("<{prefix}unknown/>")));
    mutations.push(Mutation::new("foreign-child", content.end..content.end, "<z:zzz xmlns:z=\"urn:zzz\">z</z:zzz>"));
    if element.first_element_child().is_some() {
        mutations.push(Mutation::new("stray-text", start.clone(), "zzz"));
    }
    mutations.push(Mutation::new("comment", start.clone(), "<!-- zzz -->"));
    mutations.push(Mutation::new("instruction", start, "<?zzz zzz?>"));
}

/// Attributes that were not there.
fn additions(mutations: &mut Vec<Mutation>, element: Node<'_, '_>, tags: &Tags) {
    let end = tags.name.end..tags.name.end;
    if !element.has_attribute("nullFlavor") {
        for flavor in NULL_FLAVORS {
            mutations.push(Mutation::new("null-flavor", end.clone(), format!(" nullFlavor=\"{flavor}\"")));
        }
    }
    mutations.push(Mutation::new("unknown-attribute", end.clone(), " zzz=\"zzz\""));
    mutations.push(Mutation::new("foreign-attribute", end.clone(), " xmlns:zz=\"urn:zzz\" zz:zzz=\"1\""));
    if !element.has_attribute((XML, "lang")) {
        mutations.push(Mutation::new("foreign-attribute", end, " xml:lang=\"de\""));
    }
}

fn texts(mutations: &mut Vec<Mutation>, around: &Surroundings<'_>, element: Node<'_, '_>) {
    for text in element.children().filter(|it| it.is_text() && !it.text().unwrap_or_default().trim().is_empty()) {
        let range = text.range();
        let source = slice(around.text, range.clone());
        mutations.push(Mutation::new("text-delete", range.clone(), ""));
        if source.starts_with("<![CDATA[") {
            continue;
        }
        if source.len() <= SHORT_BYTES {
            for (operator, value) in TEXTS {
                mutations.push(Mutation::new(operator, range.clone(), *value));
            }
            mutations.push(Mutation::new("text-spaced", range.clone(), format!("\n  {source} ")));
            mutations.push(Mutation::new("text-upper", range.clone(), upper(source)));
            if !source.contains(['&', '<']) {
                mutations.push(Mutation::new("text-cdata", range.clone(), format!("<![CDATA[{source}]]>")));
            }
        }
        if let Some((middle, _)) = source.char_indices().nth(source.chars().count() / 2)
            && !source.contains('&')
        {
            let at = range.start + middle..range.start + middle;
            mutations.push(Mutation::new("text-split", at, "<!--zzz-->"));
        }
    }
}

/// Upper case, with entities left alone.
fn upper(source: &str) -> String {
    if source.contains('&') { source.replace('e', "E") } else { source.to_uppercase() }
}

/// Where the parts of an element are.
struct Tags {
    opening: Range<usize>,
    name: Range<usize>,
    /// What is between the two tags; none for `<a/>`.
    content: Option<Range<usize>>,
    closing_name: Option<Range<usize>>,
}

impl Tags {
    fn of(text: &str, element: Node<'_, '_>) -> Option<Self> {
        let range = element.range();
        let source = text.get(range.clone())?;
        let name = 1..source.find(|it: char| it.is_ascii_whitespace() || it == '/' || it == '>')?;
        let opening = opening_length(source)?;
        let shift = |it: Range<usize>| range.start + it.start..range.start + it.end;
        if source.get(..opening)?.ends_with("/>") {
            return Some(Self { opening: shift(0..opening), name: shift(name), content: None, closing_name: None });
        }
        let closing = source.rfind("</")?;
        let closing_name = closing + 2..closing + 1 + name.end;
        Some(Self {
            opening: shift(0..opening),
            name: shift(name),
            content: Some(shift(opening..closing)),
            closing_name: Some(shift(closing_name)),
        })
    }

    /// Where a namespace is declared, with the space before it, or where it can be: two declarations are no XML.
    fn declaration(&self, text: &str, attribute: &str) -> Range<usize> {
        let source = slice(text, self.opening.clone());
        let declared = source.match_indices(attribute).find_map(|(at, _)| {
            let before = source.get(..at)?.chars().next_back()?;
            let quote = source.get(at + attribute.len()..)?.strip_prefix('=')?.chars().next()?;
            let value = at + attribute.len() + 2;
            let end = value + source.get(value..)?.find(quote)?;
            before.is_ascii_whitespace().then_some(self.opening.start + at - 1..self.opening.start + end + 1)
        });
        declared.unwrap_or(self.name.end..self.name.end)
    }
}

/// The length of an opening tag, `>` included; a `>` inside an attribute does not end it.
fn opening_length(source: &str) -> Option<usize> {
    let mut quote = None;
    for (position, byte) in source.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(position + 1),
            _ => {}
        }
    }
    None
}

/// The name of an element with the prefix it is written with.
pub(super) fn written_name(text: &str, element: Node<'_, '_>) -> String {
    Tags::of(text, element).map(|it| slice(text, it.name).to_owned()).unwrap_or_default()
}

fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}
