//! Bytes a peer sent, served so that no browser runs them: name, declared type and bytes in, an
//! answer out.
//!
//! Three kinds only are shown in the browser: PDF that starts like one, and XML or text as plain
//! text. Everything else is downloaded. The declared type is never passed on.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Whether a file is to be downloaded (`?telecharger=1`) rather than shown.
#[derive(Deserialize)]
pub(super) struct Wanted {
    telecharger: Option<String>,
}

/// How the bytes of a file may be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Shown by the browser's PDF reader.
    Pdf,
    /// Shown as plain text.
    Text,
    /// Downloaded.
    Zip,
    /// Downloaded.
    Other,
}

impl Kind {
    /// The kind of a file, from its bytes first, then from what the sender says.
    pub(super) fn of(name: &str, media_type: &str, bytes: &[u8]) -> Self {
        const TEXTS: [&str; 6] = ["xml", "xsl", "txt", "htm", "html", "eml"];
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        if bytes.starts_with(b"%PDF-") {
            Self::Pdf
        } else if is_zip(bytes) {
            Self::Zip
        } else if media_type.starts_with("text/")
            || media_type.starts_with("message/")
            || media_type.ends_with("xml")
            || extension.is_some_and(|x| TEXTS.iter().any(|text| x.eq_ignore_ascii_case(text)))
        {
            Self::Text
        } else {
            Self::Other
        }
    }

    /// Whether the browser may show it.
    pub(super) fn is_shown(self) -> bool {
        matches!(self, Self::Pdf | Self::Text)
    }
}

/// Whether bytes start as a ZIP archive.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The file as it was asked for.
pub(super) fn give(wanted: &Wanted, name: &str, kind: Kind, bytes: Vec<u8>) -> Response {
    match wanted.telecharger {
        Some(_) => download(name, bytes),
        None => show(name, kind, bytes),
    }
}

/// Shows the file when its kind allows, downloads it otherwise.
pub(super) fn show(name: &str, kind: Kind, bytes: Vec<u8>) -> Response {
    match kind {
        // The PDF reader of Chromium is a plug-in to this policy.
        Kind::Pdf => {
            let policy = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'";
            answer("application/pdf", "inline", name, policy, bytes)
        }
        Kind::Text => {
            let policy = "default-src 'none'; sandbox";
            answer("text/plain; charset=utf-8", "inline", name, policy, bytes)
        }
        Kind::Zip | Kind::Other => download(name, bytes),
    }
}

/// Downloads the file, whatever it is.
pub(super) fn download(name: &str, bytes: Vec<u8>) -> Response {
    let media_type = if is_zip(&bytes) { "application/zip" } else { "application/octet-stream" };
    answer(media_type, "attachment", name, "default-src 'none'; sandbox", bytes)
}

fn answer(media_type: &'static str, disposition: &str, name: &str, policy: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("{disposition}; filename=\"{}\"", safe_name(name));
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, policy.to_owned()),
    ];
    (headers, bytes).into_response()
}

/// The last part of a name, in characters that mean nothing to any system; at most 100.
fn safe_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name: String =
        base.trim_start_matches('.').chars().map(|c| if is_safe(c) { c } else { '_' }).take(100).collect();
    if name.is_empty() { "fichier".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_what_the_bytes_are_before_what_the_sender_says() {
        assert_eq!(Kind::of("x.html", "text/html", b"%PDF-1.7"), Kind::Pdf);
        assert_eq!(Kind::of("x.pdf", "application/pdf", b"<html>"), Kind::Other);
        assert_eq!(Kind::of("x", "text/html", b"<html>"), Kind::Text);
        assert_eq!(Kind::of("DOC0001.XML", "application/octet-stream", b"<a/>"), Kind::Text);
        assert_eq!(Kind::of("x.xml", "text/xml", b"PK\x03\x04"), Kind::Zip);
        assert_eq!(Kind::of("x.svg", "image/svg+xml", b"<svg/>"), Kind::Text);
    }

    #[test]
    fn names_lose_directories_quotes_and_line_ends() {
        assert_eq!(safe_name("../../etc/passwd"), "passwd");
        assert_eq!(safe_name("a\"\r\nX: y.pdf"), "a___X__y.pdf");
        assert_eq!(safe_name("C:\\x\\.."), "fichier");
        assert_eq!(safe_name("é.xml"), "_.xml");
    }
}
