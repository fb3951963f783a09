//! Professionals and structures: prescribers, biologists, laboratories.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};

/// Number of a professional in the national directory: 11 digits.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rpps(String);

impl Rpps {
    /// Reads 11 digits, or the 12-character national form that prefixes them with `8`.
    ///
    /// Source: PS_IdNat, ANS (type 8 + RPPS).
    pub fn parse(text: &str) -> Option<Self> {
        let digits = match text.len() {
            11 => text,
            12 => text.strip_prefix('8')?,
            _ => return None,
        };
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| Self(digits.to_owned()))
    }

    /// The 11 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The national identifier: `8` + RPPS.
    pub fn national_id(&self) -> String {
        format!("8{}", self.0)
    }
}

/// Number of a structure: FINESS, 9 characters.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Finess(String);

impl Finess {
    /// Reads 9 characters (digits, or `2A`/`2B` in front), or the national form that prefixes them with `1`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = match text.len() {
            9 => text,
            10 => text.strip_prefix('1')?,
            _ => return None,
        };
        let plain = number
            .bytes()
            .enumerate()
            .all(|(at, byte)| byte.is_ascii_digit() || (at == 1 && matches!(byte, b'A' | b'B')));
        plain.then(|| Self(number.to_owned()))
    }

    /// The 9 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The national identifier: `1` + FINESS.
    pub fn national_id(&self) -> String {
        format!("1{}", self.0)
    }
}

/// A postal address as printed, at most four lines and a town line.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Address {
    /// Street lines.
    pub lines: Vec<String>,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub city: String,
}

/// What a professional may do, as directories code it: `G15_10/SM03`, with its label.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Specialty {
    /// Code of JDV_J01 (profession and specialty).
    pub code: String,
    /// French label.
    pub label: String,
}

/// A health professional.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Professional {
    /// National number; `None` when the sender gave none that can be read.
    pub rpps: Option<Rpps>,
    /// Family name, upper case.
    pub family: String,
    /// Given name.
    pub given: String,
    /// `DR`, `PR`… (JDV_J246), empty when unknown.
    pub title: String,
    /// Profession and specialty.
    pub specialty: Option<Specialty>,
    /// Secure mail address, lower case.
    pub mailbox: Option<MssanteAddress>,
    /// Telephone as printed.
    pub phone: Option<String>,
    /// Where they practice.
    pub address: Option<Address>,
}

impl Professional {
    /// As printed: `Dr Camille MOREAU`.
    pub fn printed(&self) -> String {
        let title = match self.title.as_str() {
            "DR" => "Dr ",
            "PR" => "Pr ",
            _ => "",
        };
        if self.given.is_empty() {
            format!("{title}{}", self.family)
        } else {
            format!("{title}{} {}", self.given, self.family)
        }
    }
}

/// An address of the MSSanté space of trust: its domain ends with `mssante.fr`.
///
/// Domains delegated to a structure also end so. Source: MSSanté référentiel #2, adresses.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MssanteAddress(String);

impl MssanteAddress {
    /// Reads an address; `None` outside the space of trust or with characters that mail headers could misread.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (local, domain) = text.split_once('@')?;
        let plain = |part: &str, also: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with('.')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        let trusted = is_mssante_domain(domain);
        (text.len() <= 254 && trusted && plain(local, ".-_+'") && plain(domain, ".-")).then_some(Self(text))
    }

    /// What follows the `@`, lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a domain, in lower case, is `mssante.fr` or under it.
pub fn is_mssante_domain(domain: &str) -> bool {
    domain == "mssante.fr" || domain.ends_with(".mssante.fr")
}

/// The MSSanté domains that may be written to: all of them, or only those of the white list.
///
/// A list narrows and never widens: no list makes an address of another space one of MSSanté. A domain is trusted as it
/// stands in the list: those under it are others.
///
/// Source: ANS, liste blanche des domaines MSSanté.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TrustedDomains(Option<Arc<HashSet<String>>>);

/// Why an address is not written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddressRefusal {
    /// It is not an address of the MSSanté space of trust.
    OutsideMssante,
    /// Its domain is not in the white list.
    NotListed,
}

impl AddressRefusal {
    /// The code of the finding.
    pub fn code(self) -> &'static str {
        match self {
            Self::OutsideMssante => "RECIPIENT-ADDRESS-OUTSIDE-MSSANTE",
            Self::NotListed => "RECIPIENT-DOMAIN-NOT-LISTED",
        }
    }
}

