//! Canonical forms and signatures, judged by libxml2, xmlsec1 and signxml.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod c14n;
mod hostile;
mod judge;
mod key;
mod peers;
mod policy;
mod wrapping;
