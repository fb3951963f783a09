//! Changes of one attribute, after what its value looks like: a date, an identifier, a number, a type, a code.

use super::{Mutation, Surroundings};
use roxmltree::{Attribute, Node};

/// Names whose values are codes.
const CODES: &[&str] = &["code", "codeSystem", "classCode", "moodCode", "typeCode", "determinerCode", "unit", "use"];
const TYPES: &[&str] = &["CD", "CE", "PQ", "ST", "INT", "IVL_TS", "IVL_PQ", "TS", "ED", "BL", "RTO", "zzz", "z:CD"];
const NOT_NUMBERS: &[&str] =
    &["abc", "-1", "+1", "1,5", "1e3", "NaN", "INF", " 5 ", "1.50", "0", "", "99999999999999999999"];

/// Adds every change of an attribute.
pub(super) fn add(
    mutations: &mut Vec<Mutation>,
    around: &Surroundings<'_>,
    element: Node<'_, '_>,
    attribute: &Attribute<'_, '_>,
    position: usize,
) {
    let (value, range) = (attribute.value(), attribute.range());
    let mut changed = |operator, new: &str| {
        if new != value {
            mutations.push(Mutation::new(operator, attribute.range_value(), escaped(new)));
        }
    };
    changed("attribute-empty", "");
    changed("attribute-space", " ");
    changed("attribute-spaced", &format!(" {value} "));
    changed("attribute-longer", &format!("{value}zzz"));
    changed("attribute-upper", &value.to_uppercase());
    changed("attribute-lower", &value.to_lowercase());
    let known = around.values.get(attribute.name()).map(Vec::as_slice).unwrap_or_default();
    for step in [1, 5, 17] {
        if let Some(other) = known.get((position + step) % known.len().max(1)) {
            changed("attribute-other", other);
        }
    }
    if CODES.contains(&attribute.name()) {
        changed("code-unknown", "ZZZ-9");
        changed("code-number", "1234-5");
    }
    for (operator, new) in typed(element, attribute) {
        changed(operator, &new);
    }
    mutations.push(Mutation::new("attribute-delete", range, ""));
    let name_end = attribute.range_qname().end;
    mutations.push(Mutation::new("attribute-rename", name_end..name_end, "X"));
}

fn typed(element: Node<'_, '_>, attribute: &Attribute<'_, '_>) -> Vec<(&'static str, String)> {
    let value = attribute.value();
    let holds_time = |name: &str| name.ends_with("Time") || matches!(name, "low" | "high" | "time");
    if attribute.name() == "type" && attribute.namespace().is_some() {
        return TYPES.iter().map(|it| ("type", (*it).to_owned())).collect();
    }
    if is_time(value) || (attribute.name() == "value" && holds_time(element.tag_name().name())) {
        return times(value);
    }
    if is_uuid(value) {
        let new = [value.to_lowercase(), value.replace('-', ""), format!("urn:uuid:{value}")];
        return new.into_iter().map(|it| ("identifier", it)).collect();
    }
    if is_oid(value) {
        return identifiers(value);
    }
    if value.parse::<f64>().is_ok() {
        return NOT_NUMBERS.iter().map(|it| ("number", (*it).to_owned())).collect();
    }
    if matches!(value, "true" | "false") {
        return ["false", "true", "1", "yes"].iter().map(|it| ("boolean", (*it).to_owned())).collect();
    }
    if let Some((_, rest)) = value.split_once(':') {
        let new = [rest.to_owned(), format!("zzz:{rest}"), "a b://%zz".to_owned()];
        return new.into_iter().map(|it| ("address", it)).collect();
    }
    Vec::new()
}

fn times(value: &str) -> Vec<(&'static str, String)> {
    let day = value.get(..8).filter(|it| it.bytes().all(|byte| byte.is_ascii_digit())).unwrap_or("20240115");
    let (year, rest) = day.split_at(4);
    let (month, day_of_month) = rest.split_at(2);
    let clock = value.get(8..).unwrap_or_default();
    let (bare, shift) = value.split_at(value.find(['+', '-']).unwrap_or(value.len()));
    let new = [
        year.to_owned(),
        format!("{year}{month}"),
        day.to_owned(),
        format!("{day}12"),
        format!("{bare}00"),
        format!("{bare}.123{shift}"),
        format!("{year}13{day_of_month}{clock}"),
        format!("{year}00{day_of_month}{clock}"),
        format!("{year}{month}32{clock}"),
        format!("{year}0230{clock}"),
        format!("{day_of_month}{month}{year}{clock}"),
        format!("{year}-{month}-{day_of_month}"),
        format!("{bare}+0100"),
        format!("{bare}+9900"),
        bare.to_owned(),
        format!("{day}2561"),
        "99991231".to_owned(),
        "18000101".to_owned(),
    ];
    new.into_iter().map(|it| ("time", it)).collect()
}

fn identifiers(value: &str) -> Vec<(&'static str, String)> {
    let shorter = value.rsplit_once('.').map(|(first, _)| first.to_owned()).unwrap_or_default();
    let new = [
        shorter,
        format!("{value}."),
        format!("{value}.01"),
        format!("{value}.x"),
        format!("9.{value}"),
        format!("{value}.1"),
        "4F8B2B6E-7A53-4B0F-9A57-1E2D3C4B5A69".to_owned(),
        "4f8b2b6e-7a53-4b0f-9a57-1e2d3c4b5a69".to_owned(),
    ];
    new.into_iter().map(|it| ("identifier", it)).collect()
}

fn is_time(value: &str) -> bool {
    let digits = value.split(['+', '-', '.']).next().unwrap_or_default();
    matches!(digits.len(), 4 | 6 | 8 | 10 | 12 | 14)
        && digits.bytes().all(|it| it.is_ascii_digit())
        && (digits.starts_with("19") || digits.starts_with("20"))
}

fn is_oid(value: &str) -> bool {
    value.split('.').count() > 3 && value.bytes().all(|it| it.is_ascii_digit() || it == b'.')
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36 && value.matches('-').count() == 4
}

/// As it is written between quotes of either kind.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            '\n' => text.push_str("&#10;"),
            '\t' => text.push_str("&#9;"),
            other => text.push(other),
        }
    }
    text
}
