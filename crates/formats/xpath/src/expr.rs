//! The compiled form of expressions: equal expressions are one number, with what is known of them before evaluation.

use crate::functions::Function;
use crate::names::{NameId, StrId};
use crate::types::{AtomicType, SequenceType, Type};
use foldhash::fast::RandomState;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// An expression of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExprId(pub(crate) u32);

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Comparison {
    pub(crate) fn holds(self, ordering: Option<std::cmp::Ordering>) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match self {
            Self::Eq => ordering == Some(Equal),
            Self::Ne => ordering != Some(Equal),
            Self::Lt => ordering == Some(Less),
            Self::Le => matches!(ordering, Some(Less | Equal)),
            Self::Gt => ordering == Some(Greater),
            Self::Ge => matches!(ordering, Some(Greater | Equal)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum NodeComparison {
    Is,
    Before,
    After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    IntegerDivide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum SetOperation {
    Union,
    Intersect,
    Except,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Axis {
    Child,
    Attribute,
    SelfNode,
    Parent,
    Descendant,
    DescendantOrSelf,
    Ancestor,
    AncestorOrSelf,
    FollowingSibling,
    PrecedingSibling,
    Following,
    Preceding,
    Namespace,
}

impl Axis {
    pub(crate) fn is_reverse(self) -> bool {
        matches!(self, Self::Parent | Self::Ancestor | Self::AncestorOrSelf | Self::PrecedingSibling | Self::Preceding)
    }
}

/// What a step takes of an axis. "Named" kinds are elements, or attributes on the attribute axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum NodeTest {
    Any,
    /// `*`
    Named,
    Name(NameId),
    /// `p:*`
    Namespace(StrId),
    /// `*:n`
    Local(StrId),
    Document,
    /// `document-node(element(n))`
    DocumentOf(NameId),
    Element(Option<NameId>),
    Attribute(Option<NameId>),
    Text,
    Comment,
    ProcessingInstruction(Option<StrId>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) axis: Axis,
    pub(crate) test: NodeTest,
    pub(crate) predicates: Box<[Predicate]>,
}

impl Step {
    /// The name of `@name` without predicates.
    #[inline]
    pub(crate) fn plain_attribute(&self) -> Option<NameId> {
        match (self.axis, self.test, &*self.predicates) {
            (Axis::Attribute, NodeTest::Name(name), []) => Some(name),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Predicate {
    pub(crate) expr: ExprId,
    pub(crate) kind: PredicateKind,
}

/// What is known of a predicate before evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum PredicateKind {
    /// Never a number, blind to position.
    Truth,
    /// `[3]`
    Position(u32),
    /// Anything else; `true` when it asks for `last()`.
    Open(bool),
}

/// Whether nodes of a path come in document order, each once, by the shape of the path alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Order {
    /// In order, each once.
    Kept,
    /// Each once, in another order.
    Distinct,
    /// To be sorted, doubles to be removed.
    Lost,
}

/// What of a node is compared in a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Key {
    Attribute(NameId),
    /// Each `text()` child.
    Text,
}

/// Which document a look-up goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum LookupIn {
    /// The document of the focus.
    Own,
    /// The document named by an expression: `doc()` or `document()`.
    Named(ExprId),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Expr {
    String(Box<str>),
    Integer(i64),
    Large(i128),
    Decimal(Decimal),
    /// By its bits, so that it can be hashed.
    Double(u64),
    Sequence(Box<[ExprId]>),
    Or(ExprId, ExprId),
    And(ExprId, ExprId),
    General(Comparison, ExprId, ExprId),
    /// A general comparison by the rules of XPath 1.0.
    General1(Comparison, ExprId, ExprId),
    Value(Comparison, ExprId, ExprId),
    Node(NodeComparison, ExprId, ExprId),
    Range(ExprId, ExprId),
    Arithmetic(Arithmetic, ExprId, ExprId),
    /// Arithmetic of XPath 1.0: both sides become doubles.
    Arithmetic1(Arithmetic, ExprId, ExprId),
    Negate(ExprId),
    Plus(ExprId),
    Set(SetOperation, ExprId, ExprId),
    InstanceOf(ExprId, SequenceType),
    Treat(ExprId, SequenceType),
    /// Function conversion rules, for parameters and results of user functions.
    Convert(ExprId, SequenceType),
    Castable(ExprId, AtomicType, bool),
    Cast(ExprId, AtomicType, bool),
    If(ExprId, ExprId, ExprId),
    For {
        slot: u16,
        over: ExprId,
        body: ExprId,
    },
    /// `let` of a user function.
    Let {
        slot: u16,
        value: ExprId,
        body: ExprId,
    },
    Quantified {
        every: bool,
        slot: u16,
        over: ExprId,
        satisfies: ExprId,
    },
    Local(u16),
    Variable(NameId),
    Context,
    Root,
    /// Axis steps from an expression, or from the focus.
    Path {
        start: Option<ExprId>,
        steps: Box<[Step]>,
        order: Order,
    },
    /// `base/body` where the body is no axis step; `base!body` when it is no path.
    Map {
        base: ExprId,
        body: ExprId,
        is_path: bool,
    },
    Filter {
        base: ExprId,
        predicates: Box<[Predicate]>,
    },
    Call(Function, Box<[ExprId]>),
    Invoke(u32, Box<[ExprId]>),
    /// The first item only, as XPath 1.0 takes node sets where it wants a value.
    First(ExprId),
    /// Whether nodes below steps have these keys: an index answers. The last is the same, without index.
    Lookup {
        within: LookupIn,
        steps: Box<[Step]>,
        keys: Box<[(Key, ExprId)]>,
        plain: ExprId,
    },
    /// `left = set` where the set only depends on files of the pack.
    InSet {
        left: ExprId,
        set: ExprId,
        plain: ExprId,
    },
    /// A truth or a count that only depends on the document: kept for the run.
    Memo(ExprId),
}

/// What the value of an expression depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Uses(pub(crate) u16);

impl Uses {
    pub(crate) const FOCUS: Self = Self(1);
    pub(crate) const POSITION: Self = Self(2);
    pub(crate) const LAST: Self = Self(4);
    pub(crate) const LOCALS: Self = Self(8);
    pub(crate) const VARIABLES: Self = Self(16);
    /// The root of the document of the focus.
    pub(crate) const ROOT: Self = Self(32);
    /// Documents of the pack.
    pub(crate) const DOCUMENTS: Self = Self(64);
    /// `current()`, the clock, and the like.
    pub(crate) const ELSE: Self = Self(128);

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn only(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) kind: Type,
    pub(crate) uses: Uses,
    /// How many expressions stand inside each other, this one included; only asked while compiling.
    #[serde(skip)]
    pub(crate) height: u16,
}

/// A function declared beside the expressions (`xsl:function`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UserFunction {
    pub(crate) name: NameId,
    pub(crate) n_parameters: u16,
    /// With parameters in the first slots, conversions included.
    pub(crate) body: ExprId,
}

/// Compiled expressions, and the functions they call.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Program {
    pub(crate) exprs: Vec<Expr>,
    pub(crate) facts: Vec<Facts>,
    pub(crate) functions: Vec<UserFunction>,
    #[serde(skip)]
    pub(crate) ids: HashMap<Expr, ExprId, RandomState>,
    #[serde(skip)]
    pub(crate) regexes: crate::regex::Cache,
}

impl Program {
    #[inline]
    pub(crate) fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    pub(crate) fn facts(&self, id: ExprId) -> Facts {
        self.facts[id.0 as usize]
    }

    /// How many different expressions there are.
    pub fn n_exprs(&self) -> usize {
        self.exprs.len()
    }
}
