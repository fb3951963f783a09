//! The packs of a check: folders and schematrons as given in, packs ready to check out.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use app::{
    Env,
    conformity::{Conformity, ConformityError, Grouping, Options, Repairs, Validation},
};

use super::{CheckArgs, files};

/// Headers read to see how many volets there are among the documents.
const SAMPLE: usize = 40;
/// Bytes read of a schematron to see where its includes are.
const SCHEMA_BYTES: usize = 16 << 20;

/// A pack with the name people know it by.
pub struct Pack {
    pub name: String,
    pub conformity: Conformity,
}

/// Opens every pack; a schematron outside of them is a pack of its own, with the folder it is in.
pub fn open(args: &CheckArgs, documents: &[PathBuf]) -> Result<Vec<Pack>> {
    let mut groups: Vec<(PathBuf, Vec<String>)> = Vec::new();
    for folder in &args.pack {
        let Some(root) = folder.canonicalize().ok().filter(|it| it.is_dir()) else {
            bail!(
                "{} n'est pas un dossier : donnez celui d'une copie de ansforge/TestContenuCDA-3-0",
                folder.display()
            );
        };
        groups.push((root, Vec::new()));
    }
    for schematron in &args.schematron {
        place(schematron, &mut groups)?;
    }
    if !args.schematron.is_empty() {
        groups.retain(|(_, schemas)| !schemas.is_empty());
    }
    let cache = cache(args);
    let mut packs = Vec::new();
    for (root, schemas) in groups {
        let options = |grouping| Options {
            repairs: if args.no_repair { Repairs::NotMade } else { Repairs::Made },
            phase: args.phase.clone(),
            schemas: schemas.clone(),
            grouping,
            xsd: if args.no_xsd { Validation::LeftOut } else { Validation::Done },
            ..Options::default()
        };
        let open = |grouping| {
            Conformity::open(&root, cache.as_deref(), Env::system(), options(grouping)).map_err(|error| say(&error))
        };
        let mut conformity = open(Grouping::Together)?;
        if schemas.is_empty() && n_volets(&conformity, documents) > 2 {
            conformity = open(Grouping::Apart)?;
        }
        packs.push(Pack { name: name(&root), conformity });
    }
    Ok(packs)
}

/// Puts a schematron into the pack that holds it.
fn place(schematron: &Path, groups: &mut Vec<(PathBuf, Vec<String>)>) -> Result<()> {
    for (root, schemas) in groups.iter_mut() {
        let given = [schematron.canonicalize().ok(), root.join(schematron).canonicalize().ok()];
        let inside = given.into_iter().flatten().filter(|it| it.is_file()).find_map(|it| inside(&it, root));
        if let Some(name) = inside {
            schemas.push(name);
            return Ok(());
        }
    }
    let Some(file) = schematron.canonicalize().ok().filter(|it| it.is_file()) else {
        bail!("{} : ce schematron n'existe pas, ni ici ni dans le dossier --pack", schematron.display());
    };
    let Some(folder) = file.parent() else { bail!("{} : sans dossier", schematron.display()) };
    let folder = folder.ancestors().nth(levels_up(&file)).unwrap_or(folder);
    match inside(&file, folder) {
        Some(name) => groups.push((folder.to_owned(), vec![name])),
        None => bail!("{} : nom illisible", schematron.display()),
    }
    Ok(())
}

/// How many folders above its own a schematron includes files from; it reads nothing higher.
fn levels_up(file: &Path) -> usize {
    let bytes = files::read(file, SCHEMA_BYTES).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let includes = text.split("include").skip(1).filter_map(|it| it.split_once('>').map(|(tag, _)| tag));
    let hrefs = includes.filter_map(|it| it.split_once("href=")?.1.get(1..));
    hrefs.map(|it| it.split('/').take_while(|part| *part == "..").count()).max().unwrap_or(0)
}

fn inside(file: &Path, root: &Path) -> Option<String> {
    let parts = file.strip_prefix(root).ok()?.iter().map(|it| it.to_str()).collect::<Option<Vec<_>>>()?;
    Some(parts.join("/"))
}

fn name(root: &Path) -> String {
    root.file_name().map_or_else(|| root.display().to_string(), |it| it.to_string_lossy().into_owned())
}

fn n_volets(conformity: &Conformity, documents: &[PathBuf]) -> usize {
    if documents.len() < 2 {
        return documents.len();
    }
    let step = documents.len().div_ceil(SAMPLE);
    let mut volets: Vec<String> = Vec::new();
    for document in documents.iter().filter(|it| *it != Path::new("-")).step_by(step) {
        let Ok(bytes) = files::read(document, 4 << 20) else { continue };
        if let Some(volet) = conformity.chosen(&bytes).volet()
            && !volets.contains(&volet.file)
        {
            volets.push(volet.file.clone());
        }
    }
    volets.len()
}

fn cache(args: &CheckArgs) -> Option<PathBuf> {
    if args.no_cache {
        return None;
    }
    args.cache.clone().or_else(|| Some(caches()?.join("rulesets")))
}

/// The folder of our caches, by the rules of the XDG; none where the user has no home.
pub(crate) fn caches() -> Option<PathBuf> {
    let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|it| it.is_absolute());
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    Some(home.join("paillasse"))
}

fn say(error: &ConformityError) -> anyhow::Error {
    match error {
        ConformityError::NoFolder(folder) => anyhow::anyhow!("{} n'est pas un dossier", folder.display()),
        ConformityError::NotThePack(folder) => anyhow::anyhow!(
            "{} ne contient pas les schematrons communs de TestContenuCDA : donnez sa racine, ou choisissez avec --schematron",
            folder.display()
        ),
        ConformityError::NoSchema { folder, schema } => {
            anyhow::anyhow!("{schema} n'est pas dans {}", folder.display())
        }
        other => anyhow::anyhow!("{other}"),
    }
}
