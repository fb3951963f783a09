//! What a load did and found, as it is kept and shown.

use serde::{Deserialize, Serialize};

/// Lines of one problem that are named.
const NAMED_LINES: usize = 5;

/// What becomes of a load that has far fewer lines than the one in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shrink {
    /// Refused when more than this part is gone, in percent.
    RefusedBeyond(u64),
    /// Loaded all the same: a person says so.
    Accepted,
}

impl Default for Shrink {
    /// Ten percent: the extractions lost 1.9 % in two months of 2026.
    fn default() -> Self {
        Self::RefusedBeyond(10)
    }
}

/// Something wrong with a file or a load.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LoadFinding {
    /// Code; its French sentence is in the catalogue.
    pub code: String,
    /// The file, with the column or the figures.
    pub place: String,
}

/// Lines that were not used, for one reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusals {
    /// Code; its French sentence is in the catalogue.
    pub code: String,
    /// How many.
    pub n: u64,
    /// The first of them, by number.
    pub lines: Vec<u64>,
}

/// What was read of one extraction.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FileReport {
    /// Name of the file, without its folder.
    pub name: String,
    /// `practices` or `mailboxes`.
    pub kind: String,
    /// When it was published, by its name.
    pub published: Option<String>,
    /// Lines read.
    pub lines: u64,
    /// Lines of people without RPPS, not kept.
    pub without_rpps: u64,
    /// Lines not used, by reason.
    pub refused: Vec<Refusals>,
    /// Different situations or mailboxes in force before.
    pub before: u64,
    /// And after.
    pub after: u64,
    /// Professionals or addresses that are new.
    pub created: u64,
    /// That changed.
    pub changed: u64,
    /// That are gone.
    pub closed: u64,
}

impl FileReport {
    /// Counts a line that is not used.
    pub(crate) fn refuse(&mut self, code: &str, line: u64) {
        let at = self.refused.iter().position(|it| it.code == code).unwrap_or_else(|| {
            self.refused.push(Refusals { code: code.to_owned(), n: 0, lines: Vec::new() });
            self.refused.len() - 1
        });
        let refusals = &mut self.refused[at];
        refusals.n += 1;
        if refusals.lines.len() < NAMED_LINES {
            refusals.lines.push(line);
        }
    }

    /// Lines not used, whatever the reason.
    pub fn n_refused(&self) -> u64 {
        self.refused.iter().map(|it| it.n).sum()
    }
}

/// What a load did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LoadReport {
    /// Whether it came into force; otherwise the findings say why.
    pub in_force: bool,
    /// Where it comes from: `files` or `fhir`. Loads of older versions were all of files.
    #[serde(default = "files")]
    pub source: String,
    /// Only what changed since that instant was asked for (RFC 3339); `None`: everything.
    #[serde(default)]
    pub since: Option<String>,
    /// Each extraction.
    pub files: Vec<FileReport>,
    /// What stood in the way.
    pub findings: Vec<LoadFinding>,
    /// Rows in force afterwards: professionals, situations, structures, mailboxes.
    pub counts: [i64; 4],
    /// Correspondents whose name, title or profession changed.
    pub correspondents_updated: u64,
    /// Users likewise.
    pub users_updated: u64,
    /// Correspondents newly flagged.
    pub flagged: u64,
    /// How long it took.
    pub duration_ms: u64,
    /// The longest that it held the writer of the database.
    pub longest_write_ms: u64,
}

fn files() -> String {
    "files".to_owned()
}

impl Default for LoadReport {
    fn default() -> Self {
        Self {
            in_force: false,
            source: files(),
            since: None,
            files: Vec::new(),
            findings: Vec::new(),
            counts: [0; 4],
            correspondents_updated: 0,
            users_updated: 0,
            flagged: 0,
            duration_ms: 0,
            longest_write_ms: 0,
        }
    }
}

impl LoadReport {
    /// Reads a stored report; an empty one when it is of another version.
    pub(crate) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(crate) fn find(&mut self, code: &str, place: impl Into<String>) {
        self.findings.push(LoadFinding { code: code.to_owned(), place: place.into() });
    }
}
