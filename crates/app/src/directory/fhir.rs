//! Loading from the FHIR API: pages in; rows beside those in force, one switch and a report out, as for the extractions.
//!
//! Each row remembers the resource that it comes from. A load of everything is a set difference, as with files; one of what
//! changed since the last replaces the rows of each resource that is answered. Until the switch nobody sees anything of
//! either, and a page that fails leaves the directory as it was.

use std::{
    collections::HashMap,
    sync::mpsc::{self, RecvTimeoutError},
};

use annuaire::{
    Problem,
    fhir::{Code, Content, Entry, MssBox, Organization, Resource},
    name_key,
};
use jiff::{SignedDuration, Timestamp};
use records::directory::{
    self, Practitioner,
    load::{self, Batch, NewMailbox, NewPractitioner, NewSituation, NewStructure, Table, end_rows},
    origin::{self, origin},
    rpps_number,
};
use store::{Store, Tx};
use tokio::runtime::Handle;

use super::{
    Progress,
    api::{self, ApiSettings, Fetched},
    load::{Loading, SIGN_OF_LIFE, hash},
    report::{FileReport, LoadReport, Shrink},
    seen::{Numbers, Seen},
};
use crate::{App, AppError, Env};

/// The source of rows and of loads that the API gave.
pub(super) const SOURCE: &str = "fhir";
/// What a load of changes asks for again: clocks differ, and the server writes while it answers.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);
/// How far back the API tells changes. Source: Annuaire Santé, history of `_lastUpdated`.
const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How a report names the API.
const NAME: &str = "API FHIR";

impl App {
    /// Loads from the FHIR API: what changed since the last load in force when that one came from the API too and the API
    /// still tells it, everything otherwise or when `whole`.
    ///
    /// The answer says whether the load came into force, and if not why: findings `DIRECTORY-API-KEY`,
    /// `DIRECTORY-API-UNREACHABLE`, `DIRECTORY-API-ANSWER`, `DIRECTORY-API-ORIGIN`, `DIRECTORY-EMPTY`,
    /// `DIRECTORY-SHRUNK`. Error: `DIRECTORY-BUSY` among [`AppError::Obstacles`] while another load is under way.
    pub async fn load_directory_api(
        &self,
        api: ApiSettings,
        whole: bool,
        shrink: Shrink,
        author: &str,
        progress: impl Fn(&Progress) + Send + 'static,
    ) -> Result<LoadReport, AppError> {
        let (store, env, author) = (self.store().clone(), self.env().clone(), author.to_owned());
        let handle = Handle::current();
        let load = move || load_api(&store, &env, &handle, &api, whole, shrink, &author, progress);
        tokio::task::spawn_blocking(load).await.unwrap_or(Err(AppError::Rendering("load of the directory")))
    }
}

/// As [`App::load_directory_api`], on the thread of the caller, which is none of the runtime's, into any store.
#[allow(clippy::too_many_arguments)]
pub fn load_api(
    store: &Store,
    env: &Env,
    handle: &Handle,
    api: &ApiSettings,
    whole: bool,
    shrink: Shrink,
    author: &str,
    progress: impl Fn(&Progress) + Send + 'static,
) -> Result<LoadReport, AppError> {
    Loading::begin(store, env, shrink, author, Box::new(progress))?.run(|it| it.read_api(handle, api, whole))
}

impl Loading {
    fn read_api(&mut self, handle: &Handle, api: &ApiSettings, whole: bool) -> Result<(), AppError> {
        let since = if whole { None } else { self.since()? };
        self.report.source = SOURCE.to_owned();
        self.report.since = since.map(|at| format!("{at:.0}"));
        self.staged = true;
        let mut staging = Staging::begin(&self.store, self.number, self.started_at, since.is_none())?;
        let fetched = std::thread::scope(|scope| {
            let (sender, pages) = mpsc::sync_channel(1);
            scope.spawn(move || handle.block_on(api::fetch(api, since, &sender)));
            // Leaving early closes the channel, and the thread that fetches ends.
            self.read_pages(&pages, &mut staging)
        })?;
        if !fetched {
            return Ok(());
        }
        if staging.whole {
            let gone = Table::ALL.map(|table| staging.seen[at(table)].gone());
            for (n_gone, ids) in staging.n_gone.iter_mut().zip(&gone) {
                *n_gone += ids.len() as u64;
            }
            let refuse = self.assessed(&staging);
            if !refuse {
                self.end_gone(gone, |table, key| staging.touch(table, key))?;
            }
        } else {
            self.assessed(&staging);
        }
        let [mut people, mut boxes] = staging.files();
        if self.report.findings.is_empty() {
            self.count_changes(Table::Practitioners, &staging.people, &mut people)?;
            self.count_changes(Table::Mailboxes, &staging.boxes, &mut boxes)?;
        }
        self.report.files = vec![people, boxes];
        Ok(())
    }

