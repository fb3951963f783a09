//! What a document says, as a list of facts: to tell whether two documents say the same.
//!
//! In: two parsed documents. Out: facts lost, added, changed. It reads the XML itself and knows nothing of the model,
//! so that a class forgotten there shows here.
//!
//! A fact is the value of an attribute, the text of an element, or the presence of an element without either.
//! Its place is the path of names from the root, each with its rank among siblings of the same name: the order of
//! siblings of different names says nothing in CDA. In narrative, where order is meaning, the rank is among all children.
//! White space around texts and between elements, comments, prefixes and `xsi:schemaLocation` are not facts.

use crate::namespace::{HL7, Namespace};
use roxmltree::{Document, Node};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

/// Facts by place.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Outside of narrative.
    pub coded: BTreeMap<String, Cow<'a, str>>,
    /// In narrative.
    pub narrative: BTreeMap<String, Cow<'a, str>>,
}

/// One difference between two documents.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference<'a> {
    /// Where, as a path of names with ranks.
    pub place: String,
    /// In the first document; none when it was added.
    pub before: Option<Cow<'a, str>>,
    /// In the second; none when it was lost.
    pub after: Option<Cow<'a, str>>,
    /// Whether it stands in narrative.
    pub is_narrative: bool,
}

// Places only: values are a patient's.
impl std::fmt::Debug for Difference<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place)
    }
}

/// The facts of the `ClinicalDocument` that stands in a tree; empty when there is none.
///
/// Elements deeper than `depth` are not looked at.
pub fn facts<'a>(tree: &'a Document<'a>, depth: usize) -> Facts<'a> {
    let mut facts = Facts::default();
    let is_document =
        |it: &Node<'a, 'a>| it.tag_name().name() == "ClinicalDocument" && it.tag_name().namespace() == Some(HL7);
    if let Some(root) = tree.descendants().find(is_document) {
        let mut path = String::new();
        collect(&mut facts, root, &mut path, false, depth);
    }
    facts
}

/// What the second says that the first did not, and the other way round, in the order of places; coded facts first.
pub fn differences<'a>(before: &Facts<'a>, after: &Facts<'a>) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    for (before, after, is_narrative) in
        [(&before.coded, &after.coded, false), (&before.narrative, &after.narrative, true)]
    {
        for (place, value) in before {
            let now = after.get(place);
            if now != Some(value) {
                let (place, before, after) = (place.clone(), Some(value.clone()), now.cloned());
                found.push(Difference { place, before, after, is_narrative });
            }
        }
        for (place, value) in after.iter().filter(|(place, _)| !before.contains_key(*place)) {
            found.push(Difference { place: place.clone(), before: None, after: Some(value.clone()), is_narrative });
        }
    }
    found
}

fn collect<'a>(facts: &mut Facts<'a>, node: Node<'a, 'a>, path: &mut String, in_narrative: bool, depth: usize) {
    let mut is_empty = true;
    for attribute in node.attributes() {
        let namespace = Namespace::of(attribute.namespace());
        if namespace == Namespace::Xsi && attribute.name() != "type" {
            continue;
        }
        let value = match namespace {
            Namespace::Xsi => qualified(node, attribute.value()),
            _ => Cow::Borrowed(attribute.value()),
        };
        is_empty = false;
        insert(facts, format!("{path}/@{}", name(&namespace, attribute.name())), value, in_narrative);
    }
    let mut text = Cow::Borrowed("");
    let mut ranks: HashMap<(Option<&str>, &str), usize> = HashMap::new();
    let mut n_children = 0;
    for child in node.children() {
        if let Some(piece) = child.text().filter(|_| child.is_text()) {
            if in_narrative || !piece.trim().is_empty() {
                if text.is_empty() { text = Cow::Borrowed(piece) } else { text.to_mut().push_str(piece) }
            }
        } else if child.is_element() {
            is_empty = false;
            if in_narrative && !text.is_empty() {
                insert(facts, format!("{path}/text()[{n_children}]"), std::mem::take(&mut text), true);
            }
            n_children += 1;
            let tag = child.tag_name();
            let rank = ranks.entry((tag.namespace(), tag.name())).or_default();
            *rank += 1;
            let rank = if in_narrative { n_children } else { *rank };
            let length = path.len();
            _ = write!(path, "/{}[{rank}]", name(&Namespace::of(tag.namespace()), tag.name()));
            let starts_narrative = tag.name() == "text" && node.tag_name().name() == "section";
            if depth > 0 {
                collect(facts, child, path, in_narrative || starts_narrative, depth - 1);
            }
            path.truncate(length);
        }
    }
    if in_narrative && !text.is_empty() {
        insert(facts, format!("{path}/text()[{n_children}]"), text, true);
    } else if !text.is_empty() {
        insert(facts, format!("{path}/text()"), trimmed(text), false);
    } else if is_empty {
        insert(facts, path.clone(), Cow::Borrowed(""), in_narrative);
    }
}

/// Without the white space around it.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

fn insert<'a>(facts: &mut Facts<'a>, place: String, value: Cow<'a, str>, in_narrative: bool) {
    let list = if in_narrative { &mut facts.narrative } else { &mut facts.coded };
    list.insert(place, value);
}

/// A name, with the prefix its namespace usually has; a namespace without one is spelled out.
fn name(namespace: &Namespace<'_>, local: &str) -> String {
    match (namespace, namespace.prefix()) {
        (Namespace::Other(uri), _) => format!("Q{{{uri}}}{local}"),
        (_, "") => local.to_owned(),
        (_, prefix) => format!("{prefix}:{local}"),
    }
}

/// The value of an `xsi:type`, its prefix replaced by what it stands for.
fn qualified<'a>(node: Node<'a, 'a>, value: &'a str) -> Cow<'a, str> {
    let (prefix, local) = value.split_once(':').map_or((None, value), |(prefix, local)| (Some(prefix), local));
    match node.lookup_namespace_uri(prefix) {
        Some(HL7) => Cow::Borrowed(local),
        Some(uri) => Cow::Owned(format!("Q{{{uri}}}{local}")),
        None => Cow::Borrowed(value),
    }
}
