//! Measures how fast reports become PDF: `cargo run --release -p rendering --example pdf_rate [folder]`.
//!
//! With a folder, also writes every sample there to be looked at.
#![allow(clippy::print_stdout)]

#[path = "../tests/it/samples.rs"]
mod samples;

use rendering::{Renderer, Style};
use std::{hint::black_box, time::Instant};

fn main() -> std::io::Result<()> {
    let start = Instant::now();
    let renderer = Renderer::new(Style::default());
    println!("preparation: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    for (name, report) in samples::all() {
        let bytes = renderer.render(&report, samples::symbol(&report).as_ref());
        if let Some(folder) = std::env::args().nth(1) {
            std::fs::write(format!("{folder}/{name}.pdf"), &bytes)?;
        }
        let (start, n) = (Instant::now(), 300);
        for _ in 0..n {
            let symbol = samples::symbol(black_box(&report));
            black_box(renderer.render(black_box(&report), symbol.as_ref()));
        }
        let each = start.elapsed().as_secs_f64() * 1e3 / f64::from(n);
        println!("{name}: {each:.3} ms, {} bytes, {} results", bytes.len(), report.results().count());
    }
    Ok(())
}
