//! `cargo xtask soak mssante`: the worker, the operator and the database killed at random while reports leave.
//!
//! In: a duration, a seed, a database. Out: what was planned beside what every mailbox holds, as lines and one JSON
//! object. The soak itself is in `e2e`; this builds both programs in release mode and runs it.

use crate::{shell, workspace::Workspace};
use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

/// What can be soaked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Name {
    /// Secure mail: Debian's Postfix and Dovecot; needs root.
    Mssante,
}

/// Where the program keeps its records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A server of its own, killed as well.
    Postgresql,
}

/// Options of a soak.
#[derive(Args)]
pub struct Options {
    /// What to soak.
    name: Name,
    /// How long results come in and processes are killed, in seconds.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Seed of the stream and of the faults; drawn and printed without it.
    #[arg(long)]
    seed: Option<u64>,
    /// Where records are kept.
    #[arg(long, default_value = "sqlite")]
    database: Database,
}

/// Runs a soak; whether nothing was lost, changed or out of order.
pub fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    let Name::Mssante = options.name;
    let server = ["build", "--quiet", "--release", "--locked", "--bin", "paillasse"];
    ensure!(shell::shown(&mut workspace.cargo(&server))?, "the server does not build");
    let soak = ["build", "--quiet", "--release", "--locked", "-p", "e2e", "--example", "soak"];
    ensure!(shell::shown(&mut workspace.cargo(&soak))?, "the soak does not build");
    let seed = options.seed.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        u64::from(now.subsec_nanos())
    });
    let database = match options.database {
        Database::Sqlite => "sqlite",
        Database::Postgresql => "postgresql",
    };
    let mut command = std::process::Command::new(workspace.target.join("release/examples/soak"));
    command.arg(workspace.target.join("release/paillasse"));
    command.args([options.seconds.to_string(), seed.to_string(), database.to_owned()]);
    shell::shown(command.current_dir(&workspace.root))
}
