//! Measures a schema and documents, as JSON: `measure PACK SCHEMA DOCUMENT…`.
//!
//! `PACK` is a folder, `SCHEMA` the path of its first file in it. For each document: bytes, whether it is valid, the
//! least and the median time of a validation, parsing included, in microseconds, and the least without the quick look.
//! Beside libxml2: `conformance/xsd/judge.py --time N`, given the same documents.
#![allow(clippy::print_stdout)]

use std::{
    hint::black_box,
    path::PathBuf,
    time::{Duration, Instant},
};
use xsd::Schema;

/// Validations of each document, and compilations of the schema.
const ROUNDS: usize = 60;
const COMPILATIONS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(pack), Some(first)) = (arguments.next().map(PathBuf::from), arguments.next()) else {
        return Err("usage: measure PACK SCHEMA DOCUMENT…".into());
    };
    let first = first.into_string().map_err(|_| "the path of the schema must be UTF-8")?;
    let before = resident_bytes();
    let compile = || {
        let pack = pack.clone();
        Schema::compile(move |path: &str| std::fs::read(pack.join(path)).ok(), &first)
    };
    let mut times = Vec::new();
    let start = Instant::now();
    let (schema, findings) = compile()?;
    let cold = start.elapsed();
    let resident = resident_bytes().saturating_sub(before);
    for _ in 0..COMPILATIONS {
        let start = Instant::now();
        black_box(compile()?);
        times.push(start.elapsed());
    }
    let mut documents = Vec::new();
    let (mut n_bytes, mut total) = (0, Duration::ZERO);
    for path in arguments.map(PathBuf::from) {
        let bytes = std::fs::read(&path)?;
        let verdict = schema.validate(&bytes);
        let fully = timed(ROUNDS / 10, || drop(black_box(schema.validate_fully(&bytes))));
        let timed = timed(ROUNDS, || drop(black_box(schema.validate(&bytes))));
        n_bytes += bytes.len();
        total += timed.1;
        documents.push(serde_json::json!({
            "file": path.file_name().map(|name| name.to_string_lossy().into_owned()),
            "size_bytes": bytes.len(),
            "valid": verdict.is_valid(),
            "at_once": schema.is_certainly_valid(&bytes),
            "least_us": micros(timed.0),
            "median_us": micros(timed.1),
            "fully_least_us": micros(fully.0),
        }));
    }
    let n_documents = u32::try_from(documents.len()).unwrap_or(u32::MAX).max(1);
    let report = serde_json::json!({
        "compile_first_us": micros(cold),
        "compile_least_us": times.iter().min().map(|it| micros(*it)),
        "resident_bytes": resident,
        "findings": findings.len(),
        "mean_us": micros(total / n_documents),
        "megabytes_per_second": n_bytes as f64 / total.as_secs_f64().max(f64::MIN_POSITIVE) / 1e6,
        "documents": documents,
    });
    println!("{report:#}");
    Ok(())
}

/// Least and median time.
fn timed(rounds: usize, run: impl Fn()) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times.first().copied().unwrap_or_default(), times.get(rounds / 2).copied().unwrap_or_default())
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 10.0
}

/// Memory of the process, where the system tells.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
