//! People and structures: names, addresses, telephones, identifiers, as the structuration minimale takes them.
//!
//! In: professionals, laboratories, patients. Out: elements appended to a writer.
//! A missing datum is a null flavor where the norm accepts one, and no element elsewhere.

use super::element::{constant_code, extension, id};
use crate::codes::{PROFESSIONAL_ROOT, STRUCTURE_ROOT};
use lab::{
    patient::Traits,
    person::{Address, Laboratory, Professional},
};
use terminology::jdv::{AUTHOR_SPECIALTY, TITLE};
use xml::Writer;

/// Lines of an address without its town: seven in all (structuration minimale).
const N_LINES: usize = 6;

/// A name part, left out when blank: empty parts are refused.
fn part(w: &mut Writer, name: &'static str, qualifier: Option<&str>, value: &str) {
    let value = value.trim();
    if !value.is_empty() {
        w.open(name).attr_opt("qualifier", qualifier).text(value).close();
    }
}

/// `name` of a professional: given, family, title when it is of JDV_J246.
pub(super) fn professional_name(w: &mut Writer, professional: &Professional) {
    w.open("name");
    part(w, "given", None, &professional.given);
    if professional.family.trim().is_empty() {
        w.open("family").attr("nullFlavor", "UNK").close();
    } else {
        part(w, "family", None, &professional.family);
    }
    if TITLE.find(&professional.title).is_some() {
        part(w, "suffix", None, &professional.title);
    }
    w.close();
}

/// `name` of a patient: birth name and given names (`BR`), then the names in use (`CL`).
///
/// The list of given names has no qualifier. Source: structuration minimale, patient/name.
pub(super) fn patient_name(w: &mut Writer, traits: &Traits) {
    w.open("name");
    if traits.birth_name.trim().is_empty() {
        w.open("family").attr("qualifier", "BR").attr("nullFlavor", "UNK").close();
    }
    part(w, "family", Some("BR"), &traits.birth_name);
    // One given name without qualifier is compulsory: the nearest known one stands for the list.
    let known = [Some(traits.given_names.as_str()), Some(&traits.first_given), traits.used_given.as_deref()];
    match known.into_iter().flatten().find(|given| !given.trim().is_empty()) {
        Some(given) => part(w, "given", None, given),
        None => _ = w.constant("<given nullFlavor=\"UNK\"/>"),
    }
    part(w, "given", Some("BR"), &traits.first_given);
    part(w, "family", Some("CL"), traits.used_name.as_deref().unwrap_or_default());
    part(w, "given", Some("CL"), traits.used_given.as_deref().unwrap_or_default());
    w.close();
}

/// `addr` as lines, or a null flavor. Structured and plain parts may not be mixed, and ours are lines.
pub(super) fn address(w: &mut Writer, address: Option<&Address>) {
    let Some(address) = address.filter(|it| !is_blank(it)) else {
        w.constant("<addr nullFlavor=\"UNK\"/>");
        return;
    };
    w.open("addr");
    for line in address.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).take(N_LINES) {
        w.open("streetAddressLine").text(line).close();
    }
    let (code, city) = (address.postal_code.trim(), address.city.trim());
    if !code.is_empty() || !city.is_empty() {
        w.open("streetAddressLine").text(code);
        if !code.is_empty() && !city.is_empty() {
            w.text(" ");
        }
        w.text(city).close();
    }
    w.close();
}

fn is_blank(address: &Address) -> bool {
    let blank = |text: &String| text.trim().is_empty();
    address.lines.iter().all(blank) && blank(&address.postal_code) && blank(&address.city)
}

/// `telecom` of a telephone, or a null flavor when the text holds no number.
pub(super) fn telephone(w: &mut Writer, printed: Option<&str>, usage: &'static str) {
    if !dialable(w, printed, usage) {
        w.constant("<telecom nullFlavor=\"UNK\"/>");
    }
}

