//! Annuaire Santé: lines of its extractions or pages of its API in; who practices where, and whose mailbox is which, out.
//!
//! In: the bytes of `PS_LibreAcces_Personne_activite_*.txt` or of `Extraction_Correspondance_MSSante_*.txt`, or of a ZIP
//! that holds them. Out: one typed row a line, borrowed from it, or a finding with the number of the line.
//! Memory is that of one line, whatever the size of the file. It knows no table, no search, and nobody's correspondents.
//!
//! [`fhir`] reads pages of the API instead, into owned entries that hold the same.
//!
//! Columns are found by their name, because their order and their number changed over the years.

mod archive;
mod choice;
mod columns;
pub mod fhir;
mod line;
mod name;
mod row;
#[cfg(feature = "synthetic")]
pub mod synthetic;

pub use archive::{ArchiveError, Limits, each_text};
pub use choice::{Candidate, Holder, Rank, choose};
pub use name::{name_key, name_range, plain_name, published};
pub use row::{Mailbox, MailboxKind, Practice, Structure, structure_key};

use std::io::{self, BufRead};

use columns::{MailboxColumns, PracticeColumns};
use line::{Fields, Lines, Read};

/// Longest line, in bytes; the longest seen have about 1 000.
pub const MAX_LINE_BYTES: usize = 32 * 1024;

/// Which extraction a file is, by its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `PS_LibreAcces_Personne_activite`: one line per professional and activity.
    Practices,
    /// `Extraction_Correspondance_MSSante`: one line per mailbox and holder.
    Mailboxes,
}

impl Kind {
    /// The stored code, also the key of its French name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Practices => "practices",
            Self::Mailboxes => "mailboxes",
        }
    }
}

/// What is wrong with a line, or with the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Problem {
    /// Fewer fields than the columns that are needed.
    Short,
    /// More than [`MAX_LINE_BYTES`].
    Long,
    /// Not UTF-8.
    Encoding,
    /// The national number of the person is not one.
    Identifier,
    /// The person has no name.
    Name,
    /// Not an address of the MSSanté space of trust.
    Address,
    /// Neither `PER`, `ORG`, `APP` nor `CAB`.
    BoxKind,
    /// A resource of the API has no usable technical id.
    Id,
    /// A role of the API refers to no professional, or to one or a structure that is not in the directory.
    Reference,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Self; 9] = [
        Self::Short,
        Self::Long,
        Self::Encoding,
        Self::Identifier,
        Self::Name,
        Self::Address,
        Self::BoxKind,
        Self::Id,
        Self::Reference,
    ];

    /// The code of the finding; its French sentence is in the catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::Short => "DIRECTORY-LINE-SHORT",
            Self::Long => "DIRECTORY-LINE-LONG",
            Self::Encoding => "DIRECTORY-LINE-ENCODING",
            Self::Identifier => "DIRECTORY-LINE-IDENTIFIER",
            Self::Name => "DIRECTORY-LINE-NAME",
            Self::Address => "DIRECTORY-LINE-ADDRESS",
            Self::BoxKind => "DIRECTORY-LINE-BOX-KIND",
            Self::Id => "DIRECTORY-LINE-ID",
            Self::Reference => "DIRECTORY-LINE-REFERENCE",
        }
    }
}

/// A line that is not used. Never what was in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Number of the line, the header being 1.
    pub line: u64,
    /// What is wrong.
    pub problem: Problem,
}

/// Why a file is none of the extractions that we read.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The file could not be read.
    #[error("the file could not be read")]
    Io(#[from] io::Error),
    /// The first line is not the header of one of the two extractions.
    #[error("the first line is not the header of an extraction")]
    Unknown,
    /// The header lacks a column that is needed.
    #[error("the header lacks the column {column}")]
    Missing {
        /// Which extraction it is nearly.
        kind: Kind,
        /// Name of the column, as published.
        column: &'static str,
    },
}

/// What a line says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line<'a> {
    /// A professional and where they practice.
    Practice(Practice<'a>),
    /// A mailbox and whose it is.
    Mailbox(Mailbox<'a>),
    /// A professional without RPPS number, such as an ADELI one: read, not kept.
    WithoutRpps,
    /// Not used, and why.
    Refused(Finding),
}

enum Columns {
    Practices(PracticeColumns),
    Mailboxes(MailboxColumns),
}

/// An extraction being read.
pub struct Extraction<R> {
    lines: Lines<R>,
    fields: Fields,
    columns: Columns,
    n_lines: u64,
}

impl<R: BufRead> Extraction<R> {
    /// Reads the header.
    ///
    /// Errors: [`HeaderError::Unknown`] when the first line has neither « Adresse BAL » nor « Code profession » beside an
    /// identifier; [`HeaderError::Missing`] with the first column that lacks.
    /// Source: headers of the extractions published in 2026, as public programs restate them.
    pub fn open(reader: R) -> Result<Self, HeaderError> {
        let mut lines = Lines::new(reader);
        let mut fields = Fields::default();
        let columns = match lines.next()?.1 {
            Read::Line(text) => {
                fields.split(text, 0);
                columns::find(&fields, text)?
            }
            Read::End | Read::Refused(_) => return Err(HeaderError::Unknown),
        };
        Ok(Self { lines, fields, columns, n_lines: 0 })
    }

    /// Which extraction it is.
    pub fn kind(&self) -> Kind {
        match self.columns {
            Columns::Practices(_) => Kind::Practices,
            Columns::Mailboxes(_) => Kind::Mailboxes,
        }
    }

    /// Lines read so far, the header and empty lines excluded.
    pub fn n_lines(&self) -> u64 {
        self.n_lines
    }

    /// Bytes read so far.
    pub fn n_bytes(&self) -> u64 {
        self.lines.n_bytes()
    }

    /// The next line; `None` at the end. The row lives until the next call.
    pub fn read(&mut self) -> io::Result<Option<Line<'_>>> {
        let (number, read) = self.lines.next()?;
        let refused = |problem| Line::Refused(Finding { line: number, problem });
        let line = match read {
            Read::End => return Ok(None),
            Read::Refused(problem) => {
                self.n_lines += 1;
                refused(problem)
            }
            Read::Line(text) => {
                self.n_lines += 1;
                let row = match &self.columns {
                    Columns::Practices(columns) => {
                        self.fields.split(text, columns.width);
                        row::practice(columns, &self.fields, text)
                    }
                    Columns::Mailboxes(columns) => {
                        self.fields.split(text, columns.width);
                        row::mailbox(columns, &self.fields, text)
                    }
                };
                row.unwrap_or_else(refused)
            }
        };
        Ok(Some(line))
    }
}
