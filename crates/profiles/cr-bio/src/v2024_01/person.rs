//! People and structures: names, addresses, telephones, identifiers, as the structuration minimale takes them.
//!
//! In: professionals, laboratories, patients. Out: the same as CDA.
//! A missing datum is a null flavor where the norm accepts one, and nothing elsewhere.

use super::element::{constant, extension, id, value};
use crate::codes::{COFRAC_ROOT, PROFESSIONAL_ROOT, STRUCTURE_ROOT};
use cda::{Attribute, Cd, CustodianOrganization, Ii, Name, Organization, Part, Person, Tel};
use lab::{
    patient::Traits,
    person::{Address, Laboratory, Professional, Subcontractor},
    report::Mentions,
};
use std::borrow::Cow;
use terminology::jdv::{AUTHOR_SPECIALTY, TITLE};

/// Lines of an address without its town: seven in all (structuration minimale).
const N_LINES: usize = 6;

/// Adds a name part, unless blank: empty parts are refused.
fn push_part<'a>(name: &mut Name<'a>, kind: &'static str, qualifier: Attribute<'a>, text: &'a str) {
    let text = text.trim();
    if !text.is_empty() {
        name.parts.push((kind, Part { qualifier, ..Part::new(text) }));
    }
}

/// A part that there must be and that is not known.
fn unknown_part<'a>(qualifier: Attribute<'a>) -> Part<'a> {
    Part { null_flavor: value("UNK"), qualifier, ..Part::default() }
}

/// A name that is one text, of an organization or a place.
pub(super) fn plain_name(text: &str) -> Name<'_> {
    Name { parts: vec![("", Part::new(text))], ..Name::default() }
}

/// `name` of a professional: given, family, title when it is of JDV_J246.
pub(super) fn professional_name(professional: &Professional) -> Name<'_> {
    named(&professional.given, &professional.family, &professional.title)
}

/// A name of given name, family name and title.
pub(super) fn named<'a>(given: &'a str, family: &'a str, title: &'a str) -> Name<'a> {
    let mut name = Name::default();
    push_part(&mut name, "given", None, given);
    if family.trim().is_empty() {
        name.parts.push(("family", unknown_part(None)));
    } else {
        push_part(&mut name, "family", None, family);
    }
    if TITLE.find(title).is_some() {
        push_part(&mut name, "suffix", None, title);
    }
    name
}

/// A professional as a person.
pub(super) fn person(professional: &Professional) -> Vec<Person<'_>> {
    vec![Person { name: vec![professional_name(professional)], ..Person::default() }]
}

/// `name` of a patient: birth name and given names (`BR`), then the names in use (`CL`).
///
/// The list of given names has no qualifier. Source: structuration minimale, patient/name.
pub(super) fn patient_name(traits: &Traits) -> Name<'_> {
    let (birth, used) = (|| value("BR"), || value("CL"));
    let mut name = Name::default();
    if traits.birth_name.trim().is_empty() {
        name.parts.push(("family", unknown_part(birth())));
    }
    push_part(&mut name, "family", birth(), &traits.birth_name);
    // One given name without qualifier is compulsory: the nearest known one stands for the list.
    let known = [Some(traits.given_names.as_str()), Some(&traits.first_given), traits.used_given.as_deref()];
    match known.into_iter().flatten().find(|given| !given.trim().is_empty()) {
        Some(given) => push_part(&mut name, "given", None, given),
        None => name.parts.push(("given", unknown_part(None))),
    }
    push_part(&mut name, "given", birth(), &traits.first_given);
    push_part(&mut name, "family", used(), traits.used_name.as_deref().unwrap_or_default());
    push_part(&mut name, "given", used(), traits.used_given.as_deref().unwrap_or_default());
    name
}

/// `addr` as lines, or a null flavor. Structured and plain parts may not be mixed, and ours are lines.
pub(super) fn address(address: Option<&Address>) -> cda::Address<'_> {
    let Some(address) = address.filter(|it| !is_blank(it)) else {
        return cda::Address { null_flavor: value("UNK"), ..cda::Address::default() };
    };
    let line = |text: Cow<'_, str>| ("streetAddressLine", Part::new(text.into_owned()));
    let lines = address.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).take(N_LINES);
    let mut parts: Vec<_> = lines.map(|text| ("streetAddressLine", Part::new(text))).collect();
    match (address.postal_code.trim(), address.city.trim()) {
        ("", "") => {}
        (code, "") => parts.push(line(code.into())),
        ("", city) => parts.push(line(city.into())),
        (code, city) => parts.push(line(format!("{code} {city}").into())),
    }
    cda::Address { parts, ..cda::Address::default() }
}

fn is_blank(address: &Address) -> bool {
    let blank = |text: &String| text.trim().is_empty();
    address.lines.iter().all(blank) && blank(&address.postal_code) && blank(&address.city)
}

/// A telecom that there must be and that is not known.
fn unknown_telecom<'a>() -> Tel<'a> {
    Tel { null_flavor: value("UNK"), ..Tel::default() }
}

/// `telecom` of a telephone, or a null flavor when the text holds no number.
pub(super) fn telephone<'a>(printed: Option<&str>, usage: &'static str) -> Tel<'a> {
    dialable(printed, usage).unwrap_or_else(unknown_telecom)
}

