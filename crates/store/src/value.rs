//! Values that cross the border between Rust and SQL, and the rows that come back.
//!
//! In: Rust values, borrowed where possible (a frozen PDF is bound without a copy of ours).
//! Out: typed getters by column name or position.
//! Portable representation, the same on both engines:
//!
//! | Rust            | column (migration token)    | notes                                          |
//! |-----------------|-----------------------------|------------------------------------------------|
//! | text            | `TEXT`                      | UTF-8 without NUL (PostgreSQL has no NUL)      |
//! | `i64` and below | `{{bigint}}`                |                                                |
//! | `bool`          | `{{bigint}}`, 0 or 1        | write `WHERE active = 1` or `= $1`             |
//! | `f64`           | `{{real}}`                  | never for results: those keep digits, as text  |
//! | bytes           | `{{bytes}}`                 |                                                |
//!
//! It does not know dates, identifiers or decimals: tables store them as text or integers.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error::StoreError;

/// One SQL value. Parameters may borrow; rows own.
#[derive(Clone, PartialEq)]
pub enum Value<'a> {
    /// SQL `NULL`.
    Null,
    /// UTF-8 text without NUL.
    Text(Cow<'a, str>),
    /// 64-bit integer.
    Int(i64),
    /// Double precision number.
    Real(f64),
    /// Bytes, at most 1 GB (both engines' limit for one value).
    Bytes(Cow<'a, [u8]>),
    /// Stored as the integer 0 or 1.
    Bool(bool),
}

impl Value<'_> {
    /// What kind of value this is, for error messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Text(_) => "text",
            Self::Int(_) => "integer",
            Self::Real(_) => "real",
            Self::Bytes(_) => "bytes",
            Self::Bool(_) => "boolean",
        }
    }
}

/// Shows the kind only: values are patient data.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.kind())
    }
}

macro_rules! value_from {
    ($($from:ty => |$v:ident| $into:expr;)*) => {
        $(impl<'a> From<$from> for Value<'a> {
            fn from($v: $from) -> Self { $into }
        })*
    };
}

