//! Casting between atomic types: the table of F&O §17.1, and the string value of each type.
//!
//! Like Saxon-HE it follows XML Schema 1.1 where that is wider than 1.0: `+INF` and the year 0000 are accepted.
//! Not supported: integers beyond 128 bits (`FOCA0003`), decimals beyond 28 digits (`FOCA0001`, `FOCA0006`).

mod binary;
mod lexical;
mod names;
mod numeric;

pub(crate) use lexical::{NAME_REST, NAME_START, collapse, is_space};
pub(crate) use names::cast_qname;
pub(crate) use numeric::{double_of, float_of, number, parse_double};

use crate::error::{Error, Res, type_error};
use crate::time::{Duration, Moment};
use crate::types::AtomicType;
use crate::value::Atomic;
use std::borrow::Cow;

/// The string value: the value cast to `xs:string`. Text that borrows from a document stays borrowed. Source: F&O §17.1.2.
pub(crate) fn text<'d>(value: &Atomic<'d>) -> Cow<'d, str> {
    match value {
        Atomic::Untyped(text) | Atomic::String(text) | Atomic::Uri(text) => text.clone(),
        Atomic::Boolean(true) => Cow::Borrowed("true"),
        Atomic::Boolean(false) => Cow::Borrowed("false"),
        Atomic::Integer(value) => Cow::Owned(value.to_string()),
        Atomic::Large(value) => Cow::Owned(value.to_string()),
        Atomic::Decimal(value) if value.is_zero() => Cow::Borrowed("0"),
        Atomic::Decimal(value) => Cow::Owned(value.normalize().to_string()),
        Atomic::Float(value) => numeric::float_text(*value),
        Atomic::Double(value) => numeric::double_text(*value),
        Atomic::QName(name) if name.prefix.is_empty() => Cow::Owned(name.local.to_string()),
        Atomic::QName(name) => Cow::Owned(format!("{}:{}", name.prefix, name.local)),
        Atomic::Moment(moment) => Cow::Owned(moment.to_string()),
        Atomic::Duration(duration) => Cow::Owned(duration.to_string()),
        Atomic::Binary(AtomicType::HexBinary, bytes) => Cow::Owned(binary::hex_text(bytes)),
        Atomic::Binary(_, bytes) => Cow::Owned(binary::base64_text(bytes)),
    }
}

/// Casts a value.
///
/// `FORG0001`: not in the lexical space. `XPTY0004`: the table has no way. `FOCA…`: beyond a bound.
/// A cast of text to `xs:QName` needs namespaces: [`cast_qname`]. `xs:anyURI` takes any text, as Saxon does.
pub(crate) fn cast<'d>(value: &Atomic<'d>, to: AtomicType) -> Res<Atomic<'d>> {
    use AtomicType as T;
    match to {
        T::Any => Err(Error::new("XPST0080", "a type that values can be cast to")),
        T::Untyped => Ok(Atomic::Untyped(text(value))),
        T::String => Ok(Atomic::String(text(value))),
        T::NormalizedString | T::Token | T::Language | T::NmToken | T::Name | T::NcName => {
            names::restricted(text(value), to)
        }
        _ => match value {
            Atomic::Untyped(text) | Atomic::String(text) => from_text(text, to),
            _ => from_typed(value, to),
        },
    }
}

/// Whether [`cast`] would give a value.
pub(crate) fn castable(value: &Atomic<'_>, to: AtomicType) -> bool {
    match (value, to) {
        (Atomic::Untyped(_) | Atomic::String(_), AtomicType::String | AtomicType::Untyped | AtomicType::Uri) => true,
        _ => cast(value, to).is_ok(),
    }
}

fn from_text<'d>(source: &Cow<'d, str>, to: AtomicType) -> Res<Atomic<'d>> {
    use AtomicType as T;
    if to == T::Uri {
        return Ok(Atomic::Uri(collapse(source.clone())));
    }
    let trimmed = source.trim_matches(is_space);
    match to {
        T::Boolean => match trimmed {
            "true" | "1" => Ok(Atomic::Boolean(true)),
            "false" | "0" => Ok(Atomic::Boolean(false)),
            _ => Err(Error::new("FORG0001", "true, false, 1 or 0")),
        },
        T::Decimal => numeric::parse_decimal(trimmed).map(Atomic::Decimal),
        T::Integer => numeric::parse_integer(trimmed).map(Atomic::integer),
        T::Bounded(place) => numeric::bounded(numeric::parse_integer(trimmed)?, place),
        T::Float => numeric::parse_float(trimmed).map(Atomic::Float).ok_or_else(not_a_number),
        T::Double => parse_double(trimmed).map(Atomic::Double).ok_or_else(not_a_number),
        T::DateTime | T::Date | T::Time | T::GYear | T::GYearMonth | T::GMonth | T::GMonthDay | T::GDay => {
            Moment::parse(trimmed, to).map(|moment| Atomic::Moment(Box::new(moment)))
        }
        T::Duration | T::YearMonthDuration | T::DayTimeDuration => {
            Duration::parse(trimmed, to).map(|duration| Atomic::Duration(Box::new(duration)))
        }
        T::HexBinary => binary::parse_hex(trimmed).map(|bytes| Atomic::Binary(to, bytes)),
        T::Base64Binary => binary::parse_base64(trimmed).map(|bytes| Atomic::Binary(to, bytes)),
        _ => type_error("a cast to xs:QName where namespaces are known"),
    }
}

