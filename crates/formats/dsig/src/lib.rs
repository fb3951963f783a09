//! XML signatures (XML-DSig core): canonical XML, the bytes that digests and signatures are made of.
//!
//! In: an element of a tree. Out: its canonical bytes.
//! It deliberately does not know keys.
//!
//! Sources: Canonical XML 1.0; Exclusive XML Canonicalization 1.0.

pub mod c14n;
mod error;

pub use c14n::Canonicalization;
pub use error::Error;
