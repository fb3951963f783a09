//! Loading: rows written beside those in force, then one switch.
//!
//! Each function is one short transaction of the caller's. Nothing that a load writes shows before [`switch`].

use std::{fmt::Write as _, sync::LazyLock};

use jiff::Timestamp;
use store::{Backend, Row, Tx, Value, params};

use crate::{RecordError, Result, row};

/// The end of a row in force.
pub const FOREVER: i64 = i64::MAX;
/// Rows of one statement where each is a round trip. SQLite looks parameters up one after the other: there, one row each.
const ROWS: usize = 50;

/// A table that loads fill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// Professionals.
    Practitioners,
    /// Where they practice.
    Situations,
    /// Structures.
    Structures,
    /// Mailboxes.
    Mailboxes,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::Practitioners, Self::Situations, Self::Structures, Self::Mailboxes];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Practitioners => "directory_practitioner",
            Self::Situations => "directory_situation",
            Self::Structures => "directory_structure",
            Self::Mailboxes => "directory_mailbox",
        }
    }

    /// The column that says whom or what a row is about.
    fn key(self) -> &'static str {
        match self {
            Self::Practitioners | Self::Situations => "rpps",
            Self::Structures => "name_key",
            Self::Mailboxes => "address_key",
        }
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Practitioners => {
                &["hash", "rpps", "name_key", "title", "family", "given", "profession", "skill", "label", "origin"]
            }
            Self::Situations => &["hash", "rpps", "structure", "origin"],
            Self::Structures => &[
                "hash",
                "source",
                "number",
                "finess_ej",
                "siret",
                "name_key",
                "name",
                "street",
                "postal_code",
                "town",
                "town_key",
                "phone",
                "origin",
            ],
            Self::Mailboxes => &[
                "hash",
                "address",
                "address_key",
                "kind",
                "rpps",
                "structure",
                "service",
                "paperless",
                "first_seen",
                "origin",
            ],
        }
    }

    /// The statement that inserts so many rows. An address seen before keeps the time when it was first seen.
    fn insert(self, n_rows: usize) -> String {
        let columns = self.columns();
        let mut sql = format!("INSERT INTO {} ({}, since_load, gone_load) VALUES ", self.name(), columns.join(", "));
        let mut at = 0;
        for n in 0..n_rows {
            sql.push_str(if n == 0 { "(" } else { ", (" });
            let first = at;
            for column in columns {
                at += 1;
                // Writing to a string cannot fail.
                let _ = match *column {
                    "first_seen" => write!(
                        sql,
                        "COALESCE((SELECT MIN(o.first_seen) FROM directory_mailbox o WHERE o.address_key = ${} \
                         AND o.address = ${}), ${at}), ",
                        first + 3,
                        first + 2
                    ),
                    _ => write!(sql, "${at}, "),
                };
            }
            let _ = write!(sql, "${}, {FOREVER})", at + 1);
            at += 1;
        }
        sql
    }
}

/// Statements are prepared once per text.
static MANY: LazyLock<[String; 4]> = LazyLock::new(|| Table::ALL.map(|table| table.insert(ROWS)));
static ONE: LazyLock<[String; 4]> = LazyLock::new(|| Table::ALL.map(|table| table.insert(1)));

/// A professional to write.
pub struct NewPractitioner {
    /// Of the fields below.
    pub hash: i64,
    /// RPPS.
    pub rpps: i64,
    /// First letters of the name.
    pub name_key: i64,
    /// Title.
    pub title: String,
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// Profession.
    pub profession: String,
    /// Know-how.
    pub skill: String,
    /// Label of both.
    pub label: String,
    /// The resource of the API that says it, see [`origin`](super::origin::origin).
    pub origin: Option<i64>,
}

/// A situation to write.
pub struct NewSituation {
    /// Of the fields below.
    pub hash: i64,
    /// RPPS.
    pub rpps: i64,
    /// Number of the structure.
    pub structure: String,
    /// The resource of the API that says it.
    pub origin: Option<i64>,
}

