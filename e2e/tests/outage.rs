//! A day without the mail operator, on a simulated clock: nothing fails, nothing is lost, nobody is flooded afterwards.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use app::{Env, report::Partial};
use e2e::{Laboratory, Line, Message, states};
use jiff::{SignedDuration, Timestamp};
use lab::{
    delivery::{
        DeliveryState::{Received, Superseded},
        RetryPolicy,
    },
    routing::Channel,
};
use sandbox::mss::FaultPlan;

const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
/// Hours of outage, and the steps in which the clock moves.
const HOURS: i64 = 24;
const STEP: SignedDuration = SignedDuration::from_mins(40);

/// A clock that runs, and that a test moves on.
fn clock() -> (Env, Arc<AtomicI64>) {
    let ahead_s = Arc::new(AtomicI64::new(0));
    let read = Arc::clone(&ahead_s);
    let env = Env::with_clock(move || Timestamp::now() + SignedDuration::from_secs(read.load(Ordering::Relaxed)));
    (env, ahead_s)
}

fn message(n: usize, control_id: &str) -> Message {
    Message { control_id: control_id.into(), number: format!("N{n}"), ..Message::chemistry() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_the_operator_fails_no_mail_and_drains_in_order_once_it_answers() -> Result<()> {
    let (env, ahead_s) = clock();
    let laboratory = Laboratory::start_at_time(env, RetryPolicy::default()).await?;
    laboratory.operator.mss.faults().set(FaultPlan { down: true, ..FaultPlan::default() });
    let mut versions = Vec::new();
    for n in 0..5 {
        laboratory.receive(&message(n, &format!("M{n}"))).await?;
        let order = laboratory.dossiers().await?.into_iter().find(|it| it.number == format!("N{n}")).unwrap().id;
        versions.push(laboratory.sign(order, Partial::Refused).await?);
    }
    let move_on = |step: SignedDuration| ahead_s.fetch_add(step.as_secs(), Ordering::Relaxed);
    let mut corrected = None;
    for step in 0..HOURS * 60 / 40 {
        // In the middle of the outage, the first dossier is corrected.
        if step == 18 {
            let mut lines = Message::chemistry().lines;
            lines[1] = Line { status: 'C', ..Line::number("K", "5.9", "mmol/L") };
            laboratory.receive(&Message { lines, ..message(0, "M0-2") }).await?;
            let order = laboratory.dossiers().await?.into_iter().find(|it| it.number == "N0").unwrap().id;
            corrected = Some(laboratory.sign(order, Partial::Refused).await?);
        }
        move_on(STEP);
        // The worker looks twice a second.
        tokio::time::sleep(Duration::from_millis(550)).await;
    }
    let corrected = corrected.unwrap();
    for version in versions.iter().skip(1).chain([&corrected]) {
        let mails: Vec<_> = laboratory.deliveries(*version).await?;
        let mails: Vec<_> = mails.iter().filter(|it| it.channel != Channel::Dmp).collect();
        assert_eq!(mails.len(), 3);
        // One attempt met the outage; every other mail waited without one.
        assert!(mails.iter().all(|it| !it.state.has_ended() && it.n_attempts <= 1), "{mails:?}");
    }
    assert_eq!(laboratory.operator.mss.messages(PRESCRIBER_BOX, 100).len(), 0);

    laboratory.operator.mss.faults().set(FaultPlan::default());
    for _ in 0..4 {
        move_on(STEP);
        tokio::time::sleep(Duration::from_millis(550)).await;
    }
    for version in versions.iter().skip(1).chain([&corrected]) {
        let ended = laboratory.ended(*version, Duration::from_secs(30)).await?;
        assert!(ended.iter().all(|it| it.state == Received && it.n_attempts <= 2), "{:?}", states(&ended));
    }
    let replaced = laboratory.deliveries(versions[0]).await?;
    let mails = replaced.iter().filter(|it| it.channel != Channel::Dmp);
    assert!(mails.clone().all(|it| it.state == Superseded), "{:?}", states(&replaced));
    let messages = laboratory.operator.mss.messages(PRESCRIBER_BOX, 100);
    assert_eq!(messages.len(), 5, "each dossier once, the corrected one in its last version");
    assert!(laboratory.doubts().await?.is_empty(), "{:?}", laboratory.doubts().await?);
    Ok(())
}
