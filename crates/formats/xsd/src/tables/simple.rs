//! Simple types: a value in, whether it is certainly valid out.
//!
//! Source: XML Schema 1.0 part 2.

use super::{Mixed, SimpleId};
use crate::{pattern, uri};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    hash::BuildHasherDefault,
    sync::OnceLock,
};
use xml::reader::{is_nc_name, is_nmtoken};
use xsd_schema::{
    FacetSet, SchemaSet, SimpleTypeKey, TypeKey, WhitespaceMode, arenas::SimpleTypeDefData,
    parser::frames::SimpleTypeVariety,
};

/// A simple type: how white space is read, then what the value must be.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Simple {
    #[serde(with = "Space")]
    pub space: WhitespaceMode,
    pub check: Check,
    /// Patterns of the type and of those it is derived from.
    patterns: Option<Box<Patterns>>,
    /// Least number of characters.
    length_min: u64,
}

/// [`WhitespaceMode`] as bytes.
#[derive(Serialize, Deserialize)]
#[serde(remote = "WhitespaceMode")]
enum Space {
    Preserve,
    Replace,
    Collapse,
}

/// Patterns as texts, which are compiled when a value first needs them.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Patterns {
    /// Of each step of the derivation, one of which must match.
    steps: Vec<Vec<Box<str>>>,
    /// None when they do not compile: then nothing matches.
    #[serde(skip)]
    compiled: OnceLock<Option<FacetSet>>,
}

impl Patterns {
    fn new(compiled: FacetSet) -> Self {
        let steps = compiled.patterns.iter().map(|step| step.iter().map(|it| it.value.as_str().into()).collect());
        Self { steps: steps.collect(), compiled: OnceLock::from(Some(compiled)) }
    }

    fn compiled(&self) -> Option<&FacetSet> {
        let compile = || {
            let step = |texts: &Vec<Box<str>>| texts.iter().map(|it| pattern::compiled(String::from(&**it))).collect();
            let patterns = self.steps.iter().map(step).collect::<Option<_>>()?;
            Some(FacetSet { patterns, ..FacetSet::default() })
        };
        self.compiled.get_or_init(compile).as_ref()
    }

    fn match_all(&self, value: &str) -> bool {
        self.compiled().is_some_and(|it| it.validate_patterns_only(value).is_ok())
    }
}

/// What a value must be, its white space read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Check {
    /// We do not know.
    Unsure,
    /// Any text.
    Text,
    /// One of these.
    Words(HashSet<Box<str>, BuildHasherDefault<Mixed>>),
    NmToken,
    NcName,
    /// An identifier, used once in the document.
    Id,
    /// An identifier of the document.
    Idref,
    Boolean,
    Integer,
    Decimal,
    Uri,
    /// At least so many items of a type.
    List(SimpleId, usize),
    /// One of these types.
    Union(Box<[SimpleId]>),
}

impl Simple {
    const UNSURE: Self = Self::of(WhitespaceMode::Preserve, Check::Unsure);

    const fn of(space: WhitespaceMode, check: Check) -> Self {
        Self { space, check, patterns: None, length_min: 0 }
    }

    /// The value as its type reads its white space (part 2, §4.3.6).
    pub fn read<'v>(&self, value: &'v str) -> Cow<'v, str> {
        let bytes = value.as_bytes();
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        match self.space {
            WhitespaceMode::Preserve => Cow::Borrowed(value),
            _ if !bytes.iter().any(is_blank) => Cow::Borrowed(value),
            WhitespaceMode::Replace => Cow::Owned(value.replace(['\t', '\n', '\r'], " ")),
            WhitespaceMode::Collapse => {
                let words: Vec<&str> = value.split([' ', '\t', '\n', '\r']).filter(|it| !it.is_empty()).collect();
                Cow::Owned(words.join(" "))
            }
        }
    }

    /// Whether a value, its white space read, keeps the facets and is what a plain check wants.
    /// Not for identifiers, lists and unions, which the caller takes apart.
    pub fn fits(&self, value: &str) -> bool {
        let plain = match &self.check {
            Check::Text => true,
            Check::Words(words) => words.contains(value),
            Check::NmToken => is_nmtoken(value),
            Check::NcName => is_nc_name(value),
            Check::Boolean => matches!(value, "true" | "false" | "0" | "1"),
            Check::Integer => is_integer(value),
            Check::Decimal => is_decimal(value),
            Check::Uri => uri::is_reference(value),
            Check::Unsure | Check::Id | Check::Idref | Check::List(..) | Check::Union(_) => false,
        };
        plain
            && (self.length_min == 0 || value.chars().count() as u64 >= self.length_min)
            && self.patterns.as_ref().is_none_or(|it| it.match_all(value))
    }
}

