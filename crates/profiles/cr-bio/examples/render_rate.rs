//! How fast a 30-result report is rendered, and checked, on one core.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../tests/samples/mod.rs"]
mod samples;

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use lab::patient::IdentityStatus;
use std::{hint::black_box, time::Instant};

fn main() {
    let (report, settings) = (samples::large(30), samples::settings());
    let pdf = vec![0x25; 90_000];
    let bare = cr_bio::v2024_01::render(&report, &[], &settings);
    println!("30 results, {} bytes without PDF", bare.len());
    time("render without PDF", || cr_bio::v2024_01::render(black_box(&report), &[], &settings).len());
    time("render with a PDF of 90 kB", || cr_bio::v2024_01::render(black_box(&report), &pdf, &settings).len());
    let document = cr_bio::v2024_01::build(&report, &[], &settings);
    time("build", || cr_bio::v2024_01::build(black_box(&report), &[], &settings).component.len());
    time("write", || cda::write_with_capacity(black_box(&document), 90_000).len());
    let text = String::from_utf8(bare.clone()).unwrap();
    let limits = cda::Limits::default();
    time("read", || cda::read(&text, &limits).unwrap().1.count);
    time("lint", || cr_bio::lint::assess(black_box(&bare), IdentityStatus::Qualified).len());
}

/// The best of many short rounds: other work on the machine is left out.
fn time(what: &str, mut run: impl FnMut() -> usize) {
    const N: u32 = 100;
    let best = (0..60)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..N {
                black_box(run());
            }
            started.elapsed() / N
        })
        .min()
        .unwrap();
    println!("{what}: {best:?}");
}
