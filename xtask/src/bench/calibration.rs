//! What the machine can do at most: a durable write, a hash, a round trip. Other numbers are read beside these.

use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Synchronized writes measured.
const N_SYNCS: usize = 200;
/// Round trips measured.
const N_TRIPS: usize = 5000;
/// How long the hash runs.
const HASHING: Duration = Duration::from_secs(1);

/// Measures all three; the disk is that of `folder`.
pub fn measure(folder: &Path) -> Result<Value> {
    let (sync, trip) = (median(fdatasyncs(folder)?), median(round_trips()?));
    Ok(json!({
        "cores": thread::available_parallelism()?.get(),
        "fdatasync_us": micros(sync),
        "sha256_one_core_mb_per_s": sha256_rate().round(),
        "loopback_round_trip_us": micros(trip),
    }))
}

/// 4 kB written in place, then synchronized.
fn fdatasyncs(folder: &Path) -> Result<Vec<Duration>> {
    let path = folder.join(format!("calibration-{}", std::process::id()));
    let mut file = File::create(&path)?;
    file.write_all(&vec![0; 4096 * 64])?;
    file.sync_all()?;
    let mut times = Vec::with_capacity(N_SYNCS);
    for (n, offset) in (0..N_SYNCS).zip((0..64_u64).cycle()) {
        file.seek(SeekFrom::Start(offset * 4096))?;
        file.write_all(&[u8::try_from(n % 251)?; 4096])?;
        let started = Instant::now();
        file.sync_data()?;
        times.push(started.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(times)
}

/// Megabytes hashed per second by one core.
fn sha256_rate() -> f64 {
    let block = vec![0x5a; 1 << 20];
    let (started, mut n_bytes) = (Instant::now(), 0.0);
    while started.elapsed() < HASHING {
        black_box(Sha256::digest(black_box(&block)));
        n_bytes += block.len() as f64;
    }
    n_bytes / 1e6 / started.elapsed().as_secs_f64()
}

/// One byte to another thread and back, over TCP.
fn round_trips() -> Result<Vec<Duration>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let echo = thread::spawn(move || {
        let mut byte = [0];
        while far.read_exact(&mut byte).is_ok() && far.write_all(&byte).is_ok() {}
    });
    let mut times = Vec::with_capacity(N_TRIPS);
    for _ in 0..N_TRIPS {
        let (started, mut byte) = (Instant::now(), [1]);
        near.write_all(&byte)?;
        near.read_exact(&mut byte)?;
        times.push(started.elapsed());
    }
    drop(near);
    // The thread ends with its connection and keeps nothing.
    let _ = echo.join();
    Ok(times)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 10.0
}
