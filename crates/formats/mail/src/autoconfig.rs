//! Autoconfiguration of mail programs: the XML file that a provider publishes in, its servers out.
//!
//! Only servers that begin in clear and are then protected (STARTTLS) are kept: MSSanté speaks to no other.
//! It deliberately does not fetch the file, nor say which account it is for.
//!
//! Source: the `clientConfig` format, version 1.1, of Thunderbird's autoconfiguration; MSSanté référentiel #2, CONF.04.

use roxmltree::{Document, Node};

/// Largest file read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// Longest host name (RFC 1035 §2.3.4).
const MAX_HOST_BYTES: usize = 253;

/// A server, and how a box is opened there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name, which its certificate bears.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it takes an access token (`OAuth2`).
    pub takes_token: bool,
}

/// The first server of each kind that is protected by STARTTLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientConfig {
    /// Where mail is read (`incomingServer` of type `imap`).
    pub imap: Option<Server>,
    /// Where mail is sent (`outgoingServer` of type `smtp`).
    pub smtp: Option<Server>,
}

/// Why a file is of no use. Safe to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Larger than [`MAX_BYTES`].
    #[error("larger than the accepted limit")]
    TooLarge,
    /// Not XML, or with a document type, which this format has not.
    #[error("not XML")]
    NotXml,
    /// Another document than `clientConfig` with an `emailProvider`.
    #[error("not a configuration of mail programs")]
    NotAConfig,
}

/// Reads a file.
///
/// Errors: [`ConfigError`]. A server that is not as it should be is passed over.
pub fn decode(bytes: &[u8]) -> Result<ClientConfig, ConfigError> {
    if bytes.len() > MAX_BYTES {
        return Err(ConfigError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ConfigError::NotXml)?;
    let document = Document::parse(text).map_err(|_| ConfigError::NotXml)?;
    let root = document.root_element();
    let provider = root.children().find(|it| it.has_tag_name("emailProvider"));
    let provider = provider.filter(|_| root.has_tag_name("clientConfig")).ok_or(ConfigError::NotAConfig)?;
    let first = |tag: &str, kind: &str| {
        provider
            .children()
            .filter(|it| it.has_tag_name(tag) && it.attribute("type").is_some_and(|it| it.eq_ignore_ascii_case(kind)))
            .find_map(server)
    };
    Ok(ClientConfig { imap: first("incomingServer", "imap"), smtp: first("outgoingServer", "smtp") })
}

fn server(node: Node<'_, '_>) -> Option<Server> {
    let texts = |tag: &'static str| {
        node.children().filter(move |it| it.has_tag_name(tag)).filter_map(|it| it.text()).map(str::trim)
    };
    if !texts("socketType").next()?.eq_ignore_ascii_case("STARTTLS") {
        return None;
    }
    let host = texts("hostname").next().filter(|it| is_host(it))?;
    let port: u16 = texts("port").next()?.parse().ok().filter(|port| *port != 0)?;
    let takes_token = texts("authentication").any(|it| it.eq_ignore_ascii_case("OAuth2"));
    Some(Server { host: host.to_ascii_lowercase(), port, takes_token })
}

/// Whether a text is the name of a host: labels of letters, digits and inner hyphens (RFC 1123 §2.1).
pub fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= MAX_HOST_BYTES && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(servers: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="labo.test"><domain>labo.test</domain>{servers}</emailProvider></clientConfig>"#
        )
    }

    fn one(tag: &str, kind: &str, host: &str, port: &str, socket: &str, authentication: &str) -> String {
        format!(
            r#"<{tag} type="{kind}"><hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType><username>%EMAILADDRESS%</username>{authentication}</{tag}>"#
        )
    }

    #[test]
    fn the_first_server_of_each_kind_with_starttls_is_kept() {
        let text = file(
            &[
                one("incomingServer", "pop3", "pop.test", "110", "STARTTLS", ""),
                one("incomingServer", "imap", "old.test", "993", "SSL", ""),
                one(
                    "incomingServer",
                    "imap",
                    " IMAP.test ",
                    "143",
                    "STARTTLS",
                    "<authentication>OAuth2</authentication>",
                ),
                one("incomingServer", "imap", "later.test", "143", "STARTTLS", ""),
                one(
                    "outgoingServer",
                    "smtp",
                    "smtp.test",
                    "587",
                    "STARTTLS",
                    "<authentication>password-cleartext</authentication>",
                ),
            ]
            .concat(),
        );
        let found = decode(text.as_bytes());
        let imap = Server { host: "imap.test".into(), port: 143, takes_token: true };
        let smtp = Server { host: "smtp.test".into(), port: 587, takes_token: false };
        assert_eq!(found, Ok(ClientConfig { imap: Some(imap), smtp: Some(smtp) }));
    }

    #[test]
    fn a_server_that_is_not_as_it_should_be_is_passed_over() {
        for (host, port, socket) in [
            ("imap.test", "0", "STARTTLS"),
            ("imap.test", "70000", "STARTTLS"),
            ("imap.test", "143", "plain"),
            ("imap test", "143", "STARTTLS"),
            ("imap.test/x", "143", "STARTTLS"),
            ("-imap.test", "143", "STARTTLS"),
            ("", "143", "STARTTLS"),
        ] {
            let text = file(&one("incomingServer", "imap", host, port, socket, ""));
            assert_eq!(decode(text.as_bytes()), Ok(ClientConfig::default()), "{host} {port} {socket}");
        }
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        assert_eq!(decode(b"<html><body>404</body></html>"), Err(ConfigError::NotAConfig));
        assert_eq!(decode(b"<clientConfig/>"), Err(ConfigError::NotAConfig));
        assert_eq!(decode(b"not xml"), Err(ConfigError::NotXml));
        assert_eq!(decode(b"\xff\xfe"), Err(ConfigError::NotXml));
        assert_eq!(decode(&vec![b' '; MAX_BYTES + 1]), Err(ConfigError::TooLarge));
        let entities = r#"<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><clientConfig><emailProvider>&e;</emailProvider></clientConfig>"#;
        assert_eq!(decode(entities.as_bytes()), Err(ConfigError::NotXml));
    }
}