value_from! {
    &'a str => |v| Self::Text(Cow::Borrowed(v));
    &'a String => |v| Self::Text(Cow::Borrowed(v));
    String => |v| Self::Text(Cow::Owned(v));
    Cow<'a, str> => |v| Self::Text(v);
    i64 => |v| Self::Int(v);
    i32 => |v| Self::Int(v.into());
    i16 => |v| Self::Int(v.into());
    u32 => |v| Self::Int(v.into());
    u16 => |v| Self::Int(v.into());
    u8 => |v| Self::Int(v.into());
    &'a i64 => |v| Self::Int(*v);
    f64 => |v| Self::Real(v);
    bool => |v| Self::Bool(v);
    &'a [u8] => |v| Self::Bytes(Cow::Borrowed(v));
    &'a Vec<u8> => |v| Self::Bytes(Cow::Borrowed(v));
    Vec<u8> => |v| Self::Bytes(Cow::Owned(v));
    &'a Arc<[u8]> => |v| Self::Bytes(Cow::Borrowed(v));
    &'a Option<String> => |v| v.as_deref().into();
    &'a Option<Vec<u8>> => |v| v.as_deref().into();
    &'a Option<i64> => |v| (*v).into();
    &'a bytes::Bytes => |v| Self::Bytes(Cow::Borrowed(v));
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(v: &'a [u8; N]) -> Self {
        Self::Bytes(Cow::Borrowed(v))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// The parameters of one statement, in the order of `$1…$n`.
///
/// `params![id, &body, count, maybe]` is a `&[Value<'_>]`; text and bytes given by reference are not copied.
#[macro_export]
macro_rules! params {
    () => { &[] as &[$crate::Value<'_>] };
    ($($value:expr),+ $(,)?) => { &[$($crate::Value::from($value)),+] as &[$crate::Value<'_>] };
}

/// A column of a [`Row`]: its name (`"id"`) or its position from 0.
pub trait Column: Copy {
    /// Position in the row, if there is such a column.
    fn position(self, names: &[Box<str>]) -> Option<usize>;
    /// For error messages.
    fn label(self) -> String;
}

impl Column for &str {
    fn position(self, names: &[Box<str>]) -> Option<usize> {
        names.iter().position(|name| **name == *self)
    }
    fn label(self) -> String {
        self.to_owned()
    }
}

impl Column for usize {
    fn position(self, names: &[Box<str>]) -> Option<usize> {
        (self < names.len()).then_some(self)
    }
    fn label(self) -> String {
        self.to_string()
    }
}

/// One row of a result. Owns its values; the column names are shared by all rows of the result.
///
/// Every getter answers [`StoreError::Column`] when the column is missing or holds something else;
/// the `opt_` forms accept null. `take_` forms move the value out and leave null behind.
#[derive(Clone)]
pub struct Row {
    names: Arc<[Box<str>]>,
    values: Vec<Value<'static>>,
}

/// Shows the number of columns only: values are patient data.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<row of {}>", self.values.len())
    }
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident, $opt:ident -> $type:ty, $expected:literal: |$v:ident| $get:expr;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(&self, column: impl Column) -> Result<$type, StoreError> {
                self.$opt(column)?.ok_or_else(|| mismatch(column, $expected))
            }

            #[doc = concat!("As [`Row::", stringify!($name), "`], or `None` for null.")]
            pub fn $opt(&self, column: impl Column) -> Result<Option<$type>, StoreError> {
                match self.value(column)? {
                    Value::Null => Ok(None),
                    $v => $get.map(Some).ok_or_else(|| mismatch(column, $expected)),
                }
            }
        )*
    };
}

impl Row {
    pub(crate) fn new(names: Arc<[Box<str>]>, values: Vec<Value<'static>>) -> Self {
        Self { names, values }
    }

    /// Column names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    /// The value as it came, whatever its kind.
    pub fn value(&self, column: impl Column) -> Result<&Value<'static>, StoreError> {
        column.position(&self.names).and_then(|at| self.values.get(at)).ok_or_else(|| mismatch(column, "to exist"))
    }

    getters! {
        /// Text.
        text, opt_text -> &str, "text": |v| match v { Value::Text(t) => Some(t.as_ref()), _ => None };
        /// Text, copied; see [`Row::take_text`] to move it out.
        string, opt_string -> String, "text": |v| match v { Value::Text(t) => Some(t.to_string()), _ => None };
        /// An integer; a boolean counts as 0 or 1.
        int, opt_int -> i64, "integer": |v| match v { Value::Int(i) => Some(*i), Value::Bool(b) => Some((*b).into()), _ => None };
        /// A number; an integer is widened.
        real, opt_real -> f64, "real": |v| match v { Value::Real(r) => Some(*r), Value::Int(i) => Some(*i as f64), _ => None };
        /// A boolean: 0, 1, or PostgreSQL's own type (`EXISTS`, comparisons).
        bool, opt_bool -> bool, "boolean (0 or 1)": |v| match v { Value::Bool(b) => Some(*b), Value::Int(0) => Some(false), Value::Int(1) => Some(true), _ => None };
        /// Bytes.
        bytes, opt_bytes -> &[u8], "bytes": |v| match v { Value::Bytes(b) => Some(b.as_ref()), _ => None };
    }

    /// Moves a text out of the row, without copying it.
    pub fn take_text(&mut self, column: impl Column) -> Result<String, StoreError> {
        match self.take(column)? {
            Value::Text(text) => Ok(text.into_owned()),
            _ => Err(mismatch(column, "text")),
        }
    }

    /// Moves bytes out of the row, without copying them.
    pub fn take_bytes(&mut self, column: impl Column) -> Result<Vec<u8>, StoreError> {
        match self.take(column)? {
            Value::Bytes(bytes) => Ok(bytes.into_owned()),
            _ => Err(mismatch(column, "bytes")),
        }
    }

    fn take(&mut self, column: impl Column) -> Result<Value<'static>, StoreError> {
        column
            .position(&self.names)
            .and_then(|at| self.values.get_mut(at))
            .map(|value| std::mem::replace(value, Value::Null))
            .ok_or_else(|| mismatch(column, "to exist"))
    }
}

fn mismatch(column: impl Column, expected: &'static str) -> StoreError {
    StoreError::Column { column: column.label(), expected }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn row() -> Row {
        let names: Vec<Box<str>> = ["id", "n", "gone", "on", "body"].map(Box::from).to_vec();
        let values = vec![
            Value::Text("é".into()),
            Value::Int(1),
            Value::Null,
            Value::Bool(true),
            Value::Bytes(vec![0, 255].into()),
        ];
        Row::new(names.into(), values)
    }

    #[test]
    fn getters_find_columns_by_name_and_position() {
        let mut row = row();
        assert_eq!(row.text("id").unwrap(), "é");
        assert_eq!(row.text(0).unwrap(), "é");
        assert_eq!(row.int("n").unwrap(), 1);
        assert!(row.bool("n").unwrap());
        assert_eq!(row.int("on").unwrap(), 1);
        assert_eq!(row.opt_text("gone").unwrap(), None);
        assert_eq!(row.take_bytes("body").unwrap(), [0, 255]);
        assert_eq!(row.opt_bytes("body").unwrap(), None);
    }

    #[test]
    fn getters_say_which_column_and_what_was_expected() {
        let expected = StoreError::Column { column: "gone".into(), expected: "text" };
        assert_eq!(row().text("gone"), Err(expected));
        assert!(row().text("n").is_err());
        assert!(row().opt_int("id").is_err());
        assert!(row().int("absent").is_err());
        assert!(row().int(9).is_err());
    }

    #[test]
    fn debug_output_shows_no_value() {
        let shown = format!("{:?} {:?}", row(), params!["DUPONT", 42, Option::<&str>::None]);
        assert_eq!(shown, "<row of 5> [<text>, <integer>, <null>]");
    }
}
