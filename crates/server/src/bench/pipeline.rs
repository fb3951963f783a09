//! Signed to handed over: complete reports (CDA, PDF, XDM, deposit, three mails) with the other side on the same cores.

use std::time::{Duration, Instant};

use anyhow::Result;
use app::report::Partial;
use lab::id::OrderId;
use records::{lists, orders::OrderStage};

use super::{BenchArgs, world};
use crate::demo::{Robot, World, bench_dossier};

/// Dossiers prepared before each round of signing.
const ROUND: usize = 200;
/// Signatures under way at a time, as several biologists would.
const SIGNERS: usize = 4;

/// Signs for the given time and waits for the end of every delivery; both are counted.
pub async fn run(args: &BenchArgs) -> Result<serde_json::Value> {
    let world = world(args).await?;
    let robot = Robot::new(&world).await?;
    let (mut n_prepared, mut n_signed) = (0, 0);
    let mut signing = Duration::ZERO;
    let until = Instant::now() + Duration::from_secs(args.seconds.unwrap_or(180));
    let started = Instant::now();
    let mut preparing = Duration::ZERO;
    while Instant::now() < until {
        let prepared = Instant::now();
        prepare(&world, n_prepared, ROUND).await?;
        n_prepared += ROUND;
        let ready = technically_validated(&world, &robot).await?;
        preparing += prepared.elapsed();
        let signed = Instant::now();
        n_signed += sign_all(&world, &ready).await?;
        signing += signed.elapsed();
    }
    let totals = robot.wait(Duration::from_secs(600)).await?;
    let elapsed = started.elapsed();
    let figures = serde_json::json!({
        "reports": n_signed,
        "deliveries_per_report": (totals.received as f64 / n_signed as f64 * 100.0).round() / 100.0,
        "received": totals.received,
        "failed": totals.failed,
        "seconds": elapsed.as_secs_f64().round(),
        "reports_per_second_all_included": (n_signed as f64 / elapsed.as_secs_f64() * 10.0).round() / 10.0,
        "reports_per_second_without_reception": (n_signed as f64 / (elapsed - preparing).as_secs_f64() * 10.0).round() / 10.0,
        "signing_seconds": signing.as_secs_f64().round(),
        "reception_seconds": preparing.as_secs_f64().round(),
    });
    world.stop().await;
    Ok(figures)
}

async fn prepare(world: &World, from: usize, n: usize) -> Result<()> {
    let messages: Vec<Vec<u8>> = (from..from + n).map(|at| bench_dossier(world, at)).collect();
    world.follow_up(messages.iter()).await
}

async fn technically_validated(world: &World, robot: &Robot<'_>) -> Result<Vec<OrderId>> {
    robot.validate_technically().await?;
    let lines = world
        .app
        .store()
        .read(|tx| Ok::<_, app::AppError>(lists::bench(tx, &[OrderStage::Technical], 10_000)?))
        .await?;
    Ok(lines.into_iter().map(|line| line.id).collect())
}

async fn sign_all(world: &World, ready: &[OrderId]) -> Result<usize> {
    let biologist = world.account("biologiste").await?;
    let mut signers = tokio::task::JoinSet::new();
    for share in ready.chunks(ready.len().div_ceil(SIGNERS).max(1)) {
        let (app, biologist, share) = (world.app.clone(), biologist.clone(), share.to_vec());
        signers.spawn(async move {
            for order in &share {
                app.sign(*order, &biologist, Partial::Refused).await?;
            }
            anyhow::Ok(share.len())
        });
    }
    let mut n_signed = 0;
    while let Some(done) = signers.join_next().await {
        n_signed += done??;
    }
    Ok(n_signed)
}

/// One dossier's life: until its results are on the bench, until the technician validated them, until it is signed.
pub type Life = [Duration; 3];

/// How long each of `n` dossiers lives, one after the other; the deliveries of the earlier ones run beside.
pub async fn lives(world: &World, n: usize) -> Result<Vec<Life>> {
    let robot = Robot::new(world).await?;
    let mut lives = Vec::with_capacity(n);
    for at in 0..n {
        let message = bench_dossier(world, at);
        let started = Instant::now();
        world.follow_up(std::iter::once(&message)).await?;
        let received = started.elapsed();
        let ready = technically_validated(world, &robot).await?;
        let validated = started.elapsed();
        sign_all(world, &ready).await?;
        lives.push([received, validated, started.elapsed()]);
    }
    let totals = robot.wait(Duration::from_secs(60)).await?;
    anyhow::ensure!(totals.failed == 0, "{} deliveries failed", totals.failed);
    Ok(lives)
}
