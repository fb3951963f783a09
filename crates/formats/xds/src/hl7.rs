//! The HL7 v2 data types XDS writes inside attribute values: CX, XCN, XON, XPN, DTM.
//! In and out: strings. It does not know which identifier domains exist.
//!
//! Source: ITI TF-3 table 4.2.3.1.7-2. Delimiters inside values are escaped as HL7 v2.5 2.7.

use std::fmt;

/// An identifier in its domain: `id^^^&domain&ISO^type`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Cx {
    /// The identifier.
    pub id: String,
    /// OID of the assigning authority.
    pub authority: String,
    /// Identifier type (CX.5), such as `PI`; an URN in a reference identifier; may be empty.
    pub type_code: String,
}

/// A person or a system: `id^family^given^^^^^^&authority&ISO^name type^^^id type`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Xcn {
    /// The identifier; may be empty.
    pub id: String,
    /// Family name, or the name of a system.
    pub family: String,
    /// Given name, or the model of a system.
    pub given: String,
    /// OID of the assigning authority of `id`.
    pub authority: String,
    /// Name type (XCN.10): `D` display name of a person, `U` unspecified (a system).
    pub name_type: String,
    /// Identifier type (XCN.13).
    pub id_type: String,
}

/// An organization: `name^^^^^&authority&ISO^id type^^^id`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Xon {
    /// Name; may be empty.
    pub name: String,
    /// OID of the assigning authority of `id`.
    pub authority: String,
    /// Identifier type (XON.7).
    pub id_type: String,
    /// The identifier (XON.10); may be empty.
    pub id: String,
}

/// A patient's name: `family^given^further given names^^^^type`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct PersonName {
    /// Family name.
    pub family: String,
    /// First given name.
    pub given: String,
    /// Further or all given names, separated by spaces; may be empty.
    pub further_given: String,
    /// Name type (XPN.7): `L` legal (birth) name, `D` display (used) name.
    pub name_type: String,
}

/// Demographics of the patient as the source knew them: the lines of `sourcePatientInfo`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SourcePatientInfo {
    /// `PID-3` lines.
    pub ids: Vec<Cx>,
    /// `PID-5` lines.
    pub names: Vec<PersonName>,
    /// `PID-7`: birth date, `YYYYMMDD`.
    pub birth_date: Option<String>,
    /// `PID-8`: administrative sex.
    pub sex: Option<String>,
    /// Any other line, as received.
    pub other: Vec<String>,
}

/// A time of XDS: UTC, `YYYY[MM[DD[hh[mm[ss]]]]]`, digits only.
///
/// The precision is kept as it is, never padded. Source: ITI TF-3 table 4.2.3.1.7-2, DTM.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dtm(String);

