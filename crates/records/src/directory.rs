//! The Annuaire Santé: who practices where, whose mailbox is which, and the addresses that people typed.
//!
//! Reading is here, loading in [`load`] and [`origin`]. Every question is asked of the load in force.

pub mod correspondents;
pub mod load;
pub mod origin;

use std::ops::RangeInclusive;

use jiff::Timestamp;
use lab::person::{MssanteAddress, Rpps};
use sha2::{Digest, Sha256};
use store::{Row, Tx, params};

use crate::{RecordError, Result, row};

/// Most rows of one person or structure that are looked at.
const MAX_ROWS: u32 = 200;
/// Most matches of a search that are looked at.
const MAX_MATCHES: u32 = 2000;

/// A professional, as the directory says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Practitioner {
    /// National number.
    pub rpps: Rpps,
    /// `DR`, `PR`, `M`…; may be empty.
    pub title: String,
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// Code of the profession, `10` for a physician.
    pub profession: String,
    /// Code of the know-how; may be empty.
    pub skill: String,
    /// French label of both.
    pub label: String,
}

/// A structure, as the directory says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Structure {
    /// `F` + FINESS, `S` + SIRET, `T` + technical number.
    pub number: String,
    /// FINESS of the legal entity; may be empty.
    pub finess_ej: String,
    /// SIRET; may be empty.
    pub siret: String,
    /// Name.
    pub name: String,
    /// Street line.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub town: String,
    /// Telephone.
    pub phone: String,
}

/// A mailbox and one of its situations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox {
    /// Address.
    pub address: MssanteAddress,
    /// `PER`, `ORG`, `APP`, `CAB`.
    pub kind: String,
    /// Number of the structure; may be empty.
    pub structure: String,
    /// Service; may be empty.
    pub service: String,
    /// `false` when the holder asked not to be written to instead of paper.
    pub paperless: bool,
}

/// Whether an address is in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailboxState {
    /// Published.
    Open,
    /// Published once, and no more since that time.
    Closed(Option<Timestamp>),
}

/// What is known of an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownMailbox {
    /// Open or closed.
    pub state: MailboxState,
    /// When it was first seen in an extraction.
    pub first_seen: Timestamp,
    /// Whether every line of it accepts mail instead of paper.
    pub paperless: bool,
}

/// An address that a person typed, and who.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManualMailbox {
    /// Address.
    pub address: MssanteAddress,
    /// Where it comes from, in their words.
    pub note: String,
    /// Login.
    pub entered_by: String,
    /// When.
    pub entered_at: Timestamp,
}

/// The number of the load in force; 0 before the first.
pub fn in_force(tx: &mut Tx<'_>) -> Result<i64> {
    Ok(tx.query_one("SELECT load_number FROM directory_state WHERE id = 1", params![])?.int("load_number")?)
}

/// The number of a professional as it is kept.
pub fn rpps_number(rpps: &Rpps) -> i64 {
    rpps.as_str().parse().unwrap_or(0)
}

