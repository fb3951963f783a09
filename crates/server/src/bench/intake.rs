//! Durable intake: ORU messages over MLLP on 32 connections, each answered only once it is committed.

use std::time::{Duration, Instant};

use anyhow::Result;
use transport::mllp::{ClientSettings, MllpClient};

use super::{BenchArgs, percentile_ms, world};
use crate::demo::bench_message;

const CONNECTIONS: usize = 32;

/// Sends for the given time; one message in flight per connection, as senders do.
pub async fn run(args: &BenchArgs) -> Result<serde_json::Value> {
    let world = world(args).await?;
    let to = world.running.addresses.mllp;
    let until = Instant::now() + Duration::from_secs(args.seconds.unwrap_or(20));
    let started = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    for connection in 0..CONNECTIONS {
        senders.spawn(async move {
            let mut client = MllpClient::connect(to, None, ClientSettings::default()).await?;
            let mut waits = Vec::new();
            let mut n_refused = 0_u64;
            while Instant::now() < until {
                let message = bench_message(connection, waits.len());
                let sent = Instant::now();
                let answer = client.send(&message).await?;
                waits.push(sent.elapsed());
                if !answer.windows(6).any(|window| window == b"MSA|AA") {
                    n_refused += 1;
                }
            }
            anyhow::Ok((waits, n_refused))
        });
    }
    let (mut waits, mut n_refused) = (Vec::new(), 0);
    while let Some(done) = senders.join_next().await {
        let (some, refused) = done??;
        waits.extend(some);
        n_refused += refused;
    }
    let elapsed = started.elapsed();
    waits.sort_unstable();
    let backlog =
        world.app.store().read(|tx| Ok::<_, app::AppError>(records::messages::n_waiting(tx, 1_000_000)?)).await?;
    let draining = Instant::now();
    world.processed().await?;
    let drained = draining.elapsed();
    let figures = serde_json::json!({
        "connections": CONNECTIONS,
        "messages": waits.len(),
        "message_bytes": bench_message(0, 0).len(),
        "refused": n_refused,
        "messages_per_second": (waits.len() as f64 / elapsed.as_secs_f64()).round(),
        "p50_ms": percentile_ms(&waits, 50),
        "p99_ms": percentile_ms(&waits, 99),
        "left_to_process": backlog,
        "processed_per_second_afterwards": (backlog as f64 / drained.as_secs_f64()).round(),
        "database": "SQLite, synchronous=FULL, processing of the messages running beside",
    });
    world.stop().await;
    Ok(figures)
}
