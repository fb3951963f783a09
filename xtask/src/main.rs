//! The project's own chores: `cargo xtask test` is the whole gate, the others are its parts.
//!
//! In: the workspace, and tools of the machine. Out: a verdict, generated documents, measurements.
//! It knows no laboratory and links no crate of the product, so that it builds in seconds.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod bench;
mod browser;
mod code_map;
mod conformity;
mod demo;
mod documents;
mod gate;
mod ledger;
mod prepare;
mod shell;
mod soak;
mod suite;
mod tidy;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use workspace::Workspace;

#[derive(Parser)]
#[command(about = "Chores of the Paillasse workspace")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// The whole gate: format, source checks, lints, tests, demonstration, ledger, documents.
    Test {
        /// Without the release build and the demonstration.
        #[arg(long)]
        fast: bool,
    },
    /// Checks of the sources that no compiler makes.
    Tidy,
    /// Measures: `hl7v2`, `intake`, `pipeline`, `dossier`, `start`, `pdf`, `cda`, `store`, `mssante`; all of them without a name.
    Bench {
        /// What to measure.
        name: Option<bench::Name>,
        /// One JSON object instead of lines for people.
        #[arg(long)]
        json: bool,
    },
    /// Kills the worker, the operator and the database at random while reports leave; fails on loss, other bytes or order.
    Soak(soak::Options),
    /// Compares our schematron engine with Saxon on examples and mutants; fails on any difference.
    Conformity(conformity::Options),
    /// Writes `docs/requirements.md` from `docs/requirements.toml` and the tests that exist.
    Ledger,
    /// Writes the code map of `docs/ARCHITECTURE.md` from the first lines of the modules.
    Codemap,
    /// Checks the documents: links, paths, named tests, generated parts.
    Documents,
    /// Installs the tools that tests ask for.
    Prepare,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was as it should be.
fn run() -> Result<bool> {
    let chore = Arguments::parse().chore;
    let workspace = Workspace::load()?;
    match chore {
        Chore::Test { fast } => gate::run(&workspace, fast),
        Chore::Tidy => {
            let problems = tidy::assess(&workspace)?;
            tidy::print(&problems);
            Ok(problems.is_empty())
        }
        Chore::Bench { name, json } => bench::run(&workspace, name, json).map(|()| true),
        Chore::Soak(options) => soak::run(&workspace, &options),
        Chore::Conformity(options) => conformity::run(&workspace, &options),
        Chore::Ledger => {
            let problems = ledger::write(&workspace, &suite::list(&workspace)?)?;
            tidy::print(&problems);
            Ok(problems.is_empty())
        }
        Chore::Codemap => code_map::write(&workspace).map(|()| true),
        Chore::Documents => {
            let problems = documents::assess(&workspace, &suite::list(&workspace)?)?;
            tidy::print(&problems);
            Ok(problems.is_empty())
        }
        Chore::Prepare => {
            for missing in prepare::run(&workspace) {
                println!("absent: {missing}");
            }
            Ok(true)
        }
    }
}