/// The digits of a telephone, since the value is a URI; none when there are none.
fn dialable<'a>(printed: Option<&str>, usage: &'static str) -> Option<Tel<'a>> {
    let printed = printed.unwrap_or_default().trim_start();
    let digits: String = printed.chars().filter(char::is_ascii_digit).take(32).collect();
    let plus = if printed.starts_with('+') { "+" } else { "" };
    let tel = || Tel { value: value(format!("tel:{plus}{digits}")), use_: value(usage), ..Tel::default() };
    (!digits.is_empty()).then(tel)
}

/// `telecom` elements of a professional: telephone and secure mail address, or one null flavor.
///
/// A null flavor may not stand beside a real one.
pub(super) fn contacts(professional: &Professional) -> Vec<Tel<'_>> {
    let mailbox = professional
        .mailbox
        .as_ref()
        .map(|mailbox| Tel { value: value(format!("mailto:{}", mailbox.as_str())), ..Tel::default() });
    let known: Vec<_> = dialable(professional.phone.as_deref(), "WP").into_iter().chain(mailbox).collect();
    if known.is_empty() { vec![unknown_telecom()] } else { known }
}

/// Address of someone of the laboratory, its own standing in for theirs.
pub(super) fn address_of<'a>(professional: &'a Professional, laboratory: &'a Laboratory) -> cda::Address<'a> {
    address(Some(professional.address.as_ref().unwrap_or(&laboratory.address)))
}

/// Telephone of someone of the laboratory, its own standing in for theirs.
pub(super) fn phone_of<'a>(professional: &Professional, laboratory: &Laboratory) -> Tel<'a> {
    telephone(Some(professional.phone.as_deref().unwrap_or(&laboratory.phone)), "WP")
}

/// `id` of a professional where one is compulsory: a null flavor says that there is no RPPS.
pub(super) fn required_id(professional: &Professional) -> Ii<'_> {
    optional_id(professional).unwrap_or_else(|| Ii { null_flavor: value("UNK"), ..Ii::default() })
}

/// `id` of a professional who has an RPPS.
pub(super) fn optional_id(professional: &Professional) -> Option<Ii<'_>> {
    professional.rpps.as_ref().map(|rpps| id(PROFESSIONAL_ROOT, rpps.national_id()))
}

/// `code`: profession and specialty.
///
/// A code outside JDV_J01 is left out: the official rules refuse it, and it may come from any sender.
pub(super) fn specialty<'a>(professional: &Professional) -> Option<Cd<'a>> {
    let concept = professional.specialty.as_ref().and_then(|it| AUTHOR_SPECIALTY.find(&it.code))?;
    Some(constant((concept.code, concept.label), concept.system))
}

/// The laboratory as an organization: identifier, name, telephone, address.
pub(super) fn organization(laboratory: &Laboratory) -> Organization<'_> {
    Organization {
        id: vec![id(STRUCTURE_ROOT, laboratory.finess.national_id())],
        name: vec![plain_name(&laboratory.name)],
        telecom: vec![telephone(Some(&laboratory.phone), "WP")],
        addr: vec![address(Some(&laboratory.address))],
        ..Organization::default()
    }
}

/// The laboratory with its frame of practice, which the norm wants in some places and flags in others.
pub(super) fn practicing<'a>(laboratory: &'a Laboratory, practice: (&'static str, &'static str)) -> Organization<'a> {
    let standard_industry_class_code = vec![constant(practice, "1.2.250.1.213.1.1.4.9")];
    Organization { standard_industry_class_code, ..organization(laboratory) }
}

/// The laboratory, with its COFRAC number beside the FINESS when the report bears it.
///
/// Source: Ségur SGL.DOC.10: nothing of the accreditation when no result is under it.
pub(super) fn accredited<'a>(laboratory: &'a Laboratory, mentions: &'a Mentions) -> Organization<'a> {
    let mut it = organization(laboratory);
    let number = mentions.accreditation.as_ref().and_then(|it| extension(&it.number));
    it.id.extend(number.map(|number| Ii { assigning_authority_name: value("COFRAC"), ..id(COFRAC_ROOT, number) }));
    it
}

/// A laboratory that made results in the place of ours, of which the name and the contact are known.
pub(super) fn subcontracting<'a>(it: &'a Subcontractor, practice: (&'static str, &'static str)) -> Organization<'a> {
    let number = it.accreditation.as_deref().and_then(extension);
    let accreditation =
        number.map(|number| Ii { assigning_authority_name: value("COFRAC"), ..id(COFRAC_ROOT, number) });
    let unknown = || Ii { null_flavor: value("UNK"), ..Ii::default() };
    let known: Vec<_> =
        it.finess.iter().map(|finess| id(STRUCTURE_ROOT, finess.national_id())).chain(accreditation).collect();
    let contact = match it.contact.trim() {
        "" => address(None),
        line => cda::Address { parts: vec![("streetAddressLine", Part::new(line))], ..cda::Address::default() },
    };
    Organization {
        id: if known.is_empty() { vec![unknown()] } else { known },
        name: vec![plain_name(&it.name)],
        telecom: vec![unknown_telecom()],
        addr: vec![contact],
        standard_industry_class_code: vec![constant(practice, "1.2.250.1.213.1.1.4.9")],
        ..Organization::default()
    }
}

/// The laboratory as the keeper of the document.
pub(super) fn custodian_organization(laboratory: &Laboratory) -> CustodianOrganization<'_> {
    let Organization { id, name, telecom, addr, .. } = organization(laboratory);
    CustodianOrganization { id, name, telecom, addr, ..CustodianOrganization::default() }
}
