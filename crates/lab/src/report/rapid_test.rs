//! Rapid test: what a report of a test made on the spot (TROD) says beside its results.
//!
//! In: what is looked for, with which device. Out: a part of the model of a report, of a pharmacist, a physician or a
//! laboratory. The results themselves are results as any other; the signer is who made the test.
//! The patient's consent is not a property: without it there is no test, and no report.
//!
//! Source: BIO-TROD 2024.01, its four published examples and its schematron.

use crate::{
    quantity::{CodeSystem, Coded},
    redact_debug,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terminology::usual::UsualRapidTest;

/// What makes a report one of a rapid test.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RapidTest {
    /// What the title names: `Angine`.
    pub name: String,
    /// The condition looked for: CIM-10, or SNOMED CT.
    pub condition: Coded,
    /// Conditions that the same device looks for.
    pub also: Vec<Coded>,
    /// The device.
    pub device: TestDevice,
}
redact_debug!(RapidTest);

impl RapidTest {
    /// One of the usual tests, made with that device.
    pub fn usual(test: &UsualRapidTest, device: TestDevice) -> Self {
        let condition = |it: &(&str, &str)| Coded { system: CodeSystem::Icd10, code: it.0.into(), label: it.1.into() };
        Self {
            name: test.name.to_owned(),
            condition: condition(&test.condition),
            also: test.also.iter().map(condition).collect(),
            device,
        }
    }

    /// Every condition looked for, the first one first.
    pub fn conditions(&self) -> impl Iterator<Item = &Coded> {
        std::iter::once(&self.condition).chain(&self.also)
    }
}

/// The device of a rapid test: what its box says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TestDevice {
    /// Unique identifier, when the box has one.
    pub udi: Option<Udi>,
    /// Who makes it.
    pub maker: String,
    /// Its reference.
    pub reference: String,
    /// Its lot.
    pub lot: String,
    /// Until when it may be used.
    pub expires_on: Option<Date>,
}

/// A unique device identifier, as its carrier writes it: `(01)03612345678903(17)251231(10)B987654`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Udi {
    /// Who issues it.
    pub issuer: UdiIssuer,
    /// The identifier.
    pub code: String,
}

/// Who issues unique device identifiers. Source: schematron of BIO-TROD 2024.01, roots of the identifier of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum UdiIssuer {
    /// GS1.
    Gs1,
    /// HIBCC.
    Hibcc,
    /// ICCBBA.
    Iccbba,
}

/// Longest identifier read, in characters; a bound of ours, three times the longest carrier of a box.
const MAX_UDI_CHARS: usize = 200;

impl Udi {
    /// Reads an identifier as its carrier writes it, blanks around it; the first sign tells who issues it.
    ///
    /// `None` for anything else. Source: formats of the issuing entities: GS1 `(01)`, HIBCC `+`, ICCBBA `=` or `&`.
    pub fn parse(text: &str) -> Option<Self> {
        let code = text.trim();
        let issuer = match code.chars().next()? {
            '(' if code.starts_with("(01)") => UdiIssuer::Gs1,
            '+' => UdiIssuer::Hibcc,
            '=' | '&' => UdiIssuer::Iccbba,
            _ => return None,
        };
        let is_bounded = code.chars().count() <= MAX_UDI_CHARS && code.chars().all(|c| c.is_ascii_graphic());
        is_bounded.then(|| Self { issuer, code: code.to_owned() })
    }

    /// The lot, when GS1 issued it and it says so.
    pub fn lot(&self) -> Option<&str> {
        self.part("10")
    }

    /// Until when the device may be used, when GS1 issued the identifier and it says so.
    ///
    /// Years are of this century; day `00` is the last of the month. Source: GS1 General Specifications, AI (17).
    pub fn expires_on(&self) -> Option<Date> {
        let digits = self.part("17").filter(|it| it.len() == 6 && it.bytes().all(|digit| digit.is_ascii_digit()))?;
        let number = |range: std::ops::Range<usize>| digits[range].parse::<i8>().ok();
        let (year, month, day) = (2000 + i16::from(number(0..2)?), number(2..4)?, number(4..6)?);
        match day {
            0 => Date::new(year, month, 1).ok().map(Date::last_of_month),
            _ => Date::new(year, month, day).ok(),
        }
    }

    /// What stands behind an application identifier of GS1.
    fn part(&self, identifier: &str) -> Option<&str> {
        let mut parts = self.code.split('(').filter_map(|part| part.split_once(')'));
        parts
            .find(|(known, value)| self.issuer == UdiIssuer::Gs1 && *known == identifier && !value.is_empty())
            .map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_sign_of_an_identifier_tells_who_issues_it() {
        let table = [
            (" (01)03612345678903(17)251231(10)B987654 ", Some(UdiIssuer::Gs1)),
            ("+H123PARTNO1234567890120/$$420020216LOT1", Some(UdiIssuer::Hibcc)),
            ("=/A9999XYZ100T0944=,000025", Some(UdiIssuer::Iccbba)),
            ("03612345678903", None),
            ("(01)0361 2345", None),
            ("", None),
        ];
        for (text, issuer) in table {
            assert_eq!(Udi::parse(text).map(|it| it.issuer), issuer, "{text}");
        }
        assert_eq!(Udi::parse(&format!("(01){}", "1".repeat(200))), None);
    }

    #[test]
    fn an_identifier_of_gs1_says_lot_and_day() {
        let udi = |text: &str| Udi::parse(text).unwrap();
        let whole = udi("(01)03612345678903(17)251231(10)B987654");
        assert_eq!((whole.lot(), whole.expires_on()), (Some("B987654"), Some(jiff::civil::date(2025, 12, 31))));
        assert_eq!(udi("(01)1(17)260200").expires_on(), Some(jiff::civil::date(2026, 2, 28)));
        for odd in ["(01)1", "(01)1(17)26130é", "(01)1(17)261301", "+H(10)B(17)251231"] {
            let Some(udi) = Udi::parse(odd) else { continue };
            assert_eq!((udi.lot(), udi.expires_on()), (None, None), "{odd}");
        }
    }
}
