//! The official rules of the demonstration: found where tests keep them, or left out; nothing is downloaded.

use std::{
    env,
    path::{Path, PathBuf},
};

use app::{App, conformity::Repairs, settings::PackSettings};

use crate::check::caches;

/// Settings with the folder that is given or found.
pub(super) fn settings(given: Option<&Path>, none: bool) -> PackSettings {
    let folder = if none { None } else { given.map(Path::to_owned).or_else(found) };
    let cache = folder.as_ref().and_then(|_| Some(caches()?.join("rulesets")));
    PackSettings { folder, cache, repairs: Repairs::Made, ..PackSettings::default() }
}

/// What the demonstration says of it at start.
pub(super) fn said(app: &App) -> String {
    match &app.settings().pack.folder {
        Some(folder) => {
            format!(
                "Règles officielles : {} ; chaque compte rendu y est confronté avant d'être signé",
                folder.display()
            )
        }
        None => "Règles officielles : aucun pack ; les comptes rendus sont contrôlés par nos seules règles \
                 (--pack DOSSIER, voir docs/operating/conformity.md)"
            .to_owned(),
    }
}

/// `$PAILLASSE_PACK`, else the folder of the official tools that tests use.
fn found() -> Option<PathBuf> {
    if let Some(named) = env::var_os("PAILLASSE_PACK").filter(|it| !it.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let oracles = env::var_os("PAILLASSE_ORACLES").filter(|it| !it.is_empty()).map(PathBuf::from);
    let oracles = oracles.or_else(|| Some(caches()?.join("oracles")))?;
    Some(oracles.join("ans")).filter(|it| it.is_dir())
}