    /// Whether what was read must not replace what is in force: a finding says why.
    fn assessed(&mut self, staging: &Staging) -> bool {
        staging.files().iter().for_each(|file| self.assess(file));
        !self.report.findings.is_empty()
    }

    /// From when on changes suffice; `None`: everything is needed.
    fn since(&self) -> Result<Option<Timestamp>, AppError> {
        let in_force = self.in_force;
        let read = move |tx: &mut Tx<'_>| Ok::<_, AppError>(load::by_number(tx, in_force)?);
        let last = self.store.read_blocking(read)?.filter(|it| LoadReport::read(&it.report).source == SOURCE);
        let since = last.map(|it| it.started_at.saturating_sub(OVERLAP).unwrap_or(Timestamp::UNIX_EPOCH));
        Ok(since.filter(|at| self.started_at.duration_since(*at) < HISTORY))
    }

    /// Writes pages as they come; whether all came.
    fn read_pages(&mut self, pages: &mpsc::Receiver<Fetched>, staging: &mut Staging) -> Result<bool, AppError> {
        loop {
            match pages.recv_timeout(SIGN_OF_LIFE) {
                Ok(Fetched::Page { resource, entries }) => {
                    let mut taken = std::mem::take(staging);
                    *staging = self.write(move |tx| {
                        taken.page(tx, entries)?;
                        Ok(taken)
                    })?;
                    (self.progress)(&Progress { file: resource.name().to_owned(), lines: staging.n_entries });
                }
                Ok(Fetched::Failed { error, place }) => {
                    self.report.find(error.code(), place);
                    return Ok(false);
                }
                Err(RecvTimeoutError::Timeout) => self.write(|_| Ok(()))?,
                Err(RecvTimeoutError::Disconnected) => return Ok(true),
            }
        }
    }
}

fn at(table: Table) -> usize {
    Table::ALL.iter().position(|it| *it == table).unwrap_or_default()
}

/// What a load wrote so far.
#[derive(Default)]
struct Staging {
    number: i64,
    now: Timestamp,
    whole: bool,
    /// Rows in force, by table: those of a load of everything.
    seen: [Seen; 4],
    n_before: [u64; 4],
    n_new: [u64; 4],
    n_gone: [u64; 4],
    /// RPPS numbers and keys of addresses of which a row is new or gone.
    people: Numbers,
    boxes: Numbers,
    n_entries: u64,
    n_boxes: u64,
    /// What was refused of people and places, and of boxes.
    refused: [FileReport; 2],
    without_rpps: u64,
    buffer: Vec<u8>,
}

impl Staging {
    fn begin(store: &Store, number: i64, now: Timestamp, whole: bool) -> Result<Self, AppError> {
        let mut it = Self { number, now, whole, ..Self::default() };
        if whole {
            for table in Table::ALL {
                let known = store.read_blocking(move |tx| {
                    let mut known = Vec::new();
                    load::known(tx, table, None, |hash, id| known.push((hash, id)))?;
                    Ok::<_, AppError>(known)
                })?;
                it.seen[at(table)] = Seen::new(known);
                it.n_before[at(table)] = it.seen[at(table)].n_before() as u64;
            }
        } else {
            let counts = store.read_blocking(|tx| Ok::<_, AppError>(load::counts(tx)?))?;
            it.n_before = counts.map(|n| u64::try_from(n).unwrap_or(0));
        }
        Ok(it)
    }