/// The key of an address: the first eight bytes of its SHA-256, lower case.
pub fn address_key(address: &str) -> i64 {
    let hash = Sha256::digest(address.to_ascii_lowercase().as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}

const PRACTITIONER: &str = "p.rpps, p.title, p.family, p.given, p.profession, p.skill, p.label";

fn practitioner(row: &Row) -> Result<Practitioner> {
    let rpps = Rpps::parse(&format!("{:011}", row.int("rpps")?));
    let unexpected = RecordError::Unexpected { table: "directory_practitioner", column: "rpps" };
    Ok(Practitioner {
        rpps: rpps.ok_or(unexpected)?,
        title: row.string("title")?,
        family: row.string("family")?,
        given: row.string("given")?,
        profession: row.string("profession")?,
        skill: row.string("skill")?,
        label: row.string("label")?,
    })
}

/// The professional with that number. Of several know-hows, the specialty (`SM…`) comes first.
pub fn by_rpps(tx: &mut Tx<'_>, rpps: &Rpps) -> Result<Option<Practitioner>> {
    let load = in_force(tx)?;
    let rows = tx.query(
        &format!(
            "SELECT {PRACTITIONER} FROM directory_practitioner p WHERE p.rpps = $1 AND p.since_load <= $2 \
             AND p.gone_load > $2 ORDER BY CASE WHEN p.skill LIKE 'SM%' THEN 0 ELSE 1 END, p.profession, p.skill, p.id \
             LIMIT 1"
        ),
        params![rpps_number(rpps), load],
    )?;
    rows.first().map(practitioner).transpose()
}

fn structure(row: &Row) -> Result<Structure> {
    Ok(Structure {
        number: row.string("number")?,
        finess_ej: row.string("finess_ej")?,
        siret: row.string("siret")?,
        name: row.string("name")?,
        street: row.string("street")?,
        postal_code: row.string("postal_code")?,
        town: row.string("town")?,
        phone: row.string("phone")?,
    })
}

/// Where a professional practices, each structure once.
pub fn places(tx: &mut Tx<'_>, rpps: &Rpps) -> Result<Vec<Structure>> {
    let load = in_force(tx)?;
    let numbers: Vec<String> = tx.query_map(
        "SELECT DISTINCT structure FROM directory_situation WHERE rpps = $1 AND structure <> '' AND since_load <= $2 \
         AND gone_load > $2 ORDER BY structure LIMIT $3",
        params![rpps_number(rpps), load, MAX_ROWS],
        |row| row.string("structure"),
    )?;
    let found: Result<Vec<_>> = numbers.iter().map(|number| structure_by_number(tx, number)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// Whether a professional has a line in force.
pub fn is_listed(tx: &mut Tx<'_>, rpps: &Rpps) -> Result<bool> {
    let load = in_force(tx)?;
    let found = tx.query_opt(
        "SELECT 1 AS one FROM directory_situation WHERE rpps = $1 AND since_load <= $2 AND gone_load > $2 LIMIT 1",
        params![rpps_number(rpps), load],
    )?;
    Ok(found.is_some())
}

/// The structure with that number; the extraction of professionals describes it best.
pub fn structure_by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<Structure>> {
    let load = in_force(tx)?;
    let rows = tx.query(
        "SELECT number, finess_ej, siret, name, street, postal_code, town, phone FROM directory_structure \
         WHERE number = $1 AND since_load <= $2 AND gone_load > $2 ORDER BY source DESC, id LIMIT 1",
        params![number, load],
    )?;
    rows.first().map(structure).transpose()
}

fn mailbox(row: &Row) -> Result<Mailbox> {
    Ok(Mailbox {
        address: row::code(row, "directory_mailbox", "address", MssanteAddress::parse)?,
        kind: row.string("kind")?,
        structure: row.string("structure")?,
        service: row.string("service")?,
        paperless: row.bool("paperless")?,
    })
}

/// Mailboxes of a professional in force, one line per situation.
pub fn mailboxes_of(tx: &mut Tx<'_>, rpps: &Rpps) -> Result<Vec<Mailbox>> {
    let load = in_force(tx)?;
    tx.query(
        "SELECT address, kind, structure, service, paperless FROM directory_mailbox WHERE rpps = $1 \
         AND since_load <= $2 AND gone_load > $2 ORDER BY address, structure, id LIMIT $3",
        params![rpps_number(rpps), load, MAX_ROWS],
    )?
    .iter()
    .map(mailbox)
    .collect()
}

/// Mailboxes of a structure in force, by any of its numbers: its own, its legal entity's, its SIRET.
pub fn mailboxes_of_structure(tx: &mut Tx<'_>, number: &str) -> Result<Vec<Mailbox>> {
    let load = in_force(tx)?;
    let (entity, siret) = match structure_by_number(tx, number)? {
        Some(it) => (format!("F{}", it.finess_ej), format!("S{}", it.siret)),
        None => (String::new(), String::new()),
    };
    tx.query(
        "SELECT address, kind, structure, service, paperless FROM directory_mailbox \
         WHERE structure IN ($1, $2, $3) AND structure NOT IN ('', 'F', 'S') AND rpps IS NULL \
         AND since_load <= $4 AND gone_load > $4 ORDER BY service, address, id LIMIT $5",
        params![number, entity, siret, load, MAX_ROWS],
    )?
    .iter()
    .map(mailbox)
    .collect()
}

/// Professionals who hold an address in force.
pub fn holders(tx: &mut Tx<'_>, address: &MssanteAddress) -> Result<Vec<Rpps>> {
    let load = in_force(tx)?;
    let numbers = tx.query_map(
        "SELECT DISTINCT rpps FROM directory_mailbox WHERE address_key = $1 AND address = $2 AND rpps IS NOT NULL \
         AND since_load <= $3 AND gone_load > $3 ORDER BY rpps LIMIT $4",
        params![address_key(address.as_str()), address.as_str(), load, MAX_ROWS],
        |row| row.int("rpps"),
    )?;
    Ok(numbers.into_iter().filter_map(|number| Rpps::parse(&format!("{number:011}"))).collect())
}

/// What is known of an address; `None` when no extraction ever had it.
pub fn known_mailbox(tx: &mut Tx<'_>, address: &MssanteAddress) -> Result<Option<KnownMailbox>> {
    let load = in_force(tx)?;
    let rows = tx.query(
        "SELECT m.paperless, m.first_seen, m.gone_load, l.ended_at FROM directory_mailbox m \
         LEFT JOIN directory_load l ON l.number = m.gone_load AND l.number > 0 \
         WHERE m.address_key = $1 AND m.address = $2 AND m.since_load <= $3 ORDER BY m.gone_load DESC LIMIT $4",
        params![address_key(address.as_str()), address.as_str(), load, MAX_ROWS],
    )?;
    let Some(last) = rows.first() else { return Ok(None) };
    let state = if last.int("gone_load")? > load {
        MailboxState::Open
    } else {
        MailboxState::Closed(row::opt_time(last, "directory_load", "ended_at")?)
    };
    let mut paperless = true;
    let mut first_seen = row::time(last, "directory_mailbox", "first_seen")?;
    for line in &rows {
        if state != MailboxState::Open || line.int("gone_load")? > load {
            paperless &= line.bool("paperless")?;
        }
        first_seen = first_seen.min(row::time(line, "directory_mailbox", "first_seen")?);
    }
    Ok(Some(KnownMailbox { state, first_seen, paperless }))
}

/// Professionals whose first letters are in a range and, when places are given, who practice at one: postal codes that
/// begin so, or towns whose first letters are in a range. By name, at most 2 000, each with their specialty if any.
pub fn search(tx: &mut Tx<'_>, name: &RangeInclusive<i64>, place: &Place) -> Result<Vec<Practitioner>> {
    let load = in_force(tx)?;
    let (postal, town) = match place {
        Place::Any => (String::new(), 0..=i64::MAX),
        Place::PostalCode(start) => (start.clone(), 0..=i64::MAX),
        Place::Town(range) => (String::new(), range.clone()),
    };
    let anywhere = i64::from(*place == Place::Any);
    let rows = tx.query(
        &format!(
            "SELECT {PRACTITIONER} FROM directory_practitioner p WHERE p.name_key BETWEEN $1 AND $2 \
             AND p.since_load <= $3 AND p.gone_load > $3 AND ($4 = 1 OR EXISTS (SELECT 1 FROM directory_situation s \
             JOIN directory_structure t ON t.number = s.structure WHERE s.rpps = p.rpps AND s.since_load <= $3 \
             AND s.gone_load > $3 AND t.since_load <= $3 AND t.gone_load > $3 AND t.town_key BETWEEN $5 AND $6 \
             AND ($7 = '' OR SUBSTR(t.postal_code, 1, $8) = $7))) ORDER BY p.family, p.given, p.rpps, \
             CASE WHEN p.skill LIKE 'SM%' THEN 0 ELSE 1 END, p.id LIMIT $9"
        ),
        params![
            *name.start(),
            *name.end(),
            load,
            anywhere,
            *town.start(),
            *town.end(),
            &postal,
            i32::try_from(postal.chars().count()).unwrap_or(5),
            MAX_MATCHES
        ],
    )?;
    let mut found: Vec<Practitioner> = Vec::new();
    for row in &rows {
        let next = practitioner(row)?;
        if found.last().is_none_or(|last| last.rpps != next.rpps) {
            found.push(next);
        }
    }
    Ok(found)
}

/// Where somebody practices, as one searches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// Anywhere.
    Any,
    /// A postal code begins so.
    PostalCode(String),
    /// The key of the town is in this range.
    Town(RangeInclusive<i64>),
}

/// Structures whose first letters are in a range, by name, at most 200, each once.
pub fn search_structures(tx: &mut Tx<'_>, name: &RangeInclusive<i64>) -> Result<Vec<Structure>> {
    let load = in_force(tx)?;
    let rows = tx.query(
        "SELECT number, finess_ej, siret, name, street, postal_code, town, phone FROM directory_structure \
         WHERE name_key BETWEEN $1 AND $2 AND since_load <= $3 AND gone_load > $3 \
         ORDER BY name, number, source DESC, id LIMIT $4",
        params![*name.start(), *name.end(), load, MAX_ROWS],
    )?;
    let mut found: Vec<Structure> = Vec::new();
    for row in &rows {
        let next = structure(row)?;
        if found.iter().all(|it| it.number != next.number) {
            found.push(next);
        }
    }
    Ok(found)
}

/// Notes an address that a person typed for a professional; the first author stays.
pub fn enter_mailbox(tx: &mut Tx<'_>, rpps: &Rpps, manual: &ManualMailbox) -> Result<()> {
    tx.execute(
        "INSERT INTO manual_mailbox (rpps, address, note, entered_by, entered_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (rpps, address) DO NOTHING",
        params![
            rpps.as_str(),
            manual.address.as_str(),
            &manual.note,
            &manual.entered_by,
            row::micros(manual.entered_at)
        ],
    )?;
    Ok(())
}

/// Addresses that people typed for a professional, latest first.
pub fn manual_mailboxes(tx: &mut Tx<'_>, rpps: &Rpps) -> Result<Vec<ManualMailbox>> {
    tx.query(
        "SELECT * FROM manual_mailbox WHERE rpps = $1 ORDER BY entered_at DESC, address LIMIT $2",
        params![rpps.as_str(), MAX_ROWS],
    )?
    .iter()
    .map(|row| {
        Ok(ManualMailbox {
            address: row::code(row, "manual_mailbox", "address", MssanteAddress::parse)?,
            note: row.string("note")?,
            entered_by: row.string("entered_by")?,
            entered_at: row::time(row, "manual_mailbox", "entered_at")?,
        })
    })
    .collect()
}
