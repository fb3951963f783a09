//! Types: what is known of a value before it is computed, and what an expression may ask of it.

use crate::expr::NodeTest;
use serde::{Deserialize, Serialize};

/// The atomic types of XML Schema 1.0 that values have here.
///
/// Derived integer and string types are kept for `castable`, `cast` and constructors; their values are integers and strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AtomicType {
    /// `xs:anyAtomicType`
    Any,
    /// `xs:untypedAtomic`
    Untyped,
    /// `xs:string`
    String,
    /// `xs:normalizedString`
    NormalizedString,
    /// `xs:token`
    Token,
    /// `xs:language`
    Language,
    /// `xs:NMTOKEN`
    NmToken,
    /// `xs:Name`
    Name,
    /// `xs:NCName`, and `xs:ID`, `xs:IDREF`, `xs:ENTITY`
    NcName,
    /// `xs:anyURI`
    Uri,
    /// `xs:boolean`
    Boolean,
    /// `xs:decimal`
    Decimal,
    /// `xs:integer`
    Integer,
    /// An integer within bounds: `xs:nonNegativeInteger`, `xs:int`…, by its place in [`BOUNDED`].
    Bounded(u8),
    /// `xs:float`
    Float,
    /// `xs:double`
    Double,
    /// `xs:QName`
    QName,
    /// `xs:dateTime`
    DateTime,
    /// `xs:date`
    Date,
    /// `xs:time`
    Time,
    /// `xs:gYear`
    GYear,
    /// `xs:gYearMonth`
    GYearMonth,
    /// `xs:gMonth`
    GMonth,
    /// `xs:gMonthDay`
    GMonthDay,
    /// `xs:gDay`
    GDay,
    /// `xs:duration`
    Duration,
    /// `xs:yearMonthDuration`
    YearMonthDuration,
    /// `xs:dayTimeDuration`
    DayTimeDuration,
    /// `xs:hexBinary`
    HexBinary,
    /// `xs:base64Binary`
    Base64Binary,
}

/// Integers within bounds: name, least, greatest.
pub(crate) const BOUNDED: [(&str, i128, i128); 12] = [
    ("nonPositiveInteger", i128::MIN, 0),
    ("negativeInteger", i128::MIN, -1),
    ("nonNegativeInteger", 0, i128::MAX),
    ("positiveInteger", 1, i128::MAX),
    ("long", i64::MIN as i128, i64::MAX as i128),
    ("int", i32::MIN as i128, i32::MAX as i128),
    ("short", i16::MIN as i128, i16::MAX as i128),
    ("byte", i8::MIN as i128, i8::MAX as i128),
    ("unsignedLong", 0, u64::MAX as i128),
    ("unsignedInt", 0, u32::MAX as i128),
    ("unsignedShort", 0, u16::MAX as i128),
    ("unsignedByte", 0, u8::MAX as i128),
];

impl AtomicType {
    /// By the local part of a name in the namespace of XML Schema.
    pub(crate) fn by_name(local: &str) -> Option<Self> {
        if let Some(place) = BOUNDED.iter().position(|(name, ..)| *name == local) {
            return Some(Self::Bounded(place as u8));
        }
        Some(match local {
            "anyAtomicType" => Self::Any,
            "untypedAtomic" => Self::Untyped,
            "string" => Self::String,
            "normalizedString" => Self::NormalizedString,
            "token" => Self::Token,
            "language" => Self::Language,
            "NMTOKEN" => Self::NmToken,
            "Name" => Self::Name,
            "NCName" | "ID" | "IDREF" | "ENTITY" => Self::NcName,
            "anyURI" => Self::Uri,
            "boolean" => Self::Boolean,
            "decimal" => Self::Decimal,
            "integer" => Self::Integer,
            "float" => Self::Float,
            "double" => Self::Double,
            "QName" => Self::QName,
            "dateTime" => Self::DateTime,
            "date" => Self::Date,
            "time" => Self::Time,
            "gYear" => Self::GYear,
            "gYearMonth" => Self::GYearMonth,
            "gMonth" => Self::GMonth,
            "gMonthDay" => Self::GMonthDay,
            "gDay" => Self::GDay,
            "duration" => Self::Duration,
            "yearMonthDuration" => Self::YearMonthDuration,
            "dayTimeDuration" => Self::DayTimeDuration,
            "hexBinary" => Self::HexBinary,
            "base64Binary" => Self::Base64Binary,
            _ => return None,
        })
    }

