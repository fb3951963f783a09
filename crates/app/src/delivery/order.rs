//! The order of mails: a correction after what it corrects, a mail of unknown outcome not again before it must.
//!
//! The rules are in `lab::delivery`; here what they ask is read, and the attempt begins in the transaction that asked.

use std::sync::{Arc, atomic::Ordering};

use jiff::Timestamp;
use lab::{
    delivery::{DeliveryState, Turn, again, turn},
    routing::Act,
};
use records::{
    deliveries::{self, Content, Delivery},
    versions,
};
use store::Tx;

use super::{Exchanges, Parcel};
use crate::{App, AppError};

/// What the rules look at beside the records.
#[derive(Clone, Copy)]
struct Seen {
    now: Timestamp,
    answering_since: Timestamp,
    return_box_read: Option<Timestamp>,
    policy: lab::delivery::RetryPolicy,
}

/// What came of asking.
enum Asked<T> {
    Allowed(T),
    Settled,
    /// Given back until the return box has been read.
    Unread,
    /// A mail whose outcome was never known.
    ForAPerson,
}

impl App {
    fn seen(&self, exchanges: &Exchanges) -> Seen {
        let now = self.env().now();
        let read_us = self.inner.return_box_read_us.load(Ordering::Relaxed);
        Seen {
            now,
            answering_since: exchanges.gate.answering_since(now),
            return_box_read: Timestamp::from_microsecond(read_us).ok().filter(|_| read_us > 0),
            policy: self.settings().retry,
        }
    }

    /// Whether a mail may leave now; if not, it has been given back or ended.
    pub(super) async fn may_leave(&self, delivery: &Delivery, exchanges: &Exchanges) -> Result<bool, AppError> {
        let (seen, asking) = (self.seen(exchanges), delivery.clone());
        let asked = self.store().write(move |tx| ask(tx, &asking, &seen, |_| Ok(()))).await?;
        Ok(self.allowed(delivery, asked).await?.is_some())
    }

    /// Records that an attempt begins, unless something changed since [`may_leave`](Self::may_leave).
    pub(super) async fn begin_in_order(
        &self,
        delivery: &Delivery,
        content: Content,
        exchanges: &Exchanges,
    ) -> Result<Option<String>, AppError> {
        let (seen, asking, mut ids, app) = (self.seen(exchanges), delivery.clone(), self.env().ids(), self.clone());
        let asked = self
            .store()
            .write(move |tx| {
                let id = asking.id;
                if app.keep_for_expertise(tx, &asking)? {
                    return Ok(Asked::Settled);
                }
                ask(tx, &asking, &seen, |tx| Ok(deliveries::begin_attempt(tx, &mut ids, id, Some(&content), seen.now)?))
            })
            .await?;
        self.allowed(delivery, asked).await
    }

    async fn allowed<T>(&self, delivery: &Delivery, asked: Asked<T>) -> Result<Option<T>, AppError> {
        match asked {
            Asked::Allowed(value) => Ok(Some(value)),
            Asked::Settled => Ok(None),
            Asked::Unread => {
                self.inner.return_box_bell.notify_one();
                Ok(None)
            }
            Asked::ForAPerson => {
                let answer = "Issue inconnue, et aucune notification n'a pu être lue depuis : rien n'est renvoyé.";
                self.stop(delivery, answer.to_owned()).await?;
                Ok(None)
            }
        }
    }

    /// The deliveries that brought what this one replaces or withdraws, as they stand now.
    pub(super) async fn brought(&self, delivery: &Delivery, parcel: &Arc<Parcel>) -> Result<Vec<Delivery>, AppError> {
        let version = match (delivery.act, &parcel.report.ids.replaces) {
            (Act::Withdraw, _) => delivery.version,
            (Act::Send, Some(replaced)) => replaced.version,
            _ => return Ok(Vec::new()),
        };
        let all = self.store().read(move |tx| Ok::<_, AppError>(deliveries::of_version(tx, version)?)).await?;
        Ok(all.into_iter().filter(|it| it.act == Act::Send).collect())
    }
}

/// Asks the rules; does what is to be done when the mail may leave, in the same transaction.
fn ask<T>(
    tx: &mut Tx<'_>,
    delivery: &Delivery,
    seen: &Seen,
    leave: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError>,
) -> Result<Asked<T>, AppError> {
    let Some(address) = &delivery.address else { return leave(tx).map(Asked::Allowed) };
    // What was read when the delivery was claimed: an answer may have come since.
    let state = deliveries::get(tx, delivery.id)?.state;
    if state != delivery.state {
        deliveries::end_lease(tx, delivery.id)?;
        return Ok(Asked::Settled);
    }
    let is_useless = delivery.act == Act::Send && !versions::is_current(tx, delivery.version)?;
    let earlier = deliveries::earlier_mails(tx, delivery, address)?;
    let mut is_unread = false;
    let mut answer = turn(is_useless, &earlier, seen.answering_since, seen.now, &seen.policy);
    if answer == Turn::Now && state == DeliveryState::Sent {
        let unknown_since = deliveries::last_ended(tx, delivery.id)?.unwrap_or(seen.now);
        let since = super::since(delivery);
        is_unread = seen.now >= unknown_since.max(seen.answering_since) + seen.policy.unknown_grace;
        match again(since, unknown_since, seen.answering_since, seen.return_box_read, seen.now, &seen.policy) {
            Some(turn) => answer = turn,
            None => return Ok(Asked::ForAPerson),
        }
    }
    match answer {
        Turn::Now => leave(tx).map(Asked::Allowed),
        Turn::At(due_at) => {
            deliveries::postpone(tx, delivery.id, due_at)?;
            Ok(if is_unread { Asked::Unread } else { Asked::Settled })
        }
        Turn::Never => {
            deliveries::drop_claimed(tx, delivery.id)?;
            Ok(Asked::Settled)
        }
    }
}
