//! The same flow on PostgreSQL, when it is installed; a skip is printed.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use app::report::Partial;
use e2e::{Laboratory, Line, Message, Operator, states};
use lab::delivery::DeliveryState::Received;
use store::testing::Postgres;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_its_correction_and_a_doubt_live_on_postgresql_as_on_sqlite() -> Result<()> {
    let started = tokio::task::spawn_blocking(|| {
        let mut server = Postgres::start_or_skip()?;
        let url = server.fresh_database();
        Some((server, url))
    });
    let Some((_server, url)) = started.await? else { return Ok(()) };
    let url = url?;
    let laboratory = Laboratory::start_over(&url, Arc::new(Operator::start().await?)).await?;
    let message = Message::chemistry();
    let first = laboratory.receive_and_sign(&message).await?;
    let ended = laboratory.ended(first, Duration::from_secs(30)).await?;
    assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));

    let again = laboratory.send(&message.encode()).await?;
    assert!(again.contains("MSA|AA"));
    let mut lines = Message::chemistry().lines;
    lines[1] = Line { status: 'C', ..Line::number("K", "5.9", "mmol/L") };
    laboratory.receive(&Message { control_id: "M2".into(), lines, ..Message::chemistry() }).await?;
    let order = laboratory.dossier().await?.id;
    let second = laboratory.sign(order, Partial::Refused).await?;
    let ended = laboratory.ended(second, Duration::from_secs(30)).await?;
    assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));
    assert_eq!(laboratory.operator.dmp.documents().len(), 2);
    let broken =
        laboratory.app.store().read(|tx| Ok::<_, app::AppError>(records::journal::first_broken_link(tx)?)).await?;
    assert_eq!(broken, None, "the audit chain is broken");
    laboratory.cut().await;
    Ok(())
}
