//! `paillasse annuaire`, run as people run it: loaded, loaded again, searched, cut short.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output},
};

use annuaire::synthetic::Invented;
use anyhow::Result;
use e2e::Operator;
use serde_json::Value;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_paillasse")).arg("annuaire").args(arguments).current_dir(folder).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        unreachable!("{error}: {out}\n{err}")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn extractions_are_loaded_and_searched_from_the_shell() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("paillasse-annuaire-{}", uuid::Uuid::now_v7()));
    fs::create_dir_all(&folder)?;
    let operator = Operator::start().await?;
    operator.settings_file(&folder, &format!("sqlite:{}", folder.join("paillasse.db").display()))?;
    let invented = Invented { seed: 3, practices: 2_000, mailboxes: 1_000, changed: 0 };
    let (practices, mailboxes) = ("PS_LibreAcces_Personne_activite_1.txt", "Extraction_Correspondance_MSSante_1.txt");
    invented.write_practices(File::create(folder.join(practices))?)?;
    invented.write_mailboxes(File::create(folder.join(mailboxes))?)?;

    // `paillasse.toml` of the folder is read when nothing else is said.
    let first = run(&folder, &["load", practices, mailboxes, "--json"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let first = json(&first);
    assert_eq!(first["in_force"], true, "{first}");
    let again = run(&folder, &["load", practices, mailboxes]);
    let said = String::from_utf8(again.stdout)?;
    assert!(again.status.success() && said.contains("En service"), "{said}");

    let (family, _) = invented.name(7);
    let found = run(&folder, &["search", &family]);
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
    assert!(String::from_utf8_lossy(&found.stdout).contains(&family));
    assert_eq!(run(&folder, &["search", "PERSONNE-DE-CE-NOM"]).status.code(), Some(1));

    // A file cut short is refused, says why, and changes nothing.
    let whole = fs::read(folder.join(mailboxes))?;
    fs::write(folder.join(mailboxes), &whole[..whole.len() / 2])?;
    let refused = run(&folder, &["load", mailboxes]);
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stdout));
    assert!(run(&folder, &["search", &family]).status.success());
    assert_eq!(run(&folder, &["load", "absent.txt"]).status.code(), Some(1));
    assert_eq!(run(&folder, &["load", mailboxes, "--config", "absent.toml"]).status.code(), Some(2));
    fs::remove_dir_all(&folder)?;
    Ok(())
}
