//! Functions on documents and nodes.

use super::super::{Context, Focus, Run};
use super::optional;
use crate::error::{Error, Res, type_error};
use crate::expr::ExprId;
use crate::functions::Function;
use crate::tree::{Kind, NodeId};
use crate::value::{Atomic, Item, NodeRef, Sequence};
use std::borrow::Cow;

impl<'d> Run<'d> {
    pub(super) fn document_call(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
    ) -> Res<Sequence<'d>> {
        use Function::*;
        Ok(match function {
            Doc | Document => self.opened(function, arguments[0], cx)?,
            DocAvailable => {
                let is_available = match self.text(arguments[0], cx)? {
                    None => false,
                    Some(name) => self.is_available(&name, cx),
                };
                optional(Some(Atomic::Boolean(is_available)))
            }
            RootOf => match self.node(arguments[0], cx)? {
                None => Sequence::Empty,
                Some(node) => one_node(NodeRef { node: NodeId::DOCUMENT, ..node }),
            },
            Nilled => optional(self.node(arguments[0], cx)?.and_then(|node| {
                (self.doc(node.document).kind(node.node) == Kind::Element).then_some(Atomic::Boolean(false))
            })),
            GenerateId => optional(Some(Atomic::String(match self.node(arguments[0], cx)? {
                Some(node) => format!("d{}e{}", node.document, node.node.0).into(),
                None => Cow::Borrowed(""),
            }))),
            BaseUri | DocumentUri => {
                let node = self.node(arguments[0], cx)?;
                let node = node.filter(|it| function == BaseUri || it.node == NodeId::DOCUMENT);
                let uri = node.and_then(|it| self.doc(it.document).uri.as_deref());
                optional(uri.map(|it| Atomic::Uri(Cow::Borrowed(it))))
            }
            StaticBaseUri => optional(Some(Atomic::Uri(Cow::Owned(cx.frame.base.to_owned())))),
            Lang => {
                let wanted = self.text_or_empty(arguments[0], cx)?.to_lowercase();
                let node = match arguments.get(1) {
                    Some(id) => self.node(*id, cx)?,
                    None => self.focus_node(cx)?,
                };
                optional(Some(Atomic::Boolean(node.is_some_and(|it| self.is_in_language(it, &wanted)))))
            }
            _ => self.by_id(arguments, cx)?,
        })
    }

    fn focus_node(&self, cx: &Context<'_, 'd>) -> Res<Option<NodeRef>> {
        match cx.focus {
            Focus::Node(node) => Ok(Some(node)),
            _ => type_error("a node was expected"),
        }
    }

    fn is_in_language(&self, node: NodeRef, wanted: &str) -> bool {
        let document = self.doc(node.document);
        let found = std::iter::successors(Some(node.node), |at| document.parent(*at)).find_map(|at| {
            let is_lang = |it: &NodeId| document.name(*it) == ("http://www.w3.org/XML/1998/namespace", "lang");
            document.attributes(at).find(is_lang).map(|it| document.string_value(it).to_lowercase())
        });
        found.is_some_and(|it| it == wanted || it.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('-')))
    }

    /// `doc` and `document`: the same document once opened is the same nodes.
    fn opened(&self, function: Function, id: ExprId, cx: &Context<'_, 'd>) -> Res<Sequence<'d>> {
        let mut documents = Vec::new();
        for atom in self.atoms(id, cx)? {
            let name = crate::cast::text(&atom);
            if name.is_empty() {
                return Err(Error::new("FODC0002", "the schema itself cannot be read as a document"));
            }
            let name = crate::library::resolve(cx.frame.base, &name)
                .ok_or_else(|| Error::new("FODC0002", "a document outside the pack"))?;
            let number = match self.number_of(&name) {
                Ok(number) => number,
                // XSLT 2.0 §16.1: `document` may pass over what it cannot open, and Saxon does.
                Err(error) if function == Function::Document && error.code == "FODC0002" => continue,
                Err(error) => return Err(error),
            };
            documents.push(Item::Node(NodeRef { document: number, node: NodeId::DOCUMENT }));
        }
        if function == Function::Doc && documents.len() > 1 {
            return type_error("one name was expected");
        }
        Ok(Sequence::from_vec(documents))
    }

    fn number_of(&self, name: &str) -> Res<u32> {
        if let Some(number) = self.opened.numbers.borrow().get(name) {
            return Ok(*number);
        }
        let document = self.library.document(name)?;
        let mut numbers = self.opened.numbers.borrow_mut();
        let number = numbers.len() as u32 + 1;
        let slot = self.opened.slots.get(number as usize);
        let slot = slot.ok_or_else(|| Error::new("LIMIT", "more documents than one run may open"))?;
        // The slot is free: numbers are given once.
        let _ = slot.set(document);
        numbers.insert(name.into(), number);
        Ok(number)
    }

    /// `id`: without a document type, only `xml:id` names elements.
    fn by_id(&self, arguments: &[ExprId], cx: &Context<'_, 'd>) -> Res<Sequence<'d>> {
        let node = match arguments.get(1) {
            Some(id) => self.node(*id, cx)?,
            None => self.focus_node(cx)?,
        };
        let Some(node) = node else { return Ok(Sequence::Empty) };
        let document = self.doc(node.document);
        let wanted: Vec<String> =
            self.atoms(arguments[0], cx)?.iter().map(|it| crate::cast::text(it).into_owned()).collect();
        let wanted: Vec<&str> = wanted.iter().flat_map(|it| it.split_ascii_whitespace()).collect();
        let mut found = Vec::new();
        for at in document.descendants(NodeId::DOCUMENT) {
            self.spend(1)?;
            let is_id = |it: &NodeId| document.name(*it) == ("http://www.w3.org/XML/1998/namespace", "id");
            let own = document.attributes(at).find(is_id).map(|it| document.string_value(it));
            if own.is_some_and(|it| wanted.contains(&it)) {
                found.push(Item::Node(NodeRef { document: node.document, node: at }));
            }
        }
        Ok(Sequence::from_vec(found))
    }
}

fn one_node<'d>(node: NodeRef) -> Sequence<'d> {
    Sequence::One(Item::Node(node))
}
