//! Mutants: an example document in, copies of it that differ by one small change each.
//!
//! Systematic over every element and attribute, then drawn by a seed: the same seed, count and documents give the same
//! bytes on every machine. Out: well-formed XML only; whether a schematron sees the change is the judges' business.

mod attributes;
mod draw;
mod elements;
mod payload;

pub use draw::Draw;

use roxmltree::{Document, Node};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// A change: ranges of the original text and what replaces them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// What was done, in one word of a closed list.
    pub operator: &'static str,
    /// Ranges that do not overlap.
    edits: Vec<(Range<usize>, String)>,
}

impl Mutation {
    fn new(operator: &'static str, range: Range<usize>, text: impl Into<String>) -> Self {
        Self { operator, edits: vec![(range, text.into())] }
    }

    fn and(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.edits.push((range, text.into()));
        self
    }

    /// The text with the change made.
    pub fn applied(&self, text: &str) -> String {
        let mut edits: Vec<_> = self.edits.iter().collect();
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut changed = String::with_capacity(text.len() + 64);
        let mut from = 0;
        for (range, replacement) in edits {
            changed.push_str(text.get(from..range.start).unwrap_or_default());
            changed.push_str(replacement);
            from = range.end;
        }
        changed.push_str(text.get(from..).unwrap_or_default());
        changed
    }
}

/// What one element's operators know of the rest of the document.
struct Surroundings<'a> {
    text: &'a str,
    /// Values of each attribute, by its local name, in document order without repetition.
    values: BTreeMap<String, Vec<String>>,
    /// Names of elements as they are written.
    names: Vec<String>,
}

impl<'a> Surroundings<'a> {
    fn of(document: &'a Document<'a>) -> Self {
        let text = document.input_text();
        let (mut values, mut names) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
        for element in document.descendants().filter(Node::is_element) {
            let name = elements::written_name(text, element);
            if !names.contains(&name) {
                names.push(name);
            }
            for attribute in element.attributes() {
                let known = values.entry(attribute.name().to_owned()).or_default();
                if known.len() < 64 && !known.iter().any(|it| it == attribute.value()) {
                    known.push(attribute.value().to_owned());
                }
            }
        }
        Self { text, values, names }
    }
}

/// Every change of a document, in document order.
pub fn all(document: &Document<'_>) -> Vec<Mutation> {
    let surroundings = Surroundings::of(document);
    let mut mutations = Vec::new();
    for (position, element) in document.descendants().filter(Node::is_element).enumerate() {
        elements::add(&mut mutations, &surroundings, element, position);
        for attribute in element.attributes() {
            attributes::add(&mut mutations, &surroundings, element, &attribute, position);
        }
    }
    mutations
}

/// A mutant ready to be judged.
pub struct Mutant {
    /// What was done.
    pub operator: &'static str,
    /// The whole document.
    pub text: String,
}

/// One in this many mutants keeps its payloads whole: judges would spend their time on them.
const WHOLE_EVERY: usize = 40;
/// How often one tries again when a change gives a document already there or one that is not well formed.
const N_TRIES: usize = 20;

/// `n` distinct well-formed mutants of a document, or all there are; operators in turn, places by chance.
pub fn sample(text: &str, n: usize, draw: &mut Draw) -> Vec<Mutant> {
    let short = payload::shortened(text);
    let (Ok(whole), Ok(short)) = (Document::parse(text), Document::parse(&short)) else {
        return Vec::new();
    };
    let mut by_operator = BTreeMap::<&str, Vec<Mutation>>::new();
    for mutation in all(&short) {
        by_operator.entry(mutation.operator).or_default().push(mutation);
    }
    let mut lists: Vec<Vec<Mutation>> = by_operator.into_values().collect();
    let (mut mutants, mut seen) = (Vec::new(), HashSet::from([hash(short.input_text()), hash(text)]));
    while mutants.len() < n && !lists.is_empty() {
        draw.shuffle(&mut lists);
        for list in &mut lists {
            if mutants.len() == n {
                break;
            }
            mutants.extend(drawn(list, short.input_text(), &mut seen, draw));
            if mutants.len() % WHOLE_EVERY == 1 && mutants.len() < n {
                mutants.extend(drawn_whole(&whole, &mut seen, draw));
            }
        }
        lists.retain(|list| !list.is_empty());
    }
    mutants
}

fn drawn(list: &mut Vec<Mutation>, text: &str, seen: &mut HashSet<u64>, draw: &mut Draw) -> Option<Mutant> {
    for _ in 0..N_TRIES {
        if list.is_empty() {
            return None;
        }
        let mutation = list.swap_remove(draw.below(list.len()));
        let changed = mutation.applied(text);
        if seen.insert(hash(&changed)) && Document::parse(&changed).is_ok() {
            return Some(Mutant { operator: mutation.operator, text: changed });
        }
    }
    None
}

/// A change of the document with its payloads, by deletion or doubling of an element near its top.
fn drawn_whole(document: &Document<'_>, seen: &mut HashSet<u64>, draw: &mut Draw) -> Option<Mutant> {
    let surroundings = Surroundings { text: document.input_text(), values: BTreeMap::new(), names: Vec::new() };
    let elements: Vec<_> = document.descendants().filter(Node::is_element).collect();
    let position = draw.below(elements.len());
    let mut list = Vec::new();
    elements::add(&mut list, &surroundings, *elements.get(position)?, position);
    drawn(&mut list, document.input_text(), seen, draw)
}

fn hash(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
