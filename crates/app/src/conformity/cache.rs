//! What was compiled from a pack, on disk, so that a start reads one file where compiling reads hundreds.
//!
//! Rulesets and XML schemas alike, as bytes: what they mean is for those who store and load them.
//! Two kinds of files. `KEY.files` lists the names that compiling asked for; its key says which pack, schemas and
//! options. `HASH.ruleset` is what was compiled; its hash covers the version of the engine, the executable and, of each listed
//! file, name, size and time of change, so that a changed pack or program leads to another file.
//! What is missing, cut short or damaged is as if it were not there: nothing here fails.

use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::folder::Folder;

/// Changes whenever the form of what is stored, or what it means, changes.
const FORMAT: u32 = 1;
/// Bytes of the checksum at the head of a file.
const CHECKSUM: usize = 32;
/// Files that nobody stored anew for this long are removed.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// The largest file that is read.
const BYTES_MAX: u64 = 256 << 20;

/// A folder of compiled rulesets and schemas.
pub struct Cache {
    folder: PathBuf,
}

/// Which of them: everything that compiling depends on beside the files.
pub struct Key(String);

impl Key {
    /// Of a pack, its schemas and the options that change what they mean.
    pub fn new(pack: &Folder, schemas: &[String], options: &str) -> Self {
        let mut hash = hasher();
        hash.update(pack.root().as_os_str().as_encoded_bytes());
        for part in schemas.iter().map(String::as_str).chain(["", options]) {
            hash.update(b"\0");
            hash.update(part.as_bytes());
        }
        Self(hex(&hash.finalize()))
    }
}

impl Cache {
    /// In this folder, which is made when it is first written to.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What `decode` makes of the bytes stored, when no file they were compiled from has changed since.
    pub fn load<T>(&self, key: &Key, pack: &Folder, decode: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let names = fs::read_to_string(self.list(key)).ok()?;
        let names: Vec<&str> = names.strip_suffix("\n.")?.lines().collect();
        let path = self.compiled(key, pack, &names);
        let bytes = read(&path)?;
        let (checksum, stored) = bytes.split_at_checked(CHECKSUM)?;
        if Sha256::digest(stored).as_slice() != checksum {
            return None;
        }
        catch_unwind(AssertUnwindSafe(|| decode(stored))).ok()?
    }

