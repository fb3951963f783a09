//! Files that documents carry in base64: what they are said to be, and what they are by their first bytes.

use std::borrow::Cow;

/// Files that people are shown or offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// `application/pdf`
    Pdf,
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/gif`
    Gif,
}

impl FileKind {
    const ALL: [(Self, &'static str, &'static [u8]); 4] = [
        (Self::Pdf, "application/pdf", b"%PDF-"),
        (Self::Png, "image/png", b"\x89PNG\r\n\x1a\n"),
        (Self::Jpeg, "image/jpeg", b"\xFF\xD8\xFF"),
        (Self::Gif, "image/gif", b"GIF8"),
    ];

    /// The kind that a media type names, when the first bytes are of that kind.
    pub fn found(media_type: &str, start: &[u8]) -> Option<Self> {
        let said = Self::ALL.iter().find(|(_, known, _)| *known == media_type)?;
        start.starts_with(said.2).then_some(said.0)
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, media_type, _)| media_type)
    }

    /// Whether it is shown in the text.
    pub fn is_image(self) -> bool {
        self != Self::Pdf
    }
}

/// Base64 on one line: white space inside of it is usual and harmless.
pub fn base64_on_one_line(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|it| it.is_ascii_whitespace()) {
        Cow::Owned(text.split_ascii_whitespace().collect())
    } else {
        Cow::Borrowed(text)
    }
}
