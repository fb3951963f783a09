//! An XDM archive for people: ZIP bytes in; its files, its metadata and its defects out.
//! Bounded by [`Limits`]; it decides nothing about what is right, the reader of archives does.

use std::io::{Cursor, Read};

use xds::xdm::{self, Limits, ReadSubset};
use zip::ZipArchive;

use super::wording;

/// What an archive shows.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) files: Vec<Entry>,
    pub(super) documents: Vec<Document>,
    /// Code and place of each defect.
    pub(super) findings: Vec<String>,
    /// Set when the archive can't be read at all.
    pub(super) is_unreadable: bool,
}

/// A file of the archive.
pub(super) struct Entry {
    /// Its place, which is how it is asked for.
    pub(super) k: usize,
    pub(super) path: String,
    /// As the archive says: what really comes out is bounded apart.
    pub(super) size: String,
}

/// What the metadata say of a document.
pub(super) struct Document {
    pub(super) rows: Vec<(&'static str, String)>,
}

/// Opens an archive.
pub(super) fn open(bytes: &[u8]) -> Opened {
    let Ok(archive) = xdm::read(bytes, &Limits::default()) else {
        return Opened { is_unreadable: true, ..Opened::default() };
    };
    Opened {
        files: entries(bytes),
        documents: archive.subsets.iter().flat_map(documents).collect(),
        findings: archive.findings.iter().map(ToString::to_string).collect(),
        is_unreadable: false,
    }
}

/// Name and bytes of the file at that place.
pub(super) fn file(bytes: &[u8], k: usize) -> Option<(String, Vec<u8>)> {
    let limits = Limits::default();
    let mut zip = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let entry = zip.by_index(k).ok()?;
    let name = entry.name().ok()?.into_owned();
    let mut content = Vec::new();
    entry.take(limits.file_bytes + 1).read_to_end(&mut content).ok()?;
    (content.len() as u64 <= limits.file_bytes).then_some((name, content))
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    let Ok(mut zip) = ZipArchive::new(Cursor::new(bytes)) else {
        return Vec::new();
    };
    let n = zip.len().min(Limits::default().n_entries);
    (0..n)
        .filter_map(|k| {
            let entry = zip.by_index_raw(k).ok()?;
            let path = entry.name().ok()?.into_owned();
            let is_file = !entry.is_dir();
            is_file.then(|| Entry { k, path, size: wording::size(entry.size()) })
        })
        .collect()
}

fn documents(subset: &ReadSubset) -> impl Iterator<Item = Document> + '_ {
    subset.submission.entries.iter().map(|entry| {
        let code =
            |code: &Option<xds::Code>| code.as_ref().map(|c| format!("{} · {}", c.code, c.display)).unwrap_or_default();
        let time = |time: &Option<xds::Dtm>| time.as_ref().map(|t| wording::digits(t.as_str())).unwrap_or_default();
        let confidentiality: Vec<_> = entry
            .confidentiality_codes
            .iter()
            .map(|c| format!("{} ({})", wording::confidentiality(&c.code), c.code))
            .collect();
        let institutions: Vec<_> = entry
            .authors
            .iter()
            .flat_map(|author| &author.institutions)
            .map(|institution| institution.name.clone())
            .collect();
        let rows = vec![
            ("Titre", entry.title.clone().unwrap_or_default()),
            ("Fichier", entry.uri.clone().unwrap_or_default()),
            ("Type", code(&entry.type_code)),
            ("Classe", code(&entry.class_code)),
            ("Format", code(&entry.format_code)),
            ("Confidentialité", confidentiality.join(", ")),
            ("Patient", entry.patient_id.as_ref().map(xds::Cx::encode).unwrap_or_default()),
            ("Émetteur", institutions.join(", ")),
            ("Créé le", time(&entry.creation_time)),
            ("Début de l'acte", time(&entry.service_start_time)),
            ("uniqueId", entry.unique_id.clone().unwrap_or_default()),
            ("Lot", subset.submission.set.unique_id.clone().unwrap_or_default()),
            ("Taille annoncée", entry.size_bytes.map(wording::size).unwrap_or_default()),
            ("Empreinte annoncée", entry.hash.clone().unwrap_or_default()),
        ];
        Document { rows: rows.into_iter().filter(|(_, value)| !value.is_empty()).collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_archive_is_said_unreadable() {
        assert!(open(b"PK\x03\x04 and nothing more").is_unreadable);
        assert!(file(b"", 0).is_none());
    }
}
