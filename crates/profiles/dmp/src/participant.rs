//! People and structures as metadata spells them: XCN, XON, specialty.
//!
//! Source: CI-SIS volet partage de documents de santé (author, legalAuthenticator); ANS, PS_IdNat and Struct_IdNat.

use cr_bio::Software;
use lab::person::{Laboratory, Professional};
use xds::{Author, Xcn, Xon};

/// A professional: `8<RPPS>^FAMILY^Given^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS`.
///
/// Without an RPPS, the name alone.
pub fn professional(it: &Professional) -> Xcn {
    let name = Xcn { family: it.family.clone(), given: it.given.clone(), name_type: "D".into(), ..Xcn::default() };
    match &it.rpps {
        None => name,
        Some(rpps) => Xcn {
            id: rpps.national_id(),
            authority: cr_bio::codes::PROFESSIONAL_ROOT.into(),
            id_type: "IDNPS".into(),
            ..name
        },
    }
}

/// A laboratory: `Name^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1<FINESS>`.
pub fn laboratory(it: &Laboratory) -> Xon {
    Xon {
        name: it.name.clone(),
        authority: cr_bio::codes::STRUCTURE_ROOT.into(),
        id_type: "IDNST".into(),
        id: it.finess.national_id(),
    }
}

/// Professions and specialties (JDV_J01_XdsAuthorSpecialty).
const SPECIALTY_ROOT: &str = "1.2.250.1.213.1.1.4.5";

/// A professional writing for a laboratory; the specialty is `code^label^1.2.250.1.213.1.1.4.5`.
pub fn author(person: &Professional, organization: &Laboratory) -> Author {
    let specialty = person.specialty.as_ref().map(|it| {
        let (code, label) = (component(&it.code), component(&it.label));
        format!("{code}^{label}^{}", SPECIALTY_ROOT)
    });
    Author {
        person: Some(professional(person)),
        institutions: vec![laboratory(organization)],
        roles: Vec::new(),
        specialties: specialty.into_iter().collect(),
    }
}

/// The software that wrote the document, as its laboratory's device:
/// `1<FINESS>^Name^Version^^^^^^&1.2.250.1.71.4.2.2&ISO^U^^^RI`.
pub fn software(it: &Software, organization: &Laboratory) -> Author {
    let person = Xcn {
        id: organization.finess.national_id(),
        family: it.name.clone(),
        given: it.version.clone(),
        authority: cr_bio::codes::STRUCTURE_ROOT.into(),
        name_type: "U".into(),
        id_type: "RI".into(),
    };
    Author {
        person: Some(person),
        institutions: vec![laboratory(organization)],
        roles: Vec::new(),
        specialties: vec!["DISPOSITIF^Dispositif médical^1.2.250.1.213.1.1.4.6".into()],
    }
}

/// Codes and labels of value sets hold no delimiter: one that does lost its way, and must not shift the others.
fn component(text: &str) -> String {
    text.replace(['^', '&', '|', '~', '\\'], " ")
}
