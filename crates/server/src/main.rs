//! `paillasse`: the one executable of the laboratory, and the demonstration that needs nothing else.
//!
//! In: a command line and a settings file. Out: a server, a demonstration, or the answer of a tool.
//! It decides nothing: the flow is in `app`, the pages in `web`, the other side in `sandbox`.

mod annuaire;
mod bench;
mod check;
mod config;
mod demo;
mod figure;
mod input;
mod report;
mod running;
mod send;
mod serve;
mod xdm;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Système de gestion de laboratoire et moteur d'échanges.
#[derive(Parser)]
#[command(name = "paillasse", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Démonstration complète sur cette machine : serveur, bac à sable, patients inventés.
    Demo(demo::DemoArgs),
    /// Démarre le serveur d'un laboratoire.
    Serve {
        /// Fichier de paramètres (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Envoie un message HL7 v2 par MLLP et affiche la réponse.
    Send {
        /// Fichier du message.
        file: PathBuf,
        /// Adresse du destinataire.
        #[arg(long)]
        to: SocketAddr,
    },
    /// Contrôle des documents CDA : schéma XML, schematrons officiels, nos propres contrôles.
    Check(check::CheckArgs),
    /// Rend un document CDA lisible : HTML, PDF, texte, ou document auto-présentable.
    Render(report::render::RenderArgs),
    /// Lit des documents CDA dans le modèle : les réécrire, montrer ce qu'ils disent.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Archives XDM (IHE_XDM.zip) de n'importe quel éditeur.
    #[command(subcommand)]
    Xdm(xdm::XdmCommand),
    /// L'Annuaire Santé : charger ses extractions publiques ou son API, y chercher.
    #[command(subcommand)]
    Annuaire(annuaire::DirectoryCommand),
    /// Crée un compte d'administrateur, mot de passe lu sur l'entrée standard.
    CreateAdministrator {
        /// Fichier de paramètres (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Identifiant.
        login: String,
        /// Nom affiché.
        name: String,
    },
    /// Mesures de performance (voir docs/benchmarks.md).
    #[command(hide = true)]
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("PAILLASSE_LOG").unwrap_or_else(|_| match &cli.command {
        Command::Serve { .. } => "info".into(),
        Command::Demo(_)
        | Command::Send { .. }
        | Command::Check(_)
        | Command::Render(_)
        | Command::Report(_)
        | Command::Xdm(_)
        | Command::Annuaire(_)
        | Command::CreateAdministrator { .. }
        | Command::Bench(_) => "warn".into(),
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // Nothing of it waits for anything: it starts without what servers need.
    match &cli.command {
        Command::Check(args) => return check::run(args),
        Command::Render(args) => return report::render::run(args),
        Command::Report(command) => return report::run(command),
        Command::Xdm(command) => return xdm::run(command),
        _ => {}
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the runtime could not be started");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => demo::run(args).await,
            Command::Serve { config } => serve::run(&config).await,
            Command::Send { file, to } => send::run(&file, to).await,
            Command::CreateAdministrator { config, login, name } => {
                serve::create_administrator(&config, login, name).await
            }
            Command::Annuaire(command) => annuaire::run(command).await,
            Command::Bench(args) => bench::run(args).await,
            Command::Check(args) => Ok(check::run(&args)),
            Command::Render(args) => Ok(report::render::run(&args)),
            Command::Report(command) => Ok(report::run(&command)),
            Command::Xdm(command) => Ok(xdm::run(&command)),
        }
    });
    // Workers hold nothing that the store does not: they are not waited for.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
