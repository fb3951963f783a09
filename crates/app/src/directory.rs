//! Directory: the Annuaire Santé, loaded from its public extractions or its FHIR API, searched, and what it says of our correspondents.
//!
//! In: files, names, addresses, acts of people. Out: rows of `records::directory`, correspondents and users kept current.
//! The order of addresses is decided in `annuaire`; no service is contacted but the API that the settings name.

mod api;
mod correspondents;
mod fhir;
mod folder;
mod load;
mod report;
mod seen;

pub use api::{ApiSettings, MOST_PER_SECOND};
pub use correspondents::assess_state;
pub use fhir::load_api;
pub(crate) use folder::Automatic;
pub use folder::{DirectorySettings, DirectorySource, parse_every};
pub use load::{Progress, load_files};
pub use report::{FileReport, LoadFinding, LoadReport, Refusals, Shrink};

use annuaire::{Candidate, Holder, Rank, choose, name_range, plain_name};
use jiff::Timestamp;
use lab::{
    finding::Finding,
    person::{Address, MssanteAddress, Professional, Rpps, Specialty},
    validation::Role,
};
use records::{
    accounts::Account,
    directory::{
        self, KnownMailbox, ManualMailbox, Place, Practitioner, Structure, correspondents as states, load::LoadRecord,
    },
    professionals,
};
use store::Tx;

use crate::{App, AppError, registration::require, validation::audit};

/// Fewest letters of a search.
pub const MIN_LETTERS: usize = 2;
/// Longest note on an address typed by hand.
const MAX_NOTE_CHARS: usize = 200;

/// What is searched.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// A name, its beginning, an RPPS number or an address.
    pub text: String,
    /// A town, its beginning, or the beginning of a postal code; may be empty.
    pub place: String,
    /// Most matches wanted.
    pub limit: usize,
}

/// A professional found.
pub struct Match {
    /// Who.
    pub practitioner: Practitioner,
    /// Where they practice.
    pub places: Vec<Structure>,
    /// Addresses, best first.
    pub boxes: Vec<(Rank, Candidate)>,
    /// As our correspondent, when they are one.
    pub correspondent: Option<Professional>,
}

/// What a search found.
pub struct Found {
    /// Professionals, by name.
    pub matches: Vec<Match>,
    /// Whether there are more than were wanted.
    pub more: bool,
    /// Whether a directory is in force.
    pub loaded: bool,
}

/// A structure found, with its boxes.
pub struct StructureMatch {
    /// Which.
    pub structure: Structure,
    /// Its boxes.
    pub boxes: Vec<directory::Mailbox>,
}

/// What is known of a correspondent and of their address.
pub struct CorrespondentView {
    /// What the last load said.
    pub state: Option<states::State>,
    /// What the directory knows of their address.
    pub known: Option<KnownMailbox>,
    /// Addresses that people typed.
    pub manual: Vec<ManualMailbox>,
}

/// The state of the directory, for its page.
pub struct DirectoryView {
    /// Whether a load is in force.
    pub loaded: bool,
    /// Rows in force: professionals, situations, structures, mailboxes.
    pub counts: [i64; 4],
    /// The latest loads, latest first, with what they found.
    pub loads: Vec<(LoadRecord, LoadReport)>,
    /// Where files are looked for, when they are.
    pub settings: Option<DirectorySettings>,
    /// When the next load is due.
    pub next: Option<Timestamp>,
}

impl App {
    /// Professionals by name, number or address. An empty answer is no error.
    pub async fn search_directory(&self, search: Search) -> Result<Found, AppError> {
        self.store().read(move |tx| find(tx, &search)).await
    }