fn not_a_number() -> Box<Error> {
    Error::new("FORG0001", "the lexical form of xs:double")
}

/// Casts of what is not text, to what is not text. Source: the table of F&O §17.1.
fn from_typed<'d>(value: &Atomic<'d>, to: AtomicType) -> Res<Atomic<'d>> {
    use AtomicType as T;
    match (value, to) {
        (Atomic::Uri(uri), T::Uri) => Ok(Atomic::Uri(uri.clone())),
        (Atomic::QName(name), T::QName) => Ok(Atomic::QName(name.clone())),
        (Atomic::Binary(_, bytes), T::HexBinary | T::Base64Binary) => Ok(Atomic::Binary(to, bytes.clone())),
        (Atomic::Duration(duration), T::Duration | T::YearMonthDuration | T::DayTimeDuration) => {
            Ok(Atomic::Duration(Box::new(duration.as_kind(to))))
        }
        (Atomic::Moment(moment), _) => match moment_to(moment, to) {
            Some(moment) => Ok(Atomic::Moment(Box::new(moment))),
            None => type_error("a cast that the type of the value allows"),
        },
        (Atomic::Boolean(_), _) => numeric::from_number(value, to),
        _ if value.is_numeric() => numeric::from_number(value, to),
        _ => type_error("a cast that the type of the value allows"),
    }
}

fn moment_to(moment: &Moment, to: AtomicType) -> Option<Moment> {
    if to.set() == crate::types::Type::TEMPORAL { moment.as_kind(to) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From text, to a type: the canonical form, or the code of the error. Expected values are Saxon's.
    #[test]
    fn text_becomes_what_saxon_makes_of_it() {
        use AtomicType as T;
        let table = [
            (" 12 ", T::Double, "12"),
            ("1e6", T::Double, "1.0E6"),
            ("999999.9", T::Double, "999999.9"),
            ("0.0000009", T::Double, "9.0E-7"),
            ("-0", T::Double, "-0"),
            ("+INF", T::Double, "INF"),
            ("123456789012345678", T::Double, "1.2345678901234568E17"),
            ("0x10", T::Double, "FORG0001"),
            ("Infinity", T::Double, "FORG0001"),
            ("0.1", T::Float, "0.1"),
            ("16777217", T::Float, "1.6777216E7"),
            ("0001.100", T::Decimal, "1.1"),
            ("-0.0", T::Decimal, "0"),
            (".", T::Decimal, "FORG0001"),
            ("1e5", T::Decimal, "FORG0001"),
            ("0.12345678901234567890123456789", T::Decimal, "FOCA0006"),
            ("-0", T::Integer, "0"),
            ("5.0", T::Integer, "FORG0001"),
            ("99999999999999999999999999999999999999", T::Integer, "99999999999999999999999999999999999999"),
            ("999999999999999999999999999999999999999", T::Integer, "FOCA0003"),
            ("TRUE", T::Boolean, "FORG0001"),
            (" 1 ", T::Boolean, "true"),
            ("fr-FR", T::Language, "fr-FR"),
            ("", T::NmToken, "FORG0001"),
            ("a:b", T::NcName, "FORG0001"),
            ("  a   b ", T::Token, "a b"),
            ("0aFf", T::HexBinary, "0AFF"),
            ("0aF", T::HexBinary, "FORG0001"),
            ("aGVs bG8=", T::Base64Binary, "aGVsbG8="),
            ("aGVsbG9=", T::Base64Binary, "FORG0001"),
            ("aGVsbG8", T::Base64Binary, "FORG0001"),
            ("x", T::QName, "XPTY0004"),
        ];
        for (given, to, expected) in table {
            let found = cast(&Atomic::Untyped(given.into()), to);
            let found = found.map_or_else(|error| error.code.to_string(), |value| text(&value).into_owned());
            assert_eq!(found, expected, "{given:?} as {to:?}");
        }
    }

    #[test]
    fn bounds_of_integer_types_hold() {
        for (name, given, fits) in
            [("byte", 127, true), ("byte", 128, false), ("positiveInteger", 0, false), ("unsignedLong", 1, true)]
        {
            let to = AtomicType::by_name(name).expect("a known type");
            assert_eq!(castable(&Atomic::Integer(given), to), fits, "{given} as {name}");
        }
    }

    #[test]
    fn short_numbers_are_read_as_the_long_way_reads_them() {
        for text in ["0", "-0", "7", "-7.25", ".5", "5.", "00012.50", "123456789012345", "0.1", "9007199254740993"] {
            let expected: f64 = text.parse().expect("a number");
            assert_eq!(parse_double(text).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
        for text in ["", "-", ".", "-.", "1-2", "1_0", "1d", "--1", "1 2"] {
            assert_eq!(parse_double(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_need_a_declared_prefix() {
        let resolve = |prefix: &str| (prefix == "h").then(|| "urn:hl7-org:v3".to_string());
        assert!(
            matches!(cast_qname(" h:id ", &resolve), Ok(Atomic::QName(name)) if &*name.namespace == "urn:hl7-org:v3")
        );
        assert!(cast_qname("z:id", &resolve).is_err_and(|error| error.code == "FONS0004"));
        assert!(cast_qname("a:b:c", &resolve).is_err_and(|error| error.code == "FORG0001"));
    }
}
