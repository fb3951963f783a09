//! `paillasse report` and `paillasse render`: documents read into the model, from the shell.
//!
//! In: a CDA document, ours or another's. Out: the same document written again with what changed, or rendered.
//! It decides nothing: the model is of the crate `cda`.

mod rebuild;
pub mod render;
mod source;

use std::process::ExitCode;

use clap::Subcommand;

/// What to do with a document.
#[derive(Subcommand)]
pub enum ReportCommand {
    /// Relit un document CDA dans le modèle, l'écrit de nouveau, et dit quels faits codés ont changé.
    Rebuild(rebuild::RebuildArgs),
}

/// Runs a command.
pub fn run(command: &ReportCommand) -> ExitCode {
    match command {
        ReportCommand::Rebuild(args) => rebuild::run(args),
    }
}