    /// Structures by the beginning of their name, with their boxes, at most 200.
    pub async fn search_structures(&self, name: String) -> Result<Vec<StructureMatch>, AppError> {
        self.store()
            .read(move |tx| {
                if plain_name(&[&name]).len() < MIN_LETTERS {
                    return Ok(Vec::new());
                }
                directory::search_structures(tx, &name_range(&[&name]))?
                    .into_iter()
                    .map(|structure| {
                        let boxes = directory::mailboxes_of_structure(tx, &structure.number)?;
                        Ok(StructureMatch { structure, boxes })
                    })
                    .collect()
            })
            .await
    }

    /// Makes a professional of the directory a correspondent, or brings one up to date, with the address that was chosen
    /// among theirs; without one, the address they have stays.
    ///
    /// Errors: [`AppError::NotAllowed`]; findings `DIRECTORY-PROFESSIONAL-UNKNOWN`, `DIRECTORY-ADDRESS-NOT-THEIRS`.
    pub async fn adopt_professional(
        &self,
        rpps: Rpps,
        address: Option<MssanteAddress>,
        actor: &Account,
    ) -> Result<Professional, AppError> {
        require(actor, &[Role::Secretary, Role::Technician, Role::Biologist])?;
        self.require_listed(address.as_ref(), "address")?;
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store().write(move |tx| adopt(tx, &rpps, address, &login, now)).await
    }

    /// Notes an address that a person typed for a correspondent, with where it comes from, and makes it theirs.
    ///
    /// Findings: `DIRECTORY-CORRESPONDENT-UNKNOWN`, `RECIPIENT-DOMAIN-NOT-LISTED`.
    pub async fn enter_address(
        &self,
        rpps: Rpps,
        address: MssanteAddress,
        note: String,
        actor: &Account,
    ) -> Result<(), AppError> {
        require(actor, &[Role::Secretary, Role::Biologist])?;
        self.require_listed(Some(&address), "mailbox")?;
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store()
            .write(move |tx| {
                let Some(mut professional) = professionals::by_rpps(tx, &rpps)? else {
                    return Err(AppError::Obstacles(vec![Finding::error("DIRECTORY-CORRESPONDENT-UNKNOWN", "rpps")]));
                };
                let note = note.trim().chars().take(MAX_NOTE_CHARS).collect();
                let manual =
                    ManualMailbox { address: address.clone(), note, entered_by: login.clone(), entered_at: now };
                directory::enter_mailbox(tx, &rpps, &manual)?;
                professional.mailbox = Some(address);
                professionals::upsert(tx, &professional)?;
                correspondents::refresh_state(tx, &professional, now)?;
                audit(tx, &login, "professional.enter_address", rpps.as_str(), None, now)
            })
            .await
    }

    /// What is known of a correspondent.
    pub async fn correspondent_view(&self, professional: Professional) -> Result<CorrespondentView, AppError> {
        self.store().read(move |tx| view(tx, &professional)).await
    }

    /// The state of the directory.
    pub async fn directory(&self) -> Result<DirectoryView, AppError> {
        let settings = self.inner.directory.settings.get().cloned();
        let next = self.inner.directory.next();
        self.store()
            .read(move |tx| {
                let loads = directory::load::latest(tx, 10)?;
                let read = |it: LoadRecord| {
                    let report = LoadReport::read(&it.report);
                    (it, report)
                };
                // Counting reads whole tables: what the last load in force counted is as good.
                let loads: Vec<_> = loads.into_iter().map(read).collect();
                let in_force = loads.iter().find(|(it, _)| it.number > 0);
                let counts = match in_force {
                    Some((_, report)) => report.counts,
                    None => [0; 4],
                };
                Ok(DirectoryView { loaded: directory::in_force(tx)? > 0, counts, loads, settings, next })
            })
            .await
    }
}

/// What is known of a correspondent, in a transaction of the caller's.
pub fn view(tx: &mut Tx<'_>, professional: &Professional) -> Result<CorrespondentView, AppError> {
    let Some(rpps) = &professional.rpps else {
        return Ok(CorrespondentView { state: None, known: None, manual: Vec::new() });
    };
    let known = match &professional.mailbox {
        Some(address) => directory::known_mailbox(tx, address)?,
        None => None,
    };
    Ok(CorrespondentView { state: states::state(tx, rpps)?, known, manual: directory::manual_mailboxes(tx, rpps)? })
}