impl TrustedDomains {
    /// Only these; upper and lower case are the same.
    pub fn listed<'a>(domains: impl IntoIterator<Item = &'a str>) -> Self {
        Self(Some(Arc::new(domains.into_iter().map(str::to_ascii_lowercase).collect())))
    }

    /// Whether a domain may be written to.
    pub fn holds(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        is_mssante_domain(&domain) && self.0.as_ref().is_none_or(|listed| listed.contains(&domain))
    }

    /// Whether an address may be written to.
    pub fn trusts(&self, address: &MssanteAddress) -> bool {
        self.holds(address.domain())
    }

    /// Reads an address that may be written to, or says why it is not one.
    pub fn read(&self, text: &str) -> Result<MssanteAddress, AddressRefusal> {
        let address = MssanteAddress::parse(text).ok_or(AddressRefusal::OutsideMssante)?;
        if self.trusts(&address) { Ok(address) } else { Err(AddressRefusal::NotListed) }
    }
}

impl std::fmt::Debug for TrustedDomains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(listed) => write!(f, "TrustedDomains({})", listed.len()),
            None => f.write_str("TrustedDomains(all)"),
        }
    }
}

/// A medical laboratory or one of its sites.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Laboratory {
    /// Name as printed.
    pub name: String,
    /// FINESS of the site (géographique).
    pub finess: Finess,
    /// Postal address.
    pub address: Address,
    /// Telephone as printed.
    pub phone: String,
    /// COFRAC accreditation number, `8-XXXX`.
    pub accreditation: Option<String>,
    /// The biologist who answers for the laboratory.
    pub director: Professional,
}

/// A laboratory that an analysis is sent out to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subcontractor {
    /// Name as printed.
    pub name: String,
    /// Address and telephone as printed, on one line; may be empty.
    pub contact: String,
    /// Number of its accreditation, `8-XXXX`; `None` when none covers the analysis there.
    pub accreditation: Option<String>,
    /// FINESS of its site, when known.
    #[serde(default)]
    pub finess: Option<Finess>,
}

impl Subcontractor {
    /// As a report names it: `Examens sous-traités : Laboratoire X, 2 rue Y, 01 23…, sous accréditation Cofrac n° 8-XXXX.`
    ///
    /// Source: Ségur SGL.DOC.13 (name and contact of the laboratory that made the tests), .10 (its accreditation).
    pub fn printed(&self) -> String {
        let contact = if self.contact.is_empty() { "" } else { ", " };
        let accreditation = match &self.accreditation {
            Some(number) => format!("sous accréditation Cofrac n° {number}"),
            None => "hors accréditation".to_owned(),
        };
        format!("Examens sous-traités : {}{contact}{}, {accreditation}.", self.name, self.contact)
    }
}

/// Whether a text is the number of an accreditation of a medical laboratory: `8-` and at most five digits.
///
/// Source: Ségur SGL.DOC.10 (`8-xxxx`); COFRAC numbers medical biology under section 8.
pub fn is_accreditation_number(text: &str) -> bool {
    let digits = text.strip_prefix("8-").unwrap_or("");
    (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_space_of_trust_are_accepted() {
        for good in ["eva.blue@medecin.mssante.fr", "279035121518989@patient.mssante.fr"] {
            assert!(MssanteAddress::parse(good).is_some(), "{good}");
        }
        for bad in ["a@gmail.com", "a@mssante.fr.evil.com", "a\r\nb@x.mssante.fr", "a b@x.mssante.fr", "@x.mssante.fr"]
        {
            assert!(MssanteAddress::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_white_list_narrows_the_space_of_trust_and_never_widens_it() {
        let all = TrustedDomains::default();
        assert!(all.read("a@chb.mssante.fr").is_ok());
        assert_eq!(all.read("a@gmail.com"), Err(AddressRefusal::OutsideMssante));
        let listed = TrustedDomains::listed(["CHB.mssante.fr", "gmail.com"]);
        assert!(listed.read("A@Chb.Mssante.fr").is_ok());
        for (text, expected) in [
            ("a@autre.mssante.fr", AddressRefusal::NotListed),
            ("a@sous.chb.mssante.fr", AddressRefusal::NotListed),
            ("a@gmail.com", AddressRefusal::OutsideMssante),
        ] {
            assert_eq!(listed.read(text), Err(expected), "{text}");
        }
        assert!(!listed.holds("gmail.com") && listed.holds("chb.MSSANTE.fr"));
    }

    #[test]
    fn national_numbers_are_read_with_and_without_their_type_digit() {
        assert_eq!(Rpps::parse("801234534765").map(|n| n.national_id()), Some("801234534765".into()));
        assert_eq!(Rpps::parse("01234534765").map(|n| n.national_id()), Some("801234534765".into()));
        assert_eq!(Rpps::parse("12AB"), None);
        assert_eq!(Finess::parse("1120459876").map(|n| n.as_str().to_owned()), Some("120459876".into()));
        assert!(Finess::parse("2A0459876").is_some());
    }

    #[test]
    fn an_accreditation_of_a_medical_laboratory_is_of_section_8() {
        assert!(is_accreditation_number("8-1234") && is_accreditation_number("8-0001"));
        for bad in ["", "8-", "1-1234", "8-12A4", "8-123456", "8 1234"] {
            assert!(!is_accreditation_number(bad), "{bad}");
        }
    }
}
