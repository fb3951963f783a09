//! `paillasse render`: any CDA document as people read it.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use rendering::{
    Renderer, Style,
    document::Sheet,
    html::{self, Look},
    self_presentable, text,
};

use super::source::{self, Source};

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
    source::run(&args.file, |source| {
        let rendered = rendered(args.to, &source);
        match &args.out {
            Some(out) => {
                fs::write(out, rendered).map_err(|error| format!("écriture de {} : {error}", out.display()))?;
            }
            None => io::stdout().write_all(&rendered).map_err(|error| error.to_string())?,
        }
        for line in &source.quirks {
            _ = writeln!(io::stderr(), "{line}");
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn rendered(form: Form, source: &Source<'_>) -> Vec<u8> {
    let sheet = || Sheet::new(source.document);
    match form {
        Form::Html => html::page(&sheet(), &Look::default()).into_bytes(),
        Form::Pdf => Renderer::new(Style::default()).render_sheet(&sheet()),
        Form::Text => text::page(&sheet()).into_bytes(),
        // What we write always has a declaration and a root, nothing else.
        Form::AutoPresentable => {
            self_presentable::wrap(&cda::write(source.document), &Look::default()).unwrap_or_default()
        }
    }
}
