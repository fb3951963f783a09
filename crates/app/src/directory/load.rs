//! Loading: files in; what changed since the load in force written in short transactions, one switch, a report out.
//!
//! An unchanged line costs a hash and a look-up in memory. Until the switch nobody sees anything of a load; one that is
//! cut leaves rows that the next one undoes.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _, Seek as _},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use annuaire::{ArchiveError, Extraction, HeaderError, Kind, Limits, Line, name_key};
use jiff::{SignedDuration, Timestamp};
use lab::finding::Finding;
use records::directory::{
    self,
    load::{
        self, Batch, LoadRecord, NewMailbox, NewPractitioner, NewSituation, NewStructure, Table, before_and_after,
        end_rows,
    },
};
use sha2::{Digest, Sha256};
use store::Store;

use super::{
    correspondents, fhir,
    report::{FileReport, LoadReport, Shrink},
    seen::{Numbers, Seen},
};
use crate::{App, AppError, Env, validation::audit};

/// A loader that gave no sign of life for so long is dead.
const DEAD_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// A loader gives a sign of life at least so often.
pub(super) const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// How long one write may hold the writer, about: batches grow and shrink towards it.
const WRITE_TIME: Duration = Duration::from_millis(250);
/// Rows of the first batch, and the bounds of others. A commit writes every page of the indexes that it touched: small
/// batches write the same pages again and again.
const FIRST_ROWS: usize = 20_000;
const LEAST_ROWS: usize = 15_000;
const MOST_ROWS: usize = 30_000;
/// Rows ended or undone in one write.
const SMALL_WRITE: usize = 2_000;
/// Lines between two signs of progress.
const PROGRESS_LINES: u64 = 20_000;

/// Where a load stands.
#[derive(Clone, Debug)]
pub struct Progress {
    /// File being read.
    pub file: String,
    /// Lines read of it.
    pub lines: u64,
}

impl App {
    /// Loads extractions: text files, or ZIP archives that hold them; at most one of each kind.
    ///
    /// The answer says whether the load came into force, and if not why: findings `DIRECTORY-FILE-UNREADABLE`,
    /// `DIRECTORY-FILE-UNKNOWN`, `DIRECTORY-COLUMN-MISSING`, `DIRECTORY-KIND-TWICE`, `DIRECTORY-EMPTY`,
    /// `DIRECTORY-SHRUNK`. Error: `DIRECTORY-BUSY` among [`AppError::Obstacles`] while another load is under way.
    pub async fn load_directory(
        &self,
        files: Vec<PathBuf>,
        shrink: Shrink,
        author: &str,
        progress: impl Fn(&Progress) + Send + 'static,
    ) -> Result<LoadReport, AppError> {
        let (store, env, author) = (self.store().clone(), self.env().clone(), author.to_owned());
        let load = move || load_files(&store, &env, &files, shrink, &author, progress);
        tokio::task::spawn_blocking(load).await.unwrap_or(Err(AppError::Rendering("load of the directory")))
    }
}

/// As [`App::load_directory`], on the thread of the caller, into any store.
pub fn load_files(
    store: &Store,
    env: &Env,
    files: &[PathBuf],
    shrink: Shrink,
    author: &str,
    progress: impl Fn(&Progress) + Send + 'static,
) -> Result<LoadReport, AppError> {
    Loading::begin(store, env, shrink, author, Box::new(progress))?.run(|it| it.read_files(files))
}

/// Why a file is not loaded.
enum Failure {
    App(AppError),
    Archive,
    Header(HeaderError),
    Io,
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<ArchiveError> for Failure {
    fn from(_: ArchiveError) -> Self {
        Self::Archive
    }
}

impl From<HeaderError> for Failure {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self::Io
    }
}

