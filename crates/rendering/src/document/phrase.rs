//! Data types of CDA in French: dates, names, addresses, telephones.
//!
//! A value that is not of the form the standard wants is printed as it is.

use cda::{Address, AssignedEntity, Ii, Name, Organization, Person, Tel, Time};
use jiff::Zoned;
use std::borrow::Cow;

/// `20240310153000+0100` as `10/03/2024 à 15:30`; less when less is known.
pub(super) fn date(value: &str) -> Cow<'_, str> {
    let digits = value.split(['+', '-', '.']).next().unwrap_or_default();
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return Cow::Borrowed(value);
    }
    match digits.len() {
        6 => Cow::Owned(format!("{}/{}", &digits[4..6], &digits[..4])),
        8 | 10 => Cow::Owned(format!("{}/{}/{}", &digits[6..8], &digits[4..6], &digits[..4])),
        12 | 14 => Cow::Owned(format!(
            "{}/{}/{} à {}:{}",
            &digits[6..8],
            &digits[4..6],
            &digits[..4],
            &digits[8..10],
            &digits[10..12]
        )),
        _ => Cow::Borrowed(value),
    }
}

/// An HL7 timestamp as an instant in its own offset; none when it is not one.
pub(crate) fn instant(value: &str) -> Option<Zoned> {
    let digits = value.find(['+', '-']).map_or(value, |at| &value[..at]);
    let offset = &value[digits.len()..];
    let complete = match digits.len() {
        8 => format!("{digits}000000"),
        10 => format!("{digits}0000"),
        12 => format!("{digits}00"),
        _ => digits.get(..14)?.to_owned(),
    };
    let offset = if offset.len() == 5 { offset } else { "+0000" };
    Zoned::strptime("%Y%m%d%H%M%S%z", format!("{complete}{offset}")).ok()
}

/// A point in time or an interval.
pub(super) fn time(time: &Time<'_>) -> Option<String> {
    let bound = |times: &[Time<'_>]| times.first().and_then(|it| it.value.as_deref()).map(|it| date(it).into_owned());
    match (time.value.as_deref(), bound(&time.low), bound(&time.high)) {
        (Some(value), ..) => Some(date(value).into_owned()),
        (None, Some(low), Some(high)) if low == high => Some(low),
        (None, Some(low), Some(high)) => Some(format!("du {low} au {high}")),
        (None, Some(only), None) | (None, None, Some(only)) => Some(only),
        (None, None, None) => None,
    }
}

/// A name: title, given names, family name.
pub(super) fn name(name: &Name<'_>) -> String {
    // One form of address: the title of a physician, else the civility.
    let mut words: Vec<&str> = name.texts("suffix").map(title).filter(|it| !it.is_empty()).collect();
    if words.is_empty() {
        words.extend(name.texts("prefix").map(prefix));
    }
    words.extend(name.texts("given"));
    words.extend(name.texts("family"));
    words.extend(name.texts(""));
    joined(&words)
}

fn joined(words: &[&str]) -> String {
    words.iter().flat_map(|it| it.split_whitespace()).collect::<Vec<_>>().join(" ")
}

/// JDV_J245.
fn prefix(code: &str) -> &str {
    match code.trim() {
        "M" => "M.",
        "MME" => "Mme",
        other => other,
    }
}

/// JDV_J246.
fn title(code: &str) -> &str {
    match code.trim() {
        "DR" | "MC" | "MG" => "Dr",
        "PR" | "PC" | "PG" => "Pr",
        other => other,
    }
}

/// An address on one line.
pub(super) fn address(address: &Address<'_>) -> String {
    const STREET: [&str; 10] = [
        "houseNumber",
        "houseNumberNumeric",
        "buildingNumberSuffix",
        "streetNameType",
        "streetName",
        "streetNameBase",
        "additionalLocator",
        "unitID",
        "postBox",
        "precinct",
    ];
    let words = |kinds: &[&str]| {
        let parts = address.parts.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, part)| part.text.as_ref());
        joined(&parts.collect::<Vec<_>>())
    };
    let mut lines: Vec<String> = address.texts("streetAddressLine").map(|it| joined(&[it])).collect();
    lines.push(words(&STREET));
    lines.push(words(&["postalCode", "city"]));
    lines.push(words(&["state", "country"]));
    lines.push(words(&[""]));
    lines.retain(|line| !line.is_empty());
    lines.join(", ")
}

/// A telephone or a mail address, without its scheme.
pub(super) fn telecom(telecom: &Tel<'_>) -> Option<String> {
    let value = telecom.value.as_deref()?.trim();
    let (scheme, rest) = value.split_once(':').unwrap_or(("", value));
    Some(match scheme {
        "fax" => format!("fax {}", by_pairs(rest)),
        "tel" => by_pairs(rest),
        "mailto" | "" => rest.to_owned(),
        _ => value.to_owned(),
    })
    .filter(|it| !it.is_empty())
}

/// A French number of ten digits as it is read aloud.
fn by_pairs(number: &str) -> String {
    if number.len() != 10 || !number.starts_with('0') || !number.bytes().all(|it| it.is_ascii_digit()) {
        return number.to_owned();
    }
    let pairs: Vec<&str> = (0..5).map(|at| &number[2 * at..2 * at + 2]).collect();
    pairs.join(" ")
}

pub(super) fn telecoms(all: &[Tel<'_>]) -> String {
    all.iter().filter_map(telecom).collect::<Vec<_>>().join(", ")
}

/// The first name of the first person.
pub(super) fn person(people: &[Person<'_>]) -> String {
    people.iter().flat_map(|it| &it.name).next().map(name).unwrap_or_default()
}

/// An organization: name, address, telephone.
pub(super) fn organization(organization: &Organization<'_>) -> String {
    let mut parts: Vec<String> = organization.name.iter().take(1).map(name).collect();
    parts.extend(organization.addr.iter().map(address));
    parts.push(telecoms(&organization.telecom));
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// Someone who acts for an organization: name, specialty, organization, contact.
pub(super) fn entity(entity: &AssignedEntity<'_>) -> String {
    let mut parts = vec![person(&entity.assigned_person)];
    parts.extend(entity.code.iter().filter_map(|it| it.display_name.as_deref()).map(str::to_owned));
    parts.extend(entity.represented_organization.iter().flat_map(|it| it.name.iter().take(1)).map(name));
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// An identifier: its extension, or its root when it has none.
pub(super) fn identifier(id: &Ii<'_>) -> String {
    id.extension.as_deref().or(id.root.as_deref()).unwrap_or_default().to_owned()
}