    /// The set of values it can have, for [`Type`].
    pub(crate) fn set(self) -> u32 {
        match self {
            Self::Any => Type::ATOMIC,
            Self::Untyped => Type::UNTYPED,
            Self::String
            | Self::NormalizedString
            | Self::Token
            | Self::Language
            | Self::NmToken
            | Self::Name
            | Self::NcName => Type::STRING,
            Self::Uri => Type::URI,
            Self::Boolean => Type::BOOLEAN,
            Self::Decimal => Type::DECIMAL | Type::INTEGER,
            Self::Integer | Self::Bounded(_) => Type::INTEGER,
            Self::Float => Type::FLOAT,
            Self::Double => Type::DOUBLE,
            Self::QName => Type::QNAME,
            Self::DateTime
            | Self::Date
            | Self::Time
            | Self::GYear
            | Self::GYearMonth
            | Self::GMonth
            | Self::GMonthDay
            | Self::GDay => Type::TEMPORAL,
            Self::Duration | Self::YearMonthDuration | Self::DayTimeDuration => Type::DURATION,
            Self::HexBinary | Self::Base64Binary => Type::BINARY,
        }
    }
}

/// How many items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Occurrence {
    One,
    Optional,
    Many,
    AtLeastOne,
}

/// A type as written in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum SequenceType {
    Empty,
    Items(ItemType, Occurrence),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum ItemType {
    Item,
    Node(NodeTest),
    Atomic(AtomicType),
}

/// What is known of a value before it is computed: which kinds of items, how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Type {
    pub(crate) items: u32,
    /// At least and at most so many items; `u8::MAX` for no bound.
    pub(crate) count: (u8, u8),
}

impl Type {
    pub(crate) const NODE: u32 = 1;
    pub(crate) const UNTYPED: u32 = 2;
    pub(crate) const STRING: u32 = 4;
    pub(crate) const URI: u32 = 8;
    pub(crate) const BOOLEAN: u32 = 16;
    pub(crate) const INTEGER: u32 = 32;
    pub(crate) const DECIMAL: u32 = 64;
    pub(crate) const FLOAT: u32 = 128;
    pub(crate) const DOUBLE: u32 = 256;
    pub(crate) const QNAME: u32 = 512;
    pub(crate) const TEMPORAL: u32 = 1024;
    pub(crate) const DURATION: u32 = 2048;
    pub(crate) const BINARY: u32 = 4096;
    pub(crate) const NUMERIC: u32 = Self::INTEGER | Self::DECIMAL | Self::FLOAT | Self::DOUBLE;
    pub(crate) const ATOMIC: u32 = 8190;
    pub(crate) const ITEM: u32 = 8191;

    pub(crate) const fn one(items: u32) -> Self {
        Self { items, count: (1, 1) }
    }

    pub(crate) const fn optional(items: u32) -> Self {
        Self { items, count: (0, 1) }
    }

    pub(crate) const fn many(items: u32) -> Self {
        Self { items, count: (0, u8::MAX) }
    }

    pub(crate) const EMPTY: Self = Self { items: 0, count: (0, 0) };

    /// Either one or the other.
    pub(crate) fn either(self, other: Self) -> Self {
        let count = (self.count.0.min(other.count.0), self.count.1.max(other.count.1));
        Self { items: self.items | other.items, count }
    }

    /// One after the other.
    pub(crate) fn then(self, other: Self) -> Self {
        let count = (self.count.0.saturating_add(other.count.0), self.count.1.saturating_add(other.count.1));
        Self { items: self.items | other.items, count }
    }

    /// One of these for each of those.
    pub(crate) fn for_each(self, other: Self) -> Self {
        let count = (self.count.0.saturating_mul(other.count.0), self.count.1.saturating_mul(other.count.1));
        Self { items: self.items, count }
    }

    /// After atomization.
    pub(crate) fn atomized(self) -> Self {
        let items = if self.items & Self::NODE != 0 {
            (self.items & !Self::NODE) | Self::UNTYPED | Self::STRING
        } else {
            self.items
        };
        Self { items, ..self }
    }

    pub(crate) fn is_many(self) -> bool {
        self.count.1 > 1
    }
}

impl SequenceType {
    pub(crate) fn known(self) -> Type {
        match self {
            Self::Empty => Type::EMPTY,
            Self::Items(item, occurrence) => {
                let items = match item {
                    ItemType::Item => Type::ITEM,
                    ItemType::Node(_) => Type::NODE,
                    ItemType::Atomic(atomic) => atomic.set(),
                };
                match occurrence {
                    Occurrence::One => Type::one(items),
                    Occurrence::Optional => Type::optional(items),
                    Occurrence::Many => Type::many(items),
                    Occurrence::AtLeastOne => Type { items, count: (1, u8::MAX) },
                }
            }
        }
    }
}
