//! Just enough MIME for `multipart/related`: a `Content-Type` with parameters, and the cutting of a
//! body into parts at the boundary, by bytes. It does not know what the parts are.

use crate::DecodeError;
use std::borrow::Cow;

/// A `Content-Type` value: type in lower case, parameters in order.
pub(crate) struct ContentType {
    pub essence: String,
    params: Vec<(String, String)>,
}

impl ContentType {
    /// Never fails: what cannot be understood is left out.
    pub fn parse(value: &str) -> Self {
        let mut rest = value;
        let essence = take_until(&mut rest, ";").trim().to_ascii_lowercase();
        let mut params = Vec::new();
        while !rest.is_empty() && params.len() < 32 {
            let end = rest.find(['=', ';']);
            let has_value = end.is_some_and(|at| rest.as_bytes()[at] == b'=');
            let name = take_until(&mut rest, "=;").trim().to_ascii_lowercase();
            if has_value {
                params.push((name, take_value(&mut rest)));
            }
        }
        Self { essence, params }
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Takes what precedes the first of `stops`, and drops the stop itself.
fn take_until<'a>(rest: &mut &'a str, stops: &str) -> &'a str {
    match rest.find(|c| stops.contains(c)) {
        Some(at) => {
            let taken = &rest[..at];
            *rest = &rest[at + 1..];
            taken
        }
        None => std::mem::take(rest),
    }
}

fn take_value(rest: &mut &str) -> String {
    *rest = rest.trim_start();
    let Some(quoted) = rest.strip_prefix('"') else {
        return take_until(rest, ";").trim().to_owned();
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '"' => {
                *rest = &quoted[at + 1..];
                take_until(rest, ";");
                return value;
            }
            c => value.push(c),
        }
    }
    *rest = "";
    value
}

/// One MIME part as it stands in the body.
pub(crate) struct RawPart<'a> {
    pub content_id: String,
    pub content_type: String,
    pub bytes: Cow<'a, [u8]>,
}

/// Cuts a multipart body. Preamble and epilogue are ignored; a missing final boundary is an error,
/// because the message was then cut on the way.
pub(crate) fn split<'a>(
    body: &'a [u8],
    boundary: &str,
    n_parts_max: usize,
    header_bytes_max: usize,
) -> Result<Vec<RawPart<'a>>, DecodeError> {
    if boundary.is_empty() || boundary.len() > 70 {
        return Err(DecodeError::Malformed { at: "Content-Type", expected: "a boundary of 1 to 70 characters" });
    }
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let finder = memchr::memmem::Finder::new(&delimiter);
    let mut parts = Vec::new();
    let mut start = None;
    let mut from = 0;
    loop {
        let Some(found) = finder.find(&body[from..]) else {
            return Err(DecodeError::Malformed { at: "multipart body", expected: "a closing boundary" });
        };
        let at = from + found;
        from = at + delimiter.len();
        let at_line_start = at == 0 || body[at - 1] == b'\n';
        let after = &body[from..];
        let closing = after.starts_with(b"--");
        let Some(line) = end_of_delimiter_line(after, closing) else {
            continue;
        };
        if !at_line_start {
            continue;
        }
        if let Some(start) = start {
            // The line break before the boundary belongs to the boundary.
            let mut end = at.saturating_sub(1).max(start);
            if end > start && body[end - 1] == b'\r' {
                end -= 1;
            }
            parts.push(part(&body[start..end], header_bytes_max)?);
            if parts.len() > n_parts_max {
                return Err(DecodeError::TooManyParts { limit: n_parts_max });
            }
        }
        if closing {
            return Ok(parts);
        }
        from += line;
        start = Some(from);
    }
}

/// Length of what remains of a boundary line (padding and line break), or `None` when the bytes
/// after the boundary show it was only a prefix of something else.
fn end_of_delimiter_line(after: &[u8], closing: bool) -> Option<usize> {
    if closing {
        return Some(2);
    }
    let padding = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    match &after[padding..] {
        [b'\r', b'\n', ..] => Some(padding + 2),
        [b'\n', ..] => Some(padding + 1),
        _ => None,
    }
}

fn part(raw: &[u8], header_bytes_max: usize) -> Result<RawPart<'_>, DecodeError> {
    let (head, bytes) = split_head(raw, header_bytes_max)?;
    let mut content_id = String::new();
    let mut content_type = String::new();
    let mut encoding = String::new();
    for (name, value) in unfold(head) {
        match name.to_ascii_lowercase().as_str() {
            "content-id" => {
                content_id = value.trim_start_matches('<').trim_end_matches('>').to_owned();
            }
            "content-type" => content_type = value,
            "content-transfer-encoding" => encoding = value.to_ascii_lowercase(),
            _ => {}
        }
    }
    let bytes = match encoding.as_str() {
        "base64" => Cow::Owned(crate::decode::base64(bytes)?),
        "quoted-printable" => {
            return Err(DecodeError::Unsupported { feature: "quoted-printable parts" });
        }
        _ => Cow::Borrowed(bytes),
    };
    Ok(RawPart { content_id, content_type, bytes })
}

fn split_head(raw: &[u8], header_bytes_max: usize) -> Result<(&[u8], &[u8]), DecodeError> {
    // A part may have no header at all: it then starts with the empty line.
    for empty in [&b"\r\n"[..], b"\n"] {
        if let Some(bytes) = raw.strip_prefix(empty) {
            return Ok((&[], bytes));
        }
    }
    let window = &raw[..raw.len().min(header_bytes_max)];
    let crlf = memchr::memmem::find(window, b"\r\n\r\n").map(|at| (at, 4));
    let lf = memchr::memmem::find(window, b"\n\n").map(|at| (at, 2));
    match [crlf, lf].into_iter().flatten().min() {
        Some((at, width)) => Ok((&raw[..at], &raw[at + width..])),
        None => Err(DecodeError::Malformed {
            at: "part header",
            expected: "an empty line after the part's header, within the bound",
        }),
    }
}

/// Header lines as (name, value), continuation lines joined.
fn unfold(head: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in String::from_utf8_lossy(head).lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    fields
}
