//! The text of a PDF file: bytes in; the characters that its pages show, in the order of the file, out.
//!
//! For one question, whether a file prints certain words: no layout, no images, no forms to fill in, no notes, nothing
//! written. What cannot be told from the file (a font without meaning) is U+FFFD; a page that is a picture has no text.
//!
//! Anyone may have made the file: nothing panics, and everything has a bound (see [`text`]). Objects are found by reading the
//! file from end to end and not by its tables of places, which are often wrong; of two with one number the later counts.
//! Not supported: encrypted files, compression other than Flate and hexadecimal digits (their streams are left out and said).
//!
//! In reading order: [`object`] (the syntax), [`file`] (objects and streams), [`font`] (codes to characters, by `to_unicode`
//! and `encoding`), [`page`] (what pages show).
//!
//! Source: ISO 32000-1, 7.2 to 7.8, 9.4, 9.10.

mod encoding;
mod file;
mod font;
mod object;
mod page;
mod to_unicode;

/// Bytes of a file at most: a report with its pictures is some hundreds of kilobytes.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// Why a file has no text to give.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// More than [`FILE_BYTES_MAX`].
    TooLarge,
    /// No catalog with pages was found.
    NotPdf,
    /// Encrypted, be it with an empty password.
    Encrypted,
}

/// What the pages of a file show.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text {
    /// Characters in the order in which the file draws them; a line feed wherever it starts anew at some place.
    pub characters: String,
    /// False when some of the pages could not be read, or a bound was reached: then what is not there may be shown.
    pub is_whole: bool,
}

/// Reads the text of a file.
///
/// Bounds: 16 MB of file, 64 MB inflated, 48 MB of objects read (each time counted), 32 MB of drawing instructions (a form counts
/// each time it is drawn, 8 deep), 2 000 pages, 4 MB of characters, 300 000 values in an object, 40 deep. With them the worst
/// file found takes a second; a report of two pages takes 0.5 ms.
///
/// # Errors
///
/// See [`Unreadable`]; what is damaged in part is read in part.
pub fn text(bytes: &[u8]) -> Result<Text, Unreadable> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Unreadable::TooLarge);
    }
    let file = file::File::index(bytes);
    if file.is_encrypted {
        return Err(Unreadable::Encrypted);
    }
    page::read(&file)
}
