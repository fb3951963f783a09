//! `paillasse report` and `paillasse render`: documents read into the model, from the shell.
//!
//! In: a CDA document, ours or another's. Out: the same document written again with what changed, its facts, or a rendering.
//! It decides nothing: the model is of the crate `cda`.

mod inspect;
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
    /// Montre ce qu'un document dit : en-tête et résultats codés.
    Inspect(inspect::InspectArgs),
}

/// Runs a command.
pub fn run(command: &ReportCommand) -> ExitCode {
    match command {
        ReportCommand::Rebuild(args) => rebuild::run(args),
        ReportCommand::Inspect(args) => inspect::run(args),
    }
}
