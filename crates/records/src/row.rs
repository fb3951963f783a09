//! Conversions between columns and laboratory types.

use crate::{RecordError, Result};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use store::Row;

/// Microseconds since 1970.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Microseconds since 1970, when there is a time.
pub fn opt_micros(at: Option<Timestamp>) -> Option<i64> {
    at.map(micros)
}

/// The time of a column.
pub fn time(row: &Row, table: &'static str, column: &'static str) -> Result<Timestamp> {
    Timestamp::from_microsecond(row.int(column)?).map_err(|_| RecordError::Unexpected { table, column })
}

/// The time of a column that may be null.
pub fn opt_time(row: &Row, table: &'static str, column: &'static str) -> Result<Option<Timestamp>> {
    row.opt_int(column)?
        .map(|at| Timestamp::from_microsecond(at).map_err(|_| RecordError::Unexpected { table, column }))
        .transpose()
}

/// A column that holds one of a closed list of codes.
pub fn code<T>(row: &Row, table: &'static str, column: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T> {
    read(row.text(column)?).ok_or(RecordError::Unexpected { table, column })
}

/// JSON text of a value.
pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// JSON text of a value that may be absent.
pub fn opt_json<T: Serialize>(value: Option<&T>) -> Option<String> {
    value.map(json)
}

/// The value of a JSON column.
pub fn from_json<T: DeserializeOwned>(row: &Row, table: &'static str, column: &'static str) -> Result<T> {
    serde_json::from_str(row.text(column)?).map_err(|_| RecordError::Unexpected { table, column })
}

/// The value of a JSON column that may be null.
pub fn opt_from_json<T: DeserializeOwned>(row: &Row, table: &'static str, column: &'static str) -> Result<Option<T>> {
    row.opt_text(column)?
        .map(|text| serde_json::from_str(text).map_err(|_| RecordError::Unexpected { table, column }))
        .transpose()
}
