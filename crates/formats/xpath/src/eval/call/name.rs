//! Functions on names.

use super::super::{Context, Run};
use crate::cast;
use crate::error::{Error, Res, type_error};
use crate::expr::ExprId;
use crate::functions::Function;
use crate::tree::Kind;
use crate::value::{Atomic, Item, NodeRef, QName, Sequence};
use std::borrow::Cow;
use std::rc::Rc;

impl<'d> Run<'d> {
    pub(super) fn name_call(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
    ) -> Res<Option<Atomic<'d>>> {
        use Function::*;
        Ok(match function {
            Name | LocalName | NamespaceUri => {
                let node = self.node(arguments[0], cx)?;
                Some(match (function, node) {
                    (NamespaceUri, Some(node)) => Atomic::Uri(self.doc(node.document).name(node.node).0.into()),
                    (NamespaceUri, None) => Atomic::Uri(Cow::Borrowed("")),
                    (_, None) => Atomic::String(Cow::Borrowed("")),
                    (LocalName, Some(node)) => Atomic::String(self.doc(node.document).name(node.node).1.into()),
                    (_, Some(node)) => {
                        let document = self.doc(node.document);
                        match document.prefix(node.node) {
                            "" => Atomic::String(document.name(node.node).1.into()),
                            _ => Atomic::String(document.lexical_name(node.node).into()),
                        }
                    }
                })
            }
            NodeName => {
                let named = self.node(arguments[0], cx)?.filter(|it| self.doc(it.document).is_named(it.node));
                named.map(|node| self.name_of(node))
            }
            ResolveQName => {
                let Some(lexical) = self.text(arguments[0], cx)? else { return Ok(None) };
                let element = self.element(arguments[1], cx)?;
                let document = self.doc(element.document);
                Some(resolve(lexical.trim_matches([' ', '\t', '\n', '\r']), &|prefix| {
                    document.namespace_of(element.node, prefix).map(str::to_owned)
                })?)
            }
            QName => {
                let namespace = self.text_or_empty(arguments[0], cx)?;
                let lexical = self.text_or_empty(arguments[1], cx)?;
                let (prefix, local) = lexical.split_once(':').unwrap_or(("", &lexical));
                let is_name = |it: &str| crate::tree::source::is_ncname(it);
                if !is_name(local)
                    || !(prefix.is_empty() || is_name(prefix))
                    || (namespace.is_empty() && !prefix.is_empty())
                {
                    return Err(Error::new("FOCA0002", "not a name"));
                }
                Some(qname(prefix, &namespace, local))
            }
            PrefixFromQName => match self.qname(arguments[0], cx)? {
                Some(name) if !name.prefix.is_empty() => Some(Atomic::String(name.prefix.to_string().into())),
                _ => None,
            },
            LocalNameFromQName => self.qname(arguments[0], cx)?.map(|it| Atomic::String(it.local.to_string().into())),
            NamespaceUriFromQName => {
                self.qname(arguments[0], cx)?.map(|it| Atomic::Uri(it.namespace.to_string().into()))
            }
            _ => {
                let prefix = self.text_or_empty(arguments[0], cx)?;
                let element = self.element(arguments[1], cx)?;
                let found = self.doc(element.document).namespace_of(element.node, &prefix);
                found.map(|it| Atomic::Uri(it.to_owned().into()))
            }
        })
    }

    fn name_of(&self, node: NodeRef) -> Atomic<'d> {
        let document = self.doc(node.document);
        let (namespace, local) = document.name(node.node);
        qname(document.prefix(node.node), namespace, local)
    }

    fn qname(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<Rc<QName>>> {
        match self.atom(id, cx)? {
            None => Ok(None),
            Some(Atomic::QName(name)) => Ok(Some(name)),
            Some(_) => type_error("a name was expected"),
        }
    }

    pub(super) fn in_scope_prefixes(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Sequence<'d>> {
        let element = self.element(id, cx)?;
        let prefixes = self.doc(element.document).prefixes_in_scope(element.node);
        Ok(Sequence::from_vec(prefixes.into_iter().map(|it| Item::Atomic(Atomic::String(it.into()))).collect()))
    }

    /// The typed value of a node.
    pub(in crate::eval) fn atomize_node(&self, node: NodeRef) -> Atomic<'d> {
        let document = self.doc(node.document);
        let value = Cow::Borrowed(document.string_value(node.node));
        match document.kind(node.node) {
            Kind::Comment | Kind::ProcessingInstruction => Atomic::String(value),
            _ => Atomic::Untyped(value),
        }
    }
}

fn qname<'d>(prefix: &str, namespace: &str, local: &str) -> Atomic<'d> {
    Atomic::QName(Rc::new(QName { prefix: prefix.into(), namespace: namespace.into(), local: local.into() }))
}

/// A name as written, by the namespaces of an element; the default one holds.
fn resolve<'d>(lexical: &str, namespace_of: &dyn Fn(&str) -> Option<String>) -> Res<Atomic<'d>> {
    cast::cast_qname(lexical, namespace_of)
}
