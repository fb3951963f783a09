//! Addresses and identifiers that can be written into a header or an SMTP command without care.
//!
//! In: text typed or received. Out: [`Address`], [`MessageId`]: no control character, no space,
//! no bracket can be inside, so neither can end a line or a command.
//! Not supported: quoted local parts, internationalized addresses (RFC 6531), address literals.

/// Longest accepted address, in bytes (RFC 5321 §4.5.3.1.3, without the brackets).
pub const MAX_ADDRESS_BYTES: usize = 254;

/// Longest accepted message identifier, in bytes, without the brackets.
pub const MAX_MESSAGE_ID_BYTES: usize = 250;

/// A checked mailbox address, `local@domain`, ASCII, in the letter case received.
///
/// `Debug` prints a placeholder: an address may carry a patient's identifier.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(String);

/// A checked message identifier (RFC 5322 §3.6.4), kept without its angle brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(String);

/// An address with the name shown beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mailbox<'a> {
    /// Shown by mail readers; any text, control characters are dropped when written.
    pub display_name: Option<&'a str>,
    /// Where the mail goes.
    pub address: &'a Address,
}

/// Why a text is not an address or an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Empty, or longer than the bound.
    #[error("length outside the accepted bounds")]
    Length,
    /// Not exactly one `@` between two non-empty parts.
    #[error("expected local part, @, domain")]
    Shape,
    /// The part before `@` is not a dot-atom of 1 to 64 characters (RFC 5321 §4.1.2).
    #[error("local part: expected a dot-atom of 1 to 64 ASCII characters")]
    Local,
    /// The part after `@` is not a host name.
    #[error("domain: expected labels of letters, digits and hyphens")]
    Domain,
}

impl Address {
    /// Reads `local@domain`; surrounding white space is dropped, nothing else is changed.
    ///
    /// Errors: [`AddressError`]; the text itself is never part of the error.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_ADDRESS_BYTES {
            return Err(AddressError::Length);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Shape)?;
        if !is_dot_atom(local) || local.len() > 64 {
            return Err(AddressError::Local);
        }
        if !domain.split('.').all(is_label) {
            return Err(AddressError::Domain);
        }
        Ok(Self(text.to_owned()))
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after `@`, in the letter case received.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl MessageId {
    /// Reads an identifier with or without its angle brackets.
    ///
    /// Errors: [`AddressError::Length`] and [`AddressError::Shape`]; any printable ASCII text
    /// without brackets or spaces is taken, because real senders take liberties on both sides of `@`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
        if text.is_empty() || text.len() > MAX_MESSAGE_ID_BYTES {
            return Err(AddressError::Length);
        }
        if text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>') {
            Ok(Self(text.to_owned()))
        } else {
            Err(AddressError::Shape)
        }
    }

    /// The identifier without its angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> Mailbox<'a> {
    /// A mailbox without a name.
    #[must_use]
    pub fn bare(address: &'a Address) -> Self {
        Self { display_name: None, address }
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(…)")
    }
}

impl std::fmt::Debug for Mailbox<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailbox(…)")
    }
}

/// RFC 5322 §3.2.3 `atext`.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_addresses_are_read_unchanged() {
        for text in ["279035121518989@patient.mssante.fr", "dr.o'neil+labo@chb.mssante.fr"] {
            assert_eq!(Address::parse(text).expect("address").as_str(), text);
        }
    }

    #[test]
    fn nothing_that_could_end_a_line_or_a_command_is_an_address() {
        for text in [
            "a@b.fr\r\nRCPT TO:<x@y.fr>",
            "a b@c.fr",
            "a@b.fr>",
            "<a@b.fr>",
            "a@",
            "@b.fr",
            "a..b@c.fr",
            "a@-b.fr",
            "a@b..fr",
            "é@b.fr",
            "a@b.fr\0",
            "",
        ] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_message_identifier_loses_its_brackets_and_refuses_line_ends() {
        assert_eq!(MessageId::parse("<a@b>").expect("identifier").as_str(), "a@b");
        assert!(MessageId::parse("a@b>\r\nX: y").is_err());
        assert!(MessageId::parse("a b").is_err());
    }

    #[test]
    fn an_address_never_prints_itself() {
        let address = Address::parse("279035121518989@patient.mssante.fr").expect("address");
        assert!(!format!("{address:?}").contains("2790"));
    }
}
