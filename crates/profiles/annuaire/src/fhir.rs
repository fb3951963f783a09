//! FHIR API of the Annuaire Santé: one page of a search in; what each resource says of the directory, and the next page, out.
//!
//! In: the bytes of a Bundle of Practitioner, PractitionerRole or Organization. Out: owned entries, whose structures are
//! those of the extractions. Anything may stand in the JSON: what cannot be read is a problem of its entry, never a panic.
//! It knows no network and does not resolve references: a role names its professional and its structure by their ids.
//!
//! Source: guide « Annuaire Santé », profiles AS Donnée Publique (Practitioner, PractitionerRole, Organization), FHIR R4.

use lab::person::MssanteAddress;
use serde_json::Value;

use crate::{MailboxKind, Problem, Structure};

/// Most entries of a page.
pub const MAX_ENTRIES: usize = 5_000;
/// Longest text of a field, in bytes.
const MAX_TEXT_BYTES: usize = 1_000;
/// Most repetitions of an element that are looked at.
const MAX_REPEATS: usize = 100;

/// The end of the system of the codes of professions (TRE_G15 and its likes in other sectors).
const PROFESSIONS: [&str; 4] = ["TRE-G15-", "TRE-R94-", "TRE-R95-", "TRE-R291-"];
/// The same for know-how. Source: AS PractitionerRole, slices of `specialty`.
const SKILLS: [&str; 9] =
    ["TRE-R38-", "TRE-R39-", "TRE-R40-", "TRE-R42-", "TRE-R43-", "TRE-R44-", "TRE-R45-", "TRE-R97-", "TRE-G13-"];

/// A resource that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Resource {
    /// A structure and its boxes.
    Organization,
    /// A professional and the boxes that are theirs wherever they are.
    Practitioner,
    /// Where a professional practices, and their box there.
    PractitionerRole,
}

impl Resource {
    /// Every resource, each after those that it refers to.
    pub const ALL: [Self; 3] = [Self::Organization, Self::Practitioner, Self::PractitionerRole];

    /// The name of its type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Organization => "Organization",
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
        }
    }
}

/// A page of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// What each entry says, or why it is not used, in order.
    pub entries: Vec<Result<Entry, Problem>>,
    /// Address of the next page, opaque; `None` at the end.
    pub next: Option<String>,
}

/// Why an answer is not a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PageError {
    /// Not JSON, or nested too deep.
    #[error("the answer is not JSON")]
    Json,
    /// Not a Bundle of type `searchset`.
    #[error("the answer is not the Bundle of a search")]
    Bundle,
    /// More than [`MAX_ENTRIES`].
    #[error("the answer has too many entries")]
    Entries,
}

/// What a resource says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Which resource.
    pub resource: Resource,
    /// Its technical id, 1 to 64 characters: references name it so.
    pub id: String,
    /// What it says now.
    pub content: Content,
    /// Boxes not used, each with its reason.
    pub refused: Vec<Problem>,
}

/// What a resource says now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// `active` is false: it is deleted, and nothing else is said of it.
    Gone,
    /// A professional without RPPS number: read, not kept.
    WithoutRpps,
    /// A structure.
    Organization(Organization),
    /// A professional.
    Practitioner(Practitioner),
    /// A situation.
    Role(Role),
}

/// A structure.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Organization {
    /// FINESS of the site (or else of the legal entity), SIRET and technical number: see [`Structure::numbers`].
    pub numbers: [String; 3],
    /// FINESS of the legal entity.
    pub finess_ej: String,
    /// Name, or its first alias.
    pub name: String,
    /// Lines of the street.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub town: String,
    /// Telephone.
    pub phone: String,
    /// `ORG` and `APP` boxes.
    pub boxes: Vec<MssBox>,
}

impl Organization {
    /// The structure as the extractions describe it.
    pub fn structure(&self) -> Structure<'_> {
        let [first, second, third] = &self.numbers;
        Structure {
            numbers: [first, second, third],
            finess_ej: &self.finess_ej,
            name: &self.name,
            street: ["", "", "", &self.street],
            town_line: "",
            postal_code: &self.postal_code,
            town: &self.town,
            phone: &self.phone,
        }
    }
}

