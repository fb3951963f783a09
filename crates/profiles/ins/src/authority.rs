//! Who attributed a matricule: object identifiers both ways, and which ones an environment accepts.
//!
//! In: an identifier and a matricule as text. Out: an [`Ins`] whose key was checked, or a [`Refusal`].
//! It does not know how a message carries them.

use lab::patient::{Ins, InsAuthority, InsMatricule, InsMatriculeError, Patient};

/// Every authority with its object identifier.
///
/// | authority           | object identifier      |
/// |---------------------|------------------------|
/// | NIR                 | `1.2.250.1.213.1.4.8`  |
/// | NIA                 | `1.2.250.1.213.1.4.9`  |
/// | NIR, test           | `1.2.250.1.213.1.4.10` |
/// | NIR, demonstration  | `1.2.250.1.213.1.4.11` |
///
/// The older INS-C (`….4.2`) is not there: it is never sent and never taken for an INS.
/// Source: Interop'Santé, contraintes sur les types de données HL7 v2.5, autorités d'affectation de l'INS.
const AUTHORITIES: [(InsAuthority, &str); 4] = [
    (InsAuthority::Nir, "1.2.250.1.213.1.4.8"),
    (InsAuthority::Nia, "1.2.250.1.213.1.4.9"),
    (InsAuthority::NirTest, "1.2.250.1.213.1.4.10"),
    (InsAuthority::NirDemo, "1.2.250.1.213.1.4.11"),
];

/// The object identifier of an authority, dotted.
#[must_use]
pub fn oid(authority: InsAuthority) -> &'static str {
    match authority {
        InsAuthority::Nir => AUTHORITIES[0].1,
        InsAuthority::Nia => AUTHORITIES[1].1,
        InsAuthority::NirTest => AUTHORITIES[2].1,
        InsAuthority::NirDemo => AUTHORITIES[3].1,
    }
}

/// The authority an object identifier names; `None` for any other identifier.
#[must_use]
pub fn authority_of(oid: &str) -> Option<InsAuthority> {
    AUTHORITIES.iter().find(|(_, known)| *known == oid).map(|(authority, _)| *authority)
}

/// Which world an installation works in. A setting, chosen once.
///
/// The national test platforms answer with the production identifier for invented people: a client of those platforms
/// relabels them before they get here, so that no test identity can ever pass for a real one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Environment {
    /// Real patients: NIR and NIA.
    Production,
    /// Invented patients: NIR of the test and demonstration spaces.
    Test,
}

impl Environment {
    /// Whether a matricule of that authority may be used here.
    #[must_use]
    pub fn accepts(self, authority: InsAuthority) -> bool {
        let is_real = match authority {
            InsAuthority::Nir | InsAuthority::Nia => true,
            InsAuthority::NirTest | InsAuthority::NirDemo => false,
        };
        match self {
            Self::Production => is_real,
            Self::Test => !is_real,
        }
    }
}

/// Why an announced INS is not taken. Safe to log: holds no character of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Refusal {
    /// The matricule is not 15 characters, or one of them may not stand there.
    Form,
    /// The key does not answer to the number.
    Key,
    /// The object identifier is not one of an INS, or belongs to another environment.
    Authority,
}

impl Refusal {
    /// The finding code: `INS-FORM`, `INS-KEY` or `INS-AUTHORITY`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Form => "INS-FORM",
            Self::Key => "INS-KEY",
            Self::Authority => "INS-AUTHORITY",
        }
    }
}

/// Reads an INS from its two parts: matricule of 15 characters, object identifier.
///
/// Errors: [`Refusal`], the first of authority, form, key.
pub fn parse(matricule: &str, oid: &str, environment: Environment) -> Result<Ins, Refusal> {
    let authority = authority_of(oid).filter(|it| environment.accepts(*it)).ok_or(Refusal::Authority)?;
    let matricule = InsMatricule::parse(matricule).map_err(|error| match error {
        InsMatriculeError::Key => Refusal::Key,
        InsMatriculeError::Length | InsMatriculeError::Character => Refusal::Form,
    })?;
    Ok(Ins { matricule, authority })
}

/// The INS that may leave the laboratory: the identity is qualified, its five strict traits are known, and the
/// matricule belongs to this environment.
///
/// Source: RNIV; Ségur SGL.INS.37; CI-SIS structuration minimale (a matricule never goes without its traits).
#[must_use]
pub fn sendable(patient: &Patient, environment: Environment) -> Option<&Ins> {
    patient.ins_for_sending().filter(|ins| patient.traits.are_complete() && environment.accepts(ins.authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_identifiers_are_read_back_to_their_authority() {
        for (authority, text) in AUTHORITIES {
            assert_eq!(oid(authority), text);
            assert_eq!(authority_of(text), Some(authority));
        }
        for other in ["1.2.250.1.213.1.4.2", "1.2.250.1.213.1.4", "1.2.250.1.213.1.4.88", ""] {
            assert_eq!(authority_of(other), None, "{other}");
        }
    }

    #[test]
    fn an_environment_accepts_only_its_own_people() {
        let table = [
            (InsAuthority::Nir, true, false),
            (InsAuthority::Nia, true, false),
            (InsAuthority::NirTest, false, true),
            (InsAuthority::NirDemo, false, true),
        ];
        for (authority, production, test) in table {
            assert_eq!(Environment::Production.accepts(authority), production, "{authority:?}");
            assert_eq!(Environment::Test.accepts(authority), test, "{authority:?}");
        }
    }

    #[test]
    fn a_refusal_says_which_part_is_wrong() {
        let test = "1.2.250.1.213.1.4.10";
        let read = |matricule, oid| parse(matricule, oid, Environment::Test).map(|_| ());
        assert_eq!(read("279035121518989", test), Ok(()));
        assert_eq!(read("279035121518988", test), Err(Refusal::Key));
        assert_eq!(read("2790351215189", test), Err(Refusal::Form));
        assert_eq!(read("27903512151898X", test), Err(Refusal::Form));
        assert_eq!(read("279035121518989", "1.2.250.1.213.1.4.8"), Err(Refusal::Authority));
    }
}
