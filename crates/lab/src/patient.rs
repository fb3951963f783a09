//! The patient: traits, national identity, what they agreed to.

use crate::{id::PatientId, person::Address, redact_debug};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Administrative sex, as the identity service knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Not known; such an identity is never qualified.
    Unknown,
}

/// A matricule INS: 13 characters and their key, checked.
///
/// The month may be out of the calendar and the first digit is not bound to the sex:
/// neither is checked. Source: CNAM INSi schema (`\d{6}[A-Za-z0-9]\d{6}` + `\d{2}`); key 97 − N mod 97,
/// Corsica read as 19 (2A) and 18 (2B).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InsMatricule(String);
redact_debug!(InsMatricule);

/// Why a text is not a matricule. Safe to log: holds no character of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InsMatriculeError {
    /// Not 15 characters.
    Length,
    /// A character that may not stand there.
    Character,
    /// The two last digits do not answer to the thirteen first.
    Key,
}

impl InsMatricule {
    /// Reads 15 characters, key included; lower-case `a`/`b` of Corsica are accepted.
    pub fn parse(text: &str) -> Result<Self, InsMatriculeError> {
        let text = text.to_ascii_uppercase();
        let bytes = text.as_bytes();
        if bytes.len() != 15 {
            return Err(InsMatriculeError::Length);
        }
        let allowed = bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| byte.is_ascii_digit() || (at == 6 && matches!(byte, b'A' | b'B')));
        if !allowed {
            return Err(InsMatriculeError::Character);
        }
        let (number, key) = text.split_at(13);
        (key_of(number) == key.parse().ok()).then_some(()).ok_or(InsMatriculeError::Key)?;
        Ok(Self(text))
    }

    /// The 15 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key of 13 characters: 1 to 97.
fn key_of(number: &str) -> Option<u64> {
    let corsica = match number.as_bytes().get(6) {
        Some(b'A') => 1_000_000,
        Some(b'B') => 2_000_000,
        _ => 0,
    };
    let number: u64 = number.replace(['A', 'B'], "0").parse().ok()?;
    Some(97 - number.checked_sub(corsica)? % 97)
}

/// Who attributed the matricule. Each profile maps it to its object identifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum InsAuthority {
    /// NIR, production.
    Nir,
    /// NIA (waiting number), production.
    Nia,
    /// NIR of the test space.
    NirTest,
    /// NIR of the demonstration space.
    NirDemo,
}

/// A national health identity: who, attributed by whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ins {
    /// The matricule with its key.
    pub matricule: InsMatricule,
    /// The attributing authority.
    pub authority: InsAuthority,
}
redact_debug!(Ins);

/// The four states of an identity.
///
/// Source: RNIV, EXI SI 07; Ségur SGL.INS.22–.25.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum IdentityStatus {
    /// Provisoire: neither the national service nor a paper backs it.
    Provisional,
    /// Récupérée: the national service backs it.
    Retrieved,
    /// Validée: a high-trust paper backs it.
    Validated,
    /// Qualifiée: both back it.
    Qualified,
}

impl IdentityStatus {
    /// The code stored and exchanged: `PROV`, `RECUP`, `VALI`, `QUAL`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Provisional => "PROV",
            Self::Retrieved => "RECUP",
            Self::Validated => "VALI",
            Self::Qualified => "QUAL",
        }
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Provisional, Self::Retrieved, Self::Validated, Self::Qualified]
            .into_iter()
            .find(|status| status.code() == code)
    }
}

/// What identifies a person in words. Strict traits first, then complementary ones.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traits {
    /// Nom de naissance, upper case.
    pub birth_name: String,
    /// Premier prénom de naissance; empty when unknown.
    pub first_given: String,
    /// Prénoms de naissance, separated by spaces; empty when unknown.
    pub given_names: String,
    /// Birth date; `None` when unknown or out of the calendar.
    pub birth_date: Option<Date>,
    /// Administrative sex.
    pub sex: Sex,
    /// Code officiel géographique of the birth place, 5 characters.
    pub birth_place: Option<String>,
    /// Nom utilisé.
    pub used_name: Option<String>,
    /// Prénom utilisé.
    pub used_given: Option<String>,
}
redact_debug!(Traits);

impl Traits {
    /// Whether the traits that an INS needs are all there.
    ///
    /// Source: CI-SIS structuration minimale, traits of an INS; birth place may be unknown as `99999`.
    pub fn are_complete(&self) -> bool {
        !self.birth_name.is_empty()
            && !self.first_given.is_empty()
            && !self.given_names.is_empty()
            && self.birth_date.is_some()
            && self.sex != Sex::Unknown
            && self.birth_place.is_some()
    }

    /// Whether the strict traits of two identities are the same, letter for letter.
    pub fn same_strict(&self, other: &Self) -> bool {
        self.birth_name == other.birth_name
            && self.first_given == other.first_given
            && self.given_names == other.given_names
            && self.birth_date == other.birth_date
            && self.sex == other.sex
            && self.birth_place == other.birth_place
    }

