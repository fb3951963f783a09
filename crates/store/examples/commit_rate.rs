//! Measures durable writes on this disk: one fsync alone, one caller, thirty-two callers sharing commits.
//!
//! `cargo run --release -p store --example commit_rate [folder] [page size in bytes]`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use store::{Options, Store, StoreError, params};

const BLOB_BYTES: usize = 2048;
const SPAN: Duration = Duration::from_secs(3);
const INSERT: &str = "INSERT INTO sample (id, body) VALUES ($1, $2)";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    let page_size_bytes = arguments.next().map_or(Ok(8192), |text| text.parse())?;
    let folder = parent.join(format!("paillasse-commit-rate-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let measured = measure(&folder, page_size_bytes);
    fs::remove_dir_all(&folder)?;
    measured
}

fn measure(folder: &Path, page_size_bytes: u32) -> Result<(), Box<dyn Error>> {
    println!("page size             {page_size_bytes:>9} bytes");
    let mut times = fsyncs(&folder.join("calibration"))?;
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("fdatasync of 4 kB     {:>9.3} ms median, {:.3} ms p99", at(50), at(99));
    println!("  ceiling, one a sync {:>9.0} /s", 1e3 / at(50));

    let options = Options { page_size_bytes, ..Options::default() };
    let store = Store::open(&format!("sqlite:{}", folder.join("store.db").display()), &options)?;
    store.write_blocking(|tx| {
        tx.execute("CREATE TABLE sample (id BIGINT PRIMARY KEY, body BLOB NOT NULL)", params![])
    })?;
    for n_callers in [1, 32, 256] {
        let (n, elapsed) = write_for(&store, n_callers)?;
        let rate = n as f64 / elapsed.as_secs_f64();
        let megabytes = rate * BLOB_BYTES as f64 / 1e6;
        println!("{n_callers:>3} callers, 2 kB      {rate:>9.0} writes/s, {megabytes:.1} MB/s");
    }
    Ok(())
}

/// The time of each fdatasync after writing one block in place.
fn fsyncs(path: &Path) -> std::io::Result<Vec<Duration>> {
    let mut file = File::create(path)?;
    file.write_all(&vec![0; 4096 * 64])?;
    file.sync_all()?;
    (0..300_u64)
        .map(|n| {
            file.seek(SeekFrom::Start(n % 64 * 4096))?;
            file.write_all(&[1; 4096])?;
            let started = Instant::now();
            file.sync_data()?;
            Ok(started.elapsed())
        })
        .collect()
}

/// How many writes `n_callers` had acknowledged, each waiting for its answer before the next.
fn write_for(store: &Store, n_callers: i64) -> Result<(i64, Duration), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let started = Instant::now();
    let tasks: Vec<_> = (0..n_callers)
        .map(|caller| {
            let store = store.clone();
            runtime.spawn(async move {
                let mut n = 0_i64;
                while started.elapsed() < SPAN {
                    let id = (n_callers * 1000 + caller) * 10_000_000 + n;
                    let body = vec![u8::try_from(n % 256).unwrap_or(0); BLOB_BYTES];
                    store.write(move |tx| tx.execute(INSERT, params![id, &body])).await?;
                    n += 1;
                }
                Ok::<_, StoreError>(n)
            })
        })
        .collect();
    let mut n = 0;
    for task in tasks {
        n += runtime.block_on(task)??;
    }
    Ok((n, started.elapsed()))
}