/// A structure to write.
pub struct NewStructure {
    /// Of the fields below.
    pub hash: i64,
    /// Which extraction says it.
    pub source: &'static str,
    /// First letters of the name.
    pub name_key: i64,
    /// First letters of the town.
    pub town_key: i64,
    /// What it is.
    pub structure: super::Structure,
    /// The resource of the API that says it.
    pub origin: Option<i64>,
}

/// A mailbox to write.
pub struct NewMailbox {
    /// Of the fields below.
    pub hash: i64,
    /// Address, lower case.
    pub address: String,
    /// Its key.
    pub address_key: i64,
    /// `PER`, `ORG`, `APP`, `CAB`.
    pub kind: &'static str,
    /// RPPS of its holder.
    pub rpps: Option<i64>,
    /// Number of the structure.
    pub structure: String,
    /// Service.
    pub service: String,
    /// Whether mail replaces paper.
    pub paperless: bool,
    /// The resource of the API that says it.
    pub origin: Option<i64>,
}

/// Rows to write in one transaction.
#[derive(Default)]
pub struct Batch {
    /// Professionals.
    pub practitioners: Vec<NewPractitioner>,
    /// Situations.
    pub situations: Vec<NewSituation>,
    /// Structures.
    pub structures: Vec<NewStructure>,
    /// Mailboxes.
    pub mailboxes: Vec<NewMailbox>,
}

