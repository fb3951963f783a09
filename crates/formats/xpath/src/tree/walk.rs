//! Moving in a document: the axes as ranges of numbers.

use super::{Document, Kind, NodeId};
use crate::names::NameId;

impl Document {
    /// The parent; none for the document.
    #[inline]
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node != NodeId::DOCUMENT).then(|| NodeId(self.node(node).parent))
    }

    /// The children, in order.
    #[inline]
    pub fn children(&self, node: NodeId) -> Siblings<'_> {
        let it = self.node(node);
        match it.kind {
            Kind::Document | Kind::Element => Siblings { document: self, at: it.content, end: it.end },
            _ => Siblings { document: self, at: 0, end: 0 },
        }
    }

    /// The attributes, in order.
    #[inline]
    pub fn attributes(&self, node: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        let it = self.node(node);
        let end = if it.kind == Kind::Element { it.content } else { 0 };
        (node.0 + 1..end).map(NodeId)
    }

    /// The attribute of one name.
    #[inline]
    pub(crate) fn attribute_named(&self, element: NodeId, name: NameId) -> Option<NodeId> {
        let it = self.node(element);
        if it.kind != Kind::Element {
            return None;
        }
        let own = &self.nodes[element.0 as usize + 1..it.content as usize];
        own.iter().position(|it| it.name == name).map(|place| NodeId(element.0 + 1 + place as u32))
    }

    /// The siblings that follow; none for an attribute.
    pub(crate) fn following_siblings(&self, node: NodeId) -> Siblings<'_> {
        let it = self.node(node);
        match (it.kind, self.parent(node)) {
            (Kind::Attribute, _) | (_, None) => Siblings { document: self, at: 0, end: 0 },
            (_, Some(parent)) => Siblings { document: self, at: it.end, end: self.node(parent).end },
        }
    }

    /// The siblings that precede, in document order; none for an attribute.
    pub(crate) fn preceding_siblings(&self, node: NodeId) -> Siblings<'_> {
        match (self.kind(node), self.parent(node)) {
            (Kind::Attribute, _) | (_, None) => Siblings { document: self, at: 0, end: 0 },
            (_, Some(parent)) => Siblings { document: self, at: self.node(parent).content, end: node.0 },
        }
    }

    /// Every node below, attributes left out, in document order.
    #[inline]
    pub(crate) fn descendants(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let it = self.node(node);
        let range = match it.kind {
            Kind::Document | Kind::Element => it.content..it.end,
            _ => 0..0,
        };
        range.filter(|at| self.nodes[*at as usize].kind != Kind::Attribute).map(NodeId)
    }
}

/// Sibling nodes, in document order.
pub struct Siblings<'d> {
    document: &'d Document,
    at: u32,
    end: u32,
}

impl Iterator for Siblings<'_> {
    type Item = NodeId;

    #[inline]
    fn next(&mut self) -> Option<NodeId> {
        if self.at >= self.end {
            return None;
        }
        let node = NodeId(self.at);
        self.at = self.document.nodes[self.at as usize].end;
        Some(node)
    }
}
