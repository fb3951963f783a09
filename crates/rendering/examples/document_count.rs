//! The same as `document_rate` by an allocator of the system that counts: how many allocations a document takes.
//!
//! In: `modelled` or `rendered`, then files.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod documents;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    documents::measure(Some(|| ALLOCATOR.stats().allocations));
}