    /// Stores what was compiled; `names` are those that compiling asked for. What cannot be written is not stored.
    pub fn store(&self, key: &Key, pack: &Folder, names: &[String], compiled: &[u8]) {
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|it| !it.contains('\n')).collect();
        let checksum = Sha256::digest(compiled);
        let outcome = fs::create_dir_all(&self.folder)
            .and_then(|()| self.write(&self.compiled(key, pack, &names), &[&checksum, compiled]))
            // The dot says that the list is whole.
            .and_then(|()| self.write(&self.list(key), &[names.join("\n").as_bytes(), b"\n."]));
        if let Err(error) = outcome {
            tracing::warn!(%error, "what was compiled could not be stored");
        }
        self.remove_old();
    }

    fn list(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}.files", key.0))
    }

    fn compiled(&self, key: &Key, pack: &Folder, names: &[&str]) -> PathBuf {
        let mut hash = hasher();
        hash.update(key.0.as_bytes());
        for name in names {
            hash.update(name.as_bytes());
            hash.update(state(pack, name));
        }
        self.folder.join(format!("{}.ruleset", hex(&hash.finalize())))
    }

    /// Whole or not at all: readers never see half a file.
    fn write(&self, path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
        let making = path.with_extension(format!("{}.{:?}.new", std::process::id(), std::thread::current().id()));
        let written =
            fs::File::create(&making).and_then(|mut file| parts.iter().try_for_each(|part| file.write_all(part)));
        let outcome = written.and_then(|()| fs::rename(&making, path));
        if outcome.is_err() {
            // It may not even have been made.
            let _ = fs::remove_file(&making);
        }
        outcome
    }

    fn remove_old(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let age = entry.metadata().and_then(|it| it.modified()).ok().and_then(|it| it.elapsed().ok());
            let name = entry.file_name();
            let is_ours = [".ruleset", ".files", ".new"].iter().any(|it| name.to_string_lossy().ends_with(it));
            if is_ours && age.is_some_and(|age| age > KEPT) {
                // Another process may have been faster.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn hasher() -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(format!("paillasse {} {FORMAT}\0", env!("CARGO_PKG_VERSION")));
    // Programs of one version may still compile otherwise: this one, as it was built.
    hash.update(std::env::current_exe().ok().map_or([0; 24], |it| state_of(&it)));
    hash
}

/// Size and time of change of a file, or that there is none.
fn state(pack: &Folder, name: &str) -> [u8; 24] {
    pack.path(name).map_or([0xFF; 24], |path| state_of(&path))
}

fn state_of(path: &Path) -> [u8; 24] {
    let mut state = [0xFF; 24];
    if let Some(found) = fs::metadata(path).ok().filter(fs::Metadata::is_file) {
        let changed = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let changed = changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        state[..8].copy_from_slice(&found.len().to_le_bytes());
        state[8..].copy_from_slice(&changed.to_le_bytes());
    }
    state
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let size = fs::metadata(path).ok()?.len();
    if size > BYTES_MAX { None } else { fs::read(path).ok() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::folder::Recording;
    use super::*;
    use schematron::Ruleset;
    use std::sync::Arc;

    const SCHEMA: &str = r#"<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><pattern>
        <rule context="a"><assert test="@b">B</assert></rule></pattern></schema>"#;

    /// A pack with one schema and a cache beside it.
    fn bench(name: &str) -> (Folder, Cache, Key) {
        let root = std::env::temp_dir().join(format!("paillasse-cache-{}-{name}", std::process::id()));
        // Of an earlier run.
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("pack")).expect("a folder");
        fs::write(root.join("pack/s.sch"), SCHEMA).expect("a file");
        let pack = Folder::new(root.join("pack"));
        let key = Key::new(&pack, &["s.sch".to_owned()], "");
        (pack, Cache::new(root.join("cache/rulesets")), key)
    }

    fn compile(pack: &Folder) -> (Ruleset, Vec<String>) {
        let recording = Recording::new(Arc::new(pack.clone()));
        let ruleset = schematron::compile(&recording, &|_| None, &["s.sch"], &schematron::Options::default());
        (ruleset.expect("a schema"), recording.names())
    }

    fn load(cache: &Cache, key: &Key, pack: &Folder) -> Option<Ruleset> {
        cache.load(key, pack, |bytes| Ruleset::from_bytes(bytes).ok())
    }

    fn store(cache: &Cache, key: &Key, pack: &Folder, names: &[String], ruleset: &Ruleset) {
        cache.store(key, pack, names, &ruleset.to_bytes().expect("bytes"));
    }

    fn files(cache: &Cache, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&cache.folder).expect("a folder").flatten().map(|it| it.path());
        entries.filter(|it| it.to_string_lossy().ends_with(ending)).collect()
    }

    #[test]
    fn a_ruleset_is_found_again_until_a_file_of_the_pack_changes() {
        let (pack, cache, key) = bench("found");
        assert!(load(&cache, &key, &pack).is_none());
        let (ruleset, names) = compile(&pack);
        assert_eq!(names, ["s.sch"]);
        store(&cache, &key, &pack, &names, &ruleset);
        assert_eq!(load(&cache, &key, &pack).expect("stored").inventory(), ruleset.inventory());
        fs::write(pack.root().join("s.sch"), SCHEMA.replace("@b", "@bb")).expect("a file");
        assert!(load(&cache, &key, &pack).is_none());
        store(&cache, &key, &pack, &names, &compile(&pack).0);
        assert!(load(&cache, &key, &pack).is_some());
        assert_eq!(files(&cache, ".ruleset").len(), 2);
        assert!(files(&cache, ".new").is_empty());
    }

    #[test]
    fn what_is_damaged_or_cut_short_is_as_if_it_were_not_there() {
        let (pack, cache, key) = bench("damaged");
        let (ruleset, names) = compile(&pack);
        store(&cache, &key, &pack, &names, &ruleset);
        for ending in [".ruleset", ".files"] {
            let path = files(&cache, ending).remove(0);
            let whole = fs::read(&path).expect("a file");
            for length in [0, 1, CHECKSUM, whole.len() / 2, whole.len() - 1] {
                fs::write(&path, &whole[..length.min(whole.len() - 1)]).expect("a file");
                assert!(load(&cache, &key, &pack).is_none(), "{ending} cut at {length}");
            }
            let mut other = whole.clone();
            for at in 0..whole.len().min(400) {
                other[at] ^= 0x55;
                fs::write(&path, &other).expect("a file");
                assert!(load(&cache, &key, &pack).is_none(), "{ending} changed at {at}");
                other[at] = whole[at];
            }
            fs::write(&path, &whole).expect("a file");
            assert!(load(&cache, &key, &pack).is_some());
        }
    }
}