/// A load under way.
pub(super) struct Loading {
    pub(super) store: Store,
    pub(super) env: Env,
    loader: String,
    author: String,
    shrink: Shrink,
    pub(super) started_at: Timestamp,
    started: Instant,
    pub(super) in_force: i64,
    pub(super) number: i64,
    n_rows: AtomicUsize,
    longest_write_ms: AtomicU64,
    pub(super) progress: Box<dyn Fn(&Progress) + Send>,
    pub(super) report: LoadReport,
    /// Whether there is something to undo.
    pub(super) staged: bool,
}

impl Loading {
    pub(super) fn begin(
        store: &Store,
        env: &Env,
        shrink: Shrink,
        author: &str,
        progress: Box<dyn Fn(&Progress) + Send>,
    ) -> Result<Self, AppError> {
        let (store, env) = (store.clone(), env.clone());
        let (loader, now) = (env.uuid().to_string(), env.now());
        let name = loader.clone();
        let begun =
            store.write_blocking(move |tx| Ok::<_, AppError>(load::begin(tx, &name, now - DEAD_AFTER, now)?))?;
        let Some(in_force) = begun else {
            return Err(AppError::Obstacles(vec![Finding::error("DIRECTORY-BUSY", "")]));
        };
        Ok(Self {
            store,
            env,
            loader,
            author: author.to_owned(),
            shrink,
            started_at: now,
            started: Instant::now(),
            in_force,
            number: in_force + 1,
            n_rows: AtomicUsize::new(FIRST_ROWS),
            longest_write_ms: AtomicU64::new(0),
            progress,
            report: LoadReport::default(),
            staged: true,
        })
    }

    /// Undoes what was left, reads, and brings what was read into force unless something was found against it.
    pub(super) fn run(mut self, read: impl FnOnce(&mut Self) -> Result<(), AppError>) -> Result<LoadReport, AppError> {
        let outcome = self.load(read);
        if outcome.is_err() {
            // What was written stays unseen, and the next load undoes it; the right to load is given back if possible.
            let loader = self.loader.clone();
            let _ = self.store.write_blocking(move |tx| Ok::<_, AppError>(load::end(tx, &loader)?));
        }
        outcome.map(|()| self.report)
    }

    fn load(&mut self, read: impl FnOnce(&mut Self) -> Result<(), AppError>) -> Result<(), AppError> {
        self.undo()?;
        read(self)?;
        self.report.in_force = self.report.findings.is_empty();
        if self.report.in_force {
            self.switch()?;
            self.collect()?;
            correspondents::update_all(&self.store, &self.env, &self.loader, &mut self.report)?;
        } else {
            self.undo()?;
        }
        self.note()
    }

