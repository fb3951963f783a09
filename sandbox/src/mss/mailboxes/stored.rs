//! One message as stored: what its owner reads, what was submitted, what its headers say.

use bytes::Bytes;

use super::MessageSummary;

/// A message as stored. Cloning shares the bytes.
#[derive(Clone)]
pub(in crate::mss) struct Stored {
    pub(in crate::mss) id: u64,
    pub(in crate::mss) address: String,
    pub(in crate::mss) uid: u32,
    pub(in crate::mss) sender: String,
    pub(in crate::mss) message_id: Option<String>,
    pub(in crate::mss) received_s: i64,
    pub(in crate::mss) is_seen: bool,
    pub(in crate::mss) size_bytes: usize,
    pub(in crate::mss) wants_receipt: bool,
    /// Everything up to the empty line, bounded.
    pub(in crate::mss) headers: Bytes,
    pub(in crate::mss) body: Option<Bytes>,
    /// Length of the trace headers the operator added.
    pub(in crate::mss) n_trace_bytes: usize,
}

impl Stored {
    /// What the owner of the box reads.
    pub(in crate::mss) fn readable(&self) -> Bytes {
        if let Some(body) = &self.body {
            return body.clone();
        }
        let mut bytes = Vec::with_capacity(self.headers.len() + 200);
        // The body is gone, so the headers that describe it must not be believed.
        for line in self.headers.split_inclusive(|&b| b == b'\n') {
            let is_mime = line.len() > 8 && line[..8].eq_ignore_ascii_case(b"content-");
            bytes.extend_from_slice(if is_mime { b"X-Original-" } else { b"" });
            bytes.extend_from_slice(line);
        }
        bytes.extend_from_slice(b"\r\n(Simulation) Le corps de ce message n'est plus en memoire.\r\n");
        Bytes::from(bytes)
    }

    /// The message as submitted; absent once its body was dropped.
    pub(in crate::mss) fn submitted(&self) -> Option<Bytes> {
        self.body.as_ref().map(|body| body.slice(self.n_trace_bytes..))
    }

    /// Headers as submitted, without the empty line.
    pub(in crate::mss) fn submitted_headers(&self) -> Bytes {
        self.headers.slice(self.n_trace_bytes.min(self.headers.len())..)
    }

    /// A header of the message, unfolded.
    pub(in crate::mss) fn header(&self, name: &str) -> Option<String> {
        header(&self.headers, name)
    }

    pub(super) fn summary(&self) -> MessageSummary {
        MessageSummary {
            id: self.id,
            uid: self.uid,
            sender: self.sender.clone(),
            subject: mail::Received::decode(&self.headers).subject,
            message_id: self.message_id.clone(),
            received_s: self.received_s,
            size_bytes: self.size_bytes,
            is_seen: self.is_seen,
            has_body: self.body.is_some(),
            wants_receipt: self.wants_receipt,
        }
    }
}

/// Length of the headers, their last line end included, without the empty line.
pub(super) fn headers_len(bytes: &[u8]) -> usize {
    memchr::memmem::find(bytes, b"\r\n\r\n").map_or(bytes.len(), |at| at + 2)
}

/// First header of that name, unfolded and trimmed.
pub(super) fn header(headers: &[u8], name: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for line in headers.split(|&b| b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_folded = line.first().is_some_and(|&b| b == b' ' || b == b'\t');
        match &mut found {
            Some(value) if is_folded => {
                value.push(' ');
                value.push_str(String::from_utf8_lossy(line).trim());
            }
            Some(_) => break,
            None => {
                let is_named = line.len() > name.len()
                    && line[name.len()] == b':'
                    && line[..name.len()].eq_ignore_ascii_case(name.as_bytes());
                if is_named {
                    let value = String::from_utf8_lossy(&line[name.len() + 1..]);
                    found = Some(value.trim().to_owned());
                }
            }
        }
    }
    found.map(|value| value.trim().to_owned())
}

pub(super) fn bare_id(text: &str) -> String {
    text.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}
