//! Shapes of elements: which names their attributes and children have, as bits, and tests that an absence decides.
//!
//! Most checks of a schema are about an attribute or a child that few elements have: `not(@a) or …`, `count(b) <= 1`,
//! `not(@a and @b)`. What they come to without it is worked out once, from their form alone.

use crate::expr::*;
use crate::functions::Function;
use crate::names::NameId;
use crate::tree::{Document, Kind, NodeId};

/// Attributes and children of an element, as bits: several names may share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(u64);

/// Attributes and children of which none may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent(u64);

const ANY_ATTRIBUTE: u64 = 1 << 60;
const ANY_ELEMENT: u64 = 1 << 61;
const ANY_TEXT: u64 = 1 << 62;
/// Every shape has it.
const ALWAYS: u64 = 1 << 63;
/// Bits that names share.
const NAMES: u64 = 60;
/// Expressions looked at for one test: conditions inside each other are looked at more than once.
const FUEL: u32 = 400;

/// The bit of a name, of attributes or of children.
#[inline]
fn bit(name: NameId, is_attribute: bool) -> u64 {
    let mixed = (name.0 * 2 + u32::from(is_attribute)).wrapping_mul(0x9E37_79B1);
    1 << ((u64::from(mixed) * NAMES) >> 32)
}

impl Absent {
    /// Never to be relied on.
    pub const NEVER: Self = Self(ALWAYS);

    /// Whether an element of this shape surely has none of them.
    #[inline]
    pub fn holds(self, shape: Shape) -> bool {
        self.0 & shape.0 == 0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Document {
    /// The shape of a node.
    pub fn shape(&self, node: NodeId) -> Shape {
        let it = self.node(node);
        if !matches!(it.kind, Kind::Element | Kind::Document) {
            return Shape(u64::MAX);
        }
        let mut bits = ALWAYS;
        for attribute in &self.nodes[node.0 as usize + 1..it.content as usize] {
            bits |= ANY_ATTRIBUTE | bit(attribute.name, true);
        }
        let mut at = it.content;
        while at < it.end {
            let child = &self.nodes[at as usize];
            bits |= match child.kind {
                Kind::Element => ANY_ELEMENT | bit(child.name, false),
                Kind::Text => ANY_TEXT,
                _ => 0,
            };
            at = child.end;
        }
        Shape(bits)
    }
}

impl Program {
    /// What need not be there for a test to be `wanted`, without any error: its value then needs no evaluation.
    pub fn decided_by_absence(&self, test: ExprId, wanted: bool) -> Option<Absent> {
        self.absence(test, wanted, &mut FUEL.clone())
    }

    fn absence(&self, test: ExprId, wanted: bool, fuel: &mut u32) -> Option<Absent> {
        *fuel = fuel.checked_sub(1)?;
        match self.expr(test) {
            Expr::Or(a, b) | Expr::And(a, b) => {
                // Whether one side alone decides: true of `or`, false of `and`.
                let is_enough = matches!(self.expr(test), Expr::Or(..)) == wanted;
                let first = self.absence(*a, wanted, fuel);
                if is_enough && first.is_some() {
                    return first;
                }
                let second = self.absence(*b, wanted, fuel)?;
                if !is_enough {
                    return Some(first?.and(second));
                }
                // The left side is evaluated first, and must have a value.
                if self.always_has_value(*a) {
                    return Some(second);
                }
                Some(self.absence(*a, !wanted, fuel)?.and(second))
            }
            Expr::If(condition, then, otherwise) => {
                let yes = self.absence(*condition, true, fuel);
                let yes = yes.and_then(|it| Some(it.and(self.absence(*then, wanted, fuel)?)));
                yes.or_else(|| {
                    let no = self.absence(*condition, false, fuel)?;
                    Some(no.and(self.absence(*otherwise, wanted, fuel)?))
                })
            }
            Expr::Call(function, arguments) => match function {
                Function::Not => self.absence(arguments[0], !wanted, fuel),
                Function::Boolean => self.absence(arguments[0], wanted, fuel),
                Function::Exists | Function::HasText if !wanted => self.nothing(arguments[0]),
                Function::Empty if wanted => self.nothing(arguments[0]),
                Function::True if wanted => Some(Absent(0)),
                Function::False if !wanted => Some(Absent(0)),
                _ => None,
            },
            Expr::Path { .. } if !wanted => self.nothing(test),
            Expr::General(op, a, b) | Expr::Value(op, a, b) if self.is_literal(*b) => {
                match (self.expr(*a), self.expr(*b)) {
                    (Expr::Call(Function::Count, counted), Expr::Integer(most)) => {
                        let holds = op.holds(Some(0.cmp(most)));
                        if holds == wanted { self.nothing(counted[0]) } else { None }
                    }
                    _ if wanted => None,
                    _ => self.nothing(*a),
                }
            }
            Expr::General(_, a, b) if !wanted && (self.is_literal(*a) || self.always_has_value(*a)) => self.nothing(*b),
            Expr::Castable(value, _, is_optional) if *is_optional == wanted => self.nothing(*value),
            _ => None,
        }
    }

    /// What must not be there for a path to find nothing.
    fn nothing(&self, path: ExprId) -> Option<Absent> {
        let Expr::Path { start: None, steps, .. } = self.expr(path) else { return None };
        let first = steps.first()?;
        match (first.axis, first.test) {
            (Axis::Attribute, NodeTest::Name(name) | NodeTest::Attribute(Some(name))) => Some(Absent(bit(name, true))),
            (Axis::Attribute, _) => Some(Absent(ANY_ATTRIBUTE)),
            (Axis::Child, NodeTest::Name(name) | NodeTest::Element(Some(name))) => Some(Absent(bit(name, false))),
            (Axis::Child, NodeTest::Named | NodeTest::Local(_) | NodeTest::Namespace(_) | NodeTest::Element(None)) => {
                Some(Absent(ANY_ELEMENT))
            }
            (Axis::Child, NodeTest::Text) => Some(Absent(ANY_TEXT)),
            _ => None,
        }
    }

    fn is_literal(&self, expr: ExprId) -> bool {
        matches!(self.expr(expr), Expr::String(_) | Expr::Integer(_))
    }

    /// Tests at an element that no document leaves without value.
    fn always_has_value(&self, test: ExprId) -> bool {
        match self.expr(test) {
            Expr::Or(a, b) | Expr::And(a, b) => self.always_has_value(*a) && self.always_has_value(*b),
            Expr::Call(Function::Not | Function::Exists | Function::Empty, arguments) => {
                self.always_has_value(arguments[0])
            }
            Expr::Path { start: None, steps, .. } => {
                let has_value = |it: &Predicate| it.kind == PredicateKind::Truth && self.always_has_value(it.expr);
                steps.iter().all(|step| step.predicates.iter().all(has_value))
            }
            Expr::General(Comparison::Eq | Comparison::Ne, a, b) => {
                matches!(self.expr(*b), Expr::String(_))
                    && matches!(self.expr(*a), Expr::Path { .. })
                    && self.always_has_value(*a)
            }
            _ => false,
        }
    }
}