/// A code and its French label, which may be empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Code {
    /// Such as `10` or `SM26`.
    pub code: String,
    /// Its label, when the answer has it.
    pub label: String,
}

/// A professional.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Practitioner {
    /// RPPS, 11 digits.
    pub rpps: String,
    /// `DR`, `M`…; may be empty.
    pub title: String,
    /// Family name, never empty.
    pub family: String,
    /// Given names.
    pub given: String,
    /// Professions, each once; may be empty.
    pub professions: Vec<Code>,
    /// Know-how, each once; often empty, because roles have it.
    pub skills: Vec<Code>,
    /// `PER` and `CAB` boxes.
    pub boxes: Vec<MssBox>,
}

/// A situation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Role {
    /// Id of the Practitioner, never empty.
    pub practitioner: String,
    /// Id of the Organization; empty for a professional without a place of practice.
    pub organization: String,
    /// Know-how exercised there, each once.
    pub skills: Vec<Code>,
    /// `PER` boxes of the professional at this place.
    pub boxes: Vec<MssBox>,
}

/// A secure mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MssBox {
    /// Which box it is.
    pub kind: MailboxKind,
    /// Address; [`MssanteAddress`] accepts it.
    pub address: String,
    /// Service; may be empty.
    pub service: String,
    /// `false` when the holder asked not to be written to instead of paper.
    pub paperless: bool,
}

/// Reads a page.
///
/// Entries whose `search.mode` is `include` or `outcome`, and resources of another type than the one asked for, are left
/// out. Errors: see [`PageError`]. Source: FHIR R4, Bundle, searchset.
pub fn page(bytes: &[u8], asked: Resource) -> Result<Page, PageError> {
    let bundle: Value = serde_json::from_slice(bytes).map_err(|_| PageError::Json)?;
    if text_of(&bundle["resourceType"]) != "Bundle" || text_of(&bundle["type"]) != "searchset" {
        return Err(PageError::Bundle);
    }
    let entries = items(&bundle["entry"]);
    if entries.len() > MAX_ENTRIES {
        return Err(PageError::Entries);
    }
    let is_match = |it: &&Value| matches!(text_of(&it["search"]["mode"]), "" | "match");
    let entries = entries
        .iter()
        .filter(is_match)
        .map(|it| &it["resource"])
        .filter(|it| text_of(&it["resourceType"]) == asked.name())
        .map(|it| entry(it, asked))
        .collect();
    let next = items(&bundle["link"]).iter().find(|it| text_of(&it["relation"]) == "next");
    let next = next.map(|it| text_of(&it["url"]).to_owned()).filter(|it| !it.is_empty());
    Ok(Page { entries, next })
}

fn entry(it: &Value, resource: Resource) -> Result<Entry, Problem> {
    let id = text_of(&it["id"]);
    if !is_id(id) {
        return Err(Problem::Id);
    }
    let mut refused = Vec::new();
    let content = if it["active"] == Value::Bool(false) {
        Content::Gone
    } else {
        match resource {
            Resource::Organization => Content::Organization(organization(it, &mut refused)?),
            Resource::Practitioner => match practitioner(it, &mut refused)? {
                Some(practitioner) => Content::Practitioner(practitioner),
                None => Content::WithoutRpps,
            },
            Resource::PractitionerRole => Content::Role(role(it, &mut refused)?),
        }
    };
    Ok(Entry { resource, id: id.to_owned(), content, refused })
}

