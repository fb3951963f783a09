//! Benchmarks: what this machine can do, then what the product does on it.
//!
//! In: a name. Out: lines, or one JSON object. Each measurement is made by an example of its crate, or by a hidden
//! command of the server; this only runs them in release mode, beside peers where there are some.

mod calibration;
mod conformity;
mod peer;

use crate::{shell, workspace::Workspace};
use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// The longest one measurement may take, its build excluded.
pub const LIMIT: Duration = Duration::from_secs(1800);

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Name {
    /// Reading HL7 v2, beside the Python package `hl7`.
    Hl7v2,
    /// Messages received, stored and answered over MLLP.
    Intake,
    /// Reports from signature to their last acknowledgment, for three minutes.
    Pipeline,
    /// One dossier's life, from its message to its signature.
    Dossier,
    /// From the start of the process to the first page.
    Start,
    /// Reports to PDF/A, any CDA document to HTML and text.
    Render,
    /// Reports to CR-BIO, any CDA document read and written.
    Cda,
    /// Durable writes.
    Store,
    /// Mails through Debian's Postfix, beside Python's smtplib; needs root.
    Mssante,
    /// CR-BIO against the official rules, beside Saxon.
    Conformity,
    /// A million professionals and half a million mailboxes loaded: the first time, unchanged, 1 % changed.
    Annuaire,
}

/// Measures one thing, or everything, after the calibration of the machine.
pub fn run(workspace: &Workspace, name: Option<Name>, as_json: bool) -> Result<()> {
    if cfg!(debug_assertions) {
        return run_in_release(workspace, name, as_json);
    }
    let folder = folder(workspace)?;
    let machine = calibration::measure(&folder)?;
    if !as_json {
        print_flat("machine", &machine);
    }
    let names = name.map_or_else(|| Name::value_variants().to_vec(), |name| vec![name]);
    let mut results = Map::new();
    results.insert("machine".to_owned(), machine);
    let mut n_failed = 0;
    for name in names {
        let word = name.to_possible_value().map(|it| it.get_name().to_owned()).unwrap_or_default();
        let measured = measure(workspace, name, &folder).unwrap_or_else(|error| {
            n_failed += 1;
            json!({"error": format!("{error:#}")})
        });
        if !as_json {
            print_flat(&word, &measured);
        }
        results.insert(word, measured);
    }
    if as_json {
        println!("{}", serde_json::to_string_pretty(&Value::Object(results))?);
    }
    ensure!(n_failed == 0, "{n_failed} measurements failed");
    Ok(())
}

/// Calibration counts only in release mode: builds this program so, and runs it.
fn run_in_release(workspace: &Workspace, name: Option<Name>, as_json: bool) -> Result<()> {
    let word = name.and_then(|name| name.to_possible_value()).map(|it| it.get_name().to_owned());
    let mut command = workspace.cargo(&["run", "--quiet", "--release", "--locked", "-p", "xtask", "--", "bench"]);
    command.args(word);
    if as_json {
        command.arg("--json");
    }
    ensure!(shell::shown(&mut command)?, "the benchmark failed");
    Ok(())
}

/// Where measurements write: `$PAILLASSE_BENCH_DIR`, to choose the disk, else under the target folder.
fn folder(workspace: &Workspace) -> Result<PathBuf> {
    let folder = match std::env::var_os("PAILLASSE_BENCH_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => workspace.scratch()?.join("bench"),
    };
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

fn measure(workspace: &Workspace, name: Name, folder: &std::path::Path) -> Result<Value> {
    let place = folder.display().to_string();
    match name {
        Name::Hl7v2 => peer::hl7v2(workspace),
        Name::Render => Ok(json!({
            "pdf": example(workspace, "rendering", "pdf_rate", &[])?,
            "documents": documents(workspace, "document_rate", "rendered")?,
            "counted": documents(workspace, "document_count", "rendered")?,
        })),
        Name::Cda => Ok(json!({
            "reports": example(workspace, "cr-bio", "render_rate", &[])?,
            "documents": documents(workspace, "document_rate", "modelled")?,
            "counted": documents(workspace, "document_count", "modelled")?,
        })),
        Name::Store => example(workspace, "store", "commit_rate", &[&place]),
        Name::Mssante => mssante(workspace),
        Name::Conformity => conformity::measure(workspace, folder),
        Name::Annuaire => example(workspace, "app", "directory_load", &[&place]),
        Name::Intake => server(workspace, "intake", folder),
        Name::Pipeline => server(workspace, "pipeline", folder),
        Name::Dossier => server(workspace, "dossier", folder),
        Name::Start => server(workspace, "start", folder),
    }
}

/// Documents read, written and rendered: the published examples of CR-BIO 2024.01 beside the repository.
///
/// Two programs: one with the allocator of the product, one that counts allocations and takes longer.
fn documents(workspace: &Workspace, program: &str, what: &str) -> Result<Value> {
    let files: Vec<String> = conformity::examples(workspace)?.iter().map(|it| it.display().to_string()).collect();
    ensure!(!files.is_empty(), "no published examples beside the repository");
    let arguments: Vec<&str> = [what].into_iter().chain(files.iter().map(String::as_str)).collect();
    example(workspace, "rendering", program, &arguments)
}

/// Mails of 150 kB through one Postfix, by the delivery worker and by the peer.
fn mssante(workspace: &Workspace) -> Result<Value> {
    let script = workspace.root.join("xtask/peers/smtplib_rate.py").display().to_string();
    let printed = example(workspace, "e2e", "mssante_rate", &[&script])?;
    let last = printed["lines"].as_array().and_then(|lines| lines.last()).and_then(Value::as_str);
    Ok(serde_json::from_str(last.context("mssante_rate printed nothing")?)?)
}

/// Runs an example of a crate in release mode; its lines.
pub fn example(workspace: &Workspace, package: &str, example: &str, arguments: &[&str]) -> Result<Value> {
    let build = ["build", "--quiet", "--release", "--locked", "-p", package, "--example", example];
    ensure!(shell::shown(&mut workspace.cargo(&build))?, "{example} of {package} does not build");
    let mut command = std::process::Command::new(workspace.target.join("release/examples").join(example));
    let (status, printed) = shell::output_within(command.args(arguments).current_dir(&workspace.root), LIMIT)?;
    ensure!(status.success(), "{example} ended with {status}");
    Ok(json!({"lines": printed.lines().collect::<Vec<_>>()}))
}

/// Runs a hidden benchmark of the server; the JSON it prints.
fn server(workspace: &Workspace, name: &str, folder: &std::path::Path) -> Result<Value> {
    let build = ["build", "--quiet", "--release", "--locked", "--bin", "paillasse"];
    ensure!(shell::shown(&mut workspace.cargo(&build))?, "the server does not build");
    let mut command = std::process::Command::new(workspace.target.join("release/paillasse"));
    command.args(["bench", name, "--json"]).current_dir(&workspace.root).env("TMPDIR", folder);
    let (status, printed) = shell::output_within(&mut command, LIMIT)?;
    ensure!(status.success(), "paillasse bench {name} ended with {status}");
    let start = printed.find('{').context("no JSON object")?;
    Ok(serde_json::from_str(&printed[start..])?)
}

/// Prints a value for people, one number or line each.
fn print_flat(name: &str, value: &Value) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| print_flat(&format!("{name}.{key}"), value)),
        Value::Array(items) => items.iter().for_each(|item| print_flat(name, item)),
        Value::String(text) => println!("{name}: {text}"),
        other => println!("{name}: {other}"),
    }
}
