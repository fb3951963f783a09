//! Values on PostgreSQL's binary wire, in the types the server inferred.
//!
//! In: our values and the statement's types. Out: bytes, or a clear refusal before anything is sent.
//! Integers go to `BIGINT`, `INTEGER` and `SMALLINT` (checked), `BOOLEAN` and `DOUBLE PRECISION`;
//! `NUMERIC` is read only, since `SUM` and `AVG` of integers answer it.

use std::error::Error;

use ::postgres::Statement;
use ::postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use bytes::BytesMut;

use crate::error::StoreError;
use crate::value::Value;

type Failure = Box<dyn Error + Sync + Send>;

/// The values, once it is sure that the server takes them.
pub(super) fn parameters<'a>(statement: &Statement, values: &'a [Value<'a>]) -> Result<&'a [Value<'a>], StoreError> {
    let types = statement.params();
    if types.len() != values.len() {
        let (given, needed) = (values.len(), types.len());
        return Err(StoreError::statement(format!("{given} parameters given, ${needed} is the last one used")));
    }
    match values.iter().zip(types).position(|(value, ty)| !fits(value, ty)) {
        None => Ok(values),
        Some(at) => Err(StoreError::Parameter {
            index: at + 1,
            given: values[at].kind(),
            expected: format!("{} (or a cast, such as ${}::bigint)", types[at], at + 1),
        }),
    }
}

/// Refuses a statement that answers a type we do not read, before it runs.
pub(super) fn readable(statement: &Statement) -> Result<(), StoreError> {
    const READ: [Type; 13] = [
        Type::TEXT,
        Type::VARCHAR,
        Type::BPCHAR,
        Type::NAME,
        Type::UNKNOWN,
        Type::INT8,
        Type::INT4,
        Type::INT2,
        Type::BOOL,
        Type::FLOAT8,
        Type::FLOAT4,
        Type::BYTEA,
        Type::NUMERIC,
    ];
    match statement.columns().iter().find(|column| !READ.contains(column.type_())) {
        None => Ok(()),
        Some(column) => {
            let (name, ty) = (column.name(), column.type_());
            Err(StoreError::statement(format!("column {name} is of type {ty}: cast it")))
        }
    }
}

fn fits(value: &Value<'_>, ty: &Type) -> bool {
    let text = [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::UNKNOWN];
    match value {
        Value::Null => true,
        Value::Text(_) => text.contains(ty),
        Value::Int(int) => match *ty {
            Type::INT8 | Type::FLOAT8 => true,
            Type::INT4 => i32::try_from(*int).is_ok(),
            Type::INT2 => i16::try_from(*int).is_ok(),
            Type::BOOL => matches!(int, 0 | 1),
            _ => false,
        },
        Value::Bool(_) => [Type::INT8, Type::INT4, Type::INT2, Type::BOOL].contains(ty),
        Value::Real(_) => [Type::FLOAT8, Type::FLOAT4].contains(ty),
        Value::Bytes(_) => *ty == Type::BYTEA,
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Text(text) => text.as_ref().to_sql(ty, out),
            Value::Bytes(bytes) => bytes.as_ref().to_sql(ty, out),
            Value::Bool(on) => integer((*on).into(), ty, out),
            Value::Int(int) => integer(*int, ty, out),
            Value::Real(real) if *ty == Type::FLOAT4 => (*real as f32).to_sql(ty, out),
            Value::Real(real) => real.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn integer(int: i64, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match *ty {
        Type::INT4 => i32::try_from(int)?.to_sql(ty, out),
        Type::INT2 => i16::try_from(int)?.to_sql(ty, out),
        Type::BOOL => (int != 0).to_sql(ty, out),
        Type::FLOAT8 => (int as f64).to_sql(ty, out),
        _ => int.to_sql(ty, out),
    }
}

impl<'a> FromSql<'a> for Value<'static> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(match *ty {
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                Value::Text(String::from_sql(ty, raw)?.into())
            }
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::FLOAT8 => Value::Real(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => Value::Real(f32::from_sql(ty, raw)?.into()),
            Type::BYTEA => Value::Bytes(raw.to_vec().into()),
            Type::NUMERIC => numeric(raw).ok_or("a number an integer or a double can hold")?,
            _ => return Err("a column of type text, integer, real, bytes or boolean".into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Reads a `NUMERIC`: an integer when it has no fraction and fits, else a double.
///
/// Layout: number of digits, weight of the first, sign, display scale (16 bits each), digits in base 10000.
/// Source: PostgreSQL, `src/backend/utils/adt/numeric.c`, `numeric_send`.
fn numeric(raw: &[u8]) -> Option<Value<'static>> {
    let mut words = raw.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let (n_digits, weight) = (words.next()?, words.next()?.cast_signed());
    let (sign, _scale) = (words.next()?, words.next()?);
    let digits: Vec<u16> = words.collect();
    if digits.len() != usize::from(n_digits) || !matches!(sign, 0 | 0x4000) {
        return None;
    }
    let place = |at: usize| i32::from(weight) - i32::try_from(at).unwrap_or(i32::MAX);
    let whole = || {
        if digits.iter().enumerate().any(|(at, digit)| *digit != 0 && place(at) < 0) {
            return None;
        }
        digits.iter().enumerate().try_fold(0_i128, |sum, (at, digit)| {
            let unit = 10_000_i128.checked_pow(u32::try_from(place(at)).unwrap_or(0))?;
            sum.checked_add(unit.checked_mul((*digit).into())?)
        })
    };
    let negative = sign == 0x4000;
    if let Some(int) = whole().and_then(|n| i64::try_from(if negative { -n } else { n }).ok()) {
        return Some(Value::Int(int));
    }
    let real: f64 = digits.iter().enumerate().map(|(at, digit)| f64::from(*digit) * 10_000_f64.powi(place(at))).sum();
    Some(Value::Real(if negative { -real } else { real }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn encoded(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn numeric_sums_become_integers_and_averages_doubles() {
        assert_eq!(numeric(&encoded(&[0, 0, 0, 0])).unwrap(), Value::Int(0));
        assert_eq!(numeric(&encoded(&[2, 1, 0, 0, 12, 3456])).unwrap(), Value::Int(123_456));
        // 120 000: trailing zero digits are not sent.
        assert_eq!(numeric(&encoded(&[1, 1, 0x4000, 0, 12])).unwrap(), Value::Int(-120_000));
        assert_eq!(numeric(&encoded(&[2, 0, 0, 1, 2, 5000])).unwrap(), Value::Real(2.5));
        assert!(numeric(&encoded(&[0, 0, 0xC000, 0])).is_none());
        assert!(numeric(&[0, 1]).is_none());
    }

    #[test]
    fn a_value_is_only_sent_to_a_type_that_holds_it() {
        assert!(fits(&Value::Int(1 << 40), &Type::INT8));
        assert!(!fits(&Value::Int(1 << 40), &Type::INT4));
        assert!(!fits(&Value::Int(1), &Type::TEXT));
        assert!(fits(&Value::Bool(true), &Type::INT8));
        assert!(fits(&Value::Null, &Type::BYTEA));
        assert!(!fits(&Value::Text("a".into()), &Type::INT8));
    }
}