/// `[+-]?[0-9]+`, of a length that nobody stores wrongly.
fn is_integer(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)`, likewise.
fn is_decimal(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let n_digits = whole.len() + part.len();
    (1..=18).contains(&n_digits) && whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit())
}

/// The simple types met so far.
#[derive(Default)]
pub(super) struct Simples {
    pub all: Vec<Simple>,
    known: HashMap<SimpleTypeKey, SimpleId>,
}

impl Simples {
    /// The number of a simple type.
    pub fn of(&mut self, set: &SchemaSet, key: SimpleTypeKey) -> SimpleId {
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = SimpleId::try_from(self.all.len()).unwrap_or(SimpleId::MAX);
        // A type that reaches itself, which no schema may have, finds this.
        self.all.push(Simple::UNSURE);
        self.known.insert(key, id);
        let simple = self.built_in(set, key).or_else(|| self.derived(set, key)).unwrap_or(Simple::UNSURE);
        if let Some(entry) = self.all.get_mut(id as usize) {
            *entry = simple;
        }
        id
    }

    fn built_in(&mut self, set: &SchemaSet, key: SimpleTypeKey) -> Option<Simple> {
        use WhitespaceMode::{Collapse, Preserve, Replace};
        let types = set.builtin_types();
        let plain = [
            (types.any_simple_type, Preserve, Check::Text),
            (types.string, Preserve, Check::Text),
            (types.normalized_string, Replace, Check::Text),
            (types.token, Collapse, Check::Text),
            (types.nmtoken, Collapse, Check::NmToken),
            (types.ncname, Collapse, Check::NcName),
            (types.id, Collapse, Check::Id),
            (types.idref, Collapse, Check::Idref),
            (types.boolean, Collapse, Check::Boolean),
            (types.integer, Collapse, Check::Integer),
            (types.decimal, Collapse, Check::Decimal),
            (types.any_uri, Collapse, Check::Uri),
        ];
        let found = plain.into_iter().find(|(of, _, _)| *of == key);
        if let Some((_, space, check)) = found {
            return Some(Simple::of(space, check));
        }
        let lists = [(types.nmtokens, types.nmtoken), (types.idrefs, types.idref)];
        let (_, item) = lists.into_iter().find(|(of, _)| *of == key)?;
        Some(Simple::of(Collapse, Check::List(self.of(set, item), 1)))
    }

    fn derived(&mut self, set: &SchemaSet, key: SimpleTypeKey) -> Option<Simple> {
        if set.get_type_code(key).is_some() {
            return None;
        }
        let data = set.arenas.simple_types.get(key)?;
        match data.variety {
            SimpleTypeVariety::Atomic => self.restricted(set, data),
            SimpleTypeVariety::List => {
                let TypeKey::Simple(item) = data.resolved_item_type? else { return None };
                let item = self.of(set, item);
                let plain = data.facets.is_empty() && data.deferred_item_type_error.is_none();
                // A list of lists, which no schema may have, or of identifiers would need more than this.
                let atomic = !matches!(self.all.get(item as usize)?.check, Check::Id | Check::List(..));
                (plain && atomic).then(|| Simple::of(WhitespaceMode::Collapse, Check::List(item, 0)))
            }
            SimpleTypeVariety::Union => {
                let mut members = Vec::new();
                for member in &data.resolved_member_types {
                    let TypeKey::Simple(member) = member else { return None };
                    let member = self.of(set, *member);
                    let simple = self.all.get(member as usize)?;
                    if matches!(simple.check, Check::Id | Check::Idref | Check::List(..) | Check::Union(_)) {
                        return None;
                    }
                    members.push(member);
                }
                data.facets
                    .is_empty()
                    .then(|| Simple::of(WhitespaceMode::Preserve, Check::Union(members.into_boxed_slice())))
            }
        }
    }

    /// A restriction of an atomic type: white space, patterns, words and a least length are read, nothing else.
    fn restricted(&mut self, set: &SchemaSet, data: &SimpleTypeDefData) -> Option<Simple> {
        let TypeKey::Simple(base) = data.resolved_base_type? else { return None };
        let base = self.of(set, base);
        let base = self.all.get(base as usize)?;
        let facets = &data.facets;
        let space = facets.whitespace.as_ref().map_or(base.space, |it| it.value);
        let mut rest = facets.clone();
        (rest.whitespace, rest.enumeration, rest.min_length) = (None, None, None);
        rest.patterns.clear();
        if !rest.is_empty() {
            return None;
        }
        if let Some(words) = &facets.enumeration {
            // Words of a schema that compiled keep the facets of the base type; those beside them need a look.
            let is_text = matches!(base.check, Check::Text | Check::Words(_) | Check::NmToken | Check::NcName);
            if !is_text || !facets.patterns.is_empty() || facets.min_length.is_some() {
                return None;
            }
            let words = words.values.iter().map(|it| it.as_str().into()).collect();
            return Some(Simple::of(space, Check::Words(words)));
        }
        let check = match &base.check {
            Check::Unsure | Check::List(..) | Check::Union(_) => return None,
            Check::Id | Check::Idref if !facets.is_empty() => return None,
            Check::Words(words) => Check::Words(words.clone()),
            Check::Text => Check::Text,
            Check::NmToken => Check::NmToken,
            Check::NcName => Check::NcName,
            Check::Id => Check::Id,
            Check::Idref => Check::Idref,
            Check::Boolean => Check::Boolean,
            Check::Integer => Check::Integer,
            Check::Decimal => Check::Decimal,
            Check::Uri => Check::Uri,
        };
        let length_min = facets.min_length.as_ref().map_or(0, |it| it.value).max(base.length_min);
        let mut patterns = match &base.patterns {
            // Without those of the base type, the type would let in too much.
            Some(base) => base.compiled()?.clone(),
            None => FacetSet::default(),
        };
        patterns.patterns.extend(facets.patterns.iter().filter(|step| !step.is_empty()).cloned());
        let patterns = (!patterns.patterns.is_empty()).then(|| Box::new(Patterns::new(patterns)));
        Some(Simple { space, check, patterns, length_min })
    }
}
