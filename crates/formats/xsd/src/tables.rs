//! A schema as tables that can only say « certainly valid »: a compiled set in, numbers and short lists out.
//!
//! Made from what `xsd-schema` compiled, so that there is one reading of a schema. What is not plain (wildcards,
//! counted repetitions, substitution groups, default values of elements, keys…) is left out: a document that needs it
//! is not certainly valid, and goes to the full validator.

mod build;
mod simple;

pub(crate) use build::build;
pub(crate) use simple::{Check, Simple};

use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
    ops::Range,
};

/// An expanded name: the number of its namespace and the number of its local part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Symbol(u32);

impl Symbol {
    /// Bits of the local part.
    const LOCAL_BITS: u32 = 20;

    pub fn new(ns: u32, local: u32) -> Self {
        Self(ns << Self::LOCAL_BITS | local)
    }
}

/// Index of a type in [`Tables::types`].
pub(crate) type TypeId = u32;
/// Index of a simple type in [`Tables::simples`].
pub(crate) type SimpleId = u32;
/// Index of a state in [`Tables::states`].
pub(crate) type StateId = u32;

/// What is known of one schema.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tables {
    locals: HashMap<Box<str>, u32, BuildHasherDefault<Mixed>>,
    /// By number; the first is no namespace.
    namespaces: Vec<Box<str>>,
    /// The types of elements declared at the top. [`UNSURE`] where the declaration is not plain.
    pub elements: HashMap<Symbol, TypeId>,
    /// Attributes declared at the top.
    pub attributes: HashSet<Symbol>,
    pub named_types: HashMap<Symbol, TypeId>,
    pub types: Vec<Type>,
    pub simples: Vec<Simple>,
    pub states: Vec<State>,
    moves: Vec<Move>,
    uses: Vec<Use>,
    /// Whether no derivation is blocked anywhere, so that `xsi:type` needs only a chain of bases.
    pub unblocked: bool,
}

/// A type that cannot say yes: always [`Content::Unsure`].
pub(crate) const UNSURE: TypeId = 0;

/// A type as elements have it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Type {
    pub content: Content,
    uses: Range<usize>,
    pub n_required: usize,
    /// The type it is derived from.
    pub base: TypeId,
}

/// What may stand in an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Content {
    /// We do not know, or nothing can be valid.
    Unsure,
    /// Nothing, not even white space.
    Empty,
    /// Text of a simple type.
    Text(SimpleId),
    /// Elements as states allow them.
    Elements { start: StateId, mixed: bool },
}

/// A state of a content model.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    moves: Range<usize>,
    /// Whether the element may end here.
    pub ends: bool,
}

/// An element that a state lets in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Move {
    symbol: Symbol,
    pub to: StateId,
    /// The type of the element.
    pub of: TypeId,
}

/// An attribute that a type allows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Use {
    symbol: Symbol,
    pub simple: SimpleId,
    pub required: bool,
    pub fixed: Option<Box<str>>,
}

impl Tables {
    /// The tables as bytes.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_allocvec(self).ok()
    }

    /// Tables from bytes; `None` when no schema gives such bytes.
    ///
    /// Numbers that lead nowhere are not looked for: whoever follows one stops there.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tables, rest) = postcard::take_from_bytes::<Self>(bytes).ok()?;
        // The items of a list are looked at by calling the same again, which a list of itself would do for ever.
        let is_of_lists = |it: &Simple| match it.check {
            Check::List(item, _) => tables.simple(item).is_some_and(|it| matches!(it.check, Check::List(..))),
            _ => false,
        };
        (rest.is_empty() && !tables.simples.iter().any(is_of_lists)).then_some(tables)
    }

    /// The number of a local part that the schema knows.
    pub fn local(&self, name: &str) -> Option<u32> {
        self.locals.get(name).copied()
    }

    /// The number of a namespace that the schema knows.
    pub fn namespace(&self, uri: &str) -> Option<u32> {
        self.namespaces.iter().position(|it| **it == *uri).and_then(|at| u32::try_from(at).ok())
    }

    pub fn of(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id as usize)
    }

    pub fn simple(&self, id: SimpleId) -> Option<&Simple> {
        self.simples.get(id as usize)
    }

    pub fn state(&self, id: StateId) -> Option<&State> {
        self.states.get(id as usize)
    }

    /// Where an element leads from a state.
    pub fn step(&self, from: StateId, symbol: Symbol) -> Option<Move> {
        let moves = self.moves.get(self.state(from)?.moves.clone())?;
        moves.iter().find(|it| it.symbol == symbol).copied()
    }

    /// How a type uses an attribute.
    pub fn attribute_use(&self, of: &Type, symbol: Symbol) -> Option<&Use> {
        self.uses.get(of.uses.clone())?.iter().find(|it| it.symbol == symbol)
    }

    /// Whether a type is another one or derived from it.
    pub fn derives(&self, derived: TypeId, from: TypeId) -> bool {
        let mut current = derived;
        for _ in 0..build::DERIVATIONS_MAX {
            if current == from {
                return true;
            }
            match self.of(current) {
                Some(it) if it.base != UNSURE => current = it.base,
                _ => return false,
            }
        }
        false
    }
}

/// A hasher for short names that only the schema puts in: nobody can choose names that collide.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
}
