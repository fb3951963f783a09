//! Where the official pack is: its schema and its examples.

use std::{
    fs,
    path::{Path, PathBuf},
};
use xsd::{Finding, Schema};

/// The checkout of the official pack.
pub struct Pack {
    pub folder: PathBuf,
}

/// The first file of the schema, in the pack.
pub const SCHEMA: &str = "infrastructure/cda/CDA_extended.xsd";

/// The pack; `None`, said aloud, when it is not on this machine.
pub fn pack() -> Option<Pack> {
    let cache = || {
        std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
            .map(|cache| cache.join("paillasse/oracles"))
    };
    let folder = std::env::var_os("PAILLASSE_ORACLES").map(PathBuf::from).or_else(cache)?.join("ans");
    if !folder.join(SCHEMA).is_file() {
        println!("skipped: the official pack is not in the oracle folder");
        return None;
    }
    Some(Pack { folder })
}

impl Pack {
    /// The compiled schema and what was found in the pack.
    pub fn schema(&self) -> (Schema, Vec<Finding>) {
        let folder = self.folder.clone();
        Schema::compile(move |path: &str| fs::read(folder.join(path)).ok(), SCHEMA).unwrap()
    }

    /// The example documents by name, of the pack, else those beside the repository.
    pub fn examples(&self) -> Vec<(String, Vec<u8>)> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|it| it.join("shared/data/ans/cda"));
        let mut folders = [self.folder.join("ExemplesCDA")].into_iter().chain(beside);
        let Some(folder) = folders.find(|it| it.is_dir()) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "xml"));
        paths.sort();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
    }
}
