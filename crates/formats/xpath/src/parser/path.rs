//! Paths: steps along axes, predicates, and other expressions between slashes.

use super::{Parsed, Parser, STEPS};
use crate::expr::{Axis, Expr, ExprId, NodeTest, Predicate, Step};
use crate::lexer::Token;

/// Words that start something else than a function when a parenthesis follows.
const RESERVED: [&str; 11] = [
    "attribute",
    "comment",
    "document-node",
    "element",
    "empty-sequence",
    "if",
    "item",
    "node",
    "processing-instruction",
    "text",
    "typeswitch",
];

const AXES: [(&str, Axis); 13] = [
    ("child", Axis::Child),
    ("attribute", Axis::Attribute),
    ("self", Axis::SelfNode),
    ("parent", Axis::Parent),
    ("descendant", Axis::Descendant),
    ("descendant-or-self", Axis::DescendantOrSelf),
    ("ancestor", Axis::Ancestor),
    ("ancestor-or-self", Axis::AncestorOrSelf),
    ("following-sibling", Axis::FollowingSibling),
    ("preceding-sibling", Axis::PrecedingSibling),
    ("following", Axis::Following),
    ("preceding", Axis::Preceding),
    ("namespace", Axis::Namespace),
];

/// A path under construction: where it starts, and the axis steps since.
#[derive(Default)]
struct Route {
    start: Option<ExprId>,
    steps: Vec<Step>,
}

impl<'s> Parser<'_, 's> {
    pub(super) fn path(&mut self) -> Parsed<ExprId> {
        let mut route = Route::default();
        if self.is_symbol("/") || self.is_symbol("//") {
            let root = self.program.add(Expr::Root);
            let is_deep = matches!(self.next(), Token::Symbol("//"));
            if !is_deep && !self.starts_step() {
                return Ok(root);
            }
            route.start = Some(root);
            if is_deep {
                route.steps.push(everything());
            }
        }
        loop {
            self.step(&mut route)?;
            if route.steps.len() > STEPS {
                return self.refuse("XPST0003", "a path of too many steps");
            }
            if self.take("//") {
                route.steps.push(everything());
            } else if !self.take("/") {
                return Ok(self.finish(route));
            }
        }
    }

    fn finish(&mut self, route: Route) -> ExprId {
        self.program.path(route.start, route.steps)
    }

    fn starts_step(&self) -> bool {
        matches!(
            self.peek(),
            Token::Name(..)
                | Token::AnyOf(_)
                | Token::AnyNamed(_)
                | Token::String(_)
                | Token::Integer(_)
                | Token::Decimal(_)
                | Token::Double(_)
                | Token::Symbol("*" | "@" | "." | ".." | "(" | "$")
        )
    }

    fn step(&mut self, route: &mut Route) -> Parsed<()> {
        if let Some((axis, test)) = self.axis_step()? {
            let predicates = self.predicates()?;
            route.steps.push(Step { axis, test, predicates: predicates.into() });
            return Ok(());
        }
        let is_first = route.start.is_none() && route.steps.is_empty();
        let is_context = self.is_symbol(".");
        let value = self.primary()?;
        let predicates = self.predicates()?;
        if is_context {
            let is_plain = predicates.is_empty();
            if !(is_first && is_plain) || matches!(self.peek(), Token::Symbol("/" | "//")) {
                let predicates = predicates.into();
                route.steps.push(Step { axis: Axis::SelfNode, test: NodeTest::Any, predicates });
                if is_first && !is_plain {
                    // `.` may be an atomic value: a filter, not a step.
                    let predicates = route.steps.pop().map(|it| it.predicates).unwrap_or_default();
                    route.start = Some(self.program.add(Expr::Filter { base: value, predicates }));
                }
                return Ok(());
            }
        }
        let value = match predicates.is_empty() {
            true => value,
            false => self.program.add(Expr::Filter { base: value, predicates: predicates.into() }),
        };
        if is_first {
            route.start = Some(value);
            return Ok(());
        }
        let base = self.finish(std::mem::take(route));
        let mapped = self.program.add(Expr::Map { base, body: value, is_path: true });
        route.start = Some(self.low(mapped)?);
        Ok(())
    }

    fn predicates(&mut self) -> Parsed<Vec<Predicate>> {
        let mut predicates = Vec::new();
        while self.take("[") {
            let expr = self.sequence()?;
            self.expect("]")?;
            predicates.push(self.program.predicate(expr));
        }
        Ok(predicates)
    }

    /// An axis with its test; none when what stands here is no axis step.
    fn axis_step(&mut self) -> Parsed<Option<(Axis, NodeTest)>> {
        if self.take("..") {
            return Ok(Some((Axis::Parent, NodeTest::Any)));
        }
        if self.take("@") {
            return Ok(Some((Axis::Attribute, self.node_test(Axis::Attribute)?)));
        }
        if let (Token::Name(None, word), Token::Symbol("::")) = (self.peek().clone(), self.peek_at(1)) {
            let Some((_, axis)) = AXES.into_iter().find(|(name, _)| *name == word) else {
                return self.fail("the name of an axis");
            };
            if axis == Axis::Namespace {
                return self.refuse("XPST0010", "the namespace axis is not supported");
            }
            self.at += 2;
            return Ok(Some((axis, self.node_test(axis)?)));
        }
        let is_step = match self.peek() {
            Token::Name(None, word) if matches!(self.peek_at(1), Token::Symbol("(")) => {
                RESERVED.contains(word) && !matches!(*word, "if" | "item" | "empty-sequence" | "typeswitch")
                    || matches!(*word, "schema-element" | "schema-attribute")
            }
            Token::Name(..) => !matches!(self.peek_at(1), Token::Symbol("(")),
            Token::AnyOf(_) | Token::AnyNamed(_) | Token::Symbol("*") => true,
            _ => false,
        };
        if !is_step {
            return Ok(None);
        }
        let test = self.node_test(Axis::Child)?;
        let axis = if matches!(test, NodeTest::Attribute(_)) { Axis::Attribute } else { Axis::Child };
        Ok(Some((axis, test)))
    }

    fn node_test(&mut self, axis: Axis) -> Parsed<NodeTest> {
        if let Some(test) = self.kind_test()? {
            return Ok(test);
        }
        Ok(match self.next() {
            Token::Symbol("*") => NodeTest::Named,
            Token::AnyOf(prefix) => {
                let namespace = self.namespace(prefix)?;
                NodeTest::Namespace(self.names.intern_str(&namespace))
            }
            Token::AnyNamed(local) => NodeTest::Local(self.names.intern_str(local)),
            Token::Name(Some(prefix), local) => {
                let namespace = self.namespace(prefix)?;
                NodeTest::Name(self.names.intern(&namespace, local))
            }
            Token::Name(None, local) if axis == Axis::Attribute => NodeTest::Name(self.names.intern("", local)),
            Token::Name(None, local) => NodeTest::Name(self.names.intern(&self.scope.element_namespace, local)),
            _ => {
                self.put_back();
                return self.fail("a name, * or the kind of a node");
            }
        })
    }
}

/// `descendant-or-self::node()`, which `//` stands for.
fn everything() -> Step {
    Step { axis: Axis::DescendantOrSelf, test: NodeTest::Any, predicates: [].into() }
}