fn organization(it: &Value, refused: &mut Vec<Problem>) -> Result<Organization, Problem> {
    let mut numbers: [String; 6] = Default::default();
    const TYPES: [&str; 6] = ["FINEG", "FINEJ", "SIRET", "IDNST", "RPPSRG", "ADELIRG"];
    for identifier in repeats(&it["identifier"]) {
        let kinds = repeats(&identifier["type"]["coding"]).map(|it| text_of(&it["code"]));
        let at = kinds.into_iter().find_map(|kind| TYPES.iter().position(|it| *it == kind));
        if let Some(at) = at
            && numbers[at].is_empty()
        {
            numbers[at] = field(&identifier["value"])?;
        }
    }
    if numbers.iter().all(String::is_empty) {
        return Err(Problem::Identifier);
    }
    let [site, entity, siret, national, rank, adeli] = numbers;
    let first = |all: [String; 3]| all.into_iter().find(|it| !it.is_empty()).unwrap_or_default();
    let finess = if site.is_empty() { entity.clone() } else { site };
    let name = match field(&it["name"])? {
        name if name.is_empty() => repeats(&it["alias"]).next().map_or(Ok(name), field)?,
        name => name,
    };
    let address = repeats(&it["address"]).next().unwrap_or(&Value::Null);
    let lines: Result<Vec<String>, Problem> = repeats(&address["line"]).map(field).collect();
    let mut street = lines?.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    let (postal_code, town) = (field(&address["postalCode"])?, field(&address["city"])?);
    // Lines often repeat the postal code and the town.
    if !postal_code.is_empty()
        && let Some(at) = street.rfind(&format!(", {postal_code} "))
    {
        street.truncate(at);
    }
    if street.len() > MAX_TEXT_BYTES {
        return Err(Problem::Long);
    }
    let phone = repeats(&it["telecom"]).find(|it| text_of(&it["system"]) == "phone");
    Ok(Organization {
        numbers: [finess, siret, first([national, rank, adeli])],
        finess_ej: entity,
        name,
        street,
        postal_code,
        town,
        phone: phone.map_or(Ok(String::new()), |it| field(&it["value"]))?,
        boxes: boxes(&it["telecom"], MailboxKind::Org, refused),
    })
}

fn practitioner(it: &Value, refused: &mut Vec<Problem>) -> Result<Option<Practitioner>, Problem> {
    let Some(rpps) = rpps(&it["identifier"])? else { return Ok(None) };
    let names: Vec<&Value> = repeats(&it["name"]).filter(|it| !text_of(&it["family"]).is_empty()).collect();
    let used = |wanted: &str| names.iter().find(|it| text_of(&it["use"]) == wanted);
    let name = used("usual").or_else(|| used("official")).or_else(|| names.first()).ok_or(Problem::Name)?;
    let given: Result<Vec<String>, Problem> = repeats(&name["given"]).map(field).collect();
    let title = repeats(&name["suffix"]).chain(repeats(&name["prefix"])).next();
    let family = field(&name["family"])?;
    if family.is_empty() {
        return Err(Problem::Name);
    }
    let codings = || repeats(&it["qualification"]).map(|it| &it["code"]);
    Ok(Some(Practitioner {
        rpps,
        title: title.map_or(Ok(String::new()), field)?,
        family,
        given: given?.join(" "),
        professions: codes(codings(), &PROFESSIONS)?,
        skills: codes(codings(), &SKILLS)?,
        boxes: boxes(&it["telecom"], MailboxKind::Per, refused),
    }))
}

fn role(it: &Value, refused: &mut Vec<Problem>) -> Result<Role, Problem> {
    let practitioner = reference(&it["practitioner"], Resource::Practitioner)?.ok_or(Problem::Reference)?;
    Ok(Role {
        practitioner,
        organization: reference(&it["organization"], Resource::Organization)?.unwrap_or_default(),
        skills: codes(repeats(&it["specialty"]), &SKILLS)?,
        boxes: boxes(&it["telecom"], MailboxKind::Per, refused),
    })
}

/// The RPPS number among identifiers; `Ok(None)` for somebody without. Source: AS Practitioner, slices `rpps` and `idNatPs`.
fn rpps(identifiers: &Value) -> Result<Option<String>, Problem> {
    let of_system =
        |system: &str| repeats(identifiers).find(|it| text_of(&it["system"]) == system).map(|it| text_of(&it["value"]));
    let number = match (of_system("https://rpps.esante.gouv.fr"), of_system("urn:oid:1.2.250.1.71.4.2.1")) {
        (Some(number), _) => number,
        (None, Some(national)) => match national.strip_prefix('8') {
            Some(number) => number,
            None => return Ok(None),
        },
        (None, None) => return Err(Problem::Identifier),
    };
    let is_rpps = number.len() == 11 && number.bytes().all(|it| it.is_ascii_digit());
    if is_rpps { Ok(Some(number.to_owned())) } else { Err(Problem::Identifier) }
}

