//! The reports of the demonstration, each checked with the official rules before it was signed.
//!
//! Needs the oracle folder `ans`; says that it skipped otherwise.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use app::{AppError, Env, start::open_store};
use records::{
    orders::OrderStage,
    versions::{self, CheckedRules, VersionLine},
};

const N: usize = 20;

/// The official pack: `$PAILLASSE_ORACLES/ans`, else in the user's cache.
fn pack() -> Option<PathBuf> {
    let cache = || {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::var_os("HOME").map(|it| PathBuf::from(it).join(".cache")))?;
        Some(home.join("paillasse/oracles"))
    };
    let oracles = std::env::var_os("PAILLASSE_ORACLES").map(PathBuf::from).or_else(cache)?;
    Some(oracles.join("ans")).filter(|it| it.is_dir())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_report_of_the_demonstration_is_signed_without_a_failed_official_assertion() -> Result<()> {
    let Some(pack) = pack() else {
        eprintln!("skipped: the reports of the demonstration need the official pack");
        return Ok(());
    };
    let data = std::env::temp_dir().join(format!("paillasse-official-{}", std::process::id()));
    let run = Command::new(env!("CARGO_BIN_EXE_paillasse"))
        .args(["demo", "--auto", "--exit", "--json", "--reports", &N.to_string()])
        .arg("--pack")
        .arg(&pack)
        .arg("--data")
        .arg(&data)
        .output()?;
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    ensure!(run.status.success(), "the demonstration failed: {said}");
    let store = open_store(&format!("sqlite:{}", data.join("paillasse.db").display()), &Env::system()).await?;
    let signed: Vec<VersionLine> = store
        .read(|tx| {
            let lines = records::lists::bench(tx, &[OrderStage::Signed, OrderStage::Partial], 1000)?;
            let mut all = Vec::new();
            for line in lines {
                all.extend(versions::of_order(tx, line.id)?);
            }
            Ok::<_, AppError>(all)
        })
        .await?;
    drop(store);
    std::fs::remove_dir_all(&data)?;
    assert!(signed.len() >= N, "{} versions", signed.len());
    for version in &signed {
        let checked = version.checked.as_ref().context("what it was checked with")?;
        let CheckedRules::Pack(pack) = &checked.rules else { panic!("{checked:?}") };
        assert_eq!(pack.schemas.len(), 6, "{pack:?}");
        for schema in &pack.schemas {
            assert!(schema.is_whole && schema.n_errors == 0 && schema.n_warnings == 0, "{schema:?}");
            assert_eq!(schema.n_not_evaluable, 0, "{schema:?}");
        }
        assert!(pack.schemas.iter().map(|it| it.n_fired).sum::<usize>() > 200, "{pack:?}");
        let official = version.conformity.iter().find(|it| it.code.starts_with("CONFORMITY-"));
        assert!(official.is_none(), "{official:?}");
    }
    Ok(())
}