    /// As printed: `PAT-TROIS Dominique`, used name first when there is one.
    pub fn printed(&self) -> String {
        let family = self.used_name.as_deref().unwrap_or(&self.birth_name);
        let given = self.used_given.as_deref().unwrap_or(&self.first_given);
        format!("{family} {given}").trim_end().to_owned()
    }
}

/// The patient's decision about one channel, as recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, Serialize, Deserialize)]
pub struct Oppositions {
    /// Opposed to feeding the DMP (legitimate ground; PAM France ZFA-9 `IO`).
    pub dmp: bool,
    /// Opposed to secure mail to professionals.
    pub mssante_pro: bool,
    /// Opposed to secure mail to themselves.
    pub mssante_patient: bool,
}

/// A patient as known when a decision is taken.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// Our identifier.
    pub id: PatientId,
    /// Number in the laboratory (IPP).
    pub local_id: String,
    /// Traits.
    pub traits: Traits,
    /// State of the identity.
    pub status: IdentityStatus,
    /// National identity, kept whatever the status, sent only when qualified.
    pub ins: Option<Ins>,
    /// Decisions about channels.
    pub oppositions: Oppositions,
    /// Postal address.
    pub address: Option<Address>,
    /// Telephone.
    pub phone: Option<String>,
    /// Who acts for them: a parent of a minor, a guardian.
    #[serde(default)]
    pub guardian: Option<Guardian>,
}
redact_debug!(Patient);

/// Who acts for a patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardian {
    /// Family name.
    pub family: String,
    /// Given name; may be empty.
    pub given: String,
    /// Relation to the patient as printed: *mère*, *tuteur*; may be empty.
    pub relation: String,
    /// Telephone.
    pub phone: Option<String>,
    /// Postal address.
    pub address: Option<Address>,
}
redact_debug!(Guardian);

/// How a relative stands to a patient.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Kinship {
    /// Acts for them by a decision, at any age.
    Guardian,
    /// Acts for them as long as they are a minor.
    Parent,
}

/// Age of majority, in days: 18 years.
pub(crate) const MAJORITY_DAYS: i32 = 6575;

impl Guardian {
    /// Who acts for a patient among their relatives: the guardian, else the first parent of a minor.
    ///
    /// Of unknown age (`None`), a patient is no minor. Source: Code civil, articles 388-1-1 (parents of a minor) and 425.
    pub fn among(relatives: &[(Kinship, Self)], age_days: Option<i32>) -> Option<&Self> {
        let is_minor = age_days.is_some_and(|age| age < MAJORITY_DAYS);
        let named = |wanted| relatives.iter().find(|(kinship, _)| *kinship == wanted).map(|(_, who)| who);
        named(Kinship::Guardian).or_else(|| named(Kinship::Parent).filter(|_| is_minor))
    }

    /// As printed: `MARTIN Claire (mère)`.
    pub fn printed(&self) -> String {
        let name = format!("{} {}", self.family, self.given);
        match self.relation.trim() {
            "" => name.trim_end().to_owned(),
            relation => format!("{} ({relation})", name.trim_end()),
        }
    }
}

impl Patient {
    /// The INS, only when it may leave the laboratory.
    ///
    /// Source: RNIV; Ségur SGL.INS.37 (a matricule is never sent unless the identity is qualified).
    pub fn ins_for_sending(&self) -> Option<&Ins> {
        match self.status {
            IdentityStatus::Qualified => self.ins.as_ref(),
            IdentityStatus::Provisional | IdentityStatus::Retrieved | IdentityStatus::Validated => None,
        }
    }

    /// Age in days on a day; `None` when the birth date is unknown.
    pub fn age_days(&self, on: Date) -> Option<i32> {
        let birth = self.traits.birth_date?;
        on.since(birth).ok().map(|span| span.get_days())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_matricules_have_the_right_key() {
        for good in [
            "207058575627097",
            "279035121518989",
            "260058815400233",
            "124018852493334",
            "180012A12345620",
            "180012B12345647",
            "180012b12345647",
        ] {
            assert!(InsMatricule::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_matricule_with_a_wrong_key_length_or_character_is_refused() {
        assert_eq!(InsMatricule::parse("276037510669380"), Err(InsMatriculeError::Key));
        assert_eq!(InsMatricule::parse("2790351215189"), Err(InsMatriculeError::Length));
        assert_eq!(InsMatricule::parse("27903512151898A"), Err(InsMatriculeError::Character));
        assert_eq!(InsMatricule::parse("é79035121518989"), Err(InsMatriculeError::Length));
    }

    #[test]
    fn every_changed_digit_is_noticed() {
        let good = "279035121518989";
        for at in 0..15 {
            for digit in b'0'..=b'9' {
                let mut bytes = good.as_bytes().to_vec();
                if bytes[at] == digit {
                    continue;
                }
                bytes[at] = digit;
                let changed = String::from_utf8(bytes).expect("digits");
                assert!(InsMatricule::parse(&changed).is_err(), "{changed}");
            }
        }
    }
}
