//! Writing an archive: fixed order, fixed compression, the caller's time stamp.

use super::XdmError;
use crate::{DocumentEntry, Submission, encode_submit_objects_request, sha1_hex};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Below this size compression costs more than it saves.
const STORED_BELOW_BYTES: usize = 512;
/// Measured on a real laboratory report of 339 kB: level 1 gives 183 kB, level 2 gives 141 kB for
/// a little more time, the default level 136 kB for three times more.
const DEFLATE_LEVEL: i64 = 2;

/// The civil time written on every file, from 1980-01-01 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Year, 1980 to 2107.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59 (ZIP keeps even seconds only).
    pub second: u8,
}

/// A file of a subset.
#[derive(Clone, Copy)]
pub struct XdmFile<'a> {
    /// Name inside the subset's directory, e.g. `DOC0001.XML`.
    pub name: &'a str,
    /// The bytes.
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for XdmFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "XdmFile({} bytes)", self.bytes.len())
    }
}

/// One submission and its files; written under `IHE_XDM/SUBSETnn/`.
#[derive(Debug, Clone, Copy)]
pub struct Subset<'a> {
    /// The metadata; its entries carry `uri`, `hash` and `size_bytes` (see
    /// [`DocumentEntry::describe_file`]).
    pub submission: &'a Submission,
    /// The documents, and any file that is not one (a stylesheet).
    pub files: &'a [XdmFile<'a>],
}

/// Everything an archive holds.
#[derive(Debug, Clone, Copy)]
pub struct XdmContent<'a> {
    /// `INDEX.HTM`: a page for people, linking to the read-me file and the documents.
    pub index_html: &'a str,
    /// `README.TXT`: who made the archive and how to open it.
    pub readme: &'a str,
    /// Further pages for people, beside `INDEX.HTM`: names of ISO 9660 level 1 that no other file has.
    ///
    /// Source: ITI TF-2 3.32.4.1.2.2, which leaves the root of the media free for other files.
    pub pages: &'a [XdmFile<'a>],
    /// The subsets, in order; at most 99.
    pub subsets: &'a [Subset<'a>],
    /// Time written on every file.
    pub modified: Stamp,
}

impl DocumentEntry {
    /// Sets the three attributes a document on media must have: `URI`, `hash` and `size`.
    pub fn describe_file(&mut self, name: &str, bytes: &[u8]) {
        self.uri = Some(name.to_owned());
        self.describe_bytes(bytes);
    }

    /// Sets `hash` and `size` from the bytes.
    pub fn describe_bytes(&mut self, bytes: &[u8]) {
        self.hash = Some(sha1_hex(bytes));
        self.size_bytes = Some(bytes.len() as u64);
    }
}

/// The ZIP archive: `INDEX.HTM`, `README.TXT`, other pages, then for each subset its directory entry,
/// `METADATA.XML` and its files. Directories have entries of their own, because readers list
/// subsets from them. The same content gives the same bytes.
///
/// Errors: [`XdmError::TooLarge`] beyond 99 subsets, [`XdmError::Write`].
pub fn archive(content: &XdmContent<'_>) -> Result<Vec<u8>, XdmError> {
    if content.subsets.len() > 99 {
        return Err(XdmError::TooLarge { what: "subsets", limit: 99 });
    }
    let n_bytes: usize = content.subsets.iter().flat_map(|s| s.files).map(|f| f.bytes.len() / 2 + 512).sum();
    let mut zip = Zip {
        writer: ZipWriter::new(Cursor::new(Vec::with_capacity(n_bytes + 16_384))),
        options: options(content.modified),
    };
    zip.file("INDEX.HTM", content.index_html.as_bytes())?;
    zip.file("README.TXT", content.readme.as_bytes())?;
    for page in content.pages {
        zip.file(page.name, page.bytes)?;
    }
    zip.directory("IHE_XDM/")?;
    for (n, subset) in content.subsets.iter().enumerate() {
        let directory = format!("IHE_XDM/SUBSET{:02}/", n + 1);
        zip.directory(&directory)?;
        let metadata = encode_submit_objects_request(subset.submission);
        zip.file(&format!("{directory}METADATA.XML"), &metadata)?;
        for file in subset.files {
            zip.file(&format!("{directory}{}", file.name), file.bytes)?;
        }
    }
    let cursor = zip.writer.finish().map_err(XdmError::Write)?;
    Ok(cursor.into_inner())
}

struct Zip {
    writer: ZipWriter<Cursor<Vec<u8>>>,
    options: SimpleFileOptions,
}

impl Zip {
    fn directory(&mut self, name: &str) -> Result<(), XdmError> {
        self.writer.add_directory(name, self.options).map_err(XdmError::Write)
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), XdmError> {
        let options = if bytes.len() < STORED_BELOW_BYTES {
            self.options.compression_method(CompressionMethod::Stored)
        } else {
            self.options.compression_method(CompressionMethod::Deflated).compression_level(Some(DEFLATE_LEVEL))
        };
        self.writer.start_file(name, options).map_err(XdmError::Write)?;
        self.writer.write_all(bytes).map_err(|e| XdmError::Write(e.into()))
    }
}

fn options(stamp: Stamp) -> SimpleFileOptions {
    let Stamp { year, month, day, hour, minute, second } = stamp;
    // A time ZIP cannot hold becomes its first one, 1980-01-01.
    let time = zip::DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default();
    SimpleFileOptions::default().last_modified_time(time).unix_permissions(0o644)
}
