//! Delivery status notifications: the `message/delivery-status` part in, one status per recipient out.
//!
//! Source: RFC 3464 §2.

use super::fields;

/// What a mail system says happened.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// `Original-Envelope-Id`: the `ENVID` given when sending, decoded from xtext.
    pub original_envelope_id: Option<String>,
    /// `Reporting-MTA`, without its type.
    pub reporting_mta: Option<String>,
    /// One or more, in order.
    pub recipients: Vec<RecipientStatus>,
}

/// What happened for one recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct RecipientStatus {
    /// `Original-Recipient`: the `ORCPT` given when sending, decoded from xtext.
    pub original_recipient: Option<String>,
    /// `Final-Recipient`, without its type.
    pub final_recipient: Option<String>,
    /// `Action`.
    pub action: Action,
    /// `Status`: enhanced code, `2.0.0`; absent when the sender left it out.
    pub status: Option<String>,
    /// `Diagnostic-Code`, without its type.
    pub diagnostic: Option<String>,
}

/// RFC 3464 §2.3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Not yet delivered, still trying.
    Delayed,
    /// In the mailbox.
    Delivered,
    /// Handed to a system that will not report; success as far as anybody will ever know.
    Relayed,
    /// Delivered and forwarded to several addresses.
    Expanded,
}

impl Action {
    /// Whether the message arrived, or as good as.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Delivered | Self::Relayed | Self::Expanded)
    }
}

impl RecipientStatus {
    /// The SMTP reply code at the start of the diagnostic, when there is one.
    #[must_use]
    pub fn smtp_code(&self) -> Option<u16> {
        let digits = self.diagnostic.as_deref()?.get(..3)?;
        digits.parse().ok().filter(|code| (200..600).contains(code))
    }
}

/// Reads the part; `None` when no group is about a recipient.
pub(super) fn decode(content: &[u8]) -> Option<DeliveryStatus> {
    let mut status = DeliveryStatus { original_envelope_id: None, reporting_mta: None, recipients: Vec::new() };
    for group in fields::groups(content) {
        if let Some(id) = group.get("Original-Envelope-Id") {
            status.original_envelope_id = Some(xtext(id));
        }
        if let Some(mta) = group.typed("Reporting-MTA") {
            status.reporting_mta = Some(mta);
        }
        let Some(action) = group.get("Action").and_then(action) else {
            continue;
        };
        status.recipients.push(RecipientStatus {
            original_recipient: group.typed("Original-Recipient").map(|r| xtext(&r)),
            final_recipient: group.typed("Final-Recipient"),
            action,
            // The value may be followed by a comment.
            status: group.get("Status").and_then(|s| s.split_whitespace().next()).map(str::to_owned),
            diagnostic: group.typed("Diagnostic-Code"),
        });
    }
    (!status.recipients.is_empty()).then_some(status)
}

fn action(value: &str) -> Option<Action> {
    let word = value.split([' ', '(', ';']).next().unwrap_or_default();
    Some(match word.to_ascii_lowercase().as_str() {
        "failed" => Action::Failed,
        "delayed" => Action::Delayed,
        "delivered" => Action::Delivered,
        "relayed" => Action::Relayed,
        "expanded" => Action::Expanded,
        _ => return None,
    })
}

/// Undoes the two escapes a printable character may need (RFC 3461 §4, xtext).
///
/// Reports should hold the decoded value, and some do; decoding every escape again would damage an
/// address such as `a+41@b`.
fn xtext(text: &str) -> String {
    text.replace("+3D", "=").replace("+2B", "+")
}

impl std::fmt::Debug for DeliveryStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.recipients).finish()
    }
}

impl std::fmt::Debug for RecipientStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecipientStatus({:?})", self.action)
    }
}