/// The id in `Type/id`, or in an address that ends so; `Ok(None)` without reference.
fn reference(it: &Value, resource: Resource) -> Result<Option<String>, Problem> {
    let text = text_of(&it["reference"]);
    if text.is_empty() {
        return Ok(None);
    }
    // A version may follow: `Type/id/_history/1`.
    let text = text.split("/_history/").next().unwrap_or_default();
    let mut parts = text.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(id), Some(kind)) if kind == resource.name() && is_id(id) => Ok(Some(id.to_owned())),
        _ => Err(Problem::Reference),
    }
}

/// The codes of some systems among concepts, each once.
fn codes<'a>(concepts: impl Iterator<Item = &'a Value>, systems: &[&str]) -> Result<Vec<Code>, Problem> {
    let mut found: Vec<Code> = Vec::new();
    for coding in concepts.flat_map(|it| repeats(&it["coding"])).take(MAX_REPEATS) {
        let name = text_of(&coding["system"]).rsplit('/').find(|it| !it.is_empty()).unwrap_or_default();
        let wanted = systems.iter().any(|it| name.starts_with(it));
        let code = Code { code: field(&coding["code"])?, label: field(&coding["display"])? };
        if wanted && !code.code.is_empty() && found.iter().all(|it| it.code != code.code) {
            found.push(code);
        }
    }
    Ok(found)
}

/// The secure mailboxes among points of contact. One on the red list is left out: it must not be published.
fn boxes(telecom: &Value, usual: MailboxKind, refused: &mut Vec<Problem>) -> Vec<MssBox> {
    let mut found: Vec<MssBox> = Vec::new();
    for it in repeats(telecom).filter(|it| text_of(&it["system"]) == "email") {
        match mss_box(it, usual) {
            Ok(Some(it)) if found.iter().all(|known| known != &it) => found.push(it),
            Ok(_) => {}
            Err(problem) => refused.push(problem),
        }
    }
    found
}

fn mss_box(it: &Value, usual: MailboxKind) -> Result<Option<MssBox>, Problem> {
    let extension = |name: &str| {
        repeats(&it["extension"])
            .find(|it| text_of(&it["url"]).rsplit('/').next() == Some(name))
            .unwrap_or(&Value::Null)
    };
    let email_type = extension("fr-core-contact-point-email-type");
    let concept = repeats(&email_type["valueCodeableConcept"]["coding"]).next().unwrap_or(&Value::Null);
    let is_mss = [&email_type["valueCoding"], concept].iter().any(|it| text_of(&it["code"]) == "MSSANTE");
    let metadata = extension("as-ext-mailbox-mss-metadata");
    if !is_mss && metadata.is_null() {
        return Ok(None);
    }
    let part = |name: &str| repeats(&metadata["extension"]).find(|it| text_of(&it["url"]) == name);
    if part("listeRouge").is_some_and(|it| it["valueBoolean"] == Value::Bool(true)) {
        return Ok(None);
    }
    let kind = match part("type") {
        None => usual,
        Some(it) => {
            let coding = repeats(&it["valueCodeableConcept"]["coding"]).next().unwrap_or(&Value::Null);
            MailboxKind::from_code(text_of(&coding["code"])).ok_or(Problem::BoxKind)?
        }
    };
    let address = field(&it["value"])?;
    MssanteAddress::parse(&address).ok_or(Problem::Address)?;
    Ok(Some(MssBox {
        kind,
        address,
        service: part("service").map_or(Ok(String::new()), |it| field(&it["valueString"]))?,
        // Absent is yes, as in the extractions: only a refusal is written down.
        paperless: part("digitization").is_none_or(|it| it["valueBoolean"] != Value::Bool(false)),
    }))
}

/// A logical id. Source: FHIR R4, datatype `id`.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.'))
}

/// A text without its control characters, which no database column wants; empty for anything else.
fn field(value: &Value) -> Result<String, Problem> {
    let text = text_of(value);
    if text.len() > MAX_TEXT_BYTES {
        return Err(Problem::Long);
    }
    Ok(text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned())
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The repetitions of an element, as many as are looked at.
fn repeats(value: &Value) -> std::iter::Take<std::slice::Iter<'_, Value>> {
    items(value).iter().take(MAX_REPEATS)
}
