//! Which documents are judged by which schematrons: the French pack, and the sets of `conformance/schematron/sets.toml`.

use super::{Document, oracle};
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use toml::Table;

/// What every document of the pack is judged by.
const COMMON: &[&str] = &[
    "schematrons/profils/structurationMinimale/ASIP-STRUCT-MIN-StrucMin.sch",
    "schematrons/profils/IHE.sch",
    "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch",
    "schematrons/profils/CI-SIS_Modeles_ANS.sch",
    "schematrons/profils/terminologies/schematron/terminologie.sch",
];

/// The published examples, each with the common schematrons and the volet it is named after.
pub fn examples(workspace: &Workspace, pack: &Path) -> Result<Vec<Document>> {
    let published = oracle::folder()?.join("ans/ExemplesCDA");
    let shared = || workspace.root.ancestors().map(|it| it.join("shared/data/ans/cda")).find(|it| it.is_dir());
    let folder = if published.is_dir() { published } else { shared().context("no published example is there")? };
    let volets = xml_files(&pack.join("schematrons"), "sch", false)?;
    let files = xml_files(&folder, "xml", false)?;
    Ok(files
        .into_iter()
        .map(|file| {
            let mut schematrons: Vec<PathBuf> = COMMON.iter().map(|it| pack.join(it)).collect();
            schematrons.extend(volet(&volets, &file).cloned());
            Document { file, schematrons }
        })
        .collect())
}

/// The volet that an example asks an XML editor to check it with, in an instruction before its root; level 1 has none.
pub fn named_volet(file: &Path) -> Result<Vec<String>> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    let named = text.split("SCHSchema=\"").skip(1).filter_map(|it| it.split('"').next()?.rsplit('/').next());
    Ok(named.filter(|it| !is_common(it)).map(str::to_owned).collect())
}

/// Whether a schematron judges every document of the pack.
pub fn is_common(name: &str) -> bool {
    COMMON.iter().any(|it| it.ends_with(&format!("/{name}")))
}

/// The volet with the longest name that the document's name starts with.
fn volet<'a>(volets: &'a [PathBuf], file: &Path) -> Option<&'a PathBuf> {
    let document = plain(file);
    let name = |it: &Path| plain(it).trim_start_matches("ci-sis-").trim_end_matches(".sch").to_owned();
    volets.iter().filter(|it| document.starts_with(&name(it))).max_by_key(|it| name(it).len())
}

/// Letter case and the two kinds of dashes vary in the published names.
fn plain(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().to_lowercase().replace('_', "-")
}

/// The documents of a foreign set.
pub fn foreign(workspace: &Workspace, name: &str) -> Result<Vec<Document>> {
    let table = workspace.root.join("conformance/schematron/sets.toml");
    let table: Table = fs::read_to_string(&table).with_context(|| table.display().to_string())?.parse()?;
    let sets = table.get("set").and_then(toml::Value::as_array).context("sets.toml has no set")?;
    let named = |it: &&toml::Value| it.get("name").and_then(toml::Value::as_str) == Some(name);
    let set = sets.iter().find(named).with_context(|| format!("no set is named {name}"))?;
    let list = |key: &str| -> Vec<&str> {
        set.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str).collect()
    };
    let folder = oracle::folder()?;
    let schematrons: Vec<PathBuf> = list("schematrons").iter().map(|it| folder.join(it)).collect();
    for schematron in &schematrons {
        ensure!(schematron.is_file(), "{} is missing: fetch {:?}", schematron.display(), list("origin"));
    }
    let mut files = Vec::new();
    for pattern in list("documents") {
        files.extend(matching(&folder, pattern)?);
    }
    ensure!(!files.is_empty(), "the set {name} has no document");
    Ok(files.into_iter().map(|file| Document { file, schematrons: schematrons.clone() }).collect())
}

/// Files of `folder/start*end` or `folder/**/start*end`.
fn matching(home: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let (folder, name) = pattern.rsplit_once('/').context("a pattern is a folder, a slash and a name")?;
    let (folder, recursive) = folder.strip_suffix("/**").map_or((folder, false), |it| (it, true));
    let (start, end) = name.split_once('*').unwrap_or((name, ""));
    let extension = name.rsplit_once('.').map_or("xml", |(_, it)| it);
    let mut files = xml_files(&home.join(folder), extension, recursive)?;
    files.retain(|it| {
        let name = it.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(start) && name.ends_with(end) && name.len() >= start.len() + end.len()
    });
    Ok(files)
}

fn xml_files(folder: &Path, extension: &str, recursive: bool) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() && recursive {
            files.extend(xml_files(&path, extension, recursive)?);
        } else if path.is_file() && path.extension().is_some_and(|it| it == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_goes_to_the_volet_it_is_named_after() {
        let volets = ["CI-SIS_IMG-CR-IMG_2024.01.sch", "CI-SIS_EP-MED-DM_2024.01.sch", "CI-SIS_VAC_2023.01.sch"];
        let volets: Vec<PathBuf> = volets.iter().map(PathBuf::from).collect();
        let name = |file: &str| volet(&volets, Path::new(file)).map(|it| it.display().to_string());
        assert_eq!(name("IMG_CR_IMG_2024.01.xml").as_deref(), Some("CI-SIS_IMG-CR-IMG_2024.01.sch"));
        assert_eq!(name("eP-MED-DM_2024.01_PosoStruct.xml").as_deref(), Some("CI-SIS_EP-MED-DM_2024.01.sch"));
        assert_eq!(name("VAC-NOTE_2023.01.xml"), None);
    }
}
