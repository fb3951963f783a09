//! Stories about the schema: applied once, never changed, whole or not at all.

use super::{Broken, holds, number, same, together};
use crate::{Migration, Store, StoreError};

const FIRST: Migration = (
    "0001_first",
    "CREATE TABLE migrated (id {{row_id}}, n {{bigint}} NOT NULL, r {{real}}, b {{bytes}}) {{strict}};
     CREATE TABLE keyed (k TEXT PRIMARY KEY) {{strict_keyed}};
     INSERT INTO migrated (n) VALUES (1);
     {{sqlite}}INSERT INTO migrated (n) VALUES (2);{{end}}
     {{postgres}}INSERT INTO migrated (n) VALUES (2);{{end}}",
);
const SECOND: Migration = ("0002_second", "INSERT INTO migrated (n) VALUES (3);");
const ONE: &[Migration] = &[FIRST];
const TWO: &[Migration] = &[FIRST, SECOND];
const EDITED: &[Migration] = &[(FIRST.0, "CREATE TABLE other (n {{bigint}});"), SECOND];
const FAILING: &[Migration] =
    &[FIRST, SECOND, ("0003_failing", "INSERT INTO migrated (n) VALUES (4); INSERT INTO nowhere (n) VALUES (5);")];
const MISORDERED: &[Migration] = &[SECOND, FIRST];
const INSERTED: &[Migration] = &[FIRST, ("0001_then", "SELECT 1;"), SECOND];

const AT: &str = "2026-01-15T08:00:00Z";

/// Several nodes start at the same moment.
pub(super) fn applied_once(store: &Store) -> Result<(), Broken> {
    together(4, |_| store.migrate_blocking(ONE, AT).map(drop))?;
    same("rows of the first", number(store, "SELECT count(*) FROM migrated")?, 2)?;
    same("the second", store.migrate_blocking(TWO, AT), Ok(1))?;
    same("again", store.migrate_blocking(TWO, AT), Ok(0))?;
    same("rows of both", number(store, "SELECT sum(n) FROM migrated")?, 6)?;
    let ids = "SELECT count(DISTINCT id) FROM migrated WHERE id IS NOT NULL";
    same("row identifiers", number(store, ids)?, 3)?;
    let dated = "SELECT count(*) FROM schema_migration WHERE applied_at = '2026-01-15T08:00:00Z'";
    same("dated", number(store, dated)?, 2)
}

pub(super) fn a_changed_text_is_refused(store: &Store) -> Result<(), Broken> {
    store.migrate_blocking(TWO, AT)?;
    for (what, list) in [
        ("edited", EDITED),
        ("unknown to this program", ONE),
        ("misordered", MISORDERED),
        ("inserted before", INSERTED),
    ] {
        let done = store.migrate_blocking(list, AT);
        holds(what, matches!(done, Err(StoreError::Migration { .. })))?;
    }
    same("rows", number(store, "SELECT count(*) FROM migrated")?, 3)
}

pub(super) fn a_failure_leaves_nothing(store: &Store) -> Result<(), Broken> {
    store.migrate_blocking(TWO, AT)?;
    let done = store.migrate_blocking(FAILING, AT);
    holds("refused", matches!(done, Err(StoreError::Migration { name, .. }) if name == "0003_failing"))?;
    same("rows", number(store, "SELECT count(*) FROM migrated")?, 3)?;
    same("recorded", number(store, "SELECT count(*) FROM schema_migration")?, 2)
}
