//! `paillasse annuaire`, run as people run it: loaded, loaded again, searched, cut short.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
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

#[tokio::test(flavor = "multi_thread")]
async fn the_api_of_the_settings_is_loaded_from_the_shell() -> Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../app/tests/annuaire_python/server.py");
    let Ok(mut peer) = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        writeln!(std::io::stdout(), "skipped: 1 (API of the directory: python3 is missing)")?;
        return Ok(());
    };
    let mut port = String::new();
    BufReader::new(peer.stdout.take().unwrap()).read_line(&mut port)?;
    let folder = std::env::temp_dir().join(format!("paillasse-annuaire-api-{}", uuid::Uuid::now_v7()));
    fs::create_dir_all(&folder)?;
    let operator = Operator::start().await?;
    let settings = operator.settings_file(&folder, &format!("sqlite:{}", folder.join("paillasse.db").display()))?;
    assert_eq!(run(&folder, &["load", "--fhir"]).status.code(), Some(2), "no API in the settings");
    assert_eq!(run(&folder, &["load", "--fhir", "file.txt"]).status.code(), Some(2), "the API or files");
    let key_file = folder.join("api-key");
    fs::write(&key_file, "cle-de-test\n")?;
    let mut file = File::options().append(true).open(settings)?;
    let (url, key) = (format!("http://127.0.0.1:{}/fhir/v2", port.trim()), key_file.display());
    writeln!(file, "\n[annuaire.fhir]\nurl = '{url}'\nkey_file = '{key}'\npage_size = 2\nper_second = 17")?;

    let empty = run(&folder, &["load", "--fhir", "--json"]);
    assert_eq!((empty.status.code(), &json(&empty)["findings"][0]["code"]), (Some(1), &"DIRECTORY-EMPTY".into()));
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../profiles/annuaire/tests/fhir");
    let mut resources = Vec::new();
    for name in ["organizations", "practitioners", "roles"] {
        let bundle: Value = serde_json::from_str(&fs::read_to_string(format!("{examples}/{name}.json"))?)?;
        let entries = bundle["entry"].as_array().unwrap().iter();
        resources.extend(entries.filter(|it| it["search"]["mode"] == "match").map(|it| it["resource"].clone()));
    }
    let orders = serde_json::json!({ "put": resources }).to_string();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port.trim().parse()?))?;
    write!(stream, "POST /control HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{orders}", orders.len())?;
    BufReader::new(stream).read_line(&mut String::new())?;

    let first = run(&folder, &["load", "--fhir"]);
    let said = String::from_utf8(first.stdout)?;
    assert!(
        first.status.success() && said.contains("En service"),
        "{said}\n{}",
        String::from_utf8_lossy(&first.stderr)
    );
    let found = run(&folder, &["search", "moreau petit", "--place", "12000", "--json"]);
    let found = json(&found);
    assert_eq!(found["professionals"][0]["mailboxes"][0]["address"], "zoe.moreau@hopital.mssante.fr", "{found}");
    assert_eq!(found["professionals"][0]["label"], "Médecin - Qualifié en médecine générale (SM)");
    let changes = json(&run(&folder, &["load", "--fhir", "--json"]));
    assert!(changes["in_force"] == true && changes["since"].is_string(), "{changes}");
    let full = json(&run(&folder, &["load", "--fhir", "--full", "--json"]));
    assert!(full["in_force"] == true && full["since"].is_null() && full["source"] == "fhir", "{full}");
    peer.kill()?;
    peer.wait()?;
    fs::remove_dir_all(&folder)?;
    Ok(())
}
