//! `paillasse render`: any CDA document as people read it.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use cda::{Limits, Quirks};
use clap::{Args, ValueEnum};
use rendering::{Renderer, Style, document::Sheet, html, self_presentable, text};

use super::source;

/// Options.
#[derive(Args)]
#[command(after_help = "Codes de sortie : 0 rendu ; 2 le document n'a pas pu être lu ou le fichier écrit.")]
pub struct RenderArgs {
    /// Document CDA ; « - » pour l'entrée standard.
    file: PathBuf,
    /// Forme du rendu.
    #[arg(long)]
    to: Form,
    /// Fichier à écrire ; la sortie standard sinon.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Forms of rendering.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Une page HTML qui se suffit à elle-même.
    Html,
    /// PDF/A-1b.
    Pdf,
    /// Texte brut.
    Text,
    /// Document auto-présentable : lui-même et sa feuille de style en un fichier.
    AutoPresentable,
}

/// Runs the command.
pub fn run(args: &RenderArgs) -> ExitCode {
    match render(args) {
        Ok(quirks) => {
            for line in source::quirks(&quirks) {
                _ = writeln!(io::stderr(), "{line}");
            }
            ExitCode::SUCCESS
        }
        Err(reason) => {
            _ = writeln!(io::stderr(), "{} : {reason}", args.file.display());
            ExitCode::from(2)
        }
    }
}

fn render(args: &RenderArgs) -> Result<Quirks, String> {
    let limits = Limits::default();
    let bytes = source::bytes(&args.file, &limits)?;
    let characters = source::text(&bytes).map_err(|error| source::refusal(&error))?;
    let tree = cda::parse(&characters, &limits).map_err(|error| source::refusal(&error))?;
    let (document, quirks) = cda::read(&tree, &limits).map_err(|error| source::refusal(&error))?;
    let sheet = Sheet::new(&document);
    let rendered = match args.to {
        Form::Html => html::page(&sheet).into_bytes(),
        Form::Pdf => Renderer::new(Style::default()).render_sheet(&sheet),
        Form::Text => text::page(&sheet).into_bytes(),
        // What we write always has a declaration and a root, nothing else.
        Form::AutoPresentable => self_presentable::wrap(&cda::write(&document)).unwrap_or_default(),
    };
    match &args.out {
        Some(out) => {
            fs::write(out, rendered).map_err(|error| format!("écriture de {} : {error}", out.display()))?;
        }
        None => io::stdout().write_all(&rendered).map_err(|error| error.to_string())?,
    }
    Ok(quirks)
}
