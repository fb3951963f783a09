//! XPath 2.0 over documents kept as arrays: expressions compiled once, evaluated without copying.
//!
//! In: source text of documents and expressions. Out: values, truths, and the nodes that patterns match.
//! It opens no file itself, reads no clock, and bounds every evaluation. No schema types: every node is untyped.
//!
//! Source: XML Path Language (XPath) 2.0 (second edition), XQuery 1.0 and XPath 2.0 Functions and Operators.

mod arithmetic;
mod build;
mod cast;
mod compare;
mod error;
mod eval;
mod expr;
mod functions;
mod index;
mod lexer;
mod library;
mod names;
mod parser;
mod pattern;
mod regex;
mod shape;
#[cfg(test)]
mod tests;
mod time;
mod tree;
mod types;
mod user_function;
mod value;

pub use error::{Error, Res, SyntaxError};
pub use eval::{Bounds, Context, Frame, Lets, Opened, Run};
pub use expr::{ExprId, Program};
pub use library::{Files, Library, resolve};
pub use names::{NameId, Names, StrId};
pub use parser::{FUNCTIONS, SCHEMA, Scope};
pub use pattern::{ContextError, Matcher, RuleId};
pub use shape::{Absent, Shape};
pub use tree::{Document, Kind, Limits, NodeId, ParseError, Siblings};
pub use user_function::FunctionSource;
pub use value::{Atomic, Item, NodeRef, QName, Sequence};