impl Dtm {
    /// A time from its digits, or `None` when they are not 4, 6, 8, 10, 12 or 14 digits of a
    /// plausible time (the length of months is not checked).
    pub fn new(digits: &str) -> Option<Self> {
        let bytes = digits.as_bytes();
        let shape =
            (4..=14).contains(&bytes.len()) && bytes.len().is_multiple_of(2) && bytes.iter().all(u8::is_ascii_digit);
        let within = |at: usize, min: u8, max: u8| match bytes.get(at..at + 2) {
            Some([tens, units]) => (min..=max).contains(&((tens - b'0') * 10 + (units - b'0'))),
            _ => true,
        };
        (shape && within(4, 1, 12) && within(6, 1, 31) && within(8, 0, 23) && within(10, 0, 59) && within(12, 0, 60))
            .then(|| Self(digits.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Dtm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Cx {
    /// An identifier from its three parts.
    pub fn new(id: &str, authority: &str, type_code: &str) -> Self {
        Self { id: id.into(), authority: authority.into(), type_code: type_code.into() }
    }

    /// The attribute value.
    pub fn encode(&self) -> String {
        let authority = authority(&self.authority);
        components(&[&escape(&self.id), "", "", &authority, &escape(&self.type_code)])
    }

    /// Reads an attribute value; further components are dropped, missing ones are empty.
    pub fn decode(value: &str) -> Self {
        let c = split(value);
        Self { id: c.text(1), authority: c.universal_id(4), type_code: c.text(5) }
    }
}

impl Xcn {
    /// The attribute value.
    pub fn encode(&self) -> String {
        let (id, family, given) = (escape(&self.id), escape(&self.family), escape(&self.given));
        let authority = authority(&self.authority);
        components(&[
            &id,
            &family,
            &given,
            "",
            "",
            "",
            "",
            "",
            &authority,
            &escape(&self.name_type),
            "",
            "",
            &escape(&self.id_type),
        ])
    }

    /// Reads an attribute value; further components are dropped, missing ones are empty.
    pub fn decode(value: &str) -> Self {
        let c = split(value);
        Self {
            id: c.text(1),
            family: c.text(2),
            given: c.text(3),
            authority: c.universal_id(9),
            name_type: c.text(10),
            id_type: c.text(13),
        }
    }
}

impl Xon {
    /// The attribute value.
    pub fn encode(&self) -> String {
        let authority = authority(&self.authority);
        components(&[
            &escape(&self.name),
            "",
            "",
            "",
            "",
            &authority,
            &escape(&self.id_type),
            "",
            "",
            &escape(&self.id),
        ])
    }

    /// Reads an attribute value; further components are dropped, missing ones are empty.
    pub fn decode(value: &str) -> Self {
        let c = split(value);
        Self { name: c.text(1), authority: c.universal_id(6), id_type: c.text(7), id: c.text(10) }
    }
}

impl PersonName {
    fn encode(&self) -> String {
        components(&[
            &escape(&self.family),
            &escape(&self.given),
            &escape(&self.further_given),
            "",
            "",
            "",
            &escape(&self.name_type),
        ])
    }

    fn decode(value: &str) -> Self {
        let c = split(value);
        Self { family: c.text(1), given: c.text(2), further_given: c.text(3), name_type: c.text(7) }
    }
}

impl SourcePatientInfo {
    /// The lines, in the order PID-3, PID-5, PID-7, PID-8, others.
    pub fn encode(&self) -> Vec<String> {
        let ids = self.ids.iter().map(|id| format!("PID-3|{}", id.encode()));
        let names = self.names.iter().map(|n| format!("PID-5|{}", n.encode()));
        let birth = self.birth_date.iter().map(|d| format!("PID-7|{}", escape(d)));
        let sex = self.sex.iter().map(|s| format!("PID-8|{}", escape(s)));
        ids.chain(names).chain(birth).chain(sex).chain(self.other.iter().cloned()).collect()
    }

    /// Reads the lines; a line that is none of the four fields is kept in `other`.
    pub fn decode<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut info = Self::default();
        for line in lines {
            match line.trim().split_once('|') {
                Some(("PID-3", value)) => info.ids.extend(value.split('~').map(Cx::decode)),
                Some(("PID-5", value)) => info.names.extend(value.split('~').map(PersonName::decode)),
                Some(("PID-7", value)) => info.birth_date = Some(unescape(value)),
                Some(("PID-8", value)) => info.sex = Some(unescape(value)),
                _ => info.other.push(line.trim().to_owned()),
            }
        }
        info
    }
}

/// `&oid&ISO`, or nothing without an OID.
fn authority(oid: &str) -> String {
    if oid.is_empty() { String::new() } else { format!("&{}&ISO", escape(oid)) }
}

/// Joins components with `^`, without the empty ones at the end.
fn components(values: &[&str]) -> String {
    let n = values.iter().rposition(|v| !v.is_empty()).map_or(0, |at| at + 1);
    values[..n].join("^")
}

struct Components<'a>(Vec<&'a str>);

fn split(value: &str) -> Components<'_> {
    Components(value.trim().splitn(32, '^').collect())
}

impl Components<'_> {
    /// Component `n`, from 1.
    fn text(&self, n: usize) -> String {
        unescape(self.0.get(n - 1).unwrap_or(&""))
    }

    /// The universal identifier (second sub-component) of component `n`; when there is no
    /// sub-component, the component itself: some senders write the bare OID.
    fn universal_id(&self, n: usize) -> String {
        let component = self.0.get(n - 1).unwrap_or(&"");
        match component.split('&').nth(1) {
            Some(oid) => unescape(oid),
            None => unescape(component),
        }
    }
}

fn escape(value: &str) -> String {
    if !value.contains(['^', '&', '|', '~', '\\']) {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '|' => out.push_str("\\F\\"),
            '^' => out.push_str("\\S\\"),
            '&' => out.push_str("\\T\\"),
            '~' => out.push_str("\\R\\"),
            '\\' => out.push_str("\\E\\"),
            c => out.push(c),
        }
    }
    out
}

fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let sequence = rest.get(at..at + 3).unwrap_or("");
        let plain = match sequence {
            "\\F\\" => '|',
            "\\S\\" => '^',
            "\\T\\" => '&',
            "\\R\\" => '~',
            "\\E\\" => '\\',
            _ => {
                out.push('\\');
                rest = &rest[at + 1..];
                continue;
            }
        };
        out.push(plain);
        rest = &rest[at + 3..];
    }
    out.push_str(rest);
    out
}

/// Types that hold data about people print as their name only.
macro_rules! opaque_debug {
    ($($type:ident)*) => {
        $(impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        })*
    };
}
pub(crate) use opaque_debug;

opaque_debug!(Cx Xcn Xon PersonName SourcePatientInfo Dtm);
