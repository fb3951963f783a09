//! Rapid test: what a report of a test made on the spot (TROD) says beside its results.
//!
//! In: what is looked for, with which device. Out: a part of the model of a report, of a pharmacist, a physician or a
//! laboratory. The results themselves are results as any other; the signer is who made the test.
//! The patient's consent is not a property: without it there is no test, and no report.
//!
//! Source: BIO-TROD 2024.01, its four published examples and its schematron.

use crate::{quantity::Coded, redact_debug};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