    /// People and places, then boxes, as a report shows them.
    fn files(&self) -> [FileReport; 2] {
        let after = |table: Table| {
            let at = at(table);
            (self.n_before[at], (self.n_before[at] + self.n_new[at]).saturating_sub(self.n_gone[at]))
        };
        let (before, now) = (after(Table::Situations), after(Table::Mailboxes));
        let file = |kind: &str, lines, refused: &FileReport, (before, after)| FileReport {
            name: NAME.to_owned(),
            kind: kind.to_owned(),
            lines,
            refused: refused.refused.clone(),
            before,
            after,
            ..FileReport::default()
        };
        let mut people = file("practices", self.n_entries, &self.refused[0], before);
        people.without_rpps = self.without_rpps;
        [people, file("mailboxes", self.n_boxes, &self.refused[1], now)]
    }

    fn touch(&mut self, table: Table, key: i64) {
        match table {
            Table::Practitioners | Table::Situations => self.people.insert(key),
            Table::Mailboxes => self.boxes.insert(key),
            Table::Structures => false,
        };
    }

    /// Writes the rows of a page.
    fn page(&mut self, tx: &mut Tx<'_>, entries: Vec<Result<Entry, Problem>>) -> Result<(), AppError> {
        for entry in entries {
            self.n_entries += 1;
            match entry {
                Ok(entry) => self.entry(tx, &entry)?,
                Err(problem) => self.refused[0].refuse(problem.code(), self.n_entries),
            }
        }
        Ok(())
    }

    fn entry(&mut self, tx: &mut Tx<'_>, entry: &Entry) -> Result<(), AppError> {
        for problem in &entry.refused {
            self.n_boxes += 1;
            self.refused[1].refuse(problem.code(), self.n_entries);
        }
        let origin = origin(entry.resource.name(), &entry.id);
        let mut batch = Batch::default();
        match &entry.content {
            Content::Gone => {}
            Content::WithoutRpps => self.without_rpps += 1,
            Content::Organization(it) => self.organization(tx, it, origin, &mut batch)?,
            Content::Practitioner(it) => self.practitioner(it, origin, &mut batch),
            Content::Role(it) => {
                let professional = origin::professional(tx, origin_of(Resource::Practitioner, &it.practitioner))?;
                let structure = match it.organization.as_str() {
                    "" => Some(String::new()),
                    id => origin::structure(tx, origin_of(Resource::Organization, id))?,
                };
                if professional.is_none() || structure.is_none() {
                    self.refused[0].refuse(Problem::Reference.code(), self.n_entries);
                }
                if let Some(who) = professional {
                    self.role(&who, &structure.unwrap_or_default(), it, origin, &mut batch);
                }
            }
        }
        if self.whole {
            return self.add(tx, batch, |seen, table, hash| seen[at(table)].is_new(hash));
        }
        if entry.resource == Resource::Practitioner {
            self.follow(tx, &entry.content, origin, &mut batch)?;
        }
        self.replace(tx, origin, batch)
    }

    /// Writes the rows that are new.
    fn add(
        &mut self,
        tx: &mut Tx<'_>,
        mut batch: Batch,
        mut is_new: impl FnMut(&mut [Seen; 4], Table, i64) -> bool,
    ) -> Result<(), AppError> {
        let seen = &mut self.seen;
        batch.practitioners.retain(|it| is_new(seen, Table::Practitioners, it.hash));
        batch.situations.retain(|it| is_new(seen, Table::Situations, it.hash));
        batch.structures.retain(|it| is_new(seen, Table::Structures, it.hash));
        batch.mailboxes.retain(|it| is_new(seen, Table::Mailboxes, it.hash));
        let people = batch.practitioners.iter().map(|it| it.rpps).chain(batch.situations.iter().map(|it| it.rpps));
        self.people.extend(people);
        self.boxes.extend(batch.mailboxes.iter().map(|it| it.address_key));
        let n_new = [batch.practitioners.len(), batch.situations.len(), batch.structures.len(), batch.mailboxes.len()];
        for (total, n) in self.n_new.iter_mut().zip(n_new) {
            *total += n as u64;
        }
        Ok(load::insert(tx, &batch, self.number, self.now)?)
    }

