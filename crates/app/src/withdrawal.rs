//! Withdrawal: a biologist takes back an issued report; those who may hold it are told, nobody else is.

use jiff::Timestamp;
use lab::{
    id::{Ids, OrderId, VersionId, WithdrawalId},
    report::{Withdrawal, WithdrawalReason},
    routing::{self, Channel, Destination},
    validation::Role,
};
use records::{
    accounts::Account,
    deliveries, observations, orders, patients,
    versions::{self, VersionLine},
    withdrawals,
    work_items::{self, NewWorkItem},
};
use store::Tx;

use crate::{
    App, AppError,
    validation::{audit, refresh_stage},
};

impl App {
    /// Withdraws the report of a dossier: every version of it, from the latest, `version`, on.
    ///
    /// What has not left stays here. Each mailbox that may hold a version is told by a mail about that version; what the
    /// DMP holds becomes a work item, as does a recipient whom an opposition keeps from being written to. The results go
    /// back to the biologist: a report issued afterwards is a new one, which replaces nothing.
    ///
    /// Errors: [`AppError::NotAllowed`] for anyone but a biologist, [`AppError::Changed`] when `version` is not the
    /// latest or is withdrawn already.
    /// Source: Ségur SGL.MSS.25 (MSS/va1.37); CI-SIS volet transmission au LPS, suppression.
    pub async fn withdraw(
        &self,
        version: VersionId,
        reason: WithdrawalReason,
        actor: &Account,
    ) -> Result<OrderId, AppError> {
        if actor.role != Role::Biologist {
            return Err(AppError::NotAllowed);
        }
        let (now, by) = (self.env().now(), actor.login.clone());
        let mut ids = self.env().ids();
        let order = self.store().write(move |tx| withdraw(tx, &mut ids, version, reason, &by, now)).await?;
        self.inner.delivery_bell.notify_one();
        Ok(order)
    }
}

fn withdraw(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    version: VersionId,
    reason: WithdrawalReason,
    by: &str,
    now: Timestamp,
) -> Result<OrderId, AppError> {
    let latest = versions::get(tx, version)?;
    let (order, _) = orders::get_locked(tx, latest.order)?;
    let issued = issued(tx, order.id)?;
    if issued.first().map(|it| it.id) != Some(version) {
        return Err(AppError::Changed);
    }
    let holders = routing::holders(withdrawals::sendings(tx, order.id)?);
    for it in &issued {
        let withdrawal = Withdrawal { id: WithdrawalId::fresh(ids), at: now, by: by.to_owned(), reason };
        withdrawals::insert(tx, it.id, &withdrawal)?;
        withdrawals::withhold(tx, it.id)?;
    }
    let oppositions = patients::get(tx, order.patient)?.oppositions;
    for (held, planned) in routing::plan_withdrawal(&holders, oppositions, ids) {
        deliveries::insert_plan(tx, held, std::slice::from_ref(&planned), now)?;
        if let (Some(_), Destination::Mailbox { name, .. }) = (planned.withheld, &planned.destination) {
            open(tx, ids, order.id, "WITHDRAWAL-TELL-OTHERWISE", name, now)?;
        }
    }
    if holders.iter().any(|it| it.channel == Channel::Dmp) {
        open(tx, ids, order.id, "WITHDRAWAL-DMP", latest.document.as_str(), now)?;
    }
    observations::return_to_biologist(tx, order.id)?;
    refresh_stage(tx, order.id)?;
    audit(tx, by, "report.withdraw", latest.document.as_str(), Some(order.patient), now)?;
    Ok(order.id)
}

/// The versions of a dossier's report in force, latest first: none when it was withdrawn and nothing issued since.
fn issued(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<VersionLine>, AppError> {
    Ok(versions::of_order(tx, order)?.into_iter().take_while(|it| it.withdrawal.is_none()).collect())
}

fn open(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    order: OrderId,
    code: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(), AppError> {
    let item = NewWorkItem { station: "delivery", code, subject, order: Some(order), ..NewWorkItem::default() };
    Ok(work_items::open(tx, ids, &item, now)?)
}
