//! The `Name: value` groups inside reports: bytes in, bounded unfolded fields out.

use super::MAX_FIELD_BYTES;

/// Groups read from one report, the one for the message included.
const MAX_GROUPS: usize = 200;
/// Fields read from one group.
const MAX_FIELDS: usize = 100;

/// Fields between two empty lines.
pub(super) struct Group(Vec<(String, String)>);

impl Group {
    /// First value of that name, trimmed, not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of that name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(n, v)| n.eq_ignore_ascii_case(name) && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// The part after the type of a typed value (`rfc822; a@b` gives `a@b`).
    pub(super) fn typed(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let value = value.split_once(';').map_or(value, |(_, value)| value).trim();
        let value = value.strip_prefix('<').and_then(|v| v.strip_suffix('>')).unwrap_or(value);
        (!value.is_empty()).then(|| value.to_owned())
    }
}

/// Splits a report into its groups; empty groups are left out.
pub(super) fn groups(content: &[u8]) -> Vec<Group> {
    let text = String::from_utf8_lossy(content);
    let mut groups = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(|line| line.trim_end_matches('\r')).chain([""]) {
        if groups.len() == MAX_GROUPS {
            break;
        }
        if line.trim().is_empty() {
            if !fields.is_empty() {
                groups.push(Group(std::mem::take(&mut fields)));
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut()
                && value.len() < MAX_FIELD_BYTES
            {
                value.push(' ');
                value.push_str(line.trim());
                *value = bounded(value);
            }
        } else if let Some((name, value)) = line.split_once(':')
            && fields.len() < MAX_FIELDS
        {
            fields.push((bounded(name.trim()), bounded(value.trim())));
        }
    }
    groups
}

/// The identifier of the first `Message-ID` line.
pub(super) fn message_id_in(content: &[u8]) -> Option<String> {
    // Headers come first; a text quoting them is short.
    let text = String::from_utf8_lossy(&content[..content.len().min(64 * 1024)]);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if !name.trim().eq_ignore_ascii_case("message-id") {
            continue;
        }
        // The value may be folded onto the next line.
        let value = if value.trim().is_empty() { lines.next().unwrap_or_default() } else { value };
        let id = value.trim().trim_start_matches('<');
        let id = id.split(['>', ' ']).next().unwrap_or_default();
        if !id.is_empty() {
            return Some(bounded(id));
        }
    }
    None
}

/// At most [`MAX_FIELD_BYTES`] bytes, cut between characters, without control characters.
pub(super) fn bounded(text: &str) -> String {
    let mut end = text.len().min(MAX_FIELD_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].chars().filter(|c| !c.is_control()).collect()
}
