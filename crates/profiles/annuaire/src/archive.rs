//! ZIP archives of extractions: bytes in; each text member as a stream, bounded, out.

use std::io::{self, BufRead, BufReader, Read, Seek};

use zip::ZipArchive;

/// How much of an archive is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Members. Default 64.
    pub members: usize,
    /// Bytes of one member once unpacked. Default 8 GB: the largest extraction had about 1 GB in 2026.
    pub member_bytes: u64,
    /// How many times a member may be larger than its packed form. Default 200: extractions shrink about five times.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { members: 64, member_bytes: 8 << 30, ratio: 200 }
    }
}

/// Why an archive is not read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It could not be read.
    #[error("the archive could not be read")]
    Io(#[from] io::Error),
    /// Not a ZIP archive, or a damaged or encrypted one.
    #[error("the file is not a ZIP archive that can be read")]
    Malformed,
    /// One of our bounds.
    #[error("the archive has more than {limit}")]
    TooLarge {
        /// Which bound.
        limit: &'static str,
    },
}

/// Gives each member whose name ends with `.txt` to `visit`, with its name, in the order of the archive.
///
/// Nothing is unpacked elsewhere: members are streams. A member that goes beyond its bounds ends with an error of reading.
/// Errors: [`ArchiveError`], or the first of `visit`.
pub fn each_text<R: Read + Seek, E: From<ArchiveError>>(
    archive: R,
    limits: &Limits,
    mut visit: impl FnMut(&str, &mut dyn BufRead) -> Result<(), E>,
) -> Result<(), E> {
    let mut archive = ZipArchive::new(archive).map_err(|_| ArchiveError::Malformed)?;
    if archive.len() > limits.members {
        return Err(ArchiveError::TooLarge { limit: "64 members" }.into());
    }
    for at in 0..archive.len() {
        let member = archive.by_index(at).map_err(|_| ArchiveError::Malformed)?;
        let name = member.name().map_err(|_| ArchiveError::Malformed)?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        if !member.is_file() || !name.to_ascii_lowercase().ends_with(".txt") {
            continue;
        }
        // What the archive says of the size is not believed: the stream is counted.
        let most = limits.member_bytes.min(member.compressed_size().saturating_mul(limits.ratio).max(1 << 20));
        visit(&name, &mut BufReader::with_capacity(1 << 16, Bounded { inner: member, left: most }))?;
    }
    Ok(())
}

/// A stream that ends with an error beyond its bound.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| io::Error::other("larger than its bound"))?;
        Ok(n)
    }
}