impl Batch {
    /// Rows in all.
    pub fn len(&self) -> usize {
        self.practitioners.len() + self.situations.len() + self.structures.len() + self.mailboxes.len()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Takes the right to load; answers the number of the load in force, or `None` while another one loads: it gave a sign of
/// life since `alive_since`.
pub fn begin(tx: &mut Tx<'_>, loader: &str, alive_since: Timestamp, now: Timestamp) -> Result<Option<i64>> {
    let sql = format!("SELECT * FROM directory_state WHERE id = 1{}", tx.for_update());
    let state = tx.query_one(&sql, params![])?;
    if state.opt_text("loader")?.is_some()
        && state.opt_int("loader_seen")?.is_some_and(|at| at > row::micros(alive_since))
    {
        return Ok(None);
    }
    tx.execute(
        "UPDATE directory_state SET loader = $1, loader_seen = $2 WHERE id = 1",
        params![loader, row::micros(now)],
    )?;
    Ok(Some(state.int("load_number")?))
}

/// A sign of life. Error: [`RecordError::Missing`] when another one took over.
pub fn keep(tx: &mut Tx<'_>, loader: &str, now: Timestamp) -> Result<()> {
    let n = tx.execute(
        "UPDATE directory_state SET loader_seen = $2 WHERE id = 1 AND loader = $1",
        params![loader, row::micros(now)],
    )?;
    if n == 1 { Ok(()) } else { Err(RecordError::Missing("right to load the directory")) }
}

/// Gives the right to load back.
pub fn end(tx: &mut Tx<'_>, loader: &str) -> Result<()> {
    tx.execute(
        "UPDATE directory_state SET loader = NULL, loader_seen = NULL WHERE id = 1 AND loader = $1",
        params![loader],
    )?;
    Ok(())
}

/// Undoes a part of what a load that never came into force left in a table; answers whether something may be left.
pub fn undo(tx: &mut Tx<'_>, table: Table, in_force: i64, limit: u32) -> Result<bool> {
    let name = table.name();
    // What a load inserts follows everything in force: the last row tells whether there is something.
    let n_deleted = tx.execute(
        &format!(
            "DELETE FROM {name} WHERE since_load > $1 AND id IN (SELECT id FROM {name} ORDER BY id DESC LIMIT $2)"
        ),
        params![in_force, limit],
    )?;
    let n_restored = tx.execute(
        &format!(
            "UPDATE {name} SET gone_load = {FOREVER} WHERE id IN (SELECT id FROM {name} \
             WHERE gone_load < {FOREVER} AND gone_load > $1 LIMIT $2)"
        ),
        params![in_force, limit],
    )?;
    Ok(n_deleted > 0 || n_restored > 0)
}

/// Hash and identifier of every row in force, in no order. `sources` restricts structures to those of two sources.
pub fn known(tx: &mut Tx<'_>, table: Table, sources: Option<[&str; 2]>, mut visit: impl FnMut(i64, i64)) -> Result<()> {
    let sources = sources.filter(|_| table == Table::Structures);
    let restricted = if sources.is_some() { " AND source IN ($1, $2)" } else { "" };
    let sql = format!("SELECT id, hash FROM {} WHERE gone_load = {FOREVER}{restricted}", table.name());
    let params: Vec<Value<'_>> = sources.into_iter().flatten().map(Value::from).collect();
    tx.query_each(&sql, &params, |row| {
        visit(row.int(1)?, row.int(0)?);
        Ok(())
    })?;
    Ok(())
}

/// Writes rows that begin with a load.
pub fn insert(tx: &mut Tx<'_>, batch: &Batch, number: i64, now: Timestamp) -> Result<()> {
    let now = row::micros(now);
    insert_all(tx, Table::Practitioners, &batch.practitioners, |it, out| {
        out.extend(
            params![
                it.hash,
                it.rpps,
                it.name_key,
                &it.title,
                &it.family,
                &it.given,
                &it.profession,
                &it.skill,
                &it.label
            ]
            .iter()
            .cloned(),
        );
        out.extend([it.origin.into(), number.into()]);
    })?;
    insert_all(tx, Table::Situations, &batch.situations, |it, out| {
        out.extend([it.hash.into(), it.rpps.into(), (&it.structure).into(), it.origin.into(), number.into()]);
    })?;
    insert_all(tx, Table::Structures, &batch.structures, |it, out| {
        let structure = &it.structure;
        out.extend([it.hash.into(), it.source.into(), (&structure.number).into(), (&structure.finess_ej).into()]);
        out.extend([
            (&structure.siret).into(),
            it.name_key.into(),
            (&structure.name).into(),
            (&structure.street).into(),
        ]);
        out.extend([(&structure.postal_code).into(), (&structure.town).into(), it.town_key.into()]);
        out.extend([(&structure.phone).into(), it.origin.into(), number.into()]);
    })?;
    insert_all(tx, Table::Mailboxes, &batch.mailboxes, |it, out| {
        out.extend([it.hash.into(), (&it.address).into(), it.address_key.into(), it.kind.into(), it.rpps.into()]);
        out.extend([(&it.structure).into(), (&it.service).into(), it.paperless.into(), now.into()]);
        out.extend([it.origin.into(), number.into()]);
    })
}

fn insert_all<'a, T>(
    tx: &mut Tx<'_>,
    table: Table,
    rows: &'a [T],
    bind: impl Fn(&'a T, &mut Vec<Value<'a>>),
) -> Result<()> {
    let at = Table::ALL.iter().position(|it| *it == table).unwrap_or_default();
    let mut values = Vec::with_capacity(ROWS * (table.columns().len() + 1));
    let n_whole = if tx.dialect() == Backend::Postgres { rows.len() - rows.len() % ROWS } else { 0 };
    let (whole, single) = rows.split_at(n_whole);
    for chunk in whole.chunks_exact(ROWS) {
        values.clear();
        chunk.iter().for_each(|row| bind(row, &mut values));
        tx.execute(&MANY[at], &values)?;
    }
    for row in single {
        values.clear();
        bind(row, &mut values);
        tx.execute(&ONE[at], &values)?;
    }
    Ok(())
}

/// Ends rows at a load; answers whom or what they are about.
pub fn end_rows(tx: &mut Tx<'_>, table: Table, ids: &[i64], number: i64) -> Result<Vec<i64>> {
    let sql = format!("UPDATE {} SET gone_load = $1 WHERE id = $2 RETURNING {}", table.name(), table.key());
    let mut keys = Vec::with_capacity(ids.len());
    for id in ids {
        let row = tx.query_one(&sql, params![number, *id])?;
        keys.push(row.int(0)?);
    }
    Ok(keys)
}

/// For each key, whether it had a row in force before a load and whether it has one after.
pub fn before_and_after(tx: &mut Tx<'_>, table: Table, keys: &[i64], number: i64) -> Result<Vec<(bool, bool)>> {
    let (name, key) = (table.name(), table.key());
    let sql = format!(
        "SELECT COALESCE(MAX(CASE WHEN since_load < $2 AND gone_load >= $2 THEN 1 ELSE 0 END), 0) AS was, \
         COALESCE(MAX(CASE WHEN since_load <= $2 AND gone_load > $2 THEN 1 ELSE 0 END), 0) AS stays \
         FROM {name} WHERE {key} = $1"
    );
    keys.iter()
        .map(|key| {
            let row = tx.query_one(&sql, params![*key, number])?;
            Ok((row.bool("was")?, row.bool("stays")?))
        })
        .collect()
}

/// Brings a load into force: from now on every question is asked of it.
pub fn switch(tx: &mut Tx<'_>, loader: &str, number: i64) -> Result<()> {
    let n = tx
        .execute("UPDATE directory_state SET load_number = $2 WHERE id = 1 AND loader = $1", params![loader, number])?;
    if n == 1 { Ok(()) } else { Err(RecordError::Missing("right to load the directory")) }
}

/// Removes a part of what is no longer in force; a closed mailbox keeps its last rows. Answers how many went.
pub fn collect(tx: &mut Tx<'_>, table: Table, in_force: i64, limit: u32) -> Result<u64> {
    let name = table.name();
    let replaced = match table {
        Table::Mailboxes => {
            " AND EXISTS (SELECT 1 FROM directory_mailbox o WHERE o.address_key = t.address_key \
             AND o.address = t.address AND o.gone_load > t.gone_load)"
        }
        _ => "",
    };
    Ok(tx.execute(
        &format!(
            "DELETE FROM {name} WHERE id IN (SELECT t.id FROM {name} t WHERE t.gone_load < {FOREVER} \
             AND t.gone_load <= $1{replaced} LIMIT $2)"
        ),
        params![in_force, limit],
    )?)
}

/// A load that ended, in force or not.
pub struct LoadRecord {
    /// Its identifier.
    pub id: String,
    /// Its number; 0 when it did not come into force.
    pub number: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Who asked for it.
    pub author: String,
    /// What it found, JSON.
    pub report: String,
}

/// Notes a load.
pub fn note(tx: &mut Tx<'_>, load: &LoadRecord) -> Result<()> {
    tx.execute(
        "INSERT INTO directory_load (id, number, started_at, ended_at, author, report) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            &load.id,
            load.number,
            row::micros(load.started_at),
            row::micros(load.ended_at),
            &load.author,
            &load.report
        ],
    )?;
    Ok(())
}

