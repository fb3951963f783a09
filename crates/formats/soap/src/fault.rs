//! SOAP 1.2 faults: why the receiver did not do what was asked.
//! It does not know the subcodes of any particular service: they are local names.

use crate::addressing::trimmed_text;
use crate::{ADDRESSING_NS, ENVELOPE_NS};
use roxmltree::Node;
use xml::Writer;

/// Who is to blame, the five codes of SOAP 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultCode {
    /// The envelope is not SOAP 1.2.
    VersionMismatch,
    /// A header block marked `mustUnderstand` was not understood.
    MustUnderstand,
    /// The encoding of a body block is not supported.
    DataEncodingUnknown,
    /// The message is wrong: sending it again unchanged is useless.
    Sender,
    /// The receiver has a problem: sending again later may work.
    Receiver,
    /// Not one of the five: the peer broke the standard.
    Unknown,
}

const CODES: [(FaultCode, &str); 5] = [
    (FaultCode::VersionMismatch, "VersionMismatch"),
    (FaultCode::MustUnderstand, "MustUnderstand"),
    (FaultCode::DataEncodingUnknown, "DataEncodingUnknown"),
    (FaultCode::Sender, "Sender"),
    (FaultCode::Receiver, "Receiver"),
];

impl FaultCode {
    /// The local name as the standard spells it; `Sender` for [`FaultCode::Unknown`].
    pub fn as_str(self) -> &'static str {
        CODES.iter().find(|(code, _)| *code == self).map_or("Sender", |(_, name)| name)
    }

    fn from_local_name(name: &str) -> Self {
        CODES.iter().find(|(_, known)| *known == name).map_or(Self::Unknown, |(code, _)| *code)
    }
}

/// One SOAP fault. The reason is the peer's free text: show it to an operator, never log it.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    /// Who is to blame.
    pub code: FaultCode,
    /// The service's own code, without its prefix, e.g. `DMPInvalidCertificate`.
    /// When subcodes are nested, the innermost.
    pub subcode: Option<String>,
    /// Text for people, in the language the peer chose.
    pub reason: String,
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fault").field("code", &self.code).field("subcode", &self.subcode).finish_non_exhaustive()
    }
}

impl Fault {
    /// A fault with a French reason.
    pub fn new(code: FaultCode, subcode: Option<&str>, reason: &str) -> Self {
        Self { code, subcode: subcode.map(Into::into), reason: reason.into() }
    }

    /// The `soap:Fault` element, a body for [`crate::encode`].
    /// A subcode is written in the WS-Addressing namespace when it is one of its own, otherwise
    /// without namespace: SOAP asks for a qualified name, and an unprefixed one is legal.
    pub fn to_body(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(256 + self.reason.len());
        w.open("soap:Fault").attr("xmlns:soap", ENVELOPE_NS);
        w.open("soap:Code");
        w.element("soap:Value", &format!("soap:{}", self.code.as_str()));
        if let Some(subcode) = &self.subcode {
            w.open("soap:Subcode").open("soap:Value");
            if is_addressing_subcode(subcode) {
                w.attr("xmlns:wsa", ADDRESSING_NS).text("wsa:");
            }
            w.text(subcode).close().close();
        }
        w.close();
        w.open("soap:Reason").open("soap:Text").attr("xml:lang", "fr");
        w.text(&self.reason).close().close();
        w.close();
        w.finish()
    }

    /// Reads a `soap:Fault`; `None` when the node is not one.
    pub(crate) fn read(node: Node<'_, '_>) -> Option<Self> {
        if !node.has_tag_name((ENVELOPE_NS, "Fault")) {
            return None;
        }
        let code = child(node, "Code");
        let mut subcode = None;
        let mut level = code.and_then(|c| child(c, "Subcode"));
        while let Some(current) = level {
            subcode = child(current, "Value").map(local_name).or(subcode);
            level = child(current, "Subcode");
        }
        Some(Self {
            code: code
                .and_then(|c| child(c, "Value"))
                .map_or(FaultCode::Unknown, |v| FaultCode::from_local_name(&local_name(v))),
            subcode,
            reason: child(node, "Reason").and_then(|r| child(r, "Text")).map(trimmed_text).unwrap_or_default(),
        })
    }
}

/// WS-Addressing 1.0 SOAP Binding, 6.4 Predefined Faults.
fn is_addressing_subcode(name: &str) -> bool {
    matches!(
        name,
        "InvalidAddressingHeader"
            | "MessageAddressingHeaderRequired"
            | "DestinationUnreachable"
            | "ActionNotSupported"
            | "EndpointUnavailable"
    )
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|n| n.has_tag_name((ENVELOPE_NS, name)))
}

fn local_name(node: Node<'_, '_>) -> String {
    let text = trimmed_text(node);
    match text.rsplit_once(':') {
        Some((_, local)) => local.to_owned(),
        None => text,
    }
}
