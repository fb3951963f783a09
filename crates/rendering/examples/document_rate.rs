//! How fast documents are read, written and rendered on one core, by the allocator of the product.
//!
//! In: `modelled` or `rendered`, then files.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod documents;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    documents::measure(None);
}
