//! Disposition notifications: the `message/disposition-notification` part in, what became of it out.
//!
//! Two spellings of an error are read:
//!
//! | Written in | `Disposition` | `Error` |
//! |---|---|---|
//! | volet LPS 1.1.2 | `…; processed/Error: 902^…` | in the same field |
//! | volet LPS 1.1.3, RFC 8098 | `…; processed/error` | a field of its own |
//!
//! Source: RFC 8098 §3; CI-SIS Transmission au LPS d'un document CDA, 1.1.2 and 1.1.3.

use super::fields;

/// What a mail reader, or a system behind the mailbox, did with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Disposition {
    /// What was done.
    pub kind: DispositionKind,
    /// Whether a person or a program decided to tell (`MDN-sent-automatically`).
    pub sent_automatically: bool,
    /// Modifiers in lower case, without the error text: `error`, `superseded`…
    pub modifiers: Vec<String>,
    /// Text of the error, from either spelling.
    pub error: Option<String>,
    /// `Original-Message-ID`, without brackets.
    pub original_message_id: Option<String>,
    /// `Original-Recipient`, without its type.
    pub original_recipient: Option<String>,
    /// `Final-Recipient`, without its type.
    pub final_recipient: Option<String>,
}

/// RFC 8098 §3.2.6.2, and the types of RFC 3798 still met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispositionKind {
    /// Shown to somebody.
    Displayed,
    /// Handled by a program, without being shown.
    Processed,
    /// Deleted, perhaps unread.
    Deleted,
    /// Sent on elsewhere (RFC 8098 `dispatched`).
    Dispatched,
    /// The reader refused to tell (RFC 3798).
    Denied,
    /// The reader could not tell (RFC 3798).
    Failed,
    /// Another word.
    Unknown,
}

impl Disposition {
    /// Whether an error is told, with or without its text.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.error.is_some()
            || self.kind == DispositionKind::Failed
            || self.modifiers.iter().any(|m| m == "error" || m == "failed")
    }

    /// The three-digit code at the start of the error text (`902^…`), when there is one.
    #[must_use]
    pub fn error_code(&self) -> Option<u16> {
        let text = self.error.as_deref()?.trim_start();
        let digits = text.get(..3).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
        if text[3..].starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok()
    }
}

/// Reads the part; `None` when it has no `Disposition` field.
pub(super) fn decode(content: &[u8]) -> Option<Disposition> {
    let groups = fields::groups(content);
    // The fields are one group by the standard; some senders leave empty lines between them.
    let get = |name: &str| groups.iter().find_map(|group| group.get(name));
    let typed = |name: &str| groups.iter().find_map(|group| group.typed(name));

    let disposition = get("Disposition")?;
    let (mode, what) = disposition.split_once(';').unwrap_or(("", disposition));
    let (kind, modifier) = match what.split_once('/') {
        Some((kind, modifier)) => (kind, Some(modifier.trim())),
        None => (what, None),
    };
    let mut modifiers = Vec::new();
    let mut error = None;
    if let Some(modifier) = modifier {
        match modifier.split_once(':') {
            // Everything after the colon is the error, commas and slashes included.
            Some((word, text)) => {
                modifiers.push(word.trim().to_ascii_lowercase());
                error = Some(text.trim().to_owned());
            }
            None => {
                modifiers.extend(
                    modifier.split(',').map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty()),
                );
            }
        }
    }
    let error =
        error.filter(|text| !text.is_empty()).or_else(|| get("Error").or_else(|| get("Failure")).map(str::to_owned));
    Some(Disposition {
        kind: disposition_kind(kind.trim()),
        sent_automatically: mode.to_ascii_lowercase().contains("mdn-sent-automatically"),
        modifiers,
        error,
        original_message_id: get("Original-Message-ID")
            .map(|id| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned())
            .filter(|id| !id.is_empty()),
        original_recipient: typed("Original-Recipient"),
        final_recipient: typed("Final-Recipient"),
    })
}

fn disposition_kind(word: &str) -> DispositionKind {
    match word.to_ascii_lowercase().as_str() {
        "displayed" => DispositionKind::Displayed,
        "processed" => DispositionKind::Processed,
        "deleted" => DispositionKind::Deleted,
        "dispatched" => DispositionKind::Dispatched,
        "denied" => DispositionKind::Denied,
        "failed" => DispositionKind::Failed,
        _ => DispositionKind::Unknown,
    }
}

impl std::fmt::Debug for Disposition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Disposition({:?}, code {:?})", self.kind, self.error_code())
    }
}
