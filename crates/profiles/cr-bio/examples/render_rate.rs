//! How fast a 30-result report is rendered, and checked, on one core.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../tests/samples/mod.rs"]
mod samples;

use lab::patient::IdentityStatus;
use std::{hint::black_box, time::Instant};

fn main() {
    let (report, settings) = (samples::large(30), samples::settings());
    let pdf = vec![0x25; 90_000];
    let bare = cr_bio::v2024_01::render(&report, &[], &settings);
    println!("30 results, {} bytes without PDF", bare.len());
    time("render without PDF", || cr_bio::v2024_01::render(black_box(&report), &[], &settings).len());
    time("render with a PDF of 90 kB", || cr_bio::v2024_01::render(black_box(&report), &pdf, &settings).len());
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
