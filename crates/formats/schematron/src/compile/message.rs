//! Messages: text, with values and names of the document in their places.

use super::Compiler;
use crate::ruleset::{Part, SchemaInfo};
use crate::source::{Content, Place};
use xpath::Scope;

impl Compiler {
    pub(super) fn message_parts(
        &mut self,
        content: &[Content],
        scope: &Scope,
        place: &Place,
        info: &mut SchemaInfo,
        parts: &mut Vec<Part>,
    ) {
        for it in content {
            match it {
                // XSLT strips them from stylesheets, and authors read their messages as it writes them.
                Content::Text(text) if text.trim_matches([' ', '\t', '\n', '\r']).is_empty() => {}
                Content::Text(text) => parts.push(Part::Text(self.texts.add(text))),
                Content::Element(element) if element.is("value-of") => {
                    let select = element.get("select").unwrap_or_default();
                    parts.extend(self.expression(select, scope, place, "select", info).map(Part::Value));
                }
                Content::Element(element) if element.is("name") => {
                    let path = element.get("path").unwrap_or(".");
                    let source = format!("name({path})");
                    parts.extend(self.expression(&source, scope, place, "path", info).map(Part::Value));
                }
                // Emphasis and direction carry no meaning in plain text.
                Content::Element(element) => self.message_parts(&element.content, scope, place, info, parts),
            }
        }
    }
}
