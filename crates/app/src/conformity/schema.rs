//! The XML schema of a pack: read from the cache, else compiled and stored.

use super::{
    Repairs,
    cache::{Cache, Key},
    folder::{Folder, Recording},
};
use cda_pack::Repaired;
use schematron::Files;
use std::{io::Read as _, sync::Arc};
use xsd::{Error, Schema};

/// Bytes read of one file of the XML schema.
const FILE_BYTES: u64 = 32 << 20;

/// The schema whose first file is `path`.
///
/// One from the cache reads the files, and compiles, when a document is not certainly valid.
pub(super) fn load(
    folder: &Folder,
    files: &Arc<Repaired<Folder>>,
    path: &str,
    repairs: Repairs,
    cache: Option<&Cache>,
) -> Result<Schema, Error> {
    let key = Key::new(folder, &[path.to_owned()], &format!("xsd {repairs:?}"));
    let stored = |bytes: &[u8]| Schema::from_bytes(reading(Arc::clone(files)), path, bytes).ok();
    if let Some(schema) = cache.and_then(|it| it.load(&key, folder, stored)) {
        return Ok(schema);
    }
    let recording = Arc::new(Recording::new(Arc::clone(files)));
    // What the compiler leaves out (the schema for XSLT) is not a defect of the pack.
    let (schema, _) = Schema::compile(reading(Arc::clone(&recording)), path)?;
    if let Some(cache) = cache
        && let Ok(bytes) = schema.to_bytes()
    {
        cache.store(&key, folder, &recording.names(), &bytes);
    }
    Ok(schema)
}

fn reading<F: Files + 'static>(files: Arc<F>) -> impl xsd::Files + 'static {
    move |name: &str| {
        let mut bytes = Vec::new();
        files.open(name).ok()??.take(FILE_BYTES).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformity::outcome::XsdOutcome;
    use std::{fs, path::PathBuf};

    const FIRST: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
        <xs:include schemaLocation="b.xsd"/><xs:element name="a" type="b"/></xs:schema>"#;
    const SECOND: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
        <xs:complexType name="b"><xs:attribute name="c" type="xs:int"/></xs:complexType></xs:schema>"#;
    const DOCUMENTS: [&str; 4] = ["<a/>", "<a c='1'/>", "<a c='x'/>", "<a d='1'>\n<b/></a>"];

    /// A pack with a schema of two files, and a cache beside it.
    struct Bench {
        root: PathBuf,
        folder: Folder,
        cache: Cache,
    }

    impl Bench {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("paillasse-schema-{}-{name}", std::process::id()));
            // Of an earlier run.
            let _ = fs::remove_dir_all(&root);
            fs::create_dir_all(root.join("pack/in")).expect("a folder");
            fs::write(root.join("pack/in/a.xsd"), FIRST).expect("a file");
            fs::write(root.join("pack/in/b.xsd"), SECOND).expect("a file");
            let folder = Folder::new(root.join("pack"));
            let cache = Cache::new(root.join("cache/rulesets"));
            Self { root, folder, cache }
        }

        fn load(&self, cache: Option<&Cache>) -> Result<Schema, Error> {
            let files = Arc::new(Repaired::new(self.folder.clone(), None));
            load(&self.folder, &files, "in/a.xsd", Repairs::Made, cache)
        }

        fn outcomes(&self, cache: Option<&Cache>) -> Vec<XsdOutcome> {
            let schema = self.load(cache);
            DOCUMENTS.iter().map(|it| XsdOutcome::new(&schema, it.as_bytes())).collect()
        }

        /// Changes a file in a way that its size and time do not show.
        fn change_unseen(&self) {
            let path = self.root.join("pack/in/b.xsd");
            let time = fs::metadata(&path).and_then(|it| it.modified()).expect("a time");
            fs::write(&path, SECOND.replace("complexType", "complexTypo")).expect("a file");
            let file = fs::File::options().write(true).open(&path).expect("a file");
            file.set_modified(time).expect("another time");
        }
    }

    #[test]
    fn a_document_has_the_same_errors_from_a_cached_schema_as_from_a_compiled_one() {
        let bench = Bench::new("same");
        let compiled = bench.outcomes(None);
        assert_eq!(compiled.iter().map(|it| it.errors.len()).collect::<Vec<_>>(), [0, 0, 1, 4]);
        // Stored by the first, found by the second.
        assert_eq!(bench.outcomes(Some(&bench.cache)), compiled);
        assert_eq!(bench.outcomes(Some(&bench.cache)), compiled);
    }

    #[test]
    fn a_schema_is_found_again_until_one_of_its_files_changes() {
        let bench = Bench::new("found");
        assert!(bench.load(Some(&bench.cache)).is_ok());
        bench.change_unseen();
        assert!(bench.load(None).is_err());
        // Found, and what its tables are not sure of is not valid without the files.
        let found = bench.outcomes(Some(&bench.cache));
        assert_eq!(found.iter().map(XsdOutcome::is_valid).collect::<Vec<_>>(), [true, false, false, false]);
        assert_eq!(found[1].errors[0].code, "internal");
        fs::write(bench.root.join("pack/in/b.xsd"), SECOND.replace("xs:int", "xs:boolean")).expect("a file");
        let changed = bench.outcomes(Some(&bench.cache));
        assert_eq!(changed, bench.outcomes(None));
        assert!(changed[1].is_valid());
        // A file that was not there may come to be.
        fs::remove_file(bench.root.join("pack/in/b.xsd")).expect("a file");
        assert!(!bench.outcomes(Some(&bench.cache))[1].is_valid());
        fs::write(bench.root.join("pack/in/b.xsd"), SECOND).expect("a file");
        assert!(bench.outcomes(Some(&bench.cache))[1].is_valid());
    }

    #[test]
    fn a_damaged_schema_is_compiled_anew() {
        let bench = Bench::new("damaged");
        let compiled = bench.outcomes(Some(&bench.cache));
        let entries = fs::read_dir(bench.root.join("cache/rulesets")).expect("a folder").flatten();
        let stored = entries.map(|it| it.path()).find(|it| it.extension().is_some_and(|it| it == "ruleset"));
        let stored = stored.expect("a stored schema");
        let whole = fs::read(&stored).expect("a file");
        for at in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            fs::write(&stored, &damaged).expect("a file");
            assert_eq!(bench.outcomes(Some(&bench.cache)), compiled, "changed at {at}");
            assert!(fs::read(&stored).expect("a file") != damaged, "not stored anew");
        }
    }
}
