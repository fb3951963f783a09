//! Rows: the fields of a line in; a practice or a mailbox, or what is wrong, out.

use lab::person::MssanteAddress;

use crate::{
    Line, Problem,
    columns::{MailboxColumns, PracticeColumns},
    line::Fields,
};

/// A professional and where they practice: one line of `PS_LibreAcces_Personne_activite`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Practice<'a> {
    /// RPPS, 11 digits.
    pub rpps: &'a str,
    /// `DR`, `PR`, `M`, `MME`…; may be empty.
    pub title: &'a str,
    /// Family name, never empty.
    pub family: &'a str,
    /// Given name.
    pub given: &'a str,
    /// Code of the profession, `10` for a physician.
    pub profession: &'a str,
    /// Its French label.
    pub profession_label: &'a str,
    /// Code of the know-how, such as `SM26`; may be empty.
    pub skill: &'a str,
    /// Its French label.
    pub skill_label: &'a str,
    /// Where; `None` for a professional without a place of practice.
    pub structure: Option<Structure<'a>>,
}

/// A structure, as either extraction describes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Structure<'a> {
    /// FINESS of the site, SIRET and technical number; the first that is not empty names the structure.
    pub numbers: [&'a str; 3],
    /// FINESS of the legal entity.
    pub finess_ej: &'a str,
    /// Name, or its sign when it has no name.
    pub name: &'a str,
    /// Number, its complement, kind and name of the street.
    pub street: [&'a str; 4],
    /// Postal code and town of a CEDEX office, as written on a letter.
    pub town_line: &'a str,
    /// Postal code.
    pub postal_code: &'a str,
    /// Town.
    pub town: &'a str,
    /// Telephone.
    pub phone: &'a str,
}

impl Structure<'_> {
    /// The key of the structure, see [`structure_key`].
    pub fn key(&self) -> String {
        self.numbers.iter().find_map(|number| structure_key(number)).unwrap_or_default()
    }

    /// The street as written on a letter.
    pub fn street_line(&self) -> String {
        let mut line = String::new();
        for part in self.street.iter().filter(|part| !part.is_empty()) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(part);
        }
        line
    }

    /// The town: its own column, or the line of the letter without its postal code.
    pub fn town_name(&self) -> &str {
        let of_line = || self.town_line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        if self.town.is_empty() { of_line() } else { self.town }
    }
}

/// Which box it is. The type of an address never changes. Source: MSSanté, types de BAL (JDV_J139).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum MailboxKind {
    /// Of a person.
    Per,
    /// Of a service or a secretariat.
    Org,
    /// Of a program.
    App,
    /// Of a practice (cabinet).
    Cab,
}

impl MailboxKind {
    /// The published code, also the stored one.
    pub fn code(self) -> &'static str {
        match self {
            Self::Per => "PER",
            Self::Org => "ORG",
            Self::App => "APP",
            Self::Cab => "CAB",
        }
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Per, Self::Org, Self::App, Self::Cab].into_iter().find(|kind| kind.code() == code)
    }
}

/// A mailbox and one of its holders: one line of `Extraction_Correspondance_MSSante`.
///
/// One address may stand on several lines, one per situation of its holder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mailbox<'a> {
    /// Which box it is.
    pub kind: MailboxKind,
    /// Address as published; [`MssanteAddress`] accepts it.
    pub address: &'a str,
    /// RPPS of the holder, 11 digits; `None` for a structure and for a holder without RPPS.
    pub rpps: Option<&'a str>,
    /// The structure it is tied to.
    pub structure: Option<Structure<'a>>,
    /// Service of the structure; may be empty.
    pub service: &'a str,
    /// `false` when the holder asked not to be written to instead of paper (Dématérialisation = N).
    pub paperless: bool,
}

