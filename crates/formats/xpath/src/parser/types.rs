//! Types as expressions write them: `xs:integer?`, `element(a)*`, `node()`.

use super::{Parsed, Parser, SCHEMA, Scope};
use crate::error::SyntaxError;
use crate::expr::{NodeTest, Program};
use crate::lexer::{Token, words};
use crate::names::Names;
use crate::types::{AtomicType, ItemType, Occurrence, SequenceType};

impl Parser<'_, '_> {
    /// `xs:date?` of `cast` and `castable`: the type, and whether nothing is allowed.
    pub(super) fn single_type(&mut self) -> Parsed<(AtomicType, bool)> {
        let atomic = self.atomic_type()?;
        if atomic == AtomicType::Any {
            return self.refuse("XPST0080", "no value can be cast to this type");
        }
        Ok((atomic, self.take("?")))
    }

    fn atomic_type(&mut self) -> Parsed<AtomicType> {
        let (namespace, local) = match self.next() {
            Token::Name(Some(prefix), local) => (self.namespace(prefix)?, local),
            Token::Name(None, local) => (self.scope.element_namespace.clone(), local),
            _ => {
                self.put_back();
                return self.fail("the name of a type");
            }
        };
        match AtomicType::by_name(local).filter(|_| namespace == SCHEMA) {
            Some(atomic) => Ok(atomic),
            None => {
                self.put_back();
                self.refuse("XPST0051", format!("the type {local} is not supported"))
            }
        }
    }

    pub(super) fn sequence_type(&mut self) -> Parsed<SequenceType> {
        let is_test = matches!(self.peek_at(1), Token::Symbol("("));
        let item = match *self.peek() {
            Token::Name(None, "empty-sequence") if is_test => {
                self.at += 2;
                self.expect(")")?;
                return Ok(SequenceType::Empty);
            }
            Token::Name(None, "item") if is_test => {
                self.at += 2;
                self.expect(")")?;
                ItemType::Item
            }
            Token::Name(None, _) if is_test => match self.kind_test()? {
                Some(test) => ItemType::Node(test),
                None => return self.fail("a type"),
            },
            _ => ItemType::Atomic(self.atomic_type()?),
        };
        let occurrence = match *self.peek() {
            Token::Symbol("?") => Occurrence::Optional,
            Token::Symbol("*") => Occurrence::Many,
            Token::Symbol("+") => Occurrence::AtLeastOne,
            _ => return Ok(SequenceType::Items(item, Occurrence::One)),
        };
        self.at += 1;
        Ok(SequenceType::Items(item, occurrence))
    }

    /// `text()`, `element(n)`…; none when what stands here is no such test.
    pub(super) fn kind_test(&mut self) -> Parsed<Option<NodeTest>> {
        let (Token::Name(None, word), Token::Symbol("(")) = (self.peek().clone(), self.peek_at(1)) else {
            return Ok(None);
        };
        let simple = match word {
            "node" => NodeTest::Any,
            "text" => NodeTest::Text,
            "comment" => NodeTest::Comment,
            "document-node" => NodeTest::Document,
            "element" => NodeTest::Element(None),
            "attribute" => NodeTest::Attribute(None),
            "processing-instruction" => NodeTest::ProcessingInstruction(None),
            "schema-element" | "schema-attribute" => {
                return self.refuse("XPST0008", format!("{word}() needs a schema, which is not supported"));
            }
            _ => return Ok(None),
        };
        self.at += 2;
        if self.take(")") {
            return Ok(Some(simple));
        }
        let test = match (simple, self.next()) {
            (NodeTest::Element(_) | NodeTest::Attribute(_), Token::Symbol("*")) => simple,
            (NodeTest::Element(_), Token::Name(prefix, local)) => {
                let namespace = match prefix {
                    Some(prefix) => self.namespace(prefix)?,
                    None => self.scope.element_namespace.clone(),
                };
                NodeTest::Element(Some(self.names.intern(&namespace, local)))
            }
            (NodeTest::Attribute(_), Token::Name(prefix, local)) => {
                let namespace = prefix.map_or(Ok(String::new()), |prefix| self.namespace(prefix))?;
                NodeTest::Attribute(Some(self.names.intern(&namespace, local)))
            }
            (NodeTest::ProcessingInstruction(_), Token::Name(None, target)) => {
                NodeTest::ProcessingInstruction(Some(self.names.intern_str(target)))
            }
            (NodeTest::ProcessingInstruction(_), Token::String(target)) => {
                NodeTest::ProcessingInstruction(Some(self.names.intern_str(target.trim())))
            }
            (NodeTest::Document, Token::Name(None, "element")) => {
                self.put_back();
                match self.kind_test()? {
                    Some(NodeTest::Element(Some(name))) => NodeTest::DocumentOf(name),
                    Some(NodeTest::Element(None)) => NodeTest::Document,
                    _ => return self.fail("element()"),
                }
            }
            _ => {
                self.put_back();
                return self.fail("a name or )");
            }
        };
        if self.is_symbol(",") {
            return self.refuse("XPST0008", "a test by the type of a schema is not supported");
        }
        self.expect(")")?;
        Ok(Some(test))
    }
}

/// A sequence type, as schemas write it beside an expression (`as="xs:string*"`).
pub(crate) fn sequence_type(
    program: &mut Program,
    names: &mut Names,
    scope: &Scope,
    source: &str,
) -> Result<SequenceType, SyntaxError> {
    let words = words(source)?;
    let mut parser = Parser { program, names, scope, words, at: 0, locals: Vec::new(), depth: 0, has_taken: false };
    let found = parser.sequence_type()?;
    match parser.peek() {
        Token::End => Ok(found),
        _ => parser.fail("the end of the type"),
    }
}
