//! The real process between a stream of results and Debian's mail servers, everything killed at random: a minute of it.
//!
//! `cargo xtask soak mssante` runs it for as long as one wants, on both databases.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use e2e::soak::{self, Database, Options};

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_of_kills_and_cuts_loses_no_report_changes_no_byte_and_keeps_the_order() -> Result<()> {
    let seed = match std::env::var("PAILLASSE_SOAK_SEED") {
        Ok(told) => told.parse()?,
        Err(_) => fresh_seed(),
    };
    let options = Options {
        program: PathBuf::from(env!("CARGO_BIN_EXE_paillasse")),
        duration: Duration::from_secs(60),
        seed,
        database: Database::Sqlite,
    };
    let Some(verdict) = soak::run(&options).await? else { return Ok(()) };
    println!("{}", verdict.json());
    assert!(verdict.problems.is_empty(), "seed {seed}: {:#?}", verdict.problems);
    Ok(())
}

/// A seed that differs from run to run; it is printed, and `PAILLASSE_SOAK_SEED` gives it back.
fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::from(now.subsec_nanos())
}
