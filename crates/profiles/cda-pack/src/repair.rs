//! What the published pack needs before its rules can run: names in other letter cases, a value set under another name.
//!
//! Nothing is written into the pack: a repair is what is read instead.
//!
//! Source: the pack as published in February 2025, `schematrons/profils/IHE.sch` line 241 and six volets for the names,
//! `ASIP-STRUCT-MIN-StrucMin.sch` (document type codes) for the value set.

use quick_xml::Reader;
use quick_xml::events::Event;
use schematron::Files;
use std::io::{BufRead, Cursor, Read, Result};
use std::sync::OnceLock;

/// The value set that Structuration minimale opens and that was not published under this name.
pub const TYPE_CODES: &str =
    "schematrons/profils/structurationMinimale/include/voc-1.2.250.1.213.1.1.5.471-DYNAMIC.xml";

/// Whether a file of [`crate::VALUE_SETS`] is the published form of [`TYPE_CODES`].
pub fn is_value_set_of_types(name: &str) -> bool {
    name.starts_with("JDV_J07") && name.to_ascii_lowercase().ends_with(".xml")
}

/// The name of a file that differs by letter case only; `list` gives the names in a folder.
pub fn actual_name(name: &str, list: &dyn Fn(&str) -> Vec<String>) -> Option<String> {
    let mut actual = String::new();
    for part in name.split('/') {
        let names = list(&actual);
        let exact = names.iter().find(|it| *it == part);
        let lower = part.to_lowercase();
        let found = exact.or_else(|| names.iter().find(|it| it.to_lowercase() == lower))?;
        if !actual.is_empty() {
            actual.push('/');
        }
        actual.push_str(found);
    }
    Some(actual)
}

/// A pack with the value set of document types rebuilt from the published one, when it is missing.
pub struct Repaired<F> {
    files: F,
    /// The published value set.
    published: Option<String>,
    rebuilt: OnceLock<Option<Vec<u8>>>,
}

impl<F: Files> Repaired<F> {
    /// Repairs a pack; `published` is the file of the value set in the pack.
    pub fn new(files: F, published: Option<String>) -> Self {
        let is_needed = files.size_bytes(TYPE_CODES).is_none();
        Self { files, published: published.filter(|_| is_needed), rebuilt: OnceLock::new() }
    }

    /// The file that the value set is rebuilt from, when it is.
    pub fn rebuilt_from(&self) -> Option<&str> {
        self.published.as_deref()
    }

    fn rebuilt(&self) -> Option<&[u8]> {
        let published = self.published.as_deref()?;
        let rebuild = || {
            let mut source = String::new();
            self.files.open(published).ok()??.take(16 << 20).read_to_string(&mut source).ok()?;
            value_set(&source)
        };
        self.rebuilt.get_or_init(rebuild).as_deref()
    }
}

impl<F: Files> Files for Repaired<F> {
    fn open(&self, name: &str) -> Result<Option<Box<dyn BufRead + '_>>> {
        match self.rebuilt().filter(|_| name == TYPE_CODES) {
            Some(bytes) => Ok(Some(Box::new(Cursor::new(bytes)))),
            None => self.files.open(name),
        }
    }

    fn size_bytes(&self, name: &str) -> Option<u64> {
        match self.rebuilt().filter(|_| name == TYPE_CODES) {
            Some(bytes) => Some(bytes.len() as u64),
            None => self.files.size_bytes(name),
        }
    }
}

/// From the form of sharing value sets (`Concept`) to the one that Structuration minimale reads (`concept`).
fn value_set(published: &str) -> Option<Vec<u8>> {
    let mut out = xml::Writer::new();
    out.open("valueSets").open("valueSet").open("conceptList");
    let mut reader = Reader::from_str(published);
    loop {
        match reader.read_event().ok()? {
            Event::Start(it) | Event::Empty(it) if it.local_name().as_ref() == "Concept" => {
                out.open("concept");
                for attribute in it.attributes().flatten() {
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok()?;
                    match attribute.key.as_ref() {
                        "code" => _ = out.attr("code", &value),
                        "codeSystem" => _ = out.attr("codeSystem", &value),
                        _ => {}
                    }
                }
                out.close();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    for _ in ["conceptList", "valueSet", "valueSets"] {
        out.close();
    }
    Some(out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    struct Some_(HashMap<&'static str, &'static str>);

    impl Files for Some_ {
        fn open(&self, name: &str) -> Result<Option<Box<dyn BufRead + '_>>> {
            Ok(self.0.get(name).map(|it| Box::new(Cursor::new(*it)) as Box<dyn BufRead>))
        }

        fn size_bytes(&self, name: &str) -> Option<u64> {
            self.0.get(name).map(|it| it.len() as u64)
        }
    }

    const PUBLISHED: &str = r#"<RetrieveValueSetResponse xmlns="urn:ihe:iti:svs:2008"><ValueSet><ConceptList>
        <Concept code="11502-2" displayName="CR" codeSystem="2.16.840.1.113883.6.1"/><Concept code="A&amp;B" codeSystem="1"/>
        </ConceptList></ValueSet></RetrieveValueSetResponse>"#;

    fn read(files: &impl Files, name: &str) -> Option<String> {
        let mut text = String::new();
        files.open(name).expect("readable")?.read_to_string(&mut text).expect("text");
        Some(text)
    }

    #[test]
    fn the_value_set_of_types_is_rebuilt_only_when_it_is_missing() {
        let name = "jeuxDeValeurs/JDV_J07_X.xml";
        let repaired = Repaired::new(Some_([(name, PUBLISHED)].into()), Some(name.into()));
        let expected = r#"<valueSets><valueSet><conceptList><concept code="11502-2" codeSystem="2.16.840.1.113883.6.1"/><concept code="A&amp;B" codeSystem="1"/></conceptList></valueSet></valueSets>"#;
        assert_eq!(read(&repaired, TYPE_CODES).as_deref(), Some(expected));
        assert_eq!(repaired.size_bytes(TYPE_CODES), Some(expected.len() as u64));
        assert_eq!((repaired.rebuilt_from(), read(&repaired, "other")), (Some(name), None));

        let whole = Repaired::new(Some_([(name, PUBLISHED), (TYPE_CODES, "<own/>")].into()), Some(name.into()));
        assert_eq!((whole.rebuilt_from(), read(&whole, TYPE_CODES).as_deref()), (None, Some("<own/>")));
        let without = Repaired::new(Some_(HashMap::new()), None);
        assert_eq!((without.rebuilt_from(), read(&without, TYPE_CODES)), (None, None));
    }

    #[test]
    fn a_name_in_other_letter_cases_is_found_folder_by_folder() {
        let list = |folder: &str| match folder {
            "" => vec!["Include".to_owned(), "include".to_owned()],
            "include" => vec!["Entrees".to_owned()],
            "include/Entrees" => vec!["E_été.sch".to_owned()],
            _ => Vec::new(),
        };
        assert_eq!(actual_name("include/entrees/e_Été.sch", &list).as_deref(), Some("include/Entrees/E_été.sch"));
        assert_eq!(actual_name("include/entrees/other.sch", &list), None);
    }
}