/// Finds professionals, in a transaction of the caller's.
pub fn find(tx: &mut Tx<'_>, search: &Search) -> Result<Found, AppError> {
    let loaded = directory::in_force(tx)? > 0;
    let text = search.text.trim();
    let mut people = if let Some(rpps) = Rpps::parse(text) {
        directory::by_rpps(tx, &rpps)?.into_iter().collect()
    } else if let Some(address) = MssanteAddress::parse(text) {
        let holders = directory::holders(tx, &address)?;
        let found: Result<Vec<_>, _> = holders.iter().map(|rpps| directory::by_rpps(tx, rpps)).collect();
        found?.into_iter().flatten().collect()
    } else {
        by_name(tx, text, &place(&search.place))?
    };
    let more = people.len() > search.limit;
    people.truncate(search.limit);
    let matches = people.into_iter().map(|it| completed(tx, it)).collect::<Result<_, AppError>>()?;
    Ok(Found { matches, more, loaded })
}

fn by_name(tx: &mut Tx<'_>, text: &str, place: &Place) -> Result<Vec<Practitioner>, AppError> {
    let typed = plain_name(&[text]);
    if typed.len() < MIN_LETTERS {
        return Ok(Vec::new());
    }
    let found = beginning_with(tx, &typed, place)?;
    if !found.is_empty() {
        return Ok(found);
    }
    // Given name first, as people say it.
    match typed.split_once(' ') {
        Some((given, family)) => beginning_with(tx, &format!("{family} {given}"), place),
        None => Ok(found),
    }
}

fn beginning_with(tx: &mut Tx<'_>, typed: &str, place: &Place) -> Result<Vec<Practitioner>, AppError> {
    let mut found = directory::search(tx, &name_range(&[typed]), place)?;
    found.retain(|it| plain_name(&[&it.family, &it.given]).starts_with(typed));
    Ok(found)
}

fn place(text: &str) -> Place {
    let text = text.trim();
    if text.is_empty() {
        Place::Any
    } else if text.starts_with(|c: char| c.is_ascii_digit()) {
        Place::PostalCode(text.chars().take(5).collect())
    } else {
        Place::Town(name_range(&[text]))
    }
}

fn completed(tx: &mut Tx<'_>, practitioner: Practitioner) -> Result<Match, AppError> {
    let places = directory::places(tx, &practitioner.rpps)?;
    let boxes = boxes(tx, &practitioner.rpps, &places, "")?;
    let correspondent = professionals::by_rpps(tx, &practitioner.rpps)?;
    Ok(Match { practitioner, places, boxes, correspondent })
}

/// The addresses of a professional, best first, for one asked for at these structures and that service.
pub fn boxes(
    tx: &mut Tx<'_>,
    rpps: &Rpps,
    structures: &[Structure],
    service: &str,
) -> Result<Vec<(Rank, Candidate)>, AppError> {
    let candidate = |it: directory::Mailbox, holder| Candidate {
        address: it.address,
        holder,
        structure: it.structure,
        service: it.service,
        paperless: it.paperless,
    };
    let mut candidates = Vec::new();
    for it in directory::mailboxes_of(tx, rpps)? {
        let holder = if it.kind == "CAB" { Holder::Practice } else { Holder::Person };
        candidates.push(candidate(it, holder));
    }
    let mut keys = Vec::new();
    for structure in structures {
        keys.extend([structure.number.clone(), format!("F{}", structure.finess_ej), format!("S{}", structure.siret)]);
        for it in directory::mailboxes_of_structure(tx, &structure.number)? {
            // Boxes of programs are for programs.
            if it.kind == "ORG" {
                candidates.push(candidate(it, Holder::Structure));
            }
        }
    }
    for it in directory::manual_mailboxes(tx, rpps)? {
        candidates.push(Candidate {
            address: it.address,
            holder: Holder::Manual,
            structure: String::new(),
            service: String::new(),
            paperless: true,
        });
    }
    Ok(choose(&candidates, &keys, service))
}

