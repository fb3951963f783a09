//! Where a node is, as a path that any XPath 3 processor finds again.

use super::{Document, Kind, NodeId};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::fmt::Write;

impl Document {
    /// `/Q{namespace}name[n]/…/@Q{namespace}name`; `/` for the document.
    ///
    /// `n` counts the siblings of the same kind and name, from 1.
    pub fn location(&self, node: NodeId) -> String {
        if node == NodeId::DOCUMENT {
            return "/".into();
        }
        let mut steps: Vec<NodeId> = std::iter::successors(Some(node), |at| self.parent(*at)).collect();
        steps.pop();
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            let (namespace, local) = self.name(step);
            let position = self.sibling_position(step);
            // Writing to a string does not fail.
            let _ = match self.kind(step) {
                Kind::Document => Ok(()),
                Kind::Element => write!(path, "/Q{{{namespace}}}{local}[{position}]"),
                Kind::Attribute => write!(path, "/@Q{{{namespace}}}{local}"),
                Kind::Text => write!(path, "/text()[{position}]"),
                Kind::Comment => write!(path, "/comment()[{position}]"),
                Kind::ProcessingInstruction => write!(path, "/processing-instruction(\"{local}\")[{position}]"),
            };
        }
        path
    }

    /// Counted once for the whole document, so that many findings in one long list stay cheap.
    fn sibling_position(&self, node: NodeId) -> u32 {
        let positions = self.positions.get_or_init(|| {
            let mut counts: HashMap<(u32, Kind, u32), u32, RandomState> = HashMap::default();
            let mut positions = vec![1; self.nodes.len()];
            for (index, node) in self.nodes.iter().enumerate().skip(1).filter(|(_, it)| it.kind != Kind::Attribute) {
                let count = counts.entry((node.parent, node.kind, node.name.0)).or_insert(0);
                *count += 1;
                positions[index] = *count;
            }
            positions
        });
        positions[node.0 as usize]
    }
}
