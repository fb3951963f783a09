//! WS-Addressing 1.0 headers: who the message is for, what it asks, what it answers.
//! It does not know which action belongs to which service.

use crate::ADDRESSING_NS;
use roxmltree::Node;
use xml::Writer;

/// The address meaning "answer on the connection I opened".
pub const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";

/// The message addressing properties of one message.
///
/// A field the peer left out is `None`; [`Addressing::missing_for_request`] lists what a request
/// must carry. Source: WS-Addressing 1.0 Core, 3 Message Addressing Properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressing {
    /// Unique URI of this message, usually `urn:uuid:…`.
    pub message_id: Option<String>,
    /// Address of the receiver.
    pub to: Option<String>,
    /// What is asked, an URI such as `urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b`.
    pub action: Option<String>,
    /// Where to answer; [`ANONYMOUS`] in every synchronous exchange.
    pub reply_to: Option<String>,
    /// In an answer, the `message_id` of the request.
    pub relates_to: Option<String>,
}

impl Addressing {
    /// The addressing of a synchronous request.
    pub fn request(message_id: &str, to: &str, action: &str) -> Self {
        Self {
            message_id: Some(message_id.into()),
            to: Some(to.into()),
            action: Some(action.into()),
            reply_to: Some(ANONYMOUS.into()),
            relates_to: None,
        }
    }

    /// The addressing of a synchronous answer to the message `relates_to`.
    pub fn reply(message_id: &str, relates_to: Option<&str>, action: &str) -> Self {
        Self {
            message_id: Some(message_id.into()),
            to: Some(ANONYMOUS.into()),
            action: Some(action.into()),
            reply_to: None,
            relates_to: relates_to.map(Into::into),
        }
    }

    /// Names of the four headers a request must carry and this one does not.
    pub fn missing_for_request(&self) -> Vec<&'static str> {
        [("MessageID", &self.message_id), ("To", &self.to), ("ReplyTo", &self.reply_to), ("Action", &self.action)]
            .into_iter()
            .filter(|(_, value)| value.as_deref().is_none_or(|v| v.trim().is_empty()))
            .map(|(name, _)| name)
            .collect()
    }

    /// Writes the header blocks; `Action` and `ReplyTo` must be understood by the receiver.
    pub(crate) fn write(&self, w: &mut Writer) {
        if let Some(action) = &self.action {
            w.open("wsa:Action").attr("soap:mustUnderstand", "true");
            w.text(action).close();
        }
        if let Some(id) = &self.message_id {
            w.element("wsa:MessageID", id);
        }
        if let Some(to) = &self.to {
            w.element("wsa:To", to);
        }
        if let Some(reply_to) = &self.reply_to {
            w.open("wsa:ReplyTo").attr("soap:mustUnderstand", "true");
            w.element("wsa:Address", reply_to).close();
        }
        if let Some(relates_to) = &self.relates_to {
            w.element("wsa:RelatesTo", relates_to);
        }
    }

    /// Reads the header blocks of a `soap:Header`; the first of each name counts.
    pub(crate) fn read(header: Node<'_, '_>) -> Self {
        let find = |name: &str| header.children().find(|n| n.has_tag_name((ADDRESSING_NS, name)));
        let text = |name: &str| find(name).map(trimmed_text);
        Self {
            message_id: text("MessageID"),
            to: text("To"),
            action: text("Action"),
            relates_to: text("RelatesTo"),
            reply_to: find("ReplyTo")
                .and_then(|n| n.children().find(|a| a.has_tag_name((ADDRESSING_NS, "Address"))).map(trimmed_text)),
        }
    }
}

/// All the text inside a node, without the white space around it.
pub(crate) fn trimmed_text(node: Node<'_, '_>) -> String {
    let all: String = node.descendants().filter(Node::is_text).filter_map(|n| n.text()).collect();
    all.trim().to_owned()
}
