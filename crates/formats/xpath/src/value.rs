//! Values: items and sequences, borrowing text from documents and expressions.

use crate::error::{Error, Res};
use crate::time::{Duration, Moment};
use crate::tree::NodeId;
use crate::types::{AtomicType, Type};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::rc::Rc;

/// A node of one of the documents of a run; document order is the order of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeRef {
    pub(crate) document: u32,
    /// Its place in its document.
    pub node: NodeId,
}

impl NodeRef {
    /// Whether it stands in the document under examination, not in one that an expression opened.
    pub fn is_main(self) -> bool {
        self.document == 0
    }
}

/// A name as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QName {
    /// As written, empty when none.
    pub prefix: Box<str>,
    /// Empty when none.
    pub namespace: Box<str>,
    /// Local part.
    pub local: Box<str>,
}

/// An atomic value.
#[derive(Clone, Debug)]
pub enum Atomic<'d> {
    /// `xs:untypedAtomic`: what attributes and elements are without a schema.
    Untyped(Cow<'d, str>),
    /// `xs:string`
    String(Cow<'d, str>),
    /// `xs:anyURI`
    Uri(Cow<'d, str>),
    /// `xs:boolean`
    Boolean(bool),
    /// `xs:integer`
    Integer(i64),
    /// `xs:integer` outside 64 bits.
    Large(Box<i128>),
    /// `xs:decimal`
    Decimal(Decimal),
    /// `xs:float`
    Float(f32),
    /// `xs:double`
    Double(f64),
    /// `xs:QName`
    QName(Rc<QName>),
    /// A point in time, or a part of one.
    Moment(Box<Moment>),
    /// A length of time.
    Duration(Box<Duration>),
    /// `xs:hexBinary` or `xs:base64Binary`
    Binary(AtomicType, Rc<[u8]>),
}

impl Atomic<'_> {
    pub(crate) fn integer(value: i128) -> Self {
        match i64::try_from(value) {
            Ok(value) => Self::Integer(value),
            Err(_) => Self::Large(Box::new(value)),
        }
    }

    /// As one of the sets of [`Type`].
    pub(crate) fn set(&self) -> u32 {
        match self {
            Self::Untyped(_) => Type::UNTYPED,
            Self::String(_) => Type::STRING,
            Self::Uri(_) => Type::URI,
            Self::Boolean(_) => Type::BOOLEAN,
            Self::Integer(_) | Self::Large(_) => Type::INTEGER,
            Self::Decimal(_) => Type::DECIMAL,
            Self::Float(_) => Type::FLOAT,
            Self::Double(_) => Type::DOUBLE,
            Self::QName(_) => Type::QNAME,
            Self::Moment(_) => Type::TEMPORAL,
            Self::Duration(_) => Type::DURATION,
            Self::Binary(..) => Type::BINARY,
        }
    }

    pub(crate) fn is_numeric(&self) -> bool {
        self.set() & Type::NUMERIC != 0
    }
}

/// A node or an atomic value.
#[derive(Clone, Debug)]
pub enum Item<'d> {
    /// A node.
    Node(NodeRef),
    /// An atomic value.
    Atomic(Atomic<'d>),
}

/// A sequence of items; cheap to copy.
#[derive(Clone, Debug, Default)]
pub enum Sequence<'d> {
    /// No item.
    #[default]
    Empty,
    /// One item.
    One(Item<'d>),
    /// Several.
    Many(Rc<[Item<'d>]>),
}

impl<'d> Sequence<'d> {
    pub(crate) fn from_vec(mut items: Vec<Item<'d>>) -> Self {
        match items.len() {
            0 => Self::Empty,
            1 => items.pop().map_or(Self::Empty, Self::One),
            _ => Self::Many(items.into()),
        }
    }

    /// The items, in order.
    pub fn items(&self) -> &[Item<'d>] {
        match self {
            Self::Empty => &[],
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }
}

/// Whether to go on with a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Go,
    Stop,
}

/// The effective boolean value of one atomic value (XPath 2.0 §2.4.3).
pub(crate) fn truth_of(value: &Atomic<'_>) -> Res<bool> {
    Ok(match value {
        Atomic::Boolean(value) => *value,
        Atomic::Untyped(text) | Atomic::String(text) | Atomic::Uri(text) => !text.is_empty(),
        Atomic::Integer(value) => *value != 0,
        Atomic::Large(_) => true,
        Atomic::Decimal(value) => !value.is_zero(),
        Atomic::Float(value) => *value != 0.0 && !value.is_nan(),
        Atomic::Double(value) => *value != 0.0 && !value.is_nan(),
        _ => return Err(Error::new("FORG0006", "a value that is neither true nor false")),
    })
}

/// The effective boolean value of a sequence (XPath 2.0 §2.4.3).
pub(crate) fn truth_of_value(value: &Sequence<'_>) -> Res<bool> {
    match value.items() {
        [] => Ok(false),
        [Item::Node(_), ..] => Ok(true),
        [Item::Atomic(atom)] => truth_of(atom),
        _ => Err(Error::new("FORG0006", "several values that are neither true nor false together")),
    }
}
