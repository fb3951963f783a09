//! XDM archives (`IHE_XDM.zip`): documents and their metadata on media or in a mail.
//! In: subsets (one submission and its files) and two texts for people; out: ZIP bytes, the same
//! for the same input. Back: subsets whose documents are compared with their metadata.
//! It does not know mail, nor what the documents contain. Nothing is ever written to a disk.
//!
//! Source: ITI TF-2 3.32 (Distribute Document Set on Media), TF-3 4.1 and ISO 9660 level 1 names.

mod names;
mod read;
mod write;

pub use names::is_iso9660_level_1;
pub use read::{Archive, Limits, ReadDocument, ReadSubset, read};
pub use write::{Stamp, Subset, XdmContent, XdmFile, archive};

/// Why an archive could not be read or written at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XdmError {
    /// The bytes are not a ZIP archive, or its directory is damaged.
    #[error("not a readable ZIP archive")]
    NotZip,
    /// One of our bounds was reached.
    #[error("{what} exceeds the bound of {limit}")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// The ZIP layer refused to write (more than 4 GiB, names too long).
    #[error("the archive cannot be written")]
    Write(#[source] zip::result::ZipError),
}
