//! What the crate promises, seen from outside: cases as files, published samples, properties, groups, answers.
#![allow(clippy::panic, clippy::print_stderr, reason = "tests fail and skip aloud")]

#[path = "suite/ack.rs"]
mod ack;
#[path = "suite/cases.rs"]
mod cases;
#[path = "suite/describe.rs"]
mod describe;
#[path = "suite/groups.rs"]
mod groups;
#[path = "suite/properties.rs"]
mod properties;
#[path = "suite/samples.rs"]
mod samples;
