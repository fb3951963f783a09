//! How long loads of an invented directory take, and how much memory: the first, one without change, one with 1 % changed.
//!
//! In: a folder for the database and the extractions; lines of both extractions, when others than those published are
//! wanted. Out: lines of text, one JSON object at the end.
#![allow(clippy::print_stdout)]

use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use annuaire::synthetic::Invented;
use app::{
    AppError, Env,
    directory::{LoadReport, Shrink, load_files},
};
use serde_json::{Value, json};
use store::{Options, Store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(arguments.first().map_or(".", String::as_str)).join("directory");
    let lines = |at: usize, usual: u64| arguments.get(at).and_then(|it| it.parse().ok()).unwrap_or(usual);
    let base = Invented { seed: 1, practices: lines(1, 1_000_000), mailboxes: lines(2, 536_000), changed: 0 };
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let (same, changed) =
        (write(&folder, "same", base)?, write(&folder, "changed", Invented { changed: 100, ..base })?);
    let size: u64 = same.iter().filter_map(|it| fs::metadata(it).ok()).map(|it| it.len()).sum();

    let env = Env::system();
    let store = Store::open(&format!("sqlite:{}", folder.join("bench.db").display()), &Options::default())?;
    store.migrate_blocking(records::MIGRATIONS, &env.now().to_string())?;
    let mut figures = json!({ "practices": base.practices, "mailboxes": base.mailboxes, "mb": size / 1_000_000 });
    for (name, files) in [("first", &same), ("unchanged", &same), ("changed_1_percent", &changed)] {
        figures[name] = measured(&store, &env, files)?;
    }
    figures["database_mb"] = json!(fs::metadata(folder.join("bench.db"))?.len() / 1_000_000);
    drop(store);
    fs::remove_dir_all(&folder)?;
    println!("{figures}");
    Ok(())
}

fn write(folder: &Path, name: &str, invented: Invented) -> std::io::Result<[PathBuf; 2]> {
    let files = ["practices", "mailboxes"].map(|it| folder.join(format!("{name}-{it}.txt")));
    invented.write_practices(BufWriter::new(File::create(&files[0])?))?;
    invented.write_mailboxes(BufWriter::new(File::create(&files[1])?))?;
    Ok(files)
}

/// One load, while another caller writes a row every 20 ms, as a laboratory at work does.
fn measured(store: &Store, env: &Env, files: &[PathBuf; 2]) -> Result<Value, AppError> {
    let (over, longest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writer = {
        let (store, over, longest) = (store.clone(), Arc::clone(&over), Arc::clone(&longest));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let started = Instant::now();
                let written = store.write_blocking(|tx| {
                    tx.execute("UPDATE directory_state SET id = 1 WHERE id = 1", &[]).map_err(AppError::from)
                });
                if written.is_ok() {
                    let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                    longest.fetch_max(took, Ordering::Relaxed);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        })
    };
    reset_peak();
    let started = Instant::now();
    let report: LoadReport = load_files(store, env, files, Shrink::default(), "bench", |_| {})?;
    let took = started.elapsed();
    over.store(true, Ordering::Relaxed);
    let _ = writer.join();
    Ok(json!({
        "seconds": (took.as_secs_f64() * 10.0).round() / 10.0,
        "peak_mb": peak_mb(),
        "longest_wait_of_another_write_ms": longest.load(Ordering::Relaxed),
        "in_force": report.in_force,
        "created": report.files.iter().map(|it| it.created).sum::<u64>(),
        "changed": report.files.iter().map(|it| it.changed).sum::<u64>(),
        "closed": report.files.iter().map(|it| it.closed).sum::<u64>(),
        "rows": report.counts,
    }))
}

/// Forgets the peak so far, where the kernel lets us.
fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that was resident (VmHWM).
fn peak_mb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? / 1000)
}