/// The load that came into force with a number.
pub fn by_number(tx: &mut Tx<'_>, number: i64) -> Result<Option<LoadRecord>> {
    let sql = "SELECT * FROM directory_load WHERE number = $1 AND number > 0 ORDER BY started_at DESC LIMIT 1";
    tx.query_opt(sql, params![number])?.as_ref().map(record).transpose()
}

fn record(row: &Row) -> Result<LoadRecord> {
    Ok(LoadRecord {
        id: row.string("id")?,
        number: row.int("number")?,
        started_at: row::time(row, "directory_load", "started_at")?,
        ended_at: row::time(row, "directory_load", "ended_at")?,
        author: row.string("author")?,
        report: row.string("report")?,
    })
}

/// The latest loads, latest first.
pub fn latest(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<LoadRecord>> {
    tx.query("SELECT * FROM directory_load ORDER BY started_at DESC, id DESC LIMIT $1", params![limit])?
        .iter()
        .map(record)
        .collect()
}

/// Rows in force of each table, in the order of [`Table::ALL`]; reads whole tables.
pub fn counts(tx: &mut Tx<'_>) -> Result<[i64; 4]> {
    let mut counts = [0; 4];
    for (count, table) in counts.iter_mut().zip(Table::ALL) {
        let sql = format!("SELECT COUNT(*) AS n FROM {} WHERE gone_load = {FOREVER}", table.name());
        *count = tx.query_one(&sql, params![])?.int("n")?;
    }
    Ok(counts)
}