    /// Replaces the rows of a resource: those that are said again stay.
    fn replace(&mut self, tx: &mut Tx<'_>, origin: i64, batch: Batch) -> Result<(), AppError> {
        let mut known: [HashMap<i64, i64>; 4] = Default::default();
        for table in Table::ALL {
            known[at(table)] = origin::rows(tx, table, origin)?.into_iter().map(|(id, hash)| (hash, id)).collect();
        }
        let mut again: [Numbers; 4] = Default::default();
        self.add(tx, batch, |_, table, hash| again[at(table)].insert(hash) && !known[at(table)].contains_key(&hash))?;
        for table in Table::ALL {
            let gone = known[at(table)].iter().filter(|(hash, _)| !again[at(table)].contains(hash));
            self.end(tx, table, &gone.map(|(_, id)| *id).collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn end(&mut self, tx: &mut Tx<'_>, table: Table, ids: &[i64]) -> Result<(), AppError> {
        self.n_gone[at(table)] += ids.len() as u64;
        for key in end_rows(tx, table, ids, self.number)? {
            self.touch(table, key);
        }
        Ok(())
    }

    /// The rows that roles gave a professional bear their name: they follow it, and go with them.
    fn follow(&mut self, tx: &mut Tx<'_>, now: &Content, own: i64, batch: &mut Batch) -> Result<(), AppError> {
        let Some(before) = origin::professional(tx, own)? else { return Ok(()) };
        for (id, role, it) in origin::of_roles(tx, rpps_number(&before.rpps), own)? {
            if let Content::Practitioner(who) = now {
                let same = (&it.title, &it.family, &it.given) == (&who.title, &who.family, &who.given);
                if same && who.professions.iter().any(|known| known.code == it.profession) {
                    continue;
                }
                let profession = who.professions.first().cloned().unwrap_or_default();
                let skill = Code { code: it.skill.clone(), label: String::new() };
                let renamed = Practitioner {
                    rpps: it.rpps,
                    title: who.title.clone(),
                    family: who.family.clone(),
                    given: who.given.clone(),
                    profession: profession.code.clone(),
                    skill: skill.code.clone(),
                    label: label(&profession, &skill),
                };
                let row = self.new_practitioner(&renamed, role);
                batch.practitioners.push(row);
            }
            self.end(tx, Table::Practitioners, &[id])?;
        }
        Ok(())
    }

    fn organization(
        &mut self,
        tx: &mut Tx<'_>,
        it: &Organization,
        origin: i64,
        batch: &mut Batch,
    ) -> Result<(), AppError> {
        let structure = it.structure();
        // Roles and boxes already name it: it keeps its number until everything is loaded again.
        let kept = if self.whole { None } else { origin::structure(tx, origin)? };
        let number = kept.unwrap_or_else(|| structure.key());
        let [first, siret, technical] = structure.numbers;
        let text = origin.to_string();
        let fields = [
            SOURCE,
            &text,
            first,
            siret,
            technical,
            structure.finess_ej,
            structure.name,
            &it.street,
            structure.postal_code,
            structure.town,
            structure.phone,
        ];
        batch.structures.push(NewStructure {
            hash: hash(&mut self.buffer, &fields),
            source: SOURCE,
            name_key: name_key(&[structure.name]),
            town_key: name_key(&[structure.town]),
            structure: directory::Structure {
                number: number.clone(),
                finess_ej: it.finess_ej.clone(),
                siret: siret.to_owned(),
                name: it.name.clone(),
                street: it.street.clone(),
                postal_code: it.postal_code.clone(),
                town: it.town.clone(),
                phone: it.phone.clone(),
            },
            origin: Some(origin),
        });
        self.mailboxes(&it.boxes, None, &number, origin, batch);
        Ok(())
    }

    fn practitioner(&mut self, it: &annuaire::fhir::Practitioner, origin: i64, batch: &mut Batch) {
        let Some(rpps) = lab::person::Rpps::parse(&it.rpps) else {
            self.refused[0].refuse(Problem::Identifier.code(), self.n_entries);
            return;
        };
        let none = [Code::default()];
        let professions = if it.professions.is_empty() { &none[..] } else { &it.professions };
        let skills = if it.skills.is_empty() { &none[..] } else { &it.skills };
        for (profession, skill) in professions.iter().flat_map(|it| skills.iter().map(move |skill| (it, skill))) {
            let row = Practitioner {
                rpps: rpps.clone(),
                title: it.title.clone(),
                family: it.family.clone(),
                given: it.given.clone(),
                profession: profession.code.clone(),
                skill: skill.code.clone(),
                label: label(profession, skill),
            };
            batch.practitioners.push(self.new_practitioner(&row, origin));
        }
        self.mailboxes(&it.boxes, Some(rpps_number(&rpps)), "", origin, batch);
    }

    fn role(&mut self, who: &Practitioner, structure: &str, it: &annuaire::fhir::Role, origin: i64, batch: &mut Batch) {
        for skill in &it.skills {
            let profession = Code { code: who.profession.clone(), label: String::new() };
            let row = Practitioner { skill: skill.code.clone(), label: label(&profession, skill), ..who.clone() };
            batch.practitioners.push(self.new_practitioner(&row, origin));
        }
        let rpps = rpps_number(&who.rpps);
        let text = origin.to_string();
        let hash = hash(&mut self.buffer, &[SOURCE, &text, who.rpps.as_str(), structure]);
        batch.situations.push(NewSituation { hash, rpps, structure: structure.to_owned(), origin: Some(origin) });
        self.mailboxes(&it.boxes, Some(rpps), structure, origin, batch);
    }

    fn new_practitioner(&mut self, it: &Practitioner, origin: i64) -> NewPractitioner {
        let (text, rpps) = (origin.to_string(), it.rpps.as_str());
        let fields = [SOURCE, &text, rpps, &it.title, &it.family, &it.given, &it.profession, &it.skill, &it.label];
        NewPractitioner {
            hash: hash(&mut self.buffer, &fields),
            rpps: rpps_number(&it.rpps),
            name_key: name_key(&[&it.family, &it.given]),
            title: it.title.clone(),
            family: it.family.clone(),
            given: it.given.clone(),
            profession: it.profession.clone(),
            skill: it.skill.clone(),
            label: it.label.clone(),
            origin: Some(origin),
        }
    }

    fn mailboxes(&mut self, boxes: &[MssBox], rpps: Option<i64>, structure: &str, origin: i64, batch: &mut Batch) {
        for it in boxes {
            self.n_boxes += 1;
            let address = it.address.to_ascii_lowercase();
            let (text, holder) = (origin.to_string(), rpps.map(|it| it.to_string()).unwrap_or_default());
            let paperless = if it.paperless { "O" } else { "N" };
            let fields = [SOURCE, &text, it.kind.code(), &address, &holder, structure, &it.service, paperless];
            batch.mailboxes.push(NewMailbox {
                hash: hash(&mut self.buffer, &fields),
                address_key: directory::address_key(&address),
                address,
                kind: it.kind.code(),
                rpps,
                structure: structure.to_owned(),
                service: it.service.clone(),
                paperless: it.paperless,
                origin: Some(origin),
            });
        }
    }
}

fn origin_of(resource: Resource, id: &str) -> i64 {
    origin(resource.name(), id)
}

/// The French label of a profession and a know-how. The API most often gives codes alone: JDV_J01 has the labels.
fn label(profession: &Code, skill: &Code) -> String {
    let labels = &terminology::jdv::AUTHOR_SPECIALTY;
    let own = |it: &Code| Some(it.label.clone()).filter(|label| !label.is_empty());
    let of_profession = || {
        let listed = ["G15_", "G16_"].iter().find_map(|system| labels.label(&format!("{system}{}", profession.code)));
        own(profession).or_else(|| listed.map(str::to_owned)).unwrap_or_else(|| profession.code.clone())
    };
    if skill.code.is_empty() {
        return of_profession();
    }
    match (own(skill), labels.label(&format!("G15_{}/{}", profession.code, skill.code))) {
        (Some(label), _) => format!("{} - {label}", of_profession()),
        (None, Some(both)) => both.to_owned(),
        (None, None) => format!("{} - {}", of_profession(), skill.code),
    }
}