/// Makes a professional of the directory a correspondent, in a transaction of the caller's.
fn adopt(
    tx: &mut Tx<'_>,
    rpps: &Rpps,
    address: Option<MssanteAddress>,
    login: &str,
    now: Timestamp,
) -> Result<Professional, AppError> {
    let refused = |code| AppError::Obstacles(vec![Finding::error(code, "rpps")]);
    let Some(listed) = directory::by_rpps(tx, rpps)? else { return Err(refused("DIRECTORY-PROFESSIONAL-UNKNOWN")) };
    let found = completed(tx, listed)?;
    if let Some(address) = &address
        && found.boxes.iter().all(|(_, it)| it.address != *address)
    {
        return Err(refused("DIRECTORY-ADDRESS-NOT-THEIRS"));
    }
    let mut professional = match &found.correspondent {
        Some(known) => updated(known, &found.practitioner),
        None => fresh(&found.practitioner),
    };
    if let Some(place) = found.places.first() {
        professional.phone = professional.phone.or_else(|| Some(place.phone.clone()).filter(|it| !it.is_empty()));
        professional.address = professional.address.or_else(|| address_of(place));
    }
    if address.is_some() {
        professional.mailbox = address;
    }
    professionals::upsert(tx, &professional)?;
    correspondents::refresh_state(tx, &professional, now)?;
    audit(tx, login, "professional.adopt", rpps.as_str(), None, now)?;
    Ok(professional)
}

fn address_of(place: &Structure) -> Option<Address> {
    let lines: Vec<String> = [&place.name, &place.street].into_iter().filter(|it| !it.is_empty()).cloned().collect();
    let address = Address { lines, postal_code: place.postal_code.clone(), city: place.town.clone() };
    (address != Address::default()).then_some(address)
}

fn fresh(listed: &Practitioner) -> Professional {
    Professional {
        rpps: Some(listed.rpps.clone()),
        family: listed.family.to_uppercase(),
        given: listed.given.clone(),
        title: title(listed),
        specialty: specialty(listed),
        mailbox: None,
        phone: None,
        address: None,
    }
}

/// A professional with the name, title and profession of the directory; the rest stays.
///
/// A name that differs by case or accents only stays as it is: the directory often has neither.
pub(crate) fn updated(known: &Professional, listed: &Practitioner) -> Professional {
    let kept = |ours: &str, theirs: String| {
        if plain_name(&[ours]) == plain_name(&[&theirs]) { ours.to_owned() } else { theirs }
    };
    Professional {
        family: kept(&known.family, listed.family.to_uppercase()),
        given: kept(&known.given, listed.given.clone()),
        title: Some(title(listed)).filter(|it| !it.is_empty()).unwrap_or_else(|| known.title.clone()),
        specialty: specialty(listed).or_else(|| known.specialty.clone()),
        ..known.clone()
    }
}

/// The title, when it is one that documents may bear (JDV_J246).
fn title(listed: &Practitioner) -> String {
    terminology::jdv::TITLE.find(&listed.title).map(|it| it.code.to_owned()).unwrap_or_default()
}

/// Profession and know-how as JDV_J01 codes them: both, else the profession alone, else nothing.
fn specialty(listed: &Practitioner) -> Option<Specialty> {
    let (profession, skill) = (&listed.profession, &listed.skill);
    let codes = [format!("G15_{profession}/{skill}"), format!("G15_{profession}"), format!("G16_{profession}")];
    codes.iter().find_map(|code| {
        let concept = terminology::jdv::AUTHOR_SPECIALTY.find(code)?;
        Some(Specialty { code: concept.code.to_owned(), label: concept.label.to_owned() })
    })
}