    /// A write of the load, whose time is watched; gives a sign of life.
    pub(super) fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut store::Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let (loader, now) = (self.loader.clone(), self.env.now());
        let (out, took) = self.store.write_blocking(move |tx| {
            let started = Instant::now();
            load::keep(tx, &loader, now)?;
            let out = f(tx)?;
            Ok::<_, AppError>((out, started.elapsed()))
        })?;
        self.longest_write_ms.fetch_max(u64::try_from(took.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(out)
    }

    /// Undoes what a load that was cut, or refused, left behind.
    fn undo(&mut self) -> Result<(), AppError> {
        if !std::mem::take(&mut self.staged) {
            return Ok(());
        }
        let in_force = self.in_force;
        for table in Table::ALL {
            let limit = u32::try_from(SMALL_WRITE).unwrap_or(1000);
            while self.write(move |tx| Ok(load::undo(tx, table, in_force, limit)?))? {}
        }
        Ok(())
    }

    fn read_files(&mut self, files: &[PathBuf]) -> Result<(), AppError> {
        for file in files {
            self.read_file(file)?;
        }
        if self.report.files.is_empty() && self.report.findings.is_empty() {
            self.report.find("DIRECTORY-FILE-UNKNOWN", "");
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path) -> Result<(), AppError> {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        match self.read_either(path, &name) {
            Ok(()) => {}
            Err(Failure::App(error)) => return Err(error),
            Err(Failure::Header(HeaderError::Missing { column, .. })) => {
                self.report.find("DIRECTORY-COLUMN-MISSING", format!("{name} : {column}"));
            }
            Err(Failure::Header(HeaderError::Unknown)) => self.report.find("DIRECTORY-FILE-UNKNOWN", name),
            Err(Failure::Header(HeaderError::Io(_)) | Failure::Archive | Failure::Io) => {
                self.report.find("DIRECTORY-FILE-UNREADABLE", name);
            }
        }
        Ok(())
    }

    fn read_either(&mut self, path: &Path, name: &str) -> Result<(), Failure> {
        let mut file = File::open(path)?;
        let mut start = [0; 4];
        let n = file.read(&mut start)?;
        file.rewind()?;
        if start[..n] != *b"PK\x03\x04" {
            return self.read_text(name, BufReader::with_capacity(1 << 16, file));
        }
        let mut n_read = 0;
        annuaire::each_text(BufReader::new(file), &Limits::default(), |member, reader| {
            match self.read_text(member, reader) {
                // Archives hold other extractions too.
                Err(Failure::Header(HeaderError::Unknown)) => Ok(()),
                other => {
                    n_read += 1;
                    other
                }
            }
        })?;
        if n_read == 0 { Err(HeaderError::Unknown.into()) } else { Ok(()) }
    }

    fn read_text(&mut self, name: &str, reader: impl BufRead) -> Result<(), Failure> {
        let extraction = Extraction::open(reader)?;
        let kind = extraction.kind();
        if self.report.files.iter().any(|it| it.kind == kind.code()) {
            self.report.find("DIRECTORY-KIND-TWICE", name);
            return Ok(());
        }
        let mut tables = Tables::read(&self.store, kind)?;
        self.staged = true;
        let mut file = FileReport {
            name: name.to_owned(),
            kind: kind.code().to_owned(),
            published: annuaire::published(name),
            before: tables.n_before(),
            ..FileReport::default()
        };
        self.write_rows(extraction, &mut tables, &mut file)?;
        file.after = tables.n_after();
        self.assess(&file);
        if self.report.findings.is_empty() {
            let touched = &mut tables.touched;
            let gone = [&tables.practitioners, &tables.situations, &tables.structures, &tables.mailboxes];
            self.end_gone(gone.map(Seen::gone), |table, key| {
                if table != Table::Structures {
                    touched.insert(key);
                }
            })?;
            let table = if kind == Kind::Practices { Table::Practitioners } else { Table::Mailboxes };
            self.count_changes(table, &tables.touched, &mut file)?;
        }
        self.report.files.push(file);
        Ok(())
    }

    /// How many professionals or addresses are new, changed or gone, among those of which a row is new or gone.
    pub(super) fn count_changes(&self, table: Table, touched: &Numbers, file: &mut FileReport) -> Result<(), AppError> {
        if file.before == 0 {
            file.created = touched.len() as u64;
            return Ok(());
        }
        let keys: Vec<i64> = touched.iter().copied().collect();
        for part in keys.chunks(SMALL_WRITE) {
            let (part, number) = (part.to_vec(), self.number);
            let read = move |tx: &mut store::Tx<'_>| Ok::<_, AppError>(before_and_after(tx, table, &part, number)?);
            for before_and_after in self.store.read_blocking(read)? {
                match before_and_after {
                    (false, true) => file.created += 1,
                    (true, true) => file.changed += 1,
                    (true, false) => file.closed += 1,
                    (false, false) => {}
                }
            }
            // Reading is no sign of life.
            self.write(|_| Ok(()))?;
        }
        Ok(())
    }

    /// Reads a file on this thread while another one writes what is new.
    fn write_rows<R: BufRead>(
        &self,
        mut extraction: Extraction<R>,
        tables: &mut Tables,
        file: &mut FileReport,
    ) -> Result<(), Failure> {
        let (sender, batches) = mpsc::sync_channel::<Batch>(1);
        let writer = Writer {
            store: &self.store,
            env: &self.env,
            loader: &self.loader,
            number: self.number,
            started_at: self.started_at,
            n_rows: &self.n_rows,
            longest_write_ms: &self.longest_write_ms,
        };
        std::thread::scope(|scope| {
            let written = scope.spawn(move || writer.run(&batches));
            let read = self.read_lines(&mut extraction, tables, file, &sender);
            drop(sender);
            let written = written.join().unwrap_or(Err(AppError::Rendering("load of the directory")));
            // A writer that ended explains why nothing more could be handed to it.
            written?;
            read
        })
    }

    fn read_lines<R: BufRead>(
        &self,
        extraction: &mut Extraction<R>,
        tables: &mut Tables,
        file: &mut FileReport,
        writer: &mpsc::SyncSender<Batch>,
    ) -> Result<(), Failure> {
        let mut batch = Batch::default();
        loop {
            if extraction.n_lines().is_multiple_of(PROGRESS_LINES) {
                (self.progress)(&Progress { file: file.name.clone(), lines: extraction.n_lines() });
            }
            match extraction.read()? {
                Some(Line::Practice(practice)) => tables.practice(&practice, &mut batch),
                Some(Line::Mailbox(mailbox)) => tables.mailbox(&mailbox, &mut batch),
                Some(Line::WithoutRpps) => file.without_rpps += 1,
                Some(Line::Refused(finding)) => file.refuse(finding.problem.code(), finding.line),
                None => break,
            }
            if batch.len() >= self.n_rows.load(Ordering::Relaxed) && writer.send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
        file.lines = extraction.n_lines();
        (self.progress)(&Progress { file: file.name.clone(), lines: file.lines });
        // A writer that ended says why itself.
        let _ = writer.send(batch);
        Ok(())
    }

    /// Whether a file may replace what is in force. Source: extractions shrink slowly; one cut short must not close boxes.
    pub(super) fn assess(&mut self, file: &FileReport) {
        if file.after == 0 {
            self.report.find("DIRECTORY-EMPTY", file.name.clone());
        } else if let Shrink::RefusedBeyond(percent) = self.shrink
            && file.after.saturating_mul(100) < file.before.saturating_mul(100_u64.saturating_sub(percent))
        {
            let figures = format!("{} : {} → {}", file.name, file.before, file.after);
            self.report.find("DIRECTORY-SHRUNK", figures);
        }
    }

    /// Ends rows, in the order of [`Table::ALL`]; tells whom or what each was about.
    pub(super) fn end_gone(&self, gone: [Vec<i64>; 4], mut ended: impl FnMut(Table, i64)) -> Result<(), AppError> {
        for (table, ids) in Table::ALL.into_iter().zip(gone) {
            for part in ids.chunks(SMALL_WRITE) {
                let (part, number) = (part.to_vec(), self.number);
                let keys = self.write(move |tx| Ok(end_rows(tx, table, &part, number)?))?;
                keys.into_iter().for_each(|key| ended(table, key));
            }
        }
        Ok(())
    }

    fn switch(&mut self) -> Result<(), AppError> {
        let (loader, number) = (self.loader.clone(), self.number);
        self.write(move |tx| Ok(load::switch(tx, &loader, number)?))
    }

    /// Removes what is no longer in force.
    fn collect(&self) -> Result<(), AppError> {
        let (number, limit) = (self.number, u32::try_from(SMALL_WRITE).unwrap_or(1000));
        for table in Table::ALL {
            while self.write(move |tx| Ok(load::collect(tx, table, number, limit)?))? > 0 {}
        }
        Ok(())
    }

    fn note(&mut self) -> Result<(), AppError> {
        self.report.counts = self.store.read_blocking(|tx| Ok::<_, AppError>(load::counts(tx)?))?;
        self.report.duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.report.longest_write_ms = self.longest_write_ms.load(Ordering::Relaxed);
        let record = LoadRecord {
            id: self.loader.clone(),
            number: if self.report.in_force { self.number } else { 0 },
            started_at: self.started_at,
            ended_at: self.env.now(),
            author: self.author.clone(),
            report: serde_json::to_string(&self.report).unwrap_or_default(),
        };
        let (loader, now) = (self.loader.clone(), record.ended_at);
        let action = if self.report.in_force { "directory.load" } else { "directory.refuse" };
        self.write(move |tx| {
            load::note(tx, &record)?;
            load::end(tx, &loader)?;
            audit(tx, &record.author, action, &record.number.to_string(), None, now)
        })
    }
}

/// The thread that writes batches.
struct Writer<'a> {
    store: &'a Store,
    env: &'a Env,
    loader: &'a str,
    number: i64,
    started_at: Timestamp,
    n_rows: &'a AtomicUsize,
    longest_write_ms: &'a AtomicU64,
}

impl Writer<'_> {
    fn run(&self, batches: &mpsc::Receiver<Batch>) -> Result<(), AppError> {
        loop {
            let batch = match batches.recv_timeout(SIGN_OF_LIFE) {
                Ok(batch) => batch,
                Err(mpsc::RecvTimeoutError::Timeout) => Batch::default(),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let n_rows = batch.len();
            let (loader, now, number, seen) = (self.loader.to_owned(), self.env.now(), self.number, self.started_at);
            let held = self.store.write_blocking(move |tx| {
                let started = Instant::now();
                load::keep(tx, &loader, now)?;
                load::insert(tx, &batch, number, seen)?;
                Ok::<_, AppError>(started.elapsed())
            })?;
            self.longest_write_ms.fetch_max(u64::try_from(held.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
            if n_rows >= LEAST_ROWS {
                let aim = if held > WRITE_TIME * 3 / 2 {
                    n_rows / 2
                } else if held < WRITE_TIME {
                    n_rows + n_rows / 4
                } else {
                    n_rows
                };
                self.n_rows.store(aim.clamp(LEAST_ROWS, MOST_ROWS), Ordering::Relaxed);
            }
        }
    }
}

/// The rows of a file: which are new, which are gone.
struct Tables {
    kind: Kind,
    practitioners: Seen,
    situations: Seen,
    structures: Seen,
    mailboxes: Seen,
    /// RPPS numbers or keys of addresses of which a row is new or gone.
    touched: Numbers,
    buffer: Vec<u8>,
}

impl Tables {
    fn read(store: &Store, kind: Kind) -> Result<Self, AppError> {
        let known = |table| {
            let read = store.read_blocking(move |tx| {
                let mut known = Vec::new();
                // An extraction of professionals replaces what the API said.
                let other = if kind == Kind::Practices { fhir::SOURCE } else { kind.code() };
                load::known(tx, table, Some([kind.code(), other]), |hash, id| known.push((hash, id)))?;
                Ok::<_, AppError>(known)
            });
            read.map(Seen::new)
        };
        let of = |wanted: Kind, table| if kind == wanted { known(table) } else { Ok(Seen::default()) };
        Ok(Self {
            kind,
            practitioners: of(Kind::Practices, Table::Practitioners)?,
            situations: of(Kind::Practices, Table::Situations)?,
            structures: known(Table::Structures)?,
            mailboxes: of(Kind::Mailboxes, Table::Mailboxes)?,
            touched: Numbers::default(),
            buffer: Vec::with_capacity(1024),
        })
    }

    /// The rows that stand for lines.
    fn lines(&self) -> &Seen {
        match self.kind {
            Kind::Practices => &self.situations,
            Kind::Mailboxes => &self.mailboxes,
        }
    }

    fn n_before(&self) -> u64 {
        self.lines().n_before() as u64
    }

    fn n_after(&self) -> u64 {
        self.lines().n_after() as u64
    }

    fn practice(&mut self, it: &annuaire::Practice<'_>, batch: &mut Batch) {
        let rpps = it.rpps.parse().unwrap_or(0);
        let fields =
            [it.rpps, it.title, it.family, it.given, it.profession, it.profession_label, it.skill, it.skill_label];
        let hash = hash(&mut self.buffer, &fields);
        if self.practitioners.is_new(hash) {
            self.touched.insert(rpps);
            let label = match (it.profession_label, it.skill_label) {
                (profession, "") => profession.to_owned(),
                (profession, skill) => format!("{profession} - {skill}"),
            };
            batch.practitioners.push(NewPractitioner {
                hash,
                rpps,
                name_key: name_key(&[it.family, it.given]),
                title: it.title.to_owned(),
                family: it.family.to_owned(),
                given: it.given.to_owned(),
                profession: it.profession.to_owned(),
                skill: it.skill.to_owned(),
                label,
                origin: None,
            });
        }
        let structure = self.structure(it.structure.as_ref(), batch);
        let hash = self::hash(&mut self.buffer, &[it.rpps, &structure]);
        if self.situations.is_new(hash) {
            self.touched.insert(rpps);
            batch.situations.push(NewSituation { hash, rpps, structure, origin: None });
        }
    }

    fn mailbox(&mut self, it: &annuaire::Mailbox<'_>, batch: &mut Batch) {
        let structure = self.structure(it.structure.as_ref(), batch);
        let address = it.address.trim().to_ascii_lowercase();
        let paperless = if it.paperless { "O" } else { "N" };
        let fields = [it.kind.code(), &address, it.rpps.unwrap_or_default(), &structure, it.service, paperless];
        let hash = hash(&mut self.buffer, &fields);
        if self.mailboxes.is_new(hash) {
            let address_key = directory::address_key(&address);
            self.touched.insert(address_key);
            batch.mailboxes.push(NewMailbox {
                hash,
                address_key,
                address,
                kind: it.kind.code(),
                rpps: it.rpps.and_then(|it| it.parse().ok()),
                structure,
                service: it.service.to_owned(),
                paperless: it.paperless,
                origin: None,
            });
        }
    }

    /// Notes a structure when it is new; answers its number.
    fn structure(&mut self, structure: Option<&annuaire::Structure<'_>>, batch: &mut Batch) -> String {
        let Some(it) = structure else { return String::new() };
        let number = it.key();
        let [finess, siret, technical] = it.numbers;
        let [street_number, complement, street_kind, street] = it.street;
        let fields = [
            self.kind.code(),
            finess,
            siret,
            technical,
            it.finess_ej,
            it.name,
            street_number,
            complement,
            street_kind,
            street,
            it.town_line,
            it.postal_code,
            it.town,
            it.phone,
        ];
        let hash = hash(&mut self.buffer, &fields);
        if self.structures.is_new(hash) {
            let town = it.town_name();
            batch.structures.push(NewStructure {
                hash,
                source: self.kind.code(),
                name_key: name_key(&[it.name]),
                town_key: name_key(&[town]),
                structure: directory::Structure {
                    number: number.clone(),
                    finess_ej: it.finess_ej.to_owned(),
                    siret: if self.kind == Kind::Practices { siret.to_owned() } else { String::new() },
                    name: it.name.to_owned(),
                    street: it.street_line(),
                    postal_code: it.postal_code.to_owned(),
                    town: town.to_owned(),
                    phone: it.phone.to_owned(),
                },
                origin: None,
            });
        }
        number
    }
}

/// The first eight bytes of the SHA-256 of fields, a byte between them that none holds.
pub(super) fn hash(buffer: &mut Vec<u8>, fields: &[&str]) -> i64 {
    buffer.clear();
    for field in fields {
        buffer.extend_from_slice(field.as_bytes());
        buffer.push(0xff);
    }
    let hash = Sha256::digest(&buffer[..]);
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}