/// The key of a structure by one of its numbers: `F` and a FINESS, `S` and a SIRET, `T` and anything else.
///
/// The national form of a number puts its type in front, `1` of a FINESS and `3` of a SIRET: it gives the same key.
/// Source: CI-SIS, Struct_IdNat.
pub fn structure_key(number: &str) -> Option<String> {
    let digits = number.bytes().all(|it| it.is_ascii_digit());
    let corsican = |it: &str| {
        it.len() == 9
            && (it.starts_with("2A") || it.starts_with("2B"))
            && it[2..].bytes().all(|byte| byte.is_ascii_digit())
    };
    match number.len() {
        0 => None,
        9 if digits || corsican(number) => Some(format!("F{number}")),
        10 if number.starts_with('1') && (digits || number.get(1..).is_some_and(corsican)) => {
            Some(format!("F{}", &number[1..]))
        }
        14 if digits => Some(format!("S{number}")),
        15 if digits && number.starts_with('3') => Some(format!("S{}", &number[1..])),
        // Technical numbers repeat a FINESS behind a letter.
        10 if number.starts_with('F') && number[1..].bytes().all(|it| it.is_ascii_digit()) => Some(number.to_owned()),
        _ => Some(format!("T{number}")),
    }
}

/// RPPS of a national number: `8` and 11 digits. `Ok(None)` for a number of another register.
///
/// Source: CI-SIS, PS_IdNat: 0 ADELI, 8 RPPS, others of establishments.
fn rpps(national: &str) -> Result<Option<&str>, Problem> {
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    match (national.len(), national.strip_prefix('8')) {
        (0, _) => Ok(None),
        (12, Some(number)) if digits(number) => Ok(Some(number)),
        (12, Some(_)) => Err(Problem::Identifier),
        (11, _) if digits(national) => Ok(Some(national)),
        _ if national.starts_with(|c: char| c.is_ascii_digit() && c != '8') => Ok(None),
        _ => Err(Problem::Identifier),
    }
}

pub(crate) fn practice<'a>(at: &PracticeColumns, fields: &Fields, text: &'a str) -> Result<Line<'a>, Problem> {
    if fields.len() < at.least {
        return Err(Problem::Short);
    }
    let get = |at: usize| fields.get(text, at);
    let opt = |at: Option<usize>| at.map_or("", |at| fields.get(text, at));
    if get(at.national).is_empty() {
        return Err(Problem::Identifier);
    }
    let Some(rpps) = rpps(get(at.national))? else { return Ok(Line::WithoutRpps) };
    let family = get(at.family);
    if family.is_empty() {
        return Err(Problem::Name);
    }
    let numbers = [get(at.finess), opt(at.siret), get(at.technical)];
    let name = Some(get(at.structure_name)).filter(|name| !name.is_empty()).unwrap_or_else(|| opt(at.sign));
    let structure = numbers.iter().any(|number| !number.is_empty()).then(|| Structure {
        numbers,
        finess_ej: opt(at.finess_ej),
        name,
        street: at.street.map(opt),
        town_line: opt(at.town_line),
        postal_code: opt(at.postal_code),
        town: opt(at.town),
        phone: opt(at.phone),
    });
    Ok(Line::Practice(Practice {
        rpps,
        title: opt(at.title),
        family,
        given: get(at.given),
        profession: get(at.profession),
        profession_label: get(at.profession_label),
        skill: opt(at.skill),
        skill_label: opt(at.skill_label),
        structure,
    }))
}

pub(crate) fn mailbox<'a>(at: &MailboxColumns, fields: &Fields, text: &'a str) -> Result<Line<'a>, Problem> {
    if fields.len() < at.least {
        return Err(Problem::Short);
    }
    let get = |at: usize| fields.get(text, at);
    let opt = |at: Option<usize>| at.map_or("", |at| fields.get(text, at));
    let kind = MailboxKind::from_code(get(at.kind)).ok_or(Problem::BoxKind)?;
    let address = get(at.address);
    MssanteAddress::parse(address).ok_or(Problem::Address)?;
    let rpps = rpps(get(at.national))?;
    let number = get(at.structure);
    let name = Some(get(at.structure_name)).filter(|name| !name.is_empty()).unwrap_or_else(|| opt(at.sign));
    let structure = (!number.is_empty()).then(|| Structure {
        numbers: [number, "", ""],
        finess_ej: "",
        name,
        street: at.street.map(opt),
        town_line: opt(at.town_line),
        postal_code: opt(at.postal_code),
        town: "",
        phone: "",
    });
    Ok(Line::Mailbox(Mailbox {
        kind,
        address,
        rpps,
        structure,
        service: get(at.service),
        // Absent is yes: only a refusal is written down.
        paperless: !matches!(get(at.paperless), "N" | "n" | "Non" | "NON" | "0"),
    }))
}