/// Writes the digits of a telephone, since the value is a URI; whether there were any.
fn dialable(w: &mut Writer, printed: Option<&str>, usage: &'static str) -> bool {
    let printed = printed.unwrap_or_default().trim_start();
    let digits: String = printed.chars().filter(char::is_ascii_digit).take(32).collect();
    if !digits.is_empty() {
        let plus = if printed.starts_with('+') { "+" } else { "" };
        w.open("telecom").attr_display("value", format_args!("tel:{plus}{digits}")).attr("use", usage).close();
    }
    !digits.is_empty()
}

/// `telecom` elements of a professional: telephone and secure mail address, or one null flavor.
///
/// A null flavor may not stand beside a real one.
pub(super) fn contacts(w: &mut Writer, professional: &Professional) {
    let has_phone = dialable(w, professional.phone.as_deref(), "WP");
    match &professional.mailbox {
        Some(mailbox) => {
            w.open("telecom").attr_display("value", format_args!("mailto:{}", mailbox.as_str())).close();
        }
        None if has_phone => {}
        None => _ = w.constant("<telecom nullFlavor=\"UNK\"/>"),
    }
}

/// Identifier and address of someone of the laboratory, its own standing in for theirs.
pub(super) fn staff(w: &mut Writer, professional: &Professional, laboratory: &Laboratory) {
    address(w, Some(professional.address.as_ref().unwrap_or(&laboratory.address)));
    telephone(w, Some(professional.phone.as_deref().unwrap_or(&laboratory.phone)), "WP");
}

/// `id` of a professional where one is compulsory: a null flavor says that there is no RPPS.
pub(super) fn required_id(w: &mut Writer, professional: &Professional) {
    if !optional_id(w, professional) {
        w.constant("<id nullFlavor=\"UNK\"/>");
    }
}

/// `id` of a professional who has an RPPS; whether it was written.
pub(super) fn optional_id(w: &mut Writer, professional: &Professional) -> bool {
    if let Some(rpps) = &professional.rpps {
        id(w, PROFESSIONAL_ROOT, &rpps.national_id());
    }
    professional.rpps.is_some()
}

/// `code`: profession and specialty; whether it was written.
///
/// A code outside JDV_J01 is left out: the official rules refuse it, and it may come from any sender.
pub(super) fn specialty(w: &mut Writer, professional: &Professional) -> bool {
    let known = professional.specialty.as_ref().and_then(|it| AUTHOR_SPECIALTY.find(&it.code));
    if let Some(concept) = known {
        constant_code(w, "code", (concept.code, concept.label), concept.system);
    }
    known.is_some()
}

/// How an organization is written: elements that the norm wants in some places are flagged in others.
#[derive(Clone, Copy)]
pub(super) struct Organization {
    /// Frame of practice, code and label.
    pub(super) practice: Option<(&'static str, &'static str)>,
    /// COFRAC number beside the FINESS.
    pub(super) accreditation: bool,
}

impl Organization {
    /// Identifier, name, telephone and address.
    pub(super) const PLAIN: Self = Self { practice: None, accreditation: false };
}

/// The laboratory as an organization, under the element name that the place wants.
pub(super) fn organization(w: &mut Writer, name: &'static str, laboratory: &Laboratory, form: Organization) {
    w.open(name);
    id(w, STRUCTURE_ROOT, &laboratory.finess.national_id());
    if form.accreditation
        && let Some(number) = laboratory.accreditation.as_deref().and_then(extension)
    {
        w.open("id")
            .attr("root", crate::codes::COFRAC_ROOT)
            .attr("extension", number)
            .attr("assigningAuthorityName", "COFRAC")
            .close();
    }
    w.element("name", &laboratory.name);
    telephone(w, Some(&laboratory.phone), "WP");
    address(w, Some(&laboratory.address));
    if let Some((code, label)) = form.practice {
        w.open("standardIndustryClassCode")
            .attr("code", code)
            .attr("displayName", label)
            .attr("codeSystem", "1.2.250.1.213.1.1.4.9")
            .close();
    }
    w.close();
}
